"""A project whose models can be run."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any, TypeVar

from modelops_bundle.api.model import Model
from modelops_bundle.api.ranking import Ranking
from modelops_bundle.api.report import Report
from modelops_bundle.errors import UsageError
from modelops_bundle.results.key import ResultKey
from modelops_bundle.results.record import Level, Result
from modelops_bundle.workflows.machinery import RunRequest

if TYPE_CHECKING:
    from modelops_bundle.results.given_parameters import AskedParameters
    from modelops_bundle.wiring.running import RealMachinery
    from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Project", "open_project"]

_T = TypeVar("_T")


def open_project(path: str = ".", *, python: str | None = None) -> Project:
    """The project that a folder lies in.

    Args:
        path: The folder, or one inside.
        python: The project's interpreter; found as the command line finds it by default.

    Raises:
        ProjectNotFoundError: There is none.
        ConfigError: Its configuration cannot be used.
    """
    from modelops_bundle.wiring import open_project as opened

    with opened(path, python=python) as workspace:
        return Project(workspace.layout.root, python)


class Project:
    """A project whose models can be run. Made by :func:`open_project`.

    Attributes:
        root: Its folder, absolute.
    """

    def __init__(self, root: str, python: str | None) -> None:
        self.root = root
        self._python = python

    def __repr__(self) -> str:
        return f"<project {self.root}>"

    def run(
        self,
        model: str,
        params: Any = None,
        seeds: Iterable[int] | str | int | None = None,
        *,
        grid: Mapping[str, Sequence[Any]] | None = None,
        scenario: str | None = None,
        outputs: Sequence[str] | None = None,
        workers: int | None = None,
        cluster: str | None = None,
        executor: Executor | None = None,
        dry_run: bool = False,
        refresh: bool = False,
        keep_going: bool = False,
        declare: bool = False,
        hermetic: bool = False,
        enforce: bool = True,
    ) -> Report:
        """Run a model, and reuse the results that are still true.

        Args:
            model: Id, class name or entrypoint of a registered model.
            params: Parameter names to values, a list of such mappings, a table of them (pandas, polars or
                Arrow), or the path of a file with them; nothing for one empty set.
            seeds: Seeds, 0 to 2**64 - 1; 0 by default.
            grid: Parameter names to lists of values: every combination is run.
            scenario: Name of the scenario; the model's default without it.
            outputs: Names of the outputs; all by default.
            workers: Processes on this machine; as many as it has processors by default.
            cluster: Address of a Dask scheduler, or ``local:N`` for one that is started.
            executor: Where to run instead; it must be able to start processes where it runs.
            dry_run: Whether to predict only.
            refresh: Whether to compute everything again.
            keep_going: Whether a failure leaves the others running.
            declare: Whether what is read is declared rather than refused.
            hermetic: Whether nothing but what is declared can be read.
            enforce: Whether undeclared files of the project are refused; without, they are only watched.

        Raises:
            MopsError: As for the command line; what happened, why and what to do.
        """
        from modelops_bundle.workflows.run import run

        request = RunRequest(
            model=model,
            parameters=_parameters(params, grid, seeds),
            scenario=scenario,
            outputs=None if outputs is None else tuple(outputs),
            level=_level(hermetic, enforce),
            dry_run=dry_run,
            refresh=refresh,
            keep_going=keep_going,
            declare=declare,
        )
        given = {"workers": workers, "cluster": cluster, "executor": executor}
        report = self._with(lambda workspace, machinery: run(workspace, machinery, request), given)
        return Report(report, self._read)

    def evaluate(
        self,
        target: str,
        params: Any = None,
        seeds: Iterable[int] | str | int | None = None,
        *,
        model: str = "",
        grid: Mapping[str, Sequence[Any]] | None = None,
        scenario: str | None = None,
        workers: int | None = None,
        cluster: str | None = None,
        executor: Executor | None = None,
        dry_run: bool = False,
        refresh: bool = False,
        keep_going: bool = False,
        declare: bool = False,
        hermetic: bool = False,
        enforce: bool = True,
    ) -> Ranking:
        """Run or reuse a model, and let a target judge every parameter set.

        Args:
            target: Name or id of a registered target, or the name of a target set.
            model: The model; the only one that has the target's output by default.
            params, seeds, grid, scenario, workers, cluster, executor, dry_run, refresh, keep_going, declare,
                hermetic, enforce: As for :meth:`run`.

        Returns:
            Parameter sets with their losses in ``rows``, the best first.

        Raises:
            MopsError: As for the command line; what happened, why and what to do.
        """
        from modelops_bundle.workflows.evaluate import Evaluation, evaluate

        request = RunRequest(
            model=model,
            parameters=_parameters(params, grid, seeds),
            scenario=scenario,
            level=_level(hermetic, enforce),
            dry_run=dry_run,
            refresh=refresh,
            keep_going=keep_going,
            declare=declare,
        )
        asked = Evaluation(target, model, request)
        given = {"workers": workers, "cluster": cluster, "executor": executor}
        return Ranking(
            self._with(lambda workspace, machinery: evaluate(workspace, machinery, asked), given)
        )

    def model(
        self, name: str, *, scenario: str | None = None, outputs: Sequence[str] | None = None
    ) -> Model:
        """A model to call like a function, whose results are reused while they are true.

        Args:
            name: Id, class name or entrypoint of a registered model.
            scenario: Name of the scenario; the model's default without it.
            outputs: Names of the outputs; all by default.

        Raises:
            MopsError: As for :meth:`run`.
        """
        return Model(self, name, scenario, None if outputs is None else tuple(outputs))

    def opened(self) -> AbstractContextManager[Workspace]:
        """The project as it is now."""
        from modelops_bundle.wiring import open_project as opened

        return opened(self.root, python=self._python)

    def _read(self, keys: Sequence[ResultKey]) -> list[Result]:
        def read(_: Workspace, machinery: RealMachinery) -> list[Result]:
            return [each for __, each in machinery.store.get_many(keys) if each is not None]

        return self._with(read, {})

    def _with(self, work: Callable[[Workspace, RealMachinery], _T], given: Mapping[str, Any]) -> _T:
        from modelops_bundle.wiring.running import open_machinery

        with (
            self.opened() as workspace,
            open_machinery(workspace, **given) as machinery,
        ):
            return work(workspace, machinery)


def _level(hermetic: bool, enforce: bool) -> Level:
    if hermetic and not enforce:
        raise UsageError("hermetic and enforce=False contradict each other", "", "Choose one.")
    return Level.HERMETIC if hermetic else Level.ENFORCED if enforce else Level.OFF


def _parameters(
    params: Any, grid: Mapping[str, Sequence[Any]] | None, seeds: Iterable[int] | str | int | None
) -> AskedParameters:
    from modelops_bundle.results.given_parameters import AskedParameters

    if isinstance(params, str | os.PathLike):
        from modelops_bundle.wiring.running import read_parameter_file

        params = read_parameter_file(os.fspath(params), sys.stdin.buffer)
    values = [f"{_name(name)}={','.join(map(_json, each))}" for name, each in (grid or {}).items()]
    return AskedParameters.of(params, (), values, seeds)


def _name(name: str) -> str:
    if "=" in name or name != name.strip():
        raise UsageError(
            f"{name!r} cannot be a name in grid",
            "it holds = or begins or ends with a space",
            "Give the parameter sets with params instead.",
        )
    return name


def _json(value: Any) -> str:
    return json.dumps(value, default=_scalar)


def _scalar(value: Any) -> Any:
    """The Python value of one of numpy."""
    if not hasattr(value, "item"):
        raise UsageError(
            f"{value!r:.40} in grid is no parameter",
            f"it is of the type {type(value).__name__}",
            "Parameters are numbers, text, true, false, null, and lists and mappings of these.",
        )
    return value.item()
