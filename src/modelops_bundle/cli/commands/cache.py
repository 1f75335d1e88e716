"""``mops-bundle cache``: blobs of bundles that are kept on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say
from modelops_bundle.cli.session import Session, command, new_group

__all__ = ["app"]

app = new_group("Tidy what was fetched of bundles.")


@app.command("gc")
@command
def gc(
    session: Session,
    older_than: Annotated[
        str, typer.Option("--older-than", metavar="AGE", help="Not used for: 30d, 12h, 90min.")
    ] = "30d",
    max_size: Annotated[
        str | None,
        typer.Option("--max-size", metavar="SIZE", help="Until so much is left: 10GB, 500MB."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Drop what was not used for some time. Whatever is dropped can be fetched again."""
    from modelops_bundle.cli.amounts import read_age, read_size
    from modelops_bundle.cli.words import size
    from modelops_bundle.wiring.exchanging import open_exchange

    largest = None if max_size is None else read_size(max_size)
    with session.folder() as workspace, open_exchange(workspace) as exchange:
        done = exchange.cache.collect(older_than=read_age(older_than), largest=largest)
    if as_json:
        print_json({"schema": 1, **done._asdict()})
        return
    say(f"Dropped {plural(done.blobs, 'blob')}, {size(done.freed)}; {size(done.left)} are left.")
