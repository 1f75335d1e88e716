"""Modules whose names some code looks at in the order in which they were bound."""

from __future__ import annotations

from collections.abc import Iterator

from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.source.use_records import Uses

__all__ = ["Listings", "read_listings"]


class Listings:
    """What is looked at in its order.

    Attributes:
        modules: Keys of sources whose own imports show.
        inner: Keys of modules in packages: when each was loaded shows in the package around it.
    """

    def __init__(self, modules: set[str], packages: set[str], graph: Graph) -> None:
        self.modules = modules
        self.inner = {key for key in graph.sources if key.rpartition(".")[0] in packages}


def read_listings(graph: Graph) -> Listings:
    """What the sources of a graph look at."""
    found: set[str] = set()
    handed_on: set[str] = set()
    unknown = False
    for source in graph.sources.values():
        if source.uses is None:
            continue
        if _takes_namespaces(source.uses):
            return Listings(set(graph.sources), set(graph.sources), graph)
        for target in source.uses.effects.listed:
            if target == "#":
                found.add(source.key)
            elif target == "@":
                handed_on.add(source.key)
            elif target == "?":
                return Listings(set(graph.sources), set(graph.sources), graph)
            else:
                meanings = graph.meanings(source, target)
                unknown |= any(item.kind in ("attribute", "definition") for item in meanings)
                # A folder without a file of its own is no source, but has modules in it.
                found.update(item.module or item.name for item in meanings if _may_list(item.kind))
    if unknown:
        found.update(handed_on, _handed_on(graph))
    modules = _with_stars(graph, found)
    return Listings(modules, modules, graph)


def _takes_namespaces(uses: Uses) -> bool:
    """Whether a file is run by its path or name, which hands out all of its names."""
    asked = {read.target for read in uses.reads} | {touch.target for touch in uses.touches}
    return not asked.isdisjoint(("0|runpy|run_path", "0|runpy|run_module"))


def _may_list(kind: str) -> bool:
    return kind in ("module", "external")


def _handed_on(graph: Graph) -> Iterator[str]:
    """Modules that are not only named, but given to something or kept somewhere."""
    for source in graph.sources.values():
        if source.uses is None:
            continue
        kept = [target for name, target in source.uses.aliases if name[0] == "."]
        given = {touch.target for touch in source.uses.touches}
        for target in given.difference(source.uses.effects.looked).union(kept):
            if target and target[0] not in ".#":
                for meaning in graph.meanings(source, target):
                    if meaning.kind == "module":
                        yield meaning.module


def _with_stars(graph: Graph, keys: set[str]) -> set[str]:
    """The modules, and those that they take all names from, in turn."""
    found = set(keys)
    pending = list(keys)
    while pending:
        source = graph.sources.get(pending.pop())
        new = set(_starred(graph, source)) - found if source is not None else set()
        found |= new
        pending.extend(new)
    return found


def _starred(graph: Graph, source: Source) -> Iterator[str]:
    for record in source.uses.imports if source.uses is not None else ():
        base = graph.absolute(source, record.module, record.level)
        if "*" in record.names and base is not None:
            yield base
