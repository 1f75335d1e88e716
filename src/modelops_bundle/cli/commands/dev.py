"""``mops-bundle dev``: the environment, with its registry and storage, that a project uses."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, show
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.callback()
def dev() -> None:
    """Choose the environment that bundles go to."""


@app.command("env")
@command
def env(session: Session, as_json: AsJson = False) -> None:
    """Show the environment that the project uses, and which there are. No secrets are shown."""
    from modelops_bundle.cli.render_bundles import environment_document
    from modelops_bundle.wiring.exchanging import open_exchange

    with session.project() as workspace, open_exchange(workspace) as exchange:
        pinned = exchange.environments.pinned()
        names = exchange.environments.names()
        place = exchange.reference(None).place
    if as_json:
        print_json(environment_document(pinned, names, place))
        return
    show(("environment: ", "strong"), pinned.name if pinned else "none")
    show(("bundles: ", "strong"), place)
    if pinned and pinned.storage:
        show(("storage: ", "strong"), pinned.storage.url)
    say(f"There are: {', '.join(names)}." if names else "There are no environments.")


@app.command("switch")
@command
def switch(
    session: Session,
    name: Annotated[str, typer.Argument(metavar="ENV", help="The environment's name.")],
) -> None:
    """Let the project use an environment."""
    from modelops_bundle.wiring.exchanging import open_exchange

    with session.project() as workspace, open_exchange(workspace) as exchange:
        exchange.environments.pin(name)
    with session.project() as workspace, open_exchange(workspace) as exchange:
        say(f"Bundles go to {exchange.reference(None).place} from now on.")
