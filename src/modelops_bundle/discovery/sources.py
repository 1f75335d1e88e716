"""The names of the modules that can be read, by module, each looked up at most once."""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING, Protocol

from modelops_bundle.discovery.modules import Module, Origin
from modelops_bundle.ports import Unreadable
from modelops_bundle.source.names import ClassDefinition, Literal, ModuleNames, Ref

if TYPE_CHECKING:
    from modelops_bundle.source.facts import SourceFacts

__all__ = ["Facts", "Finder", "Source", "Sources", "imported_module"]

#: Stand for names of the standard library, behind tests that only the interpreter can answer.
_NOT_FOLLOWED = frozenset({"typing_extensions", "six"})


class Finder(Protocol):
    """Where modules are; see ``ModuleFinder``."""

    def find(self, name: str) -> Module:
        """The module that ``import name`` would load; origin ``MISSING`` when there is none."""
        ...

    def name_of(self, path: str) -> str | None:
        """The dotted name under which a file is imported."""
        ...


class Facts(Protocol):
    """What sources say; see ``FactsReader``."""

    def facts(self, path: str) -> SourceFacts | Unreadable:
        """Facts of the source at the absolute ``path``, or why it has no content."""
        ...


class Source:
    """A file that was read, with quick access to what it binds."""

    def __init__(self, path: str, names: ModuleNames) -> None:
        self.path = path
        self.names = names
        self._class_bindings: dict[int, dict[str, tuple[Ref, ...]]] = {}

    @cached_property
    def bindings(self) -> dict[str, tuple[Ref, ...]]:
        """Names of the module and what they may stand for."""
        return {binding.name: binding.refs for binding in self.names.bindings}

    @cached_property
    def constants(self) -> dict[str, Literal]:
        """Literal values of variables, those of class bodies under their qualified names."""
        values = dict(self.names.constants)
        for definition in self.names.classes:
            for name, value in definition.values:
                values[f"{definition.qualname}.{name}"] = value
        return values

    def class_bindings(self, index: int) -> dict[str, tuple[Ref, ...]]:
        """Names of a class body and what they may stand for."""
        bindings = self._class_bindings.get(index)
        if bindings is None:
            bindings = self._class_bindings[index] = _class_bindings(self.names.classes[index])
        return bindings


def _class_bindings(definition: ClassDefinition) -> dict[str, tuple[Ref, ...]]:
    qualname = definition.qualname
    bindings = {binding.name: binding.refs for binding in definition.bindings}
    for name in definition.methods:
        bindings[name] = (Ref("method", "", f"{qualname}.{name}", ""),)
    for name in definition.plain:
        bindings[name] = (Ref("value", "a class variable", f"{qualname}.{name}", ""),)
    return bindings


class Sources:
    """Sources of modules.

    Args:
        finder: Where modules are.
        facts: What their sources say.
    """

    def __init__(self, finder: Finder, facts: Facts) -> None:
        self.finder = finder
        self._facts = facts
        self._sources: dict[str, Source | str] = {}
        self._modules: dict[str, Module] = {}

    def module_at(self, path: str) -> Module:
        """The module that the file at ``path`` is, also where no import would find it."""
        module = self._modules.get(path)
        if module is None:
            module = self._modules[path] = self._identify(path)
        return module

    def _identify(self, path: str) -> Module:
        stem = os.path.basename(path).removesuffix(".py")
        name = self.finder.name_of(path) or stem
        found = self.finder.find(name)
        return (
            found if found.path == path else Module(name, path, Origin.PROJECT, stem == "__init__")
        )

    def source(self, module: Module) -> Source | str | None:
        """What ``module`` says; why it cannot be read; ``None`` where sources are not followed."""
        path = module.path
        if path is None or module.is_extension or module.name in _NOT_FOLLOWED:
            return None
        source = self._sources.get(path)
        if source is None:
            source = self._sources[path] = self._read(path)
        return source

    def _read(self, path: str) -> Source | str:
        facts = self._facts.facts(path)
        if isinstance(facts, Unreadable):
            return facts.reason
        if facts.names is None:
            return facts.error.reason if facts.error is not None else "it says nothing"
        return Source(path, facts.names)


def imported_module(module: Module, target: str) -> str:
    """The absolute name of ``target``, which ``module`` imports from; empty beyond the top package."""
    name = target.lstrip(".")
    level = len(target) - len(name)
    if not level:
        return name
    parts = module.name.split(".")
    keep = len(parts) - level + (1 if module.is_package else 0)
    if keep <= 0:
        return ""
    base = ".".join(parts[:keep])
    return f"{base}.{name}" if name else base
