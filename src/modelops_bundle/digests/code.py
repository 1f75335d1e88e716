"""The digest of a source as one model depends on it.

Beyond ``token_hash``, which is the same for everyone, a model's other code matters here: docstrings that it
reads count, and the order of imports does not where nothing that they import can tell.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any, TypedDict

from modelops_bundle.discovery.closure import Closure, CodeFile, Reading
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import code_digest, distribution_digest
from modelops_bundle.ports import Files, Unreadable
from modelops_bundle.source.facts import FactsReader
from modelops_bundle.source.prints import Prints, Unit

__all__ = ["CodeDigests", "KnownDigests", "source_component", "syntax_errors"]

#: Digest by path and the three parts of a reading.
KnownDigests = dict[tuple[Any, ...], Digest]


def syntax_errors(facts: FactsReader, closure: Closure) -> Iterator[tuple[str, str]]:
    """Recorded path of each source that does not parse, and where and why, in words."""
    for file in closure.files:
        said = None if file.extension else facts.facts(file.path)
        if said is not None and not isinstance(said, Unreadable) and said.error is not None:
            line = f":{said.error.line}" if said.error.line else ""
            yield file.recorded, f"{file.recorded}{line} does not parse: {said.error.reason}"


def source_component(prints: Prints, reading: Reading) -> Digest:
    """Digest of a source under such a reading."""
    docstrings = [
        (doc.qualname, doc.digest) for doc in prints.docs if doc.qualname in reading.docstrings
    ]
    return code_digest(_units(prints, reading), docstrings)


def _units(prints: Prints, reading: Reading) -> Iterator[bytes]:
    numbered = enumerate(prints.units)
    for run, members in groupby(numbered, key=lambda item: _free_run(item[1], reading)):
        if run is not None:
            atoms = sorted({atom for _, unit in members for atom in unit.imports})
            yield "\0".join(["imports in any order", *atoms]).encode("utf-8", "surrogatepass")
            continue
        for position, unit in members:
            digest = unit.grouped if position in reading.free_units else unit.ordered
            yield bytes.fromhex(digest)


def _free_run(unit: Unit, reading: Reading) -> int | None:
    return unit.run if unit.kind == "import" and unit.run in reading.free_runs else None


class CodeLeaves(TypedDict):
    """Those parts of :class:`modelops_bundle.digests.leaves.Leaves` that are code."""

    own: str
    code: dict[str, str]
    external: dict[str, str]
    distributions: dict[str, str]


class CodeDigests:
    """Digests of all the code that an entry reaches.

    Args:
        files: File system.
        facts: What sources say.
        closure: The code.
        known: Digests of sources under readings that other entries have asked for; added to.

    Attributes:
        docstrings: By recorded path, the definitions whose docstrings count (``module`` for its own).
        unparsable: Recorded paths of sources that count by their bytes because they do not parse.
        problems: Files that cannot be read, in words.
    """

    def __init__(
        self, files: Files, facts: FactsReader, closure: Closure, known: KnownDigests
    ) -> None:
        self.docstrings: dict[str, frozenset[str]] = {}
        self.unparsable: list[str] = []
        self.problems: list[str] = []
        self._files = files
        self._facts = facts
        self._closure = closure
        self._known = known
        self._digests: dict[str, dict[str, str]] = {}
        self._shares: dict[str, list[tuple[str, Digest]]] = {}
        files.contents(file.path for file in closure.files)
        for file in closure.files:
            self._add(file)

    def leaves(self) -> CodeLeaves:
        """The leaves that are code; ``own`` is empty only where the entry's file cannot be read."""
        return {
            "own": next(iter(self._digests.get("MODEL", {}).values()), ""),
            "code": self._sorted("CODE_DEP"),
            "external": self._sorted("EXT"),
            "distributions": {
                name: str(distribution_digest(self._shares[name])) for name in sorted(self._shares)
            },
        }

    @property
    def shares(self) -> dict[str, list[str]]:
        """Recorded paths of the sources of each distribution that is hashed by content."""
        return {name: [path for path, _ in share] for name, share in self._shares.items()}

    def _sorted(self, kind: str) -> dict[str, str]:
        return dict(sorted(self._digests.get(kind, {}).items()))

    def _add(self, file: CodeFile) -> None:
        digest = self._digest(file)
        if isinstance(digest, Unreadable):
            self.problems.append(f"{file.recorded} cannot be read: {digest.reason}")
        elif file.distribution is not None and file.kind != "MODEL":
            self._shares.setdefault(file.distribution, []).append((file.recorded, digest))
        else:
            digests = self._digests.setdefault(file.kind, {})
            name = file.recorded
            while name in digests:
                # Files outside the project are named below their own roots, and two may have one name.
                name += "~"
            digests[name] = str(digest)

    def _digest(self, file: CodeFile) -> Digest | Unreadable:
        if file.extension or self._closure.bytes_matter:
            return self._files.content(file.path)
        facts = self._facts.facts(file.path)
        if isinstance(facts, Unreadable):
            return facts
        if facts.prints is None:
            self.unparsable.append(file.recorded)
            return self._files.content(file.path)
        reading = self._closure.readings.get(file.path, Reading())
        named = (name or "module" for name in reading.docstrings)
        self.docstrings[file.recorded] = frozenset(named)
        key = (file.path, *map(frozenset, reading))
        digest = self._known.get(key)
        if digest is None:
            digest = self._known[key] = source_component(facts.prints, reading)
        return digest
