"""``mops-bundle unregister``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.output import show, warn
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def unregister(
    session: Session,
    ids: Annotated[list[str], typer.Argument(metavar="ID", help="Models or targets.")],
) -> None:
    """Forget entries; no file of yours is touched."""
    from modelops_bundle.workflows.unregister import unregister as forget

    with session.project() as workspace:
        gone = forget(workspace, ids)
    for entry_id in gone.ids:
        show(("-", "bad"), f" {entry_id}")
    warn(gone.losses)
