"""OpenAI. Its list names ids, when they were created, and for some when they will be shut down."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelops_bundle.catalog.providers.base import Item, Provider
from modelops_bundle.catalog.providers.reading import moment
from modelops_bundle.catalog.statuses import Status

__all__ = ["OpenAI"]


class OpenAI(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "openai"
    offers_own = True

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """All but fine-tuned ones: ``ft:…`` today, ``…:ft-…`` in the first years.

        Who owns a model does not tell: nearly all public ones belong to ``system`` or ``openai-internal``.
        """
        return [
            model
            for model in models
            if not self.get_model_id(model).startswith("ft:")
            and ":ft-" not in self.get_model_id(model)
        ]

    def details(self, model: Item) -> dict[str, Any]:
        """A model with a date of its shutdown is deprecated; no status is known of the others."""
        shutdown = moment(model.get("shutdown_date"))
        return {"shutdown_date": shutdown, "status": Status.DEPRECATED} if shutdown else {}
