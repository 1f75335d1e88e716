"""Which results travel with a bundle, and where in which pack each of them is.

They are an artifact of their own that names the bundle as its subject, so that a bundle's digest does not
depend on what was computed from it. ::

    {"version": 1,
     "packs": [{"digest": "sha256:...", "size": ..., "results": [["<key>", offset, size], ...]}],
     "contexts": ["<what a context's model was made from, as JSON>", ...]}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from modelops_bundle.bundle.json_text import (
    NotAsPromisedError,
    digest_in,
    parse_json,
    size_in,
    table_in,
)
from modelops_bundle.bundle.media import LARGEST_INDEX, RESULTS_PACK
from modelops_bundle.bundle.remote import Blob

__all__ = ["PackedResult", "ResultsIndex", "ResultsPack", "dump_results", "parse_results"]


#: Results are in memory whole. A pack has 8 MiB, or one result that is larger.
_LARGEST_PACK = 1 << 30


class PackedResult(NamedTuple):
    """A result in a pack: its key, 64 hex digits, and where its bytes are."""

    key: str
    offset: int
    size: int


@dataclass(frozen=True, slots=True)
class ResultsPack:
    """Results one behind the other."""

    blob: Blob
    results: tuple[PackedResult, ...]


@dataclass(frozen=True, slots=True)
class ResultsIndex:
    """See the module."""

    packs: tuple[ResultsPack, ...]
    contexts: tuple[str, ...]


def dump_results(index: ResultsIndex) -> bytes:
    """The one text of an index."""
    document = {
        "version": 1,
        "packs": [
            {
                "digest": str(pack.blob.digest),
                "size": pack.blob.size,
                "results": [list(each) for each in pack.results],
            }
            for pack in index.packs
        ],
        "contexts": list(index.contexts),
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def parse_results(data: bytes) -> ResultsIndex:
    """Read an index that may come from anybody.

    Raises:
        NotAsPromisedError: It is none, or says what cannot be.
    """
    document = table_in(parse_json(data, LARGEST_INDEX), "the index of results")
    if document.get("version") != 1:
        raise NotAsPromisedError("the index of results has another version than 1")
    contexts = _list(document.get("contexts"))
    if not all(isinstance(each, str) for each in contexts):
        raise NotAsPromisedError("a context is no text")
    return ResultsIndex(tuple(map(_pack, _list(document.get("packs")))), tuple(contexts))


def _pack(value: Any) -> ResultsPack:
    said = table_in(value, "a pack of results")
    digest = digest_in(said.get("digest"), "sha256", "a pack of results")
    size = size_in(said.get("size"), "a pack of results")
    if size > _LARGEST_PACK:
        raise NotAsPromisedError(f"a pack of results has {size} bytes, over {_LARGEST_PACK}")
    return ResultsPack(Blob(digest, size, RESULTS_PACK), tuple(_results(said.get("results"), size)))


def _results(value: Any, size: int) -> Iterator[PackedResult]:
    end = 0
    for each in _list(value):
        parts = _list(each)
        if len(parts) != 3 or not isinstance(parts[0], str):
            raise NotAsPromisedError("a result in a pack is no key, offset and size")
        found = PackedResult(parts[0], size_in(parts[1], "offset"), size_in(parts[2], "size"))
        if found.offset < end or found.offset + found.size > size:
            raise NotAsPromisedError("a result does not lie in its pack, or on another")
        end = found.offset + found.size
        yield found


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise NotAsPromisedError("packs, results or contexts is no list")
    return value
