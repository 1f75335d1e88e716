"""The index of a bundle, version 2: what it holds, and where the bytes of each file are.

It is the config blob of the bundle's manifest. Nothing in it depends on anything but the content: no time, no
host, no tool, no place of storage. So two machines with the same files write the same index.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.bundle.remote import Blob

__all__ = ["BundleIndex", "InChunks", "InPack", "Place"]


@dataclass(frozen=True, slots=True)
class InPack:
    """A small file's bytes: those of a pack from ``offset`` on."""

    pack: Blob
    offset: int


@dataclass(frozen=True, slots=True)
class InChunks:
    """A large file's bytes: those of its chunks, one behind the other."""

    chunks: tuple[Blob, ...]


Place = InPack | InChunks


@dataclass(frozen=True, slots=True)
class BundleIndex:
    """What a bundle holds, and where.

    Attributes:
        contents: Entry by path.
        places: Where the bytes of each file are that is not empty.
        version: 2, or 1 where it was read from an index of that version.
    """

    contents: Contents
    places: Mapping[str, Place]
    version: int = 2

    def blobs(self) -> list[Blob]:
        """Every blob that holds bytes of files, each once: packs, then chunks, as the paths come."""
        return list(dict.fromkeys((*self.packs(), *self._chunks())))

    def packs(self) -> list[Blob]:
        """Packs in order, each once."""
        places = (self.places[path] for path in self._sorted())
        return list(dict.fromkeys(each.pack for each in places if isinstance(each, InPack)))

    def members(self) -> dict[Blob, list[str]]:
        """Paths of files of each pack, in the order of their bytes: one for each piece of it.

        Two packs that hold equal files are one, and either's files can be read for it.
        """
        members: dict[Blob, dict[int, str]] = {}
        for path in self._sorted():
            place = self.places[path]
            if isinstance(place, InPack):
                members.setdefault(place.pack, {}).setdefault(place.offset, path)
        return {
            pack: [path for _, path in sorted(pieces.items())] for pack, pieces in members.items()
        }

    def size_of(self, path: str) -> int:
        """Bytes of a file; 0 for a link."""
        entry = self.contents[path]
        return entry.size if isinstance(entry, FileEntry) else 0

    def _chunks(self) -> Iterator[Blob]:
        for path in self._sorted():
            place = self.places[path]
            if isinstance(place, InChunks):
                yield from place.chunks

    def _sorted(self) -> Sequence[str]:
        return sorted(self.places, key=str.encode)
