"""What a project's document makes of the shipped entries: it adds, or overrides what it gives.

Prices and aliases are history, so they are not replaced as a whole: a row of the project stands for its
meter, service tier and batch (an alias for its name) over the time that it is valid, and shipped rows keep
the rest of their time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, TypeVar

from modelops_bundle.catalog.entries import Alias, Capabilities, ModelEntry, Price, ProviderConfig
from modelops_bundle.catalog.trees import (
    entry_from_tree,
    provider_from_tree,
    provider_tree,
)

__all__ = ["PROJECT_FILE", "overlay_entry", "overlay_provider", "without_aliases"]

#: Where a project keeps what it adds, below its root; the source of what it gives without naming another.
PROJECT_FILE = "models/model_registry.yaml"

_FIRST = datetime.min.replace(tzinfo=UTC)
_LAST = datetime.max.replace(tzinfo=UTC)
_ROWS = ("aliases", "prices", "capabilities", "source")

Row = TypeVar("Row", bound=Alias | Price)


def overlay_provider(
    slug: str, shipped: ProviderConfig | None, given: Mapping[str, Any]
) -> ProviderConfig:
    """A provider's configuration with what a document gives of it; a given ``None`` makes a value unknown."""
    tree = {} if shipped is None else provider_tree(shipped)
    nested = {
        key: {**tree[key], **value}
        for key, value in given.items()
        if isinstance(value, Mapping) and key in tree
    }
    return provider_from_tree(slug, {**tree, **given, **nested})


def overlay_entry(shipped: ModelEntry | None, given: Mapping[str, Any]) -> ModelEntry:
    """A model with what a document gives of it; a given ``None`` makes a value unknown."""
    own = entry_from_tree(given)
    if shipped is None:
        return own
    plain = {key: getattr(own, key) for key in given if key not in _ROWS}
    source = _sources(shipped, own, given)
    aliases = () if _is_null(given, "aliases") else shipped.aliases
    prices = () if _is_null(given, "prices") else shipped.prices
    return replace(
        shipped,
        **plain,
        capabilities=_capabilities(shipped, given),
        aliases=_laid_over(aliases, _with_source(own.aliases, own), _same_alias),
        prices=_laid_over(prices, _with_source(own.prices, own), _same_meter),
        source=source,
    )


def without_aliases(entry: ModelEntry, claimed: Iterable[Alias]) -> ModelEntry:
    """A shipped model without the times of its aliases at which a project says that they mean another one."""
    return replace(entry, aliases=_left_of(entry.aliases, claimed, _same_alias))


def _is_null(given: Mapping[str, Any], key: str) -> bool:
    return key in given and given[key] is None


def _capabilities(shipped: ModelEntry, given: Mapping[str, Any]) -> Capabilities:
    if _is_null(given, "capabilities"):
        return Capabilities()
    return replace(shipped.capabilities, **given.get("capabilities", {}))


def _sources(shipped: ModelEntry, own: ModelEntry, given: Mapping[str, Any]) -> dict[str, str]:
    """Where each value is from now: what is given is no longer from where the shipped one was."""
    general = own.source.get("*", PROJECT_FILE)
    keys = [key for key in given if key not in ("id", "provider", *_ROWS)]
    keys += [f"capabilities.{name}" for name in given.get("capabilities") or ()]
    named = {key: text for key, text in own.source.items() if key != "*"}
    before = {} if _is_null(given, "source") else shipped.source
    return {**before, **dict.fromkeys(keys, general), **named}


def _with_source(rows: tuple[Row, ...], own: ModelEntry) -> tuple[Row, ...]:
    general = own.source.get("*", PROJECT_FILE)
    return tuple(row if row.source else replace(row, source=general) for row in rows)


def _same_alias(one: Alias, other: Alias) -> bool:
    return one.name == other.name


def _same_meter(one: Price, other: Price) -> bool:
    """Whether a row of a project stands in the place of a shipped one.

    Tiers over a context length and times of day are parts of one price: were those of the shipped list kept
    beside a project's flat price, they would price what it was meant for.
    """
    return (
        one.meter == other.meter
        and one.when.service_tier == other.when.service_tier
        and one.when.batch == other.when.batch
    )


def _laid_over(
    shipped: Iterable[Row], own: tuple[Row, ...], same: Callable[[Any, Any], bool]
) -> tuple[Row, ...]:
    return (*own, *_left_of(shipped, own, same))


def _left_of(
    shipped: Iterable[Row], own: Iterable[Row], same: Callable[[Any, Any], bool]
) -> tuple[Row, ...]:
    left: list[Row] = list(shipped)
    for mine in own:
        left = [
            piece
            for row in left
            for piece in (
                _without(row, mine.valid_from, mine.valid_to) if same(row, mine) else [row]
            )
        ]
    return tuple(left)


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
