"""``mops-bundle clone``."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say, show
from modelops_bundle.cli.session import Session, command, new_app

if TYPE_CHECKING:
    from modelops_bundle.bundle.reference import Reference
    from modelops_bundle.workflows.bundles.carrying import Carried
    from modelops_bundle.workflows.bundles.pull import Pull

__all__ = ["app"]

app = new_app()


@app.command()
@command
def clone(
    session: Session,
    ref: Annotated[str, typer.Argument(metavar="REF", help="The bundle.")],
    into: Annotated[str, typer.Argument(metavar="DIR", help="A new or empty folder.")],
    as_json: AsJson = False,
) -> None:
    """Make a project out of a bundle."""
    from modelops_bundle.cli.render_bundles import cloned_document
    from modelops_bundle.project.layout import Layout
    from modelops_bundle.wiring import open_folder, write_text
    from modelops_bundle.wiring.carrying import bring
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.clone import clone as fetch
    from modelops_bundle.workflows.keeping import keep_current_records

    layout = Layout(os.path.normpath(os.path.join(session.cwd, into)))
    with (
        _paths_told_apart(session.cwd, ref),
        open_folder(layout, cwd=session.cwd, python=session.python) as workspace,
        open_exchange(workspace) as exchange,
    ):
        pull = fetch(workspace, exchange, ref, write_text)
        keep_current_records(workspace)
        carried = bring(workspace, pull.bundle)
    if as_json:
        print_json(cloned_document(pull, layout.root, carried))
    else:
        _show(pull, into, carried, exchange.reference(None))


def _show(pull: Pull, into: str, carried: Carried | None, goes: Reference) -> None:
    from modelops_bundle.bundle.reference import DEFAULT_TAG
    from modelops_bundle.cli.render_bundles import say_carried

    show(f"{pull.reference.place}@{pull.bundle.digest}")
    say(f"{plural(len(pull.bundle.index.contents), 'file')} in {into}.")
    say_carried(carried)
    # Others may have been told this tag, as by a paper.
    if goes.tag not in (None, DEFAULT_TAG):
        say(f"A push from here moves {goes}; `mops-bundle push --tag NAME` moves another.")


@contextmanager
def _paths_told_apart(cwd: str, ref: str) -> Iterator[None]:
    """Say how a folder or file is named, where that may be what was meant.

    Raises:
        UsageError: The reference is none, and something on the disk has that name.
        RemoteError: What the block raised, with that added to the mend.
    """
    from modelops_bundle.bundle.reference import parse_reference
    from modelops_bundle.errors import RemoteError, UsageError

    mend = _mend_of_path(cwd, ref)
    if not mend:
        yield
        return
    try:
        parse_reference(ref)
    except UsageError as error:
        raise UsageError(error.what, error.why, mend) from error
    try:
        yield
    except RemoteError as error:
        raise RemoteError(error.what, error.why, f"{error.mend} {mend}") from error


def _mend_of_path(cwd: str, ref: str) -> str:
    """What to do if a path was meant; empty where nothing is there."""
    path = os.path.join(cwd, os.path.expanduser(ref))
    if ref.startswith("oci-layout:"):
        return ""
    if os.path.isdir(path):
        return f"If the folder is meant, name it as {shlex.quote(f'oci-layout:{ref}')}."
    if os.path.isfile(path):
        return (
            f"If the file is meant, run `mops-bundle import {shlex.quote(ref)} oci-layout:DIR`, and clone"
            " oci-layout:DIR."
        )
    return ""
