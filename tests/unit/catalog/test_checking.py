"""Documents whose values are all valid, and which are wrong nevertheless."""

from __future__ import annotations

import pytest
from tests.support.catalogs import catalog_of

from modelops_bundle.catalog.checking import Finding, check
from modelops_bundle.catalog.documents import read_document

SHIPPED = """
providers: {acme: {name: Acme, also_known_as: [acme-ai]}}
models:
  - {id: old, aliases: [{name: latest, valid_from: 2024-01-01}], status: retired}
  - id: wrong
    context_window: 10
    max_output_tokens: 11
    release_date: 2024-05
    shutdown_date: 2024-03
    replacement: nothing
    prices: [{meter: input, unit: token, amount: 1, min_context: 10}]
"""


def found(models: str) -> list[Finding]:
    text = f"models:\n{models}"
    return check(catalog_of(SHIPPED, text), read_document(text.encode(), "x.yaml"))


def one(models: str) -> Finding:
    (finding,) = found(models)
    return finding


def test_an_alias_of_a_shipped_model_may_be_given_to_another_one() -> None:
    assert (
        found("- {id: new, provider: acme, aliases: [{name: latest, valid_from: 2025-01-01}]}")
        == []
    )


@pytest.mark.parametrize(
    ("model", "key", "words", "is_error"),
    [
        ("replacement: nothing", "replacement", "is not known", False),
        ("replacement: a", "replacement", "replace itself", True),
        ("replacement: acme/old", "replacement", "is retired itself", False),
        ("replacement: latest", "replacement", "is retired itself", False),
        ("{context_window: 10, max_output_tokens: 11}", "max_output_tokens", "is more than", False),
        ("{context_window: 10, max_input_tokens: 11}", "max_input_tokens", "is more than", False),
        (
            "{release_date: 2024-05, shutdown_date: 2024-04-30}",
            "shutdown_date",
            "is before release_date",
            True,
        ),
        (
            "{status: production, deprecation_date: 2024-01-01, checked_on: 2024-06-01}",
            "status",
            "status production after",
            False,
        ),
    ],
)
def test_contradictions(model: str, key: str, words: str, is_error: bool) -> None:
    inner = model.strip("{}")
    finding = one(f"- {{id: a, provider: acme, {inner}}}")
    assert finding.path == ("models", "0", key)
    assert words in finding.what
    assert finding.is_error is is_error
    assert finding.mend


def test_a_tier_that_is_never_reached() -> None:
    finding = one(
        "- {id: a, provider: acme, context_window: 10, prices:"
        ' [{meter: input, unit: token, amount: "1", min_context: 10}]}'
    )
    assert finding.path == ("models", "0", "prices", "0")


def test_a_provider_that_nobody_describes() -> None:
    finding = one("- {id: a, provider: acne}")
    assert finding.what == "the provider acne is not known; names that are close: acme"
    assert not finding.is_error


def test_another_name_of_a_provider_makes_no_provider_unnoticed() -> None:
    finding = one("- {id: a, provider: acme-ai}")
    assert finding.what == "acme-ai is another name of acme, and here it is a provider of its own"
    assert (finding.mend, finding.is_error) == ("Write acme.", False)


def test_what_is_right_is_not_told() -> None:
    assert found("- {id: a, provider: acme, release_date: 2024-05, shutdown_date: 2024-05}") == []
    assert (
        found("- {id: a, provider: acme, release_date: 2024-05-01, shutdown_date: 2024-05-01}")
        == []
    )
    assert found("- {id: a, provider: acme, context_window: 10, max_output_tokens: 10}") == []


@pytest.mark.parametrize(
    ("given", "keys"),
    [
        ("status: retired", []),
        ("display_name: W", []),
        ("max_output_tokens: 12", ["max_output_tokens"]),
        ("context_window: 9", ["context_window", "context_window"]),
        ("release_date: 2024-04", ["release_date"]),
        ("replacement: nobody", ["replacement"]),
        ("prices: [{meter: output, unit: token, amount: 2, min_context: 20}]", ["prices.0"]),
    ],
)
def test_only_what_the_document_gives_is_told(given: str, keys: list[str]) -> None:
    told = found(f"- {{id: wrong, provider: acme, {given}}}")
    assert [".".join(each.path[2:]) for each in told] == keys


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (
            "release_date: 2024-04",
            "shutdown_date 2024-03 of the shipped catalog is before release_date 2024-04",
        ),
        (
            "max_output_tokens: 12",
            "max_output_tokens 12 is more than context_window 10 of the shipped catalog",
        ),
        (
            "{max_output_tokens: null, context_window: 9}",
            "a price above 10 tokens of the shipped catalog is never due: context_window 9",
        ),
        (
            "prices: [{meter: output, unit: token, amount: 2, min_context: 20}]",
            "a price above 20 tokens is never due: context_window 10 of the shipped catalog",
        ),
    ],
)
def test_what_the_document_does_not_give_is_told_as_shipped(given: str, words: str) -> None:
    assert one(f"- {{id: wrong, provider: acme, {given.strip('{}')}}}").what == words
