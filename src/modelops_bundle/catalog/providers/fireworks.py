"""Fireworks. Its list is that of an account, ``fireworks`` for what everybody may use."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.reading import date_in_id, day_of, limit, moment, text, truth
from modelops_bundle.catalog.statuses import Status

__all__ = ["Fireworks"]


class Fireworks(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "fireworks-ai"
    items_key = "models"
    id_key = "name"

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """Those that are public and ready, and no add-ons to others."""
        return [
            model
            for model in models
            if model.get("public") is not False
            and model.get("state") in (None, "READY")
            and "ADDON" not in str(model.get("kind"))
        ]

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The date in its id, else the one when Fireworks made it available."""
        created = moment(model.get("createTime"))
        return date_in_id(self.get_model_id(model), created) or created

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, capabilities, and since when it is deprecated."""
        deprecated = _date(model.get("deprecationDate"))
        return {
            "display_name": text(model.get("displayName")),
            "context_window": limit(model.get("contextLength")),
            "deprecation_date": deprecated,
            "status": Status.DEPRECATED if deprecated else None,
            "capabilities": capabilities(
                vision=truth(model.get("supportsImageInput")),
                function_calling=truth(model.get("supportsTools")),
            ),
        }


def _date(value: Any) -> PartialDate | None:
    """A date that is written as an object; a month or day of 0 is unknown."""
    if not isinstance(value, Mapping):
        return None
    year, month, day = (limit(value.get(key)) for key in ("year", "month", "day"))
    try:
        first = day_of(date(year or 1, month or 1, day or 1))
    except (ValueError, OverflowError):
        return None
    if first is None or not month:
        return None if first is None else PartialDate(first.year)
    return first if day else PartialDate(first.year, first.month)
