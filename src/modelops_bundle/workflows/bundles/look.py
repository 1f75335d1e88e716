"""Looking at places and bundles without taking anything from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelops_bundle.bundle.reference import Reference
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.attesting import Provenance, provenance_of
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import each_blob
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle

__all__ = ["ShownBundle", "list_tags", "show_bundle"]


@dataclass(frozen=True, slots=True)
class ShownBundle:
    """A bundle, and what its pushes say of themselves, oldest first."""

    reference: Reference
    bundle: RemoteBundle
    provenance: tuple[Provenance, ...]


def list_tags(exchange: Exchange, text: str | None) -> tuple[str, Mapping[str, Digest]]:
    """A place and its tags, each with the digest that it points to.

    Raises:
        UsageError: The reference is none.
        RemoteError: The place could not be asked.
    """
    reference = exchange.reference(text)
    remote = exchange.remote(reference)
    names = remote.tags()
    digests = each_blob(names, remote.resolve, None, "")
    pairs = zip(names, digests, strict=True)
    return reference.place, {tag: digest for tag, digest in pairs if digest is not None}


def show_bundle(exchange: Exchange, text: str | None) -> ShownBundle:
    """What a bundle holds and who pushed it.

    Raises:
        UsageError: The reference is none.
        RemoteError: There is none, or the place could not be asked.
        DamagedBundleError: It is not what its digest says.
    """
    reference = exchange.reference(text)
    bundle = open_bundle(exchange, reference)
    return ShownBundle(reference, bundle, tuple(provenance_of(bundle.remote, bundle.digest)))
