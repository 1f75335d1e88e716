"""Which docstrings code reads: those of the definitions it names, or all where that cannot be told."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from modelops_bundle.discovery.graph import Graph, Meaning, Source
from modelops_bundle.source.scopes import BUILTINS

__all__ = ["Docstrings", "read_docstrings"]

#: Importing these reads docstrings, whichever they like.
_DOCSTRING_MODULES = frozenset(
    {"doctest", "pydoc", "ply", "docstring_parser", "docrep", "numpydoc"}
)


@dataclass(slots=True)
class Docstrings:
    """Docstrings that are read.

    Attributes:
        named: ``(key, qualname)`` of each, the module's own being ``""``.
        every: Others are read too, and any may be meant.
    """

    named: set[tuple[str, str]] = field(default_factory=set)
    every: bool = False


def read_docstrings(graph: Graph, sources: Iterable[Source]) -> Docstrings:
    """Which docstrings ``sources`` read, names being followed through ``graph``."""
    found = Docstrings()
    for source in sources:
        for record in source.uses.imports if source.uses else ():
            top = record.module.partition(".")[0]
            found.every |= record.level == 0 and top in _DOCSTRING_MODULES
            if any(item.partition(" ")[0] == "__doc__" for item in record.names):
                _note(graph, source, f"{record.level}|{record.module}|", found)
        for target, _ in source.uses.documents if source.uses else ():
            _note(graph, source, target, found)
    return found


def _note(graph: Graph, source: Source, target: str, found: Docstrings) -> None:
    meanings = graph.meanings(source, target) if target != "?" else set()
    # Installed code stands for its version, docstrings included.
    ours = [meaning for meaning in meanings if meaning.kind != "external"]
    if len(ours) == 1 and _is_definite(graph, ours[0]):
        found.named.add((ours[0].module, ours[0].name))
    elif ours or target == "?" or (target.startswith("*|") and target[2:] not in BUILTINS):
        found.every = True


def _is_definite(graph: Graph, meaning: Meaning) -> bool:
    """Whether the docstring is certainly the one that stands in the definition."""
    source = graph.sources.get(meaning.module)
    if meaning.kind == "module" or (meaning.kind == "definition" and not meaning.name):
        return source is not None
    if source is None or source.names is None or meaning.kind != "definition":
        return False
    head, _, rest = meaning.name.partition(".")
    refs = next((item.refs for item in source.names.bindings if item.name == head), ())
    if len(refs) != 1 or refs[0].kind not in ("class", "function") or refs[0].name != head:
        return False
    if refs[0].kind == "function":
        function = source.names.functions[int(refs[0].target)]
        return not rest and not function.decorators and function.qualname == head
    definition = source.names.classes[int(refs[0].target)]
    return rest in definition.methods if rest else not definition.metaclass
