"""Mistral. It lists a model once for each of its names; they become one entry with aliases."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import Alias
from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.reading import (
    date_in_id,
    limit,
    moment,
    names,
    part,
    text,
    truth,
)
from modelops_bundle.catalog.statuses import Status

__all__ = ["Mistral"]

_YEAR_MONTH = re.compile(r"-(\d{2})(0[1-9]|1[0-2])$")
_FIRST_YEAR = 23


class Mistral(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "mistral"
    offers_own = True

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """One item of each model, by the name that is dated, and no fine-tuned or internal ones.

        Items that name each other as aliases are one model. Where several or none of its names have a date,
        the first one listed stands for it.
        """
        public = [
            model
            for model in models
            if model.get("type") in (None, "base")
            and model.get("internal") is not True
            and not self.get_model_id(model).startswith("ft:")
        ]
        return [self._merged(group) for group in self._groups(public)]

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The month in its id (``2411`` is November of 2024), else the date of its creation."""
        model_id = self.get_model_id(model)
        return _month_in(model_id) or date_in_id(model_id) or moment(model.get("created"))

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, capabilities, aliases, and when it is deprecated in favour of what."""
        deprecated = moment(model.get("deprecation"))
        can = part(model, "capabilities")
        return {
            "display_name": text(model.get("name")),
            "context_window": limit(model.get("max_context_length")),
            "deprecation_date": deprecated,
            "status": Status.DEPRECATED if deprecated else None,
            "replacement": text(model.get("deprecation_replacement_model")),
            "aliases": tuple(Alias(name=name) for name in names(model.get("aliases"))),
            "capabilities": capabilities(
                vision=truth(can.get("vision")),
                function_calling=truth(can.get("function_calling")),
                reasoning=truth(can.get("reasoning")),
            ),
        }

    def _groups(self, models: Iterable[Item]) -> list[list[Item]]:
        """Items by model: those that share a name."""
        groups: list[tuple[set[str], list[Item]]] = []
        for model in models:
            shared = {self.get_model_id(model), *names(model.get("aliases"))}
            items = [model]
            for group in [each for each in groups if not shared.isdisjoint(each[0])]:
                groups.remove(group)
                shared |= group[0]
                items = [*group[1], *items]
            groups.append((shared, items))
        return [items for _, items in groups]

    def _merged(self, items: list[Item]) -> Item:
        ids = [self.get_model_id(item) for item in items]
        dated = [each for each in ids if _month_in(each) or date_in_id(each)]
        chosen = dated[0] if dated else ids[0]
        every = [*ids, *(name for item in items for name in names(item.get("aliases")))]
        aliases = [name for name in dict.fromkeys(every) if name != chosen]
        return {**items[ids.index(chosen)], "aliases": aliases}


def _month_in(model_id: str) -> PartialDate | None:
    match = _YEAR_MONTH.search(model_id)
    if match is None or int(match[1]) < _FIRST_YEAR:
        return None
    return PartialDate(2000 + int(match[1]), int(match[2]))
