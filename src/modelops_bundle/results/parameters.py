"""From what the user gave to the list of simulations, everything checked before anything runs."""

from __future__ import annotations

import difflib
from array import array
from collections.abc import Callable, Iterable, Mapping, Sequence
from math import prod
from typing import Any, NamedTuple

from modelops_bundle.errors import ParameterError
from modelops_bundle.identity.recipes import make_param_id, replicate_seed
from modelops_bundle.results.given_parameters import source_of
from modelops_bundle.results.parameter_source import MOST_SHOWN, Problem, refuse
from modelops_bundle.results.parameter_values import parse_grid, parse_setting
from modelops_bundle.results.seeds import check_seed, seeds_of
from modelops_bundle.results.simulations import (
    SEED,
    Axis,
    OwnSeeds,
    ParameterSet,
    Simulation,
    Simulations,
    combined,
)

__all__ = [
    "MOST_SETS",
    "MOST_SIMULATIONS",
    "ParameterSet",
    "Simulation",
    "Simulations",
    "plan_simulations",
]

MOST_SETS = 10_000_000
MOST_SIMULATIONS = 1_000_000_000


def plan_simulations(
    base_sets: Any = None,
    *,
    settings: Sequence[str] = (),
    grid: Sequence[str] = (),
    seeds: str | int | Iterable[int] | None = None,
    known_parameters: Sequence[str] = (),
) -> Simulations:
    """What to simulate.

    Args:
        base_sets: Parameter sets: a ``ParameterSource`` that was read from a file, or whatever ``source_of``
            takes; ``None`` for one empty set.
        settings: ``name=value`` each, set in every parameter set in place of its own value.
        grid: ``name=value,value`` each: every set with every combination of these.
        seeds: Seeds to run every set with, as ``seeds_of`` takes them. Without any: those that the sets bring
            with them, else seed 0.
        known_parameters: Names that the model has. Empty: it does not say, and every name is taken.

    Returns:
        The simulations, in the order of the sets, then of the grid, then of the seeds.

    Raises:
        ParameterError: Anything in them cannot be used; all that is wrong is told together, with its place.
    """
    options = _read_options(settings, grid)
    source = source_of(base_sets)
    check = _Check(frozenset(known_parameters), options)
    check.problems += source.problems
    for number, row in enumerate(source.sets):
        check.take(row, source.place, number)
    check.unite(source.place)
    replicates = None if source.study is None else source.study.replicates
    given = [
        "--seeds" if seeds is not None else "",
        "seeds of its sets" if check.seeds else "",
        "n_replicates" if (replicates or 1) > 1 else "",
    ]
    if sum(map(bool, given)) > 1:
        what = f"seeds are given more than once: {' and '.join(filter(None, given))}"
        check.problems.append(Problem(source.name, what, "Keep one of them."))
    if check.problems:
        raise refuse(
            f"{source.name}{' with --set and --grid' * bool(options.names)}", check.problems
        )
    ids = _identities(source.sets, check, options)
    if check.seeds:
        chosen: Sequence[int] | OwnSeeds = _seeds_of_sets(check.seeds, options.combinations)
    elif seeds is None and replicates is not None:
        chosen = _seeds_of_replicates(ids, replicates)
    else:
        chosen = seeds_of(seeds)
        _check_count(len(ids) // 32 * len(chosen))
    return Simulations(
        source.sets, options.fixed, options.axes, check.seed_is_no_parameter, ids, chosen
    )


class _Options(NamedTuple):
    fixed: Mapping[str, Any]
    axes: Sequence[Axis]

    @property
    def names(self) -> set[str]:
        return {*self.fixed, *(axis.name for axis in self.axes)}

    @property
    def combinations(self) -> int:
        return prod(len(axis.values) for axis in self.axes)


def _read_options(settings: Sequence[str], grid: Sequence[str]) -> _Options:
    problems: list[Problem] = []
    fixed = _each(parse_setting, settings, problems)
    axes = _each(parse_grid, grid, problems)
    problems += [
        Problem("", f"{name} is given by --set and by --grid", "Keep one of them.")
        for name in sorted(fixed.keys() & axes.keys())
    ]
    for name, values in axes.items():
        problems += _repeated(name, values)
    for name, value in fixed.items():
        problems += _without_identity(f"--set {name}", {name: value})
    if problems:
        raise refuse("the parameters of the command", problems)
    return _Options(fixed, [Axis(name, values) for name, values in axes.items()])


def _each(
    parse: Callable[[str], tuple[str, Any]], options: Sequence[str], problems: list[Problem]
) -> dict[str, Any]:
    given: dict[str, Any] = {}
    for option in options:
        try:
            name, value = parse(option)
        except ParameterError as error:
            problems.append(Problem("", error.summary, error.mend))
            continue
        if name in given:
            kind = "--set" if parse is parse_setting else "--grid"
            problems.append(Problem("", f"{kind} gives {name} twice", "Keep one of them."))
        given[name] = value
    return given


def _repeated(name: str, values: Sequence[Any]) -> list[Problem]:
    met: set[str] = set()
    problems: list[Problem] = []
    for value in values:
        wrong = _without_identity(f"--grid {name}", {name: value})
        problems += wrong
        identity = "" if wrong else make_param_id({name: value})
        if identity and identity in met:
            what = f"the value {value!r:.40} stands twice"
            problems.append(Problem(f"--grid {name}", what, "Give each value once."))
        met.add(identity)
    return problems


def _without_identity(place: str, params: Mapping[str, Any]) -> list[Problem]:
    try:
        make_param_id(params)
    except ParameterError as error:
        return [Problem(place, error.summary, error.mend)]
    return []


class _Check:
    """What is found out about the sets one by one."""

    def __init__(self, known: frozenset[str], options: _Options) -> None:
        self.problems: list[Problem] = []
        self.ids = bytearray()
        self.seeds = array("Q")
        self.seed_is_no_parameter = SEED not in known
        self._known = known
        self._options = options
        self._swept = [axis.name for axis in options.axes]
        self._met: dict[bytes, int] = {}
        self._unknown: dict[str, tuple[str, int]] = {}
        self._without_seed: list[int] = []
        for each in sorted(options.names):
            self._look_up(each, "--set" if each in options.fixed else "--grid")
            if each == SEED and self.seed_is_no_parameter:
                what = "the model has no parameter seed"
                self.problems.append(Problem("--set or --grid", what, "Give seeds with --seeds."))

    def take(self, row: Mapping[str, Any], place: Callable[[int], str], number: int) -> None:
        """Check one set, as it is without the grid's parameters."""
        params = {**row, **self._options.fixed}
        for name in self._swept:
            params.pop(name, None)
        seed: int | None = None
        try:
            if self.seed_is_no_parameter and SEED in params:
                seed = check_seed(params.pop(SEED))
                self.seeds.append(seed)
            else:
                self._without_seed.append(number)
            identity = bytes.fromhex(make_param_id(params))
        except ParameterError as error:
            self.problems.append(Problem(place(number), error.summary, error.mend))
            return
        if self._known and not self._known.issuperset(params):
            for name in params.keys() - self._known - self._options.fixed.keys():
                self._look_up(name, place(number))
        self.ids += identity
        first = self._met.setdefault(identity + (b"" if seed is None else b"%d" % seed), number)
        if first != number:
            self._refuse_repeated(place(first), place(number), seed)

    def unite(self, place: Callable[[int], str]) -> None:
        """Check what only shows when all sets were taken."""
        if self.seeds and self._without_seed:
            what = "it has no seed, and other sets have one"
            self.problems.append(Problem(place(self._without_seed[0]), what))
        for number, (name, (where, more)) in enumerate(self._unknown.items()):
            # Only the first ones are shown, and looking for what was meant takes time.
            meant = self._meant(name) if number < MOST_SHOWN else ""
            others = f" and {more} more" if more else ""
            what = f"the model has no parameter {name}; {meant}"
            self.problems.append(Problem(where + others, what))

    def _look_up(self, name: str, where: str) -> None:
        if self._known and name not in self._known and name != SEED:
            first, more = self._unknown.get(name, (where, -1))
            self._unknown[name] = (first, more + 1)

    def _meant(self, name: str) -> str:
        close = difflib.get_close_matches(name, self._known, 1)
        if close:
            return f"did you mean {close[0]}?"
        names = sorted(self._known)
        return f"it has {', '.join(names[:8])}{', ...' * (len(names) > 8)}"

    def _refuse_repeated(self, first: str, second: str, seed: int | None) -> None:
        but = self._options.names
        given = f" once {', '.join(sorted(but))} is given by the command" if but else ""
        seeds = "" if seed is None else f" and the seed {seed}"
        what = f"it has the same parameters{seeds} as {first}{given}"
        self.problems.append(Problem(second, what, "Keep one of them."))


def _identities(sets: Sequence[Mapping[str, Any]], check: _Check, options: _Options) -> bytes:
    count = len(sets) * options.combinations
    if count > MOST_SETS:
        raise ParameterError(f"{count} parameter sets are too many", f"{MOST_SETS} at most")
    if not options.axes:
        return bytes(check.ids)
    ids = bytearray()
    for params in combined(sets, options.fixed, options.axes):
        if check.seed_is_no_parameter:
            params.pop(SEED, None)
        ids += bytes.fromhex(make_param_id(params))
    return bytes(ids)


def _seeds_of_sets(seeds: array[int], combinations: int) -> OwnSeeds:
    if combinations == 1:
        return OwnSeeds(seeds)
    return OwnSeeds(array("Q", (seed for seed in seeds for _ in range(combinations))))


def _seeds_of_replicates(ids: bytes, replicates: int) -> OwnSeeds:
    _check_count(len(ids) // 32 * replicates)
    seeds, ends = array("Q"), array("Q")
    for start in range(0, len(ids), 32):
        param_id = ids[start : start + 32].hex()
        # Two replicates that draw the same seed are one simulation.
        seeds.extend(dict.fromkeys(replicate_seed(param_id, n) for n in range(replicates)))
        ends.append(len(seeds))
    return OwnSeeds(seeds, ends)


def _check_count(count: int) -> None:
    if count > MOST_SIMULATIONS:
        raise ParameterError(f"{count} simulations are too many", f"{MOST_SIMULATIONS} at most")
