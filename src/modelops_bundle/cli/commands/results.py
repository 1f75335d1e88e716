"""``mops-bundle results``: what is stored."""

from __future__ import annotations

import os
import sys
import time
from typing import Annotated

import typer

from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json, say
from modelops_bundle.cli.run_options import Workers
from modelops_bundle.cli.session import Session, command, new_group

__all__ = ["app"]

app = new_group("Look at, take out, check and drop results.")
SomeModel = Annotated[
    str | None, typer.Argument(metavar="MODEL", help="Only this model's; all by default.")
]


@app.command("list")
@command
def list_results(session: Session, model: SomeModel = None, as_json: AsJson = False) -> None:
    """List what is stored, by model and state; of one model, every result."""
    from modelops_bundle.cli.render_results import listing_document, show_listing
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.stored import list_results as look

    with session.project() as workspace, open_machinery(workspace) as machinery:
        report = look(workspace, machinery.local, model)
    if as_json:
        print_json(listing_document(report))
    else:
        show_listing(report)


@app.command("show")
@command
def show(
    session: Session,
    key: Annotated[str, typer.Argument(metavar="KEY", help="The beginning of a key.")],
    as_json: AsJson = False,
) -> None:
    """Show where a result comes from, and what it is."""
    from modelops_bundle.cli.render_results import result_document, show_result
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.stored import show_result as look

    with session.project() as workspace, open_machinery(workspace) as machinery:
        report = look(workspace, machinery.local, key)
    if as_json:
        print_json(result_document(report))
    else:
        show_result(report)


@app.command("table")
@command
def table(
    session: Session,
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A model.")],
    output: Annotated[str, typer.Argument(metavar="OUTPUT", help="One of its outputs.")],
    out: Annotated[
        str | None,
        typer.Option(
            "--out", metavar="FILE", help="CSV, Parquet, Arrow or JSON Lines. [default: print CSV]"
        ),
    ] = None,
) -> None:
    """Write an output of all current results as one table."""
    from modelops_bundle.wiring.running import (
        check_table_path,
        open_machinery,
        write_csv,
        write_table,
    )
    from modelops_bundle.workflows.stored import output_table

    if out is not None:
        check_table_path(out)
    with session.project() as workspace, open_machinery(workspace) as machinery:
        made = output_table(workspace, machinery.local, model, output)
    if out is None:
        write_csv(made, sys.stdout.buffer)
        return
    write_table(made, os.path.join(session.cwd, out))
    say(f"{out} has {plural(made.num_rows, 'row')} and {plural(made.num_columns, 'column')}.")


@app.command("export")
@command
def export(
    session: Session,
    target: Annotated[
        str, typer.Argument(metavar="FOLDER", help="Where to; made, or empty so far.")
    ],
    model: SomeModel = None,
    stale: Annotated[
        bool, typer.Option("--stale", help="Also results that are not true any more.")
    ] = False,
) -> None:
    """Write results as files that need no program of ours to be read."""
    from modelops_bundle.wiring.running import open_machinery, write_results
    from modelops_bundle.workflows.stored import results_of

    with session.project() as workspace, open_machinery(workspace) as machinery:
        chosen = results_of(workspace, machinery.local, model, stale=stale)
        folder, contexts = os.path.join(session.cwd, target), machinery.local.contexts()
        number = write_results(folder, chosen, contexts)
    say(f"{target} has {plural(number, 'result')}: index.json says where each comes from.")


@app.command("verify")
@command
def verify(
    session: Session,
    model: SomeModel = None,
    rerun: Annotated[
        int,
        typer.Option("--rerun", metavar="N", min=0, help="Compute N results again and compare."),
    ] = 0,
    workers: Workers = None,
    as_json: AsJson = False,
) -> int:
    """Read every result again and compare it with its digests."""
    from modelops_bundle.cli.render_results import show_verified, verified_document
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.rerun import rerun as compute_again
    from modelops_bundle.workflows.stored import verify as read_again

    with (
        session.project() as workspace,
        open_machinery(workspace, workers=workers) as machinery,
    ):
        report = read_again(workspace, machinery.local, model)
        again = compute_again(workspace, machinery, model, rerun) if rerun else None
    if as_json:
        print_json(verified_document(report, again))
    else:
        show_verified(report, again)
    return 1 if report.damaged or (again is not None and again.differing) else 0


@app.command("gc")
@command
def gc(
    session: Session,
    model: SomeModel = None,
    older_than: Annotated[
        str | None,
        typer.Option("--older-than", metavar="AGE", help="Only those older: 30d, 12h, 90min."),
    ] = None,
    max_size: Annotated[
        str | None,
        typer.Option("--max-size", metavar="SIZE", help="Until so much is left: 10GB, 500MB."),
    ] = None,
    current: Annotated[
        bool, typer.Option("--current", help="Also results that are still true.")
    ] = False,
    delete: Annotated[
        bool, typer.Option("--delete", help="Drop them, instead of showing them.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Drop results that are not true any more.

    What would be dropped is shown; --delete drops it. Nothing that a run is using is dropped.
    """
    from modelops_bundle.cli.amounts import read_age, read_size
    from modelops_bundle.cli.render_results import collected_document, show_collected
    from modelops_bundle.results.retention import Retention
    from modelops_bundle.wiring.running import open_machinery
    from modelops_bundle.workflows.stored import collect

    retention = Retention(
        older_than=None if older_than is None else read_age(older_than),
        largest=None if max_size is None else read_size(max_size),
        everything=current,
    )
    with session.project() as workspace, open_machinery(workspace) as machinery:
        report = collect(workspace, machinery.local, model, retention, time.time(), delete)
    if as_json:
        print_json(collected_document(report))
    else:
        show_collected(report)
