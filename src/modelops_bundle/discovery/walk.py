"""The walk from a model's file over all that may be imported when its code runs.

Anywhere in a file, of parent packages, of submodules, and by texts
(:mod:`modelops_bundle.discovery.readings`).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Collection, Iterable
from functools import partial

from modelops_bundle.discovery.beside import Beside
from modelops_bundle.discovery.closure_records import Closure, CodeFile, Reading
from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.discovery.imports import Request, SourceReader, path_to
from modelops_bundle.discovery.listing import listing, modules_under
from modelops_bundle.discovery.mentions import find_mentions
from modelops_bundle.discovery.missing import Missing, never_found
from modelops_bundle.discovery.modules import Module, ModuleFinder, Origin
from modelops_bundle.discovery.ordering import Order
from modelops_bundle.discovery.readings import Readings, Wanted, read_surroundings
from modelops_bundle.discovery.search import Warned
from modelops_bundle.ports import EntryKind, Files

__all__ = ["Walk"]


class Walk:
    """One walk.

    Args:
        finder: Finds modules.
        reader: Makes sources of them.
        files: File system.
        project_root: The project's folder, absolute.
        follow: Whether imports are followed to other files.
    """

    def __init__(
        self,
        finder: ModuleFinder,
        reader: SourceReader,
        files: Files,
        project_root: str,
        follow: bool,
    ) -> None:
        self._finder = finder
        self._reader = reader
        self._files = files
        self._project_root = project_root
        self._follow = follow
        self._graph = Graph(finder)
        self._code: dict[str, CodeFile] = {}
        self._edges: dict[str, dict[int, set[str]]] = {}
        self._queue: deque[Source] = deque()
        self._stars: list[tuple[Source, str, int]] = []
        self._imported: set[str] = set()
        #: What was not found, and whether it may be an attribute of its package instead.
        self._missing: dict[Missing, bool] = {}
        self._asked: dict[tuple[str, Request], None] = {}
        #: Finds modules in folders that code adds: by package, empty for any, and folder.
        self._elsewhere: dict[tuple[str, str], Callable[[str], Module]] = {}
        self._done: set[Wanted] = set()
        self._beside = Beside(finder, files)

    def closure(self, path: str, declared: Collection[str], modules: Iterable[str]) -> Closure:
        """Walk from ``path`` and sum up."""
        for each in (path, *declared):
            self._beside.start(each)
        start = self._reader.at(path)
        self._enter(start, (), "MODEL")
        starts = [start]
        for other in declared:
            if other != path:
                starts.append(self._reader.at(other))
                self._enter(starts[-1], self._code[path].chain, None)
        for source in starts:
            # An import loads the packages around it, and another file where that shadows it.
            if source.module.name != "__main__":
                self._ask(source, Request(source.module.name, 0, 0, True, True))
        for name in modules:
            self._ask(start, Request(name, 0, 0, True, True))
        self._run()
        readings = read_surroundings(self._graph, self._graph.sources.values())
        while self._follow and self._fetch(readings):
            self._run()
            readings = read_surroundings(self._graph, self._graph.sources.values())
        return self._summary(readings)

    # --- files ----------------------------------------------------------------------------------------

    def _enter(self, source: Source, chain: tuple[str, ...], kind: str | None) -> None:
        if source.key in self._graph.sources:
            return
        self._graph.add(source)
        self._edges[source.key] = {}
        self._queue.append(source)
        if source.path not in self._code:
            module = source.module
            # The entry's own file is named as it was registered, wherever it is imported from.
            ours = kind is not None or module.origin is Origin.PROJECT
            recorded = _relative(source.path, self._project_root if ours else module.root)
            self._code[source.path] = CodeFile(
                source.path,
                recorded,
                kind or ("CODE_DEP" if ours else "EXT"),
                (*chain, recorded),
                module.is_extension,
                module.distribution,
            )

    def _run(self) -> None:
        while self._queue or self._stars:
            while self._queue:
                source = self._queue.popleft()
                loads = self._reader.loads(source)
                for request in loads.requests:
                    self._ask(source, request)
                for path, unit in loads.around if self._follow else ():
                    self._reach(source, self._reader.at(path), unit)
                self._stars.extend((source, package, unit) for package, unit in loads.stars)
            # Lists may be put together from those of other modules, which are all here now.
            for source, package, unit in self._stars:
                self._star(source, package, unit)
            self._stars.clear()

    def _star(self, source: Source, package: str, unit: int) -> None:
        """A star import loads the submodules that the package's ``__all__`` names."""
        found = self._graph.sources.get(package)
        if found is not None and found.module.is_package:
            listed = listing(self._graph, found)
            for name in listed.names:
                self._ask(source, Request(f"{package}.{name}", unit, unit, True, False))
            if not listed.complete:
                self._ask_all(source, f"{package}.", unit)

    # --- imports --------------------------------------------------------------------------------------

    def _ask(self, source: Source, request: Request) -> None:
        if (source.key, request) in self._asked:
            return
        self._asked[source.key, request] = None
        self._seek(source, request)

    def _seek(self, source: Source, request: Request) -> None:
        top = self._finder.find(request.name.partition(".")[0])
        found = self._load(source, request, None)
        for folder in self._beside.folders(source, top):
            found |= self._load(source, request, partial(self._finder.find_in, folder))
        missing = Missing(request.name, source.path, request.line, request.guarded)
        if found:
            self._missing.pop(missing, None)
        elif request.line:
            self._missing[missing] = request.optional
        for find in self._elsewhere.values():
            self._load(source, request, find)

    def _load(self, source: Source, request: Request, find: Callable[[str], Module] | None) -> bool:
        """Load a module with the packages around it; whether there is one.

        Without ``find`` it is looked for where everything is.
        """
        name = request.name
        path = self._reader.path_to(name) if find is None else path_to(name, find)
        if self._follow:
            for module in path.ours:
                self._reach(source, self._reader.of(module, self._key(module)), request.unit)
        if path.installed:
            self._imported.add(name)
        return path.found

    def _key(self, module: Module) -> str:
        # A module found in a folder that code adds has the name of another where both are reached.
        known = self._graph.sources.get(module.name)
        if known is not None and known.path != module.path:
            return module.path or module.name
        return module.name

    def _reach(self, source: Source, other: Source, unit: int) -> None:
        if other.key not in self._graph.sources:
            self._enter(other, self._code[source.path].chain, None)
        if other.key != source.key:
            self._edges[source.key].setdefault(unit, set()).add(other.key)

    # --- what is imported by text ---------------------------------------------------------------------

    def _fetch(self, readings: Readings) -> bool:
        """Load what code imports by text; whether anything was new."""
        new = [wanted for wanted in readings.wanted if wanted not in self._done]
        self._done.update(new)
        before = len(self._asked) + len(self._graph.sources) + len(self._elsewhere)
        for wanted in sorted(new):
            self._fetch_one(self._graph.sources[wanted.key], wanted)
        return before != len(self._asked) + len(self._graph.sources) + len(self._elsewhere)

    def _fetch_one(self, source: Source, wanted: Wanted) -> None:
        kind, _, line, text = wanted
        if kind == "file":
            self._fetch_file(source, wanted)
        elif kind == "folder":
            self._add_folders("", self._places(source, text))
        elif kind == "inside":
            self._add_folders(source.module.name, self._places(source, text))
        elif kind == "portions":
            self._add_folders(text, self._finder.portions(text))
        elif kind == "package":
            self._ask_all(source, text, 0, deep=True)
        else:
            suspected = kind == "suspected"
            # The text may name something in a module.
            guarded = suspected or kind == "probe"
            self._ask(source, Request(text, 0 if suspected else line, 0, True, guarded))
            if kind == "run":
                self._ask(source, Request(f"{text}.__main__", 0, 0, True, True))

    def _fetch_file(self, source: Source, wanted: Wanted) -> None:
        text = wanted.text
        for path in self._places(source, text):
            folder, name = os.path.split(path)
            kind = self._files.entries(folder).get(name)
            if kind is EntryKind.FOLDER:
                # What is run of a folder is the file of this name in it.
                text = f"{wanted.text}/__main__.py"
                path = os.path.join(path, "__main__.py")
                kind = self._files.entries(os.path.dirname(path)).get("__main__.py")
            if kind is EntryKind.FILE:
                self._run_file(source, path)
                return
        self._missing[Missing(text, source.path, wanted.line, False, is_file=True)] = False

    def _run_file(self, source: Source, path: str) -> None:
        self._reach(source, self._reader.at(path), 0)
        if self._beside.start(path):
            for key, request in tuple(self._asked):
                self._seek(self._graph.sources[key], request)

    def _add_folders(self, package: str, folders: list[str]) -> None:
        """Look for modules, of one package or of any, in more folders."""
        for folder in folders:
            if (package, folder) in self._elsewhere or not self._files.entries(folder):
                continue
            find = (
                partial(self._finder.find_below, package, folder)
                if package
                else partial(self._finder.find_in, folder)
            )
            self._elsewhere[package, folder] = find
            for key, request in tuple(self._asked):
                self._load(self._graph.sources[key], request, find)

    def _places(self, source: Source, text: str) -> list[str]:
        bases = [self._project_root, os.path.dirname(source.path)]
        return (
            [] if "\0" in text else [os.path.normpath(os.path.join(base, text)) for base in bases]
        )

    def _ask_all(self, source: Source, prefix: str, unit: int, deep: bool = False) -> None:
        """Load every module of ours whose name starts with ``prefix``."""
        for name in modules_under(self._finder, self._files, prefix, deep):
            self._ask(source, Request(name, 0, unit, True, True))

    # --- the sum --------------------------------------------------------------------------------------

    def _summary(self, readings: Readings) -> Closure:
        sources = list(self._graph.sources.values())
        warnings = dict.fromkeys(
            Warned(path, *self._reader.errors[path])
            for path in self._code
            if path in self._reader.errors
        )
        warnings.update(readings.warnings)
        return Closure(
            files=tuple(self._code.values()),
            imported=tuple(sorted(self._imported)),
            variables=dict(sorted(readings.variables.items())),
            readings=self._readings(sources, readings),
            bytes_matter=readings.bytes_matter,
            warnings=tuple(sorted(warnings)),
            _mentions=partial(find_mentions, self._graph, sources, self._files, self._project_root),
            _missing=partial(never_found, self._graph, self._elsewhere.values(), self._missing),
        )

    def _readings(self, sources: list[Source], found: Readings) -> dict[str, Reading]:
        order = Order(self._graph, self._edges)
        named: dict[str, set[str]] = {}
        for key, qualname in found.docstrings:
            named.setdefault(self._graph.sources[key].path, set()).add(qualname)
        readings: dict[str, Reading] = {}
        for source in sources:
            if source.prints is None:
                continue
            docstrings: Collection[str] = frozenset(named.get(source.path, ()))
            if found.every_docstring:
                docstrings = frozenset(doc.qualname for doc in source.prints.docs)
            runs, units = order.free_runs(source), order.free_units(source)
            known = readings.get(source.path)
            if known is not None:
                # Imported under two names: only what is free under both is free.
                runs = runs.intersection(known.free_runs)
                units = units.intersection(known.free_units)
            readings[source.path] = Reading(docstrings, runs, units)
        return readings


def _relative(path: str, root: str) -> str:
    base = root.rstrip(os.sep) + os.sep
    return (
        path[len(base) :].replace(os.sep, "/") if path.startswith(base) else os.path.basename(path)
    )
