"""``mops-bundle push``."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.bundle_options import Ref
from modelops_bundle.cli.options import AsJson, DryRun
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command()
@command
def push(
    session: Session,
    ref: Ref = None,
    tag: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="A tag to move there. Repeatable."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Also over what others pushed; says what it drops.")
    ] = False,
    allow_secrets: Annotated[
        bool, typer.Option("--allow-secrets", help="Also files that are named like secrets.")
    ] = False,
    index_version: Annotated[
        int,
        typer.Option(
            "--index-version", metavar="N", min=1, max=2, help="1 for readers of the first format."
        ),
    ] = 2,
    with_results: Annotated[
        bool, typer.Option("--with-results", help="Also results that are still true.")
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Send the project as a bundle.

    Code, data and registry go to a registry or a folder, as one artifact that its content names. Only what is
    not there yet is sent. A tag that somebody else moved is not replaced.
    """
    from modelops_bundle.cli.render_bundles import push_document, show_push
    from modelops_bundle.wiring.carrying import push as send
    from modelops_bundle.wiring.exchanging import open_exchange
    from modelops_bundle.workflows.bundles.push import plan_push

    with session.project() as workspace, open_exchange(workspace) as exchange, exchange.lock():
        plan = plan_push(
            workspace,
            exchange,
            ref,
            tag or (),
            force=force,
            allow_secrets=allow_secrets,
            version=index_version,
        )
        done = send(workspace, exchange, plan, with_results=with_results, dry_run=dry_run)
        usual = exchange.reference(None).place
    if as_json:
        print_json(push_document(plan, not dry_run, *done))
    else:
        show_push(plan, not dry_run, *done, usual)
