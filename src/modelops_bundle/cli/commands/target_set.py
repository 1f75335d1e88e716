"""``mops-bundle target-set``: targets that are used together."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say
from modelops_bundle.cli.session import Session, command, new_group

__all__ = ["app"]

app = new_group("Name sets of targets that are used together.")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The set.")]


@app.command("list")
@command
def list_sets(session: Session, as_json: AsJson = False) -> None:
    """List the sets, with their targets and weights."""
    from modelops_bundle.cli.render_registry import sets_document, show_sets

    with session.project() as workspace:
        registry = workspace.registry.load()
    if as_json:
        print_json(sets_document(registry))
    else:
        show_sets(registry)


@app.command("set")
@command
def set_set(
    session: Session,
    name: Name,
    targets: Annotated[list[str], typer.Argument(metavar="TARGET", help="Registered targets.")],
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="TARGET=NUMBER", help="A target's weight. Repeatable."),
    ] = None,
) -> None:
    """Make a set, or replace it."""
    from modelops_bundle.workflows.unregister import read_weights, set_target_set

    with session.project() as workspace:
        made = set_target_set(workspace, name, targets, read_weights(weight or ()))
    say(f"{name} has {plural(len(made.targets), 'target')}.")


@app.command("delete")
@command
def delete_set(session: Session, name: Name) -> None:
    """Forget a set; its targets stay."""
    from modelops_bundle.workflows.unregister import delete_target_set

    with session.project() as workspace:
        delete_target_set(workspace, name)
    say(f"{name} is gone; its targets stay.")
