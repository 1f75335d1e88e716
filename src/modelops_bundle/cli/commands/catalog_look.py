"""``mops-bundle catalog``: looking up hosted models."""

from __future__ import annotations

from typing import Annotated

import typer

from modelops_bundle.cli.catalog_options import (
    Developer,
    Limit,
    On,
    Provider,
    StatusName,
    open_catalog,
    read_call,
    read_limit,
    read_on,
    read_wanted,
)
from modelops_bundle.cli.options import AsJson
from modelops_bundle.cli.output import print_json
from modelops_bundle.cli.session import Session, command, new_app

__all__ = ["app"]

app = new_app()


@app.command("list")
@command
def list_hosted(
    session: Session,
    provider: Provider = None,
    status: StatusName = None,
    developer: Developer = None,
    on: On = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """List hosted models with status, context and prices as of a date."""
    from modelops_bundle.cli.render_catalog import listing_document, show_listing
    from modelops_bundle.workflows.catalog_look import list_models

    date, catalog = read_on(on), open_catalog(session.cwd)
    wanted = read_wanted(catalog, provider=provider, status=status, developer=developer)
    listing = list_models(catalog, wanted, date, read_limit(limit, as_json))
    if as_json:
        print_json(listing_document(listing))
    else:
        show_listing(listing)


@app.command("show")
@command
def show(
    session: Session,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="An id or alias, a provider before it or not.")
    ],
    on: On = None,
    usage: Annotated[
        str | None,
        typer.Option(
            "--usage",
            metavar="METER=N,...",
            help="Also what a call cost: input=1000,output=200,cache_read=500.",
        ),
    ] = None,
    service_tier: Annotated[
        str | None,
        typer.Option("--service-tier", metavar="TIER", help="The tier that --usage was served at."),
    ] = None,
    batch: Annotated[
        bool, typer.Option("--batch", help="--usage came through the batch API.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Show all that is known of a hosted model, and what a name means at a date."""
    from modelops_bundle.cli.render_catalog_model import model_document, show_model
    from modelops_bundle.workflows.catalog_look import show_model as look

    call = read_call(usage, service_tier, batch)
    shown = look(open_catalog(session.cwd), name, read_on(on), call)
    if as_json:
        print_json(model_document(shown))
    else:
        show_model(shown)


@app.command("search")
@command
def search(
    session: Session,
    words: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WORD]...", help="All stand in its names or its developer's."),
    ] = None,
    provider: Provider = None,
    status: StatusName = None,
    developer: Developer = None,
    vision: Annotated[
        bool | None, typer.Option("--vision/--no-vision", help="Whether it takes images.")
    ] = None,
    functions: Annotated[
        bool | None, typer.Option("--functions/--no-functions", help="Whether it calls functions.")
    ] = None,
    max_price: Annotated[
        str | None,
        typer.Option("--max-price", metavar="USD", help="At most, for a million input tokens."),
    ] = None,
    min_context: Annotated[
        str | None,
        typer.Option("--min-context", metavar="TOKENS", help="At least: 128000, 128k, 1M."),
    ] = None,
    on: On = None,
    limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """Search hosted models by words and by what they can do and cost."""
    from modelops_bundle.cli.render_catalog import listing_document, show_listing
    from modelops_bundle.workflows.catalog_look import list_models

    date, catalog = read_on(on), open_catalog(session.cwd)
    wanted = read_wanted(
        catalog,
        words=words or (),
        provider=provider,
        developer=developer,
        status=status,
        vision=vision,
        functions=functions,
        max_price=max_price,
        min_context=min_context,
    )
    listing = list_models(catalog, wanted, date, read_limit(limit, as_json))
    if as_json:
        print_json(listing_document(listing))
    else:
        show_listing(listing)
