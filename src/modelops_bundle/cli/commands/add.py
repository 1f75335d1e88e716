"""``mops-bundle add``."""

from __future__ import annotations

from modelops_bundle.cli.bundle_options import Paths
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def add(session: Session, paths: Paths, as_json: AsJson = False) -> None:
    """Make files part of the bundle.

    A folder stands for what is in it now, less what .modelopsignore names. What registered models and targets
    need is part of the bundle by itself, and not added.
    """
    from modelops_bundle.cli.render_bundles import added_document, show_added
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.tracking import add as track

    with session.project() as workspace, open_exchange(workspace) as exchange:
        added = track(workspace, exchange, paths)
    if as_json:
        print_json(added_document(added))
    else:
        show_added(added)
