"""What classes of the project run when they are merely defined or asked for something at import."""

from __future__ import annotations

from collections.abc import Mapping

from modelops_bundle.discovery.graph import Graph, Meaning, Source
from modelops_bundle.source.names import ClassDefinition, ModuleNames, Ref

__all__ = ["Members"]

#: Key of its source and qualified name.
_Class = tuple[str, str]

_DEFINITIONS = frozenset({"class", "function", "member", "method"})


class Members:
    """Answers about classes.

    Args:
        graph: The sources.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._classes: dict[str, dict[str, list[ClassDefinition]]] = {}
        self._names: dict[str, dict[str, tuple[Ref, ...]]] = {}
        has_enums = any(
            record.module == "enum"
            for source in graph.sources.values()
            for record in (source.uses.imports if source.uses is not None else ())
        )
        self._made_by_code = self._find_made_by_code() if has_enums else set()

    def run_code(self, source: Source) -> bool:
        """Whether the members of an enumeration in a source are made by code of the project."""
        return source.key in self._made_by_code

    def _find_made_by_code(self) -> set[str]:
        """Keys of the sources with enumerations whose members are made by code of the project."""
        heirs: dict[_Class, set[_Class]] = {}
        enums: set[_Class] = set()
        coded: set[_Class] = set()
        for source in self._graph.sources.values():
            if source.uses is None or source.names is None:
                continue
            coded.update((source.key, name) for name in source.uses.effects.makers)
            for definition in source.names.classes:
                own = (source.key, definition.qualname)
                for meaning in self._bases(source, definition):
                    if meaning.kind == "definition":
                        heirs.setdefault((meaning.module, meaning.name), set()).add(own)
                    elif meaning.kind == "external" and meaning.name.startswith("enum."):
                        enums.add(own)
        return {key for key, _ in _with_heirs(enums, heirs) & _with_heirs(coded, heirs)}

    def _bases(self, source: Source, definition: ClassDefinition) -> set[Meaning]:
        targets = {_target(ref) for base in definition.bases for ref in base.refs}
        return {item for target in targets for item in self._graph.meanings(source, target)}

    def has_method(self, module: str, owner: str, name: str) -> bool:
        """Whether ``owner.name`` of a module may be a function of the project, and no method of a value."""
        source = self._graph.sources.get(module)
        if source is None or source.names is None:
            return True
        head, _, rest = owner.partition(".")
        refs = self._refs(source, source.names).get(head, ())
        if not any(ref.kind in _DEFINITIONS for ref in refs):
            return False
        defined = self._defined(source, source.names)
        classes = [
            item for ref in refs if ref.kind == "class" for item in defined.get(ref.name, ())
        ]
        first, _, further = rest.partition(".")
        return not classes or any(
            first not in item.plain or (not further and _may_be_member(item, name))
            for item in classes
        )

    def _refs(self, source: Source, names: ModuleNames) -> dict[str, tuple[Ref, ...]]:
        known = self._names.get(source.key)
        if known is None:
            known = self._names[source.key] = {item.name: item.refs for item in names.bindings}
        return known

    def _defined(self, source: Source, names: ModuleNames) -> dict[str, list[ClassDefinition]]:
        known = self._classes.get(source.key)
        if known is None:
            known = self._classes[source.key] = {}
            for definition in names.classes:
                known.setdefault(definition.qualname, []).append(definition)
        return known


def _with_heirs(classes: set[_Class], heirs: Mapping[_Class, set[_Class]]) -> set[_Class]:
    found = set(classes)
    pending = list(classes)
    while pending:
        new = heirs.get(pending.pop(), set()) - found
        found |= new
        pending.extend(new)
    return found


def _may_be_member(definition: ClassDefinition, name: str) -> bool:
    """Whether what is kept in a class may be a member of an enumeration with a method of that name."""
    known = {*definition.methods, *(item.name for item in definition.bindings)}
    return bool(definition.bases) and name in known


def _target(ref: Ref) -> str:
    """The target, as the uses of a source have it, of what a name in it may stand for."""
    if ref.kind == "class":
        target = f"#{ref.name}"
    elif ref.kind == "from":
        module = ref.target.lstrip(".")
        target = f"{len(ref.target) - len(module)}|{module}|{ref.name}"
    elif ref.kind == "module":
        target = f"0|{ref.target}|"
    else:
        target = f"*|{ref.name}"
    if not ref.attributes:
        return target
    return f"{target}{ref.attributes}" if target[-1] == "|" else f"{target}.{ref.attributes}"
