"""No source takes the process down, holds it up or makes it raise; on every Python."""

from __future__ import annotations

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


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("where", ["main", "thread"])
@pytest.mark.parametrize("minor", MINORS)
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
