"""Workers and engines, with the real worker: batches, look-ahead, death, refusal, ending."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tests.support.worker import make_spec

from modelops_bundle.adapters.batches import close_workers, run_batch
from modelops_bundle.adapters.engines import ExecutorEngine, dask_engine, local_engine
from modelops_bundle.adapters.runner_process import RunnerProcess
from modelops_bundle.errors import UsageError, WorkerError
from modelops_bundle.results.tasks import RunnerSpec, Task

MODEL = """\
import os, signal, time

class Model:
    def simulate(self, params, seed):
        how = params.get("how")
        if how == "exit":
            os._exit(7)
        if how == "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        if how == "wait":
            time.sleep(60)
        if how == "large":
            return {"text": "x" * 50_000_000}
        if how == "wide":
            return {"text": "x" * 200_000}
        return {"seed": seed, "pid": os.getpid()}
"""


@pytest.fixture
def spec(tmp_path: Path) -> Iterator[RunnerSpec]:
    yield made(tmp_path, MODEL)
    close_workers()


def made(folder: Path, source: str) -> RunnerSpec:
    (folder / "model.py").write_text(source)
    return make_spec(folder)


def tasks(number: int, **params: object) -> Iterator[Task]:
    return (Task(seed, params, seed) for seed in range(number))


def test_a_worker_runs_one_task_after_the_other_and_ends(spec: RunnerSpec) -> None:
    worker = RunnerProcess(spec)
    worker.greet()
    outcomes = list(worker.run(list(tasks(20))))
    assert [each.number for each in outcomes] == list(range(20))
    assert {each.error for each in outcomes} == {""}
    pid = _value(outcomes[0].outputs[1].data)
    worker.close()
    assert not worker.alive
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    ("how", "said"),
    [("exit", "it ended with code 7"), ("kill", "signal 9 (SIGKILL) ended it; that is how")],
)
def test_a_worker_that_dies_leaves_the_rest_to_the_next(
    spec: RunnerSpec, how: str, said: str
) -> None:
    batch = [Task(0, {}, 0), Task(1, {"how": how}, 1), Task(2, {}, 2), Task(3, {}, 3)]
    outcomes = run_batch(spec, batch)
    assert [each.number for each in outcomes] == [0, 1, 2, 3]
    assert said in outcomes[1].error
    assert [each.error for each in outcomes if each.number != 1] == ["", "", ""]


def test_large_outputs_come_through(spec: RunnerSpec) -> None:
    (outcome,) = run_batch(spec, [Task(0, {"how": "large"}, 0)])
    assert len(outcome.outputs[0].data) == 50_000_002


def test_a_worker_that_cannot_be_started_or_refuses(spec: RunnerSpec, tmp_path: Path) -> None:
    from dataclasses import replace

    with pytest.raises(WorkerError, match="cannot be started"):
        RunnerProcess(replace(spec, interpreter=str(tmp_path / "python")))
    with pytest.raises(WorkerError, match="ended before it could run the model: it ended with"):
        run_batch(replace(spec, interpreter="/bin/false"), list(tasks(1)))
    with local_engine(2) as engine, pytest.raises(WorkerError, match="cannot be imported"):
        list(engine.execute(made(tmp_path, "import nowhere\n"), tasks(5)))


def test_tasks_are_taken_as_workers_become_free(spec: RunnerSpec) -> None:
    taken, most = 0, 0

    def counted() -> Iterator[Task]:
        nonlocal taken
        for task in tasks(5000):
            taken += 1
            yield task

    with local_engine(2) as engine:
        for done, _ in enumerate(engine.execute(spec, counted()), 1):
            most = max(most, taken - done)
    assert done == 5000
    assert most <= 2 * 2 * 500


def test_a_run_that_is_closed_ends_its_workers_at_once(spec: RunnerSpec) -> None:
    begun = time.monotonic()
    with local_engine(2) as engine:
        outcomes = engine.execute(
            spec, iter([Task(0, {}, 0), *(Task(n, {"how": "wait"}, n) for n in range(1, 9))])
        )
        first = next(iter(outcomes))
        assert _value(first.outputs[0].data) == 0
        outcomes.close()
    assert time.monotonic() - begun < 30
    assert _children() == []


def test_an_engine_is_used_again(spec: RunnerSpec) -> None:
    for _ in range(2):
        with local_engine(2) as engine:
            assert len(list(engine.execute(spec, tasks(7)))) == 7
    with ThreadPoolExecutor(1) as pool:
        engine = ExecutorEngine(pool, lambda: 1)
        assert len(list(engine.execute(spec, tasks(3)))) == 3


def test_a_worker_of_an_executor_that_is_lost_loses_no_task(spec: RunnerSpec) -> None:
    class Losing(ThreadPoolExecutor):
        """Loses the first two batches that it is given."""

        lost = 0

        def submit(self, *given, **named):
            if self.lost < 2:
                self.lost += 1
                return super().submit(_raise)
            return super().submit(*given, **named)

    with Losing(1) as pool:
        outcomes = list(ExecutorEngine(pool, lambda: 1).execute(spec, tasks(6)))
    assert sorted(each.number for each in outcomes) == list(range(6))
    assert {each.error for each in outcomes} == {""}


def test_a_task_that_loses_every_worker_has_failed(spec: RunnerSpec) -> None:
    class Lost(ThreadPoolExecutor):
        def submit(self, *given, **named):
            return super().submit(_raise)

    with Lost(1) as pool:
        (outcome,) = ExecutorEngine(pool, lambda: 1).execute(spec, tasks(1))
    assert "3 workers were lost while they ran it, the last with OSError: gone" in outcome.error


def test_what_is_no_cluster() -> None:
    with pytest.raises(UsageError, match="local:0 is no cluster"), dask_engine("local:0"):
        pass


def _raise() -> None:
    raise OSError("gone")


def _value(data: bytes) -> object:
    import json

    return json.loads(data)


def _children() -> list[int]:
    """Processes of this one that are workers."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            line = (place / "cmdline").read_bytes()
            parent = int((place / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == os.getpid() and b"start.py" in line and sys.executable.encode() in line:
            found.append(int(place.name))
    return found


def test_a_batch_that_takes_longer_than_it_should_is_given_back(spec: RunnerSpec) -> None:
    large = [Task(number, {"how": "large"}, number) for number in range(4)]
    assert [each.number for each in run_batch(spec, large)] == [0]
    with local_engine(1) as engine:
        outcomes = list(engine.execute(spec, iter([*tasks(50), Task(50, {"how": "large"}, 50)])))
    assert [each.number for each in outcomes] == list(range(51))


def test_texts_beyond_ascii_do_not_block(spec: RunnerSpec) -> None:
    """They are sent as several bytes a letter, so that a few of them fill a pipe."""
    many = [Task(number, {"how": "wide", "text": "\u6c34" * 3900}, 0) for number in range(20)]
    assert [each.error for each in run_batch(spec, many)] == [""] * 20


def test_a_large_task_behind_a_large_answer_does_not_block(spec: RunnerSpec) -> None:
    batch = [
        *tasks(3),
        Task(3, {"how": "large"}, 3),
        Task(4, {"text": "x" * 5_000_000}, 4),
        Task(5, {}, 5),
    ]
    with local_engine(1) as engine:
        outcomes = list(engine.execute(spec, iter(batch)))
    assert [(each.number, each.error) for each in outcomes] == [(n, "") for n in range(6)]
    assert [each.number for each in run_batch(spec, batch)][:4] == [0, 1, 2, 3]
