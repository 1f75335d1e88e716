"""What a class has by inheritance: abstract methods, outputs, scenarios and stated values.

The rules of ``abc`` hold: a name is abstract where the nearest definition on the way through the class's
bases is, and only below a class that is made by ``ABCMeta``. What a root leaves abstract is not counted. A
root of the project is asked how it is made; others are never opened, and count as made by ``ABCMeta``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from modelops_bundle.discovery.classes import ClassGraph, ClassKey, ClassNode, Standing
from modelops_bundle.discovery.literals import Literals
from modelops_bundle.discovery.modules import Module
from modelops_bundle.discovery.mro import Linearizer
from modelops_bundle.discovery.resolve import Resolved, Resolver
from modelops_bundle.discovery.search import Origin
from modelops_bundle.discovery.sources import Source
from modelops_bundle.source.names import ClassDefinition, Decorator, FunctionDefinition, Ref

__all__ = ["Members", "Stated"]

_ABSTRACT = frozenset(
    {
        "abc.abstractmethod",
        "abc.abstractproperty",
        "abc.abstractclassmethod",
        "abc.abstractstaticmethod",
    }
)

#: Parts of the standard library whose classes are made by ``ABCMeta``.
_ABC_MODULES = (
    "abc.",
    "collections.abc.",
    "numbers.",
    "io.",
    "importlib.abc.",
    "typing.",
    "os.PathLike",
)
_PLAIN_TYPING = frozenset({"typing.Generic", "typing.NamedTuple", "typing.TypedDict"})


class Stated(NamedTuple):
    """What a model's class says of itself."""

    abstract: bool
    outputs: tuple[str, ...]
    scenarios: tuple[str, ...]
    parameters: tuple[str, ...]


class _Summary(NamedTuple):
    """Where the names that matter are defined, which are abstract, and whether ``abc`` rules."""

    view: Mapping[str, ClassKey]
    abstract: frozenset[str]
    abc: bool


class Members:
    """Reads classes of a graph.

    Args:
        graph: The classes and their bases, complete.
        standings: Which of them descend from a root.
        resolver: What decorators stand for.
    """

    def __init__(
        self, graph: ClassGraph, standings: Mapping[ClassKey, Standing], resolver: Resolver
    ) -> None:
        self._graph = graph
        self._standings = standings
        self._resolver = resolver
        self._literals = Literals(resolver)
        self._bases: dict[ClassKey, tuple[ClassKey, ...]] = {}
        self._linearizer = Linearizer(self.bases)
        self._summaries: dict[ClassKey, _Summary] = {}
        self._flags: dict[ClassKey, list[bool]] = {}

    def bases(self, key: ClassKey) -> tuple[ClassKey, ...]:
        """The bases of a class that are read, the likeliest for each base as written."""
        found = self._bases.get(key)
        if found is None:
            chosen = [self._chosen(options) for options in self._graph.nodes[key].bases]
            found = tuple(
                dict.fromkeys(base for base in chosen if base is not None and base != key)
            )
            self._bases[key] = found
        return found

    def _chosen(self, alternatives: Iterable[Resolved]) -> ClassKey | None:
        options = list(alternatives)
        if any(option in self._graph.roots for option in options):
            return None
        keys = [
            (option.path or "", option.position) for option in options if option.kind == "class"
        ]
        known = [key for key in keys if key in self._graph.nodes]
        descending = [
            key for key in known if key in self._standings and self._standings[key].descends
        ]
        return next(iter(descending or known), None)

    def stated(self, key: ClassKey) -> Stated:
        """What the class ``key`` says of itself, its bases included."""
        summary = self._summary(key)
        outputs, scenarios = [], []
        for name, owner in summary.view.items():
            for decorator in self._decorators(owner, name):
                kind = self._tails(owner, decorator)
                if "model_output" in kind:
                    outputs.extend(self._label(owner, decorator, name))
                if "model_scenario" in kind:
                    scenarios.extend(self._label(owner, decorator, name))
        outputs.extend(self._value(summary, "OUTPUTS"))
        scenarios.extend(self._value(summary, "SCENARIOS"))
        return Stated(
            bool(summary.abstract),
            tuple(dict.fromkeys(outputs)),
            tuple(dict.fromkeys(scenarios)),
            self._value(summary, "PARAMS"),
        )

    # Inheritance.

    def _summary(self, start: ClassKey) -> _Summary:
        waiting, open_keys = [start], {start}
        while waiting:
            key = waiting[-1]
            missing = [
                base
                for base in self.bases(key)
                if base not in self._summaries and base not in open_keys
            ]
            if missing:
                waiting.extend(missing)
                open_keys.update(missing)
                continue
            waiting.pop()
            if key not in self._summaries:
                self._summaries[key] = self._summarize(key)
        return self._summaries[start]

    def _summarize(self, key: ClassKey) -> _Summary:
        above = [self._summaries[base] for base in self.bases(key) if base in self._summaries]
        view: dict[str, ClassKey] = dict(above[0].view) if len(above) == 1 else {}
        if len(above) > 1:
            for ancestor in reversed(self._linearizer.order(key)[1:]):
                self._define(view, ancestor)
        self._define(view, key)
        abc = any(summary.abc for summary in above) or self._starts_abc(self._graph.nodes[key])
        own = view if abc else {}
        candidates = {name for name, owner in own.items() if owner == key}
        candidates.update(name for summary in above for name in summary.abstract)
        abstract = frozenset(
            name for name in candidates if name in view and self._is_abstract(view[name], name)
        )
        return _Summary(view, abstract, abc)

    def _define(self, view: dict[str, ClassKey], key: ClassKey) -> None:
        """Let the names of ``key`` stand before what ``view`` has."""
        node = self._graph.nodes[key]
        definition = node.definition
        decorated = [binding.name for binding in definition.bindings if _holds_member(binding.refs)]
        stated = [name for name, _ in definition.values]
        own = self._own_names(node, key)
        for name in [*view, *decorated, *stated]:
            if name in own:
                view[name] = key

    def _own_names(self, node: ClassNode, key: ClassKey) -> Mapping[str, tuple[Ref, ...]]:
        source = self._resolver.sources.source(node.module)
        return source.class_bindings(key[1]) if isinstance(source, Source) else {}

    def _starts_abc(self, node: ClassNode) -> bool:
        if self._has_abc_meta(node.module, node.definition):
            return True
        return any(
            self._is_abc_root(base) if base in self._graph.roots else _is_abc(base)
            for options in node.bases
            for base in options
        )

    def _is_abc_root(self, root: Resolved) -> bool:
        """Whether a root is, or may be, made by ``ABCMeta``."""
        if root.kind != "class":
            return not root.name.startswith("builtins.")
        if self._resolver.home(root).origin is not Origin.PROJECT:
            return True
        waiting, seen = [root], set()
        while waiting:
            found = waiting.pop()
            if found.kind != "class":
                # What is made by a call, say, may be made by anything.
                if found.kind != "external" or _is_abc(found):
                    return True
            elif found.key not in seen:
                seen.add(found.key)
                module = self._resolver.home(found)
                names = self._resolver.names(module)
                if names is None or self._has_abc_meta(module, names.classes[found.position]):
                    return True
                bases = names.classes[found.position].bases
                waiting.extend(
                    up for base in bases for up in self._resolver.resolve(module, base.refs)
                )
        return False

    def _has_abc_meta(self, module: Module, definition: ClassDefinition) -> bool:
        made_by = (
            self._resolver.resolve(module, definition.metaclass) if definition.metaclass else ()
        )
        return any(self._is_abc_meta(found) for found in made_by)

    def _is_abc_meta(self, found: Resolved) -> bool:
        waiting, seen = [found], set()
        while waiting:
            meta = waiting.pop()
            if meta.name in {"abc.ABCMeta", "enum.ABCMeta"} or meta.kind in {"unknown", "value"}:
                return True
            if meta.kind == "class" and meta.key not in seen:
                seen.add(meta.key)
                module = self._resolver.home(meta)
                names = self._resolver.names(module)
                bases = names.classes[meta.position].bases if names is not None else ()
                waiting.extend(
                    up for base in bases for up in self._resolver.resolve(module, base.refs)
                )
        return False

    # Members of one class.

    def _member_places(self, key: ClassKey, name: str) -> list[int] | None:
        """Places among the class's members that ``name`` may be; ``None`` if it may be something else."""
        refs = self._own_names(self._graph.nodes[key], key).get(name, ())
        certain = [ref for ref in refs if ref.kind != "star"]
        if not certain or any(ref.kind != "member" or ref.attributes for ref in certain):
            return None
        return [int(ref.target) for ref in certain]

    def _is_abstract(self, key: ClassKey, name: str) -> bool:
        places = self._member_places(key, name)
        if places is None:
            return False
        flags = self._flags.get(key)
        if flags is None:
            flags = self._flags[key] = []
            for member in self._graph.nodes[key].definition.members:
                flags.append(self._leaves_abstract(key, member, flags))
        return all(flags[place] for place in places)

    def _leaves_abstract(
        self, key: ClassKey, member: FunctionDefinition, before: list[bool]
    ) -> bool:
        outermost = self._tails(key, member.decorators[0]) if member.decorators else set()
        if "cached_property" in outermost:
            return False
        module = self._graph.nodes[key].module
        for decorator in member.decorators:
            earlier = [int(ref.target) for ref in decorator.refs if ref.kind == "member"]
            if any(before[place] for place in earlier if place < len(before)):
                return True
            resolved = self._resolver.resolve(module, decorator.refs)
            if any(found.name in _ABSTRACT for found in resolved):
                return True
        return False

    def _decorators(self, key: ClassKey, name: str) -> Iterable[Decorator]:
        places = self._member_places(key, name) or ()
        members = self._graph.nodes[key].definition.members
        return [decorator for place in places for decorator in members[place].decorators]

    def _tails(self, key: ClassKey, decorator: Decorator) -> set[str]:
        resolved = self._resolver.resolve(self._graph.nodes[key].module, decorator.refs)
        return {found.name.rpartition(".")[2] for found in resolved}

    def _label(self, key: ClassKey, decorator: Decorator, name: str) -> list[str]:
        """The name that a decorator such as ``@model_output("incidence")`` gives."""
        module = self._graph.nodes[key].module
        argument = self._literals.argument(decorator.call, 0, "name")
        if not argument:
            return [name]
        text = self._literals.text(module, argument)
        return [] if text is None else [text]

    def _value(self, summary: _Summary, name: str) -> tuple[str, ...]:
        owner = summary.view.get(name)
        if owner is None:
            return ()
        node = self._graph.nodes[owner]
        values = dict(node.definition.values)
        return self._literals.names(node.module, values[name]) if name in values else ()


def _holds_member(refs: Iterable[Ref]) -> bool:
    return any(ref.kind == "member" for ref in refs)


def _is_abc(base: Resolved) -> bool:
    if base.kind == "unknown":
        return True
    return (
        base.kind == "external"
        and base.name.startswith(_ABC_MODULES)
        and base.name not in _PLAIN_TYPING
    )
