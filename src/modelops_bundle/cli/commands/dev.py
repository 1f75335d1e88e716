"""``mops-bundle dev``: the environment, with its registry and storage, that a project uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, show
from modelops_bundle.cli.session import Session, command, new_group

if TYPE_CHECKING:
    from modelops_bundle.bundle.pinned import Pinned

__all__ = ["app"]

app = new_group("Choose the environment that bundles go to.")

#: What may decide where bundles go, the first that is there before all others.
_DECIDING = {
    "variable": "the variable MODELOPS_BUNDLE_REGISTRY",
    "environment": "the environment's registry",
    "settings": "registry_ref in .modelops-bundle/config.yaml",
    "default": "nothing, so they stay in the project",
}


@app.command("env")
@command
def env(session: Session, as_json: AsJson = False) -> None:
    """Show where the project's bundles go and why, and which environments there are. No secrets are shown."""
    from modelops_bundle.cli.render_bundles import environment_document
    from modelops_bundle.wiring.exchanging import open_exchange

    with session.project(config_later=True) as workspace, open_exchange(workspace) as exchange:
        pinned = exchange.environments.pinned()
        names = exchange.environments.names()
        place = exchange.reference(None).place
        decided_by, _ = exchange.decided
    if as_json:
        print_json(environment_document(pinned, names, place, decided_by))
    else:
        _show(pinned, names, place, decided_by)


@app.command("switch")
@command
def switch(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(metavar="ENV", help="The environment's name.", show_default=False),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Use no environment any more.")] = False,
) -> None:
    """Let the project use an environment, or none."""
    from modelops_bundle.errors import UsageError
    from modelops_bundle.wiring.exchanging import open_exchange

    if (name is None) is not none:
        what = "ENV and --none exclude each other" if none else "no environment was named"
        raise UsageError(what, "", "Name one, which `mops-bundle dev env` lists, or use --none.")
    with session.project(config_later=True) as workspace, open_exchange(workspace) as exchange:
        if name is None:
            exchange.environments.unpin()
        else:
            exchange.environments.pin(name)
    with session.project(config_later=True) as workspace, open_exchange(workspace) as exchange:
        say(f"Bundles go to {exchange.reference(None).place} from now on.")


def _show(pinned: Pinned | None, names: Sequence[str], place: str, decided_by: str) -> None:
    show(("environment: ", "strong"), pinned.name if pinned else "none")
    show(("bundles: ", "strong"), place)
    show(("decided by: ", "strong"), _DECIDING[decided_by])
    if pinned and pinned.storage:
        show(("storage: ", "strong"), pinned.storage.url)
    say(f"There are: {', '.join(names)}." if names else "There are no environments.")
    say(
        f"The first that is there decides where bundles go: {_DECIDING['variable']};"
        f" {_DECIDING['environment']} (`mops-bundle dev switch`); {_DECIDING['settings']} (edit it)."
    )
