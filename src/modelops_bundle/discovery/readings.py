"""What code reads of its surroundings, and imports, under names that it forms from text.

Calls in :mod:`modelops_bundle.source.use_sinks` take such names, directly, through aliases of them in any
file, or through functions that hand an argument on. A name that cannot be told is warned about with its
place. Where the environment as a whole is passed on, every entry that is read from something unknown and
looks like a variable counts as one: a variable too many costs nothing, one too few a false result.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from modelops_bundle.discovery.docstrings import read_docstrings
from modelops_bundle.discovery.effects import (
    READERS,
    WRITING,
    Effect,
    Wrapper,
    effects_of_attribute,
    effects_of_external,
)
from modelops_bundle.discovery.graph import Graph, Meaning, Source
from modelops_bundle.discovery.search import Warned
from modelops_bundle.source.use_records import Read
from modelops_bundle.source.use_sinks import MAPPING_METHODS, MAPPINGS, MODULE_KINDS, SINKS

__all__ = ["Readings", "Wanted", "read_surroundings"]


class Wanted(NamedTuple):
    """Something that code imports or runs by a text.

    Attributes:
        kind: ``module`` (``text`` is its name), ``run`` (the same, and it is run), ``probe`` (the same, and
            it may be missing), ``suspected`` (it may be something else altogether), ``package`` (every module
            below whose name starts with ``text``), ``file`` (a path), ``folder`` (searched for modules),
            ``inside`` (a folder searched for modules of the package ``key``) or ``portions`` (``text`` is a
            package whose modules are looked for wherever a folder has its name).
        key: The source that wants it.
        line: Where.
        text: See ``kind``.
    """

    kind: str
    key: str
    line: int
    text: str


@dataclass(slots=True)
class Readings:
    """What a set of sources reads.

    Attributes:
        wanted: What it imports by text.
        variables: Environment variables, and where each is read first.
        warnings: What cannot be told.
        bytes_matter: It reads the text of sources.
        every_docstring: It reads docstrings that cannot be told.
        docstrings: ``(key, qualname)`` of docstrings that it reads.
    """

    wanted: dict[Wanted, None] = field(default_factory=dict)
    variables: dict[str, tuple[str, int]] = field(default_factory=dict)
    warnings: dict[Warned, None] = field(default_factory=dict)
    bytes_matter: bool = False
    every_docstring: bool = False
    docstrings: set[tuple[str, str]] = field(default_factory=set)


_VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]*")
_EXPANSION = re.compile(r"\$(?:(\w+)|\{([^}]+)\})")
_PARTS = re.compile(r"[|.#]")
_ROUNDS = 8

_TEXTS = {
    "variable": "reads environment variables under names that cannot be told",
    "expansion": "reads environment variables under names that cannot be told",
    "inside": "changes where modules of a package are looked for in a way that cannot be told",
    "portions": "changes where modules of a package are looked for in a way that cannot be told",
    "run": "runs a module under a name that cannot be told",
    "probe": "looks for a module under a name that cannot be told",
    "module": "imports a module under a name that cannot be told",
    "file": "runs a file whose path cannot be told",
    "path": "changes where modules are looked for in a way that cannot be told",
    "code": "runs code that is made when it runs",
    "plugins": "loads plugins that installed distributions announce",
    "hook": "changes how modules are imported",
}


def read_surroundings(graph: Graph, sources: Iterable[Source]) -> Readings:
    """What ``sources`` read and import by text, names being followed through ``graph``."""
    parsed = [source for source in sources if source.uses is not None]
    reader = _Reader(graph, parsed)
    reader.find_names()
    reader.find_wrappers()
    reader.read()
    reader.touch()
    found = read_docstrings(graph, parsed)
    reader.readings.docstrings = found.named
    reader.readings.every_docstring |= found.every
    return reader.readings


class _Reader:
    def __init__(self, graph: Graph, sources: list[Source]) -> None:
        self.readings = Readings()
        self._graph = graph
        self._sources = sources
        self._names: set[str] = set()
        self._attributes: dict[str, set[Effect]] = {}
        self._wrappers: dict[tuple[str, str], set[Wrapper]] = {}
        self._methods: dict[str, set[Wrapper]] = {}
        self._used: set[Wrapper] = set()
        self._effects: dict[tuple[str, str], frozenset[Effect]] = {}
        self._escaped = False

    # --- which names may lead to the environment or an import -----------------------------------------

    def find_names(self) -> None:
        """Last names under which anything of interest goes in any file."""
        names = self._names
        names.update(name.rpartition(".")[2] for name in (*SINKS, *MAPPINGS))
        names.update(READERS)
        before = -1
        while before != len(names):
            before = len(names)
            for source in self._sources:
                self._more_names(source, names)

    def _more_names(self, source: Source, names: set[str]) -> None:
        if source.uses is None:
            return
        for name, target in source.uses.aliases:
            if not names.isdisjoint(_PARTS.split(target)):
                names.add(name.lstrip("."))
        for record in source.uses.imports:
            for item in record.names:
                if " as " in item:
                    name, _, bound = item.partition(" as ")
                    if name in names:
                        names.add(bound)
        for read in source.uses.reads:
            if read.owner and not names.isdisjoint(_PARTS.split(read.target)):
                names.add(read.owner.partition("|")[0].rpartition(".")[2])

    def _of_interest(self, target: str) -> bool:
        return not self._names.isdisjoint(_PARTS.split(target))

    def find_wrappers(self) -> None:
        """Attributes that hold the environment, and functions that hand a name on."""
        self._attributes = {name: {Effect("mapping")} for name in ("environ", "environb")}
        for _ in range(_ROUNDS):
            before = self._size()
            self._effects.clear()
            for source in self._sources:
                self._attributes_of(source)
                self._wrappers_of(source)
            if before == self._size():
                break
        self._effects.clear()

    def _size(self) -> int:
        wrappers = sum(len(found) for found in self._wrappers.values())
        return wrappers + sum(len(found) for found in self._attributes.values())

    def _attributes_of(self, source: Source) -> None:
        for name, target in source.uses.aliases if source.uses else ():
            if name[0] == "." and self._of_interest(target):
                effects = self._effects_of(source, target)
                if effects:
                    self._attributes.setdefault(name[1:], set()).update(effects)

    def _wrappers_of(self, source: Source) -> None:
        for read in source.uses.reads if source.uses else ():
            if not read.owner or not self._of_interest(read.target):
                continue
            qualname, index, parameter = read.owner.split("|")
            for effect in self._effects_of(source, read.target):
                kind = effect.of(read.position)
                if kind:
                    inner = effect.wrapper
                    text = inner.filled(read.text) if inner is not None else read.text
                    found = Wrapper(
                        kind, source.key, qualname, int(index), parameter, text[:1024], read.line
                    )
                    self._wrappers.setdefault((source.key, qualname), set()).add(found)
                    self._methods.setdefault(qualname.rpartition(".")[2], set()).add(found)
                    if inner is not None:
                        self._used.add(inner)

    # --- what a target does -----------------------------------------------------------------------------

    def _effects_of(self, source: Source, target: str) -> frozenset[Effect]:
        known = self._effects.get((source.key, target))
        if known is None:
            found: set[Effect] = set()
            for meaning in self._graph.meanings(source, target):
                found.update(self._effects_of_meaning(meaning))
            known = self._effects[source.key, target] = frozenset(found)
        return known

    def _effects_of_meaning(self, meaning: Meaning) -> Iterator[Effect]:
        name = meaning.name
        if meaning.kind == "external":
            yield from effects_of_external(name)
        elif meaning.kind == "definition":
            for wrapper in self._wrappers.get((meaning.module, name), ()):
                yield Effect("wrapper", wrapper=wrapper)
            if "." in name:
                yield from self._effects_of_attribute(name)
        elif meaning.kind == "attribute":
            yield from self._effects_of_attribute(name)
            yield from effects_of_attribute(name.rpartition(".")[2])
        elif meaning.kind == "anything":
            yield Effect("mapping")
            yield Effect("sink", SINKS["os.getenv"])

    def _effects_of_attribute(self, name: str) -> Iterator[Effect]:
        *before, last = name.split(".")
        yield from self._attributes.get(last, ())
        for wrapper in self._methods.get(last, ()):
            if "." in wrapper.qualname:
                yield Effect("wrapper", wrapper=wrapper)
        holds = before and any(
            item.kind == "mapping" for item in self._attributes.get(before[-1], ())
        )
        if holds and last in MAPPING_METHODS:
            yield Effect("sink", SINKS[f"os.environ.{last}"])
        elif holds and last not in WRITING:
            yield Effect("mapping")

    # --- names that are given ---------------------------------------------------------------------------

    def read(self) -> None:
        """Every name that is given as a text."""
        for source in self._sources:
            for read in source.uses.reads if source.uses else ():
                if not read.owner and self._of_interest(read.target):
                    self._read(source, read)

    def _read(self, source: Source, read: Read) -> None:
        for effect in sorted(self._effects_of(source, read.target), key=str):
            kind = effect.of(read.position)
            if not kind:
                continue
            home, text = source, read.text
            if effect.wrapper is not None:
                self._used.add(effect.wrapper)
                home = self._graph.sources[effect.wrapper.key]
                given = self._graph.expand(source, text)
                texts = [effect.wrapper.filled(part) for part in given]
            else:
                texts = [text]
            for part in texts:
                for name in self._graph.expand(home, part):
                    self._deliver(source, kind, name, read.line)

    def _deliver(self, source: Source, kind: str, text: str, line: int) -> None:
        if kind == "package":
            if text and "\x01" not in text:
                prefix = f"{text.rstrip('.')}."
                self.readings.wanted[Wanted("package", source.key, line, prefix)] = None
        elif "\x01" in text:
            self._warn(source, kind, line)
            prefix = text[: text.index("\x01")]
            if kind in MODULE_KINDS and "." in prefix.lstrip("."):
                self.readings.wanted[Wanted("package", source.key, line, prefix)] = None
        elif kind == "variable":
            self._variable(text, source, line)
        elif kind == "expansion":
            for plain, braced in _EXPANSION.findall(text):
                self._variable(plain or braced, source, line)
        else:
            name = text.partition(":")[0] if kind in MODULE_KINDS else text
            if name:
                what = "folder" if kind == "path" else kind
                self.readings.wanted[Wanted(what, source.key, line, name)] = None

    def _variable(self, name: str, source: Source, line: int) -> None:
        if name and "=" not in name and "\0" not in name:
            self.readings.variables.setdefault(name, (source.path, line))

    def _warn(self, source: Source, kind: str, line: int) -> None:
        self.readings.warnings[Warned(source.path, line, _TEXTS[kind])] = None

    # --- names that cannot be told ----------------------------------------------------------------------

    def touch(self) -> None:
        """Everything that is passed on, called blindly, or never called with a name."""
        for source in self._sources:
            for target, line in source.uses.touches if source.uses else ():
                if self._of_interest(target):
                    for effect in self._effects_of(source, target):
                        self._touched(source, effect, line)
        for wrappers in self._wrappers.values():
            for wrapper in wrappers - self._used:
                self._never_given(wrapper)
        if self._escaped:
            for source in self._sources:
                self._suspected(source)

    def _touched(self, source: Source, effect: Effect, line: int) -> None:
        if effect.kind == "bytes":
            self.readings.bytes_matter = True
            return
        if effect.kind == "documents":
            self.readings.every_docstring = True
            return
        kind = "variable" if effect.kind == "mapping" else ""
        if effect.sink is not None:
            kind = effect.sink.kind
        if effect.wrapper is not None:
            kind = effect.wrapper.kind
            self._used.add(effect.wrapper)
        if kind == "package":
            # Names of modules are listed; what imports them is seen by itself.
            return
        self._escaped |= kind == "variable"
        self._warn(source, kind, line)
        if kind in MODULE_KINDS:
            self._suspected_modules(source, line)

    def _never_given(self, wrapper: Wrapper) -> None:
        """A function that hands a name on and that nobody was seen to call with one."""
        source = self._graph.sources[wrapper.key]
        for text in self._graph.expand(source, wrapper.text):
            self._deliver(source, wrapper.kind, text, wrapper.line)
        if wrapper.kind in MODULE_KINDS:
            self._suspected_modules(source, wrapper.line)

    def _suspected(self, source: Source) -> None:
        for read in source.uses.reads if source.uses else ():
            unknown = read.target == "" or read.target[0] == "."
            if unknown and read.position in ("[]", "0") and _VARIABLE.fullmatch(read.text):
                self._variable(read.text, source, read.line)

    def _suspected_modules(self, source: Source, line: int) -> None:
        for text in source.uses.modules if source.uses else ():
            rest = text.partition(":")[0].lstrip(".")
            name = self._graph.absolute(source, rest, len(text) - len(text.lstrip(".")))
            if name is not None:
                self.readings.wanted[Wanted("suspected", source.key, line, name)] = None
