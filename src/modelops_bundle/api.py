"""Running models from Python: what ``modelops_bundle.open`` gives.

Example::

    project = modelops_bundle.open(".")
    report = project.run("sir", params=[{"beta": 0.3}, {"beta": 0.4}], seeds=range(100))
    report.to_pandas("prevalence")
"""

from __future__ import annotations

import html
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

from modelops_bundle.errors import UsageError
from modelops_bundle.results.key import ResultKey
from modelops_bundle.results.record import Failure, Level, Output, Result, UndeclaredRead
from modelops_bundle.workflows.machinery import RunRequest
from modelops_bundle.workflows.run import RunReport

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

    from modelops_bundle.results.simulations import Simulation
    from modelops_bundle.wiring.running import RealMachinery
    from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Project", "Report", "open_project"]

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

        if hermetic and not enforce:
            raise UsageError("hermetic and enforce=False contradict each other", "", "Choose one.")
        request = RunRequest(
            model=model,
            simulations=_simulations(params, grid, seeds),
            scenario=scenario,
            outputs=None if outputs is None else tuple(outputs),
            level=Level.HERMETIC if hermetic else Level.ENFORCED if enforce else Level.OFF,
            dry_run=dry_run,
            refresh=refresh,
            keep_going=keep_going,
            declare=declare,
        )
        given = {"workers": workers, "cluster": cluster, "executor": executor}
        report = self._with(lambda workspace, machinery: run(workspace, machinery, request), given)
        return Report(report, self._read)

    def _read(self, keys: Sequence[ResultKey]) -> list[Result]:
        def read(_: Workspace, machinery: RealMachinery) -> list[Result]:
            return [each for __, each in machinery.store.get_many(keys) if each is not None]

        return self._with(read, {})

    def _with(self, work: Callable[[Workspace, RealMachinery], _T], given: Mapping[str, Any]) -> _T:
        from modelops_bundle.wiring import open_project as opened
        from modelops_bundle.wiring.running import open_machinery

        with (
            opened(self.root, python=self._python) as workspace,
            open_machinery(workspace, **given) as machinery,
        ):
            return work(workspace, machinery)


def _simulations(
    params: Any, grid: Mapping[str, Sequence[Any]] | None, seeds: Iterable[int] | str | int | None
) -> Callable[[Sequence[str]], Sequence[Simulation]]:
    from modelops_bundle.workflows.asked import asked_simulations

    values = {name: ",".join(map(json.dumps, each)) for name, each in (grid or {}).items()}
    return asked_simulations(params, (), [f"{n}={each}" for n, each in values.items()], seeds)


@dataclass(frozen=True)
class Report:
    """What a run found and did; in a notebook, it shows itself.

    Attributes:
        details: Everything, as the command line prints it.
    """

    details: RunReport
    _read: Callable[[Sequence[ResultKey]], list[Result]]

    @property
    def hits(self) -> int:
        """How many results were there."""
        return self.details.count("hit")

    @property
    def misses(self) -> int:
        """How many were not: they were computed, failed, or, in a dry run, would be computed."""
        return len(self.details.states) - self.hits

    @property
    def failures(self) -> Sequence[Failure]:
        """Simulations that failed, each with its error and traceback."""
        return self.details.tally.failures

    @property
    def undeclared(self) -> Sequence[UndeclaredRead]:
        """What was read that the model does not declare."""
        return tuple(self.details.tally.reads)

    @property
    def seconds_saved(self) -> float:
        """How long the hits took when they were computed."""
        return self.details.saved

    @property
    def results(self) -> Sequence[Result]:
        """Every result that is there, in the order asked for."""
        return self._read(self.details.keys)

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs, in the model's order."""
        return list(dict.fromkeys(each.name for one in self.results for each in one.outputs))

    def to_arrow(self, output: str) -> pyarrow.Table:
        """One output of all simulations as one Arrow table, with parameter and seed columns first.

        Raises:
            UsageError: There is no such output, or pyarrow is not installed.
        """
        from modelops_bundle.results.combining import combine

        results = self.results
        rows = list(_rows(results, output))
        if not rows:
            names = ", ".join(self.output_names) or "none"
            raise UsageError(f"no result has an output {output}", f"there are {names}")
        return combine(rows)

    def to_pandas(self, output: str) -> pandas.DataFrame:
        """:meth:`to_arrow` as a pandas table."""
        return self.to_arrow(output).to_pandas()

    def to_polars(self, output: str) -> polars.DataFrame:
        """:meth:`to_arrow` as a polars table."""
        import polars

        made = polars.from_arrow(self.to_arrow(output))
        assert isinstance(made, polars.DataFrame)
        return made

    def __repr__(self) -> str:
        return f"<{self.details.model}: {self._summary()}>"

    def _repr_html_(self) -> str:
        """A bar of hits and misses, and what is to be known, for notebooks."""
        states = [
            (name, self.details.count(name), colour)
            for name, colour in _COLOURS.items()
            if self.details.count(name)
        ]
        bar = "".join(
            f'<div style="flex:{number};background:{colour}" title="{number} {name}"></div>'
            for name, number, colour in states
        )
        notes = [f"{failure.error}" for failure in self.failures[:3]]
        notes += [
            f"{read.place} read {read.name}, which is not declared" for read in self.undeclared
        ]
        told = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
        return (
            f"<div><b>{html.escape(self.details.model)}</b>: {html.escape(self._summary())}"
            f'<div style="display:flex;height:0.8em;max-width:40em;margin:0.3em 0">{bar}</div>'
            + (f"<ul>{told}</ul>" if told else "")
            + "</div>"
        )

    def _summary(self) -> str:
        parts = [f"{self.details.count(name)} {name}" for name in _COLOURS]
        named = [part for part in parts if not part.startswith("0 ")]
        return ", ".join(named) + (f", {self.seconds_saved:.1f} s saved" if self.hits else "")


#: What can become of a simulation, and its colour.
_COLOURS = {
    "hit": "#2e8b57",
    "computed": "#4c78a8",
    "unsound": "#e0a030",
    "failed": "#c0392b",
    "miss": "#b0b0b0",
}


def _rows(
    results: Iterable[Result], output: str
) -> Iterator[tuple[Mapping[str, Any], int, Output]]:
    for result in results:
        for each in result.outputs:
            if each.name == output:
                yield result.provenance.params or {}, result.key.seed, each
