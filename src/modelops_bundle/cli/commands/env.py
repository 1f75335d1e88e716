"""``mops-bundle env``: the environment that results depend on."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_group

__all__ = ["app"]

app = new_group("Show the environment, and what moved in it.")


@app.command("show")
@command
def show_env(
    session: Session,
    model: Annotated[
        str | None,
        typer.Argument(metavar="MODEL", help="Only what this entry depends on; all by default."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show the interpreter, the packages and the variables that count."""
    from modelops_bundle.cli.render_environment import environment_document, show_environment
    from modelops_bundle.workflows.show_environment import show_environment as look

    with session.project() as workspace:
        report = look(workspace, model)
    if as_json:
        print_json(environment_document(report))
    else:
        show_environment(report)


@app.command("diff")
@command
def diff_env(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model or target.")],
    as_json: AsJson = False,
) -> None:
    """Show what moved in an entry's environment since it was recorded."""
    from modelops_bundle.cli.render_environment import difference_document, show_difference
    from modelops_bundle.workflows.show_environment import diff_environment

    with session.project() as workspace:
        report = diff_environment(workspace, model)
    if as_json:
        print_json(difference_document(report))
    else:
        show_difference(report)
