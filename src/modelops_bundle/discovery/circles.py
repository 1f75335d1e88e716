"""Circles of imports: where modules import each other, what one sees of another depends on who comes first.

Only imports that happen while a module loads count. A package is loaded before anything in it, so a module
closes a circle with a package around itself only by looking at what that package has defined so far.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set

from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.source.use_records import LATER, TYPING, Import

__all__ = ["Circles", "Edges", "loading_imports"]

#: By the line of a source's top-level statement, keys of the sources that it loads.
Edges = Mapping[int, set[str]]


class Circles:
    """The circles among sources.

    Args:
        graph: The sources.
        edges: What each source loads.
    """

    def __init__(self, graph: Graph, edges: Mapping[str, Edges]) -> None:
        self._edges = edges
        self._lines = {key: _loading_lines(source) for key, source in graph.sources.items()}
        self._loads = {key: self._loaded(graph, source) for key, source in graph.sources.items()}
        self._circle = _number(self._loads)
        self._reached = _spread(self._circle, self._loads)

    def notice(self, source: Source, lines: Iterable[int]) -> bool:
        """Whether the order of the imports at some lines of a source can show in a circle."""
        entries: dict[int, set[str]] = {}
        edges = self._edges.get(source.key, {})
        own = self._circle.get(source.key)
        for line in lines:
            loading = line in self._lines[source.key]
            for target in edges.get(line, ()):
                for circle in self._reached.get(target, ()):
                    if circle != own:
                        entries.setdefault(circle, set()).add(target)
                    elif loading:
                        # Those sources see as much of this one as stands before the import.
                        return True
        return any(_has_two(targets) for targets in entries.values())

    def loaded_with(self, key: str) -> set[str]:
        """Everything that loading a source loads, itself included."""
        return _all_from(key, self._loads, self._loads.keys())

    def _loaded(self, graph: Graph, source: Source) -> set[str]:
        edges = self._edges.get(source.key, {})
        found = {key for line in self._lines[source.key] for key in edges.get(line, ())}
        around = {key for key in found if source.key.startswith(f"{key}.")}
        if around:
            found -= around.difference(_looked_at(graph, source))
        return found


def _loading_lines(source: Source) -> frozenset[int]:
    """Lines of the top-level statements that import something while the source loads."""
    return frozenset(record.unit for record in loading_imports(source))


def loading_imports(source: Source) -> Iterator[Import]:
    """The imports of a source that happen while it loads."""
    for record in source.uses.imports if source.uses is not None else ():
        if not record.marks & (LATER | TYPING):
            yield record


def _looked_at(graph: Graph, source: Source) -> Iterator[str]:
    """Packages whose names a source gets hold of while it loads."""
    for record in loading_imports(source):
        base = graph.absolute(source, record.module, record.level)
        if base is None:
            continue
        names = (item.partition(" as ")[0] for item in record.names)
        if record.names:
            if any(f"{base}.{name}" not in graph.sources for name in names):
                yield base
        else:
            yield base
            while not record.bound and "." in base:
                base = base.rpartition(".")[0]
                yield base


def _has_two(targets: set[str]) -> bool:
    """Whether there are two ways in: a package is one with everything in it, which it precedes."""
    first = [
        target for target in targets if not any(target.startswith(f"{other}.") for other in targets)
    ]
    return len(first) > 1


def _number(loads: Mapping[str, set[str]]) -> dict[str, int]:
    """The number of the circle that each source in one belongs to."""
    loaders: dict[str, set[str]] = {key: set() for key in loads}
    for key, targets in loads.items():
        for target in targets:
            loaders[target].add(key)
    left = _without_ends(_without_ends(set(loads), loads, loaders), loaders, loads)
    found: dict[str, int] = {}
    for number, key in enumerate(sorted(left)):
        if key not in found:
            circle = _all_from(key, loads, left) & _all_from(key, loaders, left)
            if len(circle) > 1:
                found.update(dict.fromkeys(circle, number))
    return found


def _without_ends(
    keys: set[str], onward: Mapping[str, set[str]], back: Mapping[str, set[str]]
) -> set[str]:
    """Those keys from which one can go on for ever."""
    left = set(keys)
    count = {key: len(onward[key] & left) for key in left}
    pending = [key for key in left if not count[key]]
    while pending:
        key = pending.pop()
        left.discard(key)
        for other in back[key] & left:
            count[other] -= 1
            if not count[other]:
                pending.append(other)
    return left


def _all_from(start: str, onward: Mapping[str, set[str]], within: Set[str]) -> set[str]:
    found = {start}
    pending = [start]
    while pending:
        new = (onward[pending.pop()] & within) - found
        found |= new
        pending.extend(new)
    return found


def _spread(circle: Mapping[str, int], loads: Mapping[str, set[str]]) -> dict[str, set[int]]:
    """Circles that are entered when a source is loaded."""
    if not circle:
        return {}
    loaders: dict[str, set[str]] = {}
    for key, targets in loads.items():
        for target in targets:
            loaders.setdefault(target, set()).add(key)
    reached: dict[str, set[int]] = {}
    pending = list(circle.items())
    while pending:
        key, number = pending.pop()
        if number not in reached.setdefault(key, set()):
            reached[key].add(number)
            pending.extend((loader, number) for loader in loaders.get(key, ()))
    return reached
