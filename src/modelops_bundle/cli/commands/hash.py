"""``mops-bundle hash``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("hash")
@command
def hash_paths(
    session: Session,
    paths: Annotated[list[str], typer.Argument(metavar="PATH", help="Files and folders.")],
    as_json: AsJson = False,
) -> None:
    """Print digests of files and folders.

    A Python source is hashed by what it means, another file by its bytes, a folder by its files.
    """
    from modelops_bundle.workflows.hash_paths import hash_paths as look

    with session.folder() as workspace:
        found = look(workspace, paths)
    if as_json:
        print_json({"schema": 1, "files": [each._asdict() for each in found]})
        return
    for each in found:
        show(
            f"{each.digest}  {each.kind:5}  {each.path}",
            "  (does not parse)" if each.problem else "",
        )
