"""``mops-bundle import``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.bundle_options import Ref
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("import")
@command
def import_(
    session: Session,
    file: Annotated[str, typer.Argument(metavar="FILE", help="The tar to read.")],
    ref: Ref = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also move tags that point to another bundle.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Put the bundles of such a file into a place.

    `export` writes such files; `pull` and `clone` take bundles from the place.
    """
    from modelops_bundle.wiring.exchanging import open_exchange, read_layout_tar
    from modelops_bundle.workflows.bundles.archives import import_bundle

    path = os.path.join(session.cwd, file)
    with session.folder() as workspace, open_exchange(workspace) as exchange:
        reference, found = import_bundle(
            exchange, ref, lambda remote: read_layout_tar(path, remote, replace=force)
        )
    if as_json:
        bundles = [{"digest": str(each.digest), "tag": each.tag} for each in found]
        where = {"file": os.path.realpath(path), "place": reference.place}
        print_json({"schema": 1, **where, "bundles": bundles})
        return
    for each in found:
        if each.tag is not None:
            show(f"{reference.place}:{each.tag}@{each.digest}")
    say(f"What is in {file} is in {reference.place} now.")
