"""``mops-bundle catalog``: refresh."""

from __future__ import annotations

from modelops_bundle.cli.session import new_app

__all__ = ["app"]

app = new_app()
