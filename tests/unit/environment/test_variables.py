"""Environment variables: which are kept from simulations, because nothing says that they count."""

from __future__ import annotations

import pytest

from modelops_bundle.catalog.loading import shipped
from modelops_bundle.environment.variables import withheld, worth_telling


@pytest.mark.parametrize(
    "name",
    [
        "COVASIM_PRECISION",
        "TZ",
        "LC_ALL",
        "PYTHONOPTIMIZE",
        "PYTHONHASHSEED",
        "XLA_FLAGS",
        "RATE",
        "MKL_CBWR",
        "OPENAI_BASE_URL",
        "GOOGLE_GEMINI_BASE_URL",
        "AZURE_OPENAI_ENDPOINT",
    ],
)
def test_what_nobody_declared_is_withheld(name: str) -> None:
    assert withheld([name], ()) == [name]
    assert withheld([name], {name}) == []


@pytest.mark.parametrize(
    "name",
    ["LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "JAVA_HOME", "PROJ_DATA", "GRB_LICENSE_FILE", "https_proxy",
     "SSL_CERT_FILE", "SLURM_JOB_ID", "AWS_ACCESS_KEY_ID", "PYTHONNOUSERSITE"],
)  # fmt: skip
def test_what_says_where_a_machine_has_things_is_given(name: str) -> None:
    assert withheld([name], ()) == []


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("OPENAI_API_KEY", "OPENAI_BASE_URL"),
        ("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_BASE_URL"),
        ("AZURE_OPENAI_API_KEY", "AZURE_OPENAI_ENDPOINT"),
        ("CO_API_KEY", "CO_API_URL"),
        ("COHERE_API_KEY", "CO_API_URL"),
        ("GEMINI_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
        ("AWS_BEARER_TOKEN_BEDROCK", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
    ],
)
def test_a_key_goes_nowhere_without_its_address(key: str, address: str) -> None:
    """A gateway's key would be sent to the provider itself, and its answer taken for the gateway's."""
    assert withheld([key], ()) == []
    assert withheld([key, address, "OTHER_API_KEY"], ()) == sorted([key, address])
    assert withheld([key, address], {address}) == []
    assert withheld([key, address], {key}) == [address]


@pytest.mark.parametrize(
    "slug", ["anthropic", "cohere", "fireworks-ai", "google", "groq", "openai", "togetherai"]
)
def test_every_key_of_a_shipped_provider_is_known_by_its_address(slug: str) -> None:
    config = shipped().providers[slug]
    (address,) = config.base_url_variables
    keys = config.credential_variables
    assert keys
    assert withheld([address, *keys], ()) == sorted([address, *keys])


@pytest.mark.parametrize(
    ("key", "address"),
    [
        ("AZURE_STORAGE_KEY", "AZURE_OPENAI_ENDPOINT"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ENDPOINT_URL_BEDROCK_RUNTIME"),
        ("GOOGLE_MAPS_API_KEY", "GOOGLE_GEMINI_BASE_URL"),
        ("OPENAIRE_API_KEY", "OPENAI_BASE_URL"),
    ],
)
def test_a_key_for_something_else_is_given(key: str, address: str) -> None:
    """A model that reads its data from the same company's storage goes on to do so."""
    assert withheld([key, address], ()) == [address]


def test_what_terminals_and_notebooks_set_is_not_worth_a_word() -> None:
    names = ["RATE", "COLUMNS", "MPLBACKEND", "TERM_PROGRAM", "LC_ALL", "CI"]
    assert list(filter(worth_telling, names)) == ["RATE"]
