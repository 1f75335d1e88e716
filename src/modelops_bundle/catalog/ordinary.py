"""The price that a model is known by: that of an ordinary call, for a million tokens.

An ordinary call is at the standard tier and not through the batch API, at any time of day, and with a context
that no tier is above. A date has no time of day, so what holds at certain hours alone is left out.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Context, Decimal, localcontext

from modelops_bundle.catalog.entries import UNITS, ModelEntry, Price, When
from modelops_bundle.catalog.pricing import DIGITS, is_to_come
from modelops_bundle.catalog.trees import amount_text

__all__ = ["ordinary_price", "ordinary_rows", "per_million", "per_million_text"]

_MILLION = 1_000_000
_USUAL = When()


def ordinary_rows(entry: ModelEntry, meter: str) -> list[Price]:
    """The rows of a meter for an ordinary call, past ones included."""
    return [
        price
        for price in entry.prices
        if price.meter == meter and price.when == _USUAL and price.min_context == 0
    ]


def ordinary_price(entry: ModelEntry, meter: str, on: date | datetime) -> Price | None:
    """The row of a meter that an ordinary call is priced by at a date; ``None`` when it is unknown."""
    if is_to_come(entry, on):
        return None
    return next((row for row in ordinary_rows(entry, meter) if row.is_valid(on)), None)


def per_million(price: Price) -> Decimal:
    """The amount for a million of what is counted."""
    with localcontext(Context(prec=DIGITS)):
        return price.amount * _MILLION / UNITS[price.unit]


def per_million_text(price: Price) -> str:
    """The same as text: ``2.5`` for US dollars, ``2.5 EUR`` for others."""
    text = amount_text(per_million(price))
    return text if price.currency == "USD" else f"{text} {price.currency}"
