"""``mops-bundle catalog serve``: the catalog over HTTP."""

from __future__ import annotations

import sys
from functools import partial
from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, warn
from modelops_bundle.cli.session import Session, command, new_app
from modelops_bundle.errors import MopsError

__all__ = ["app"]

app = new_app()

#: What shells add to the number of the signal that ended a process.
_BY_SIGNAL = 128


@app.command("serve")
@command
def serve(
    session: Session,
    host: Annotated[
        str, typer.Option("--host", metavar="ADDRESS", help="Listen at this address.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option("--port", metavar="N", min=0, max=65535, help="At this port; 0 is any.")
    ] = 8000,
    workers: Annotated[
        int, typer.Option("--workers", metavar="N", min=1, max=64, help="Processes that answer.")
    ] = 1,
    as_json: AsJson = False,
) -> int:
    """Serve the catalog over HTTP, until it is interrupted."""
    from modelops_bundle.wiring.serving import serve_catalog

    begin = partial(_announce, as_json=as_json)
    ended_by = serve_catalog(session.cwd, host, port, workers=workers, tell=_tell, begin=begin)
    say("The server has ended.")
    return _BY_SIGNAL + ended_by


def _announce(address: str, as_json: bool) -> None:
    if as_json:
        print_json({"schema": 1, "address": address})
        # Who reads it waits for it, while this process goes on.
        sys.stdout.flush()
    say(f"The catalog is served at {address}; Ctrl-C ends it, SIGHUP reads it again.")


def _tell(error: MopsError) -> None:
    warn([*str(error).split("\n"), "What was served before is still served."])
