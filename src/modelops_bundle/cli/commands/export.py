"""``mops-bundle export``."""

from __future__ import annotations

import os
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
def export(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The tar to write.")],
    ref: Ref = None,
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
    as_json: AsJson = False,
) -> None:
    """Write a bundle as one file.

    The file is an OCI image layout in a tar, which skopeo calls oci-archive.
    """
    from modelops_bundle.cli.render_bundles import exported_document, show_exported
    from modelops_bundle.wiring.exchanging import (
        atomic_file,
        open_exchange,
        require_new,
        write_layout_tar,
    )
    from modelops_bundle.workflows.bundles.archives import export_bundle

    path = os.path.join(session.cwd, file)
    require_new(path, force=force)
    with (
        session.folder() as workspace,
        open_exchange(workspace) as exchange,
        atomic_file(path) as target,
    ):
        done = export_bundle(exchange, ref, target, write_layout_tar)
    if as_json:
        print_json(exported_document(done, os.path.realpath(path)))
    else:
        show_exported(done, file)
