"""What differs between two catalogs, value by value; prices and aliases row by row."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.trees import entry_tree, provider_tree

__all__ = ["Change", "Comparison", "ValueChange", "compare", "compare_providers"]


@dataclass(frozen=True, slots=True)
class ValueChange:
    """One value that differs.

    Attributes:
        key: Where it stands: ``status``, ``capabilities.supports_vision``, ``prices[input, batch].amount``;
            ``prices[input, batch]`` where only one side has the row.
        before: As documents write it, of a row a mapping; ``None`` where it was not known.
        after: Likewise.
    """

    key: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Change:
    """A model or provider that both sides have.

    Attributes:
        name: ``provider/id``, or the provider's slug.
        values: What differs, never empty.
    """

    name: str
    values: tuple[ValueChange, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two sets of models or of providers; each part is sorted by name."""

    added: tuple[str, ...]
    changed: tuple[Change, ...]
    removed: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def compare(before: Iterable[ModelEntry], after: Iterable[ModelEntry]) -> Comparison:
    """What makes the second set of models differ from the first; the order of rows is nothing."""
    return _compare(
        {each.name: _flat(each) for each in before}, {each.name: _flat(each) for each in after}
    )


def compare_providers(
    before: Iterable[ProviderConfig], after: Iterable[ProviderConfig]
) -> Comparison:
    """The same of the configurations of providers."""
    return _compare(
        {each.slug: provider_tree(each) for each in before},
        {each.slug: provider_tree(each) for each in after},
    )


def _compare(
    old: Mapping[str, Mapping[str, Any]], new: Mapping[str, Mapping[str, Any]]
) -> Comparison:
    changed = (Change(name, tuple(_changes(old[name], new[name]))) for name in old if name in new)
    return Comparison(
        tuple(sorted(new.keys() - old.keys())),
        tuple(sorted((each for each in changed if each.values), key=lambda each: each.name)),
        tuple(sorted(old.keys() - new.keys())),
    )


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[ValueChange]:
    for key in dict.fromkeys((*before, *after)):
        old, new = before.get(key), after.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            yield from (
                ValueChange(f"{key}.{each.key}", each.before, each.after)
                for each in _changes(old, new)
            )
        elif old != new:
            yield ValueChange(key, old, new)


def _flat(entry: ModelEntry) -> dict[str, Any]:
    """Every value of a model under a key that says where it stands; rows are named by what they are for."""
    flat: dict[str, Any] = {}
    for key, value in entry_tree(entry).items():
        if key in ("prices", "aliases"):
            for row in value:
                name = _row_name(key, row)
                flat[name] = {part: each for part, each in row.items() if part not in _NAMING}
        elif isinstance(value, Mapping):
            flat |= {f"{key}.{part}": each for part, each in value.items()}
        else:
            flat[key] = value
    return flat


#: Parts of a price that name it, so that they cannot change.
_NAMING = ("meter", "when", "min_context", "valid_from")


def _row_name(key: str, row: Mapping[str, Any]) -> str:
    """What tells a row from the others: its meter and circumstances, or its name, and since when."""
    if key == "aliases":
        parts = [row["name"]]
    else:
        when = row.get("when") or {}
        parts = [row["meter"], when.get("service_tier"), "batch" if when.get("batch") else None]
        parts.append(when.get("time_of_day"))
        parts.append(f"above {row['min_context']}" if row.get("min_context") else None)
    parts.append(f"from {row['valid_from']}" if row.get("valid_from") else None)
    return f"{key}[{', '.join(part for part in parts if part)}]"
