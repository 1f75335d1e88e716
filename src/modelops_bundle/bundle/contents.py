"""What a bundle holds, path by path: the part of it that its digest depends on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelops_bundle.identity.digest import Digest

__all__ = ["Contents", "Entry", "FileEntry", "LinkEntry", "links_of", "total_size"]


@dataclass(frozen=True, slots=True)
class FileEntry:
    """A regular file.

    Attributes:
        digest: Of its bytes: BLAKE3, or SHA-256 where it came from an index of version 1.
        size: Number of its bytes.
        executable: Whether its owner may execute it; no other permission is kept.
    """

    digest: Digest
    size: int
    executable: bool = False


@dataclass(frozen=True, slots=True)
class LinkEntry:
    """A symbolic link that stays inside the bundle.

    Attributes:
        target: What it says, relative to its own folder, with ``/``.
    """

    target: str


Entry = FileEntry | LinkEntry
Contents = Mapping[str, Entry]
"""Entries by recorded path."""


def links_of(contents: Contents) -> dict[str, str]:
    """Target of each link by its path."""
    return {path: each.target for path, each in contents.items() if isinstance(each, LinkEntry)}


def total_size(contents: Contents) -> int:
    """Bytes of all files."""
    return sum(entry.size for entry in contents.values() if isinstance(entry, FileEntry))
