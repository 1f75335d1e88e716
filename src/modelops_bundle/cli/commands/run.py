"""``mops-bundle run``."""

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
def run(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A registered model.")],
    params: of.Params = None,
    settings: of.Set = None,
    grid: of.Grid = None,
    seeds: of.Seeds = None,
    scenario: of.Scenario = None,
    output: of.Output = None,
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
    """Run a model; reuse the results that are still true.

    Every result is looked up first. Only what is missing, or was made from something that has changed
    since, is computed.
    """
    from modelops_bundle.cli.render_run import run_code, run_document, show_run
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.run import run as run_model

    asked = of.run_request(
        session, model, params=params, settings=settings, grid=grid, seeds=seeds,
        scenario=scenario, output=output, hermetic=hermetic, no_enforce=no_enforce,
        dry_run=dry_run, refresh=refresh, keep_going=keep_going, declare=declare,
    )  # fmt: skip
    with (
        session.project() as workspace,
        open_machinery(workspace, workers=workers, cluster=cluster) as machinery,
    ):
        report = run_model(workspace, machinery, asked)
    if as_json:
        print_json(run_document(report))
    else:
        show_run(report)
    return run_code(report)
