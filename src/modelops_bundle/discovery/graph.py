"""The sources that are reached, and what their names stand for across files.

A name of another file is followed through that file's imports, aliases and star imports until it is a
definition in one of the sources, or a dotted name outside of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from modelops_bundle.discovery.modules import Module, ModuleFinder, Origin
from modelops_bundle.source.names import ModuleNames
from modelops_bundle.source.prints import Prints
from modelops_bundle.source.use_records import INNER, UNKNOWN, Import, Uses

__all__ = ["Graph", "Meaning", "Source", "absolute", "is_ours"]

MAX_STEPS = 24
MAX_TEXTS = 64

#: A path that no file of the project has.
NOWHERE = "\0"


class Meaning(NamedTuple):
    """What a target stands for.

    Attributes:
        kind: ``definition`` (``name`` in source ``module``), ``module`` (one of the sources), ``external`` (a
            dotted name outside the sources) or ``attribute`` (of something unknown).
        module: Key of the source, or empty.
        name: See ``kind``.
    """

    kind: str
    module: str
    name: str


@dataclass(slots=True)
class Source:
    """A source that is reached.

    Attributes:
        key: What it is imported as, or its path where no name leads to it.
        module: How it was found.
        path: Absolute path.
        package: What relative imports in it start from.
        uses: What it uses; ``None`` for what does not parse or is compiled.
        prints: Its fingerprints, likewise.
        names: Its names, likewise.
        exports: Targets by the names of the module that stand for something of another one, once asked.
        own: Names that the module binds itself, once asked.
    """

    key: str
    module: Module
    path: str
    package: str
    uses: Uses | None
    prints: Prints | None
    names: ModuleNames | None
    exports: dict[str, tuple[str, ...]] | None = None
    own: frozenset[str] | None = None


def absolute(package: str, module: str, level: int) -> str | None:
    """The absolute name of a possibly relative one; ``None`` when it leads out of the top package."""
    if level == 0:
        return module
    parts = package.split(".") if package else []
    if level > len(parts):
        return None
    base = parts[: len(parts) - level + 1]
    return ".".join([*base, module] if module else base)


def is_ours(module: Module) -> bool:
    """Whether a module is a file that is hashed by content."""
    return module.path is not None and module.origin in (Origin.PROJECT, Origin.OUTSIDE)


class Graph:
    """Sources by key, and answers about names in them.

    Args:
        finder: Finds modules.
    """

    def __init__(self, finder: ModuleFinder) -> None:
        self.finder = finder
        self.sources: dict[str, Source] = {}
        self._packages: set[str] = set()
        self._steps = 0

    def add(self, source: Source) -> None:
        """Take a source in."""
        self.sources[source.key] = source
        name = source.key
        while name and name not in self._packages:
            self._packages.add(name)
            name = name.rpartition(".")[0]

    def absolute(self, source: Source, module: str, level: int) -> str | None:
        """The absolute name of a possibly relative one; ``None`` when it leads out of the top package."""
        return absolute(source.package, module, level)

    # --- names --------------------------------------------------------------------------------------

    def meanings(self, source: Source, target: str) -> set[Meaning]:
        """Everything that a target of ``source`` may stand for."""
        found: set[Meaning] = set()
        self._follow(source, target, found, set())
        return found

    def _follow(
        self, source: Source, target: str, found: set[Meaning], seen: set[tuple[str, str]]
    ) -> None:
        if (source.key, target) in seen or len(seen) > MAX_STEPS * MAX_STEPS:
            return
        seen.add((source.key, target))
        if not target or target[0] == ".":
            found.add(Meaning("attribute", "", target[1:]))
        elif target[0] == "#":
            found.add(Meaning("definition", source.key, target[1:]))
        elif target.startswith("*|"):
            found.add(Meaning("external", "", target[2:].removeprefix("builtins.")))
            self._through_stars(source, target[2:], found, seen)
        else:
            level, module, attributes = target.split("|", 2)
            name = self.absolute(source, module, int(level))
            if name is not None:
                self._in_module(name, attributes, found, seen)

    def _in_module(
        self, name: str, attributes: str, found: set[Meaning], seen: set[tuple[str, str]]
    ) -> None:
        source = self.sources.get(name)
        if source is None and not attributes:
            found.add(Meaning("external", "", name))
            return
        first, _, rest = attributes.partition(".")
        if source is None:
            inner = f"{name}.{first}"
            if inner in self._packages:
                self._in_module(inner, rest, found, seen)
            else:
                found.add(Meaning("external", "", f"{name}.{attributes}".removeprefix("builtins.")))
            return
        if not attributes:
            found.add(Meaning("module", name, ""))
            return
        inner = f"{name}.{first}"
        if inner in self.sources:
            self._in_module(inner, rest, found, seen)
        targets = self.exports(source).get(first, ())
        for target in targets:
            self._follow(source, _extended(target, rest), found, seen)
        if not targets:
            before = len(found)
            self._through_stars(source, attributes, found, seen)
            # What neither a submodule nor a star import gives is here, however it came to be.
            elsewhere = inner in self.sources or len(found) > before
            if first in self._own(source) or not elsewhere:
                found.add(Meaning("definition", source.key, attributes))

    def gives(self, module: str, name: str) -> bool:
        """Whether a module may have an attribute, of which it is known that it is no submodule."""
        source = self.sources.get(module)
        if source is None:
            return False
        own = self._own(source)
        if source.names is None or "__getattr__" in own:
            return True
        found: set[Meaning] = set()
        targets = self.exports(source).get(name, ())
        for target in targets:
            self._follow(source, target, found, set())
        if not targets:
            self._through_stars(source, name, found, set())
        return bool(found) or (name in own and not targets)

    def _own(self, source: Source) -> frozenset[str]:
        """Names that a module binds itself."""
        if source.own is None:
            bindings = source.names.bindings if source.names is not None else ()
            constants = source.uses.constants if source.uses is not None else ()
            source.own = frozenset(
                [item.name for item in bindings] + [name for name, _ in constants]
            )
        return source.own

    def _through_stars(
        self, source: Source, name: str, found: set[Meaning], seen: set[tuple[str, str]]
    ) -> None:
        for record in source.uses.imports if source.uses else ():
            if "*" in record.names:
                module = self.absolute(source, record.module, record.level)
                if module is not None and (module, name) not in seen:
                    seen.add((module, name))
                    if self._may_give(module, name.partition(".")[0]):
                        self._in_module(module, name, found, seen)

    def _may_give(self, module: str, name: str) -> bool:
        source = self.sources.get(module)
        if source is None or source.names is None:
            return True
        known = name in self._own(source) or name in self.exports(source)
        return known or f"{module}.{name}" in self.sources or _has_star(source)

    def exports(self, source: Source) -> dict[str, tuple[str, ...]]:
        """Targets by the names of a module that stand for something of another one."""
        if source.exports is None:
            found: dict[str, list[str]] = {}
            for record in source.uses.imports if source.uses else ():
                if not record.marks & INNER:
                    for name, target in _bound(record):
                        found.setdefault(name, []).append(target)
            for name, target in source.uses.aliases if source.uses else ():
                if name[0] != ".":
                    found.setdefault(name, []).append(target)
            source.exports = {name: tuple(targets) for name, targets in found.items()}
        return source.exports

    # --- texts --------------------------------------------------------------------------------------

    def expand(self, source: Source, text: str) -> list[str]:
        """Every text that a template of ``source`` may be; what is not known stays marked."""
        found = [""]
        for index, part in enumerate(text.split("\x01")):
            kind, _, literal = part.partition("\x02") if index else ("", "", part)
            values = self._mark(source, kind) if index else [""]
            found = [_put(left, value) + literal for left in found for value in values]
            if len(found) > MAX_TEXTS:
                return [UNKNOWN]
        return found

    def _mark(self, source: Source, kind: str) -> list[str]:
        if kind == "file":
            return [source.path]
        if kind == "name":
            return [source.module.name]
        if kind == "package":
            return [source.package]
        if kind.startswith("in="):
            return self._folders(source, kind[3:]) or [NOWHERE]
        if kind.startswith("="):
            return self._constants(source, kind[1:])
        return [f"\x01{kind}\x02"]

    def _folders(self, source: Source, package: str) -> list[str]:
        """Folders of a package of the project that is named, or that a target stands for."""
        names = {package}
        if "|" in package:
            names.clear()
            for meaning in self.meanings(source, package):
                names.update(self._constants_of(source, meaning))
                home = self.sources.get(meaning.module)
                names.add(".".join(filter(None, (home.module.name if home else "", meaning.name))))
        found: dict[str, None] = {}
        for name in sorted(names):
            module = self.finder.find(name)
            if module.origin is Origin.PROJECT:
                beside = () if module.path is None else (posixpath.dirname(module.path),)
                found.update(dict.fromkeys(module.folders or beside))
        return list(found)

    def _constants(self, source: Source, target: str) -> list[str]:
        found: dict[str, None] = {}
        for meaning in self.meanings(source, target):
            found.update(dict.fromkeys(self._constants_of(source, meaning)))
        return sorted(found) or [UNKNOWN]

    def _constants_of(self, source: Source, meaning: Meaning) -> Iterator[str]:
        home = self.sources.get(meaning.module, source)
        if meaning.kind == "definition" and meaning.name == "__name__":
            yield home.module.name
            return
        if meaning.name.endswith("__file__") and meaning.kind in ("definition", "external"):
            yield self._file_of(source, meaning)
            return
        constants = home.uses.constants if home.uses else ()
        if meaning.kind == "definition":
            values = [text for name, text in constants if name == meaning.name]
        elif meaning.kind == "attribute" and meaning.name:
            tail = meaning.name.rpartition(".")[2]
            values = [text for name, text in constants if name.endswith(f".{tail}")]
        else:
            values = []
        for text in values:
            yield from (
                self.expand(home, text) if "\x01=" not in text else self._one_step(home, text)
            )

    def _file_of(self, source: Source, meaning: Meaning) -> str:
        """The path of a module whose ``__file__`` is asked for; none in the project for any other."""
        if meaning.kind == "definition" and meaning.name == "__file__":
            return self.sources.get(meaning.module, source).path
        module = self.finder.find(meaning.name.rpartition(".")[0])
        return (module.origin is Origin.PROJECT and module.path) or NOWHERE

    def _one_step(self, home: Source, text: str) -> list[str]:
        self._steps += 1
        try:
            return self.expand(home, text) if self._steps < MAX_STEPS else [UNKNOWN]
        finally:
            self._steps -= 1


def _has_star(source: Source) -> bool:
    return any("*" in record.names for record in (source.uses.imports if source.uses else ()))


def _put(left: str, value: str) -> str:
    if value != "\x01up\x02":
        return left + value
    if left.endswith(UNKNOWN) or not left:
        return left + value
    if left == NOWHERE:
        return left
    if "/" in left:
        return posixpath.dirname(left)
    return left.rpartition(".")[0]


def _extended(target: str, rest: str) -> str:
    if not rest:
        return target
    return f"{target}{rest}" if target.endswith("|") else f"{target}.{rest}"


def _bound(record: Import) -> Iterator[tuple[str, str]]:
    if not record.names:
        if record.bound:
            yield record.bound, f"0|{record.module}|"
        else:
            top = record.module.partition(".")[0]
            yield top, f"0|{top}|"
    for item in record.names:
        name, _, bound = item.partition(" as ")
        if name != "*":
            yield bound or name, f"{record.level}|{record.module}|{name}"
