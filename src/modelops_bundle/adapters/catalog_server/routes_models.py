"""Questions about models: one of them, a list, and what a call cost."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.concurrency import run_in_threadpool

from modelops_bundle.adapters.catalog_server.documents import (
    call_tree,
    cost_answer,
    model_tree,
    page_tree,
)
from modelops_bundle.adapters.catalog_server.openapi import described
from modelops_bundle.adapters.catalog_server.problems import problem_of_unknown_model
from modelops_bundle.adapters.catalog_server.questions import (
    CostQuestion,
    ListQuestion,
    ModelId,
    ModelQuestion,
    ProviderName,
    once_each,
)
from modelops_bundle.adapters.catalog_server.schemas import CostDocument, ModelDocument, ModelPage
from modelops_bundle.adapters.catalog_server.service import Service, Snapshot
from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.pricing import Cost
from modelops_bundle.errors import HostedModelError

__all__ = ["models_router"]


def models_router(service: Service) -> APIRouter:
    """The routes about models."""
    router = APIRouter(tags=["models"], dependencies=[Depends(once_each)])

    # A plain function runs on a thread, as a search takes a while.
    @router.get("/models", **described("list_models", ModelPage))
    def list_models(request: Request, question: Annotated[ListQuestion, Query()]) -> Response:
        """List the models that fulfil every condition."""
        on = question.on or service.minute
        document = page_tree(service.snapshot, question, on)
        return json_response(document, {"Link": _links(request, question, document["total"])})

    @router.get("/models/{provider}/{id:path}", **described("get_model", ModelDocument, 404, 409))
    async def get_model(
        request: Request,
        provider: ProviderName,
        id: ModelId,  # noqa: A002
        question: Annotated[ModelQuestion, Query()],
    ) -> Response:
        """Get the model that an id or alias means at a date, with the prices that are in force."""
        on = question.on or service.minute
        try:
            entry = await _find(service.snapshot, provider, id, on)
        except HostedModelError as error:
            raise problem_of_unknown_model(error) from error
        headers = {}
        if (provider, id) != (entry.provider, entry.id):
            headers["Content-Location"] = _address(entry, request.url.query)
        return json_response(model_tree(entry, on, dated=question.on is not None), headers)

    @router.get("/cost/{provider}/{id:path}", **described("get_cost", CostDocument, 404, 409))
    async def get_cost(
        provider: ProviderName,
        id: ModelId,  # noqa: A002
        question: Annotated[CostQuestion, Query()],
    ) -> Response:
        """Price a call: the name is resolved for the date, then priced. Unknown comes with a reason."""
        on, asked = question.on or service.minute, f"{provider}/{id}"
        try:
            entry = await _find(service.snapshot, provider, id, on)
        except HostedModelError as error:
            if error.reason != "no_price_at_date":
                raise problem_of_unknown_model(error) from error
            return json_response(call_tree(asked, None, Cost(reason=error.reason), question.on))
        cost = cost_answer(entry, question, on)
        return json_response(call_tree(asked, entry.name, cost, question.on))

    return router


def json_response(tree: Any, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    body = json.dumps(tree, ensure_ascii=False, separators=(",", ":")).encode()
    return Response(body, headers=headers, media_type="application/json")


async def _find(snapshot: Snapshot, provider: str, model_id: str, on: datetime) -> ModelEntry:
    if model_id in snapshot.names:
        return _resolve(snapshot, provider, model_id, on)
    # A name that nobody has is compared with all others, which would hold up everybody else.
    return await run_in_threadpool(_resolve, snapshot, provider, model_id, on)


def _resolve(snapshot: Snapshot, provider: str, model_id: str, on: datetime) -> ModelEntry:
    """The model that a name means at a provider; one that only others offer is not there."""
    name = f"{provider}/{model_id}"
    entry = snapshot.catalog.resolve(name, on)
    config = snapshot.catalog.provider(provider)
    if config is None or config.slug != entry.provider:
        raise HostedModelError(
            f"no hosted model {name} is known",
            f"another provider has one of this name: {entry.name}",
            "Put that provider before it.",
            "unknown_model",
            (entry.name,),
        )
    return entry


def _address(entry: ModelEntry, query: str) -> str:
    path = f"/models/{quote(entry.provider)}/{quote(entry.id, safe='/:@')}"
    return f"{path}?{query}" if query else path


def _links(request: Request, question: ListQuestion, total: int) -> str:
    """Where the other pages are (RFC 8288)."""
    limit, offset = question.limit, question.offset
    offsets = {"first": 0, "last": max(0, (total - 1) // limit * limit)}
    if offset > 0:
        offsets["prev"] = max(0, offset - limit)
    if offset + limit < total:
        offsets["next"] = offset + limit
    kept = [item for item in request.query_params.multi_items() if item[0] != "offset"]
    return ", ".join(
        f'</models?{urlencode([*kept, ("offset", start)])}>; rel="{relation}"'
        for relation, start in offsets.items()
    )
