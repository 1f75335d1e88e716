"""The sources that are reached, and what their names stand for across files.

A name of another file is followed through that file's imports, aliases and star imports until it is a
definition in one of the sources, or a dotted name outside of them.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from modelops_bundle.discovery.constants import Texts
from modelops_bundle.discovery.graph_records import Meaning, Source
from modelops_bundle.discovery.modules import Module, ModuleFinder, Origin
from modelops_bundle.source.use_records import INNER, UNKNOWN, Import

__all__ = ["Graph", "Meaning", "Source", "absolute", "is_ours"]

MAX_STEPS = 24
#: Names in modules that are looked at for one question; the answer is then that it may be anything.
MAX_FOLLOWED = 1024
MAX_TEXTS = 64

#: A path that no file of the project has.
NOWHERE = "\0"


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


class _Step(NamedTuple):
    """Something still to be followed.

    Attributes:
        kind: ``target`` (``name`` in ``source``), ``module`` (attribute ``name`` of ``module``), ``star``
            (the same, if that module may give it), or ``rest`` (what is left of ``name`` in ``source``).
        source: See ``kind``.
        name: See ``kind``.
        module: See ``kind``.
        before: How many meanings were known when the others were asked.
    """

    kind: str
    source: Source | None
    name: str
    module: str = ""
    before: int = 0


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
        self._constant_texts: dict[tuple[str, str], list[str]] = {}
        self._texts = Texts(self.sources, self.meanings)

    def add(self, source: Source) -> None:
        """Take a source in."""
        self.sources[source.key] = source
        self._constant_texts.clear()
        self._texts.forget()
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
        return self._followed([_Step("target", source, target)])

    def _followed(self, pending: list[_Step]) -> set[Meaning]:
        # Chains of imports are as long as a project has files, so they are followed with a list.
        found: set[Meaning] = set()
        seen: set[tuple[str, str, str]] = set()
        while pending:
            step = pending.pop()
            if step.kind == "rest":
                self._left_over(step, found)
                continue
            where = step.source.key if step.source is not None else step.module
            if (step.kind, where, step.name) in seen:
                continue
            if len(seen) >= MAX_FOLLOWED:
                found.add(Meaning("anything", "", ""))
                break
            seen.add((step.kind, where, step.name))
            if step.source is not None:
                pending += reversed(self._of_target(step.source, step.name, found))
            elif step.kind == "module" or self._may_give(step.module, step.name.partition(".")[0]):
                pending += reversed(self._in_module(step.module, step.name, found))
        return found

    def _of_target(self, source: Source, target: str, found: set[Meaning]) -> list[_Step]:
        if not target or target[0] == ".":
            found.add(Meaning("attribute", "", target[1:]))
        elif target[0] == "#":
            found.add(Meaning("definition", source.key, target[1:]))
        elif target.startswith("*|"):
            found.add(Meaning("external", "", target[2:].removeprefix("builtins.")))
            return self._through_stars(source, target[2:])
        else:
            level, module, attributes = target.split("|", 2)
            name = self.absolute(source, module, int(level))
            if name is not None:
                return [_Step("module", None, attributes, name)]
        return []

    def _in_module(self, name: str, attributes: str, found: set[Meaning]) -> list[_Step]:
        source = self.sources.get(name)
        if source is None and not attributes:
            found.add(Meaning("external", "", name))
            return []
        first, _, rest = attributes.partition(".")
        inner = f"{name}.{first}"
        if source is None:
            if inner in self._packages:
                return [_Step("module", None, rest, inner)]
            found.add(Meaning("external", "", f"{name}.{attributes}".removeprefix("builtins.")))
            return []
        if not attributes:
            found.add(Meaning("module", name, ""))
            return []
        steps = [_Step("module", None, rest, inner)] if inner in self.sources else []
        targets = self.exports(source).get(first, ())
        steps += [_Step("target", source, _extended(target, rest)) for target in targets]
        if targets and first in self._own_texts(source):
            found.add(Meaning("definition", source.key, attributes))
        if not targets:
            steps += self._through_stars(source, attributes)
            known = inner in self.sources and first not in self._own(source)
            if not known:
                steps.append(_Step("rest", source, attributes, "", len(found)))
        return steps

    def _left_over(self, step: _Step, found: set[Meaning]) -> None:
        """What neither a submodule nor a star import gave is here, however it came to be."""
        source = step.source
        if source is not None and (
            step.name.partition(".")[0] in self._own(source) or step.before == len(found)
        ):
            found.add(Meaning("definition", source.key, step.name))

    def gives(self, module: str, name: str) -> bool:
        """Whether a module may have an attribute, of which it is known that it is no submodule."""
        source = self.sources.get(module)
        if source is None:
            return False
        own = self._own(source)
        if source.names is None or "__getattr__" in own:
            return True
        targets = self.exports(source).get(name, ())
        if not targets:
            return name in own or bool(self._followed(self._through_stars(source, name)))
        return bool(self._followed([_Step("target", source, target) for target in targets]))

    def _own(self, source: Source) -> frozenset[str]:
        """Names that a module binds itself."""
        if source.own is None:
            bindings = source.names.bindings if source.names is not None else ()
            constants = source.uses.constants if source.uses is not None else ()
            source.own = frozenset(
                [item.name for item in bindings] + [name for name, _ in constants]
            )
        return source.own

    def _own_texts(self, source: Source) -> frozenset[str]:
        """Names that a module binds to texts."""
        if source.texts is None:
            constants = source.uses.constants if source.uses is not None else ()
            source.texts = frozenset(name for name, _ in constants)
        return source.texts

    def _through_stars(self, source: Source, name: str) -> list[_Step]:
        if source.stars is None:
            modules = [
                self.absolute(source, record.module, record.level)
                for record in (source.uses.imports if source.uses else ())
                if "*" in record.names
            ]
            source.stars = tuple(dict.fromkeys(item for item in modules if item is not None))
        return [_Step("star", None, name, module) for module in source.stars]

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
        if kind.startswith("+"):
            grown = self._texts.put_into(Meaning("definition", source.key, kind[1:]))
            return list(dict.fromkeys(self._told(grown)))
        return [f"\x01{kind}\x02"]

    def _folders(self, source: Source, package: str) -> list[str]:
        """Folders of a package of the project that is named, or that a target stands for."""
        names = {package}
        if "|" in package:
            names.clear()
            for meaning in self.meanings(source, package):
                names.update(self._meant(source, meaning))
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
        known = self._constant_texts.get((source.key, target))
        if known is None:
            # A constant that is made of itself, in a circle of files, is not known.
            self._constant_texts[source.key, target] = [UNKNOWN]
            found: dict[str, None] = {}
            for meaning in self.meanings(source, target):
                found.update(dict.fromkeys(self._meant(source, meaning)))
            known = sorted(found) or [UNKNOWN]
            self._constant_texts[source.key, target] = known
        return known

    def _meant(self, source: Source, meaning: Meaning) -> list[str]:
        home = self.sources.get(meaning.module, source)
        if meaning.kind == "definition" and meaning.name == "__name__":
            return [home.module.name]
        if meaning.name.endswith("__file__") and meaning.kind in ("definition", "external"):
            return [self._file_of(source, meaning)]
        found = list(self._told(self._texts.of(home, meaning)))
        # A module, a function or ``None`` is no name; of what is not followed nothing is known.
        return found or [UNKNOWN] * (meaning.kind not in ("definition", "module"))

    def _told(self, texts: Iterable[tuple[Source, str]]) -> Iterator[str]:
        for home, text in texts:
            if "\x01=" not in text and "\x01+" not in text:
                yield from self.expand(home, text)
            else:
                yield from self._one_step(home, text)

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
