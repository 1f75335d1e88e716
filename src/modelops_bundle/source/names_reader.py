"""Names alone, for looking through many files: a third of the work of reading all facts."""

from __future__ import annotations

import json
import sys

from modelops_bundle.source.facts import FactsReader, SourceFacts
from modelops_bundle.source.names import decode, encode, read_names
from modelops_bundle.source.parse import Unparsable, parse, paused_collector, with_room

__all__ = ["NAMES_VERSION", "NamesReader"]

#: Raise it whenever the records of names change their shape or their meaning.
NAMES_VERSION = 1

_MEMO_KIND = f"names{NAMES_VERSION}-{sys.version_info[0]}.{sys.version_info[1]}-{sys.platform}"


def _fresh(data: bytes) -> SourceFacts:
    # The tree is gone before the collector runs again, or it would be walked once more.
    with paused_collector():
        return with_room(lambda: _read_paused(data))


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


class NamesReader(FactsReader):
    """Facts that hold names and errors only."""

    _kind = _MEMO_KIND
    _fresh = staticmethod(_fresh)
    _encode = staticmethod(_to_json)
    _decode = staticmethod(_from_json)
