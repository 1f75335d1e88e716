"""Parameter sets by how well they fit what was observed, for programs and notebooks."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelops_bundle.results.record import Failure, UndeclaredRead
    from modelops_bundle.workflows.evaluate import EvaluationReport, Judged, TargetRun
    from modelops_bundle.workflows.execution import Tally
    from modelops_bundle.workflows.run import RunReport

__all__ = ["Ranking"]

_MOST_ROWS = 20


@dataclass(frozen=True)
class Ranking:
    """What an evaluation found and did; in a notebook, it shows itself.

    Attributes:
        details: Everything, as the command line prints it.
    """

    details: EvaluationReport

    @property
    def rows(self) -> Sequence[Judged]:
        """Parameter sets with their losses, the best first; those without a loss last."""
        return self.details.rows

    @property
    def run(self) -> RunReport:
        """What was simulated."""
        return self.details.run

    @property
    def targets(self) -> Sequence[TargetRun]:
        """What each target did."""
        return self.details.targets

    @property
    def failures(self) -> Sequence[Failure]:
        """Simulations and evaluations that failed, each with its error and traceback."""
        return [failure for tally in self._tallies() for failure in tally.failures]

    @property
    def undeclared(self) -> Sequence[UndeclaredRead]:
        """What was read that the model or a target does not declare."""
        return [read for tally in self._tallies() for read in tally.reads]

    @property
    def differing(self) -> Sequence[str]:
        """Keys of results and losses that came out different from those that are stored, which stay."""
        return [key for tally in self._tallies() for key in tally.differing]

    @property
    def warnings(self) -> Sequence[str]:
        """What the user should know, in words."""
        return self.details.run.warnings

    def _tallies(self) -> Iterator[Tally]:
        yield self.details.run.tally
        yield from (target.reused.tally for target in self.details.targets)

    def __repr__(self) -> str:
        best = f", best {_number(self.rows[0].total)}" if self.rows else ""
        return f"<ranking of {len(self.rows)} parameter sets{best}, {len(self.failures)} failed>"

    def _repr_html_(self) -> str:
        """A table of the best parameter sets, and what is to be known, for notebooks."""
        names = [target.id for target in self.targets] if len(self.targets) > 1 else []
        head = _row("th", ["loss", *names, "seeds", "parameters"])
        body = "".join(_row("td", _cells(row, names)) for row in self.rows[:_MOST_ROWS])
        notes = [failure.error for failure in self.failures[:3]]
        notes += [
            f"{read.place} read {read.name}, which is not declared" for read in self.undeclared
        ]
        notes += [f"{key[:12]} came out different from what is stored" for key in self.differing]
        told = "".join(f"<li>{html.escape(note)}</li>" for note in [*notes, *self.warnings])
        return f"<div><table>{head}{body}</table>" + (f"<ul>{told}</ul>" if told else "") + "</div>"


def _cells(row: Judged, names: Sequence[str]) -> list[str]:
    losses = [_number(row.losses.get(name, math.nan)) for name in names]
    params = json.dumps(dict(row.params), ensure_ascii=False)
    return [_number(row.total), *losses, str(row.seeds), params]


def _number(value: float) -> str:
    return "none" if math.isnan(value) else f"{value:.6g}"


def _row(kind: str, cells: Sequence[str]) -> str:
    return "<tr>" + "".join(f"<{kind}>{html.escape(cell)}</{kind}>" for cell in cells) + "</tr>"
