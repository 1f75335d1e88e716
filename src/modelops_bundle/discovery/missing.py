"""Imports that lead nowhere, as far as that can be told."""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from modelops_bundle.discovery.graph import Graph
from modelops_bundle.discovery.modules import Module, Origin

__all__ = ["Missing", "never_found"]


class Missing(NamedTuple):
    """A module that is imported and cannot be found.

    Attributes:
        module: Its dotted name, or the path of a file that is run.
        path: Absolute path of the source that imports it.
        line: Where.
        guarded: The code expects that it may be missing.
        is_file: It is a file that is run.
    """

    module: str
    path: str
    line: int
    guarded: bool
    is_file: bool = False

    def may_be(self, recorded: str) -> bool:
        """Whether a file of this recorded path would be the module, if it were there."""
        if self.is_file:
            return f"/{posixpath.normpath(self.module)}".endswith(f"/{recorded}")
        folder, _, name = recorded.rpartition("/")
        stem = name.partition(".")[0]
        place = folder if stem == "__init__" else f"{folder}/{stem}"
        return f"/{place}".endswith(f"/{self.module.replace('.', '/')}")


def never_found(
    graph: Graph, elsewhere: Collection[Callable[[str], Module]], asked: Mapping[Missing, bool]
) -> Iterator[Missing]:
    """Those modules that are really missing.

    Args:
        graph: All sources that were reached.
        elsewhere: Find modules in the folders that code adds to those that are searched.
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
        if all(find(missing.module).origin is Origin.MISSING for find in elsewhere):
            yield missing


def _is_attribute(graph: Graph, keys: Mapping[str, Sequence[str]], name: str) -> bool:
    """Whether a dotted name may lead to something that one of the modules on the way binds."""
    package, _, last = name.rpartition(".")
    while package:
        if any(graph.gives(key, last) for key in keys.get(package, ())):
            return True
        package, _, last = package.rpartition(".")
    return False
