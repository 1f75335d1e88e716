"""Anthropic, asked through its SDK. It tells the state, the limits and the dates of each model."""

from __future__ import annotations

from typing import Any

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.reading import date_in_id, limit, moment, part, text, truth
from modelops_bundle.catalog.statuses import Status

__all__ = ["Anthropic"]

_STATUSES = {
    "active": Status.PRODUCTION,
    "deprecated": Status.DEPRECATED,
    "retired": Status.RETIRED,
}


class Anthropic(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "anthropic"
    offers_own = True

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The date in its id, else the one of its creation, which is 1970 where it is unknown."""
        return date_in_id(self.get_model_id(model)) or moment(model.get("created_at"))

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, capabilities, and the stage of its life with its dates."""
        status = _STATUSES.get(text(model.get("lifecycle")) or "")
        return {
            "display_name": text(model.get("display_name")),
            "status": status,
            "max_input_tokens": limit(model.get("max_input_tokens")),
            "max_output_tokens": limit(model.get("max_tokens")),
            "deprecation_date": moment(model.get("deprecated_at")),
            "shutdown_date": moment(model.get("retires_at")),
            "capabilities": capabilities(
                vision=_supported(model, "image_input"),
                structured_output=_supported(model, "structured_outputs"),
                reasoning=_supported(model, "thinking"),
            ),
        }


def _supported(model: Item, name: str) -> bool | None:
    return truth(part(part(model, "capabilities"), name).get("supported"))
