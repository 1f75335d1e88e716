"""The simulations of a run in order: parameter sets times seeds, which are not held one by one."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, NamedTuple, overload

__all__ = ["SEED", "Axis", "OwnSeeds", "ParameterSet", "Simulation", "Simulations"]

SEED = "seed"
_ID = 32


@dataclass(frozen=True, slots=True)
class ParameterSet:
    """One parameter set.

    Attributes:
        params: Parameter names to JSON values.
        param_id: Its identity, 64 hex digits.
        seeds: Seeds to run it with.
    """

    params: Mapping[str, Any]
    param_id: str
    seeds: Sequence[int]


class Simulation(NamedTuple):
    """One simulation of a run.

    Attributes:
        params: Parameter names to JSON values.
        param_id: The parameter set's identity, 64 hex digits.
        seed: Seed of the random numbers.
    """

    params: Mapping[str, Any]
    param_id: str
    seed: int


class Axis(NamedTuple):
    """One parameter of a grid and its values in order."""

    name: str
    values: Sequence[Any]


@dataclass(frozen=True, slots=True)
class OwnSeeds:
    """Seeds of sets that do not all have the same ones.

    Attributes:
        seeds: Those of the first set, then those of the second, and so on.
        ends: Where those of each set end; ``None`` when each set has one.
    """

    seeds: array[int]
    ends: array[int] | None = None

    def of_set(self, number: int) -> Sequence[int]:
        """Seeds of a set."""
        if self.ends is None:
            return self.seeds[number : number + 1]
        return self.seeds[self.ends[number - 1] if number else 0 : self.ends[number]]

    def set_of(self, number: int) -> int:
        """The set that a simulation is of."""
        return number if self.ends is None else bisect_right(self.ends, number)


class Simulations(Sequence[Simulation]):
    """Parameter sets and their seeds, set by set: made by ``plan_simulations``.

    A mapping of parameters is made when it is asked for. What is kept of a set is its identity, 32 bytes, and
    for each simulation at most its seed.

    Args:
        base: The sets that were given.
        fixed: Parameters that every set has, in place of its own.
        axes: The grid, the last axis varying fastest.
        drop_seed: Whether ``seed`` is no parameter and is taken out of the sets.
        ids: Identities of all sets, 32 bytes each.
        seeds: Seeds of every set, or each set's own.
    """

    __slots__ = ("_axes", "_base", "_drop_seed", "_fixed", "_ids", "_seeds")

    def __init__(
        self,
        base: Sequence[Mapping[str, Any]],
        fixed: Mapping[str, Any],
        axes: Sequence[Axis],
        drop_seed: bool,
        ids: bytes,
        seeds: Sequence[int] | OwnSeeds,
    ) -> None:
        self._base = base
        self._fixed = fixed
        self._axes = tuple(axes)
        self._drop_seed = drop_seed
        self._ids = ids
        self._seeds = seeds

    @property
    def set_count(self) -> int:
        """How many parameter sets there are."""
        return len(self._ids) // _ID

    def __len__(self) -> int:
        if isinstance(self._seeds, OwnSeeds):
            return len(self._seeds.seeds)
        return self.set_count * len(self._seeds)

    @overload
    def __getitem__(self, at: int) -> Simulation: ...
    @overload
    def __getitem__(self, at: slice) -> Sequence[Simulation]: ...
    def __getitem__(self, at: int | slice) -> Simulation | Sequence[Simulation]:
        if isinstance(at, slice):
            return [self[number] for number in range(*at.indices(len(self)))]
        number = at + len(self) if at < 0 else at
        if not 0 <= number < len(self):
            raise IndexError(at)
        if isinstance(self._seeds, OwnSeeds):
            place, seed = self._seeds.set_of(number), self._seeds.seeds[number]
        else:
            place, turn = divmod(number, len(self._seeds))
            seed = self._seeds[turn]
        return Simulation(self._params(place), self._id(place), seed)

    def __iter__(self) -> Iterator[Simulation]:
        for each in self.sets():
            for seed in each.seeds:
                yield Simulation(each.params, each.param_id, seed)

    def sets(self) -> Iterator[ParameterSet]:
        """The parameter sets in order."""
        own = self._seeds if isinstance(self._seeds, OwnSeeds) else None
        for number, params in enumerate(combined(self._base, self._fixed, self._axes)):
            if self._drop_seed:
                params.pop(SEED, None)
            seeds = self._seeds if own is None else own.of_set(number)
            yield ParameterSet(params, self._id(number), seeds)  # type: ignore[arg-type]

    def _id(self, number: int) -> str:
        return self._ids[number * _ID : (number + 1) * _ID].hex()

    def _params(self, number: int) -> dict[str, Any]:
        row, rest = divmod(number, prod(len(axis.values) for axis in self._axes))
        params = {**self._base[row], **self._fixed}
        if self._drop_seed:
            params.pop(SEED, None)
        chosen = []
        for axis in reversed(self._axes):
            rest, at = divmod(rest, len(axis.values))
            chosen.append((axis.name, axis.values[at]))
        params.update(reversed(chosen))
        return params


def combined(
    base: Sequence[Mapping[str, Any]], fixed: Mapping[str, Any], axes: Sequence[Axis]
) -> Iterator[dict[str, Any]]:
    """Every set with what is fixed and each combination of the grid, in order."""
    names = [axis.name for axis in axes]
    for row in base:
        for values in product(*(axis.values for axis in axes)):
            yield {**row, **fixed, **dict(zip(names, values, strict=True))}
