"""What bundles were made from, as their pushes say, and the walk from bundle to bundle."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection
from typing import NamedTuple

from modelops_bundle.bundle.reference import parse_reference
from modelops_bundle.bundle.remote import Remote
from modelops_bundle.errors import MopsError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.attesting import Provenance, provenance_of
from modelops_bundle.workflows.bundles.exchange import Exchange

__all__ = ["History", "Walk"]

_MOST_ASKED = 100
"""Bundles that one walk asks about at most. Each names all that its pusher knew, so that few are asked."""


class Walk(NamedTuple):
    """What bundles come from, as far as a walk went.

    Attributes:
        met: Those of them that were looked for.
        named: All of them, oldest first.
        is_whole: Whether the walk came to its end, and everybody who was asked about one said what it was
            made from.
    """

    met: frozenset[Digest]
    named: tuple[Digest, ...]
    is_whole: bool


class History:
    """See the module. A bundle may have been pushed to several places; each says what was pushed there.

    Args:
        exchange: The project, whose places are asked where ``remote`` says nothing of a bundle.
        remote: The place that is asked first.
    """

    def __init__(self, exchange: Exchange, remote: Remote) -> None:
        self._exchange = exchange
        self._remote = remote
        self._known: dict[Digest, tuple[tuple[Digest, ...], ...] | None] = {}
        self._silent: set[str] = set()

    def ancestors(self, digest: Digest) -> tuple[tuple[Digest, ...], ...] | None:
        """What each push of a bundle says that it comes from, oldest first.

        Returns:
            ``None`` where the bundle was pushed here and nobody says anything.

        Raises:
            RemoteError: The place could not be asked. Others that cannot be say nothing.
        """
        if digest not in self._known:
            said = provenance_of(self._remote, digest) or self._elsewhere(digest)
            is_silent = not said and self._remote.manifest(str(digest)) is not None
            lists = tuple(tuple(x for x in each.ancestors if x != digest) for each in said)
            self._known[digest] = None if is_silent else lists
        return self._known[digest]

    def walk(self, digest: Digest, stop: Collection[Digest]) -> Walk:
        """Go from a bundle to what it comes from.

        What a push names is all that its pusher knew of. So only from the oldest of it does the walk go on,
        and only as long as nothing of ``stop`` was met.

        Raises:
            RemoteError: The place could not be asked.
        """
        waiting = deque([digest])
        seen = {digest: None}
        met: set[Digest] = set()
        is_whole = True
        while waiting and len(self._known) <= _MOST_ASKED:
            lists = self.ancestors(waiting.popleft())
            is_whole &= lists is not None
            for names in lists or ():
                found = met.union(names).intersection(stop) - met
                met |= found
                if names and not met.intersection(names) and names[0] not in seen:
                    waiting.append(names[0])
                seen.update(dict.fromkeys(reversed(names)))
        named = tuple(each for each in reversed(seen) if each != digest)
        return Walk(frozenset(met), named, is_whole and not waiting)

    def _elsewhere(self, digest: Digest) -> list[Provenance]:
        for place in self._exchange.state().places():
            if place == self._remote.place or place in self._silent:
                continue
            try:
                said = provenance_of(self._exchange.remote(parse_reference(place)), digest)
            except MopsError:
                self._silent.add(place)  # asked once, not once for each bundle
                continue
            if said:
                return said
        return []
