"""Computing what is missing: claims, commits, failures, interruptions, inputs that change."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tests.fakes.engines import FakeEngine, FakeGuard, outcome_of
from tests.support.result_stores import CONTEXT, key_of

from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.errors import InputsChangedError, StorageError
from modelops_bundle.results.record import Level, UndeclaredRead
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.tasks import Outcome, Task
from modelops_bundle.workflows.execution import Execution

SPEC: Any = SimpleNamespace(python_version="3.11.7")
EVERYTHING = [Simulation({}, key_of().param_id, seed) for seed in range(10)]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LocalResults]:
    with LocalResults(str(tmp_path / "results")) as store:
        yield store


def execution(local: LocalResults, engine: FakeEngine, **more: Any) -> Execution:
    given = {
        "context": CONTEXT,
        "model_id": "sir",
        "task_params": lambda simulation: simulation.params,
        "tool": "0.2.0",
        "spec": SPEC,
        "engine": engine,
        "local": local,
        "store": local,
        "guard": FakeGuard(),
        "least": Level.AUDIT,
        "keep_going": False,
        "progress": None,
    }
    return Execution(**{**given, **more})


def stored(store: LocalResults) -> list[int]:
    return sorted(each.seed for each in store.scan(CONTEXT) if each.sound)


def test_what_is_missing_is_computed_once_and_stored(store: LocalResults) -> None:
    engine, told = FakeEngine(), []
    with store.claims() as claims:
        tally = execution(
            store, engine, claims=claims, progress=lambda *state: told.append(state)
        ).run(EVERYTHING)
    assert engine.seeds == list(range(10))
    assert (tally.stored, tally.elsewhere, tally.unsound) == (10, 0, 0)
    assert stored(store) == list(range(10))
    assert told[-1] == ("computing", 10, 10)
    found = store.get(key_of(3))
    assert found is not None
    assert found.outputs[0].data == b"3"
    assert found.provenance.model_id == "sir"


def test_what_another_run_has_stored_meanwhile_is_not_computed(store: LocalResults) -> None:
    engine = FakeEngine()
    with store.claims() as claims:
        execution(store, FakeEngine(), claims=claims).run(EVERYTHING[:4])
        tally = execution(store, engine, claims=claims).run(EVERYTHING)
        assert engine.seeds == [4, 5, 6, 7, 8, 9]
        assert (tally.stored, tally.elsewhere) == (6, 4)
        again = FakeEngine()
        execution(store, again, claims=claims).run(EVERYTHING, EVERYTHING)
        assert again.seeds == list(range(10))


def test_what_another_run_computes_is_waited_for(store: LocalResults) -> None:
    with store.claims() as ours, store.claims() as theirs:
        theirs.claim([key_of(0).digest, key_of(1).digest])

        def run(task: Task) -> Outcome:
            if (
                task.seed == 9
            ):  # the last of ours: now the others are done with one and give up the other
                execution(store, FakeEngine(), claims=theirs).run(EVERYTHING[:1])
                theirs.release([key_of(1).digest])
            return outcome_of(task)

        engine = FakeEngine(run)
        tally = execution(store, engine, claims=ours).run(EVERYTHING)
    assert engine.seeds == [2, 3, 4, 5, 6, 7, 8, 9, 1]
    assert (tally.stored, tally.elsewhere) == (9, 1)
    assert stored(store) == list(range(10))


def failing(*seeds: int) -> FakeEngine:
    def run(task: Task) -> Outcome:
        if task.seed in seeds:
            return outcome_of(task, error="ValueError: no", traceback="...", outputs=())
        return outcome_of(task)

    return FakeEngine(run)


def test_a_failure_ends_a_run_and_keeps_what_was_done(store: LocalResults) -> None:
    engine = failing(3)
    with store.claims() as claims:
        tally = execution(store, engine, claims=claims).run(EVERYTHING)
    assert [each.key.seed for each in tally.failures] == [3]
    assert engine.closed == 1
    assert stored(store) == [0, 1, 2]
    assert [each.error for each in store.failures(CONTEXT)] == ["ValueError: no"]


def test_failures_stop_no_others_where_it_goes_on_and_are_tried_again(store: LocalResults) -> None:
    with store.claims() as claims:
        tally = execution(store, failing(3, 5), claims=claims, keep_going=True).run(EVERYTHING)
        assert len(tally.failures) == 2
        assert stored(store) == [0, 1, 2, 4, 6, 7, 8, 9]
        engine = FakeEngine()
        execution(store, engine, claims=claims).run([EVERYTHING[3], EVERYTHING[5]])
    assert engine.seeds == [3, 5]
    assert store.failures(CONTEXT) == []


def test_nothing_is_stored_of_what_was_computed_while_inputs_changed(store: LocalResults) -> None:
    guard = FakeGuard()

    def run(task: Task) -> Outcome:
        if task.seed == 5:
            guard.found = ["data/x.csv"]
        return outcome_of(task)

    with store.claims() as claims:
        execution(store, FakeEngine(), claims=claims, guard=guard).run(EVERYTHING[:3])
        work = execution(store, FakeEngine(run), claims=claims, guard=guard)
        with pytest.raises(InputsChangedError, match=r"changed while it ran: data/x\.csv"):
            work.run(EVERYTHING[3:])
    assert stored(store) == [0, 1, 2]


def test_an_interrupt_keeps_what_was_done(store: LocalResults) -> None:
    def run(task: Task) -> Outcome:
        if task.seed == 6:
            raise KeyboardInterrupt
        return outcome_of(task)

    with store.claims() as claims, pytest.raises(KeyboardInterrupt):
        execution(store, FakeEngine(run), claims=claims).run(EVERYTHING)
    assert stored(store) == list(range(6))
    with store.claims() as claims:
        assert len(claims.claim([key_of(seed).digest for seed in range(10)])) == 10


def test_what_was_read_undeclared_makes_a_result_unsound(store: LocalResults) -> None:
    read = UndeclaredRead("data", "x.csv", "model.py:3")

    def run(task: Task) -> Outcome:
        return outcome_of(task, undeclared=(read,) if task.seed > 7 else ())

    with store.claims() as claims:
        tally = execution(store, FakeEngine(run), claims=claims).run(EVERYTHING)
    assert (tally.stored, tally.unsound, tally.reads[read]) == (10, 2, 2)
    assert stored(store) == list(range(8))
    assert tally.states[EVERYTHING[9][1:]] == "unsound"


def test_a_store_that_refuses_ends_the_run(store: LocalResults) -> None:
    class Full:
        def put(self, results: object, untrue: object) -> None:
            raise StorageError("cannot write", "the disk is full", "Free some space.")

    with store.claims() as claims, pytest.raises(StorageError, match="the disk is full"):
        execution(store, FakeEngine(), claims=claims, store=Full()).run(EVERYTHING)
    assert stored(store) == []


def test_large_results_are_not_kept_in_memory_until_the_end(store: LocalResults) -> None:
    seen = []

    def run(task: Task) -> Outcome:
        seen.append(len(stored(store)))
        return outcome_of(task, data=bytes(20 << 20))

    with store.claims() as claims:
        execution(store, FakeEngine(run), claims=claims).run(EVERYTHING)
    assert max(number - done for number, done in enumerate(seen)) <= 4
