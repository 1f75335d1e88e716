"""Values of lists of models: dates, amounts and limits, whatever stands in their place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.catalog.importing.slugs import developer_of
from modelops_bundle.catalog.providers import mistral
from modelops_bundle.catalog.providers.developers import developer_of_path, developer_slug
from modelops_bundle.catalog.providers.reading import (
    amount,
    date_in_id,
    limit,
    moment,
    names,
    said_by,
    text,
    truth,
)


@pytest.mark.parametrize(
    ("model_id", "created", "expected"),
    [
        ("gpt-4o-2024-08-06", None, "2024-08-06"),
        ("ft:gpt-4o-mini-2024-07-18:acme::x", None, "2024-07-18"),
        ("claude-opus-4-5-20251101", None, "2025-11-01"),
        ("anthropic.claude-3-5-sonnet-20241022-v2:0", None, "2024-10-22"),
        ("command-r-08-2024", None, "2024-08"),
        ("gemini-2.5-flash-preview-09-2025", None, "2025-09"),
        ("gpt-4-0613", "2023-06-12", "2023-06-13"),
        ("gpt-3.5-turbo-0125", "2024-01-23", "2024-01-25"),
        ("some-0102", "2023-12-20", "2024-01-02"),
        ("gpt-4-0613", None, None),
        ("gpt-4-0613", "2024-06-13", "2024-06-13"),
        ("gpt-4-0613", "2024-12-13", None),
        ("gpt-4-1106-preview", "2023-11-02", "2023-11-06"),
        ("babbage-002", "2023-08-21", None),
        ("x-2024-13-06", None, None),
        ("x-20249999", None, None),
        ("x-1999-01-01", None, None),
        ("llama-3.1-8b-instant", "2024-01-01", None),
        ("x-0230", "2024-02-20", None),
        ("gpt-4o", "2024-05-10", None),
    ],
)
def test_dates_in_ids(model_id: str, created: str | None, expected: str | None) -> None:
    found = date_in_id(model_id, PartialDate.parse(created) if created else None)
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1715367049, "2024-05-10"),
        (Decimal("1715367049.5"), "2024-05-10"),
        ("2026-04-14T23:30:00-07:00", "2026-04-15"),
        ("2026-04-14", "2026-04-14"),
        (datetime(2026, 4, 14, tzinfo=UTC), "2026-04-14"),
        (0, None),
        (-1, None),
        (10**20, None),
        (float("nan"), None),
        ("1970-01-01T00:00:00Z", None),
        ("0001-01-01T00:00:00+23:59", None),
        (datetime(9999, 12, 31, 23, tzinfo=timezone(-timedelta(hours=23))), None),
        ("soon", None),
        (True, None),
        (None, None),
        ([], None),
    ],
)
def test_moments(value: Any, expected: str | None) -> None:
    found = moment(value)
    assert (None if found is None else str(found)) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (4096, 4096),
        (2048.0, 2048),
        (Decimal("128000.0"), 128_000),
        ("40960", 40_960),
        (0, None),
        (-1, None),
        (0.5, None),
        (float("inf"), None),
        (10**30, None),
        (True, None),
        ("many", None),
        (None, None),
    ],
)
def test_limits(value: Any, expected: int | None) -> None:
    assert limit(value) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("0.000003", "0.000003"),
        (0.88, "0.88"),
        ("0", "0"),
        (0, "0"),
        ("-1", None),
        ("NaN", None),
        ("Infinity", None),
        ("1e400", None),
        ("1e-99", None),
        ("0." + "0" * 400 + "1", None),
        ("0.1234567890123456789", None),
        (True, None),
        ("free", None),
        ({}, None),
    ],
)
def test_amounts(value: Any, expected: str | None) -> None:
    assert amount(value) == (None if expected is None else Decimal(expected))


def test_texts_names_and_truths() -> None:
    assert text("  a\n b ") == "a b"
    assert text("\x00") is text("") is text(7) is None
    assert (text("x" * 300), text("x" * 301)) == ("x" * 300, None)
    assert names(["a", 7, "a", "b", None]) == ["a", "b"]
    assert names("abc") == names(None) == names({"a": 1}) == []
    assert (truth(False), truth(0), truth("yes")) == (False, None, None)
    assert (said_by(["a"], "a", "b"), said_by([], "a")) == (True, None)


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Meta", "meta"),
        ("meta-llama", "meta"),
        ("Alibaba Cloud", "alibaba"),
        ("x-ai", "xai"),
        ("system", None),
        ("organization-owner", None),
        ("  ", None),
        (None, None),
    ],
)
def test_developers(name: str | None, slug: str | None) -> None:
    assert developer_slug(name) == slug


def test_developers_in_paths() -> None:
    assert developer_of_path("mistralai/Mixtral-8x7B") == "mistral"
    assert developer_of_path("gpt-4o") is None


@pytest.mark.parametrize(
    "model_id", ["MiniMaxAI/MiniMax-M1", "CohereLabs/aya-32b", "stepfun-ai/step3", "Mistral-AI/x"]
)
def test_developers_are_called_as_in_the_shipped_catalog(model_id: str) -> None:
    assert developer_of_path(model_id) == developer_of("togetherai", model_id) is not None


def test_items_of_mistral_that_share_a_name_are_one_model() -> None:
    class Host:
        source = "there"

        def pages(self) -> Any:
            yield {
                "data": [
                    {"id": "a-latest", "aliases": ["a"]},
                    {"id": "b-2401", "aliases": []},
                    {"id": "a-2402", "aliases": ["a"]},
                    {"id": "a", "aliases": ["a-latest", "a-2402"]},
                ]
            }

    provider = mistral.Mistral(ProviderConfig(slug="mistral"), Host())
    found = {each.id: [alias.name for alias in each.aliases] for each in provider.public_models()}
    assert found == {"a-2402": ["a-latest", "a"], "b-2401": []}


JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.decimals(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2),
    max_leaves=4,
)


@given(JUNK)
def test_nothing_is_too_odd(value: Any) -> None:
    for read in (text, truth, names, limit, amount, moment):
        read(value)  # type: ignore[operator]
    if isinstance(value, str):
        date_in_id(value, PartialDate(2024, 1, 1))
