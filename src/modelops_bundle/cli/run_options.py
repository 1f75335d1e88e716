"""Options of the commands that run models, worded once, and what they ask for."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from modelops_bundle.cli.session import Session
    from modelops_bundle.workflows.machinery import RunRequest

__all__ = [
    "Cluster",
    "Declare",
    "Grid",
    "Hermetic",
    "KeepGoing",
    "NoEnforce",
    "Output",
    "Params",
    "Refresh",
    "Scenario",
    "Seeds",
    "Set",
    "Workers",
    "run_request",
]

Params = Annotated[
    str | None,
    typer.Option(
        "--params",
        metavar="FILE",
        help="Parameter sets: JSON, YAML, CSV, Parquet or a study; - for standard input.",
    ),
]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="K=V", help="A parameter, the same in every set. Repeatable."),
]
Grid = Annotated[
    list[str] | None,
    typer.Option(
        "--grid",
        metavar="K=V1,V2",
        help="A parameter's values; with several, every combination. Repeatable.",
    ),
]
Seeds = Annotated[
    str | None,
    typer.Option("--seeds", metavar="RANGE", help="Seeds: 0:100, 7, or 1,2,5. [default: 0]"),
]
Scenario = Annotated[
    str | None, typer.Option("--scenario", metavar="NAME", help="The scenario of the model.")
]
Output = Annotated[
    list[str] | None,
    typer.Option("--output", metavar="NAME", help="Only this output. Repeatable."),
]
Workers = Annotated[
    int | None,
    typer.Option(
        "--workers", metavar="N", min=1, help="Processes here. [default: one a processor]"
    ),
]
Cluster = Annotated[
    str | None,
    typer.Option(
        "--cluster", metavar="ADDRESS", help="A Dask scheduler: tcp://HOST:PORT, or local:N."
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Say what would be computed; run nothing.")]
Refresh = Annotated[bool, typer.Option("--refresh", help="Compute everything again.")]
KeepGoing = Annotated[
    bool, typer.Option("--keep-going", help="Go on with the others when a simulation fails.")
]
Declare = Annotated[
    bool, typer.Option("--declare", help="Declare what is read, instead of refusing it.")
]
Hermetic = Annotated[
    bool, typer.Option("--hermetic", help="Let nothing be read but what is declared.")
]
NoEnforce = Annotated[
    bool, typer.Option("--no-enforce", help="Only watch what is read; results are marked.")
]


def run_request(
    session: Session,
    model: str,
    *,
    params: str | None,
    settings: Sequence[str] | None,
    grid: Sequence[str] | None,
    seeds: str | None,
    scenario: str | None,
    output: Sequence[str] | None,
    hermetic: bool = False,
    no_enforce: bool = False,
    dry_run: bool = False,
    refresh: bool = False,
    keep_going: bool = False,
    declare: bool = False,
) -> RunRequest:
    """What the options of a command ask for.

    Raises:
        UsageError: They contradict each other, or the file of parameters cannot be used.
    """
    from modelops_bundle.errors import UsageError
    from modelops_bundle.results.given_parameters import AskedParameters
    from modelops_bundle.results.record import Level
    from modelops_bundle.wiring.running import read_parameter_file
    from modelops_bundle.workflows.machinery import RunRequest

    if hermetic and no_enforce:
        raise UsageError("--hermetic and --no-enforce contradict each other", "", "Choose one.")
    where = "-" if params == "-" else os.path.join(session.cwd, params or "")
    source = None if params is None else read_parameter_file(where, sys.stdin.buffer)
    level = Level.HERMETIC if hermetic else Level.OFF if no_enforce else Level.ENFORCED
    return RunRequest(
        model=model,
        parameters=AskedParameters.of(source, settings or (), grid or (), seeds),
        scenario=scenario,
        outputs=tuple(output) if output else None,
        level=level,
        dry_run=dry_run,
        refresh=refresh,
        keep_going=keep_going,
        declare=declare,
    )
