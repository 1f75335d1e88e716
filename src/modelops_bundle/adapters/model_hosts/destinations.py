"""Where a key may be sent, whatever a project's document says.

A document may come from somebody else, as within a bundle. Were it believed, it could have the user's keys
sent to a server of its own.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress

from modelops_bundle.adapters.model_hosts.access import Address, address_of, origin
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.errors import ModelHostError

__all__ = ["check_destination"]


def check_destination(
    config: ProviderConfig,
    credential: str,
    address: Address,
    shipped: Iterable[ProviderConfig],
    variables: Mapping[str, str],
) -> None:
    """Refuse to send a key of a provider in the shipped catalog to a server that is not known to be its.

    It may go to the server that the shipped catalog names, to the one that a base-URL variable named there
    says, and to this machine. A key that the shipped catalog does not name may go wherever it is asked for.

    Args:
        config: The provider, as the project's document has it.
        credential: The variable that holds the key.
        address: Where it would be sent.
        shipped: The shipped configurations.
        variables: What addresses are looked for in.

    Raises:
        ModelHostError: The key is not sent there.
    """
    owners = [each for each in shipped if credential in each.credential_variables]
    with suppress(ValueError):
        target = origin(address.url)
        if not owners or _is_here(target[1]) or target in _known(owners, variables):
            return
    name = config.name or config.slug
    usual = dict.fromkeys(each for owner in owners for each in owner.base_url_variables)
    settable = f"set {' or '.join(usual)} to it, or " if usual else ""
    raise ModelHostError(
        f"{name} was not asked: {credential} is not sent to a server that only a document names",
        f"{address.cited('')} is not where the shipped catalog has {_names(owners)}",
        f"If that server is right, {settable}put the key for it into a variable of its own and name that"
        f" under providers.{config.slug}.credential_variables; else remove the document's base_url.",
    )


def _known(
    owners: Iterable[ProviderConfig], variables: Mapping[str, str]
) -> Iterator[tuple[str, str | None, int | None]]:
    for owner in owners:
        for given in ({}, variables):
            # A variable that holds no address names no server.
            with suppress(ModelHostError, ValueError):
                yield origin(address_of(owner, given).url)


def _is_here(host: str | None) -> bool:
    with suppress(ValueError):
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    return False


def _names(owners: Collection[ProviderConfig]) -> str:
    return ", ".join(sorted(owner.name or owner.slug for owner in owners))
