"""What is taken, and how long the rest will take."""

from __future__ import annotations

from modelops_bundle.results.plan import expected_seconds, make_plan
from modelops_bundle.results.record import Level
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import Known

IDS = ["0" * 63 + digit for digit in "1234"]
WANTED = [Simulation({}, each, 0) for each in IDS]


def known(number: int, seconds: float) -> Known:
    return Known(bytes.fromhex(IDS[number]), 0, True, int(Level.ENFORCED), seconds)


def test_times_that_nobody_knows_are_not_zero():
    plan = make_plan(WANTED, [known(0, 0.0), known(1, 0.0)], Level.ENFORCED)
    assert (len(plan.hits), len(plan.misses)) == (2, 2)
    assert expected_seconds(2, plan.durations, 1) is None
    plan = make_plan(WANTED, [known(0, 0.0), known(1, 3.0)], Level.ENFORCED)
    assert expected_seconds(2, plan.durations, 1) == 6.0
