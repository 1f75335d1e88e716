"""``mops-bundle catalog``: commands about hosted language models, each group of them in its own module."""

from __future__ import annotations

from modelops_bundle.cli.commands import (
    catalog_edit,
    catalog_look,
    catalog_refresh,
    catalog_serve,
    catalog_site,
)
from modelops_bundle.cli.session import new_group

__all__ = ["app"]

app = new_group("Look up hosted language models and their prices.")
for _part in (catalog_look, catalog_edit, catalog_refresh, catalog_serve, catalog_site):
    app.registered_commands.extend(_part.app.registered_commands)
