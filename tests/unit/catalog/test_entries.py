"""Records of the catalog: frozen, read-only, and right about instants at their boundaries."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import (
    METERS,
    UNITS,
    Alias,
    Authentication,
    Facts,
    ModelEntry,
    Price,
    ProviderConfig,
)
from modelops_bundle.catalog.statuses import Status


def entry(**known: object) -> ModelEntry:
    return ModelEntry(id="small-1", provider="acme", **known)  # type: ignore[arg-type]


@pytest.mark.parametrize("row", [Alias, Price])
def test_a_row_holds_from_its_first_instant_until_before_its_last(row: type) -> None:
    known = (
        {"meter": "input", "unit": "token", "amount": Decimal(1)} if row is Price else {"name": "x"}
    )
    bounded = row(
        **known,
        valid_from=datetime(2024, 5, 13, tzinfo=UTC),
        valid_to=datetime(2024, 10, 2, 16, tzinfo=UTC),
    )
    assert not bounded.is_valid(date(2024, 5, 12))
    assert not bounded.is_valid(datetime(2024, 5, 12, 23, 59, 59))
    assert bounded.is_valid(date(2024, 5, 13))
    assert bounded.is_valid(date(2024, 10, 2))
    assert bounded.is_valid(datetime(2024, 10, 2, 15, 59, 59))
    assert not bounded.is_valid(datetime(2024, 10, 2, 16))
    assert row(**known).is_valid(date(1900, 1, 1))
    assert row(**known).is_valid(date(9999, 12, 31))


@pytest.mark.parametrize(
    ("unit", "count"), [("1m_tokens", 10**6), ("1k_tokens", 1000), ("minute", 60), ("image", 1)]
)
def test_a_price_for_each(unit: str, count: int) -> None:
    price = Price(meter=METERS[0], unit=unit, amount=Decimal("2.50"))
    assert price.each * count == Decimal("2.50")
    assert UNITS[unit] == count


@pytest.mark.parametrize(
    ("status", "deprecated", "shut", "on", "expected"),
    [
        ("production", None, None, date(2025, 1, 1), "production"),
        (None, None, None, date(2025, 1, 1), None),
        ("production", "2025-01-01", None, date(2024, 12, 31), "production"),
        ("production", "2025-01-01", None, date(2025, 1, 1), "deprecated"),
        ("production", "2025-01", None, date(2025, 1, 30), "production"),
        ("production", "2025-01", None, date(2025, 1, 31), "deprecated"),
        ("production", "2025-01-01", "2025-06-01", date(2025, 5, 31), "deprecated"),
        ("production", "2025-01-01", "2025-06-01", date(2025, 6, 1), "retired"),
        ("deprecated", None, "2025-06", date(2025, 6, 29), "deprecated"),
        (None, None, "2025", date(2025, 12, 31), "retired"),
        ("retired", None, "2030-01-01", date(2025, 1, 1), "retired"),
        ("retired", "2025-01-01", None, date(2025, 6, 1), "retired"),
    ],
)
def test_the_status_at_a_date(
    status: str | None, deprecated: str | None, shut: str | None, on: date, expected: str | None
) -> None:
    made = entry(
        status=None if status is None else Status(status),
        deprecation_date=None if deprecated is None else PartialDate.parse(deprecated),
        shutdown_date=None if shut is None else PartialDate.parse(shut),
    )
    assert made.status_on(on) == expected


@pytest.mark.parametrize(
    ("status", "day", "expected"),
    [
        ("retired", date(2024, 12, 31), None),
        ("retired", date(2025, 3, 1), "deprecated"),
        ("retired", date(2025, 6, 1), "retired"),
        ("deprecated", date(2024, 12, 31), None),
        ("deprecated", date(2025, 3, 1), "deprecated"),
    ],
)
def test_a_status_that_its_date_explains_says_nothing_about_earlier_days(
    status: str, day: date, expected: str | None
) -> None:
    made = entry(
        status=Status(status),
        deprecation_date=PartialDate.parse("2025-01-01"),
        shutdown_date=PartialDate.parse("2025-06-01"),
        checked_on=date(2025, 9, 1),
    )
    assert made.status_on(day) == expected


def test_a_status_at_an_instant_is_that_of_its_day_in_utc() -> None:
    made = entry(shutdown_date=PartialDate.parse("2025-06-01"))
    assert made.status_on(datetime(2025, 5, 31, 23, 59, tzinfo=UTC)) is None
    assert made.status_on(datetime.fromisoformat("2025-05-31T23:30:00-02:00")) is Status.RETIRED


def test_what_a_record_holds_cannot_be_changed_from_outside() -> None:
    texts = {"*": "the docs"}
    made, sent = entry(source=texts), Authentication(headers=texts)
    texts["*"] = "another"
    for mapping in (made.source, sent.headers):
        assert mapping == {"*": "the docs"}
        with pytest.raises(TypeError):
            mapping["*"] = "x"  # type: ignore[index]
    for record, name in ((made, "id"), (sent, "scheme"), (ProviderConfig(slug="acme"), "name")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            setattr(record, name, "x")


def test_records_can_be_hashed_pickled_and_copied() -> None:
    made = entry(source={"*": "the docs"}, aliases=(Alias(name="small"),))
    config = ProviderConfig(slug="acme", authentication=Authentication(headers={"a": "b"}))
    for record in (made, config):
        assert pickle.loads(pickle.dumps(record)) == record
        assert copy.deepcopy(record) == record
        assert hash(dataclasses.replace(record)) == hash(record)


def test_records_differ_by_their_sources() -> None:
    assert entry(source={"*": "a"}) != entry(source={"*": "b"})
    assert hash(Facts({"a": "1", "b": "2"})) == hash(Facts({"b": "2", "a": "1"}))
    assert Facts({"a": "1"}) == {"a": "1"}
    assert repr(Facts({"a": "1"})) == "Facts({'a': '1'})"
    assert (list(Facts({"a": "1"})), len(Facts())) == (["a"], 0)
