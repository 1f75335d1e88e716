"""Imports that lead nowhere, as far as that can be told."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from modelops_bundle.discovery.graph import Graph
from modelops_bundle.discovery.modules import ModuleFinder, Origin

__all__ = ["Missing", "never_found"]


class Missing(NamedTuple):
    """A module that is imported and cannot be found.

    Attributes:
        module: Its dotted name, or the path of a file that is run.
        path: Absolute path of the source that imports it.
        line: Where.
        guarded: The code expects that it may be missing.
    """

    module: str
    path: str
    line: int
    guarded: bool

    def may_be(self, recorded: str) -> bool:
        """Whether a file of this recorded path would be the module, if it were there."""
        if self.module.endswith(".py"):
            return f"/{posixpath.normpath(self.module)}".endswith(f"/{recorded}")
        folder, _, name = recorded.rpartition("/")
        stem = name.partition(".")[0]
        place = folder if stem == "__init__" else f"{folder}/{stem}"
        return f"/{place}".endswith(f"/{self.module.replace('.', '/')}")


def never_found(
    graph: Graph, finder: ModuleFinder, folders: Sequence[str], asked: Mapping[Missing, bool]
) -> Iterator[Missing]:
    """Those modules that are really missing.

    Args:
        graph: All sources that were reached.
        finder: Finds modules.
        folders: Folders that code adds to those that are searched.
        asked: What was not found where modules are looked for, and whether it may be an attribute of its
            package instead.
    """
    keys: dict[str, list[str]] = {}
    for key, source in graph.sources.items():
        # A module that another one shadows has its path as key, and may be the one that is meant.
        keys.setdefault(source.module.name, []).append(key)
    for missing, may_be_attribute in asked.items():
        if may_be_attribute and _is_attribute(graph, keys, missing.module):
            continue
        if not any(_is_in(finder, folder, missing.module) for folder in folders):
            yield missing


def _is_attribute(graph: Graph, keys: Mapping[str, Sequence[str]], name: str) -> bool:
    """Whether a dotted name may lead to something that one of the modules on the way binds."""
    package, _, last = name.rpartition(".")
    while package:
        if any(graph.gives(key, last) for key in keys.get(package, ())):
            return True
        package, _, last = package.rpartition(".")
    return False


def _is_in(finder: ModuleFinder, folder: str, module: str) -> bool:
    return finder.find_in(folder, module).origin is not Origin.MISSING
