"""Two registries that come from one: what each side registered, updated or dropped, entry by entry.

An entry says what it was made from and is taken whole: half of one side's and half of the other's would
describe what nobody has run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Literal, NamedTuple

from modelops_bundle.records.entries import BundleRegistry

__all__ = ["MergedRegistry", "Side", "merge_registries"]

Side = Literal["ours", "theirs"]

_SECTIONS = ("models", "targets", "target_sets", "extra")


class MergedRegistry(NamedTuple):
    """What came of two registries.

    Attributes:
        registry: What both sides did; without what they disagree about unless a side was preferred.
        conflicts: What both changed, each in its own way, as ``section.name``, and what contradicts itself
            since both changes are there.
    """

    registry: BundleRegistry
    conflicts: tuple[str, ...]


def merge_registries(
    base: BundleRegistry,
    ours: BundleRegistry,
    theirs: BundleRegistry,
    prefer: Side | None = None,
) -> MergedRegistry:
    """What both sides did to ``base``.

    Args:
        base: What both come from; an empty one where that is not known.
        ours: One side.
        theirs: The other side.
        prefer: Whose entry is taken where both changed the same one.
    """
    merged = BundleRegistry(
        # Known by their digests: two of one name are the same, and what none names is not saved.
        environments={**theirs.environments, **ours.environments},
    )
    conflicts = []
    for section in _SECTIONS:
        into = getattr(merged, section)
        sides = (getattr(base, section), getattr(ours, section), getattr(theirs, section))
        for name, chosen in _merged(*sides, prefer):
            if isinstance(chosen, _Conflict):
                conflicts.append(f"{section}.{name}")
            elif chosen is not None:
                into[name] = chosen
    return MergedRegistry(merged, (*conflicts, *_new_problems(merged, (ours, theirs))))


class _Conflict:
    """Both sides changed it, each in its own way."""


def _merged(
    base: Mapping[str, object],
    ours: Mapping[str, object],
    theirs: Mapping[str, object],
    prefer: Side | None,
) -> Iterator[tuple[str, object]]:
    for name in sorted({*base, *ours, *theirs}):
        before, here, there = base.get(name), ours.get(name), theirs.get(name)
        if here == there or there == before:
            yield name, here
        elif here == before:
            yield name, there
        elif prefer is None:
            yield name, _Conflict()
        else:
            yield name, here if prefer == "ours" else there


def _new_problems(merged: BundleRegistry, sides: Iterable[BundleRegistry]) -> list[str]:
    """What contradicts itself and did so on neither side: a set with a target that the other side dropped."""
    known = {problem for side in sides for problem in side.validate()}
    return [problem for problem in merged.validate() if problem not in known]
