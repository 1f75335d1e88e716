"""Which results are there and which are to be computed, and how long that will take."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

from modelops_bundle.results.record import Level
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import Known

__all__ = ["Plan", "expected_seconds", "make_plan"]

#: So many recorded times are enough to say how long a simulation takes.
_SAMPLE = 1000


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run finds and what it has to do.

    Attributes:
        hits: Simulations whose results are there, in the order asked for.
        misses: The others.
        saved: How long the hits took when they were computed, in seconds.
        durations: Times of simulations in this context, in seconds, as far as they are known.
    """

    hits: Sequence[Simulation]
    misses: Sequence[Simulation]
    saved: float
    durations: Sequence[float]


def make_plan(simulations: Iterable[Simulation], known: Iterable[Known], least: Level) -> Plan:
    """Look up every simulation in what a store knows of their context.

    Args:
        simulations: What was asked for.
        known: What is stored.
        least: How closely a result must have been watched to be taken.
    """
    durations = {
        (each.param_id.hex(), each.seed): each.duration
        for each in known
        if each.sound and each.level >= least
    }
    hits: list[Simulation] = []
    misses: list[Simulation] = []
    saved = 0.0
    for simulation in simulations:
        seconds = durations.get(simulation[1:])
        if seconds is None:
            misses.append(simulation)
        else:
            hits.append(simulation)
            saved += seconds
    # A shared store does not know how long its results took, and says 0.
    times = islice(filter(None, durations.values()), _SAMPLE)
    return Plan(hits, misses, saved, tuple(times))


def expected_seconds(count: int, durations: Iterable[float], workers: int) -> float | None:
    """How long simulations will take on some workers, from how long others took; ``None`` if unknown.

    Args:
        count: How many there are.
        durations: Seconds that others took, the most relevant first.
        workers: How many run at once.
    """
    if count == 0:
        return 0.0
    sample = list(islice(durations, _SAMPLE))
    if not sample:
        return None
    return math.ceil(count / workers) * math.fsum(sample) / len(sample)
