"""Looking for models by words, abilities, room and price at a date."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from tests.support.catalogs import catalog_of

from modelops_bundle.catalog.searching import Wanted, search
from modelops_bundle.catalog.statuses import Status

CATALOG = catalog_of(
    """
    providers: {acme: {name: Acme}, a-reseller: {name: A reseller}}
    models:
      - id: zeta-2
        provider: acme
        developer: acme
        display_name: Zeta Two
        status: production
        context_window: 200000
        capabilities: {supports_vision: true, supports_function_calling: true}
        aliases: [zeta]
        prices:
          - {meter: input, unit: 1m_tokens, amount: "4", valid_to: 2025-01-01}
          - {meter: input, unit: 1k_tokens, amount: "0.002", valid_from: 2025-01-01}
      - {id: zeta-1, provider: acme, developer: acme, context_window: 8000, deprecation_date: 2024-06-01,
         capabilities: {supports_vision: false}}
      - {id: zeta-2, provider: a-reseller, developer: acme, context_window: 100000,
         prices: [{meter: input, unit: 1m_tokens, amount: "1", currency: EUR}]}
      - {id: other, provider: a-reseller, max_input_tokens: 300000}
    """
)
ON = date(2025, 6, 1)


def names(on: date = ON, **wanted: object) -> list[str]:
    return [each.name for each in search(CATALOG, Wanted(**wanted), on)]  # type: ignore[arg-type]


def test_without_words_all_are_found_in_order() -> None:
    assert names() == ["a-reseller/other", "a-reseller/zeta-2", "acme/zeta-1", "acme/zeta-2"]


def test_the_very_name_comes_first_then_its_beginnings_with_the_developers_own_before_others() -> (
    None
):
    assert names(words=("zeta-2",)) == ["acme/zeta-2", "a-reseller/zeta-2"]
    assert names(words=("ZETA",)) == ["acme/zeta-2", "acme/zeta-1", "a-reseller/zeta-2"]
    assert names(words=("zeta", "two")) == ["acme/zeta-2"]
    assert names(words=("nothing",)) == []


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"vision": True}, ["acme/zeta-2"]),
        ({"vision": False}, ["acme/zeta-1"]),
        ({"functions": True}, ["acme/zeta-2"]),
        ({"status": Status.DEPRECATED}, ["acme/zeta-1"]),
        ({"developer": "acme", "providers": ("a-reseller",)}, ["a-reseller/zeta-2"]),
        ({"min_context": 200_000}, ["a-reseller/other", "acme/zeta-2"]),
        ({"max_price": Decimal(2)}, ["acme/zeta-2"]),
        ({"max_price": Decimal("1.99")}, []),
    ],
)
def test_filters_fit_only_what_is_known(wanted: dict[str, object], found: list[str]) -> None:
    assert names(**wanted) == found


def test_prices_and_status_are_those_of_the_date() -> None:
    before = date(2024, 1, 1)
    assert names(on=before, max_price=Decimal(2)) == []
    assert names(on=before, status=Status.DEPRECATED) == []
