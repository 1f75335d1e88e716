"""``mops-bundle update``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson, DryRun
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def update(
    session: Session,
    models: Annotated[
        list[str] | None, typer.Argument(metavar="MODEL", help="Entries; all by default.")
    ] = None,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Record the present state.

    For when the results were made anew, or when a change does not matter to them.
    """
    from modelops_bundle.cli.render_registration import registration_document, show_registration
    from modelops_bundle.workflows.update import update as record

    with session.project() as workspace:
        report = record(workspace, models or (), dry_run)
    if as_json:
        print_json(registration_document(report))
    else:
        show_registration(report)
    return 1 if any(line.sign == "!" for line in report.lines) else 0
