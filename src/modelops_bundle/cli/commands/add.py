"""``mops-bundle add``."""

from __future__ import annotations

from modelops_bundle.cli.bundle_options import Paths
from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show, warn
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def add(session: Session, paths: Paths) -> None:
    """Make files part of the bundle.

    A folder stands for what is in it now, less what .modelopsignore names. What registered models and targets
    need is part of the bundle by itself.
    """
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.tracking import add as track

    with session.project() as workspace, open_exchange(workspace) as exchange:
        added = track(workspace, exchange, paths)
    warn(f"{path} was not added: {why}" for path, why in added.skipped)
    for path in added.new:
        show(("+", "good"), f" {path}")
    known = f"; {added.known} were there already" if added.known else ""
    say(f"{plural(len(added.new), 'file')} added{known}.")
