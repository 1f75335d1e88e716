"""What running models uses: stores, workers, claims and a watch over inputs."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from functools import cached_property
from urllib.parse import unquote, urlsplit

import modelops_bundle
from modelops_bundle.adapters.input_guard import PolledInputs
from modelops_bundle.adapters.parameter_files import read_parameter_file
from modelops_bundle.adapters.result_files import write_results
from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.adapters.table_files import check_table_path, write_csv, write_table
from modelops_bundle.errors import StorageError, UsageError
from modelops_bundle.results.store import Claims, ResultStore
from modelops_bundle.results.tasks import Engine
from modelops_bundle.workflows.machinery import InputGuard
from modelops_bundle.workflows.workspace import Workspace

__all__ = [
    "RealMachinery",
    "check_table_path",
    "open_machinery",
    "read_parameter_file",
    "write_csv",
    "write_results",
    "write_table",
]


@contextmanager
def open_machinery(
    workspace: Workspace,
    *,
    workers: int | None = None,
    cluster: str | None = None,
    executor: Executor | None = None,
) -> Iterator[RealMachinery]:
    """What running needs, until the block ends.

    Args:
        workspace: The project.
        workers: Processes on this machine; as many as it has processors by default.
        cluster: Address of a Dask scheduler, or ``local:N`` for one that is started.
        executor: Where to run instead of either.

    Raises:
        UsageError: What the configuration asks for is not installed.
        StorageError: The store cannot be opened.
    """
    if sum(each is not None for each in (workers, cluster, executor)) > 1 and cluster is not None:
        raise UsageError(
            "--workers and --cluster contradict each other",
            "a cluster has the workers that it has",
            "Leave --workers out; local:N starts a cluster of N workers.",
        )
    with ExitStack() as stack:
        local = stack.enter_context(LocalResults(workspace.layout.results))
        given = (workers or _processors(), cluster, executor)
        yield RealMachinery(workspace, local, stack, *given)


class RealMachinery:
    """See :class:`modelops_bundle.workflows.machinery.Machinery`."""

    tool = modelops_bundle.__version__
    package = os.path.dirname(os.path.dirname(os.path.abspath(modelops_bundle.__file__)))

    def __init__(
        self,
        workspace: Workspace,
        local: LocalResults,
        stack: ExitStack,
        workers: int,
        cluster: str | None,
        executor: Executor | None,
    ) -> None:
        self._workspace = workspace
        self._cluster = cluster
        self._executor = executor
        self._stack = stack
        self.local = local
        self._workers = workers

    @cached_property
    def workers(self) -> int:
        """How many simulations run at once."""
        if self._cluster is None:
            return self._workers
        from modelops_bundle.adapters import engines

        return engines.cluster_size(self._cluster)

    @property
    def elsewhere(self) -> bool:
        """Whether workers may be on other machines."""
        return self._cluster is not None or self._executor is not None

    @cached_property
    def store(self) -> ResultStore:
        """The local store, with the shared one behind it where one is configured."""
        url = self._workspace.config.results.store
        if url is None:
            return self.local
        _check_folder(url)
        from modelops_bundle.adapters.results_shared import SharedResults
        from modelops_bundle.adapters.results_tiered import TieredResults

        return TieredResults(self.local, SharedResults(url))

    def engine(self) -> AbstractContextManager[Engine]:
        """Workers, started now."""
        from modelops_bundle.adapters import engines

        if self._executor is not None:
            return engines.engine_over(self._executor, self._workers)
        if self._cluster is not None:
            return engines.dask_engine(self._cluster)
        return engines.local_engine(self._workers)

    @cached_property
    def claims(self) -> Claims:
        """Claims in the name of this run, which end with it."""
        return self._stack.enter_context(self.local.claims())

    def guard(
        self, paths: Sequence[str], look: Callable[[], Sequence[str]]
    ) -> AbstractContextManager[InputGuard]:
        """A watch over a model's inputs."""
        return PolledInputs(paths, look)

    def catch_up(self) -> None:
        """Send to a shared store what an earlier run could not send."""
        catch_up = getattr(self.store, "catch_up", None)
        if catch_up is not None:
            catch_up()

    def warnings(self) -> Sequence[str]:
        """What the user should know of the stores, in words."""
        warnings = getattr(self.store, "warnings", None)
        return warnings() if warnings is not None else ()


def _check_folder(url: str) -> None:
    """Refuse a folder that is not there: it may be one that is not mounted."""
    parts = urlsplit(url)
    folder = unquote(parts.path)
    if parts.scheme == "file" and not os.path.isdir(folder):
        raise StorageError(
            f"{folder}, the store of results, is not there",
            "",
            "Mount it or make it, or correct results.store in pyproject.toml.",
        )


def _processors() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
