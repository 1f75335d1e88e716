"""Options of the catalog's commands, and what is typed there as values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Annotated

import typer

from modelops_bundle.errors import UsageError

if TYPE_CHECKING:
    from modelops_bundle.catalog import Catalog
    from modelops_bundle.catalog.searching import Wanted
    from modelops_bundle.workflows.catalog_look import Call

__all__ = [
    "Developer",
    "Limit",
    "On",
    "Provider",
    "StatusName",
    "open_catalog",
    "read_call",
    "read_limit",
    "read_on",
    "read_wanted",
]

Provider = Annotated[
    list[str] | None,
    typer.Option("--provider", metavar="NAME", help="Only this provider's. Repeatable."),
]
Developer = Annotated[
    str | None, typer.Option("--developer", metavar="NAME", help="Only models that it made.")
]
StatusName = Annotated[
    str | None,
    typer.Option(
        "--status", metavar="STATUS", help="production, beta, experimental, deprecated or retired."
    ),
]
On = Annotated[
    str | None,
    typer.Option(
        "--on", metavar="DATE", help="As of this day or time, UTC: 2024-12-01. [default: now]"
    ),
]
Limit = Annotated[
    int | None,
    typer.Option(
        "--limit",
        metavar="N",
        min=0,
        help="N models at most, 0 for all. [default: 50, all with --json]",
    ),
]

_USUAL_LIMIT = 50


def open_catalog(cwd: str) -> Catalog:
    """The catalog with what the project around a folder adds.

    Raises:
        CatalogError: The project's document cannot be used.
    """
    from modelops_bundle.catalog.loading import load, project_folder

    return load(project_folder(cwd))


def read_on(text: str | None) -> datetime | None:
    """The instant that ``--on`` names, UTC.

    Raises:
        UsageError: It names none.
    """
    from modelops_bundle.catalog.dates import read_instant

    if text is None:
        return None
    try:
        return read_instant(text)
    except ValueError as error:
        raise UsageError(str(error), "", "") from None


def read_limit(number: int | None, as_json: bool) -> int | None:
    """How many models are shown; ``None`` for all."""
    if number is None:
        return None if as_json else _USUAL_LIMIT
    return number or None


def read_wanted(
    catalog: Catalog,
    *,
    words: Iterable[str] = (),
    provider: list[str] | None = None,
    developer: str | None = None,
    status: str | None = None,
    vision: bool | None = None,
    functions: bool | None = None,
    max_price: str | None = None,
    min_context: str | None = None,
) -> Wanted:
    """What is looked for.

    Raises:
        UsageError: A provider or developer is not known, or a value is none of its kind.
    """
    from modelops_bundle.catalog.searching import Wanted
    from modelops_bundle.catalog.statuses import read_status
    from modelops_bundle.workflows.catalog_look import developer_name, provider_slugs

    try:
        known = None if status is None else read_status(status.lower())
        tokens = None if min_context is None else _read_tokens(min_context)
        most = None if max_price is None else _read_price(max_price)
    except ValueError as error:
        raise UsageError(str(error), "", "") from None
    return Wanted(
        words=tuple(word for text in words for word in text.split()),
        providers=provider_slugs(catalog, provider or ()),
        developer=None if developer is None else developer_name(catalog, developer),
        status=known,
        vision=vision,
        functions=functions,
        max_price=most,
        min_context=tokens,
    )


def read_call(usage: str | None, service_tier: str | None, batch: bool) -> Call | None:
    """The call that ``--usage`` describes: ``input=1000,output=200``.

    Raises:
        UsageError: A meter is not known or stands twice, or a count is none.
    """
    from modelops_bundle.catalog.pricing import Usage
    from modelops_bundle.workflows.catalog_look import Call

    if usage is None:
        if service_tier is not None or batch:
            raise UsageError(
                "--service-tier and --batch say how a call was made",
                "",
                "Give --usage as well, such as --usage input=1000,output=200.",
            )
        return None
    meters = [each.name for each in fields(Usage)]
    counts: dict[str, int] = {}
    for part in filter(None, map(str.strip, usage.split(","))):
        meter, _, number = (each.strip() for each in part.partition("="))
        if meter not in meters or meter in counts:
            why = "it stands twice" if meter in counts else f"known are {', '.join(meters)}"
            raise UsageError(f"{part} is no usage", why, "Write --usage input=1000,output=200.")
        if not (number.isascii() and number.isdecimal() and len(number) <= 15):
            mend = "Write a whole number behind the =."
            raise UsageError(f"{part} is no usage", f"{number or 'nothing'} is no count", mend)
        counts[meter] = int(number)
    if not counts:
        raise UsageError("--usage counts nothing", "", "Write --usage input=1000,output=200.")
    return Call(Usage(**counts), service_tier, batch)


def _read_tokens(text: str) -> int:
    from modelops_bundle.catalog.importing.markdown_table import read_tokens

    try:
        return read_tokens(text)
    except ValueError:
        raise ValueError(f"{text!r} is no number of tokens: write 128000, 128k or 1M") from None


def _read_price(text: str) -> Decimal:
    from modelops_bundle.catalog.importing.markdown_table import read_money

    try:
        amount, currency = read_money(text)
    except ValueError:
        currency = ""
    if currency != "USD":
        raise ValueError(f"{text!r} is no price in US dollars: write 2.50")
    return amount
