"""``mops-bundle trace``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli import run_options as of
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def trace(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A registered model.")],
    params: of.Params = None,
    settings: of.Set = None,
    grid: of.Grid = None,
    seeds: of.Seeds = None,
    scenario: of.Scenario = None,
    output: of.Output = None,
    declare: Annotated[
        bool, typer.Option("--declare", help="Declare what is read and was not declared.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Run one simulation to see what it reads.

    Each read that is not declared is shown with its line and the option that declares it. Nothing is
    refused to the simulation, the first that is asked for, and its result is not kept.
    """
    from modelops_bundle.cli.render_run import show_trace, trace_code, trace_document
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.trace import trace as trace_model

    asked = of.run_request(
        session, model, params=params, settings=settings, grid=grid, seeds=seeds,
        scenario=scenario, output=output, declare=declare,
    )  # fmt: skip
    with (
        session.project() as workspace,
        open_machinery(workspace, workers=1) as machinery,
    ):
        report = trace_model(workspace, machinery, asked)
    if as_json:
        print_json(trace_document(report))
    else:
        show_trace(report)
    return trace_code(report)
