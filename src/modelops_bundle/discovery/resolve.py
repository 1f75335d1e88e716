"""Which definition a name stands for, followed through imports from file to file; nothing is imported.

A name may stand for several things (``try``/``except ImportError``), so answers are tuples, likeliest
first, and never empty. Following is a search with a list of what is still to be looked at, so neither long
chains nor cycles of imports can exhaust anything. What cannot be known is said with its reason, and never
guessed:

- a module outside the sources that can be read (standard library, extension modules) gives ``external``;
- a module that is not found, or a name that its module does not define, gives ``unknown`` with the dotted
  name as far as it is known, so that it can still be compared with one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from modelops_bundle.discovery.exports import Exports
from modelops_bundle.discovery.modules import Module, Origin
from modelops_bundle.discovery.sources import Facts, Finder, Source, Sources, imported_module
from modelops_bundle.source.names import ModuleNames, Ref
from modelops_bundle.source.scopes import BUILTINS

__all__ = ["Resolved", "Resolver"]

_DEFINITIONS = frozenset({"class", "function", "module", "value"})


class Resolved(NamedTuple):
    """What a name was found to stand for.

    Attributes:
        kind: ``class`` or ``function`` (a definition in a file that was read), ``module``, ``value`` (a
            variable or attribute that is no definition), ``external`` (defined where sources are not read) or
            ``unknown``.
        name: Dotted name, ``models.base.SIR.Inner``.
        path: Absolute path of the file that holds the definition, value or module, if there is one.
        qualname: Name of the definition or variable in its module.
        position: For a class, its place in ``ModuleNames.classes``; for a decorated or top-level function its
            place among the definitions it belongs to; else -1.
        reason: Why a ``value`` or ``unknown`` is not followed further.
    """

    kind: str
    name: str
    path: str | None = None
    qualname: str = ""
    position: int = -1
    reason: str = ""

    @property
    def module(self) -> str:
        """Dotted name of the module that holds a definition or value."""
        return self.name[: -len(self.qualname) - 1] if self.qualname else self.name

    @property
    def key(self) -> tuple[str, str, int]:
        """Equal for two answers that mean the same thing under different names."""
        return (self.path, self.qualname, self.position) if self.path else (self.name, "", -1)


class _Step(NamedTuple):
    """Something still to be looked at.

    ``ref`` in ``module``; or without one, ``attributes`` of the class at ``position`` of ``module``, and of
    ``module`` itself when ``position`` is -1. ``inherited`` steps matter only where no other finds a
    definition.
    """

    module: Module
    ref: Ref | None
    attributes: str = ""
    position: int = -1
    inherited: bool = False


_Outcome = Sequence["_Step | Resolved"]


class Resolver:
    """Finds what names stand for. Answers hold for the life of the object (one command).

    Args:
        finder: Where modules are.
        facts: What their sources say.
    """

    def __init__(self, finder: Finder, facts: Facts) -> None:
        self.sources = Sources(finder, facts)
        self._finder = finder
        self._exports = Exports(self.sources)
        self._answers: dict[tuple[str, str | None, tuple[Ref, ...]], tuple[Resolved, ...]] = {}

    def module_at(self, path: str) -> Module:
        """The module that the file at the absolute ``path`` is, also where no import would find it."""
        return self.sources.module_at(path)

    def home(self, found: Resolved) -> Module:
        """The module that holds a definition or value."""
        module = self._finder.find(found.module)
        if found.path is None or module.path == found.path:
            return module
        return self.module_at(found.path)

    def names(self, module: Module) -> ModuleNames | None:
        """What the names of ``module`` stand for, as its source says; ``None`` where it cannot be read."""
        source = self.sources.source(module)
        return source.names if isinstance(source, Source) else None

    def resolve(self, module: Module, refs: Iterable[Ref]) -> tuple[Resolved, ...]:
        """What references stand for that ``module``'s own :class:`ModuleNames` hold."""
        asked = tuple(refs)
        key = (module.name, module.path, asked)
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._search(self._from_refs(module, asked, "", False))
        return answer

    def resolve_name(self, module: Module, dotted: str) -> tuple[Resolved, ...]:
        """What ``dotted`` (``np.random``) stands for in a function of ``module``, once that is imported."""
        head, _, attributes = dotted.partition(".")
        source = self.sources.source(module)
        refs: Sequence[Ref] = ()
        if isinstance(source, Source):
            stars = len(source.names.stars)
            free = (Ref("free", "", head, ""),)
            behind = (Ref("star", f"0:{stars}:1", head, ""), *free) if stars else free
            refs = source.bindings.get(head, behind)
        return self.resolve(module, [_extended(ref, attributes) for ref in refs])

    def resolve_absolute(self, dotted: str) -> tuple[Resolved, ...]:
        """What the absolute name ``package.module.Class`` stands for."""
        parts = dotted.split(".")
        answer: tuple[Resolved, ...] = (Resolved("unknown", dotted, reason="no such module"),)
        # The longest module first: a package may hide its submodule behind a function of the same name.
        for length in range(len(parts), 0, -1):
            module = self._finder.find(".".join(parts[:length]))
            if module.origin is Origin.MISSING:
                continue
            answer = self._search([_Step(module, None, ".".join(parts[length:]))])
            if any(found.kind != "unknown" for found in answer):
                break
        return answer

    def _search(self, start: _Outcome) -> tuple[Resolved, ...]:
        waiting: list[_Step | Resolved] = list(reversed(start))
        seen: set[_Step] = set()
        found: dict[tuple[str, tuple[str, str, int]], Resolved] = {}
        weak: list[Resolved] = []
        while waiting:
            item = waiting.pop()
            if isinstance(item, Resolved):
                found.setdefault((item.kind, item.key), item)
            elif item not in seen:
                seen.add(item)
                for outcome in reversed(self._follow(item)):
                    if (
                        item.inherited
                        and isinstance(outcome, Resolved)
                        and outcome.kind not in _DEFINITIONS
                    ):
                        weak.append(outcome)
                    else:
                        waiting.append(outcome)
        cyclic = Resolved("unknown", "", reason="it is defined in terms of itself")
        return tuple(found.values()) or tuple(weak[:1]) or (cyclic,)

    def _follow(self, step: _Step) -> _Outcome:
        if step.ref is not None:
            return self._follow_ref(step.module, step.ref, step.inherited)
        if step.position >= 0:
            return self._class_attribute(step.module, step.position, step.attributes)
        return self._module_attribute(step)

    # References of a module.

    def _from_refs(
        self, module: Module, refs: Sequence[Ref], attributes: str, inherited: bool
    ) -> _Outcome:
        """The steps of alternatives, with star imports asked whether they shadow what follows them."""
        steps: list[_Step | Resolved] = []
        position = 0
        while position < len(refs):
            ref = refs[position]
            position += 1
            if ref.kind != "star":
                steps.append(_Step(module, _extended(ref, attributes), inherited=inherited))
                continue
            first, end, skip = map(int, ref.target.split(":"))
            free = all(behind.kind == "free" for behind in refs[position : position + skip])
            given, certain = self._from_stars(module, range(first, end), ref, attributes, free)
            steps.extend(given)
            if certain:
                position += skip
        return steps

    def _from_stars(
        self, module: Module, stars: range, ref: Ref, attributes: str, free: bool
    ) -> tuple[_Outcome, bool]:
        """What star imports, the last first, give for ``ref``; and whether nothing before them counts."""
        names = self.names(module)
        steps: list[_Step] = []
        guesses: list[_Step] = []
        wanted = ".".join(part for part in (ref.name, ref.attributes, attributes) if part)
        for number in reversed(stars if names is not None else ()):
            star = names.stars[number] if names is not None else None
            if star is None:
                break
            base = imported_module(module, star.module)
            provided = self._exports.provides(base, ref.name)
            step = _Step(self._finder.find(base), None, wanted)
            if provided:
                steps.append(step)
                if not star.conditional:
                    return steps, True
            elif provided is None:
                guesses.append(step)
        if free and ref.name not in BUILTINS and (steps or guesses):
            # Bound by nothing else: a star import gives it, one that cannot be read if no other does.
            return steps or guesses, True
        return steps, False

    def _follow_ref(self, module: Module, ref: Ref, inherited: bool) -> _Outcome:
        kind, target, name, attributes = ref
        if kind == "from":
            base = imported_module(module, target)
            if not base:
                return [Resolved("unknown", name, reason=f"{target!r} is beyond the top package")]
            return [_Step(self._finder.find(base), None, _joined(name, attributes), -1, inherited)]
        if kind == "module":
            return [_Step(self._finder.find(target), None, attributes, -1, inherited)]
        if kind == "class" and attributes:
            return [_Step(module, None, attributes, int(target), inherited)]
        if kind == "free":
            return [_free(name, attributes)]
        return [_own(module, ref)]

    # Attributes of modules and classes.

    def _module_attribute(self, step: _Step) -> _Outcome:
        module, attributes = step.module, step.attributes
        if module.origin is Origin.MISSING:
            return self._missing(module, step)
        if not attributes:
            return [Resolved("module", module.name, module.path)]
        source = self.sources.source(module)
        if source is None and module.path is None and module.folders:
            return self._submodule(step, "it is no module of the package")
        if source is None:
            return [Resolved("external", _joined(module.name, attributes))]
        if isinstance(source, str):
            reason = f"{module.path} cannot be read: {source}"
            return [Resolved("unknown", _joined(module.name, attributes), reason=reason)]
        return self._bound_attribute(step, source)

    def _missing(self, module: Module, step: _Step) -> _Outcome:
        parent, _, last = module.name.rpartition(".")
        full = _joined(module.name, step.attributes)
        above = self._finder.find(parent) if parent else module
        if above.origin is Origin.MISSING:
            return [Resolved("unknown", full, reason=f"module {module.name} is not found")]
        # ``import a.b as c`` also takes what ``a`` merely binds as ``b``.
        return [_Step(above, None, _joined(last, step.attributes), -1, step.inherited)]

    def _bound_attribute(self, step: _Step, source: Source) -> _Outcome:
        module = step.module
        first, _, rest = step.attributes.partition(".")
        refs = source.bindings.get(first)
        if refs is None:
            stars = len(source.names.stars)
            name = Ref("star", f"0:{stars}:0", first, "")
            given, certain = self._from_stars(module, range(stars), name, rest, False)
            if certain:
                return given
            return [*given, *self._submodule(step, _absence(module, source, first))]
        if any(self._is_itself(module, ref, first) for ref in refs):
            # ``from . import x`` in a package binds its own submodule.
            own = [ref for ref in refs if not self._is_itself(module, ref, first)]
            return [
                *self._submodule(step, "it is imported from the module itself"),
                *self._from_refs(module, own, rest, step.inherited),
            ]
        return self._from_refs(module, refs, rest, step.inherited)

    def _is_itself(self, module: Module, ref: Ref, name: str) -> bool:
        return (
            ref.kind == "from"
            and ref.name == name
            and imported_module(module, ref.target) == module.name
        )

    def _submodule(self, step: _Step, absence: str) -> _Outcome:
        module = step.module
        first, _, rest = step.attributes.partition(".")
        if module.is_package:
            found = self._finder.find(f"{module.name}.{first}")
            if found.origin is not Origin.MISSING:
                return [_Step(found, None, rest, -1, step.inherited)]
        return [Resolved("unknown", _joined(module.name, step.attributes), reason=absence)]

    def _class_attribute(self, module: Module, index: int, attributes: str) -> _Outcome:
        source = self.sources.source(module)
        if not isinstance(source, Source):
            return []
        first, _, rest = attributes.partition(".")
        refs = source.class_bindings(index).get(first)
        if refs is not None:
            return self._from_refs(module, refs, rest, False)
        definition = source.names.classes[index]
        name = _joined(_joined(module.name, definition.qualname), attributes)
        absence = Resolved(
            "unknown", name, reason=f"{definition.qualname} has no attribute {first}"
        )
        steps = self._inherited(module, [base.refs for base in definition.bases], attributes)
        return list(steps) or [absence]

    def _inherited(
        self, module: Module, bases: Iterable[Sequence[Ref]], attributes: str
    ) -> Iterator[_Step | Resolved]:
        for refs in bases:
            yield from self._from_refs(module, refs, attributes, True)


def _joined(left: str, right: str) -> str:
    return f"{left}.{right}" if left and right else left or right


def _extended(ref: Ref, attributes: str) -> Ref:
    return ref._replace(attributes=_joined(ref.attributes, attributes)) if attributes else ref


def _free(name: str, attributes: str) -> Resolved:
    if name in BUILTINS:
        return Resolved("external", _joined(f"builtins.{name}", attributes))
    return Resolved("unknown", _joined(name, attributes), reason=f"nothing binds {name}")


def _own(module: Module, ref: Ref) -> Resolved:
    """What is defined in ``module`` itself."""
    kind, target, name, attributes = ref
    full = _joined(_joined(module.name, name), attributes)
    if kind == "class":
        return Resolved("class", full, module.path, name, int(target))
    if kind == "value":
        return Resolved(
            "value", full, module.path, _joined(name, attributes), reason=f"it is {target}"
        )
    if attributes:
        reason = "it is an attribute of a function"
        return Resolved("value", full, module.path, _joined(name, attributes), reason=reason)
    return Resolved("function", full, module.path, name, int(target) if target else -1)


def _absence(module: Module, source: Source, name: str) -> str:
    if "__getattr__" in source.bindings:
        return f"{module.name} makes {name} when it is asked for (__getattr__)"
    return f"{module.name} does not define {name}"
