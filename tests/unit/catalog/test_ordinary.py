"""The price that a model is known by, out of all the rows of its price list."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal, localcontext

import pytest

from modelops_bundle.catalog.dates import PartialDate, as_instant
from modelops_bundle.catalog.entries import ModelEntry, Price, When
from modelops_bundle.catalog.ordinary import (
    ordinary_price,
    ordinary_rows,
    per_million,
    per_million_text,
)

ON = date(2025, 6, 1)


def row(amount: str, unit: str = "1m_tokens", **more: object) -> Price:
    given = {"meter": "input", "unit": unit, "amount": Decimal(amount)}
    return Price(**(given | more))  # type: ignore[arg-type]


OLD = row("0.004", "1k_tokens", valid_to=as_instant(ON))
NEW = row("2", valid_from=as_instant(ON))
OTHERS = (
    row("1", when=When(time_of_day=(time(16, 30), time(0, 30)))),
    row("3", when=When(service_tier="priority")),
    row("0.5", when=When(batch=True)),
    row("6", min_context=200_000),
    row("9", meter="output"),
)
ENTRY = ModelEntry(
    id="m", provider="acme", release_date=PartialDate(2025), prices=(*OTHERS, OLD, NEW)
)


def test_it_is_that_of_an_ordinary_call_at_the_date() -> None:
    assert ordinary_rows(ENTRY, "input") == [OLD, NEW]
    assert ordinary_price(ENTRY, "input", date(2025, 5, 31)) == OLD
    assert ordinary_price(ENTRY, "input", ON) == NEW
    assert ordinary_price(ENTRY, "cache_read", ON) is None


def test_before_the_release_there_is_none() -> None:
    assert ordinary_price(ENTRY, "input", date(2024, 12, 31)) is None


@pytest.mark.parametrize(
    ("price", "text"),
    [
        (OLD, "4"),
        (row("0.0000025", "token"), "2.5"),
        (row("2.50", currency="EUR"), "2.5 EUR"),
        (row("0"), "0"),
    ],
)
def test_it_is_told_for_a_million(price: Price, text: str) -> None:
    assert per_million_text(price) == text


def test_it_is_exact_whatever_the_callers_precision() -> None:
    with localcontext(prec=3):
        assert per_million(row("0.00012345678", "1k_tokens")) == Decimal("0.12345678")
