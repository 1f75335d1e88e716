"""The FastAPI app, put together."""

from __future__ import annotations

from fastapi import FastAPI

from modelops_bundle.adapters.catalog_server.delivery import Delivery
from modelops_bundle.adapters.catalog_server.openapi import complete
from modelops_bundle.adapters.catalog_server.problems import add_handlers
from modelops_bundle.adapters.catalog_server.routes_models import models_router
from modelops_bundle.adapters.catalog_server.routes_service import service_router
from modelops_bundle.adapters.catalog_server.service import Service

__all__ = ["create_app"]


def create_app(service: Service, *, only_here: bool = True) -> FastAPI:
    """The app that answers from a service.

    Args:
        service: What is served.
        only_here: Whether it listens on this machine alone, so that requests which name another host are
            refused.
    """
    app = FastAPI(
        title="Catalog of hosted models",
        description="Hosted language models: what they are called, what they can do, what they cost.",
        version=service.version,
        # Both pages would fetch their programs from elsewhere.
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        separate_input_output_schemas=False,
    )
    for router in (models_router(service), service_router(service)):
        app.include_router(router)
    add_handlers(app)
    complete(app)
    app.add_middleware(Delivery, service=service, only_here=only_here)
    return app
