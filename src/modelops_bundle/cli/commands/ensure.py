"""``mops-bundle ensure``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson, DryRun
from modelops_bundle.cli.output import print_json
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
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Make a folder hold a bundle's files.

    It is for programs that run them: it need not be a project, and nothing is remembered. Files that differ
    are replaced.
    """
    from modelops_bundle.cli.render_bundles import ensured_document, show_ensured
    from modelops_bundle.project.layout import Layout
    from modelops_bundle.wiring import open_folder
    from modelops_bundle.wiring.destinations import put_bundle
    from modelops_bundle.wiring.exchanging import open_exchange

    layout = Layout(os.path.normpath(os.path.join(session.cwd, dest)))
    with (
        session.folder() as workspace,
        open_exchange(workspace) as exchange,
        # The folder decides nothing: what is in it is what is replaced.
        open_folder(layout, config_later=True) as folder,
    ):
        reference, progress = exchange.reference(ref), workspace.progress
        done = put_bundle(exchange, reference, folder, progress, mirror=mirror, dry_run=dry_run)
    if as_json:
        print_json(ensured_document(done, layout.root, dry_run=dry_run))
    else:
        show_ensured(done, dest, dry_run=dry_run)
