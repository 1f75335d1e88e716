"""``mops-bundle clone``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def clone(
    session: Session,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The bundle.")],
    into: Annotated[str, typer.Argument(metavar="DIR", help="A new or empty folder.")],
) -> None:
    """Make a project out of a bundle."""
    from modelops_bundle.cli.render_bundles import say_carried
    from modelops_bundle.project.layout import Layout
    from modelops_bundle.wiring import open_folder, write_text
    from modelops_bundle.wiring.carrying import bring
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.clone import clone as fetch

    layout = Layout(os.path.normpath(os.path.join(session.cwd, into)))
    with (
        open_folder(layout, cwd=session.cwd) as workspace,
        open_exchange(workspace) as exchange,
    ):
        pull = fetch(workspace, exchange, ref, write_text)
        carried = bring(workspace, pull.bundle)
    show(f"{pull.reference.place}@{pull.bundle.digest}")
    say(f"{plural(len(pull.bundle.index.contents), 'file')} in {into}.")
    say_carried(carried)
