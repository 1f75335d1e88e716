"""Cohere. It tells limits, endpoints and features, and no dates."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.reading import limit, names, said_by
from modelops_bundle.catalog.statuses import Status

__all__ = ["Cohere"]


class Cohere(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "cohere"
    offers_own = True
    items_key = "models"
    id_key = "name"

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """All but fine-tuned ones."""
        return [model for model in models if model.get("finetuned") is not True]

    def details(self, model: Item) -> dict[str, Any]:
        """The context, a number with a point here, and what its features say."""
        features = names(model.get("features"))
        return {
            "context_window": limit(model.get("context_length")),
            "status": Status.DEPRECATED if model.get("is_deprecated") is True else None,
            "capabilities": capabilities(
                vision=said_by(features, "vision"),
                function_calling=said_by(features, "tools", "strict_tools"),
                structured_output=said_by(features, "json_schema"),
                reasoning=said_by(features, "reasoning"),
            ),
        }
