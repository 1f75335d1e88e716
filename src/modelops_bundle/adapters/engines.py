"""Where tasks run: processes of this machine, a Dask cluster, or any other executor.

Tasks are sent in batches that grow until each takes about a second, so that short tasks cost little and long
ones are spread evenly. At most two batches a worker are on their way, which bounds memory whatever the number
of tasks.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import (
    FIRST_COMPLETED,
    CancelledError,
    Executor,
    Future,
    ThreadPoolExecutor,
    wait,
)
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING

from modelops_bundle.adapters.batches import close_workers, forget_threads, run_batch
from modelops_bundle.adapters.runner_process import START
from modelops_bundle.errors import MopsError, UsageError, WorkerError
from modelops_bundle.results.record import Level
from modelops_bundle.results.tasks import Outcome, RunnerSpec, Task

if TYPE_CHECKING:
    from distributed import Client

__all__ = ["ExecutorEngine", "cluster_size", "dask_engine", "engine_over", "local_engine"]

_BATCH_SECONDS = 1.0
_MOST_TASKS = 500
_BATCHES_AHEAD = 2  # for each worker: one that runs and one that waits
_MOST_TRIES = 3
_CONNECT_SECONDS = 10
_PATIENCE_SECONDS = 60.0
_LOOK_SECONDS = 0.2  # between two looks at whether the user has interrupted


class ExecutorEngine:
    """Runs tasks through a ``concurrent.futures`` executor.

    Args:
        executor: Where batches run.
        workers: How many run at once, asked for before each batch, because clusters grow and shrink.
        start: The script that makes an interpreter a worker.
    """

    def __init__(self, executor: Executor, workers: Callable[[], int], start: str = START) -> None:
        self._executor = executor
        self._workers = workers
        self._start = start

    def execute(self, spec: RunnerSpec, tasks: Iterable[Task]) -> Iterator[Outcome]:
        """See :class:`modelops_bundle.results.tasks.Engine`."""
        run = _Run(self._executor, self._workers, self._start, spec, iter(tasks))
        try:
            yield from run.outcomes()
        finally:
            run.cancel()


@dataclass
class _Run:
    """One call of :meth:`ExecutorEngine.execute`."""

    executor: Executor
    workers: Callable[[], int]
    start: str
    spec: RunnerSpec
    tasks: Iterator[Task]
    running: dict[Future[list[Outcome]], tuple[Sequence[Task], int]] = field(default_factory=dict)
    size: int = 1
    exhausted: bool = False

    def outcomes(self) -> Iterator[Outcome]:
        self._fill()
        while self.running:
            done, _ = wait(self.running, timeout=_LOOK_SECONDS, return_when=FIRST_COMPLETED)
            for future in done:
                tasks, tries = self.running.pop(future)
                yield from self._came_back(future, tasks, tries)
            self._fill()

    def cancel(self) -> None:
        for future in self.running:
            future.cancel()
        self.running.clear()

    def _fill(self) -> None:
        while not self.exhausted and len(self.running) < _BATCHES_AHEAD * max(1, self.workers()):
            batch = list(islice(self.tasks, self.size))
            if not batch:
                self.exhausted = True
                return
            self._submit(batch, 1)

    def _submit(self, batch: Sequence[Task], tries: int) -> None:
        future = self.executor.submit(run_batch, self.spec, batch, self.start)
        self.running[future] = (batch, tries)

    def _came_back(
        self, future: Future[list[Outcome]], tasks: Sequence[Task], tries: int
    ) -> Iterator[Outcome]:
        try:
            outcomes = future.result()
        except MopsError:
            raise
        except (Exception, CancelledError) as error:  # noqa: BLE001 - whatever an executor raises for a lost worker
            yield from self._lost(tasks, tries, error)
            return
        self._adapt(outcomes)
        rest = tasks[len(outcomes) :]
        if rest:
            self._submit(rest, tries)
        yield from outcomes

    def _lost(self, tasks: Sequence[Task], tries: int, error: BaseException) -> Iterator[Outcome]:
        """A worker is lost, and with it this batch: its tasks go to others, one by one."""
        if tries < _MOST_TRIES:
            for task in tasks:
                self._submit([task], tries + 1)
            return
        why = f"{type(error).__name__}: {error}"
        for task in tasks:
            yield Outcome(
                number=task.number,
                started="",
                duration=0.0,
                host="",
                level=Level.OFF,
                error=f"{_MOST_TRIES} workers were lost while they ran it, the last with {why}",
            )

    def _adapt(self, outcomes: Sequence[Outcome]) -> None:
        """Let batches grow with what tasks take, at most fourfold at a time."""
        seconds = sum(outcome.duration for outcome in outcomes) / max(1, len(outcomes))
        wanted = _BATCH_SECONDS / seconds if seconds > 0 else _MOST_TASKS
        self.size = max(1, min(_MOST_TASKS, self.size * 4, int(wanted)))


@contextmanager
def local_engine(workers: int, start: str = START) -> Iterator[ExecutorEngine]:
    """Processes on this machine, until the block ends."""
    pool = ThreadPoolExecutor(workers, "mops-worker")
    try:
        yield ExecutorEngine(pool, lambda: workers, start)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        # What still runs is not waited for: a thread ends with its worker.
        threads = [each.ident for each in pool._threads if each.ident is not None]
        close_workers(threads)
        pool.shutdown(wait=True)
        forget_threads(threads)


@contextmanager
def engine_over(executor: Executor, workers: int, start: str = START) -> Iterator[ExecutorEngine]:
    """An executor that a program gives. It stays open."""
    yield ExecutorEngine(executor, lambda: workers, start)


@contextmanager
def dask_engine(address: str, start: str = START) -> Iterator[ExecutorEngine]:
    """A Dask cluster, until the block ends.

    Args:
        address: A scheduler's address (``tcp://host:8786``), or ``local:N`` for one with N workers that is
            started here.
        start: The script that makes an interpreter a worker.

    Raises:
        UsageError: The address is none, or ``distributed`` is not installed.
        WorkerError: Nobody answers there.
    """
    with _client(address) as client:
        executor = client.get_executor(pure=False, retries=0)
        yield ExecutorEngine(executor, _Threads(client), start)


class _Threads:
    """How many threads a cluster has.

    Args:
        client: The cluster.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self._last_seen = time.monotonic()

    def __call__(self) -> int:
        """The number now.

        Raises:
            WorkerError: The scheduler is gone, or there has been no worker for long.
        """
        try:
            number = int(sum(self._client.nthreads().values()))
        except (OSError, TimeoutError, RuntimeError) as error:
            raise WorkerError(
                "the Dask scheduler is gone",
                str(error),
                "What was stored stays; run the command again when it is back.",
            ) from error
        now = time.monotonic()
        if number:
            self._last_seen = now
        elif now - self._last_seen > _PATIENCE_SECONDS:
            raise WorkerError(
                f"the Dask cluster has had no worker for {_PATIENCE_SECONDS:g} s",
                "",
                "Start workers (`dask worker ADDRESS`), then run the command again.",
            )
        return number


@contextmanager
def _client(address: str) -> Iterator[Client]:
    try:
        from distributed import Client, LocalCluster
    except ImportError as error:
        raise UsageError(
            "--cluster needs Dask's distributed",
            str(error),
            'Install it: `uv add "modelops-bundle[dask]"`.',
        ) from error
    with contextlib.ExitStack() as stack:
        if address.startswith("local:"):
            number = _number(address)
            cluster = stack.enter_context(
                LocalCluster(n_workers=number, threads_per_worker=1, dashboard_address=None)
            )
            yield stack.enter_context(Client(cluster))
            return
        try:
            client = Client(address, timeout=_CONNECT_SECONDS)
        except (OSError, TimeoutError, ValueError) as error:
            raise WorkerError(
                f"no Dask scheduler answers at {address}",
                str(error),
                "Check the address: `dask scheduler` prints its own. local:N starts one here.",
            ) from error
        yield stack.enter_context(client)


def cluster_size(address: str) -> int:
    """How many simulations a Dask cluster runs at once: one for each thread of its workers.

    Raises:
        UsageError: The address is none, or ``distributed`` is not installed.
        WorkerError: Nobody answers there.
    """
    if address.startswith("local:"):
        return _number(address)
    with _client(address) as client:
        return max(1, _Threads(client)())


def _number(address: str) -> int:
    text = address.removeprefix("local:")
    if not (text.isascii() and text.isdigit() and 0 < int(text) <= 1024):
        raise UsageError(
            f"--cluster {address} is no cluster",
            "",
            "Write local:4 for four workers on this machine.",
        )
    return int(text)
