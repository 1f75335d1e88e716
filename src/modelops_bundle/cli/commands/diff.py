"""``mops-bundle diff``."""

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
def diff(
    session: Session,
    old: Annotated[
        str | None,
        typer.Argument(metavar="REF", show_default=False, help="By default the project's bundle."),
    ] = None,
    new: Annotated[
        str | None,
        typer.Argument(metavar="REF", show_default=False, help="By default the project's folder."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Show how two states of the bundle differ.

    By default the project's own bundle is compared with what a push would send now.

    For Python sources the definitions that changed are named.
    """
    from modelops_bundle.cli.render_diff import diff_document, show_diff
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.differ import differ

    with session.project() as workspace, open_exchange(workspace) as exchange:
        found = differ(workspace, exchange, old, new)
    if as_json:
        print_json(diff_document(found))
    else:
        show_diff(found)
