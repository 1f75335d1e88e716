"""Which classes of a set of files are models: those whose chain of bases reaches a root.

Nothing is imported or executed. A class is listed where it can be got by importing its module: not one that
is deleted again, that only type checkers see, or that a function makes. Whatever leaves a class undecided is
reported with its reason.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from modelops_bundle.discovery.classes import ClassGraph, ClassKey, ClassNode, Roots, Standing
from modelops_bundle.discovery.members import Members, Stated
from modelops_bundle.discovery.modules import Module
from modelops_bundle.discovery.resolve import Resolver
from modelops_bundle.discovery.sources import Source
from modelops_bundle.source.names import Binding, Created, ModuleNames, Ref

__all__ = [
    "DEFAULT_BASES",
    "Discovery",
    "ModelClass",
    "Skipped",
    "Unfound",
    "Unresolved",
    "discover_model_classes",
]

#: Root bases of models where the configuration names none.
DEFAULT_BASES = ("modelops_calabaria.BaseModel", "calabaria.BaseModel", "modelops_bundle.BaseModel")


@dataclass(frozen=True, slots=True)
class ModelClass:
    """A class that descends from a root base.

    Attributes:
        class_name: Qualified name in its module, ``Outer.Inner`` for a nested class.
        module: Dotted name of its module.
        path: Absolute path of its file.
        line: Where its ``class`` stands.
        bases: Its bases as dotted names, as written where they cannot be resolved.
        abstract: It leaves abstract methods that are not the root's.
        outputs: Names of its outputs, stated or decorated, inherited ones first.
        scenarios: Names of its scenarios.
        parameters: Names of its parameters.
    """

    class_name: str
    module: str
    path: str
    line: int
    bases: tuple[str, ...]
    abstract: bool
    outputs: tuple[str, ...]
    scenarios: tuple[str, ...]
    parameters: tuple[str, ...]

    @property
    def entrypoint(self) -> str:
        """``module:Qualified.Name``."""
        return f"{self.module}:{self.class_name}"


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A class, or a call that makes one, of which it is open whether it is a model."""

    path: str
    line: int
    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Skipped:
    """A file that could not be read or parsed."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Unfound:
    """A root base that is nowhere, and that no class has under this name either."""

    name: str
    reason: str

    @property
    def text(self) -> str:
        """Both in words."""
        mend = "" if "." in self.name else "; write it with its module, as in models.base.Model"
        return f"the base {self.name} cannot be found: {self.reason}{mend}"


@dataclass(frozen=True, slots=True)
class Discovery:
    """What was found, each part in order of path and line; the root bases that were not, by name."""

    models: tuple[ModelClass, ...]
    unresolved: tuple[Unresolved, ...]
    skipped: tuple[Skipped, ...]
    unfound: tuple[Unfound, ...] = ()


def discover_model_classes(
    paths: Iterable[str], *, resolver: Resolver, bases: Sequence[str] = DEFAULT_BASES
) -> Discovery:
    """Find the models in files.

    Args:
        paths: Absolute paths of Python sources.
        resolver: What names stand for, in these files and in those they import.
        bases: Dotted names of the root bases.
    """
    return _Search(resolver, bases).run(dict.fromkeys(paths))


class _Search:
    def __init__(self, resolver: Resolver, bases: Sequence[str]) -> None:
        self._resolver = resolver
        self._roots = Roots(bases, resolver)
        self._graph = ClassGraph(resolver, self._roots)
        self._skipped: list[Skipped] = []

    def run(self, paths: Iterable[str]) -> Discovery:
        # 1. Read the files. 2. Grow the graph from their classes. 3. Judge. 4. Describe the models.
        modules = [module for path in sorted(paths) for module in self._readable(path)]
        for module, names in modules:
            for position in range(len(names.classes)):
                self._graph.add(module, position)
            for created in names.created:
                self._add_bases(module, created)
        standings = self._graph.standings()
        members = Members(self._graph, standings, self._resolver)
        models: list[ModelClass] = []
        unresolved: list[Unresolved] = []
        for module, names in modules:
            found, open_ones = self._judge(module, names, standings, members)
            models.extend(sorted(found, key=lambda model: model.line))
            unresolved.extend(sorted(open_ones, key=lambda item: item.line))
        return Discovery(
            tuple(models), tuple(unresolved), tuple(self._skipped), tuple(self._unfound())
        )

    def _unfound(self) -> Iterator[Unfound]:
        """A package need not be installed for its classes to be known by name."""
        named = {
            option.name
            for node in self._graph.nodes.values()
            for options in node.bases
            for option in options
        }
        for name, reason in self._roots.unfound.items():
            if name not in named:
                yield Unfound(name, reason)

    def _readable(self, path: str) -> Iterator[tuple[Module, ModuleNames]]:
        module = self._resolver.module_at(path)
        source = self._resolver.sources.source(module)
        if isinstance(source, Source):
            yield module, source.names
        else:
            self._skipped.append(Skipped(path, source or "it is no Python source"))

    def _add_bases(self, module: Module, created: Created) -> None:
        for base in created.bases:
            for found in self._resolver.resolve(module, base.refs):
                if found.kind == "class" and found not in self._roots:
                    self._graph.add(self._resolver.home(found), found.position)

    def _judge(
        self,
        module: Module,
        names: ModuleNames,
        standings: Mapping[ClassKey, Standing],
        members: Members,
    ) -> tuple[list[ModelClass], list[Unresolved]]:
        path = module.path or ""
        importable = self._importable(module, names)
        models: dict[str, ModelClass] = {}
        unresolved: list[Unresolved] = []
        for position, definition in enumerate(names.classes):
            key = (path, position)
            standing = standings.get(key)
            name = importable.get(position)
            if (
                standing is None
                or definition.typing_only
                or self._roots.holds(key, definition.qualname)
            ):
                continue
            if name is None:
                replaced = _replacement(names, definition.qualname) if standing.descends else ""
                if replaced:
                    unresolved.append(
                        Unresolved(path, definition.line, definition.qualname, replaced)
                    )
            elif standing.descends:
                models.setdefault(name, _model(name, self._graph.nodes[key], members.stated, key))
            else:
                unresolved.append(Unresolved(path, definition.line, name, standing.doubt))
        unresolved = [item for item in unresolved if item.name not in models]
        unresolved.extend(self._judge_created(module, names, standings))
        return list(models.values()), unresolved

    def _importable(self, module: Module, names: ModuleNames) -> dict[int, str]:
        """Classes that can be got from the module when it has been imported, and under which name.

        The name of the class itself where it is bound to it, else the first variable that holds it.
        """
        found: dict[int, str] = {}
        waiting = [("", "", binding) for binding in reversed(names.bindings)]
        aliases: list[tuple[int, str]] = []
        while waiting or aliases:
            if not waiting:
                place, path = aliases.pop()
                waiting.extend(_inside(names, found, place, path))
                continue
            above, owner, (name, refs) = waiting.pop()
            for place in self._class_places(module, refs):
                if names.classes[place].qualname == owner + name:
                    waiting.extend(_inside(names, found, place, above + name))
                else:
                    aliases.append((place, above + name))
        return found

    def _class_places(self, module: Module, refs: tuple[Ref, ...]) -> list[int]:
        """Which of the module's own classes a name stands for in the end."""
        if any(ref.kind == "star" or (ref.kind == "class" and ref.attributes) for ref in refs):
            resolved = self._resolver.resolve(module, refs)
            return [
                item.position
                for item in resolved
                if item.kind == "class" and item.path == module.path
            ]
        return [int(ref.target) for ref in refs if ref.kind == "class"]

    def _judge_created(
        self, module: Module, names: ModuleNames, standings: Mapping[ClassKey, Standing]
    ) -> Iterator[Unresolved]:
        for created in names.created:
            for base in created.bases:
                found = self._resolver.resolve(module, base.refs)
                descends = any(
                    option in self._roots
                    or standings.get((option.path or "", option.position), Standing(False)).descends
                    for option in found
                )
                open_base = all(option.kind in {"unknown", "value"} for option in found)
                if descends or (created.certain and open_base):
                    reason = f"a call makes it, with the base {base.text}"
                    yield Unresolved(module.path or "", created.line, created.name, reason)
                    break


def _model(
    name: str, node: ClassNode, stated: Callable[[ClassKey], Stated], key: ClassKey
) -> ModelClass:
    facts = stated(key)
    bases = [
        next((option.name for option in options if option.kind in {"class", "external"}), base.text)
        for base, options in zip(node.definition.bases, node.bases, strict=True)
    ]
    return ModelClass(
        name,
        node.module.name,
        node.module.path or "",
        node.definition.line,
        tuple(bases),
        facts.abstract,
        facts.outputs,
        facts.scenarios,
        facts.parameters,
    )


def _inside(
    names: ModuleNames, found: dict[int, str], place: int, path: str
) -> list[tuple[str, str, Binding]]:
    """Note that a class is got under ``path``; what is bound in it, unless that was known."""
    if place in found:
        return []
    found[place] = path
    definition = names.classes[place]
    return [(f"{path}.", f"{definition.qualname}.", inner) for inner in definition.bindings]


def _replacement(names: ModuleNames, qualname: str) -> str:
    """Why the name of a class means something else in the end; empty where the class is simply gone."""
    for binding in names.bindings:
        if binding.name == qualname:
            values = [ref.target for ref in binding.refs if ref.kind == "value"]
            return f"its name is bound anew, to {values[0]}" if values else ""
    return ""
