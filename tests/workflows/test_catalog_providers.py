"""Every provider, asked over HTTP at a server that answers in its shapes, pages and authentication."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import openai
import pytest
from openai.pagination import SyncPage
from openai.types import Model
from tests.support.model_servers import (
    KEYS,
    PAGES,
    Asked,
    ModelServer,
    Reply,
    payload,
    usual,
)

from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.catalog.entries import ModelEntry, Pagination
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.providers import SLUGS, provider_class
from modelops_bundle.catalog.providers.base import Provider
from modelops_bundle.catalog.schema import ModelRow
from modelops_bundle.catalog.trees import entry_tree
from modelops_bundle.errors import ModelHostError
from modelops_bundle.wiring.model_hosts import RealHosts, ollama_digest

ODD_KEYS = """
created created_at createTime owned_by context_length contextLength inputTokenLimit max_context_length
pricing top_provider architecture aliases capabilities deprecation deprecationDate deprecated_at retires_at
lifecycle shutdown_date features status prompt_text_token_price long_context_threshold supportsTools
max_tokens publisher supported_parameters input_modalities inputModalities display_name displayName
"""
LIMITS = Limits(retries=0, total_seconds=20, read_seconds=10)


@pytest.fixture
def server(usual_model_server: ModelServer) -> ModelServer:
    return usual_model_server


def provider(server: ModelServer, slug: str, limits: Limits = LIMITS, **variables: str) -> Provider:
    """The provider as the shipped configuration has it, but for where it is."""
    config = shipped().providers[slug]
    config = replace(config, base_url=server.url(slug), base_url_variables=())
    hosts = RealHosts({**server.variables(slug), **variables}, None, limits)
    return provider_class(slug)(config, hosts.host(config))


def models(server: ModelServer, slug: str) -> dict[str, ModelEntry]:
    return {each.id: each for each in provider(server, slug).public_models()}


def prices(entry: ModelEntry) -> dict[tuple[str, int], Decimal]:
    return {(each.meter, each.min_context): each.each * 10**6 for each in entry.prices}


def test_the_shipped_catalog_says_how_each_is_reached() -> None:
    assert set(SLUGS) == set(PAGES)
    for slug in SLUGS:
        config = shipped().providers[slug]
        assert config.base_url
        assert config.models_path
        assert provider_class(slug).slug == slug
        assert config.credential_variables or config.authentication.scheme == "none"


@pytest.mark.parametrize("slug", SLUGS)
def test_every_page_is_asked_for_with_the_key_in_its_place(server: ModelServer, slug: str) -> None:
    found = provider(server, slug).public_models()
    assert found
    assert [each.id for each in found] == sorted(each.id for each in found)
    path, (_, pages) = shipped().providers[slug].models_path, PAGES[slug]
    assert [each.path for each in server.asked] == [path] * len(pages)
    for entry in found:
        assert entry.provider == slug
        assert entry.source == {"*": f"{server.url(slug)}{path}"}
        ModelRow.model_validate(entry_tree(entry))
    for asked in server.asked:
        assert not any(KEYS[name][1] in str(asked.query) for name in KEYS)


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize("status", [429, 503])
def test_who_is_busy_is_asked_again_for_every_page(
    server: ModelServer, slug: str, status: int
) -> None:
    expected = provider(server, slug).public_models()
    pages = len(server.asked)
    turned_away: list[Asked] = []

    def busy(asked: Asked) -> Reply | bytes:
        if any(asked.query == each.query for each in turned_away):
            return usual(asked)
        turned_away.append(asked)
        return Reply(b"busy", status, {"Retry-After": "0", "Retry-After-Ms": "1"})

    server.behaviours[slug] = busy
    limits = replace(LIMITS, retries=1, backoff_seconds=0.001)
    # A server of Ollama that nobody named is not waited for.
    named = {"OLLAMA_HOST": server.url(slug)} if slug == "ollama" else {}
    again = provider(server, slug, limits, **named).public_models()
    assert [each.id for each in again] == [each.id for each in expected]
    assert len(turned_away) == pages


@pytest.mark.parametrize("slug", [slug for slug in SLUGS if slug in KEYS])
def test_a_key_that_is_refused_is_never_repeated(server: ModelServer, slug: str) -> None:
    variable, _ = KEYS[slug]
    asked = provider(server, slug, **{variable: "wrong-secret-key"})
    with pytest.raises(Exception, match="401") as caught:
        asked.public_models()
    assert "wrong-secret-key" not in repr(caught.value) + str(caught.value)
    assert variable in str(caught.value)
    assert "wrong-secret-key" not in repr(vars(asked.host))


@pytest.mark.parametrize("slug", SLUGS)
@pytest.mark.parametrize(
    "body",
    [
        b"<html>Sign in</html>",
        b'{"data": [{"id": "x"',
        b"[" * 100_000,
        b"null",
        b'{"data": "none", "models": 7}',
        b'"models"',
    ],
    ids=["html", "truncated", "deep", "null", "wrong-type", "text"],
)
def test_garbage_is_an_error_that_names_the_provider(
    server: ModelServer, slug: str, body: bytes
) -> None:
    server.behaviours[slug] = lambda _: body
    with pytest.raises(ModelHostError) as caught:
        provider(server, slug).public_models()
    assert (shipped().providers[slug].name or slug) in caught.value.what
    assert "stays" in caught.value.mend


@pytest.mark.parametrize("slug", SLUGS)
def test_items_of_any_kind_are_survived(server: ModelServer, slug: str) -> None:
    """What cannot be understood of an item is unknown; an item without an id is left out."""
    odd: list[Any] = [None, 7, "x", [], {}, {"id": None, "name": 3}, {"id": "", "name": ""}]
    values: list[Any] = [None, True, -1, 0, 1e400, "x", [], {}, [{}], "-1", "NaN", 10**30]
    keys = ODD_KEYS.split()
    for number, value in enumerate(values):
        odd.append({"id": f"a-{number}", "name": f"a-{number}"} | dict.fromkeys(keys, value))
    lists = dict.fromkeys(("data", "models", provider_class(slug).items_key), odd)
    body = json.dumps({**lists, "has_more": False}).encode()
    server.behaviours[slug] = lambda _: body
    found = models(server, slug)
    # Together calls a model by its name where it has a publisher.
    assert len(found) >= (1 if slug in ("togetherai", "fireworks-ai", "cohere") else 10)
    for entry in found.values():
        ModelRow.model_validate(entry_tree(entry))
        assert not any(price.amount.is_nan() for price in entry.prices)


def test_openai_without_fine_tuned_models_whoever_owns_them(server: ModelServer) -> None:
    found = models(server, "openai")
    assert len(found) == 10
    assert not any(name.startswith("ft:") for name in found)
    assert {each.developer for each in found.values()} == {"openai"}
    assert "whisper-1" in found
    assert str(found["gpt-4o"].release_date) == "2024-05-10"
    ended = found["gpt-4-shutdown-example"]
    assert (str(ended.shutdown_date), str(ended.status)) == ("2026-10-23", "deprecated")
    assert found["gpt-4o"].status is None


def test_openai_s_own_sdk_reads_the_same_ids() -> None:
    page = SyncPage[Model].model_validate_json(payload("openai_models"))
    assert len(page.data) == 11
    assert {each.owned_by for each in page.data} >= {"system", "openai-internal"}
    assert [m.id for m in page.data if m.id.startswith("ft:")] == [
        "ft:gpt-4o-mini-2024-07-18:acme::abc123"
    ]


def test_openai_s_sdk_gets_what_is_got_here(server: ModelServer) -> None:
    variable, key = KEYS["openai"]
    with openai.OpenAI(api_key=key, base_url=server.url("openai"), max_retries=0) as client:
        theirs = {each.id for each in client.models.list()}
    ours = {each["id"] for each in provider(server, "openai").fetch_models()}
    assert theirs == ours
    assert variable == "OPENAI_API_KEY"


def test_anthropic_through_its_sdk(server: ModelServer) -> None:
    found = models(server, "anthropic")
    assert all("Anthropic/Python" in each.headers["user-agent"] for each in server.asked)
    assert [each.query.get("after_id") for each in server.asked] == [
        None,
        "claude-opus-4-5-20251101",
    ]
    assert server.asked[0].query["limit"] == "1000"
    opus = found["claude-opus-4-7"]
    assert (opus.max_input_tokens, opus.max_output_tokens) == (1_000_000, 128_000)
    assert (str(opus.release_date), str(opus.status)) == ("2026-04-14", "production")
    assert opus.capabilities.supports_vision is True
    assert opus.capabilities.supports_structured_output is True
    assert opus.capabilities.supports_reasoning is None
    # The date in the id counts more than the one of the listing; 1970 is unknown.
    assert str(found["claude-opus-4-5-20251101"].release_date) == "2025-11-01"
    assert found["claude-unknown-date"].release_date is None
    assert str(found["claude-unknown-date"].status) == "retired"


def test_google_goes_on_after_an_empty_page(server: ModelServer) -> None:
    found = models(server, "google")
    assert set(found) == {"gemini-2.5-flash", "text-embedding-004"}
    assert [each.query.get("pageToken") for each in server.asked] == [
        None,
        "opaque-cursor-xyz",
        "more",
    ]
    flash = found["gemini-2.5-flash"]
    assert (flash.max_input_tokens, flash.max_output_tokens) == (1_048_576, 65_536)
    assert flash.capabilities.supports_reasoning is True
    assert flash.release_date is None
    assert found["text-embedding-004"].max_output_tokens is None


def test_mistral_lists_a_model_once_for_each_name(server: ModelServer) -> None:
    found = models(server, "mistral")
    assert set(found) == {"mistral-large-2411", "open-mistral-7b"}
    large = found["mistral-large-2411"]
    assert [each.name for each in large.aliases] == ["mistral-large-latest"]
    assert str(large.release_date) == "2024-11"
    assert large.context_window == 131_072
    small = found["open-mistral-7b"]
    assert small.context_window is None  # not what its SDK fills in
    assert (str(small.deprecation_date), str(small.status)) == ("2025-03-30", "deprecated")
    assert small.replacement == "ministral-8b-latest"


def test_together_in_its_first_shape(server: ModelServer) -> None:
    found = models(server, "togetherai")
    llama = found["meta-llama/Llama-3.3-70B-Instruct-Turbo"]
    assert (llama.developer, llama.context_window) == ("meta", 131_072)
    assert prices(llama) == {("input", 0): Decimal("0.88"), ("output", 0): Decimal("0.88")}
    flux = found["black-forest-labs/FLUX.1-dev"]
    assert flux.prices == ()  # zero is no price where nobody says that it is free
    assert flux.release_date is None


def test_together_in_the_shape_of_its_sdk(server: ModelServer) -> None:
    def answer(asked: Asked) -> Reply | bytes:
        if asked.query.get("after") == "c2":
            return b'{"data": [{"id": "p/own", "name": "p/own", "projectId": "p"}]}'
        return payload("together_supported_models")

    server.behaviours["togetherai"] = answer
    config = replace(
        shipped().providers["togetherai"],
        base_url=server.url("togetherai"),
        base_url_variables=(),
        models_path="/v2/supported-models",
        pagination=Pagination(style="token", parameter="after", field="next_cursor"),
    )
    host = RealHosts(server.variables("togetherai"), None, LIMITS).host(config)
    (qwen,) = provider_class("togetherai")(config, host).public_models()
    assert (qwen.id, qwen.developer, qwen.context_window) == ("Qwen/Qwen3-32B", "alibaba", 40_960)
    assert (str(qwen.release_date), str(qwen.status)) == ("2025-05-01", "production")
    assert prices(qwen)["cache_read", 0] == Decimal("0.05")
    assert qwen.capabilities.supports_function_calling is True
    assert len(server.asked) == 2


def test_fireworks_dates_are_objects(server: ModelServer) -> None:
    (llama,) = models(server, "fireworks-ai").values()
    assert llama.id == "accounts/fireworks/models/llama-v3p1-8b-instruct"
    assert (str(llama.deprecation_date), str(llama.release_date)) == ("2026-01-01", "2024-07-23")
    assert (llama.context_window, llama.capabilities.supports_vision) == (131_072, False)


def test_groq_s_limits_are_read_although_its_sdk_has_no_types_for_them(server: ModelServer) -> None:
    (llama,) = models(server, "groq").values()
    assert (llama.developer, llama.context_window, llama.max_output_tokens) == (
        "meta",
        131_072,
        32_768,
    )


def test_openrouter_s_prices_are_per_token(server: ModelServer) -> None:
    found = models(server, "openrouter")
    claude = found["anthropic/claude-sonnet-4.5"]
    assert claude.developer == "anthropic"
    assert claude.context_window == 200_000  # the smaller one, of the provider behind it
    assert str(claude.release_date) == "2025-09-29"
    by_meter = {each.meter: each for each in claude.prices}
    assert set(by_meter) == {"input", "output", "cache_read", "cache_write_5m", "image"}
    assert by_meter["input"].each * 10**6 == 3
    assert by_meter["cache_write_5m"].each * 10**6 == Decimal("3.75")
    assert (by_meter["image"].unit, by_meter["image"].amount) == ("image", Decimal("0.0048"))
    assert found["openrouter/auto"].prices == ()  # -1 is a price that varies
    free = found["meta-llama/llama-3.3-70b-instruct:free"]
    assert prices(free) == {("input", 0): 0, ("output", 0): 0}
    assert free.developer == "meta"


def test_xai_s_prices_are_in_its_own_unit(server: ModelServer) -> None:
    (grok,) = models(server, "xai").values()
    # 25 cents for a hundred million tokens are a quarter of a cent for a million.
    assert prices(grok)["input", 0] == Decimal("0.0025")
    assert grok.aliases == ()  # it names itself
    server.behaviours["xai"] = lambda _: payload("xai_long_context")
    (grok,) = models(server, "xai").values()
    assert prices(grok) == {
        ("input", 0): 3,
        ("input", 128_000): 6,
        ("output", 0): 15,
        ("output", 128_000): 30,
        ("cache_read", 0): Decimal("0.75"),
    }
    assert [each.name for each in grok.aliases] == ["grok-4", "grok-4-latest"]
    assert str(grok.release_date) == "2025-07-09"
    assert grok.capabilities.supports_vision is True


def test_deepseek_names_no_dates(server: ModelServer) -> None:
    found = models(server, "deepseek")
    assert set(found) == {"deepseek-chat", "deepseek-reasoner"}
    assert found["deepseek-chat"].release_date is None
    assert found["deepseek-chat"].developer == "deepseek"


def test_cohere_s_context_has_a_point(server: ModelServer) -> None:
    found = models(server, "cohere")
    assert set(found) == {"command-xlarge-nightly", "command-r-08-2024"}
    command = found["command-r-08-2024"]
    assert (command.context_window, str(command.release_date)) == (128_000, "2024-08")
    assert str(command.status) == "deprecated"
    assert command.capabilities.supports_function_calling is True


def test_ollama_says_when_a_model_was_pulled_not_when_it_was_released(server: ModelServer) -> None:
    (gemma,) = models(server, "ollama").values()
    assert (gemma.id, gemma.release_date, gemma.developer) == ("gemma3", None, None)


def test_the_digest_of_a_model_at_ollama(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OLLAMA_HOST", server.url("ollama"))
    config = shipped().providers["ollama"]
    busy = [Reply(b"", 503)]
    server.behaviours["ollama"] = lambda asked: busy.pop() if busy else usual(asked)
    assert ollama_digest(config, "gemma3").startswith("a2af6cc3eb7f")
    with pytest.raises(ModelHostError, match="ollama pull nothing"):
        ollama_digest(config, "nothing")
    monkeypatch.setenv("OLLAMA_HOST", "127.0.0.1:1")
    with pytest.raises(ModelHostError, match="ollama serve"):
        ollama_digest(config, "gemma3")


def test_the_usual_server_refuses_a_wrong_key() -> None:
    """What the tests above lean on."""
    asked = Asked("openai", "/anything", {}, {"authorization": "Bearer no"})
    reply = usual(asked)
    assert isinstance(reply, Reply)
    assert reply.status == 401
