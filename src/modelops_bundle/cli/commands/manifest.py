"""``mops-bundle manifest``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.bundle_options import Ref
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def manifest(
    session: Session,
    ref: Ref = None,
    full: Annotated[bool, typer.Option("--full", help="Also every file and blob.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show a bundle: its digest, files, and who pushed it."""
    from modelops_bundle.cli.render_manifest import manifest_document, show_manifest
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.look import show_bundle

    with session.folder() as workspace, open_exchange(workspace) as exchange:
        shown = show_bundle(exchange, ref)
    if as_json:
        print_json(manifest_document(shown))
    else:
        show_manifest(shown, full=full)
