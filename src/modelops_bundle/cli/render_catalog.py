"""Lists of hosted models for people and for programs, from the same reports."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from modelops_bundle.catalog.dates import instant_text
from modelops_bundle.catalog.ordinary import ordinary_price, per_million, per_million_text
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.catalog.trees import amount_text
from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show_lines, width

if TYPE_CHECKING:
    from modelops_bundle.catalog.entries import ModelEntry
    from modelops_bundle.workflows.catalog_look import Listing

__all__ = ["STATUS_STYLES", "UNKNOWN", "listing_document", "show_listing", "status_piece"]

STATUS_STYLES = {
    Status.PRODUCTION: "good",
    Status.BETA: "good",
    Status.EXPERIMENTAL: "warn",
    Status.DEPRECATED: "warn",
    Status.RETIRED: "bad",
}

#: What stands for what is not known.
UNKNOWN: Piece = ("unknown", "faint")

_TITLES = ("model", "status", "released", "context", "input $/M", "output $/M", "can")
_TO_THE_RIGHT = ("context", "input $/M", "output $/M")
_ABSENT: Piece = ("?", "faint")


def listing_document(report: Listing) -> dict[str, Any]:
    """The JSON of ``catalog list`` and ``catalog search``."""
    return {
        "schema": 1,
        "on": instant_text(report.on.replace(microsecond=0)),
        "total": report.total,
        "models": [_model(each, report.on) for each in report.models],
    }


def _model(entry: ModelEntry, on: datetime) -> dict[str, Any]:
    status = entry.status_on(on)
    return {
        "name": entry.name,
        "provider": entry.provider,
        "model_id": entry.id,
        "display_name": entry.display_name,
        "developer": entry.developer,
        "release_date": None if entry.release_date is None else str(entry.release_date),
        "status": None if status is None else str(status),
        "context_window": entry.context_window,
        "max_output_tokens": entry.max_output_tokens,
        "supports_vision": entry.capabilities.supports_vision,
        "supports_function_calling": entry.capabilities.supports_function_calling,
        "input_price": _price(entry, "input", on),
        "output_price": _price(entry, "output", on),
    }


def _price(entry: ModelEntry, meter: str, on: datetime) -> dict[str, str] | None:
    price = ordinary_price(entry, meter, on)
    if price is None:
        return None
    return {"amount": amount_text(per_million(price)), "currency": price.currency}


def show_listing(report: Listing) -> None:
    """Print a line for each model."""
    if not report.models:
        reason = ": what is not known of a model fits no filter" if report.is_filtered else ""
        say(f"No model fits{reason}.")
        if report.close:
            say(f"Names that are close: {', '.join(report.close)}.")
        if report.of_unknown_status:
            count = plural(report.of_unknown_status, "model", "models")
            say(f"Without --status, {count} would fit, of which no source says the status.")
        return
    rows: list[list[Piece]] = [[(title, "strong") for title in _TITLES]]
    rows += [_row(each, report.on) for each in report.models]
    show_lines(columns(_aligned(rows)))
    hidden = report.total - len(report.models)
    if hidden:
        say(f"and {plural(hidden, 'more model', 'more models')}; --limit 0 lists them all")
    say("`mops-bundle catalog show NAME` tells all about one; ? stands for what is not known.")


def status_piece(status: Status | None) -> Piece:
    """A status in its colour."""
    return UNKNOWN if status is None else (str(status), STATUS_STYLES[status])


def _row(entry: ModelEntry, on: datetime) -> list[Piece]:
    status = entry.status_on(on)
    abilities = {
        "vision": entry.capabilities.supports_vision,
        "functions": entry.capabilities.supports_function_calling,
    }
    return [
        entry.name,
        _ABSENT if status is None else status_piece(status),
        _ABSENT if entry.release_date is None else str(entry.release_date),
        _ABSENT if entry.context_window is None else f"{entry.context_window:,}",
        _money(entry, "input", on),
        _money(entry, "output", on),
        ", ".join(name for name, able in abilities.items() if able),
    ]


def _money(entry: ModelEntry, meter: str, on: datetime) -> Piece:
    price = ordinary_price(entry, meter, on)
    return _ABSENT if price is None else per_million_text(price)


def _aligned(rows: list[list[Piece]]) -> list[list[Piece]]:
    """Rows with their numbers ending below each other."""
    for place, title in enumerate(_TITLES):
        if title in _TO_THE_RIGHT:
            widest = max(width((row[place],)) for row in rows)
            for row in rows:
                cell = row[place]
                text, style = (cell, "") if isinstance(cell, str) else cell
                row[place] = (text.rjust(widest), style)
    return rows
