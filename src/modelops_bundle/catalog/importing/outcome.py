"""What reading another catalog gives: trees of models and providers, and all that has no place here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

__all__ = ["Imported", "Notes", "Unmapped"]

Tree = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Unmapped:
    """Something that a source says and that is not in the outcome.

    Attributes:
        where: The model that says it, and how many others do.
        key: As the source calls it.
        value: The first model's value, as the source writes it.
        why: What is in the way.
        impossible: Whether the value cannot be true, rather than there being no place for it.
        count: Number of models that say it.
    """

    where: str
    key: str
    value: str
    why: str
    impossible: bool = False
    count: int = 1


@dataclass(frozen=True, slots=True)
class Imported:
    """What was read from a source.

    Attributes:
        models: Trees as :func:`modelops_bundle.catalog.trees.entry_tree` makes them, each with ``provider``
            and ``id``, sorted by both; none stands twice.
        providers: Trees of configurations, by slug.
        unmapped: Everything else that the source says.
    """

    models: tuple[Tree, ...]
    providers: Mapping[str, Tree]
    unmapped: tuple[Unmapped, ...]


@dataclass(slots=True)
class Notes:
    """Collects what cannot be mapped: what several models say in the same way becomes one remark."""

    _found: dict[tuple[str, str], list[tuple[str, str]]] = field(default_factory=dict)
    _impossible: list[Unmapped] = field(default_factory=list)

    def unmapped(self, where: str, key: str, value: object, why: str) -> None:
        """Note that there is no place for something; remarks with the same key and reason are one."""
        self._found.setdefault((key, why), []).append((where, _shown(value)))

    def impossible(self, where: str, key: str, value: object, why: str) -> None:
        """Note that something cannot be true; each such remark stays on its own."""
        self._impossible.append(Unmapped(where, key, _shown(value), why, impossible=True))

    def all(self) -> tuple[Unmapped, ...]:
        """Every remark, what is impossible first, sorted."""
        common = [
            Unmapped(_several([where for where, _ in said]), key, said[0][1], why, count=len(said))
            for (key, why), said in self._found.items()
        ]
        return (*_sorted(self._impossible), *_sorted(common))


def _sorted(remarks: Iterable[Unmapped]) -> list[Unmapped]:
    return sorted(remarks, key=lambda each: (each.key, each.where, each.value))


def _several(places: list[str]) -> str:
    return places[0] if len(places) == 1 else f"{places[0]} and {len(places) - 1} more"


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else _plain(value)
    return text if len(text) <= 120 else text[:117] + "..."


def _plain(value: object) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_plain(each) for each in value) + "]"
    return str(value)
