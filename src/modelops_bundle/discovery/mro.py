"""The order in which Python looks through a class and its bases (C3 linearisation)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Generic, TypeVar

__all__ = ["Linearizer"]

Key = TypeVar("Key", bound=Hashable)

#: Longer orders are cut short. Real ones stay below a hundred.
LONGEST = 256


class Linearizer(Generic[Key]):
    """Method resolution orders, without recursion.

    Args:
        bases: The bases of a class in order; those that lead back to the class itself are passed over.
    """

    def __init__(self, bases: Callable[[Key], Sequence[Key]]) -> None:
        self._bases = bases
        self._merged: dict[Key, tuple[Key, ...]] = {}

    def order(self, start: Key) -> tuple[Key, ...]:
        """``start`` and its ancestors, nearest first, at most :data:`LONGEST` of them.

        Where Python would refuse the class (no consistent order), each class comes at its last mention.
        """
        waiting, open_keys = [start], {start}
        while waiting:
            missing = [
                key
                for key in self._forks(waiting[-1])
                if key not in self._merged and key not in open_keys
            ]
            if missing:
                waiting.extend(missing)
                open_keys.update(missing)
                continue
            key = waiting.pop()
            if len(self._bases(key)) > 1:
                self._merged[key] = self._merge(key)
        return self._line(start)

    def _forks(self, key: Key) -> list[Key]:
        """The nearest ancestors with several bases, on each line."""
        found = []
        for base in self._bases(key):
            line = self._line(base)
            if line and len(self._bases(line[-1])) > 1:
                found.append(line[-1])
        return found

    def _line(self, key: Key) -> tuple[Key, ...]:
        """Down single bases to a fork, and on through the fork where it is merged already."""
        line: dict[Key, None] = {}
        while key not in line and len(line) < LONGEST:
            if key in self._merged:
                line.update(dict.fromkeys(self._merged[key]))
                break
            line[key] = None
            bases = self._bases(key)
            if len(bases) != 1:
                break
            key = bases[0]
        return tuple(line)[:LONGEST]

    def _merge(self, key: Key) -> tuple[Key, ...]:
        bases = self._bases(key)
        # Reversed, so that the nearest class of each line is taken from its end.
        lines = [list(reversed(line)) for line in [*map(self._line, bases), tuple(bases)] if line]
        behind = Counter(item for line in lines for item in line[:-1])
        order = {key: None}
        while lines and len(order) < LONGEST:
            # No candidate is left where Python would refuse; the nearest one goes first then.
            head = next((line[-1] for line in lines if not behind[line[-1]]), lines[0][-1])
            order[head] = None
            for line in lines:
                while line and line[-1] in order:
                    line.pop()
                    if line:
                        behind[line[-1]] -= 1
            lines = [line for line in lines if line]
        return tuple(order)
