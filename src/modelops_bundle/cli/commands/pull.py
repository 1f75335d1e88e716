"""``mops-bundle pull``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from modelops_bundle.cli.bundle_options import Ref
from modelops_bundle.cli.options import AsJson, DryRun
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

if TYPE_CHECKING:
    from modelops_bundle.workflows.bundles.carrying import Carried
    from modelops_bundle.workflows.bundles.pull import Pull
    from modelops_bundle.workflows.workspace import Workspace

__all__ = ["app"]

app = new_app()


@app.command()
@command
def pull(
    session: Session,
    ref: Ref = None,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Take the bundle's files over your own changes.")
    ] = False,
    take: Annotated[
        list[str] | None,
        typer.Option(
            "--take", metavar="PATH", help="The bundle's file or folder over yours. Repeatable."
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="PATH", help="Yours where both changed it. Repeatable."),
    ] = None,
    restore_deleted: Annotated[
        bool, typer.Option("--restore-deleted", help="Bring back files that you deleted.")
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option("--model", metavar="M", help="Only what this model needs. Repeatable."),
    ] = None,
    no_results: Annotated[
        bool, typer.Option("--no-results", help="Leave out the results that came with the bundle.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> int:
    """Bring the project's folder to what a bundle holds.

    What you changed stays, and the registry is merged entry by entry. Where the bundle changed the same
    file, nothing is written and the files are listed; `--take` and `--keep` say whose is wanted.
    """
    from modelops_bundle.cli.render_bundles import pull_document, show_pull
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.pull import Wish, apply_pull, plan_the_pull

    with (
        # A broken pyproject.toml is among what the bundle may replace.
        session.project(config_later=True) as workspace,
        open_exchange(workspace) as exchange,
        exchange.lock(),
    ):
        wish = Wish(model or (), keep or (), take or (), overwrite, restore_deleted)
        done = plan_the_pull(workspace, exchange, ref, wish)
        copies = "" if dry_run else apply_pull(workspace, exchange, done)
        carried = None if dry_run else _follow(workspace, done, with_results=not no_results)
    if as_json:
        print_json(pull_document(done, not dry_run, carried))
    else:
        show_pull(done, not dry_run, carried, copies)
    return 1 if done.plan.obstacles else 0


def _follow(workspace: Workspace, done: Pull, *, with_results: bool) -> Carried | None:
    """What comes after the files: results, and the records that explain changes."""
    from modelops_bundle.wiring.carrying import bring
    from modelops_bundle.workflows.keeping import keep_current_records

    if done.plan.steps:
        keep_current_records(workspace)
    return bring(workspace, done.bundle) if with_results else None
