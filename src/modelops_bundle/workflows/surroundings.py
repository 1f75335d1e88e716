"""Whether all is still there, and nothing more, that a simulation looked for beside what it read."""

from __future__ import annotations

import os

from modelops_bundle.results.record import Result, UndeclaredRead
from modelops_bundle.worker.listing import found_by

__all__ = ["Surroundings"]


class Surroundings:
    """The project's files as they are now; each is looked at once.

    Args:
        root: The project's folder, absolute.
    """

    def __init__(self, root: str) -> None:
        self._root = root
        self._known: dict[UndeclaredRead, bool] = {}

    def changed(self, result: Result) -> bool:
        """Whether a result is not true any more for what has come or gone."""
        return any(self._has_changed(read._replace(place="")) for read in result.surroundings)

    @property
    def moved(self) -> list[str]:
        """Paths and patterns of what has come or gone, as far as it was asked."""
        return sorted({read.name for read, changed in self._known.items() if changed})

    def _has_changed(self, read: UndeclaredRead) -> bool:
        if read not in self._known:
            self._known[read] = self._look(read)
        return self._known[read]

    def _look(self, read: UndeclaredRead) -> bool:
        if read.kind == "listed":
            return found_by(self._root, read.name) != read.state
        there = os.path.exists(os.path.join(self._root, read.name))
        return there != (read.kind == "present")
