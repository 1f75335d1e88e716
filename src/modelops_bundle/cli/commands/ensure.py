"""``mops-bundle ensure``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def ensure(
    session: Session,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The bundle.")],
    dest: Annotated[str, typer.Option("--dest", metavar="DIR", help="The folder.")],
    mirror: Annotated[
        bool, typer.Option("--mirror", help="Delete what the bundle has not.")
    ] = False,
) -> None:
    """Make a folder hold a bundle's files.

    It is for programs that run them: it need not be a project, and nothing is remembered. Files that differ
    are replaced.
    """
    from modelops_bundle.project.layout import Layout
    from modelops_bundle.wiring import open_folder
    from modelops_bundle.wiring.exchanging import open_exchange, open_tree
    from modelops_bundle.workflows.bundles.ensure import ensure as have

    layout = Layout(os.path.normpath(os.path.join(session.cwd, dest)))
    with (
        session.folder() as workspace,
        open_exchange(workspace) as exchange,
        open_folder(layout) as folder,
    ):
        tree, others = open_tree(folder, mirror=mirror)
        done = have(exchange, exchange.reference(ref), tree, others, workspace.progress)
    show(f"{done.reference.place}@{done.bundle.digest}")
    say(f"{len(done.bundle.index.contents)} files are in {dest}, {len(done.plan.steps)} changed.")
