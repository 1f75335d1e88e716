"""Names alone, for looking through many files: a third of the work of reading all facts."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import Unreadable
from modelops_bundle.source.facts import SourceFacts
from modelops_bundle.source.names import decode, encode, read_names
from modelops_bundle.source.parse import Unparsable, parse, paused_collector

if TYPE_CHECKING:
    from modelops_bundle.ports import Files

__all__ = ["NAMES_VERSION", "NamesReader"]

#: Raise it whenever the records of names change their shape or their meaning.
NAMES_VERSION = 1

_MEMO_KIND = f"names{NAMES_VERSION}-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}"


class NamesReader:
    """A ``FactsReader`` whose facts hold names and errors only. Each file is read at most once.

    Args:
        files: File system.
    """

    def __init__(self, files: Files) -> None:
        self._files = files
        self._known: dict[str, SourceFacts | Unreadable] = {}

    def facts(self, path: str) -> SourceFacts | Unreadable:
        """Names of the source at the absolute ``path``, or why there are none."""
        known = self._known.get(path)
        if known is None:
            known = self._known[path] = self._look_up(path)
        return known

    def _look_up(self, path: str) -> SourceFacts | Unreadable:
        content = self._files.content(path)
        if isinstance(content, Unreadable):
            return content
        memo = self._files.memo_get(_MEMO_KIND, content.hex)
        facts = None if memo is None else _from_json(memo)
        if facts is not None:
            return facts
        data = self._files.read(path)
        if isinstance(data, Unreadable):
            return data
        facts = _read(data)
        # Under the digest of what was read just now: the file may have changed since it was asked about.
        self._files.memo_put(_MEMO_KIND, content_digest(data).hex, _to_json(facts))
        return facts


def _read(data: bytes) -> SourceFacts:
    # The tree is gone before the collector runs again, or it would be walked once more.
    with paused_collector():
        return _read_paused(data)


def _read_paused(data: bytes) -> SourceFacts:
    tree = parse(data)
    if isinstance(tree, Unparsable):
        return SourceFacts(tree, None, None, None)
    return SourceFacts(None, None, read_names(tree), None)


def _to_json(facts: SourceFacts) -> str:
    plain = [facts.error, None if facts.names is None else encode(facts.names)]
    return json.dumps(plain, separators=(",", ":"))


def _from_json(text: str) -> SourceFacts | None:
    try:
        error, names = json.loads(text)
        if names is None:
            return SourceFacts(Unparsable(*error), None, None, None)
        return SourceFacts(None, None, decode(names), None)
    except (ValueError, TypeError, IndexError):
        return None  # damaged: it is read anew
