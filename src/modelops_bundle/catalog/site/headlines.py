"""The few facts of a model that fit into a row, and the history that tells them for another date.

The price in a row is that of an ordinary call (:mod:`modelops_bundle.catalog.ordinary`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from modelops_bundle.catalog.entries import Alias, ModelEntry, Price
from modelops_bundle.catalog.ordinary import ordinary_price, ordinary_rows, per_million
from modelops_bundle.catalog.pricing import is_to_come
from modelops_bundle.catalog.trees import amount_text

__all__ = [
    "ABILITIES",
    "METERS_SHOWN",
    "UNKNOWN",
    "Row",
    "ability_marks",
    "day_number",
    "history_of",
    "row_of",
]

#: What stands where nothing is known.
UNKNOWN = "?"

#: Meters that have a column, in its order.
METERS_SHOWN = ("input", "output", "cache_read")

#: Capabilities that are shown: name of the field, letter in the plain table, and word for people.
ABILITIES = (
    ("supports_vision", "V", "vision"),
    ("supports_function_calling", "T", "tools"),
    ("supports_structured_output", "S", "structured output"),
    ("supports_reasoning", "R", "reasoning"),
    ("supports_streaming", "L", "streaming"),
)

_EPOCH = date(1970, 1, 1)


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table.

    Attributes:
        id: The provider's id of the model.
        name: Name for people, where it says more than the id.
        page: Address of its own page, if it has one.
        developer: Slug of who made it.
        released: Date with the precision that is known.
        status: At the date of the page.
        context: Tokens of the context window.
        max_input: Tokens that go in at most.
        max_output: Tokens that come out at most.
        prices: Per million tokens, of :data:`METERS_SHOWN`.
        abilities: One mark each of :data:`ABILITIES`: its letter for yes, ``-`` for no.

    Each is text, with :data:`UNKNOWN` for what is not known.
    """

    id: str
    name: str | None
    page: str | None
    developer: str
    released: str
    status: str
    context: str
    max_input: str
    max_output: str
    prices: tuple[str, ...]
    abilities: str


def row_of(entry: ModelEntry, on: date, page: str | None) -> Row:
    """The line of a model, as it is at a date."""
    name = entry.display_name
    status = entry.status_on(on)
    return Row(
        id=entry.id,
        name=None if name == entry.id else name,
        page=page,
        developer=entry.developer or UNKNOWN,
        released=UNKNOWN if entry.release_date is None else str(entry.release_date),
        status=UNKNOWN if status is None else str(status),
        context=_count(entry.context_window),
        max_input=_count(entry.max_input_tokens),
        max_output=_count(entry.max_output_tokens),
        prices=tuple(_price_on(entry, meter, on) for meter in METERS_SHOWN),
        abilities=ability_marks(entry),
    )


def ability_marks(entry: ModelEntry) -> str:
    """Marks of what a model can do, one character each."""
    return "".join(
        {True: letter, False: "-", None: UNKNOWN}[getattr(entry.capabilities, name)]
        for name, letter, _ in ABILITIES
    )


def history_of(entry: ModelEntry, on: date) -> dict[str, Any]:
    """What the script has to know to fill the row for any date; empty where nothing ever changes.

    Args:
        entry: The model.
        on: The date that the row was made for.

    Returns:
        ``prices``: ``[column, text, from, to]`` each, the first that is valid counts. ``aliases``: ``[name,
        from, to]`` each. ``status``: what it is where no date decides, and the days of deprecation and
        shutdown. Days are numbers since 1970, ``to`` is the first that is out, and 0 is no bound.
    """
    history: dict[str, Any] = {}
    prices = [
        [column, _price_text(price), *_bounds(price)]
        for column, meter in enumerate(METERS_SHOWN)
        for price in ordinary_rows(entry, meter)
    ]
    if any(start or end for _, _, start, end in prices) or is_to_come(entry, on):
        history["prices"] = prices
    if entry.aliases:
        history["aliases"] = [[alias.name, *_bounds(alias)] for alias in entry.aliases]
    ends = (entry.deprecation_date, entry.shutdown_date)
    if any(ends):
        days = [day_number(end.last) if end else 0 for end in ends]
        history["status"] = [str(entry.undated_status or UNKNOWN), *days]
    return history


def day_number(day: date) -> int:
    """Days since the first of January 1970."""
    return (day - _EPOCH).days


def _bounds(row: Price | Alias) -> tuple[int, int]:
    """First day that a row is valid at the beginning of, and the first that it is not."""
    return _first_day(row.valid_from), _first_day(row.valid_to)


def _first_day(instant: datetime | None) -> int:
    if instant is None:
        return 0
    day = instant.astimezone(UTC)
    return day_number(day.date() + timedelta(days=0 if day.time() == time() else 1))


def _price_on(entry: ModelEntry, meter: str, on: date) -> str:
    price = ordinary_price(entry, meter, on)
    return UNKNOWN if price is None else _price_text(price)


def _price_text(price: Price) -> str:
    """``2.5`` for US dollars, ``CNY 2.5`` for others."""
    text = amount_text(per_million(price))
    return text if price.currency == "USD" else f"{price.currency} {text}"


def _count(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"
