"""``mops-bundle why``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

if TYPE_CHECKING:
    from modelops_bundle.workflows.outdated import Outdated
    from modelops_bundle.workflows.why import WhyReport
    from modelops_bundle.workflows.workspace import Workspace

__all__ = ["app"]

app = new_app()


@app.command()
@command
def why(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model or target.")],
    diff: Annotated[bool, typer.Option("--diff", help="Show what changed in each source.")] = False,
    results: Annotated[
        bool, typer.Option("--results", help="Say how many stored results are stale.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show why an entry is not current."""
    from modelops_bundle.cli.render_why import show_why, why_document
    from modelops_bundle.workflows.why import why as explain

    with session.project() as workspace:
        report = explain(workspace, model, diff)
        stored = _stored(workspace, report) if results else None
    if as_json:
        print_json(why_document(report, stored))
    else:
        show_why(report, stored)


def _stored(workspace: Workspace, report: WhyReport) -> Outdated:
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.outdated import outdated_results

    with open_machinery(workspace) as machinery:
        return outdated_results(machinery.local, report.status.id, report.status.digest)
