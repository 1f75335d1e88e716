"""The data of models.dev, read from small documents of which each has one trap."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelops_bundle.catalog.importing.models_dev import read_models_dev
from modelops_bundle.catalog.importing.outcome import Imported
from modelops_bundle.catalog.schema import ModelRow, ProviderRow
from modelops_bundle.errors import CatalogError

SOURCE = "models-dev 0.0.1"


def read(models: dict[str, Any], slug: str = "openai", **provider: Any) -> Imported:
    document = {slug: {"id": slug, "models": models, **provider}}
    return read_models_dev(json.dumps(document).encode(), SOURCE)


def read_one(**fields: Any) -> tuple[dict[str, Any], Imported]:
    done = read({"m": {"id": "m", **fields}})
    (model,) = done.models
    return dict(model), done


def test_a_model_with_everything() -> None:
    model, done = read_one(
        name="Model M",
        release_date="2024-05",
        limit={"context": 128000, "input": 100000, "output": 4096},
        modalities={"input": ["text", "image"], "output": ["text"]},
        tool_call=True,
        structured_output=False,
        reasoning=True,
        status="alpha",
        cost={"input": 2.5, "output": 10, "cache_read": 1.25, "cache_write": 3.125},
    )

    price = {"unit": "1m_tokens", "currency": "USD", "source": SOURCE}
    assert model == {
        "id": "m",
        "provider": "openai",
        "developer": "openai",
        "display_name": "Model M",
        "release_date": "2024-05",
        "status": "experimental",
        "context_window": 128000,
        "max_input_tokens": 100000,
        "max_output_tokens": 4096,
        "capabilities": {
            "supports_vision": True,
            "supports_function_calling": True,
            "supports_structured_output": False,
            "supports_reasoning": True,
        },
        "prices": [
            {"meter": "input", "amount": "2.5", **price},
            {"meter": "output", "amount": "10", **price},
            {"meter": "cache_read", "amount": "1.25", **price},
            {"meter": "cache_write_5m", "amount": "3.125", **price},
        ],
        "source": {"*": SOURCE},
    }
    assert ModelRow.model_validate(model).given() == model
    assert done.unmapped == ()


@pytest.mark.parametrize(
    ("said", "status"), [("alpha", "experimental"), ("beta", "beta"), ("deprecated", "deprecated")]
)
def test_a_status_has_the_name_that_this_catalog_gives_it(said: str, status: str) -> None:
    assert read_one(status=said)[0]["status"] == status


def test_an_unknown_status_is_said() -> None:
    model, done = read_one(status="gamma")

    assert "status" not in model
    assert [(each.key, each.value) for each in done.unmapped] == [("status", "gamma")]


def test_tiers_of_context_stand_for_the_older_way_of_saying_it() -> None:
    older = {"input": 1, "context_over_200k": {"input": 2}}
    tiered = {**older, "tiers": [{"input": 3, "tier": {"type": "context", "size": 272000}}]}

    def contexts(cost: dict[str, Any]) -> list[tuple[int, str]]:
        rows = read_one(cost=cost)[0]["prices"]
        return [(row.get("min_context", 0), row["amount"]) for row in rows]

    assert contexts(older) == [(0, "1"), (200_000, "2")]
    assert contexts(tiered) == [(0, "1"), (272_000, "3")]


@pytest.mark.parametrize(
    ("fields", "key"),
    [
        ({"release_date": "2025-25-11"}, "release_date"),
        ({"release_date": "1970-01-01"}, "release_date"),
        ({"limit": {"context": 0}}, "limit.context"),
        ({"limit": {"output": -1}}, "limit.output"),
        ({"cost": {"input": -0.5}}, "cost.input"),
        ({"tool_call": "no"}, "tool_call"),
    ],
)
def test_what_cannot_be_true_is_left_out_and_said(fields: dict[str, Any], key: str) -> None:
    model, done = read_one(**fields)

    assert model.keys() == {"id", "provider", "developer", "source"}
    (remark,) = done.unmapped
    assert (remark.where, remark.key, remark.impossible) == ("openai/m", key, True)


def test_an_id_with_a_blank_is_no_id() -> None:
    done = read({"a b": {"id": "a b"}, "c": {"id": "c"}})

    assert [model["id"] for model in done.models] == ["c"]
    assert [(each.key, each.value) for each in done.unmapped] == [("id", "a b")]


def test_how_a_provider_is_reached() -> None:
    done = read(
        {},
        slug="groq",
        name="Groq",
        doc="https://console.groq.com/docs",
        api="https://api.groq.com/openai/v1/",
        env=["GROQ_API_KEY"],
    )

    config = done.providers["groq"]
    assert config == {
        "name": "Groq",
        "docs": "https://console.groq.com/docs",
        "base_url": "https://api.groq.com/openai/v1",
        "credential_variables": ["GROQ_API_KEY"],
    }
    assert ProviderRow.model_validate(config).given() == config


def test_an_address_with_gaps_and_variables_without_a_secret_are_said() -> None:
    done = read(
        {},
        api="https://api.example.org/${ACCOUNT_ID}/v1",
        env=["ACCOUNT_ID", "302AI_API_KEY", "EXAMPLE_TOKEN"],
    )

    assert done.providers["openai"] == {"credential_variables": ["EXAMPLE_TOKEN"]}
    assert {(each.key, each.value) for each in done.unmapped} == {
        ("api", "https://api.example.org/${ACCOUNT_ID}/v1"),
        ("env", "ACCOUNT_ID"),
        ("env", "302AI_API_KEY"),
    }


@pytest.mark.parametrize(
    ("slug", "model_id", "developer"),
    [
        ("anthropic", "claude-x", "anthropic"),
        ("openrouter", "anthropic/claude-x", "anthropic"),
        ("openrouter", "meta-llama/llama-x", "meta"),
        ("amazon-bedrock", "eu.anthropic.claude-x-v1:0", "anthropic"),
        ("azure", "gpt-4o", "openai"),
        ("azure", "o3-mini", "openai"),
        ("google-vertex", "gemini-2.5-pro", "google"),
        ("groq", "llama-x", None),
        ("openrouter", "somebody/some-merge", None),
        ("mistral", "deepseek-v4", None),
    ],
)
def test_a_developer_is_named_where_the_id_makes_it_certain(
    slug: str, model_id: str, developer: str | None
) -> None:
    (model,) = read({model_id: {"id": model_id}}, slug=slug).models

    assert model.get("developer") == developer


@pytest.mark.parametrize(
    "data", [b"", b"[]", b'{"openai": {}}', b'{"openai": 1}', b'{"openai": {"models": []}}']
)
def test_a_malformed_document_gets_a_clear_error(data: bytes) -> None:
    with pytest.raises(CatalogError) as caught:
        read_models_dev(data, SOURCE)

    assert SOURCE in caught.value.what
    assert caught.value.mend
