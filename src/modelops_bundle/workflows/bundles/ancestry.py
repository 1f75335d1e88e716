"""What the project's folder and a bundle somewhere else both come from: the base of comparing the two.

A folder comes from the bundles that were pushed or pulled here (its lineage), a bundle from what its pushes
say. Where the two meet is what both sides started from. It need not be the bundle that was synced last: that
may have gone under another tag or to another place.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents
from modelops_bundle.bundle.reference import Reference, parse_reference
from modelops_bundle.errors import MopsError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.history import History
from modelops_bundle.workflows.bundles.reading import RemoteBundle, find_bundle

__all__ = ["Ancestry", "ancestry_of", "base_bundle", "files_of", "united"]

Lineage = tuple[Digest, ...]


class Ancestry(NamedTuple):
    """See the module.

    Attributes:
        base: The bundle that both come from; ``None`` where they have nothing in common.
        common: What of the folder's lineage the bundle comes from as well, oldest first.
        named: All that the bundle comes from, as far as that was asked about, oldest first.
        is_behind: Whether the folder comes from the bundle: it has nothing new.
        dropped: The bundle that the tag had when it was last pushed or pulled here, if what it has now does
            not come from that.
    """

    base: Digest | None
    common: Lineage = ()
    named: Lineage = ()
    is_behind: bool = False
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
    if state.models:
        return Ancestry(state.last_pull)
    if not lineage or digest == state.base:
        return Ancestry(state.base, lineage)
    history = History(exchange, bundle.remote)
    known = state.tags.get(f"{reference.place}:{reference.wanted}")
    walk = history.walk(digest, lineage)
    latest = _latest(history, lineage, walk.met)
    if digest in lineage and latest < lineage.index(digest):
        # Unless it was pushed once more, after what the folder has.
        common = lineage[: lineage.index(digest) + 1]
        return Ancestry(
            digest, common, (), True, known if known in lineage[len(common) :] else None
        )
    dropped = known if known in lineage and _is_lost(history, digest, known) else None
    if latest >= 0:
        return Ancestry(lineage[latest], lineage[: latest + 1], walk.named, dropped=dropped)
    back = history.walk(lineage[-1], {digest, *walk.named})
    if digest in back.met:
        return Ancestry(digest, (), (), True, dropped)
    if back.met:
        base = next(each for each in reversed(walk.named) if each in back.met)
        return Ancestry(base, (), walk.named, dropped=dropped)
    if not walk.is_whole and known in lineage:
        # Nobody says where it comes from: of the tag that was seen here, most likely.
        return Ancestry(known, lineage[: lineage.index(known) + 1], walk.named)
    if not walk.is_whole and history.ancestors(lineage[-1]) is None:
        # Nor of the folder's own bundle, as where a program pushes that says nothing: the next one, then.
        return Ancestry(state.base, lineage)
    return Ancestry(None, (), walk.named, dropped=dropped)


def _latest(history: History, lineage: Lineage, met: Collection[Digest]) -> int:
    """Where in the lineage the last bundle is that others come from; -1 where none is.

    What was pushed once more, after it had been replaced by others, comes from those as well.
    """
    latest = max(map(lineage.index, met), default=-1)
    while 0 <= latest < len(lineage) - 1:
        named = {each for names in history.ancestors(lineage[latest]) or () for each in names}
        later = max(map(lineage.index, named.intersection(lineage)), default=-1)
        if later <= latest:
            break
        latest = later
    return latest


def _is_lost(history: History, digest: Digest, known: Digest) -> bool:
    """Whether what a tag had is not among what it comes from now."""
    walk = history.walk(digest, {known})
    return walk.is_whole and not walk.met


def united(lineage: Lineage, named: Lineage, digest: Digest) -> Lineage:
    """What a folder comes from that has a bundle merged into it: each after what it comes from itself.

    Args:
        lineage: What the folder came from before, oldest first.
        named: What the bundle comes from, oldest first.
        digest: The bundle, which is the last one then.
    """
    order: dict[Digest, None] = {}
    rest = iter(lineage)
    for each in named:
        if each in lineage and each not in order:
            for own in rest:
                order[own] = None
                if own == each:
                    break
        order[each] = None
    order.update(dict.fromkeys(rest))
    order.pop(digest, None)
    return (*order, digest)


def files_of(exchange: Exchange, bundle: RemoteBundle, base: Digest | None) -> Contents | None:
    """What the bundle that both come from holds; ``None`` where there is none that is to be had."""
    state = exchange.state()
    if state.models or (base is not None and base == state.base):
        return state.files
    found = base_bundle(exchange, bundle, base)
    return found.index.contents if found is not None else None


def base_bundle(
    exchange: Exchange, bundle: RemoteBundle, base: Digest | None
) -> RemoteBundle | None:
    """The bundle that both come from, out of any place that is known.

    Raises:
        RemoteError: The place of the other one could not be asked.
    """
    if base is None or base == bundle.digest:
        return None if base is None else bundle
    for place in dict.fromkeys((bundle.remote.place, *exchange.state().places())):
        try:
            reference = replace(parse_reference(place), tag=None, digest=base)
            found = find_bundle(exchange, reference)
        except MopsError:
            if place == bundle.remote.place:
                raise
            continue  # it may be somewhere else
        if found is not None:
            return found
    return None
