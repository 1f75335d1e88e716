"""No source takes the process down, holds it up or makes it raise; on every Python."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.properties.test_other_pythons import SOURCES
from tests.support.hostile_sources import hostile_sources
from tests.support.pythons import MINORS, NOT_THERE, pythons

ROOT = Path(__file__).parent.parent.parent

RUN = """
import resource, sys, threading, time
sys.path[:0] = sys.argv[1:3]
from modelops_bundle.source.facts import from_json, read_facts, to_json
from modelops_bundle.source.parse import Unparsable
from tests.support.hostile_sources import hostile_sources
def work():
    for name, data in hostile_sources(tuple(map(int, sys.argv[4].split(",")))):
        started = time.process_time()
        facts = read_facts(data)
        spent = time.process_time() - started
        assert (facts.error is None) == (facts.prints is not None), name
        assert from_json(to_json(facts)) == facts, name
        again = read_facts(data)
        assert again == facts, name
        assert spent < 10, (name, spent)
        assert facts.error is None or facts.error.reason.isprintable(), name
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1024 if sys.platform == "linux" else 1 << 20)
    assert peak < 1500, peak
    print("all answered")
if sys.argv[3] == "thread":
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
else:
    work()
"""

GROWTH = """
import json, sys, time
sys.path[:0] = sys.argv[1:3]
from modelops_bundle.source.facts import read_facts
from tests.support.hostile_sources import NESTED, REPEATED
FLOOR, TRIES = 0.02, 8
def source(kind, size):
    if kind in REPEATED:
        start, unit, end = REPEATED[kind]
        return start + unit * size + end + b"\\n"
    opened, closed = NESTED[kind]
    return opened * size + b"a" + closed * size + b"\\n"
def cost(data):
    started = time.process_time()
    facts = read_facts(data)
    return time.process_time() - started, facts.error is None
def growth(kind, size, times):
    small, large = source(kind, size) * times, source(kind, 2 * size) * times
    costs = []
    for _ in range(TRIES):
        (first, read), (second, too) = cost(small), cost(large)
        if not read or not too:
            return 0
        costs.append((first, second))
        best, worst = map(min, zip(*costs))
        if worst < FLOOR:
            return 1
        if worst < 3 * best or sum(map(sum, costs)) > 5:
            break
    return worst / best
kinds = json.loads(sys.argv[3]) or [*REPEATED, *NESTED]
measured = {}
for kind in kinds:
    # What nests is refused from some depth on; what is long may be very long.
    for size, times in ((150, 5), (20_000, 1)) if kind in REPEATED else ((20, 20), (40, 10)):
        measured[f"{kind} x {size}"] = growth(kind, size, times)
json.dump(measured, sys.stdout)
"""


def growths(executable: str, kinds: list[str]) -> dict[str, float]:
    """How many times longer it takes to read what is twice as long; 0 for what is not parsed at all."""
    run = subprocess.run(
        [executable, "-S", "-c", GROWTH, str(SOURCES), str(ROOT), json.dumps(kinds)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    measured: dict[str, float] = json.loads(run.stdout)
    return measured


def assert_proportional(measured: dict[str, float]) -> None:
    assert not {kind: growth for kind, growth in measured.items() if growth >= 3}


def answers_all(executable: str, where: str, sizes: str) -> None:
    run = subprocess.run(
        [executable, "-S", "-W", "error", "-c", RUN, str(SOURCES), str(ROOT), where, sizes],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr[-2000:]
    assert run.stdout == "all answered\n", run.stderr[-2000:]


def test_there_are_enough_of_them() -> None:
    assert len(list(hostile_sources())) > 200


@pytest.mark.parametrize("where", ["main", "thread"])
def test_hostile_sources_are_answered(where: str) -> None:
    answers_all(sys.executable, where, "90,1100")


def test_chains_take_time_in_proportion_to_their_length() -> None:
    chains = ["calls", "attributes of items of calls", "calls of items of attributes"]
    chains += ["chains as arguments", "chain of texts", "methods in calls"]
    measured = growths(sys.executable, chains)
    assert sum(growth > 0 for growth in measured.values()) > len(chains)
    assert_proportional(measured)


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.needs_pythons
@pytest.mark.parametrize("minor", [MINORS[0], MINORS[-1]])
def test_all_take_time_in_proportion_to_their_length(minor: str) -> None:
    if minor not in pythons():
        pytest.skip(NOT_THERE)
    measured = growths(pythons()[minor], [])
    assert sum(growth > 0 for growth in measured.values()) > 100
    assert_proportional(measured)


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.needs_pythons
@pytest.mark.parametrize(
    ("minor", "where"), list(zip(MINORS, ["main", "thread", "main"], strict=True))
)
def test_hostile_sources_are_answered_by_every_python(minor: str, where: str) -> None:
    if minor not in pythons():
        pytest.skip(NOT_THERE)
    answers_all(pythons()[minor], where, "90,1100,2700,60000,400000")


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_worst_that_is_still_parsed_takes_seconds() -> None:
    from modelops_bundle.source.facts import read_facts
    from modelops_bundle.source.parse import MAX_TOKENS

    for unit in (b"a\n", b"1,", b"@a\n"):
        started = time.process_time()
        read_facts(unit * (MAX_TOKENS // 2 - 1) + (b"def f(): 0" if unit == b"@a\n" else b""))
        assert time.process_time() - started < 20
