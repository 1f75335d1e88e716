"""``mops-bundle catalog refresh``."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("refresh")
@command
def refresh(
    session: Session,
    provider: Annotated[
        list[str] | None,
        typer.Option(
            "--provider",
            metavar="NAME",
            help="Ask this one. Repeatable. [default: all that have a key]",
        ),
    ] = None,
    output: Annotated[
        str | None,
        typer.Option(
            "--output",
            metavar="FILE",
            help="The list of all models. [default: the project's models.json]",
        ),
    ] = None,
    catalog_dir: Annotated[
        str | None,
        typer.Option(
            "--catalog-dir",
            metavar="DIR",
            help="One document a provider there, in place of the project's.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """Ask providers for their models, record what changed, and list all of them in models.json."""
    from modelops_bundle.cli.render_catalog_refresh import refresh_document, show_refresh
    from modelops_bundle.wiring.model_hosts import refresh_catalog

    report = refresh_catalog(
        session.cwd,
        providers=provider or (),
        output=output or _usual_output(session.cwd),
        catalog_dir=catalog_dir,
        trust_cache=not session.no_cache,
    )
    if as_json:
        print_json(refresh_document(report))
    else:
        show_refresh(report)
    return 1 if report.has_failed else 0


def _usual_output(cwd: str) -> str:
    """The list of a project beside its document, seen from any folder inside."""
    from modelops_bundle.catalog.loading import project_folder

    return os.path.relpath(project_folder(cwd) / "models.json", cwd)
