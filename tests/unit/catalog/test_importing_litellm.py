"""LiteLLM's JSON, read from small documents of which each has one trap."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.importing.litellm import read_litellm
from modelops_bundle.catalog.importing.outcome import Imported
from modelops_bundle.catalog.schema import ModelRow
from modelops_bundle.errors import CatalogError
from modelops_bundle.yamltext.writing import write_yaml

SOURCE = "LiteLLM 0.0.1"


def read(**rows: dict[str, Any]) -> Imported:
    return read_litellm(json.dumps(rows).encode(), SOURCE)


def read_one(key: str = "gpt-x", **fields: Any) -> tuple[dict[str, Any], Imported]:
    done = read(**{key: {"litellm_provider": "openai", "mode": "chat", **fields}})
    (model,) = done.models
    return dict(model), done


def amounts(model: dict[str, Any]) -> dict[tuple[Any, ...], str]:
    """Amounts by meter, unit, circumstances and context."""
    return {
        (
            row["meter"],
            row["unit"],
            *sorted((row.get("when") or {}).items()),
            row.get("min_context", 0),
        ): row["amount"]
        for row in model.get("prices", ())
    }


def test_what_is_read_is_valid_in_a_document() -> None:
    model, _ = read_one(
        input_cost_per_token=2.5e-06,
        max_input_tokens=128000,
        deprecation_date="2027-01-14",
        deprecation_source="https://example.org/deprecations",
        successor_model="gpt-y",
        supports_vision=True,
    )

    assert ModelRow.model_validate(model).given() == model
    assert model["source"] == {
        "*": SOURCE,
        "deprecation_date": f"{SOURCE}, from https://example.org/deprecations",
    }


def test_what_a_model_can_do_is_read() -> None:
    model, _ = read_one(
        supports_vision=True,
        supports_function_calling=True,
        supports_response_schema=False,
        supports_reasoning=None,
        supports_native_streaming=True,
    )

    assert model["capabilities"] == {
        "supports_vision": True,
        "supports_function_calling": True,
        "supports_structured_output": False,
        "supports_streaming": True,
    }


@pytest.mark.parametrize(
    ("written", "amount"),
    [
        ("2.5e-06", "2.5"),
        ("1.1e-07", "0.11"),
        ("0.00000015", "0.15"),
        ("1e-05", "10"),
        ("3", "3000000"),
        ("0", "0"),
    ],
)
def test_a_price_of_a_token_becomes_that_of_a_million_exactly(written: str, amount: str) -> None:
    data = f'{{"m": {{"litellm_provider": "openai", "input_cost_per_token": {written}}}}}'

    (model,) = read_litellm(data.encode(), SOURCE).models

    assert amounts(dict(model)) == {("input", "1m_tokens", 0): amount}


@pytest.mark.parametrize(
    ("key", "meter"),
    [
        ("output_cost_per_token", ("output", "1m_tokens", 0)),
        ("cache_read_input_token_cost", ("cache_read", "1m_tokens", 0)),
        ("cache_creation_input_token_cost", ("cache_write_5m", "1m_tokens", 0)),
        ("cache_creation_input_token_cost_above_1hr", ("cache_write_1h", "1m_tokens", 0)),
        (
            "cache_creation_input_token_cost_above_1hr_above_200k_tokens",
            ("cache_write_1h", "1m_tokens", 200_000),
        ),
        ("output_cost_per_reasoning_token", ("output_reasoning", "1m_tokens", 0)),
        ("input_cost_per_audio_token", ("input_audio", "1m_tokens", 0)),
        ("input_cost_per_token_batches", ("input", "1m_tokens", ("batch", True), 0)),
        ("input_cost_per_token_flex", ("input", "1m_tokens", ("service_tier", "flex"), 0)),
        ("input_cost_per_token_above_128k_tokens", ("input", "1m_tokens", 128_000)),
        (
            "output_cost_per_token_above_272k_tokens_priority",
            ("output", "1m_tokens", ("service_tier", "priority"), 272_000),
        ),
    ],
)
def test_a_key_spells_meter_context_tier_and_batch(key: str, meter: tuple[Any, ...]) -> None:
    model, done = read_one(**{key: 1e-06})

    assert amounts(model) == {meter: "1"}
    assert [each.key for each in done.unmapped] == ["mode"]


@pytest.mark.parametrize(
    ("mode", "key", "meter"),
    [
        ("image_generation", "output_cost_per_image", ("image", "image", 0)),
        ("image_generation", "input_cost_per_image", ("image", "image", 0)),
        ("audio_transcription", "input_cost_per_second", ("audio", "second", 0)),
        ("rerank", "input_cost_per_query", ("request", "request", 0)),
        ("search", "input_cost_per_query", ("search", "search", 0)),
        ("chat", "input_cost_per_audio_per_second", ("audio", "second", 0)),
    ],
)
def test_a_piece_or_second_means_what_its_mode_makes_it(
    mode: str, key: str, meter: tuple[Any, ...]
) -> None:
    model, _ = read_one(mode=mode, **{key: 0.04})

    assert amounts(model) == {meter: "0.04"}


@pytest.mark.parametrize(
    ("mode", "key"),
    [
        ("chat", "input_cost_per_image"),
        ("video_generation", "output_cost_per_second"),
        ("chat", "cache_creation_input_token_cost_above_12hr"),
        ("chat", "input_cost_per_character"),
        ("chat", "google_maps_grounding_cost_per_query"),
    ],
)
def test_what_no_meter_counts_is_named_and_not_guessed(mode: str, key: str) -> None:
    model, done = read_one(mode=mode, **{key: 0.04})

    assert "prices" not in model
    (remark,) = (each for each in done.unmapped if each.key == key)
    assert (remark.where, remark.value, remark.why) == ("gpt-x", "0.04", "no meter counts this")


def test_tiers_in_a_list_are_rows_over_a_context() -> None:
    tiers = [
        {"range": [0, 256000.0], "input_cost_per_token": 5e-08},
        {"range": [256000.0, 1000000.0], "input_cost_per_token": 2.5e-07},
    ]

    model, _ = read_one(tiered_pricing=tiers)

    assert amounts(model) == {
        ("input", "1m_tokens", 0): "0.05",
        ("input", "1m_tokens", 256_000): "0.25",
    }


def test_a_search_has_a_price_only_where_its_size_does_not_matter() -> None:
    equal = {"search_context_size_low": 0.01, "search_context_size_high": 0.01}
    model, _ = read_one(search_context_cost_per_query=equal)
    assert amounts(model) == {("search", "search", 0): "0.01"}

    model, done = read_one(
        search_context_cost_per_query={**equal, "search_context_size_high": 0.02}
    )
    assert "prices" not in model
    assert "search_context_cost_per_query" in [each.key for each in done.unmapped]


def test_a_price_stands_before_the_zero_that_fills_its_place() -> None:
    model, done = read_one(
        mode="audio_transcription", output_cost_per_second=0.0, input_cost_per_second=0.0001
    )

    assert amounts(model) == {("audio", "second", 0): "0.0001"}
    assert "another key gives another price" in done.unmapped[-1].why


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("deprecation_date", "2025-25-11", "month must be in 1..12"),
        ("deprecation_date", "soon", "is not a date"),
        ("max_input_tokens", 0, "at least one token"),
        ("max_input_tokens", "many", "whole number"),
        ("max_input_tokens", True, "whole number"),
        ("max_output_tokens", 0.5, "whole number"),
        ("input_cost_per_token", -1, "not negative"),
        ("input_cost_per_token", "free", "a price is a number"),
        ("input_cost_per_token", 1e30, "no price has this size"),
        ("supports_vision", "yes", "true or false"),
    ],
)
def test_what_cannot_be_true_is_left_out_and_said(field: str, value: Any, why: str) -> None:
    model, done = read_one(**{field: value})

    assert {"id": "gpt-x", "provider": "openai"}.items() <= model.items()
    assert field not in model
    assert "prices" not in model
    (remark,) = (each for each in done.unmapped if each.impossible)
    assert (remark.where, remark.key) == ("gpt-x", field)
    assert why in remark.why


@pytest.mark.parametrize(
    ("key", "provider", "place"),
    [
        ("gpt-4o", "openai", ("openai", "gpt-4o")),
        ("openai/gpt-4o", "openai", ("openai", "gpt-4o")),
        ("gemini/gemini-2.5-pro", "gemini", ("google", "gemini-2.5-pro")),
        ("gemini-2.5-pro", "vertex_ai-language-models", ("google-vertex", "gemini-2.5-pro")),
        ("vertex_ai/claude-x@1", "vertex_ai-anthropic_models", ("google-vertex", "claude-x@1")),
        ("bedrock/us-east-1/a.b", "bedrock", ("amazon-bedrock", "us-east-1/a.b")),
        ("bedrock/us-east-1/a.b", "bedrock_converse", ("amazon-bedrock", "us-east-1/a.b")),
        ("azure/eu/gpt-4o", "azure", ("azure", "eu/gpt-4o")),
        ("together_ai/org/m", "together_ai", ("togetherai", "org/m")),
        ("fireworks_ai/accounts/f/m", "fireworks_ai", ("fireworks-ai", "accounts/f/m")),
        ("openrouter/openai/gpt-4o", "openrouter", ("openrouter", "openai/gpt-4o")),
        ("command-r", "cohere_chat", ("cohere", "command-r")),
        ("some_new/m", "some_new", ("some-new", "m")),
    ],
)
def test_providers_have_one_slug_and_ids_no_prefix(
    key: str, provider: str, place: tuple[str, str]
) -> None:
    done = read(**{key: {"litellm_provider": provider}})

    (model,) = done.models
    assert (model["provider"], model["id"]) == place
    assert list(done.providers) == [place[0]]


def test_the_names_that_litellm_uses_stay_known() -> None:
    done = read(
        a={"litellm_provider": "gemini"},
        b={"litellm_provider": "vertex_ai-mistral_models"},
    )

    assert done.providers == {
        "google": {"also_known_as": ["gemini"]},
        "google-vertex": {"also_known_as": ["vertex_ai"]},
    }


def test_two_keys_of_one_model_become_one_and_their_quarrel_is_said() -> None:
    done = read(
        **{
            "deepseek-chat": {"litellm_provider": "deepseek", "input_cost_per_token": 1e-06},
            "deepseek/deepseek-chat": {
                "litellm_provider": "deepseek",
                "input_cost_per_token": 2e-06,
                "output_cost_per_token": 3e-06,
                "max_input_tokens": 10,
            },
        }
    )

    (model,) = done.models
    assert model["max_input_tokens"] == 10
    assert amounts(dict(model)) == {("input", "1m_tokens", 0): "1", ("output", "1m_tokens", 0): "3"}
    assert [(each.where, each.key, each.value) for each in done.unmapped] == [
        ("deepseek/deepseek-chat", "input", "2")
    ]


def test_an_alias_is_one_of_the_model_that_it_names() -> None:
    done = read(
        **{
            "claude-x-latest": {"alias_of": "claude-x-1"},
            "claude-x-1": {"litellm_provider": "anthropic"},
            "claude-y-latest": {"alias_of": "claude-y-1"},
        }
    )

    (model,) = done.models
    assert model["aliases"] == [{"name": "claude-x-latest", "source": SOURCE}]
    (remark,) = done.unmapped
    assert (remark.where, remark.value) == ("claude-y-latest", "claude-y-1")


def test_an_alias_means_one_model_at_a_provider() -> None:
    rows: dict[str, dict[str, Any]] = {
        "azure/x": {"litellm_provider": "azure"},
        "azure_ai/y": {"litellm_provider": "azure_ai"},
        "azure_ai/x-latest": {"alias_of": "azure_ai/y"},
        "azure/x-latest": {"alias_of": "azure/x"},
    }

    done = read(**rows)

    assert {tree["id"]: len(tree.get("aliases", ())) for tree in done.models} == {"x": 1, "y": 0}
    assert [(each.where, each.value) for each in done.unmapped] == [
        ("azure_ai/x-latest", "azure_ai/y")
    ]
    assert read(**dict(reversed(rows.items()))).models == done.models


def test_a_replacement_has_a_provider_before_it_only_where_it_is_another_one() -> None:
    here, _ = read_one("gemini/a", litellm_provider="gemini", successor_model="gemini/b")
    there, _ = read_one("gemini/a", litellm_provider="gemini", successor_model="azure/eu/b")

    assert here["replacement"] == "b"
    assert there["replacement"] == "azure/eu/b"


@pytest.mark.parametrize(
    "key",
    [
        "1024-x-1024/50-steps/stability.sd",
        "azure/low/1024-x-1024/gpt-image-1",
        "fireworks-ai-56b-to-176b",
        "together-ai-8.1b-21b",
        "bedrock/us-east-1/1-month-commitment/anthropic.claude-v2",
    ],
)
def test_what_prices_no_model_is_none(key: str) -> None:
    done = read(**{key: {"litellm_provider": "bedrock", "mode": "chat"}})

    assert done.models == ()
    assert [each.where for each in done.unmapped] == [key]


def test_the_sample_is_not_read_and_what_has_no_provider_is_said() -> None:
    done = read(
        sample_spec={"litellm_provider": "one of"}, rules={"rules": []}, odd={"mode": "chat"}
    )

    assert done.models == ()
    assert [(each.key, each.count) for each in done.unmapped] == [("litellm_provider", 2)]


def test_the_same_remark_on_many_models_is_one() -> None:
    rows = {f"m{number}": {"litellm_provider": "openai", "rpm": number} for number in range(5)}

    (remark,) = read(**rows).unmapped

    assert (remark.where, remark.key, remark.value, remark.count) == (
        "m0 and 4 more",
        "rpm",
        "0",
        5,
    )


def test_the_order_of_the_document_does_not_matter() -> None:
    rows = {f"m{number}": {"litellm_provider": "openai", "rpm": 1} for number in range(5)}
    backwards = dict(reversed(rows.items()))

    assert read(**rows).models == read(**backwards).models


@pytest.mark.parametrize(
    "data",
    [b"", b"{", b"[]", b"null", b'{"m": NaN}', b"\xff\xfe", b"[" * 100_000, b'{"a": Infinity}'],
)
def test_a_malformed_document_gets_a_clear_error(data: bytes) -> None:
    with pytest.raises(CatalogError) as caught:
        read_litellm(data, SOURCE)

    assert SOURCE in caught.value.what
    assert caught.value.mend


ODD = """
null true -1 1e99999999999999999999 1e-99999999999999999999 1e999999 "x" [] {} [[]] {"a":[]} {"a":1,"b":{}}
[{"range":[1e99999999999999999999],"input_cost_per_token":1}] [{"range":[1e999999],"input_cost_per_token":1}]
[{"range":[-5],"input_cost_per_token":1}] [{"range":[true],"input_cost_per_token":1}]
[{"range":[0],"a\\nb":1}]
"""


@pytest.mark.parametrize("value", ODD.split())
@pytest.mark.parametrize(
    "key",
    [
        "input_cost_per_token",
        "input_cost_per_image",
        f"input_cost_per_token_above_{'9' * 5000}k_tokens",
        "cost\n",
        "tiered_pricing",
        "search_context_cost_per_query",
        "max_input_tokens",
    ],
)
def test_nothing_in_the_place_of_a_number_is_too_odd(key: str, value: str) -> None:
    row = f'{{"litellm_provider": "openai", "mode": "chat", {json.dumps(key)}: {value}}}'
    done = read_litellm(f'{{"m": {row}}}'.encode(), SOURCE)
    assert [each["id"] for each in done.models] == ["m"]
    read_document(write_yaml({"models": done.models}), SOURCE)
