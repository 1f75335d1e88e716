"""``mops-bundle remove``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.bundle_options import Paths
from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def remove(
    session: Session,
    paths: Paths,
    delete: Annotated[
        bool, typer.Option("--rm", help="Delete the files as well.", show_default=False)
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --rm, also what is in no bundle that was pushed.")
    ] = False,
) -> None:
    """Take files out of the bundle; they stay in the folder.

    With the next push they go for everybody who pulls.
    """
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.tracking import remove as untrack

    with session.project() as workspace, open_exchange(workspace) as exchange:
        removed = untrack(workspace, exchange, paths, delete=delete, force=force)
    for path in removed.paths:
        show(("-", "bad"), f" {path}")
    deleted = f", {len(removed.deleted)} deleted" if delete else ""
    say(f"{plural(len(removed.paths), 'file')} taken out{deleted}.")
