"""Moving tags, where others may move them at the same moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from modelops_bundle.bundle.remote import Manifest, Remote
from modelops_bundle.errors import StaleRemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.attesting import attest, provenance_of
from modelops_bundle.workflows.bundles.exchange import Exchange

__all__ = ["RACE_SECONDS", "move_tags", "pull_of", "short"]

_SLOW = (
    "the registry took long to move the tag: if somebody else pushed at the same moment, their"
    " bundle may have been replaced. It is still there by its digest, and their next push tells them"
)

RACE_SECONDS = 1.0
"""How long at most may pass from looking where a tag points to having moved it.

Registries move a tag whatever it points to. So whoever moved one looks again when this time has passed: who
looked at the tag before must have moved it by then, or knows that it took too long. Of two who push at once,
the one whose bundle the tag does not point to is told.
"""


def move_tags(
    exchange: Exchange,
    remote: Remote,
    manifest: Manifest,
    tags: Mapping[str, Digest | None],
    ancestors: Sequence[Digest],
) -> tuple[str, ...]:
    """Point tags to a bundle, whose blobs are there, and say who did.

    Args:
        exchange: Who does, and the clock.
        remote: The place.
        manifest: The bundle's manifest.
        tags: Where each tag points now.
        ancestors: The bundles that this one comes from, oldest first.

    Returns:
        What the user should know, in words.

    Raises:
        StaleRemoteError: Somebody else moved one of them since, or did at the same moment.
        RemoteError: The place refuses or cannot be reached.
    """
    slow = False
    for tag, before in tags.items():
        if before == manifest.digest:
            continue
        began = exchange.clock()
        if not remote.is_atomic:
            _require(exchange, remote.resolve(tag), before, remote, tag)
        remote.put_manifest(manifest, tag, before)
        slow |= exchange.clock() - began > RACE_SECONDS
    moved = exchange.clock()
    attest(exchange, remote, manifest, ancestors, tuple(tags))
    if remote.is_atomic:
        return ()
    # Who looked before we moved the tag has moved it by now, or knows that it was slow.
    exchange.wait(max(0.0, moved + RACE_SECONDS - exchange.clock()))
    for tag in tags:
        now = remote.resolve(tag)
        if now != manifest.digest and not _is_built_on(remote, now, manifest.digest):
            raise _raced(exchange, remote, tag, now, manifest.digest)
    return (_SLOW,) if slow else ()


def _require(
    exchange: Exchange, now: Digest | None, expected: Digest | None, remote: Remote, tag: str
) -> None:
    if now != expected:
        raise StaleRemoteError(
            f"{remote.place}:{tag} was moved while this push was under way",
            f"it points to {short(now)}, and pointed to {short(expected)}",
            f"Run `{pull_of(exchange, remote.place, tag)}`, then push again."
            " What was sent is not sent again.",
        )


def _is_built_on(remote: Remote, now: Digest | None, ours: Digest) -> bool:
    """Whether somebody has gone on from our bundle already."""
    said = provenance_of(remote, now) if now is not None else []
    return any(ours in each.ancestors for each in said)


def _raced(
    exchange: Exchange, remote: Remote, tag: str, now: Digest | None, ours: Digest
) -> StaleRemoteError:
    return StaleRemoteError(
        f"somebody else pushed to {remote.place}:{tag} at the same moment",
        f"it points to {short(now)}; this push, {short(ours)}, was replaced",
        f"Nothing is lost: yours is there as @{ours}."
        f" Run `{pull_of(exchange, remote.place, tag)}`, then push again.",
    )


def pull_of(exchange: Exchange, place: str, tag: str) -> str:
    """The command that pulls a tag, as short as it can be from here."""
    usual = exchange.reference(None)
    if usual.place != place:
        return f"mops-bundle pull {place}:{tag}"
    return "mops-bundle pull" if usual.wanted == tag else f"mops-bundle pull {tag}"


def short(digest: Digest | None) -> str:
    """A digest for people."""
    return f"sha256:{digest.short}" if digest is not None else "nothing"
