"""``mops-bundle login``."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from modelops_bundle.cli.output import say
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def login(
    session: Session,
    host: Annotated[str, typer.Argument(metavar="HOST", help="The registry, host[:port].")],
    username: Annotated[
        str | None,
        typer.Option("-u", "--username", metavar="NAME", show_default=False, help="Who you are."),
    ] = None,
    from_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
) -> None:
    """Keep credentials for a registry where docker keeps them.

    The registry is asked whether it takes them. Where docker's configuration names a credential helper, that
    one keeps them; else they stand in its file, which only you can read.
    """
    from modelops_bundle.wiring.exchanging import log_in

    if not (username and from_stdin):
        _require_terminal()
    username = username or typer.prompt("Username", err=True)
    if from_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = typer.prompt("Password", hide_input=True, err=True)
    with session.folder() as workspace:
        kept = log_in(workspace, host, username, password)
    say(f"{host} takes the credentials of {username}; {kept} keeps them.")


def _require_terminal() -> None:
    """Refuse to ask where nobody answers.

    Raises:
        UsageError: Standard input is no terminal.
    """
    from modelops_bundle.errors import UsageError

    if not sys.stdin.isatty():
        raise UsageError(
            "there is no terminal to ask for a name and a password",
            "",
            "Give them with --username NAME --password-stdin.",
        )
