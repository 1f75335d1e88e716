"""Records to plain trees and back: nothing is lost, rounded or made up."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest

from modelops_bundle.catalog.dates import PartialDate
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
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.catalog.trees import (
    amount_text,
    entry_from_tree,
    entry_tree,
    provider_from_tree,
    provider_tree,
    public_tree,
)

FULL = ModelEntry(
    id="small-1",
    provider="acme",
    developer="acme",
    display_name="Small 1",
    release_date=PartialDate(2024, 5),
    status=Status.DEPRECATED,
    context_window=128_000,
    max_input_tokens=120_000,
    max_output_tokens=8_000,
    capabilities=Capabilities(supports_vision=False, coding_score=0.5),
    min_api_version="2024-01-01",
    aliases=(Alias(name="small", valid_from=datetime(2024, 5, 13, 16, tzinfo=UTC), source="blog"),),
    deprecation_date=PartialDate(2025),
    shutdown_date=PartialDate(2026, 1, 31),
    replacement="small-2",
    source={"*": "docs", "capabilities.supports_vision": "page"},
    checked_on=date(2025, 11, 1),
    prices=(
        Price(
            meter="input",
            unit="1m_tokens",
            amount=Decimal("0.10"),
            currency="EUR",
            when=When(service_tier="flex", batch=True, time_of_day=(time(16, 30), time(0, 30))),
            min_context=200_000,
            valid_from=datetime(2024, 5, 13, tzinfo=UTC),
            valid_to=datetime(2025, 1, 1, tzinfo=UTC),
            source="price list",
        ),
        Price(meter="output", unit="token", amount=Decimal(0)),
    ),
    base_model="tiny",
)
CONFIG = ProviderConfig(
    slug="acme",
    name="Acme",
    also_known_as=("ac",),
    docs="https://acme.example/docs",
    base_url="https://api.acme.example/v1",
    other_base_urls=("https://api.acme-two.example",),
    models_path="/models",
    credential_variables=("ACME_API_KEY", "ACME_KEY"),
    base_url_variables=("ACME_BASE_URL",),
    authentication=Authentication(scheme="header", header="x-acme", headers={"acme-version": "1"}),
    pagination=Pagination(
        style="token", parameter="page", field="next", size_parameter="n", size=9
    ),
    requests_per_minute=60,
)


def test_a_model_survives_as_json() -> None:
    tree = json.loads(json.dumps(entry_tree(FULL)))
    assert entry_from_tree(tree) == FULL
    assert tree["prices"][0] == {
        "meter": "input",
        "unit": "1m_tokens",
        "amount": "0.1",
        "currency": "EUR",
        "when": {"service_tier": "flex", "batch": True, "time_of_day": "16:30-00:30"},
        "min_context": 200_000,
        "valid_from": "2024-05-13",
        "valid_to": "2025-01-01",
        "source": "price list",
    }
    assert tree["release_date"] == "2024-05"
    assert tree["aliases"] == [
        {"name": "small", "valid_from": "2024-05-13T16:00:00Z", "source": "blog"}
    ]


def test_what_is_unknown_is_left_out_and_what_is_no_or_zero_is_not() -> None:
    assert entry_tree(ModelEntry(id="small-1", provider="acme")) == {
        "id": "small-1",
        "provider": "acme",
    }
    tree = entry_tree(FULL)
    assert tree["capabilities"] == {"supports_vision": False, "coding_score": 0.5}
    assert tree["prices"][1]["amount"] == "0"


def test_the_public_tree_has_every_key() -> None:
    tree = public_tree(ModelEntry(id="small-1", provider="acme"))
    assert list(tree)[:5] == ["provider", "model_id", "release_date", "developer", "status"]
    assert "id" not in tree
    assert tree["context_window"] is None
    assert set(tree["capabilities"].values()) == {None}
    assert (tree["aliases"], tree["prices"], tree["source"]) == ([], [], {})
    assert set(tree) == set(public_tree(FULL))
    assert not [key for key, value in public_tree(FULL).items() if value in (None, [], {})]


def test_a_provider_survives_as_json() -> None:
    tree = json.loads(json.dumps(provider_tree(CONFIG)))
    assert provider_from_tree("acme", tree) == CONFIG
    assert tree["authentication"] == {
        "scheme": "header",
        "header": "x-acme",
        "headers": {"acme-version": "1"},
    }


def test_the_defaults_of_a_provider_are_left_out() -> None:
    assert provider_tree(ProviderConfig(slug="acme")) == {}
    assert provider_from_tree("acme", {"name": None, "authentication": {"header": None}}) == (
        ProviderConfig(slug="acme")
    )


@pytest.mark.parametrize(
    ("amount", "text"),
    [("2.50", "2.5"), ("10", "10"), ("100", "100"), ("1E-7", "0.0000001"), ("1E+3", "1000"),
     ("0.000", "0"), ("-0", "0"), ("-0.0", "0"), ("0E+5", "0")],
)  # fmt: skip
def test_amounts_have_one_spelling(amount: str, text: str) -> None:
    assert amount_text(Decimal(amount)) == text
