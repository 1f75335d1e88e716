"""What exchanging bundles uses of the world outside."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.remote import BlobCache, BlobStorage, Remote
from modelops_bundle.bundle.settings import BundleSettings
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.bundle.tree import WorkTree

__all__ = ["Exchange", "Source", "Tracked"]


class Tracked(Protocol):
    """The paths that the user added, beside those that entries need."""

    def read(self) -> frozenset[str]:
        """They, recorded.

        Raises:
            UsageError: The file holds what is no path.
        """
        ...

    def write(self, paths: frozenset[str]) -> None:
        """Replace them. The caller holds the exchange's lock."""
        ...


class Source(Protocol):
    """Where bundles come from."""

    @property
    def cache(self) -> BlobCache:
        """Blobs that were fetched before, on this machine."""
        ...

    def remote(self, reference: Reference) -> Remote:
        """The place of a reference.

        Raises:
            UsageError: It cannot be used on this machine.
        """
        ...

    def storage(self, url: str) -> BlobStorage:
        """Blob storage by its URL.

        Raises:
            UsageError: It cannot be used on this machine.
        """
        ...


class Exchange(Source, Protocol):
    """See the module."""

    @property
    def tree(self) -> WorkTree:
        """The project's folder."""
        ...

    @property
    def tracked(self) -> Tracked:
        """What the user added."""
        ...

    @property
    def settings(self) -> BundleSettings:
        """Where bundles go."""
        ...

    @property
    def tool(self) -> str:
        """Name and version of this program, for provenance."""
        ...

    @property
    def author(self) -> str:
        """Who is doing this, for provenance."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Held while what was synced or what is tracked changes; one command at a time has it."""
        ...

    def registry_lock(self) -> AbstractContextManager[None]:
        """Held while the registry is replaced: nobody registers anything meanwhile."""
        ...

    def reference(self, text: str | None) -> Reference:
        """What a user means by a reference, or by none: the environment's place, or the settings'.

        Raises:
            UsageError: It is none.
        """
        ...

    def state(self) -> SyncState:
        """What was last synced.

        Raises:
            UsageError: The file of it is broken.
        """
        ...

    def save_state(self, state: SyncState) -> None:
        """Replace it. The caller holds the lock."""
        ...

    def adopt_place(self, reference: Reference) -> None:
        """Make a place the project's own, and its tag the default, unless it has one.

        The caller holds the lock.
        """
        ...

    def now(self) -> str:
        """The time in ISO 8601, UTC."""
        ...

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        ...

    def clock(self) -> float:
        """Seconds that only grow."""
        ...
