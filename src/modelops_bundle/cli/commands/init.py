"""``mops-bundle init``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.output import say
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def init(
    session: Session,
    path: Annotated[
        str,
        typer.Argument(metavar="PATH", show_default=False, help="The folder; by default this one."),
    ] = ".",
) -> None:
    """Make a folder a project.

    It gets an empty registry, .modelops-bundle/registry.yaml, which is meant for version control.
    """
    from modelops_bundle.project.layout import Layout
    from modelops_bundle.wiring import open_folder, write_text
    from modelops_bundle.workflows.init import init as make

    folder = os.path.normpath(os.path.join(session.cwd, path))
    with open_folder(Layout(folder)) as workspace:
        is_new = make(workspace, write_text)
    say(f"{'A project was made' if is_new else 'There is a project already'} in {folder}.")
    say("Next: `mops-bundle register-model PATH` registers the models of a file or folder.")
