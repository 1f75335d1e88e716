"""Which imports of a source may change places without anything noticing.

A run of imports is free when every file of ours that it loads, and every one that those load in turn, only
defines (:mod:`modelops_bundle.source.purity`). Installed modules are taken not to mind; the docs say so.
"""

from __future__ import annotations

from collections.abc import Mapping

from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.source.harmless import is_harmless_base, is_harmless_call, is_harmless_method
from modelops_bundle.source.use_records import GUARDED, INNER

__all__ = ["Edges", "Order"]

#: By the line of a source's top-level statement, keys of the sources that it loads.
Edges = Mapping[int, set[str]]


class Order:
    """Decides about imports, given which sources load which.

    Args:
        graph: The sources.
        edges: What each source loads.
    """

    def __init__(self, graph: Graph, edges: Mapping[str, Edges]) -> None:
        self._graph = graph
        self._edges = edges
        self._others: dict[str, frozenset[str]] = {}
        self._noticing = self._spread()

    def free_runs(self, source: Source) -> frozenset[int]:
        """Numbers of the runs of top-level imports that count as sets."""
        lines: dict[int, set[int]] = {}
        for unit in source.prints.units if source.prints is not None else ():
            if unit.run >= 0:
                lines.setdefault(unit.run, set()).add(unit.line)
        return frozenset(run for run, where in lines.items() if self._is_free(source, where))

    def free_units(self, source: Source) -> frozenset[int]:
        """Positions of the top-level statements inside which runs of imports count as sets."""
        units = source.prints.units if source.prints is not None else ()
        return frozenset(
            position
            for position, unit in enumerate(units)
            if unit.grouped != unit.ordered and self._is_free(source, {unit.line})
        )

    def _is_free(self, source: Source, lines: set[int]) -> bool:
        edges = self._edges.get(source.key, {})
        if any(not self._noticing.isdisjoint(edges.get(line, ())) for line in lines):
            return False
        return not self._has_two_meanings(source, lines)

    def _has_two_meanings(self, source: Source, lines: set[int]) -> bool:
        """Whether ``from package import name`` depends on the submodule ``name`` being loaded before."""
        for record in source.uses.imports if source.uses is not None else ():
            if record.unit not in lines or not record.names:
                continue
            base = self._graph.absolute(source, record.module, record.level)
            package = self._graph.sources.get(base) if base is not None else None
            if package is None or package.names is None:
                continue
            for item in record.names:
                name = item.partition(" as ")[0]
                if f"{base}.{name}" in self._graph.sources and name in self._other(package):
                    return True
        return False

    def _other(self, package: Source) -> frozenset[str]:
        """Names that a package binds to something that is no import."""
        known = self._others.get(package.key)
        if known is None:
            bindings = package.names.bindings if package.names is not None else ()
            known = self._others[package.key] = frozenset(
                binding.name
                for binding in bindings
                if any(ref.kind not in ("module", "from") for ref in binding.refs)
            )
        return known

    def _spread(self) -> set[str]:
        """Keys of the sources that may notice when they are loaded, themselves or by what they load."""
        loaders: dict[str, set[str]] = {}
        for key, edges in self._edges.items():
            for keys in edges.values():
                for loaded in keys:
                    loaders.setdefault(loaded, set()).add(key)
        sources = self._graph.sources
        if any(
            source.uses is not None and source.uses.effects.roll_call for source in sources.values()
        ):
            return set(sources)
        noticing = {key for key, source in sources.items() if self._does_more(source)}
        pending = list(noticing)
        while pending:
            for loader in loaders.get(pending.pop(), ()):
                if loader not in noticing:
                    noticing.add(loader)
                    pending.append(loader)
        return noticing

    def _does_more(self, source: Source) -> bool:
        uses = source.uses
        if uses is None or source.module.is_extension or uses.effects.line:
            return True
        if any(not self._is_harmless(source, target) for target in uses.effects.calls):
            return True
        if any(not self._is_harmless_base(source, target) for target in uses.effects.bases):
            return True
        return self._guards_ours(source)

    def _guards_ours(self, source: Source) -> bool:
        # An import of ours that may fail and is caught can come out differently in a circle of imports.
        edges = self._edges.get(source.key, {})
        return any(
            record.marks & GUARDED and not record.marks & INNER and edges.get(record.unit)
            for record in (source.uses.imports if source.uses is not None else ())
        )

    def _is_harmless(self, source: Source, target: str) -> bool:
        for meaning in self._graph.meanings(source, target):
            if meaning.kind == "external" and is_harmless_call(meaning.name):
                continue
            owner, _, last = meaning.name.rpartition(".")
            if meaning.kind != "definition" or not owner or not is_harmless_method(last):
                return False
        return True

    def _is_harmless_base(self, source: Source, target: str) -> bool:
        return all(
            meaning.kind == "definition"
            or (meaning.kind == "external" and is_harmless_base(meaning.name))
            for meaning in self._graph.meanings(source, target)
        )
