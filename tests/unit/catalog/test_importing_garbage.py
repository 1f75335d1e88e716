"""Documents of others in which a value is anything: what cannot be read is told, and the rest is valid."""

from __future__ import annotations

import json
from typing import Any

import pytest

from modelops_bundle.workflows.catalog_convert import Converted, convert
from modelops_bundle.workflows.catalog_files import Input

ANYTHING: list[Any] = [
    None, True, -1, 0, 1.5, 10**30, "", "x", "a\nb", "a b", "\ud800", [], ["x"], [1], [[]], {}, {"a": 1},
    [{"range": [1, 2]}], [{"tier": 7}], {"type": "context", "size": -1},
]  # fmt: skip
MODEL = {
    "name": "M",
    "release_date": "2024-01-01",
    "limit": {"context": 1000, "input": 900, "output": 100},
    "cost": {"input": 1, "tiers": [], "context_over_200k": {"input": 2}},
    "modalities": {"input": ["text"]},
    "status": "beta",
    "tool_call": True,
}
PROVIDER = {"id": "p", "name": "P", "doc": "https://p.example", "api": "https://p.example/v1"}
ROW = {
    "litellm_provider": "openai",
    "mode": "chat",
    "max_input_tokens": 1000,
    "input_cost_per_token": 1e-6,
    "tiered_pricing": [],
    "search_context_cost_per_query": {},
    "deprecation_date": "2027-01-01",
    "deprecation_source": "a page",
    "successor_model": "n",
    "supports_vision": True,
}


def converted(document: Any, format_: str) -> Converted:
    return convert(Input("theirs.json", json.dumps(document).encode()), format_)


def parts(tree: dict[str, Any]) -> list[tuple[str, ...]]:
    """Every key of a tree, and every key of a mapping in it."""
    inner = [
        (key, each) for key, value in tree.items() if isinstance(value, dict) for each in value
    ]
    return [*((key,) for key in tree), *inner]


def changed(tree: dict[str, Any], part: tuple[str, ...], value: Any) -> dict[str, Any]:
    head, *rest = part
    return {**tree, head: {**tree[head], rest[0]: value} if rest else value}


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_the_data_of_models_dev(value: Any) -> None:
    for part in parts(MODEL):
        document = {"p": {**PROVIDER, "models": {"m": changed(MODEL, part, value), "n": MODEL}}}
        assert converted(document, "models-dev").models == 2, part
    for part in [*parts(PROVIDER), ("env",)]:
        document = {"p": {**changed(PROVIDER, part, value), "models": {"m": MODEL}}}
        assert converted(document, "models-dev").models == 1, part


@pytest.mark.parametrize("value", ANYTHING, ids=repr)
def test_litellms_json(value: Any) -> None:
    for part in parts(ROW):
        report = converted({"m": changed(ROW, part, value), "n": ROW}, "litellm")
        assert report.models == 2 or "no provider is named" in {
            each.why for each in report.unmapped
        }
