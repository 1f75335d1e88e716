"""The schema: which values are taken at the edges, and that it has the fields of the records."""

from __future__ import annotations

from dataclasses import fields

import pytest
from pydantic import BaseModel, ValidationError

from modelops_bundle.catalog import schema
from modelops_bundle.catalog.entries import (
    METERS,
    UNITS,
    UNITS_OF,
    Alias,
    Authentication,
    Capabilities,
    ModelEntry,
    Pagination,
    Price,
    ProviderConfig,
    When,
)
from modelops_bundle.catalog.schema import CatalogFile, ModelRow, PriceRow, ProviderRow, row_at

SHORT = {"cost_per_1k_input", "cost_per_1k_output"}
PRICE = {"meter": "input", "unit": "1m_tokens"}


@pytest.mark.parametrize(
    ("path", "record", "apart"),
    [
        (("models", 0), ModelEntry, SHORT),
        (("models", 0, "capabilities"), Capabilities, set()),
        (("models", 0, "aliases", 1), Alias, set()),
        (("models", 0, "prices", 1), Price, set()),
        (("models", 0, "prices", 1, "when"), When, set()),
        (("providers", "models"), ProviderConfig, {"slug"}),
        (("providers", "acme", "authentication"), Authentication, set()),
        (("providers", "acme", "pagination"), Pagination, set()),
    ],
)
def test_a_row_has_the_fields_of_its_record(
    path: tuple[int | str, ...], record: type, apart: set[str]
) -> None:
    assert set(row_at(path).model_fields) ^ {each.name for each in fields(record)} == apart


def test_a_document_is_described_at_its_top() -> None:
    assert row_at(()) is CatalogFile


def refused(row: type[BaseModel], **values: object) -> bool:
    try:
        row.model_validate(values)
    except ValidationError:
        return True
    return False


@pytest.mark.parametrize(
    ("key", "taken", "not_taken"),
    [
        ("context_window", [1, "1", 10**12], [0, 10**12 + 1, 1.5]),
        (
            "id",
            ["x" * 300, "accounts/a/models/b:c@d", "größe"],
            ["", "x" * 301, "a b", "a\x7f", "\ud800"],
        ),
        ("provider", ["a", "302ai", "a" * 100, "x.y_z-1"], ["", "-a", "A", "a" * 101, "a/b"]),
        ("display_name", ["Small 1", " x "], ["", " ", "a\nb", "a\x00b", "\ud800"]),
        ("replacement", ["small-2", "apex/small-2"], ["small 2"]),
        ("checked_on", ["2024-05-13"], ["2024-05", "2024"]),
        ("status", ["beta", "active"], ["Beta", ""]),
        ("source", [{"*": "docs"}, "docs"], [{"*": ""}, {"": "docs"}, {"\ud800": "docs"}]),
        ("cost_per_1k_input", ["0.005", "0"], ["-1", 0.005, "NaN"]),
    ],
)
def test_values_of_a_model(key: str, taken: list[object], not_taken: list[object]) -> None:
    plain = {"id": "small-1", "provider": "acme"}
    assert [value for value in taken if refused(ModelRow, **{**plain, key: value})] == []
    assert [value for value in not_taken if not refused(ModelRow, **{**plain, key: value})] == []


@pytest.mark.parametrize(
    ("key", "taken", "not_taken"),
    [
        ("amount", ["0", "1000000000", "1e-20", "123456789.123456789", "0.00000000000000000001"],
         ["1000000001", "1e-21", "1234567890.123456789", "-0.1", "1_000", " 1", "１", "+1", "0x1",
          "Infinity", "sNaN", "1e999999999", ".5", "5.", ""]),
        ("meter", ["input", "output_image"], ["Input", "prompt"]),
        ("unit", ["token", "1k_tokens", "1m_tokens"], ["1M"]),
        ("currency", ["EUR"], ["eur", "EURO", "€"]),
        ("min_context", [0, 1], [-1]),
        ("when", [{"time_of_day": "16:30-00:30"}, None],
         [{"time_of_day": each} for each in
          ("16:30", "16:30-16:30", "16:30-24:00", "16:30:00-17:00", "16:30Z-17:00", "4:30-5:00")]),
    ],
)  # fmt: skip
def test_values_of_a_price(key: str, taken: list[object], not_taken: list[object]) -> None:
    plain = {**PRICE, "amount": "1"}
    assert [value for value in taken if refused(PriceRow, **{**plain, key: value})] == []
    assert [value for value in not_taken if not refused(PriceRow, **{**plain, key: value})] == []


@pytest.mark.parametrize("meter", METERS)
def test_a_price_is_for_a_unit_that_its_meter_is_counted_by(meter: str) -> None:
    taken = [unit for unit in UNITS if not refused(PriceRow, meter=meter, unit=unit, amount="1")]
    assert taken == list(UNITS_OF[meter])


@pytest.mark.parametrize(
    ("key", "taken", "not_taken"),
    [
        ("base_url", ["https://api.acme.example", "http://localhost:11434/v1", "https://[::1]:8/a"],
         ["https://a.example/", "https://u:p@a.example", "https://a.example?k=v", "//a.example",
          "ftp://a.example", "https://a b", "https://a.example/v1\n", "https://a\\@b", "https://"]),
        ("docs", ["https://a.example", "https://a.example/x?y#z", "https://a.example#z"],
         ["javascript:alert(1)", "https://u:p@a.example", "a.example", "https://a.example/x y"]),
        ("models_path", ["/models", "/"], ["models", "/models?key=x", "/a b", ""]),
        ("credential_variables", [["ACME_API_KEY"], [], ["_a"]], [["1A"], ["a-b"], [""], "A"]),
        ("also_known_as", [["ac", "a.c"]], [["A C"], [""]]),
        ("requests_per_minute", [1, None], [0, -1]),
        ("authentication", [{"scheme": "header", "header": "x-acme", "headers": {"version": "1"}}],
         [{"headers": {each: "x"}} for each in ("Authorization", "X-Api-Key", "cookie", "a b", "")]),
    ],
)  # fmt: skip
def test_values_of_a_provider(key: str, taken: list[object], not_taken: list[object]) -> None:
    assert [value for value in taken if refused(ProviderRow, **{key: value})] == []
    assert [value for value in not_taken if not refused(ProviderRow, **{key: value})] == []


def test_prices_of_a_long_history_are_not_compared_each_with_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared = []
    monkeypatch.setattr(schema, "_meet", lambda one, other: compared.append((one, other)))
    prices = [
        {**PRICE, "amount": "1", "valid_from": f"{year}-01-01", "valid_to": f"{year + 1}-01-01"}
        for year in range(2000, 2400)
    ]
    ModelRow.model_validate({"id": "small-1", "provider": "acme", "prices": prices})
    assert compared == []
    ModelRow.model_validate({"id": "small-1", "provider": "acme", "prices": prices[:2] * 2})
    assert len(compared) == 2
