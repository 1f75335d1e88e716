"""What a project's document makes of the shipped entries: it adds, or overrides what it gives.

Prices and aliases are history, so they are not replaced as a whole: a row of the project stands for its meter
(an alias for its name) over the time that it is valid, and shipped rows keep the rest of their time.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, TypeVar

from modelops_bundle.catalog.entries import Alias, ModelEntry, Price, ProviderConfig
from modelops_bundle.catalog.trees import (
    entry_from_tree,
    entry_tree,
    provider_from_tree,
    provider_tree,
)

__all__ = ["overlay_entry", "overlay_provider"]

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_ROWS = ("aliases", "prices", "capabilities", "source")

Row = TypeVar("Row", bound=Alias | Price)


def overlay_provider(
    slug: str, shipped: ProviderConfig | None, given: Mapping[str, Any]
) -> ProviderConfig:
    """A provider's configuration with what a document gives of it."""
    tree = {} if shipped is None else provider_tree(shipped)
    return provider_from_tree(slug, {**tree, **given})


def overlay_entry(shipped: ModelEntry | None, given: Mapping[str, Any]) -> ModelEntry:
    """A model with what a document gives of it; a given ``None`` makes a value unknown."""
    own = entry_from_tree(given)
    if shipped is None:
        return own
    plain = {key: value for key, value in given.items() if key not in _ROWS}
    merged = entry_from_tree({**entry_tree(shipped), **plain})
    stated = given.get("capabilities") or {}
    return replace(
        merged,
        capabilities=replace(merged.capabilities, **stated),
        aliases=_laid_over(shipped.aliases, own.aliases, _same_alias),
        prices=_laid_over(shipped.prices, own.prices, _same_meter),
        source=MappingProxyType(_sources(shipped, own, given)),
    )


def _sources(shipped: ModelEntry, own: ModelEntry, given: Mapping[str, Any]) -> dict[str, str]:
    """The given source holds for what is given with it; all else is from where it was."""
    general = own.source.get("*")
    covered = {key: general for key in given if general and key not in ("id", "provider", "source")}
    named = {key: text for key, text in own.source.items() if key != "*"}
    return {**shipped.source, **covered, **named}


def _same_alias(one: Alias, other: Alias) -> bool:
    return one.name == other.name


def _same_meter(one: Price, other: Price) -> bool:
    return one.meter == other.meter and one.when == other.when


def _laid_over(shipped: Iterable[Row], own: tuple[Row, ...], same: Any) -> tuple[Row, ...]:
    left: list[Row] = list(shipped)
    for mine in own:
        left = [
            piece
            for row in left
            for piece in (
                _without(row, mine.valid_from, mine.valid_to) if same(row, mine) else [row]
            )
        ]
    return (*own, *left)


def _without(row: Row, start: datetime | None, end: datetime | None) -> list[Row]:
    """What is left of a row's time once ``start`` to ``end`` is taken out."""
    first, last = row.valid_from or _FIRST, row.valid_to or _LAST
    cut_from, cut_to = max(first, start or _FIRST), min(last, end or _LAST)
    if cut_from >= cut_to:
        return [row]
    pieces = []
    if first < cut_from:
        pieces.append(replace(row, valid_to=cut_from))
    if cut_to < last:
        pieces.append(replace(row, valid_from=cut_to))
    return pieces
