"""A document of a catalog: what is taken, as what; the words for what is not are golden files."""

from __future__ import annotations

import pickle
import subprocess
import sys
from typing import Any

import pytest

from modelops_bundle.catalog.documents import BrokenCatalogError, read_document

MODEL = "models:\n  - id: small-1\n    provider: acme\n    "


def model(line: str) -> dict[str, Any]:
    (tree,) = read_document((MODEL + line).encode(), "x.yaml").models
    return {key: value for key, value in tree.items() if key not in ("id", "provider")}


@pytest.mark.parametrize(
    "data",
    [b"", b"\n \n", b"# only\n  # comments\n", b"\xef\xbb\xbf# a mark\n", b"models: []\n",
     b"models:\nproviders:\n", b"{}\n", b"version: 1\n"],
)  # fmt: skip
def test_a_document_may_say_nothing(data: bytes) -> None:
    document = read_document(data, "x.yaml")
    assert (dict(document.providers), list(document.models)) == ({}, [])


@pytest.mark.parametrize(
    ("line", "tree"),
    [
        ("release_date: 2024-05", {"release_date": "2024-05"}),
        ("release_date: 2024", {"release_date": "2024"}),
        ("display_name: 1.10", {"display_name": "1.10"}),
        ("display_name: 'null'", {"display_name": "null"}),
        ("display_name: null", {"display_name": None}),
        ("display_name:", {"display_name": None}),
        ("status: active", {"status": "production"}),
        ("context_window: '128000'", {"context_window": 128000}),
        ("capabilities: {supports_vision: no}", {"capabilities": {"supports_vision": False}}),
        ("capabilities: {supports_vision: null}", {"capabilities": {"supports_vision": None}}),
        ("aliases: [small]", {"aliases": [{"name": "small"}]}),
        ("source: the docs", {"source": {"*": "the docs"}}),
        ("cost_per_1k_input:", {}),
        ("prices:", {"prices": None}),
    ],
)
def test_values_are_kept_as_they_are_meant(line: str, tree: dict[str, Any]) -> None:
    assert model(line) == tree


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        ("0.10", "0.1"),
        ("1e-7", "0.0000001"),
        ("5", "5"),
        ("0", "0"),
        ("0.00", "0"),
        ("1E3", "1000"),
    ],
)
def test_amounts_are_exact(written: str, kept: str) -> None:
    (price,) = model(f"prices: [{{meter: input, unit: 1m_tokens, amount: {written}}}]")["prices"]
    assert price == {"meter": "input", "unit": "1m_tokens", "amount": kept}


def test_prices_for_short_become_rows() -> None:
    line = "cost_per_1k_input: 0.005\n    cost_per_1k_output: 0.015\n    prices:\n      - "
    assert model(f"{line}{{meter: search, unit: search, amount: 1}}") == {
        "prices": [
            {"meter": "search", "unit": "search", "amount": "1"},
            {"meter": "input", "unit": "1k_tokens", "amount": "0.005"},
            {"meter": "output", "unit": "1k_tokens", "amount": "0.015"},
        ]
    }


def test_the_entry_of_the_design_is_taken() -> None:
    document = read_document(
        b"""
models:
  - id: "gpt-4o"
    provider: "openai"
    display_name: "GPT-4o"
    context_window: 128000
    cost_per_1k_input: 0.005
    cost_per_1k_output: 0.015
    capabilities:
      coding_score: 0.95
      reasoning_score: 0.92
      supports_vision: true
      supports_function_calling: true
    status: "production"
    min_api_version: "2024-01-01"
""",
        "x.yaml",
    )
    assert document.models[0]["capabilities"]["coding_score"] == 0.95
    assert [row["amount"] for row in document.models[0]["prices"]] == ["0.005", "0.015"]


def test_models_of_the_only_provider_need_not_name_it() -> None:
    text = b"providers: {acme: {}}\nmodels: [{id: a}, {model_id: b, provider: apex}]\n"
    document = read_document(text, "x.yaml")
    named = [(each["provider"], each["id"]) for each in document.models]
    assert named == [("acme", "a"), ("apex", "b")]


def test_of_two_providers_models_have_to_name_theirs() -> None:
    with pytest.raises(BrokenCatalogError, match=r"models\[0\]\.provider: it is missing"):
        read_document(b"providers: {acme: {}, apex: {}}\nmodels: [{id: a}]\n", "x.yaml")


@pytest.mark.parametrize(
    "rows",
    [
        # One after the other, at other hours, tiers and contexts, or with a price for some hours.
        ["amount: 1, valid_to: 2024-05-13", "amount: 2, valid_from: 2024-05-13"],
        [
            "amount: 1, when: {time_of_day: 16:00-00:30}",
            "amount: 2, when: {time_of_day: 00:30-16:00}",
        ],
        ["amount: 1", "amount: 2, when: {time_of_day: 16:00-20:00}"],
        ["amount: 1", "amount: 2, when: {service_tier: flex}", "amount: 3, when: {batch: true}"],
        ["amount: 1", "amount: 2, min_context: 200000"],
    ],
)
def test_prices_that_do_not_meet_are_taken(rows: list[str]) -> None:
    written = "".join(f"\n      - {{meter: input, unit: 1m_tokens, {row}}}" for row in rows)
    assert len(model("prices:" + written)["prices"]) == len(rows)


@pytest.mark.parametrize(
    "hours",
    [("16:00-20:00", "19:59-23:00"), ("22:00-06:00", "05:00-07:00"), ("22:00-06:00", "23:00-01:00"),
     ("08:00-09:00", "08:00-09:00"), ("08:00-12:00", "09:00-10:00"), ("05:00-07:00", "22:00-06:00")],
)  # fmt: skip
def test_prices_whose_hours_meet_are_refused(hours: tuple[str, str]) -> None:
    rows = "".join(
        f"\n      - {{meter: input, unit: 1m_tokens, amount: 1, when: {{time_of_day: {each}}}}}"
        for each in hours
    )
    with pytest.raises(BrokenCatalogError, match="two prices of input"):
        model("prices:" + rows)


def test_aliases_may_follow_each_other_and_be_the_same_elsewhere() -> None:
    text = b"""
models:
  - {id: a, provider: acme, aliases: [{name: x, valid_to: 2024-05-13}]}
  - {id: b, provider: acme, aliases: [{name: x, valid_from: 2024-05-13}]}
  - {id: c, provider: apex, aliases: [x]}
"""
    assert len(read_document(text, "x.yaml").models) == 3


def test_aliases_that_meet_are_refused_in_whatever_order_they_stand() -> None:
    text = b"""
models:
  - {id: a, provider: acme, aliases: [{name: x, valid_from: 2025-01-01}]}
  - {id: b, provider: acme, aliases: [{name: x, valid_to: 2024-01-01}]}
  - {id: c, provider: acme, aliases: [{name: x, valid_from: 2024-01-01, valid_to: 2025-01-02}]}
"""
    with pytest.raises(BrokenCatalogError, match="acme/x means both c and a at the same time"):
        read_document(text, "x.yaml")


def test_an_alias_may_stand_twice_at_one_model() -> None:
    assert len(model("aliases: [x, {name: x, valid_from: 2024-01-01}]")["aliases"]) == 2


def test_every_problem_of_a_document_is_told() -> None:
    text = b"models:\n" + b"".join(
        f"  - {{id: m{number}, provider: acme, status: live}}\n".encode() for number in range(30)
    )
    with pytest.raises(BrokenCatalogError, match="and 20 more") as caught:
        read_document(text, "x.yaml")
    assert [problem.line for problem in caught.value.problems] == list(range(2, 32))


def test_the_error_survives_the_way_from_another_process() -> None:
    with pytest.raises(BrokenCatalogError) as caught:
        read_document(b"models: 3\n", "x.yaml")
    copy = pickle.loads(pickle.dumps(caught.value))
    assert (str(copy), copy.file) == (str(caught.value), "x.yaml")
    assert copy.problems == caught.value.problems


def test_what_stands_behind_an_anchor_is_told_by_where_it_is_used() -> None:
    text = b"models:\n  - {id: a, provider: acme, capabilities: &c {coding_score: 2}}\n"
    with pytest.raises(BrokenCatalogError) as caught:
        read_document(text + b"  - {id: b, provider: acme, capabilities: *c}\n", "x.yaml")
    assert [problem.line for problem in caught.value.problems] == [2, 3]


def test_a_key_with_control_characters_reaches_no_terminal() -> None:
    with pytest.raises(BrokenCatalogError) as caught:
        model('"\\e[31m": 1')
    assert "\x1b" not in str(caught.value)
    assert "\\x1b[31m" in str(caught.value)


def test_shipped_names_need_neither_pydantic_nor_yaml() -> None:
    program = (
        "import sys; from modelops_bundle import catalog; catalog.load('/').resolve('openai/gpt-4o')\n"
        "print(sorted({'pydantic', 'yaml', 'importlib.resources', 'requests'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"
