"""Together. Its lists have had several shapes, and each is understood by the keys that it has.

The first one is a bare list (``organization``, ``pricing`` per million tokens). That of its SDK 3 is
``/v2/supported-models`` (``publisher``, keys in camelCase, the name for calls under ``name``). The list of a
project's own models (``projectId``) is not public.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import Price
from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.developers import developer_of_path, developer_slug
from modelops_bundle.catalog.providers.reading import (
    amount,
    date_in_id,
    limit,
    moment,
    names,
    part,
    said_by,
    text,
)
from modelops_bundle.catalog.statuses import Status

__all__ = ["Together"]

_METERS = {
    "input": "input",
    "output": "output",
    "cachedInput": "cache_read",
    "cached_input": "cache_read",
}
_STATUSES = {
    "SUPPORTED_MODEL_STATUS_RECOMMENDED": Status.PRODUCTION,
    "SUPPORTED_MODEL_STATUS_SUPPORTED": Status.PRODUCTION,
    "SUPPORTED_MODEL_STATUS_DEPRECATED": Status.DEPRECATED,
}


class Together(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "togetherai"

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """All but those of a project, and those that are hidden."""
        return [
            model
            for model in models
            if "projectId" not in model and model.get("status") != "SUPPORTED_MODEL_STATUS_HIDDEN"
        ]

    def get_model_id(self, model: Item) -> str:
        """The name for calls: ``name`` where there is a publisher, as ``id`` is a number then."""
        return text(model.get("name" if "publisher" in model else "id")) or ""

    def get_developer(self, model: Item) -> str | None:
        """Its publisher, else whoever stands before the slash."""
        named = text(model.get("publisher")) or text(model.get("organization"))
        return developer_slug(named) or developer_of_path(self.get_model_id(model))

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The date in its id, else the one when Together added it."""
        created = moment(model.get("created")) or moment(model.get("createdAt"))
        return date_in_id(self.get_model_id(model), created) or created

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, prices, and what only the newer list tells: status and capabilities."""
        inputs = names(model.get("inputModalities"))
        features = names(model.get("features"))
        length = model.get("context_length", model.get("contextLength"))
        return {
            "display_name": text(model.get("display_name")) or text(model.get("displayName")),
            "context_window": limit(length),
            "status": _STATUSES.get(text(model.get("status")) or ""),
            "prices": tuple(_prices(part(model, "pricing"))),
            "capabilities": capabilities(
                vision="MODALITY_IMAGE" in inputs if inputs else None,
                function_calling=said_by(features, "FEATURE_TOOL_CALLING"),
                structured_output=said_by(features, "FEATURE_STRUCTURED_OUTPUT"),
                reasoning=said_by(features, "FEATURE_REASONING"),
            ),
        }


def _prices(listed: Mapping[str, Any]) -> Iterator[Price]:
    """Zero is no price here: models that are not sold by the token have it too."""
    for key, meter in _METERS.items():
        if each := amount(listed.get(key)):
            yield Price(meter=meter, unit="1m_tokens", amount=each)
