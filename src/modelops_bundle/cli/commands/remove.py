"""``mops-bundle remove``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.bundle_options import Paths
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
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
    as_json: AsJson = False,
) -> None:
    """Take files out of the bundle; they stay in the folder.

    With the next push they go for everybody who pulls. What registered models and targets need stays in it.
    """
    from modelops_bundle.cli.render_bundles import removed_document, show_removed
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.tracking import remove as untrack

    with session.project() as workspace, open_exchange(workspace) as exchange:
        removed = untrack(workspace, exchange, paths, delete=delete, force=force)
    if as_json:
        print_json(removed_document(removed))
    else:
        show_removed(removed, delete=delete)
