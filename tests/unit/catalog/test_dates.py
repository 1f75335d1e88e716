"""Dates with the precision of their source, and instants in UTC."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from modelops_bundle.catalog.dates import PartialDate, as_instant, instant_text, read_instant


@pytest.mark.parametrize("text", ["2024", "2024-05", "2024-05-13", "1900", "9999-12", "2024-02-29"])
def test_a_date_keeps_its_precision(text: str) -> None:
    assert str(PartialDate.parse(f" {text} ")) == text


@pytest.mark.parametrize(
    "text",
    ["2025-25-11", "2023-02-29", "2024-5", "24-05-13", "1899-12-31", "", "2024-00", "2024-05-00",
     "2024-05-13T00:00", "٢٠٢٤-05-13", "2024/05/13", "May 2024", "2024-05-"],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_what_it_was(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date") as caught:
        PartialDate.parse(text)
    assert repr(text) in str(caught.value)


@pytest.mark.parametrize("parts", [(2025, 25, 11), (2025, None, 3), (1899,), (2025, 0)])
def test_a_date_that_does_not_exist_cannot_be_made(parts: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match=r"month|year"):
        PartialDate(*parts)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2024-05-13", date(2024, 5, 13), date(2024, 5, 13)),
        ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        ("2023-12", date(2023, 12, 1), date(2023, 12, 31)),
        ("2024", date(2024, 1, 1), date(2024, 12, 31)),
        ("9999-12", date(9999, 12, 1), date(9999, 12, 31)),
        ("9999", date(9999, 1, 1), date(9999, 12, 31)),
    ],
)
def test_the_days_that_a_date_may_be(text: str, first: date, last: date) -> None:
    day = PartialDate.parse(text)
    assert (day.first, day.last) == (first, last)


def test_an_instant_is_utc() -> None:
    noon = datetime(2024, 5, 13, 12, tzinfo=UTC)
    assert as_instant(date(2024, 5, 13)) == datetime(2024, 5, 13, tzinfo=UTC)
    assert as_instant(datetime(2024, 5, 13, 12)) == noon
    assert as_instant(datetime(2024, 5, 13, 14, tzinfo=timezone(timedelta(hours=2)))) == noon
    with pytest.raises(TypeError, match="'2024-05-13' is no date"):
        as_instant("2024-05-13")  # type: ignore[arg-type]
    assert as_instant(noon).tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2024-05-13", "2024-05-13"),
        ("2024-05-13T00:00Z", "2024-05-13"),
        ("2024-05-13T16:00", "2024-05-13T16:00:00Z"),
        ("2024-05-13T16:00:00+02:00", "2024-05-13T14:00:00Z"),
        ("2024-05-13T01:00+02:00", "2024-05-12T23:00:00Z"),
        ("2024-05-13T02:00+02:00", "2024-05-13"),
    ],
)
def test_an_instant_is_written_in_one_way(text: str, written: str) -> None:
    assert instant_text(read_instant(text)) == written


def test_an_instant_elsewhere_is_written_in_utc() -> None:
    assert (
        instant_text(datetime(2024, 5, 13, 2, tzinfo=timezone(timedelta(hours=2)))) == "2024-05-13"
    )


@pytest.mark.parametrize(
    "text",
    ["yesterday", "", "2024", "2025-25-11", "0001-01-01T00:00+14:00", "9999-12-31T23:00-12:00"],
)
def test_what_is_no_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a date: write"):
        read_instant(text)
