"""What a run found and did, for programs and notebooks."""

from __future__ import annotations

import html
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from modelops_bundle.errors import UsageError
from modelops_bundle.results.key import ResultKey
from modelops_bundle.results.record import Failure, Output, Result, UndeclaredRead
from modelops_bundle.workflows.run import RunReport

if TYPE_CHECKING:
    import pandas
    import polars
    import pyarrow

__all__ = ["Report"]


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
    def differing(self) -> Sequence[str]:
        """Keys of results that came out different from those that are stored, which stay."""
        return tuple(self.details.tally.differing)

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know, in words: damaged results, variables that were withheld."""
        return self.details.warnings

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
        notes += [f"{key[:12]} came out different from what is stored" for key in self.differing]
        notes += self.warnings
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
