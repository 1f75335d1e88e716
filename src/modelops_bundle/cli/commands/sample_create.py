"""``mops-bundle sample-create``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.invocation import next_steps
from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("sample-create")
@command
def sample_create(
    session: Session,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The project's name, and its folder's.")
    ],
    path: Annotated[
        str,
        typer.Option(
            "--path",
            metavar="PATH",
            show_default=False,
            help="The folder to put it in; by default this one.",
        ),
    ] = ".",
) -> None:
    """Write a small project to try things on.

    It has three epidemic models, targets and data; what is printed are the commands to try next.
    """
    from modelops_bundle.wiring import write_text
    from modelops_bundle.workflows.sample import create_sample

    folder = create_sample(write_text, session.cwd, path, name)
    say(f"A sample project is in {folder}. Next steps:")
    say()
    for step in next_steps(folder):
        show(step)
