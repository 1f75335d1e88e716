"""The catalog as a static site: records in, bytes out. Nothing here reads or writes a file of anybody's.

Equal catalogs and dates give equal bytes. What a page shows is escaped, because names come from outside.
"""

from __future__ import annotations

from modelops_bundle.catalog.site.rendering import render_site

__all__ = ["render_site"]
