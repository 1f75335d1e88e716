"""``mops-bundle evaluate``."""

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
def evaluate(
    session: Session,
    target: Annotated[
        str, typer.Argument(metavar="TARGET", help="A registered target, or a target set.")
    ],
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="MODEL", help="The model. [default: the one that has the output]"
        ),
    ] = "",
    params: of.Params = None,
    settings: of.Set = None,
    grid: of.Grid = None,
    seeds: of.Seeds = None,
    scenario: of.Scenario = None,
    workers: of.Workers = None,
    cluster: of.Cluster = None,
    dry_run: of.DryRun = False,
    refresh: of.Refresh = False,
    keep_going: of.KeepGoing = False,
    declare: of.Declare = False,
    hermetic: of.Hermetic = False,
    no_enforce: of.NoEnforce = False,
    as_json: AsJson = False,
) -> int:
    """Rank parameter sets by a target.

    The model is run, or its results are reused, and the target says how far each is from what was observed.
    Losses are kept like results: they are computed again when the target changes, or what it judges.
    """
    from modelops_bundle.cli import render_evaluate as rendered
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows import evaluate as evaluating

    asked = of.run_request(
        session, model, params=params, settings=settings, grid=grid, seeds=seeds,
        scenario=scenario, output=None, hermetic=hermetic, no_enforce=no_enforce,
        dry_run=dry_run, refresh=refresh, keep_going=keep_going, declare=declare,
    )  # fmt: skip
    with (
        session.project() as workspace,
        open_machinery(workspace, workers=workers, cluster=cluster) as machinery,
    ):
        report = evaluating.evaluate(
            workspace, machinery, evaluating.Evaluation(target, model, asked)
        )
    if as_json:
        print_json(rendered.evaluation_document(report))
    else:
        rendered.show_evaluation(report)
    return rendered.evaluation_code(report)
