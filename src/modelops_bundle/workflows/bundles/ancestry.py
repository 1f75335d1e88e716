"""What the project's folder and a bundle somewhere else both come from: the base of comparing the two.

A folder comes from the bundles that were pushed or pulled here (its lineage), a bundle from what its pushes
say. Where the two meet is what both sides started from. It need not be the bundle that was synced last: that
may have gone under another tag or to another place.
"""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents
from modelops_bundle.bundle.reference import Reference, parse_reference
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.errors import MopsError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.attesting import nearest
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.reading import RemoteBundle, find_bundle

__all__ = ["Ancestry", "ancestry_of", "base_bundle", "files_of"]


class Ancestry(NamedTuple):
    """See the module.

    Attributes:
        base: The bundle that both come from, as far as that is known; else the one synced last, if any.
        lineage: What the folder comes from, as far as the bundle does too: it ends with ``base``, or is
            empty where the two have nothing in common.
        dropped: The bundle that the tag had when it was last pushed or pulled here, if what it has now does
            not come from that.
    """

    base: Digest | None
    lineage: tuple[Digest, ...]
    dropped: Digest | None = None


def ancestry_of(exchange: Exchange, reference: Reference, bundle: RemoteBundle) -> Ancestry:
    """Where the folder and a bundle meet.

    Args:
        exchange: The project.
        reference: How the bundle was asked for.
        bundle: The bundle.

    Raises:
        RemoteError: The place could not be asked where the bundle comes from.
    """
    state = exchange.state()
    lineage, digest = state.lineage, bundle.digest
    known = state.tags.get(f"{reference.place}:{reference.wanted}")
    if digest in lineage:
        end = lineage.index(digest) + 1
        return Ancestry(state.base, lineage[:end], known if known in lineage[end:] else None)
    if state.models:
        return Ancestry(state.last_pull, ())
    if not lineage:
        return Ancestry(None, ())
    met = nearest(bundle.remote, digest, lineage)
    if met.found is not None:
        end = lineage.index(met.found) + 1
        return Ancestry(met.found, lineage[:end], known if known in lineage[end:] else None)
    if met.is_certain:
        return Ancestry(state.base, (), known if known in lineage else None)
    # Nobody says where it comes from: of the tag that was seen here, most likely.
    if known is None or known not in lineage:
        return Ancestry(state.base, ())
    return Ancestry(known, lineage[: lineage.index(known) + 1])


def files_of(exchange: Exchange, bundle: RemoteBundle, base: Digest | None) -> Contents:
    """What the bundle that both come from holds; nothing where it is not to be had any more.

    With nothing in common every difference is in the way of a pull, which is the safe side.
    """
    state = exchange.state()
    if base == state.base or state.models:
        return state.files
    found = base_bundle(exchange, bundle, base)
    return found.index.contents if found is not None else {}


def base_bundle(
    exchange: Exchange, bundle: RemoteBundle, base: Digest | None
) -> RemoteBundle | None:
    """The bundle that both come from, out of the other's place or from where it was pushed or pulled."""
    if base is None:
        return None
    for place in dict.fromkeys((bundle.remote.place, *_places(exchange.state(), base))):
        reference = replace(parse_reference(place), tag=None, digest=base)
        try:
            found = find_bundle(exchange, reference)
        except MopsError:
            continue  # it may be somewhere else
        if found is not None:
            return found
    return None


def _places(state: SyncState, digest: Digest) -> list[str]:
    return [parse_reference(name).place for name in state.places(digest)]
