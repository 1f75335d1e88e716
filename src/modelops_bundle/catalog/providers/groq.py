"""Groq. Its list is of OpenAI's shape, with limits that its SDK's types leave out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelops_bundle.catalog.providers.base import Item, Provider
from modelops_bundle.catalog.providers.reading import limit

__all__ = ["Groq"]


class Groq(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "groq"

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """All but those that are said not to be active."""
        return [model for model in models if model.get("active") is not False]

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, where they are told."""
        return {
            "context_window": limit(model.get("context_window")),
            "max_output_tokens": limit(model.get("max_completion_tokens")),
        }
