"""A project's document over shipped entries: it overrides what it gives, and history keeps its time."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from modelops_bundle.catalog.entries import (
    Alias,
    Authentication,
    Capabilities,
    ModelEntry,
    Pagination,
    Price,
    ProviderConfig,
    When,
)
from modelops_bundle.catalog.overlay import (
    PROJECT_FILE,
    overlay_entry,
    overlay_provider,
    without_aliases,
)
from modelops_bundle.catalog.trees import entry_tree

MAY, OCTOBER = (datetime(2024, month, 1, tzinfo=UTC) for month in (5, 10))


def price(amount: str, **known: object) -> Price:
    return Price(meter="input", unit="1m_tokens", amount=Decimal(amount), **known)  # type: ignore[arg-type]


SHIPPED = ModelEntry(
    id="small-1",
    provider="acme",
    developer="acme",
    context_window=1000,
    capabilities=Capabilities(supports_vision=True, supports_reasoning=False),
    aliases=(Alias(name="small", source="blog"), Alias(name="other", source="blog")),
    prices=(price("5", valid_from=MAY, source="list"),),
    source={"*": "docs", "context_window": "page"},
)
GIVEN = {"id": "small-1", "provider": "acme"}


def over(**given: object) -> ModelEntry:
    return overlay_entry(SHIPPED, {**GIVEN, **given})


def amounts(entry: ModelEntry, *days: date) -> list[list[str]]:
    return [[str(row.amount) for row in entry.prices if row.is_valid(day)] for day in days]


def row(amount: str, **known: object) -> dict[str, object]:
    return {"meter": "input", "unit": "1m_tokens", "amount": amount, **known}


def test_what_is_not_given_stays() -> None:
    assert over() == SHIPPED
    assert overlay_entry(None, GIVEN) == ModelEntry(id="small-1", provider="acme")


def test_what_is_given_is_overridden_and_null_is_unknown() -> None:
    made = over(context_window=2000, developer=None, release_date="2024-05")
    assert (made.context_window, made.developer, str(made.release_date)) == (2000, None, "2024-05")
    assert made.capabilities == SHIPPED.capabilities


def test_capabilities_are_overridden_one_by_one() -> None:
    made = over(capabilities={"supports_vision": None, "supports_streaming": True})
    assert made.capabilities == Capabilities(supports_reasoning=False, supports_streaming=True)
    assert over(capabilities=None).capabilities == Capabilities()
    assert over(capabilities={}).capabilities == SHIPPED.capabilities


@pytest.mark.parametrize(("source", "expected"), [({"*": "mail"}, "mail"), (None, PROJECT_FILE)])
def test_a_given_value_is_no_longer_from_where_the_shipped_one_was(
    source: dict[str, str] | None, expected: str
) -> None:
    given = {} if source is None else {"source": source}
    made = over(context_window=2000, capabilities={"supports_vision": False}, **given)
    assert made.source == {
        "*": "docs",
        "context_window": expected,
        "capabilities.supports_vision": expected,
    }


def test_a_source_by_field_stands_before_the_general_one() -> None:
    made = over(context_window=2000, source={"*": "mail", "context_window": "call"})
    assert made.source == {"*": "docs", "context_window": "call"}
    assert over(source=None).source == {}


def test_a_row_without_a_source_is_from_where_the_document_says() -> None:
    made = over(prices=[row("4"), row("1", when={"batch": True}, source="mail")])
    assert [each.source for each in made.prices] == [PROJECT_FILE, "mail"]
    made = over(aliases=[{"name": "small"}], source={"*": "mail"})
    assert {each.name: each.source for each in made.aliases} == {"small": "mail", "other": "blog"}


def test_a_price_stands_for_its_time_and_shipped_ones_keep_theirs() -> None:
    made = over(prices=[row("4", valid_from="2024-07-01", valid_to="2024-08-01")])
    days = [
        date(2024, 4, 30),
        date(2024, 6, 30),
        date(2024, 7, 1),
        date(2024, 7, 31),
        date(2024, 8, 1),
    ]
    assert amounts(made, *days) == [[], ["5"], ["4"], ["4"], ["5"]]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (None, None, ["4", "4", "4"]),
        ("2024-05-01", None, ["", "4", "4"]),
        (None, "2024-05-01", ["4", "5", "5"]),
        ("2024-09-30", "2024-10-01", ["", "5", "5"]),
        ("2024-10-01", None, ["", "5", "4"]),
    ],
)
def test_a_price_takes_no_instant_more_than_its_own(
    start: str | None, end: str | None, expected: list[str]
) -> None:
    made = over(prices=[row("4", valid_from=start, valid_to=end)])
    days = [date(2024, 4, 30), date(2024, 5, 1), date(2024, 10, 1)]
    assert ["".join(each) for each in amounts(made, *days)] == expected


def test_a_flat_price_takes_the_place_of_shipped_tiers_and_hours() -> None:
    hours = When(time_of_day=(time(16), time(0)))
    shipped = replace(
        SHIPPED, prices=(price("5"), price("9", min_context=200_000), price("2", when=hours))
    )
    made = overlay_entry(shipped, {**GIVEN, "prices": [row("4")]})
    assert [each.amount for each in made.prices] == [4]


@pytest.mark.parametrize("when", [When(batch=True), When(service_tier="flex")])
def test_a_price_leaves_batch_and_other_service_tiers(when: When) -> None:
    shipped = replace(SHIPPED, prices=(price("5"), price("2", when=when)))
    made = overlay_entry(shipped, {**GIVEN, "prices": [row("4")]})
    assert [each.amount for each in made.prices] == [4, 2]


def test_a_price_leaves_other_meters() -> None:
    made = over(prices=[{**row("4"), "meter": "output"}])
    assert [each.amount for each in made.prices] == [4, 5]


def test_null_makes_prices_and_aliases_unknown_and_an_empty_list_does_not() -> None:
    assert (over(prices=None).prices, over(aliases=None).aliases) == ((), ())
    assert (over(prices=[]).prices, over(aliases=[]).aliases) == (SHIPPED.prices, SHIPPED.aliases)


def test_an_alias_stands_for_its_time() -> None:
    made = over(aliases=[{"name": "small", "valid_from": "2024-10-01"}])
    assert made.aliases == (
        Alias(name="small", valid_from=OCTOBER, source=PROJECT_FILE),
        Alias(name="small", valid_to=OCTOBER, source="blog"),
        Alias(name="other", source="blog"),
    )


def test_an_alias_that_now_means_another_model_is_taken_away_for_its_time() -> None:
    made = without_aliases(SHIPPED, [Alias(name="small", valid_from=MAY, valid_to=OCTOBER)])
    assert made.aliases == (
        Alias(name="small", valid_to=MAY, source="blog"),
        Alias(name="small", valid_from=OCTOBER, source="blog"),
        Alias(name="other", source="blog"),
    )


def test_laying_an_entry_over_itself_changes_nothing_but_its_order() -> None:
    made = overlay_entry(SHIPPED, entry_tree(SHIPPED))
    assert made == replace(SHIPPED, source=made.source)


def test_a_providers_configuration_is_overridden_part_by_part() -> None:
    shipped = ProviderConfig(
        slug="acme",
        name="Acme",
        base_url="https://a.example",
        authentication=Authentication(scheme="header", header="x", headers={"version": "1"}),
        pagination=Pagination(style="cursor", parameter="after", size=100),
    )
    made = overlay_provider(
        "acme",
        shipped,
        {"base_url": None, "authentication": {"header": "y"}, "pagination": {"size": None}},
    )
    assert made == replace(
        shipped,
        base_url=None,
        authentication=replace(shipped.authentication, header="y"),
        pagination=Pagination(style="cursor", parameter="after"),
    )
    assert overlay_provider("new", None, {"pagination": {"size": 5}}).pagination.size == 5
