"""Choosing where a site goes: a folder of this machine."""

from __future__ import annotations

from modelops_bundle.adapters.site_folder import replace_site

__all__ = ["replace_site"]
