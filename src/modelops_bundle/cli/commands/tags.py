"""``mops-bundle tags``."""

from __future__ import annotations

import os

from modelops_bundle.cli.bundle_options import Ref
from modelops_bundle.cli.drawing import columns
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, show_lines
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def tags(session: Session, ref: Ref = None, as_json: AsJson = False) -> None:
    """List the tags of a place, each with its bundle."""
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.look import list_tags

    with session.folder() as workspace, open_exchange(workspace) as exchange:
        place, found = list_tags(exchange, ref)
    if as_json:
        listed = {tag: str(digest) for tag, digest in found.items()}
        print_json({"schema": 1, "place": place, "tags": listed})
        return
    show_lines(columns([[tag, str(digest)] for tag, digest in found.items()]))
    if not found:
        say(_without_tags(place))


def _without_tags(place: str) -> str:
    """Why there are none, where that is seen."""
    layout, _, folder = place.partition("oci-layout:")
    if not layout and not os.path.isdir(folder):
        return f"There is no folder {folder}: nothing was pushed to it yet, or its path is another."
    return f"{place} has no tags."
