"""Which keys are sent where, whatever a project's document says.

A document may come from somebody else, as within a bundle, and so may a ``.env`` file. Were they believed,
they could have the user's keys, or any other variable, sent to a server of their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from modelops_bundle.adapters.addresses import is_loopback, origin_of
from modelops_bundle.adapters.model_hosts.access import Address, address_of
from modelops_bundle.catalog.entries import Authentication, ProviderConfig
from modelops_bundle.errors import ModelHostError

__all__ = ["check_destination", "with_known_variables"]


def with_known_variables(config: ProviderConfig, known: ProviderConfig | None) -> ProviderConfig:
    """A configuration that reads only the variables, and sends a key only as, the shipped catalog says.

    Args:
        config: The provider, as the project's document has it.
        known: The provider, as it is shipped; ``None`` where it is not.
    """
    known = known or ProviderConfig(slug=config.slug, authentication=Authentication(scheme="none"))
    return replace(
        config,
        credential_variables=known.credential_variables,
        base_url_variables=known.base_url_variables,
        authentication=known.authentication,
    )


def check_destination(
    known: ProviderConfig, credential: str, address: Address, variables: Mapping[str, str]
) -> None:
    """Refuse to send a key to a server that only a document names.

    It may go to the server that the shipped catalog names, to the one that a base-URL variable says, and to
    this machine.

    Args:
        known: The provider, as it is shipped.
        credential: The variable that holds the key.
        address: Where it would be sent.
        variables: The variables of whoever gave the key.

    Raises:
        ModelHostError: The key is not sent there.
    """
    with suppress(ValueError):
        target = origin_of(address.url)
        if is_loopback(target[1]) or target in _places(known, variables):
            return
    name = known.name or known.slug
    if address.variable is not None:
        # The only variable that does not count: one of the file, for a key of the process.
        mend = (
            f"If that server is right, set {address.variable} in the environment; else remove it."
        )
    else:
        settable = " or ".join(known.base_url_variables)
        right = (
            f"If that server is right, set {settable} to it; else remove" if settable else "Remove"
        )
        mend = f"{right} the document's providers.{known.slug}.base_url."
    raise ModelHostError(
        f"{name} was not asked: {credential} is not sent to a server that only a document names",
        f"{address.cited('')} is not where the shipped catalog has {name}",
        mend,
    )


def _places(known: ProviderConfig, variables: Mapping[str, str]) -> Iterator[tuple[str, str, int]]:
    yield from (origin_of(url) for url in (known.base_url, *known.other_base_urls) if url)
    # A variable that holds no address names no server.
    with suppress(ModelHostError, ValueError):
        yield origin_of(address_of(known, variables).url)
