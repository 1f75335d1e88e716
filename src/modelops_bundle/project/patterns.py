"""Patterns of paths, as the shell has them: ``*``, ``?`` and ``[...]`` within a name, ``**`` across folders.

A pattern is walked down name by name, as folders are, so that a folder which cannot lead to a match is never
listed and what its names have in common is asked once.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

__all__ = ["Pattern", "States", "is_pattern"]

States = frozenset[int]
"""How far a path has come: which parts of the pattern may be the next to match. Empty when none can."""


def is_pattern(text: str) -> bool:
    """Whether a path holds characters that stand for others."""
    return any(character in text for character in "*?[")


class Pattern:
    """One pattern, its parts parted by ``/``. ``**`` takes any number of names; at the end, at least one.

    Args:
        text: The pattern, relative.

    Attributes:
        start: Where a path begins.
    """

    def __init__(self, text: str) -> None:
        self._parts = [
            None if part == "**" else re.compile(fnmatch.translate(part)).match
            for part in text.split("/")
        ]
        self.start = self._with_passed({0})

    def into(self, states: States, name: str) -> States:
        """The states after one more name."""
        reached = set()
        for state in states:
            if state == len(self._parts):
                continue
            part = self._parts[state]
            if part is None:
                reached |= {state, state + 1}
            elif part(name):
                reached.add(state + 1)
        return self._with_passed(reached)

    def is_match(self, states: States) -> bool:
        """Whether the names so far match as a whole."""
        return len(self._parts) in states

    def matching(self, states: States, names: Iterable[str]) -> list[str]:
        """Those of ``names`` that complete a match."""
        last = len(self._parts) - 1
        if last not in states:
            return []
        part = self._parts[last]
        return [name for name in names if part is None or part(name)]

    def _with_passed(self, states: set[int]) -> States:
        """``states`` and those behind a ``**``, which takes no name as well, unless it is the last part."""
        for state in sorted(states):
            following = state
            while following < len(self._parts) - 1 and self._parts[following] is None:
                following += 1
                states.add(following)
        return frozenset(states)
