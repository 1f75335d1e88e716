"""Which servers a key may be sent to, whatever a document says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelops_bundle.adapters.model_hosts.access import Address, address_of
from modelops_bundle.adapters.model_hosts.destinations import check_destination
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.errors import ModelHostError
from modelops_bundle.wiring.model_hosts import RealHosts

OPENAI = ProviderConfig(
    slug="openai",
    name="OpenAI",
    base_url="https://api.openai.example/v1",
    credential_variables=("OPENAI_API_KEY",),
    base_url_variables=("OPENAI_BASE_URL",),
)
MISTRAL = ProviderConfig(
    slug="mistral",
    base_url="https://api.mistral.example",
    credential_variables=("MISTRAL_API_KEY",),
)
NOWHERE = ProviderConfig(slug="nowhere", credential_variables=("NOWHERE_API_KEY",))
SHIPPED = (OPENAI, MISTRAL, NOWHERE)


def check(url: str, credential: str = "OPENAI_API_KEY", **variables: str) -> None:
    config = replace(OPENAI, slug="groq", name="Mine", base_url=url, base_url_variables=())
    check_destination(config, credential, Address(url), SHIPPED, variables)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.example/v1",
        "https://API.openai.example:443/other",
        "http://localhost:8000",
        "http://127.0.0.1:8000/v1",
        "http://127.9.9.9",
        "http://[::1]:8000",
    ],
)
def test_a_key_goes_to_its_provider_and_to_this_machine(url: str) -> None:
    check(url)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example/v1",
        "http://api.openai.example/v1",
        "https://api.openai.example:8443",
        "https://api.openai.example.evil.example",
        "https://api.mistral.example",
        "https://localhost.evil.example",
        "https://127.0.0.1.evil.example",
        "http://0.0.0.0",
        "https://evil.example:port",
        "https://evil.example\\\\@api.openai.example",
        "https://api.openai.example@evil.example",
    ],
)
def test_a_key_goes_nowhere_else(url: str) -> None:
    with pytest.raises(ModelHostError, match="OPENAI_API_KEY is not sent") as caught:
        check(url)
    assert "shipped catalog has OpenAI" in caught.value.why
    assert "set OPENAI_BASE_URL to it, or put" in caught.value.mend
    assert "providers.groq.credential_variables" in caught.value.mend


def test_the_base_url_variable_is_the_user_s_own_word() -> None:
    check("https://gateway.example/any", OPENAI_BASE_URL="https://gateway.example/v1")
    check("https://api.openai.example", OPENAI_BASE_URL="https://gateway.example/v1")
    with pytest.raises(ModelHostError):
        check("https://evil.example", OPENAI_BASE_URL="https://gateway.example/v1")
    with pytest.raises(ModelHostError):
        check("https://evil.example", OPENAI_BASE_URL="no address")


def test_a_variable_that_only_the_document_names_does_not_count() -> None:
    config = replace(OPENAI, base_url_variables=("BRANCH",))
    variables = {"BRANCH": "evil.example/TOKEN"}
    address = address_of(config, variables)
    with pytest.raises(ModelHostError, match=r"https://evil\.example \(from BRANCH\)") as caught:
        check_destination(config, "OPENAI_API_KEY", address, SHIPPED, variables)
    assert "TOKEN" not in str(caught.value)


def test_where_nothing_can_be_set_another_variable_can_be_named() -> None:
    for credential in ("MISTRAL_API_KEY", "NOWHERE_API_KEY"):
        with pytest.raises(ModelHostError) as caught:
            check("https://evil.example", credential)
        assert "set " not in caught.value.mend


def test_a_variable_of_nobody_goes_where_it_is_asked_for() -> None:
    check("https://llm.acme.example/v1", "ACME_API_KEY")


def test_hosts_refuse_before_they_ask() -> None:
    hosts = RealHosts({"OPENAI_API_KEY": "sk-secret", "ANTHROPIC_API_KEY": "sk-secret"})
    known = shipped().providers
    for slug in ("openai", "anthropic"):
        hosts.host(known[slug])
        with pytest.raises(ModelHostError, match="is not sent"):
            hosts.host(replace(known[slug], base_url="https://evil.example"))
    borrowed = replace(known["ollama"], base_url="https://evil.example")
    with pytest.raises(ModelHostError, match="OPENAI_API_KEY is not sent"):
        hosts.host(replace(borrowed, credential_variables=("OPENAI_API_KEY",)))
