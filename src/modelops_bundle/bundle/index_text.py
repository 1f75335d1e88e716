"""The index of a bundle as JSON, and what JSON from elsewhere may say.

Version 2, keys sorted, no blanks, UTF-8::

    {"files": {"data/big.bin": {"chunks": [["<sha256>", 2097152], ...], "digest": "blake3:...", "size": ...},
               "models/sir.py": {"digest": "blake3:...", "pack": [0, 1234], "size": 567},
               "run.sh": {"digest": "blake3:...", "executable": true, "pack": [0, 1801], "size": 12},
               "latest.csv": {"link": "data/2024.csv"}},
     "packs": [["<sha256>", 1813]],
     "version": "2.0"}

``pack`` is the number of a pack and an offset in it; an empty file has neither ``pack`` nor ``chunks``. The
chunks of a file add up to its size. Files of one pack do not overlap; equal ones may be the same bytes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any, NamedTuple

from modelops_bundle.bundle.chunking import LARGEST_CHUNK
from modelops_bundle.bundle.contents import Entry, FileEntry, LinkEntry, links_of
from modelops_bundle.bundle.index import BundleIndex, InChunks, InPack, Place
from modelops_bundle.bundle.json_text import (
    NotAsPromisedError,
    digest_in,
    parse_json,
    shown,
    size_in,
    table_in,
)
from modelops_bundle.bundle.media import CHUNK, LARGEST_INDEX, PACK
from modelops_bundle.bundle.paths import problems_of
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import DamagedBundleError
from modelops_bundle.identity.digest import Digest

__all__ = ["dump_index", "parse_index"]

_LARGEST_PACK = 64 << 20
_VERSION = "2.0"
_MOST_PROBLEMS = 5


class _Read(NamedTuple):
    entry: Entry
    place: Place | None


def dump_index(index: BundleIndex) -> bytes:
    """The one text of an index."""
    packs = index.packs()
    numbers = {pack: number for number, pack in enumerate(packs)}
    document = {
        "version": _VERSION,
        "packs": [[pack.digest.hex, pack.size] for pack in packs],
        "files": {
            path: _dump_entry(entry, index.places.get(path), numbers)
            for path, entry in index.contents.items()
        },
    }
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode()


def parse_index(data: bytes) -> BundleIndex:
    """Read an index that may come from anybody.

    Raises:
        DamagedBundleError: It is no index, of another version, or holds what no bundle may hold. Nothing of
            it is to be used.
    """
    try:
        document = table_in(parse_json(data, LARGEST_INDEX), "the index")
        version = document.get("version")
        if not isinstance(version, str) or not version.startswith("2."):
            raise NotAsPromisedError(f"its version is {shown(version)}, and 2 is known here")
        packs = [_blob(each, PACK, _LARGEST_PACK) for each in _list(document.get("packs"))]
        if len({pack.digest for pack in packs}) != len(packs):
            raise NotAsPromisedError("a pack stands twice in it")
        files = table_in(document.get("files"), "files")
        read = {path: _entry(path, value, packs) for path, value in files.items()}
    except NotAsPromisedError as error:
        raise _damaged(str(error)) from error
    contents = {path: each.entry for path, each in read.items()}
    index = BundleIndex(contents, {path: each.place for path, each in read.items() if each.place})
    problems = [*problems_of(contents, links_of(contents)), *_overlaps(index)]
    if problems:
        raise _damaged("; ".join(problems[:_MOST_PROBLEMS]))
    return index


def _damaged(why: str) -> DamagedBundleError:
    return DamagedBundleError(
        "the bundle's index cannot be used",
        why,
        "Nothing of it was written. Ask whoever pushed the bundle, or pull another.",
    )


def _dump_entry(entry: Entry, place: Place | None, numbers: Mapping[Blob, int]) -> dict[str, Any]:
    if isinstance(entry, LinkEntry):
        return {"link": entry.target}
    said: dict[str, Any] = {"digest": str(entry.digest), "size": entry.size}
    if entry.executable:
        said["executable"] = True
    if isinstance(place, InPack):
        said["pack"] = [numbers[place.pack], place.offset]
    elif place is not None:
        said["chunks"] = [[chunk.digest.hex, chunk.size] for chunk in place.chunks]
    return said


def _entry(path: str, value: Any, packs: list[Blob]) -> _Read:
    said = table_in(value, path)
    if "link" in said:
        if not isinstance(said["link"], str):
            raise NotAsPromisedError(f"{path[:200]}: its link is no text")
        return _Read(LinkEntry(said["link"]), None)
    digest = digest_in(said.get("digest"), "blake3", path)
    size = size_in(said.get("size"), path)
    executable = said.get("executable", False)
    if not isinstance(executable, bool):
        raise NotAsPromisedError(f"{path[:200]}: executable is neither true nor false")
    return _Read(FileEntry(digest, size, executable), _place(path, said, size, packs))


def _place(path: str, said: Mapping[str, Any], size: int, packs: list[Blob]) -> Place | None:
    if "pack" in said:
        pair = _list(said["pack"])
        if len(pair) != 2:
            raise NotAsPromisedError(f"{path[:200]}: pack is no number and offset")
        number, offset = size_in(pair[0], path), size_in(pair[1], path)
        if number >= len(packs) or size == 0 or offset + size > packs[number].size:
            raise NotAsPromisedError(f"{path[:200]}: it does not lie in its pack")
        return InPack(packs[number], offset)
    chunks = tuple(_blob(each, CHUNK, LARGEST_CHUNK) for each in _list(said.get("chunks", [])))
    if sum(chunk.size for chunk in chunks) != size:
        raise NotAsPromisedError(f"{path[:200]}: its chunks are not as long as the file")
    return InChunks(chunks) if chunks else None


def _blob(value: Any, media_type: str, largest: int) -> Blob:
    pair = _list(value)
    if len(pair) != 2 or not isinstance(pair[0], str):
        raise NotAsPromisedError("a pack or chunk is no pair of digest and size")
    digest = digest_in(f"sha256:{pair[0]}", "sha256", "a pack or chunk")
    size = size_in(pair[1], "a pack or chunk")
    if not 0 < size <= largest:
        raise NotAsPromisedError(f"a pack or chunk has {size} bytes, and {largest} are the most")
    return Blob(digest, size, media_type)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise NotAsPromisedError("packs, chunks or a pair of them is no list")
    return value


def _overlaps(index: BundleIndex) -> Iterator[str]:
    """Files that share some bytes of a pack. All of them may be shared: packs of equal files are one."""
    spans = sorted(
        (place.pack.digest.hex, place.offset, index.size_of(path), path)
        for path, place in index.places.items()
        if isinstance(place, InPack)
    )
    for (pack, offset, size, path), (next_pack, next_offset, next_size, other) in pairwise(spans):
        if pack != next_pack or next_offset >= offset + size:
            continue
        same = (offset, size) == (next_offset, next_size)
        if not same or _digest_of(index, path) != _digest_of(index, other):
            yield f"{other[:200]}: it shares bytes of its pack with another file"


def _digest_of(index: BundleIndex, path: str) -> Digest | None:
    entry = index.contents[path]
    return entry.digest if isinstance(entry, FileEntry) else None
