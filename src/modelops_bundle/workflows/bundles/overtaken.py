"""Tags that somebody else moved since the folder was last in step with them: what a push would drop."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents
from modelops_bundle.bundle.pulling import Action, changes
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.errors import StaleRemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.ancestry import Ancestry, ancestry_of, files_of
from modelops_bundle.workflows.bundles.bridging import algorithm_of, bridged
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.moving import pull_of, short
from modelops_bundle.workflows.bundles.reading import RemoteBundle, find_bundle

__all__ = ["bundle_at", "dropped_by_push"]

_MOST_LINES = 20


class _Theirs(NamedTuple):
    """What others did, and since which bundle; ``None`` where the folder has nothing in common with it."""

    changes: Mapping[str, Action]
    since: Digest | None


def dropped_by_push(
    exchange: Exchange,
    place: Reference,
    pointed: Mapping[str, Digest | None],
    ours: Digest,
    local: Contents,
    *,
    force: bool,
) -> Mapping[str, Action]:
    """What others have changed, where a tag points to a bundle that the folder does not come from.

    Args:
        exchange: The project.
        place: Where the push goes.
        pointed: Where each tag points now.
        ours: What it would point to.
        local: What is in the folder.
        force: Whether the tag is moved all the same.

    Raises:
        StaleRemoteError: A tag was moved by others, and ``force`` is not set.
        RemoteError: The place could not be asked.
    """
    state = exchange.state()
    dropped: dict[str, Action] = {}
    for tag, digest in pointed.items():
        if digest in (None, ours) or state.may_move(f"{place.place}:{tag}", digest):
            continue
        reference = place.at(tag)
        bundle = bundle_at(exchange, reference, digest)
        ancestry = ancestry_of(exchange, reference, bundle) if bundle is not None else None
        # A tag that nobody here has seen anywhere else, at a bundle that the folder comes from.
        is_new = state.tags.get(f"{place.place}:{tag}", digest) == digest
        if ancestry is not None and ancestry.is_behind and is_new:
            continue
        theirs = _theirs(exchange, bundle, ancestry, local)
        if not force:
            raise _stale(exchange, reference, digest, theirs)
        dropped.update(theirs.changes)
    return dropped


def bundle_at(exchange: Exchange, place: Reference, digest: Digest | None) -> RemoteBundle | None:
    """The bundle of a digest in a place; ``None`` where none was named, or it is not there.

    Raises:
        RemoteError: The place could not be asked.
        DamagedBundleError: It is not what its digest says.
    """
    if digest is None:
        return None
    return find_bundle(exchange, Reference(place.host, place.repository, None, digest))


def _theirs(
    exchange: Exchange, bundle: RemoteBundle | None, ancestry: Ancestry | None, local: Contents
) -> _Theirs:
    if bundle is None or ancestry is None:
        return _Theirs({}, None)
    contents, algorithm = bundle.index.contents, algorithm_of(bundle.index)
    base = files_of(exchange, bundle, ancestry.base) if ancestry.base is not None else None
    if base is None:
        # Nobody knows what both come from: what differs from the folder is what may be lost.
        here = local if algorithm == "blake3" else exchange.tree.look(local, algorithm)
        return _Theirs(changes(here, contents), None)
    return _Theirs(changes(bridged(exchange.tree, base, algorithm), contents), ancestry.base)


def _stale(
    exchange: Exchange, reference: Reference, digest: Digest, theirs: _Theirs
) -> StaleRemoteError:
    base = exchange.state().base
    since = f"which comes from {short(base)}" if base else "which was never pushed or pulled"
    from_what = f"{short(theirs.since)}, which both come from" if theirs.since else "this folder"
    lines = [f"  {action.value} {path}" for path, action in theirs.changes.items()]
    more = len(lines) - _MOST_LINES
    lines[_MOST_LINES:] = [f"  and {more} more"] if more > 0 else []
    pull = pull_of(exchange, reference.place, reference.wanted)
    # Where it has nothing new, a pull by its name would go back to it.
    goes_back = not lines and pull != "mops-bundle pull"
    first = "" if goes_back else f"Run `{pull}` first. "
    return StaleRemoteError(
        f"{reference} points to {short(digest)}, another bundle than that of this folder, {since}",
        "",
        "\n".join(
            (
                f"It differs from {from_what}:" if lines else "It has nothing that is not here.",
                *lines,
                f"{first}`mops-bundle push --force` replaces it"
                f"{' and drops these changes' if lines else ''}.",
            )
        ),
    )
