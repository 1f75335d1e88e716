"""``mops-bundle show-registry``, also called ``list``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("show-registry")
@command
def show_registry(
    session: Session,
    entry: Annotated[
        str | None,
        typer.Argument(metavar="ID", help="One entry in full; all in short by default."),
    ] = None,
    as_tree: Annotated[bool, typer.Option("--tree", help="Draw what depends on what.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what is recorded (list is short for it).

    Models, targets, target sets, their dependencies and digests.
    """
    from modelops_bundle.cli.render_registry import registry_document, show_entries, show_trees
    from modelops_bundle.workflows.show_registry import show_registry as look

    with session.project() as workspace:
        report = look(workspace, entry, with_chains=as_tree)
    if as_json:
        print_json(registry_document(report))
    elif as_tree:
        show_trees(report)
    else:
        show_entries(report)
