"""What the stages see of the world outside: small protocols, passed in as arguments.

Paths are absolute strings in the machine's own form here; a *recorded* path (registry, digests, reports) is
relative to the project and uses ``/``.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from modelops_bundle.identity.digest import Digest

__all__ = ["EntryKind", "Files", "ObjectStore", "Progress", "Snapshots", "Unreadable"]

#: Called with what is being done and how many items are done of how many.
Progress = Callable[[str, int, int], None]


class EntryKind(Enum):
    """What a name in a folder is, symbolic links followed."""

    FILE = "file"
    FOLDER = "folder"
    OTHER = "other"  # a pipe, socket or device, or a link that leads nowhere: never opened


@dataclass(frozen=True, slots=True)
class Unreadable:
    """Why a path has no content: it is missing, no regular file, or may not be read."""

    path: str
    reason: str


class Files(Protocol):
    """A file system as the stages see it. Answers hold for the life of the object (one command)."""

    def entries(self, folder: str) -> Mapping[str, EntryKind]:
        """Names in ``folder``; empty when it is no folder or may not be read.

        Raises:
            StorageError: The disk fails, so that nobody knows what is there.
        """
        ...

    def real(self, path: str) -> str:
        """``path`` with every symbolic link followed, so that loops of folders can be noticed."""
        ...

    def read(self, path: str) -> bytes | Unreadable:
        """Bytes of a regular file; anything else is never opened.

        They are those that :meth:`content` gives the digest of, before or after: a file that was edited in
        between is :class:`Unreadable`, so that bytes never go with the digest of others.
        """
        ...

    def content(self, path: str) -> Digest | Unreadable:
        """Content digest of a regular file, from the stat cache where that is safe."""
        ...

    def contents(self, paths: Iterable[str]) -> dict[str, Digest | Unreadable]:
        """:meth:`content` of many paths at once, which is what makes large folders fast."""
        ...

    def memo_get(self, kind: str, key: str) -> str | None:
        """A derived text that an earlier run kept under a key that determines it; ``None`` when unknown."""
        ...

    def memo_put(self, kind: str, key: str, text: str) -> None:
        """Keep a derived text. Losing it costs time, never truth."""
        ...


@runtime_checkable
class Snapshots(Protocol):
    """What a file system may offer beside :class:`Files`: vouching for many files at once."""

    def snapshot(self, paths: Iterable[str]) -> str:
        """A text that determines the content of all these files, and which of them do not exist."""
        ...

    def settled_snapshot(self, paths: Iterable[str]) -> str | None:
        """The same for files that cannot have been edited without a trace; ``None`` where some could."""
        ...


class ObjectStore(Protocol):
    """Where what was recorded of a dependency is kept, so that a later change can be explained."""

    @property
    def unsaved(self) -> bool:
        """Whether something was put that is not written: :meth:`save` failed, or is still to come."""
        ...

    def get(self, key: str) -> bytes | None:
        """Bytes kept under ``key``; ``None`` when they are not on this machine or are damaged."""
        ...

    def put(self, key: str, data: bytes) -> None:
        """Keep ``data`` under ``key``, replacing what was there."""
        ...

    def save(self) -> bool:
        """Write what was put, all of it or nothing; whether the disk took it."""
        ...

    def size(self) -> int:
        """Bytes that what is kept takes, about."""
        ...

    def keep_only(self, keys: Collection[str]) -> None:
        """Forget what is written under any other key, where the disk allows it."""
        ...
