"""Which modules of a package are loaded without being named one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from modelops_bundle.discovery.graph import Graph, Source, is_ours
from modelops_bundle.discovery.modules import ModuleFinder, Origin
from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.source.names import Literal, Ref

__all__ = ["Listing", "listing", "modules_under"]

#: Lists of other modules that are followed; more than this is a cycle or a trick.
MAX_FOLLOWED = 200

_COPIERS = frozenset({"frozenset", "list", "set", "sorted", "tuple"})


class Listing(NamedTuple):
    """Names in an ``__all__``, and whether there may be others, which only running it would tell."""

    names: tuple[str, ...]
    complete: bool


def listing(graph: Graph, source: Source) -> Listing:
    """What the ``__all__`` of a source lists, which is what ``from package import *`` loads."""
    return _Reader(graph).read(source)


def modules_under(finder: ModuleFinder, files: Files, prefix: str, deep: bool) -> Iterator[str]:
    """Names of all modules of ours that start with ``prefix``, which holds a dot.

    Args:
        finder: Finds modules.
        files: File system.
        prefix: A package and a dot, perhaps with what the last name starts with.
        deep: Look into the packages in it as well.
    """
    package, _, start = prefix.rpartition(".")
    pending = [package]
    seen: set[str] = set()
    while pending:
        package = pending.pop()
        above = finder.find(package)
        if above.origin not in (Origin.PROJECT, Origin.OUTSIDE):
            continue
        # A link to a folder that was looked into would never end.
        folders = [folder for folder in above.folders if files.real(folder) not in seen]
        seen.update(files.real(folder) for folder in folders)
        for inner in sorted(_names_in(files, folders)):
            if start and not inner.startswith(start):
                continue
            found = finder.find(f"{package}.{inner}")
            if is_ours(found):
                yield found.name
            if found.is_package and deep:
                pending.append(found.name)
        start = ""


def _names_in(files: Files, folders: list[str]) -> set[str]:
    names = {
        name.split(".")[0]
        for folder in folders
        for name, kind in files.entries(folder).items()
        if kind is EntryKind.FOLDER or name.endswith(".py")
    }
    names -= {"__init__", "__pycache__", "__main__"}
    return {name for name in names if name.isidentifier()}


class _Reader:
    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._names: dict[str, None] = {}
        self._complete = True
        self._followed: set[tuple[str, str]] = set()
        self._waiting: list[tuple[Source, Literal]] = []

    def read(self, source: Source) -> Listing:
        self._list_of(source, "__all__")
        while self._waiting:
            where, item = self._waiting.pop()
            kind = item[0]
            if kind == "text":
                self._names[item[1]] = None
            elif kind in {"list", "sum", "star"}:
                self._waiting.extend((where, part) for part in item[1:])
            elif kind == "map":
                self._waiting.extend((where, key) for key, _ in item[1:])
            elif kind == "call" and all(name in _COPIERS for _, _, name, _ in item[1]):
                self._waiting.extend((where, part) for part in item[2])
            elif kind == "ref":
                self._follow(where, item[1])
            else:
                self._complete = False
        return Listing(tuple(sorted(self._names)), self._complete)

    def _list_of(self, source: Source, name: str) -> None:
        """Look into the variable of a source that holds a list."""
        if (source.key, name) in self._followed or source.names is None:
            return
        self._followed.add((source.key, name))
        found = list(_assigned(source, name))
        self._waiting.extend((source, item) for item in found)
        refs = [ref for item in source.names.bindings if item.name == name for ref in item.refs]
        imported = [ref for ref in refs if ref.kind in ("from", "module")]
        if imported:
            self._follow(source, imported)
        # Without an `__all__`, a star import loads nothing more.
        elif not found and (refs or name != "__all__"):
            self._complete = False

    def _follow(self, source: Source, refs: Any) -> None:
        for kind, target, name, attributes in refs:
            if kind == "value":
                self._list_of(source, name)
            elif kind not in ("from", "module") or len(self._followed) > MAX_FOLLOWED:
                self._complete = False
            else:
                self._elsewhere(source, Ref(kind, target, name, attributes))

    def _elsewhere(self, source: Source, ref: Ref) -> None:
        module = ref.target.lstrip(".")
        path = ".".join(part for part in (ref.name, ref.attributes) if part)
        target = f"{len(ref.target) - len(module)}|{module}|{path}"
        for meaning in self._graph.meanings(source, target):
            other = self._graph.sources.get(meaning.module)
            # Names that an installed package lists are no submodules of ours.
            if other is not None and meaning.kind == "definition":
                self._list_of(other, meaning.name)


def _assigned(source: Source, name: str) -> Iterator[Literal]:
    if source.names is None:
        return
    if name == "__all__":
        yield from (source.names.exported,) if source.names.exported else ()
    else:
        yield from (value for constant, value in source.names.constants if constant == name)
