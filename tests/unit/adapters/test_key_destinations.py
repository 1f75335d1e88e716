"""Which servers a key may be sent to, whatever a document says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from modelops_bundle.adapters.model_hosts.access import Address
from modelops_bundle.adapters.model_hosts.destinations import (
    check_destination,
    with_known_variables,
)
from modelops_bundle.catalog.entries import Authentication, ProviderConfig
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.errors import ModelHostError
from modelops_bundle.wiring.model_hosts import RealHosts

OPENAI = ProviderConfig(
    slug="openai",
    name="OpenAI",
    base_url="https://api.openai.example/v1",
    other_base_urls=("https://api2.openai.example",),
    credential_variables=("OPENAI_API_KEY",),
    base_url_variables=("OPENAI_BASE_URL",),
)
MISTRAL = ProviderConfig(
    slug="mistral",
    base_url="https://api.mistral.example",
    credential_variables=("MISTRAL_API_KEY",),
)
NOWHERE = ProviderConfig(slug="nowhere", credential_variables=("NOWHERE_API_KEY",))
KNOWN = {"openai": OPENAI}
KEY = "sk-secret"


def check(url: str, known: ProviderConfig = OPENAI, **variables: str) -> None:
    check_destination(known, known.credential_variables[0], Address(url), variables)


@pytest.mark.parametrize(
    "url",
    [
        "https://api.openai.example/v1",
        "https://API.openai.example:443/other",
        "https://api2.openai.example/v1",
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
    assert "set OPENAI_BASE_URL to it; else remove" in caught.value.mend
    assert "providers.openai.base_url" in caught.value.mend


def test_the_base_url_variable_is_the_user_s_own_word() -> None:
    check("https://gateway.example/any", OPENAI_BASE_URL="https://gateway.example/v1")
    check("https://api.openai.example", OPENAI_BASE_URL="https://gateway.example/v1")
    with pytest.raises(ModelHostError):
        check("https://evil.example", OPENAI_BASE_URL="https://gateway.example/v1")
    with pytest.raises(ModelHostError):
        check("https://evil.example", OPENAI_BASE_URL="no address")


def test_where_no_variable_says_an_address_the_document_s_is_to_be_removed() -> None:
    for known in (MISTRAL, NOWHERE):
        with pytest.raises(ModelHostError) as caught:
            check("https://evil.example", known)
        assert caught.value.mend.startswith("Remove the document's providers.")


# --- documents that name variables ------------------------------------------------------------------


def hosts(environment: dict[str, str], **file: str) -> RealHosts:
    return RealHosts(environment, file=file, known=KNOWN)


def test_a_document_cannot_name_what_is_sent() -> None:
    """It would have any variable of the process sent to its server, or to one that is named so."""
    environment = {"AWS_SESSION_TOKEN": KEY, "OPENAI_API_KEY": KEY}
    config = replace(
        OPENAI, base_url="http://127.0.0.1:9", credential_variables=("AWS_SESSION_TOKEN",)
    )
    with pytest.raises(ModelHostError, match="OPENAI_API_KEY is not set"):
        hosts({"AWS_SESSION_TOKEN": KEY}).host(config)
    assert not hosts({"AWS_SESSION_TOKEN": KEY}).is_meant(config)
    asked = hosts(environment).host(replace(OPENAI, base_url_variables=("AWS_SESSION_TOKEN",)))
    assert asked.source == "https://api.openai.example/v1/models"


def test_a_document_cannot_say_how_a_key_is_sent() -> None:
    told = Authentication(scheme="header", header="x-key", headers={"Host": "evil.example"})
    known = with_known_variables(replace(OPENAI, authentication=told), OPENAI)
    assert known.authentication == OPENAI.authentication


def test_a_provider_that_is_not_shipped_gets_no_key() -> None:
    config = replace(OPENAI, slug="mine", base_url="https://evil.example/v1")
    assert not hosts({"OPENAI_API_KEY": KEY}).is_meant(config)
    known = with_known_variables(config, None)
    assert (known.credential_variables, known.base_url_variables) == ((), ())
    assert known.authentication.scheme == "none"
    assert hosts({"OPENAI_API_KEY": KEY}).host(config).source == "https://evil.example/v1/models"


# --- the file of variables --------------------------------------------------------------------------


def test_an_address_in_the_file_gets_a_key_of_the_file_alone() -> None:
    gateway = "https://gateway.example/TOKEN/v1"
    both = hosts({}, OPENAI_API_KEY=KEY, OPENAI_BASE_URL=gateway).host(OPENAI)
    assert both.source == "https://gateway.example (from OPENAI_BASE_URL)"
    with pytest.raises(ModelHostError, match="OPENAI_API_KEY is not sent") as caught:
        hosts({"OPENAI_API_KEY": KEY}, OPENAI_BASE_URL=gateway).host(OPENAI)
    assert "set OPENAI_BASE_URL in the environment" in caught.value.mend
    assert "TOKEN" not in str(caught.value)
    hosts({"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": gateway}).host(OPENAI)
    hosts({"OPENAI_BASE_URL": gateway}, OPENAI_API_KEY=KEY).host(OPENAI)


def test_hosts_refuse_before_they_ask() -> None:
    asking = RealHosts({"OPENAI_API_KEY": KEY, "ANTHROPIC_API_KEY": KEY})
    known = shipped().providers
    for slug in ("openai", "anthropic"):
        asking.host(known[slug])
        with pytest.raises(ModelHostError, match="is not sent"):
            asking.host(replace(known[slug], base_url="https://evil.example"))
