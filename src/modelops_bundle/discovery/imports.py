"""What the import statements of a source load, before anything is known of who imports the source."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

from modelops_bundle.discovery.graph import Source, absolute, is_ours
from modelops_bundle.discovery.modules import Module, ModuleFinder, Origin
from modelops_bundle.discovery.search import is_within
from modelops_bundle.ports import Unreadable
from modelops_bundle.source.facts import FactsReader
from modelops_bundle.source.use_records import GUARDED, TYPING, Import, Uses

__all__ = ["Loads", "Request", "SourceReader", "path_to"]


class Request(NamedTuple):
    """A module that a statement asks for.

    Attributes:
        name: Absolute dotted name.
        line: Where; 0 when no statement asks for it.
        unit: Line of the top-level statement around.
        optional: Nothing is wrong when there is no such module: it may be an attribute of its package.
        guarded: Nothing is wrong either, since the failure is caught.
    """

    name: str
    line: int
    unit: int
    optional: bool
    guarded: bool


class Loads(NamedTuple):
    """What a source's import statements ask for.

    Attributes:
        requests: Modules in order.
        stars: ``(package, unit)`` of each star import: the submodules that it lists are loaded too.
        around: ``(path, unit)`` of each ``__init__`` that a relative import reaches above every folder that
            modules are looked for in: the project's folder may be a package.
    """

    requests: tuple[Request, ...]
    stars: tuple[tuple[str, int], ...]
    around: tuple[tuple[str, int], ...]


class Path(NamedTuple):
    """What lies on the way to a module.

    Attributes:
        ours: Files of ours that importing it loads: the packages around it, and itself.
        found: Whether there is such a module.
        installed: Whether it is installed.
    """

    ours: tuple[Module, ...]
    found: bool
    installed: bool


def path_to(name: str, find: Callable[[str], Module]) -> Path:
    """The way to a module, each package on it being asked of ``find``."""
    parts = name.split(".")
    ours: list[Module] = []
    for index in range(1, len(parts) + 1):
        module = find(".".join(parts[:index]))
        if module.origin is Origin.MISSING:
            return Path(tuple(ours), False, False)
        if module.origin is Origin.STDLIB:
            return Path(tuple(ours), True, False)
        if module.origin is Origin.INSTALLED:
            found = find(name).origin is not Origin.MISSING
            return Path(tuple(ours), found, found)
        if is_ours(module):
            ours.append(module)
    return Path(tuple(ours), True, False)


class SourceReader:
    """Makes sources of modules, once for every closure that reaches them.

    Args:
        finder: Finds modules.
        facts: Reads sources.
        project_root: The project's folder, absolute.
    """

    def __init__(self, finder: ModuleFinder, facts: FactsReader, project_root: str) -> None:
        self._finder = finder
        self._facts = facts
        self._project_root = project_root
        self._sources: dict[tuple[str, str], Source] = {}
        self._loads: dict[tuple[str, str], Loads] = {}
        self._paths: dict[str, Path] = {}
        self.errors: dict[str, tuple[int, str]] = {}

    def at(self, path: str) -> Source:
        """The source of a file, as what imports find it under where they do."""
        name = self._finder.name_of(path)
        module = self._finder.find(name) if name is not None else None
        if module is not None and module.path == path:
            return self.of(module)
        origin = Origin.PROJECT if is_within(path, self._project_root) else Origin.OUTSIDE
        root = self._project_root if origin is Origin.PROJECT else os.path.dirname(path)
        plain = path.endswith(".py")
        found = Module(name or "__main__", path, origin, root=root, is_extension=not plain)
        return self.of(found, key=path)

    def path_to(self, name: str) -> Path:
        """The way to a module where everything is looked for."""
        known = self._paths.get(name)
        if known is None:
            known = self._paths[name] = path_to(name, self._finder.find)
        return known

    def of(self, module: Module, key: str | None = None) -> Source:
        """The source of a module that has a file."""
        path = module.path or ""
        key = module.name if key is None else key
        known = self._sources.get((key, path))
        if known is None:
            known = self._sources[key, path] = self._read(module, key, path)
        return known

    def _read(self, module: Module, key: str, path: str) -> Source:
        package = module.name if module.is_package else module.name.rpartition(".")[0]
        if module.is_extension:
            uses = self._compiled_from(path)
            if uses is None and module.distribution is None:
                self.errors[path] = (0, "is compiled: what it imports and reads cannot be seen")
            return Source(key, module, path, package, uses, None, None)
        facts = self._facts.facts(path)
        if isinstance(facts, Unreadable):
            self.errors[path] = (0, f"cannot be read ({facts.reason})")
            return Source(key, module, path, package, None, None, None)
        if facts.error is not None:
            self.errors[path] = (facts.error.line or 0, f"does not parse: {facts.error.reason}")
        return Source(key, module, path, package, facts.uses, facts.prints, facts.names)

    def _compiled_from(self, path: str) -> Uses | None:
        """What a compiled module uses, where the Python source it was made from lies beside it."""
        folder, name = os.path.split(path)
        facts = self._facts.facts(os.path.join(folder, f"{name.partition('.')[0]}.py"))
        return None if isinstance(facts, Unreadable) else facts.uses

    def loads(self, source: Source) -> Loads:
        """What the import statements of ``source`` ask for."""
        key = (source.key, source.path)
        known = self._loads.get(key)
        if known is None:
            records = source.uses.imports if source.uses is not None else ()
            known = self._loads[key] = self._loads_of(source, records)
        return known

    def _loads_of(self, source: Source, records: Iterable[Import]) -> Loads:
        requests: list[Request] = []
        stars: list[tuple[str, int]] = []
        around: list[tuple[str, int]] = []
        for record in records:
            if record.marks & TYPING:
                continue
            base = absolute(source.package, record.module, record.level)
            init = self._init_above(source.path, record.level) if base is None else None
            if init is not None:
                around.append((init, record.unit))
            requests.extend(_requests(record, base, init is not None))
            if base is not None and "*" in record.names:
                stars.append((base, record.unit))
        return Loads(tuple(requests), tuple(stars), tuple(around))

    def _init_above(self, path: str, level: int) -> str | None:
        folder = os.path.dirname(path)
        for _ in range(level - 1):
            folder = os.path.dirname(folder)
        return self._finder.init_of(folder)


def _requests(record: Import, base: str | None, in_package: bool) -> Iterator[Request]:
    guarded = bool(record.marks & GUARDED)
    if base is None:
        # Outside of any package: the file may still be run from its folder, beside what it names.
        base = record.module
        if not base:
            for item in record.names:
                name = item.partition(" as ")[0]
                # In a package without a name, it may be an attribute of that.
                yield Request(name, record.line, record.unit, False, guarded or in_package)
            return
    yield Request(base, record.line, record.unit, False, guarded)
    for item in record.names:
        name = item.partition(" as ")[0]
        if name != "*":
            yield Request(f"{base}.{name}", record.line, record.unit, True, guarded)
