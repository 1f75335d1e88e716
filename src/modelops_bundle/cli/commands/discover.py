"""``mops-bundle discover``."""

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
def discover(
    session: Session,
    paths: Annotated[
        list[str] | None,
        typer.Argument(metavar="PATH", help="Files and folders; the project by default."),
    ] = None,
    base: Annotated[
        list[str] | None,
        typer.Option(
            "--base",
            metavar="DOTTED",
            help="Classes that derive from this one are models. Repeatable.",
        ),
    ] = None,
    target: Annotated[
        list[str] | None,
        typer.Option(
            "--target", metavar="NAME", help="This function is a target, too. Repeatable."
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Find models and targets in sources.

    Nothing is imported or run.
    """
    from modelops_bundle.cli.render_discovery import discovery_document, show_discovery
    from modelops_bundle.workflows.discover import discover as look

    with session.folder() as workspace:
        report = look(workspace, paths or (), base or (), target or ())
    if as_json:
        print_json(discovery_document(report))
    else:
        show_discovery(report)
