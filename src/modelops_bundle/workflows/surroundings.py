"""Whether all that a simulation looked for, beside what it read, is still as it was."""

from __future__ import annotations

import os
from collections.abc import Callable

from modelops_bundle.results.record import Result, UndeclaredRead
from modelops_bundle.worker.listing import found_by

__all__ = ["Surroundings"]


class Surroundings:
    """The project's files and the installed packages as they are now; each is looked at once.

    Args:
        root: The project's folder, absolute.
        version_of: Version of an installed package; empty where it is not installed.
    """

    def __init__(self, root: str, version_of: Callable[[str], str]) -> None:
        self._root = root
        self._version_of = version_of
        self._known: dict[UndeclaredRead, bool] = {}

    def changed(self, result: Result) -> bool:
        """Whether a result is not true any more for what has come or gone."""
        return any(self._has_changed(read._replace(place="")) for read in result.surroundings)

    @property
    def moved(self) -> list[str]:
        """Paths, patterns and packages of what has come, gone or changed, as far as it was asked."""
        return sorted({read.name for read, changed in self._known.items() if changed})

    def _has_changed(self, read: UndeclaredRead) -> bool:
        if read not in self._known:
            self._known[read] = self._look(read)
        return self._known[read]

    def _look(self, read: UndeclaredRead) -> bool:
        if read.kind == "package":
            return self._version_of(read.name) != read.state
        if read.kind == "listed":
            return found_by(self._root, read.name) != read.state
        there = os.path.exists(os.path.join(self._root, read.name))
        return there != (read.kind == "present")
