"""Which results travel with a bundle, and where in which pack each of them is.

They are an artifact of their own that names the bundle as its subject, so that a bundle's digest does not
depend on what was computed from it. ::

    {"version": 1,
     "packs": [{"digest": "sha256:...", "size": ...,
                "results": [["<key>", offset, size, number of its context, level], ...]}],
     "contexts": ["<what a context's model was made from, as JSON>", ...]}

A bundle may have several such artifacts, which share results. What is wanted of them is decided by their
indexes alone, so that no pack is fetched for nothing.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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

__all__ = [
    "PackedResult",
    "ResultsIndex",
    "ResultsPack",
    "additions",
    "choose_results",
    "dump_results",
    "parse_results",
]

#: Results are in memory whole. A pack has 8 MiB, or one result that is larger.
_LARGEST_PACK = 1 << 30
_KEY = re.compile(r"[0-9a-f]{64}")
#: The number of ``HERMETIC``; the words are those of the results.
_HIGHEST_LEVEL = 3


class PackedResult(NamedTuple):
    """A result in a pack.

    Attributes:
        key: Its key, 64 hex digits.
        offset: Where its bytes begin.
        size: How many they are.
        context: Its context, one of the texts of the index.
        level: How closely its simulation was watched; the higher, the more it is worth.
    """

    key: str
    offset: int
    size: int
    context: str
    level: int


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

    @property
    def size(self) -> int:
        """How many results it has."""
        return sum(len(pack.results) for pack in self.packs)

    def levels(self, contexts: Collection[str]) -> dict[str, int]:
        """Keys of results of some contexts, each with its level."""
        found = (each for pack in self.packs for each in pack.results if each.context in contexts)
        return {each.key: each.level for each in found}


def choose_results(
    indexes: Iterable[ResultsIndex], contexts: Collection[str]
) -> Mapping[Blob, list[PackedResult]]:
    """Out of which pack to take each result of some contexts: each once, the most closely watched.

    Of equals, that of the index that has most: what holds all of another one leaves nothing to fetch of it.
    """
    best: dict[str, tuple[Blob, PackedResult]] = {}
    for index in sorted(indexes, key=lambda each: -each.size):
        for pack in index.packs:
            for each in pack.results:
                known = best.get(each.key)
                if each.context in contexts and (known is None or known[1].level < each.level):
                    best[each.key] = pack.blob, each
    chosen: dict[Blob, list[PackedResult]] = {}
    for blob, each in best.values():
        chosen.setdefault(blob, []).append(each)
    return chosen


def additions(
    indexes: Sequence[ResultsIndex], there: Iterable[ResultsIndex], contexts: Collection[str]
) -> Mapping[int, int]:
    """Which indexes add results of some contexts to those that are there, by number, and how many each.

    One that holds what another one does makes that needless, so that they do not become ever more.
    """
    known: dict[str, int] = {}
    for index in there:
        _raise_levels(known, index.levels(contexts))
    found: dict[int, int] = {}
    for number in sorted(range(len(indexes)), key=lambda each: -indexes[each].size):
        added = _raise_levels(known, indexes[number].levels(contexts))
        if added:
            found[number] = added
    return found


def _raise_levels(known: dict[str, int], levels: Mapping[str, int]) -> int:
    better = {key: level for key, level in levels.items() if known.get(key, -1) < level}
    known.update(better)
    return len(better)


def dump_results(index: ResultsIndex) -> bytes:
    """The one text of an index."""
    numbers = {text: number for number, text in enumerate(index.contexts)}
    document = {
        "version": 1,
        "packs": [
            {
                "digest": str(pack.blob.digest),
                "size": pack.blob.size,
                "results": [
                    [each.key, each.offset, each.size, numbers[each.context], each.level]
                    for each in pack.results
                ],
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
    contexts = tuple(_list(document.get("contexts")))
    if not all(isinstance(each, str) for each in contexts):
        raise NotAsPromisedError("a context is no text")
    packs = (_pack(each, contexts) for each in _list(document.get("packs")))
    return ResultsIndex(tuple(packs), contexts)


def _pack(value: Any, contexts: Sequence[str]) -> ResultsPack:
    said = table_in(value, "a pack of results")
    digest = digest_in(said.get("digest"), "sha256", "a pack of results")
    size = size_in(said.get("size"), "a pack of results")
    if size > _LARGEST_PACK:
        raise NotAsPromisedError(f"a pack of results has {size} bytes, over {_LARGEST_PACK}")
    results = (_result(each, contexts) for each in _list(said.get("results")))
    return ResultsPack(Blob(digest, size, RESULTS_PACK), tuple(_placed(results, size)))


def _result(value: Any, contexts: Sequence[str]) -> PackedResult:
    parts = _list(value)
    if len(parts) != 5:
        raise NotAsPromisedError("a result in a pack is no key, offset, size, context and level")
    key, (offset, size, context, level) = (
        parts[0],
        (size_in(each, "a number") for each in parts[1:]),
    )
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise NotAsPromisedError("the key of a result has not 64 hex digits")
    if context >= len(contexts) or level > _HIGHEST_LEVEL:
        raise NotAsPromisedError("a result has a context that is not there, or an unknown level")
    return PackedResult(key, offset, size, contexts[context], level)


def _placed(results: Iterable[PackedResult], size: int) -> Iterator[PackedResult]:
    end = 0
    for found in results:
        if found.offset < end or found.offset + found.size > size:
            raise NotAsPromisedError("a result does not lie in its pack, or on another")
        end = found.offset + found.size
        yield found


def _list(value: Any) -> Sequence[Any]:
    if not isinstance(value, list):
        raise NotAsPromisedError("packs, results or contexts is no list")
    return value
