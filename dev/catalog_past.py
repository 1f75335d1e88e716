"""What the sources said once and say no more. It stays: old runs are priced by it.

When newer versions of the sources are read, a model that none of them lists any more is kept as it was known
last, and a price or alias that they state otherwise ends on the day of that reading. A correction on the same
reading takes the place of what was wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, TypeVar

from modelops_bundle.catalog.dates import as_instant
from modelops_bundle.catalog.entries import Alias, ModelEntry, Price
from modelops_bundle.catalog.overlay import overlay_entry
from modelops_bundle.catalog.trees import entry_tree

Tree = dict[str, Any]
Row = TypeVar("Row", Price, Alias)

_ROWS = ("prices", "aliases")


def lay_past(entry: ModelEntry | None, past: Mapping[str, Any]) -> ModelEntry:
    """What the sources say now of a model, with the rows that they have ended; else what they said last."""
    if entry is None:
        return overlay_entry(None, past)
    ended = {key: [row for row in past.get(key, ()) if row.get("valid_to")] for key in _ROWS}
    rows = {key: those for key, those in ended.items() if those}
    return (
        overlay_entry(entry, {"id": entry.id, "provider": entry.provider, **rows})
        if rows
        else entry
    )


def past_of(
    shipped: Iterable[ModelEntry],
    now: Iterable[ModelEntry],
    known: Iterable[Mapping[str, Any]],
    read_on: date,
) -> list[Tree]:
    """The models of a catalog document for :func:`lay_past`, by provider and id.

    Args:
        shipped: What is about to be replaced.
        now: What takes its place.
        known: The document until now.
        read_on: Day on which the sources were read.
    """
    listed = {entry.name: entry for entry in now}
    past = {f"{tree['provider']}/{tree['id']}": dict(tree) for tree in known}
    for old in shipped:
        new = listed.get(old.name)
        if new is None:
            past[old.name] = entry_tree(old)
        elif old.checked_on is not None and old.checked_on < read_on:
            for key, rows in entry_tree(_ended(old, new, read_on)).items():
                if key in _ROWS:
                    tree = past.setdefault(old.name, {"id": old.id, "provider": old.provider})
                    tree[key] = [
                        *tree.get(key, ()),
                        *(r for r in rows if r not in tree.get(key, ())),
                    ]
    return [past[name] for name in sorted(past)]


def _ended(old: ModelEntry, new: ModelEntry, read_on: date) -> ModelEntry:
    """Only the rows that held until a reading and are not told so since, with that day as their end."""
    end = as_instant(read_on)
    before = end - timedelta(microseconds=1)

    def held(rows: Iterable[Row]) -> Iterator[Row]:
        return (replace(row, valid_to=end) for row in rows if row.is_valid(before))

    prices = _untold(held(old.prices), held(new.prices), _group, _price)
    aliases = _untold(held(old.aliases), held(new.aliases), _name, _name)
    return ModelEntry(id=old.id, provider=old.provider, prices=prices, aliases=aliases)


def _untold(
    old: Iterable[Row],
    new: Iterable[Row],
    group: Callable[[Row], object],
    says: Callable[[Row], object],
) -> tuple[Row, ...]:
    """Rows of groups that do not say the same any more."""
    before, after = (list(rows) for rows in (old, new))
    told = {
        place: {says(row) for row in after if group(row) == place} for place in map(group, before)
    }
    said = {place: {says(row) for row in before if group(row) == place} for place in told}
    return tuple(row for row in before if told[group(row)] != said[group(row)])


def _group(price: Price) -> object:
    return price.meter, price.when.service_tier, price.when.batch


def _price(price: Price) -> object:
    return price.each, price.currency, price.when, price.min_context


def _name(alias: Alias) -> object:
    return alias.name
