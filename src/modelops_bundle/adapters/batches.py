"""What is sent to an executor: a batch of tasks, run by a worker that stays for the next one.

Importable by its name wherever the executor runs it, and everything in and out of it can be pickled.
"""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from threading import Lock, get_ident

from modelops_bundle.adapters.runner_process import START, RunnerProcess
from modelops_bundle.errors import WorkerError
from modelops_bundle.results.tasks import Outcome, RunnerSpec, Task

__all__ = ["close_workers", "forget_threads", "run_batch"]

_lock = Lock()
#: A worker for each thread of this process that runs batches.
_workers: dict[int, RunnerProcess] = {}
#: Threads that shall run nothing more.
_ended: set[int] = set()


def run_batch(spec: RunnerSpec, tasks: Sequence[Task], start: str = START) -> list[Outcome]:
    """Run tasks in this thread's worker.

    Returns:
        Outcomes of the first ones, in order; of all, unless that takes long.

    Raises:
        WorkerError: No worker can run this model.
    """
    worker = _worker(spec, start)
    outcomes = list(worker.run(tasks))
    while len(outcomes) < len(tasks) and not worker.alive:
        # A worker that died leaves the rest to the next one.
        worker = _worker(spec, start)
        outcomes += worker.run(tasks[len(outcomes) :])
    return outcomes


def forget_threads(threads: Sequence[int]) -> None:
    """Say that threads are gone: others may get their numbers."""
    with _lock:
        _ended.difference_update(threads)


def close_workers(threads: Sequence[int] | None = None) -> None:
    """End the workers of some threads at once, which run nothing more; or of all, at the end."""
    with _lock:
        _ended.update(threads or ())
        chosen = (
            list(_workers) if threads is None else [each for each in threads if each in _workers]
        )
        ended = [_workers.pop(thread) for thread in chosen]
    for worker in ended:
        worker.kill()
    for worker in ended:
        worker.close()


def _worker(spec: RunnerSpec, start: str) -> RunnerProcess:
    thread = get_ident()
    with _lock:
        known = _workers.get(thread)
    if known is not None and known.alive and known.spec == spec:
        return known
    if known is not None:
        _forget(thread, known)
    made = RunnerProcess(spec, start)
    with _lock:
        # Looked at under the lock, so that a worker is either ended here or by whoever ends the others.
        ended = thread in _ended
        if not ended:
            _workers[thread] = made
    try:
        if ended:
            raise WorkerError("the run was ended")
        made.greet()
    except BaseException:
        made.kill()
        _forget(thread, made)
        raise
    return made


def _forget(thread: int, worker: RunnerProcess) -> None:
    worker.close()
    with _lock:
        if _workers.get(thread) is worker:
            del _workers[thread]


atexit.register(close_workers)
