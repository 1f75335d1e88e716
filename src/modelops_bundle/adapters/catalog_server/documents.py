"""Answers as plain trees, and which models a list is of."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from modelops_bundle.adapters.catalog_server.questions import CostQuestion, ListQuestion
from modelops_bundle.adapters.catalog_server.service import Snapshot
from modelops_bundle.catalog.dates import instant_text
from modelops_bundle.catalog.entries import METERS, ModelEntry
from modelops_bundle.catalog.pricing import REASONS, Cost, Usage, cost_of, prices_in_force
from modelops_bundle.catalog.searching import Wanted, search
from modelops_bundle.catalog.trees import cost_tree, public_tree

__all__ = ["call_tree", "cost_answer", "model_tree", "page_tree", "provider_trees"]

Tree = dict[str, Any]

#: Capabilities that are looked at here; others are looked for with the rest.
_FLAGS = ("supports_structured_output", "supports_reasoning", "supports_streaming")


def model_tree(entry: ModelEntry, on: datetime, *, dated: bool) -> Tree:
    """A model, and under ``at`` what holds of it at an instant.

    Args:
        entry: The model.
        on: The instant.
        dated: Whether it was asked for; otherwise it is now, and is not told, so that an answer only changes
            when something in it does.
    """
    tree = public_tree(entry)
    status = entry.status_on(on)
    in_force = prices_in_force(entry, on)
    prices = [
        row for price, row in zip(entry.prices, tree["prices"], strict=True) if price in in_force
    ]
    reason = None if prices else ("no_price_at_date" if entry.prices else "no_price")
    at = {
        "on": instant_text(on) if dated else None,
        "status": None if status is None else str(status),
        "prices": prices,
        "reason": reason,
    }
    return {"name": entry.name, **tree, "at": at}


def page_tree(snapshot: Snapshot, question: ListQuestion, on: datetime) -> Tree:
    """The part that was asked for of the models that fulfil every condition."""
    found = _chosen(snapshot, question, on)
    page = found[question.offset : question.offset + question.limit]
    dated = question.on is not None
    return {
        "total": len(found),
        "limit": question.limit,
        "offset": question.offset,
        "models": [model_tree(each, on, dated=dated) for each in page],
    }


def _chosen(snapshot: Snapshot, question: ListQuestion, on: datetime) -> list[ModelEntry]:
    """The models that fulfil every condition, the best first where words are looked for."""
    providers: tuple[str, ...] = ()
    if question.provider is not None:
        config = snapshot.catalog.provider(question.provider)
        if config is None:
            return []
        providers = (config.slug,)
    wanted = Wanted(
        words=tuple((question.q or "").split()),
        providers=providers,
        developer=None if question.developer is None else question.developer.lower(),
        status=question.status,
        vision=question.supports_vision,
        functions=question.supports_function_calling,
        max_price=question.max_input_price,
        min_context=question.min_context,
    )
    found = search(snapshot.entries, wanted, on)
    flags = {name: flag for name in _FLAGS if (flag := getattr(question, name)) is not None}
    return [each for each in found if all(_has(each, *flag) for flag in flags.items())]


def _has(entry: ModelEntry, capability: str, wanted: bool) -> bool:
    return getattr(entry.capabilities, capability) is wanted


def cost_answer(entry: ModelEntry, question: CostQuestion, on: datetime) -> Cost:
    """What the call cost that a question describes."""
    usage = Usage(**{meter: getattr(question, meter) for meter in METERS})
    tier = question.service_tier
    return cost_of(entry, usage, on, service_tier=tier, batch=question.batch)


def call_tree(name: str, model: str | None, cost: Cost, on: datetime | None) -> Tree:
    """What a call cost, and how that comes about.

    Args:
        name: What was asked for, with its provider.
        model: What it means at the date; ``None`` when nothing is attested.
        cost: The cost.
        on: When it was asked about; ``None`` when no date was given.
    """
    return {
        "asked": name,
        "name": model,
        "on": None if on is None else instant_text(on),
        "detail": None if cost.reason is None else REASONS[cost.reason],
        **cost_tree(cost),
    }


def provider_trees(snapshot: Snapshot) -> Iterator[Tree]:
    """Every provider, without what only those who call it need."""
    for slug, config in snapshot.catalog.providers.items():
        yield {
            "slug": slug,
            "name": config.name,
            "also_known_as": list(config.also_known_as),
            "docs": config.docs,
            "models": len(snapshot.catalog.ids(slug)),
        }
