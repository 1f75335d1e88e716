"""``mops-bundle status``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import NOT_CURRENT, Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def status(
    session: Session,
    models: Annotated[
        list[str] | None, typer.Argument(metavar="MODEL", help="Entries; all by default.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Exit with 3 when anything is not current.")
    ] = False,
    files: Annotated[
        bool, typer.Option("--files", help="Also files that changed since the last push or pull.")
    ] = False,
    untracked: Annotated[
        bool, typer.Option("--untracked", help="Also files that are in no bundle.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Say which results are still true.

    Each model and target is current, stale (something changed), missing (its file or class is gone) or
    invalid (it does not parse, or a dependency is gone). Nothing is run, and no registry is asked.
    """
    from modelops_bundle.cli.render_files import files_document, show_files
    from modelops_bundle.cli.render_status import show_status, status_document
    from modelops_bundle.wiring import has_bundles
    from modelops_bundle.workflows.status import status as judge

    with session.project() as workspace:
        report = judge(workspace, models or ())
        found = None
        if files or untracked or has_bundles(workspace):
            from modelops_bundle.wiring.exchanging import look_at_files

            found = look_at_files(workspace, report, untracked=untracked)
    if as_json:
        print_json({**status_document(report), "files": files_document(found)})
    else:
        show_status(report, found.left_out if found else ())
        show_files(found, listed=files or untracked)
    return NOT_CURRENT if check and not report.all_current else 0
