"""``mops-bundle why``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def why(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model or target.")],
    diff: Annotated[bool, typer.Option("--diff", help="Show what changed in each source.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show why an entry is not current."""
    from modelops_bundle.cli.render_why import show_why, why_document
    from modelops_bundle.workflows.why import why as explain

    with session.project() as workspace:
        report = explain(workspace, model, diff)
    if as_json:
        print_json(why_document(report))
    else:
        show_why(report)
