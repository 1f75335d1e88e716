"""Classes and their bases as one graph over all files, and which of them descend from a root.

A class is known by its file and its place there, so it is one class under however many names it is imported.
The graph grows from the classes that are asked about, through the files that hold their bases, installed ones
included, and stops at the roots. Nothing here recurses: chains may be as long as they like.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from modelops_bundle.discovery.modules import Module
from modelops_bundle.discovery.resolve import Resolved, Resolver
from modelops_bundle.source.names import ClassDefinition

__all__ = ["ClassGraph", "ClassKey", "ClassNode", "Roots", "Standing"]

#: File and place in ``ModuleNames.classes``.
ClassKey = tuple[str, int]

#: Other names of our own base class, known also where the package is not installed.
_KNOWN_PATHS = {"modelops_bundle.BaseModel": ("modelops_bundle.base.BaseModel",)}

_KNOWN = frozenset({"class", "external"})


class Roots:
    """The bases that make a class a model, by every path under which they can be imported.

    Args:
        names: Dotted names.
        resolver: Where they are looked for; they need not be there.
    """

    def __init__(self, names: Iterable[str], resolver: Resolver) -> None:
        asked = list(dict.fromkeys(names))
        self.names = frozenset(
            [*asked, *(path for name in asked for path in _KNOWN_PATHS.get(name, ()))]
        )
        self._keys: set[tuple[str, str, int]] = set()
        #: What was asked for and is no class as far as can be seen, with the reason.
        self.unfound: dict[str, str] = {}
        for name in sorted(self.names):
            answer = resolver.resolve_absolute(name)
            for found in answer:
                if found.kind in _KNOWN or found.kind == "value" or "." in found.name:
                    self._keys.add(found.key)
            if name in asked and not any(map(_may_be_class, answer)):
                self.unfound[name] = answer[0].reason or f"it is a {answer[0].kind}"
        if "builtins.object" not in self.names:
            # What a root falls back to where its package is absent is no root.
            self._keys.discard(("builtins.object", "", -1))

    def __contains__(self, found: Resolved) -> bool:
        return found.key in self._keys or found.name in self.names

    def holds(self, key: ClassKey, qualname: str) -> bool:
        """Whether the class ``key`` is itself a root."""
        path, position = key
        return (path, qualname, position) in self._keys


def _may_be_class(found: Resolved) -> bool:
    # Every name of the standard library is taken for a module, which has no file.
    return found.kind in (*_KNOWN, "value") or (found.kind == "module" and found.path is None)


class ClassNode(NamedTuple):
    """A class with what its bases may be, one tuple of alternatives for each base."""

    module: Module
    definition: ClassDefinition
    bases: tuple[tuple[Resolved, ...], ...]


class Standing(NamedTuple):
    """What is known of a class: it descends from a root, or ``doubt`` says why that is open, or neither."""

    descends: bool
    doubt: str = ""


class ClassGraph:
    """Classes reachable from the ones asked about.

    Args:
        resolver: What bases stand for.
        roots: Where the graph ends.
    """

    def __init__(self, resolver: Resolver, roots: Roots) -> None:
        self._resolver = resolver
        self.roots = roots
        self.nodes: dict[ClassKey, ClassNode] = {}

    def add(self, module: Module, position: int) -> ClassKey | None:
        """Add a class and everything it descends from; ``None`` where its file cannot be read."""
        waiting = [(module, position)]
        first: ClassKey | None = None
        while waiting:
            where, place = waiting.pop()
            names = self._resolver.names(where)
            if names is None or where.path is None:
                continue
            key = (where.path, place)
            first = first or key
            if key in self.nodes:
                continue
            node = self._node(where, names.classes[place])
            self.nodes[key] = node
            waiting.extend(
                (self._resolver.home(base), base.position) for base in self.class_bases(node)
            )
        return first

    def _node(self, module: Module, definition: ClassDefinition) -> ClassNode:
        bases = [self._resolver.resolve(module, base.refs) for base in definition.bases]
        return ClassNode(module, definition, tuple(bases))

    def class_bases(self, node: ClassNode) -> list[Resolved]:
        """Every class below the roots that one of the bases may be."""
        found = [base for alternatives in node.bases for base in alternatives]
        return [base for base in found if base.kind == "class" and base not in self.roots]

    def standings(self) -> Mapping[ClassKey, Standing]:
        """What is known of each class, the certain ones first."""
        children: dict[ClassKey, list[ClassKey]] = {}
        for key, node in self.nodes.items():
            for base in self.class_bases(node):
                children.setdefault((base.path or "", base.position), []).append(key)
        standings = dict.fromkeys(
            _descendants(
                [key for key, node in self.nodes.items() if self._is_rooted(node)], children
            ),
            Standing(True),
        )
        doubts = {
            key: self._doubt(node) for key, node in self.nodes.items() if key not in standings
        }
        doubtful = [key for key, doubt in doubts.items() if doubt]
        for key in _descendants(doubtful, children):
            inherited = "one of its bases cannot be resolved"
            standings.setdefault(key, Standing(False, doubts.get(key) or inherited))
        return standings

    def _is_rooted(self, node: ClassNode) -> bool:
        return any(base in self.roots for alternatives in node.bases for base in alternatives)

    def _doubt(self, node: ClassNode) -> str:
        for base, alternatives in zip(node.definition.bases, node.bases, strict=True):
            for found in _undecided(alternatives):
                return f"base {base.text}: {found.reason or 'it is no class'}"
        return ""


def _undecided(alternatives: tuple[Resolved, ...]) -> list[Resolved]:
    """The alternatives that leave open what a base is."""
    known = [found for found in alternatives if found.kind in _KNOWN]
    computed = [
        found for found in alternatives if found.kind == "value" and "constant" not in found.reason
    ]
    # Where an import that fails has a replacement, what is missing is not what the class is made of.
    return computed if known else list(alternatives)


def _descendants(
    start: Iterable[ClassKey], children: Mapping[ClassKey, list[ClassKey]]
) -> dict[ClassKey, None]:
    found: dict[ClassKey, None] = {}
    waiting = list(start)
    while waiting:
        key = waiting.pop()
        if key not in found:
            found[key] = None
            waiting.extend(children.get(key, ()))
    return found
