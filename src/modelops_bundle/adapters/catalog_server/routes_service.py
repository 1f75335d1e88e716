"""Questions about the server: what it offers, how it is, and that it reads the catalog again."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from modelops_bundle.adapters.catalog_server.documents import provider_trees
from modelops_bundle.adapters.catalog_server.guard import refusal_of_reload
from modelops_bundle.adapters.catalog_server.openapi import described
from modelops_bundle.adapters.catalog_server.problems import ProblemError, problem_of_document
from modelops_bundle.adapters.catalog_server.questions import NoQuestion, once_each
from modelops_bundle.adapters.catalog_server.routes_models import json_response
from modelops_bundle.adapters.catalog_server.schemas import Health, Index, ProviderList, Reloaded
from modelops_bundle.adapters.catalog_server.service import Service
from modelops_bundle.catalog.dates import instant_text
from modelops_bundle.errors import MopsError

__all__ = ["service_router"]

_NOT_KEPT = {"Cache-Control": "no-store"}


def service_router(service: Service) -> APIRouter:
    """The routes about the server and the providers."""
    router = APIRouter(dependencies=[Depends(once_each)])

    @router.get("/", tags=["service"], **described("get_index", Index))
    def get_index(_: Annotated[NoQuestion, Query()]) -> Response:
        """Say what can be asked."""
        paths = ("models", "providers", "health", "openapi.json")
        links = {path.partition(".")[0]: f"/{path}" for path in paths}
        return json_response({"version": service.version, "links": links})

    @router.get("/providers", tags=["providers"], **described("list_providers", ProviderList))
    def list_providers(_: Annotated[NoQuestion, Query()]) -> Response:
        """List all providers."""
        found = list(provider_trees(service.snapshot))
        return json_response({"total": len(found), "providers": found})

    @router.get("/health", tags=["service"], **described("get_health", Health))
    async def get_health(_: Annotated[NoQuestion, Query()]) -> Response:
        """Say that the server answers, and from what."""
        state = {"status": "ok", "version": service.version, **_counts(service)}
        return json_response({**state, "outdated": service.is_outdated}, _NOT_KEPT)

    @router.post("/reload", tags=["service"], **described("reload", Reloaded, 403, 409))
    def reload(request: Request, _: Annotated[NoQuestion, Query()]) -> Response:
        """Read the project's document again. Only programs on the same machine may ask for it.

        A document that cannot be used is told with file, line and key, and what was served is still served.
        """
        refusal = refusal_of_reload(request)
        if refusal is not None:
            raise ProblemError(HTTPStatus.FORBIDDEN, refusal)
        try:
            service.reload()
        except MopsError as error:
            raise problem_of_document(error) from error
        return json_response(_counts(service), _NOT_KEPT)

    return router


def _counts(service: Service) -> dict[str, Any]:
    snapshot = service.snapshot
    return {
        "models": len(snapshot.entries),
        "providers": len(snapshot.catalog.providers),
        "read_at": instant_text(snapshot.read_at.replace(microsecond=0)),
    }
