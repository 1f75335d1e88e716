"""Which imports of a source may change places without anything noticing.

A run of imports is free when every file of ours that it loads, and every one that those load in turn, only
defines (:mod:`modelops_bundle.source.purity`), and no circle of imports is entered another way
(:mod:`modelops_bundle.discovery.circles`). Installed modules are taken not to mind; the docs say so.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from modelops_bundle.discovery.circles import Circles, Edges, loading_imports
from modelops_bundle.discovery.class_members import Members
from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.discovery.namespaces import read_listings
from modelops_bundle.source.harmless import is_harmless_base, is_harmless_call, is_harmless_method
from modelops_bundle.source.names import Ref
from modelops_bundle.source.use_records import LOOKED_INTO, Import

__all__ = ["Order"]


class Order:
    """Decides about imports, given which sources load which.

    Args:
        graph: The sources.
        edges: What each source loads.
    """

    def __init__(self, graph: Graph, edges: Mapping[str, Edges]) -> None:
        self._graph = graph
        self._edges = edges
        self._circles = Circles(graph, edges)
        self._growing: dict[str, bool] = {}
        self._others: dict[str, frozenset[str]] = {}
        self._listings = read_listings(graph)
        self._members = Members(graph)
        self._loaders = _turned(edges)
        self._lenders = self._with_loaders(
            key
            for key, source in graph.sources.items()
            if source.uses and source.uses.effects.lends
        )
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
        if source.key in self._listings.modules:
            return False
        if any(not self._noticing.isdisjoint(edges.get(line, ())) for line in lines):
            return False
        return not (
            self._circles.notice(source, lines)
            or self._has_two_meanings(source, lines)
            or self._hides_submodule(source, lines)
        )

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
                if f"{base}.{name}" in self._graph.sources and self._has_other(package, name):
                    return True
        return False

    def _hides_submodule(self, source: Source, lines: set[int]) -> bool:
        """Whether a package imports something under the name that a submodule takes when it is loaded."""
        if not source.module.is_package:
            return False
        for record in loading_imports(source):
            base = self._graph.absolute(source, record.module, record.level)
            for name, thing in _bound(record, base or "") if record.unit in lines else ():
                inner = f"{source.key}.{name}"
                if inner in self._graph.sources and not f"{thing}.".startswith(f"{inner}."):
                    return True
        return False

    def _counts_submodules(self, source: Source) -> bool:
        """Whether a star import gives it the submodules of a package that happen to be loaded."""
        for record in loading_imports(source):
            base = self._graph.absolute(source, record.module, record.level)
            package = self._graph.sources.get(base) if "*" in record.names and base else None
            if package is not None and not _has_list(package) and self._grows(package):
                return True
        return False

    def _grows(self, package: Source) -> bool:
        """Whether submodules of it are loaded that it does not load itself."""
        known = self._growing.get(package.key)
        if known is None:
            inner = {key for key in self._graph.sources if key.rpartition(".")[0] == package.key}
            known = not inner <= self._circles.loaded_with(package.key)
            self._growing[package.key] = known
        return known

    def _has_other(self, package: Source, name: str) -> bool:
        """Whether a package itself has something under the name of a submodule."""
        if package.names is None or any(item.name == name for item in package.names.bindings):
            return name in self._other(package)
        return self._graph.gives(package.key, name)

    def _other(self, package: Source) -> frozenset[str]:
        """Names that a package binds to something else than the submodule of that name, or a part of it."""
        known = self._others.get(package.key)
        if known is None:
            bindings = package.names.bindings if package.names is not None else ()
            known = self._others[package.key] = frozenset(
                binding.name
                for binding in bindings
                if any(self._is_other(package, binding.name, ref) for ref in binding.refs)
            )
        return known

    def _is_other(self, package: Source, name: str, ref: Ref) -> bool:
        module = ref.target.lstrip(".")
        base = self._graph.absolute(package, module, len(ref.target) - len(module))
        thing = {"module": f"{base}.", "from": f"{base}.{ref.name}."}.get(ref.kind, "")
        return not thing.startswith(f"{package.key}.{name}.")

    def _spread(self) -> set[str]:
        """Keys of the sources that may notice when they are loaded, themselves or by what they load."""
        sources = self._graph.sources
        if any(
            source.uses is not None and source.uses.effects.roll_call for source in sources.values()
        ):
            return set(sources)
        noticing = {key for key, source in sources.items() if self._does_more(source)}
        return self._with_loaders(noticing | self._listings.inner)

    def _with_loaders(self, keys: Iterable[str]) -> set[str]:
        """The sources, and those that load them, in turn."""
        found = set(keys)
        pending = list(found)
        while pending:
            new = self._loaders.get(pending.pop(), set()) - found
            found |= new
            pending.extend(new)
        return found

    def _does_more(self, source: Source) -> bool:
        uses = source.uses
        if uses is None or source.module.is_extension or uses.effects.line:
            return True
        if any(not self._is_harmless(source, target) for target in uses.effects.calls):
            return True
        if any(not self._is_harmless_base(source, target) for target in uses.effects.bases):
            return True
        if self._takes_from_others(source) or self._members.run_code(source):
            return True
        loading = {record.unit for record in loading_imports(source)}
        return self._counts_submodules(source) or self._has_two_meanings(source, loading)

    def _takes_from_others(self, source: Source) -> bool:
        """Whether it may take items from an iterator that another module keeps."""
        if not self._lenders or source.uses is None:
            return False
        return any(
            meaning.module in self._lenders
            for target in source.uses.effects.borrowed
            for meaning in self._graph.meanings(source, target)
            if meaning.kind == "definition"
        )

    def _is_harmless(self, source: Source, target: str) -> bool:
        for meaning in self._graph.meanings(source, target):
            owner, _, last = meaning.name.rpartition(".")
            if last == LOOKED_INTO:
                package = None if owner else self._graph.sources.get(meaning.module)
                if package is not None and self._grows(package):
                    return False
                continue
            if meaning.kind == "external" and is_harmless_call(meaning.name):
                continue
            if meaning.kind != "definition" or not owner or not is_harmless_method(last):
                return False
            if self._members.has_method(meaning.module, owner, last):
                return False
        return True

    def _is_harmless_base(self, source: Source, target: str) -> bool:
        return all(
            meaning.kind == "definition"
            or (meaning.kind == "external" and is_harmless_base(meaning.name))
            for meaning in self._graph.meanings(source, target)
        )


def _turned(edges: Mapping[str, Edges]) -> dict[str, set[str]]:
    """By source, which others load it."""
    loaders: dict[str, set[str]] = {}
    for key, lines in edges.items():
        for keys in lines.values():
            for loaded in keys:
                loaders.setdefault(loaded, set()).add(key)
    return loaders


def _has_list(source: Source) -> bool:
    return source.names is not None and any(
        binding.name == "__all__" for binding in source.names.bindings
    )


def _bound(record: Import, base: str) -> Iterator[tuple[str, str]]:
    """Names that an import binds, and what it takes them from."""
    if not record.names:
        top = base.partition(".")[0]
        yield (record.bound, base) if record.bound else (top, top)
    for item in record.names:
        name, _, bound = item.partition(" as ")
        yield bound or name, f"{base}.{name}"
