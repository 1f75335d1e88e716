"""Seeds in order, from the text of an option or from numbers; kept as ranges, so that many take no room."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate, chain, pairwise
from operator import index
from typing import Any, overload

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.key import LARGEST_SEED

__all__ = ["MOST_SEEDS", "Seeds", "check_seed", "parse_seeds", "seeds_of"]

MOST_SEEDS = 10_000_000

_PART = re.compile(r"\s*(-?[0-9]{1,30})\s*(?::\s*(-?[0-9]{1,30})\s*(?::\s*(-?[0-9]{1,30})\s*)?)?")
_FORMS = "Give seeds as 5, 0:100 (0 to 99), 0:100:10 or several of these: 1,2,10:20."


class Seeds(Sequence[int]):
    """Seeds in the order in which they were given, none twice.

    Args:
        ranges: Consecutive parts; empty ones are left out.

    Raises:
        ParameterError: A seed is outside of 0 to 2**64 - 1 or stands twice, there is none, or there are more
            than :data:`MOST_SEEDS`.
    """

    __slots__ = ("_ends", "_ranges")

    def __init__(self, ranges: Iterable[range]) -> None:
        self._ranges = tuple(part for part in ranges if part)
        for part in self._ranges:
            check_seed(part[0])
            check_seed(part[-1])
        # Not len(), which fails beyond the machine's integers.
        counts = [(part[-1] - part[0]) // part.step + 1 for part in self._ranges]
        self._ends = list(accumulate(counts))
        if not counts:
            raise ParameterError("there are no seeds", "", _FORMS)
        if self._ends[-1] > MOST_SEEDS:
            raise ParameterError(
                f"{self._ends[-1]} seeds are too many", f"{MOST_SEEDS} at most are run at a time"
            )
        repeated = _repeated(self._ranges)
        if repeated is not None:
            raise ParameterError(f"seed {repeated} is given twice", "", "Give each seed once.")

    def __len__(self) -> int:
        return self._ends[-1]

    @overload
    def __getitem__(self, at: int) -> int: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[int]: ...
    def __getitem__(self, at: int | slice) -> int | Sequence[int]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        part = bisect_right(self._ends, number)
        return self._ranges[part][number - self._ends[part]]

    def __iter__(self) -> Iterator[int]:
        return chain.from_iterable(self._ranges)

    def __contains__(self, seed: object) -> bool:
        return any(seed in part for part in self._ranges)

    def __str__(self) -> str:
        """The text that :func:`parse_seeds` reads back, where the steps are positive."""
        return ",".join(map(_text, self._ranges))


def parse_seeds(text: str) -> Seeds:
    """Seeds as an option gives them.

    Args:
        text: Parts with commas between them: ``5``, ``0:100`` (half open, as in Python) or ``0:100:10``.

    Raises:
        ParameterError: It reads otherwise, or holds a seed that is none (see :class:`Seeds`).
    """
    ranges = []
    for part in text.split(","):
        match = _PART.fullmatch(part)
        if match is None:
            raise ParameterError(
                f"{text!r:.60} are no seeds", f"{part!r:.60} is not understood", _FORMS
            )
        start = int(match[1])
        stop = start + 1 if match[2] is None else int(match[2])
        step = 1 if match[3] is None else int(match[3])
        if step < 1:
            raise ParameterError(
                f"{text!r:.60} are no seeds", f"the step {step} leads nowhere", _FORMS
            )
        if stop <= start:
            raise ParameterError(
                f"{text!r:.60} are no seeds",
                f"{part!r:.60} holds none, as its end is left out",
                _FORMS,
            )
        ranges.append(range(start, stop, step))
    return Seeds(ranges)


def seeds_of(seeds: str | int | Iterable[int] | None) -> Seeds:
    """Seeds as a program gives them.

    Args:
        seeds: Text as for :func:`parse_seeds`, one seed, or several; ``None`` for seed 0 alone.

    Raises:
        ParameterError: One of them is none (see :class:`Seeds`).
    """
    if seeds is None:
        return Seeds([range(1)])
    if isinstance(seeds, Seeds):
        return seeds
    if isinstance(seeds, str):
        return parse_seeds(seeds)
    if isinstance(seeds, range):
        return Seeds([seeds])
    if isinstance(seeds, Iterable):
        return Seeds(_runs(map(check_seed, seeds)))
    seed = check_seed(seeds)
    return Seeds([range(seed, seed + 1)])


def check_seed(value: Any) -> int:
    """``value`` as a seed.

    Raises:
        ParameterError: It is no integer (truth values are none), or outside of 0 to 2**64 - 1.
    """
    kind = type(value).__name__
    try:
        seed = index(value)
    except TypeError:
        seed = None
    if seed is None or kind in ("bool", "bool_"):
        raise ParameterError(
            f"a seed is {value!r:.60}, a {kind}",
            "seeds are integers",
            "Write it without a decimal point or quotes.",
        )
    if not 0 <= seed <= LARGEST_SEED:
        raise ParameterError(
            f"a seed is {_short(seed)}", "seeds are 0 to 2**64 - 1 (unsigned, 64 bits)"
        )
    return seed


def _short(number: int) -> str:
    return str(number) if abs(number) < 10**40 else "an integer of more than 40 digits"


def _runs(seeds: Iterable[int]) -> Iterator[range]:
    start = stop = -1
    for seed in seeds:
        if seed != stop:
            if stop > start:
                yield range(start, stop)
            start = seed
        stop = seed + 1
    if stop > start:
        yield range(start, stop)


def _repeated(ranges: Sequence[range]) -> int | None:
    ordered = sorted((min(part[0], part[-1]), max(part[0], part[-1])) for part in ranges)
    if all(this[1] < after[0] for this, after in pairwise(ordered)):
        return None
    met: set[int] = set()
    for seed in chain.from_iterable(ranges):
        if seed in met:
            return seed
        met.add(seed)
    return None


def _text(part: range) -> str:
    if len(part) == 1:
        return str(part[0])
    step = "" if part.step == 1 else f":{part.step}"
    return f"{part.start}:{part.stop}{step}"
