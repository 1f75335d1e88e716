"""``catalog show`` for people and for programs, from the same report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from modelops_bundle.catalog.dates import instant_text
from modelops_bundle.catalog.pricing import REASONS, prices_in_force
from modelops_bundle.catalog.trees import CAPABILITIES, amount_text, cost_tree, public_tree
from modelops_bundle.cli.drawing import columns
from modelops_bundle.cli.output import Line, Piece, show, show_lines
from modelops_bundle.cli.render_catalog import UNKNOWN, status_piece

if TYPE_CHECKING:
    from modelops_bundle.catalog.entries import Alias, ModelEntry, Price
    from modelops_bundle.catalog.pricing import Cost, CostLine
    from modelops_bundle.workflows.catalog_look import Call, Shown

__all__ = ["model_document", "show_model"]


# --- for programs -------------------------------------------------------------------------------


def model_document(shown: Shown) -> dict[str, Any]:
    """The JSON of ``catalog show``."""
    status = shown.entry.status_on(shown.on)
    rule = None if status is None else status.rule
    in_force = prices_in_force(shown.entry, shown.on)
    return {
        "schema": 1,
        "asked": shown.asked,
        "on": instant_text(shown.on.replace(microsecond=0)),
        "name": shown.entry.name,
        "now": shown.now,
        "now_reason": shown.now_reason or None,
        "status": None if status is None else str(status),
        "meaning": None if rule is None else rule.meaning,
        "consequence": None if rule is None else rule.consequence,
        "meanings": [
            {"model_id": each.model_id, **_span(each.alias), "source": each.alias.source}
            for each in shown.meanings
        ],
        "prices_in_force": [
            place for place, each in enumerate(shown.entry.prices) if each in in_force
        ],
        "model": public_tree(shown.entry),
        "cost": None
        if shown.cost is None or shown.call is None
        else _cost_tree(shown.cost, shown.call),
    }


def _span(row: Alias | Price) -> dict[str, str | None]:
    start, end = row.valid_from, row.valid_to
    return {
        "valid_from": None if start is None else instant_text(start),
        "valid_to": None if end is None else instant_text(end),
    }


def _cost_tree(cost: Cost, call: Call) -> dict[str, Any]:
    return {
        "usage": {meter: count for meter, count in asdict(call.usage).items() if count},
        "service_tier": call.service_tier,
        "batch": call.batch,
        **cost_tree(cost),
    }


# --- for people ---------------------------------------------------------------------------------


def show_model(shown: Shown) -> None:
    """Print what is known of a model, section by section."""
    entry = shown.entry
    show((entry.name, "strong"))
    show_lines(columns([[label, value] for label, value in _facts(shown)], indent="  "))
    general = entry.source.get("*")
    names = [_alias_row(alias.name, alias, general) for alias in entry.aliases]
    _section("Names that mean it", columns(names, indent="  "))
    others = [_alias_row(each.model_id, each.alias) for each in shown.meanings]
    if len(others) > 1:
        _section(f"What {shown.asked} means and meant", columns(others, indent="  "))
    in_force = prices_in_force(entry, shown.on)
    prices = [_price_row(price, price in in_force, general) for price in entry.prices]
    _section("Prices", columns(prices, indent="  "))
    sources = [[key if key != "*" else "all else", text] for key, text in entry.source.items()]
    _section("Where values come from", columns(sources, indent="  "))
    if shown.cost is not None:
        _section("Cost", _cost_lines(shown.cost))


def _section(title: str, lines: Iterable[Line]) -> None:
    show()
    show((title, "strong"))
    lines = list(lines)
    show_lines(lines or [("  ", UNKNOWN)])


def _facts(shown: Shown) -> Iterator[tuple[str, Piece]]:
    entry, status = shown.entry, shown.entry.status_on(shown.on)
    day = instant_text(shown.on.replace(microsecond=0))
    if not shown.is_dated:
        yield "asked for", f"{shown.asked}, now ({day})"
    elif shown.now == entry.name:
        yield "asked for", f"{shown.asked}, on {day}; today it means the same"
    else:
        now = shown.now or f"nothing certain: {shown.now_reason}"
        yield "asked for", f"{shown.asked}, on {day}"
        yield "today", (f"{shown.asked} means {now}", "warn")
    if entry.base_model is not None:
        yield "form of", entry.base_model
    yield "name", _known(entry.display_name)
    yield "provider", f"{shown.provider.slug} ({shown.provider.name or shown.provider.slug})"
    yield "developer", _known(entry.developer)
    yield "released", _known(entry.release_date)
    yield "status", status_piece(status)
    if status is not None:
        yield "  meaning", status.rule.meaning
        yield "  follows", status.rule.consequence
    yield "deprecated", _known(entry.deprecation_date)
    yield "shut down", _known(entry.shutdown_date)
    yield "replacement", _known(entry.replacement)
    yield from _abilities(entry)
    yield "min API version", _known(entry.min_api_version)
    yield "checked on", _known(entry.checked_on)


def _abilities(entry: ModelEntry) -> Iterator[tuple[str, Piece]]:
    limits = (
        ("context", "context_window"),
        ("input", "max_input_tokens"),
        ("output", "max_output_tokens"),
    )
    for label, key in limits:
        limit = getattr(entry, key)
        yield label, UNKNOWN if limit is None else f"{limit:,} tokens at most"
    for name in CAPABILITIES:
        value = getattr(entry.capabilities, name)
        told = ("yes" if value else "no") if isinstance(value, bool) else _known(value)
        yield name.removeprefix("supports_").replace("_", " "), told


def _known(value: object) -> Piece:
    return UNKNOWN if value is None else str(value)


def _alias_row(name: str, alias: Alias, general: str | None = None) -> list[Piece]:
    return [name, _span_text(alias), _source(alias.source or general)]


def _price_row(price: Price, in_force: bool, general: str | None) -> list[Piece]:
    when = price.when
    hours = when.time_of_day and "-".join(each.isoformat("minutes") for each in when.time_of_day)
    notes = [
        when.service_tier and f"tier {when.service_tier}",
        "batch" if when.batch else None,
        hours and f"at {hours} UTC",
        f"above {price.min_context:,} tokens of context" if price.min_context else None,
    ]
    return [
        ("in force", "good") if in_force else ("not then", "faint"),
        price.meter,
        f"{amount_text(price.amount)} {price.currency} per {_unit(price.unit)}",
        _span_text(price),
        ", ".join(note for note in notes if note) or "standard",
        _source(price.source or general),
    ]


def _source(text: str | None) -> Piece:
    return ("source unknown", "faint") if text is None else (text, "faint")


def _unit(unit: str) -> str:
    return unit.replace("_", " ").replace("1m ", "1M ")


def _span_text(row: Alias | Price) -> str:
    span = _span(row)
    start, end = span["valid_from"], span["valid_to"]
    if start is None and end is None:
        return "no dates known"
    return " ".join(
        part for part in (f"from {start}" if start else "", f"until {end}" if end else "") if part
    )


def _cost_lines(cost: Cost) -> Iterator[Line]:
    if cost.amount is None:
        assert cost.reason is not None
        what = f" ({cost.meter})" if cost.meter else ""
        yield "  ", ("unknown", "warn"), f": {cost.reason}{what}: {REASONS[cost.reason]}"
        return
    rows = [_cost_row(line) for line in cost.lines]
    yield from columns(rows, indent="  ")
    yield "  total ", (f"{amount_text(cost.amount)} {cost.currency}", "strong")
    if cost.undated:
        yield ("  A price was used of which no source says since when it holds.",)


def _cost_row(line: CostLine) -> list[Piece]:
    price = f"{amount_text(line.price.amount)} {line.price.currency} per {_unit(line.price.unit)}"
    return [line.meter, f"{line.count:,} x {price}", f"= {amount_text(line.amount)}"]
