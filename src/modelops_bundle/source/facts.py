"""All that is read out of one source, as one record that is kept between runs.

A file is parsed once and its facts are kept under its content digest, so that a run on unchanged files parses
nothing. Facts say what the file says, as it stands; what its names stand for in other files is asked later.
They depend on the grammar, so each Python minor version has its own.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from modelops_bundle.ports import Unreadable
from modelops_bundle.source import bindings as names_of
from modelops_bundle.source import prints as prints_of
from modelops_bundle.source import uses as uses_of
from modelops_bundle.source.parse import Unparsable, parse, paused_collector, with_room

if TYPE_CHECKING:
    from modelops_bundle.ports import Files
    from modelops_bundle.source.bindings import ModuleNames
    from modelops_bundle.source.prints import Prints
    from modelops_bundle.source.uses import Uses

__all__ = ["FACTS_VERSION", "FactsReader", "SourceFacts", "from_json", "read_facts", "to_json"]

#: Raise it whenever one of the records in this package changes its shape or its meaning.
FACTS_VERSION = 4

_MEMO_KIND = f"facts{FACTS_VERSION}-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}"


class SourceFacts(NamedTuple):
    """What one source says: either ``error``, or the three others."""

    error: Unparsable | None
    prints: Prints | None
    names: ModuleNames | None
    uses: Uses | None


def read_facts(data: bytes) -> SourceFacts:
    """Facts of a source. Never raises; what cannot be parsed has ``error`` only."""
    # The tree is gone before the collector runs again, or it would be walked once more.
    with paused_collector():
        return with_room(lambda: _read_paused(data))


def _read_paused(data: bytes) -> SourceFacts:
    # The readers are not needed by a run on unchanged files.
    from modelops_bundle.source.fingerprint import read_prints
    from modelops_bundle.source.names import read_names
    from modelops_bundle.source.uses import read_uses

    tree = parse(data)
    if isinstance(tree, Unparsable):
        return SourceFacts(tree, None, None, None)
    return SourceFacts(None, read_prints(tree), read_names(tree), read_uses(tree))


def to_json(facts: SourceFacts) -> str:
    """Compact ASCII text of ``facts``; :func:`from_json` gives the same record back."""
    body: list[object]
    if facts.prints is None or facts.names is None or facts.uses is None:
        body = [FACTS_VERSION, facts.error]
    else:
        body = [
            FACTS_VERSION,
            None,
            prints_of.encode(facts.prints),
            names_of.encode(facts.names),
            uses_of.encode(facts.uses),
        ]
    return json.dumps(body, separators=(",", ":"))


def from_json(text: str) -> SourceFacts | None:
    """The record of a text made by :func:`to_json`; ``None`` where it is of another version."""
    with paused_collector():
        try:
            return _decoded(json.loads(text))
        except (ValueError, TypeError, IndexError):
            return None  # of records of another shape: the source is read anew


def _decoded(body: Any) -> SourceFacts | None:
    if body[0] != FACTS_VERSION:
        return None
    if body[1] is not None:
        return SourceFacts(Unparsable(*body[1]), None, None, None)
    return SourceFacts(
        None, prints_of.decode(body[2]), names_of.decode(body[3]), uses_of.decode(body[4])
    )


class FactsReader:
    """Facts of files, each read at most once in the life of the object (one command).

    Args:
        files: File system and cache.
    """

    _kind = _MEMO_KIND
    _fresh = staticmethod(read_facts)
    _encode = staticmethod(to_json)
    _decode = staticmethod(from_json)

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, SourceFacts | Unreadable] = {}

    def facts(self, path: str) -> SourceFacts | Unreadable:
        """Facts of the source at the absolute ``path``, or why it has no content."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._look_up(path)
        return known

    def _look_up(self, path: str) -> SourceFacts | Unreadable:
        content = self._files.content(path)
        if isinstance(content, Unreadable):
            return content
        memo = self._files.memo_get(self._kind, content.hex)
        facts = None if memo is None else self._decode(memo)
        if facts is not None:
            return facts
        data = self._files.read(path)
        if isinstance(data, Unreadable):
            return data
        facts = self._fresh(data)
        self._files.memo_put(self._kind, content.hex, self._encode(facts))
        return facts
