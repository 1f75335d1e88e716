"""Which names a module gives to ``from module import *``."""

from __future__ import annotations

from typing import Any

from modelops_bundle.discovery.modules import Module
from modelops_bundle.discovery.sources import Source, Sources, imported_module
from modelops_bundle.source.names import Literal, Ref

__all__ = ["Exports"]

#: Spliced-in ``__all__`` lists of other modules that are followed; more than this is a cycle or a trick.
MAX_SPLICED = 200


class Exports:
    """What star imports bind. Answers are remembered.

    Args:
        sources: Where modules are read.
    """

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._listed: dict[str, tuple[frozenset[str], bool] | None] = {}
        self._answers: dict[tuple[str, str], bool | None] = {}

    def provides(self, module_name: str, name: str) -> bool | None:
        """Whether ``from module_name import *`` binds ``name``; ``None`` when that cannot be known."""
        if (module_name, name) not in self._answers:
            self._look(module_name, name)
        return self._answers[module_name, name]

    def _look(self, start: str, name: str) -> None:
        """Find the answer for ``start``, and those for other modules that follow from it.

        Without these, a circle of modules that import all of each other takes the cube of its length.
        """
        waiting = [start]
        reached_from: dict[str, str | None] = {start: None}
        unreadable = []
        while waiting:
            asked = waiting.pop()
            gives, stars = self._gives(asked, name)
            if gives:
                self._remember(asked, name, True, reached_from)
                return
            if gives is None:
                unreadable.append(asked)
            for star in stars:
                if star not in reached_from:
                    reached_from[star] = asked
                    waiting.append(star)
        for module in unreadable:
            self._remember(module, name, None, reached_from)
        if not unreadable:
            # Nothing that was reached binds the name, so nothing that is reached from there does.
            self._answers |= {(module, name): False for module in reached_from}

    def _remember(
        self, module: str, name: str, answer: bool | None, reached_from: dict[str, str | None]
    ) -> None:
        """The answer for a module holds for those that it was reached from as well."""
        reached: str | None = module
        while reached is not None:
            self._answers[reached, name] = answer
            reached = reached_from[reached]

    def _gives(self, module_name: str, name: str) -> tuple[bool | None, list[str]]:
        """Whether a module itself binds ``name``, and where it stars from; ``None`` if it cannot be read."""
        module = self._sources.finder.find(module_name)
        source = self._sources.source(module)
        if not isinstance(source, Source):
            # A namespace package has no names of its own.
            return False if module.path is None and module.folders else None, []
        listed, complete = self._names(module, source) or (frozenset(), False)
        if name in listed:
            return True, []
        if complete or name.startswith("_"):
            return False, []
        if name in source.bindings:
            return True, []
        stars = {imported_module(module, star.module) for star in source.names.stars}
        return False, sorted(stars)

    def _names(self, module: Module, source: Source) -> tuple[frozenset[str], bool] | None:
        """``__all__`` and whether it is known whole; ``None`` for a module that has none."""
        if source.path not in self._listed:
            exported = source.names.exported
            self._listed[source.path] = self._spelled_out(module, exported) if exported else None
        return self._listed[source.path]

    def _spelled_out(self, module: Module, exported: Literal) -> tuple[frozenset[str], bool]:
        names: set[str] = set()
        complete = True
        waiting: list[tuple[Module, Literal]] = [(module, exported)]
        spliced = 0
        while waiting:
            where, value = waiting.pop()
            if value[0] == "text":
                names.add(value[1])
            elif value[0] in {"list", "sum", "star"}:
                waiting.extend((where, item) for item in value[1:])
            elif value[0] == "ref" and spliced < MAX_SPLICED:
                spliced += 1
                found = self._spliced(where, value[1])
                complete = complete and found is not None
                waiting.extend([found] if found is not None else [])
            else:
                complete = False
        return frozenset(names), complete

    def _spliced(self, module: Module, refs: Any) -> tuple[Module, Literal] | None:
        """The ``__all__`` of another module, which ``refs`` names as ``other.__all__``."""
        for kind, target, name, attributes in reversed([Ref(*ref) for ref in refs]):
            if kind not in {"module", "from"}:
                continue
            base = imported_module(module, target)
            path = [part for part in (base, name, attributes) if part]
            other, _, last = ".".join(path).rpartition(".")
            found = self._sources.finder.find(other)
            source = self._sources.source(found)
            if last == "__all__" and isinstance(source, Source) and source.names.exported:
                return found, source.names.exported
        return None
