"""What bundles were made from, as their pushes say, and the walk from bundle to bundle."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from typing import NamedTuple

from modelops_bundle.bundle.reference import parse_reference
from modelops_bundle.bundle.remote import Remote
from modelops_bundle.errors import MopsError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.attesting import Provenance, provenance_of
from modelops_bundle.workflows.bundles.exchange import Exchange

__all__ = ["History", "Walk"]

_MOST_ASKED = 100
"""Bundles that one walk asks about at most. What others pushed since the last pull is much less."""


class Walk(NamedTuple):
    """Where a walk along what bundles come from has led.

    Attributes:
        met: Those that it was to stop at and that it came to, the nearest first.
        passed: The others that it came through, the nearest first.
        is_whole: Whether it came to every end: nobody said nothing, and there were not too many.
    """

    met: tuple[Digest, ...]
    passed: tuple[Digest, ...]
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
        self._known: dict[Digest, frozenset[Digest] | None] = {}

    def parents(self, digest: Digest) -> frozenset[Digest] | None:
        """What a bundle was made from; empty for a first one, ``None`` where nobody says anything.

        Raises:
            RemoteError: The place could not be asked. Others that cannot be say nothing.
        """
        if digest not in self._known:
            said = provenance_of(self._remote, digest) or self._elsewhere(digest)
            parents = frozenset(parent for each in said for parent in each.parents)
            self._known[digest] = parents - {digest} if said else None
        return self._known[digest]

    def walk(self, start: Iterable[Digest], stop: Collection[Digest]) -> Walk:
        """Go from bundles to all that they come from, and from those of ``stop`` no further.

        Raises:
            RemoteError: The place could not be asked.
        """
        first = list(start)
        waiting, seen = deque(first), dict.fromkeys(first)
        met: dict[Digest, None] = {}
        asked, is_whole = 0, True
        while waiting and asked < _MOST_ASKED:
            parents = self.parents(waiting.popleft())
            asked += 1
            is_whole &= parents is not None
            for parent in sorted(parents or (), key=str):
                if parent in stop:
                    met[parent] = None
                elif parent not in seen:
                    seen[parent] = None
                    waiting.append(parent)
        passed = tuple(each for each in seen if each not in first)
        return Walk(tuple(met), passed, is_whole and not waiting)

    def _elsewhere(self, digest: Digest) -> list[Provenance]:
        for place in self._exchange.state().places():
            if place == self._remote.place:
                continue
            try:
                said = provenance_of(self._exchange.remote(parse_reference(place)), digest)
            except MopsError:
                continue
            if said:
                return said
        return []
