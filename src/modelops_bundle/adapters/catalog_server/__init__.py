"""The catalog over HTTP: what is asked about models, prices and providers, answered as JSON.

``app`` puts it together, ``running`` serves it. Everything that answers is a FastAPI route, so that
``/openapi.json`` comes out of the same code. What has been answered once is kept as bytes until the catalog
or the minute changes.
"""

from __future__ import annotations

from modelops_bundle.adapters.catalog_server.app import create_app
from modelops_bundle.adapters.catalog_server.service import Service

__all__ = ["Service", "create_app"]
