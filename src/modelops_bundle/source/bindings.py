"""The records that say what a module's names stand for, and their plain form for the cache.

Everything is written as the source has it: a reference says "name ``BaseModel`` imported from ``.base``", and
which definition that is is asked across files, later, by the resolver. Records hold text, numbers and tuples
only, so that they survive JSON.
"""

from __future__ import annotations

from typing import Any, NamedTuple

__all__ = [
    "Base",
    "Binding",
    "ClassDefinition",
    "Created",
    "Decorator",
    "FunctionDefinition",
    "Literal",
    "ModuleNames",
    "Ref",
    "Star",
    "decode",
    "encode",
]

#: A value as the source spells it, when it is made of literals. The first item says which form follows:
#: ``("text", value)``, ``("scalar",)`` for any other constant, ``("list", item, ...)``,
#: ``("map", (key, value), ...)``, ``("call", refs, arguments, keywords)``, ``("ref", refs)``,
#: ``("sum", left, right)``, ``("star", value)``, ``("unknown",)``.
Literal = tuple[Any, ...]


class Ref(NamedTuple):
    """One thing that a name may stand for.

    Attributes:
        kind: What ``target`` and ``name`` mean.

            - ``class``, ``function``: a definition of this module; ``target`` is its index as text, ``name``
              its qualified name.
            - ``member``, ``method``: a function in a class body, with and without decorators; ``name`` its
              qualified name, ``target`` the index of a member among the class's ``members``.
            - ``module``: the module called ``target``.
            - ``from``: ``name`` imported from ``target``, which keeps its leading dots.
            - ``free``: ``name`` is not bound here: a builtin, or nothing.
            - ``star``: ``name``, if a star import gives it: ``target`` is ``first:end:skip``, a range of
              ``ModuleNames.stars`` and how many of the references that follow are shadowed then.
            - ``value``: something that is no definition; ``target`` says what, ``name`` is the variable.
        target: See ``kind``.
        name: See ``kind``.
        attributes: Dotted attributes taken of it, empty for none.
    """

    kind: str
    target: str
    name: str
    attributes: str


class Binding(NamedTuple):
    """A name and everything that it may stand for, the likeliest first."""

    name: str
    refs: tuple[Ref, ...]


class Star(NamedTuple):
    """A star import; ``conditional`` when it need not happen (under ``if``, ``try`` or a loop)."""

    module: str
    line: int
    conditional: bool


class Base(NamedTuple):
    """A base as written, and what it may stand for where the class is made."""

    text: str
    refs: tuple[Ref, ...]


class Decorator(NamedTuple):
    """A decorator. ``call`` is a ``("call", ...)`` literal when it is called, else empty."""

    refs: tuple[Ref, ...]
    call: Literal


class FunctionDefinition(NamedTuple):
    """A function, with its decorators from the outermost to the innermost."""

    qualname: str
    line: int
    decorators: tuple[Decorator, ...]


class ClassDefinition(NamedTuple):
    """A class statement outside functions.

    Attributes:
        qualname: As Python forms it, ``Outer.Inner``.
        line: Where ``class`` stands.
        typing_only: It exists for type checkers alone.
        bases: In order; keyword arguments are not among them.
        metaclass: What the ``metaclass`` keyword may stand for; empty without one.
        members: Functions of the body with decorators, in order, overwritten ones included.
        methods: Names that end as functions without decorators.
        plain: Names that end as other values.
        bindings: Every other name: decorated functions, nested classes, imports, aliases.
        values: ``PARAMS``, ``OUTPUTS`` and ``SCENARIOS`` where they are assigned.
    """

    qualname: str
    line: int
    typing_only: bool
    bases: tuple[Base, ...]
    metaclass: tuple[Ref, ...]
    members: tuple[FunctionDefinition, ...]
    methods: tuple[str, ...]
    plain: tuple[str, ...]
    bindings: tuple[Binding, ...]
    values: tuple[tuple[str, Literal], ...]


class Created(NamedTuple):
    """A class made by a call; ``certain`` when the call can make nothing else, as ``type(...)`` can."""

    name: str
    line: int
    certain: bool
    bases: tuple[Base, ...]


class ModuleNames(NamedTuple):
    """What a module's names stand for once it has been imported.

    Attributes:
        bindings: Every name bound at module level, as it stands at the end.
        classes: Class statements in order; ``Ref.target`` of kind ``class`` counts in them.
        functions: Functions of the module's top level; ``Ref.target`` of kind ``function`` counts in them.
        stars: Star imports in order.
        exported: ``__all__`` as a literal, empty when there is none.
        constants: Values of variables that are made of literals and may be asked for from elsewhere.
        created: Calls that make classes.
    """

    bindings: tuple[Binding, ...]
    classes: tuple[ClassDefinition, ...]
    functions: tuple[FunctionDefinition, ...]
    stars: tuple[Star, ...]
    exported: Literal
    constants: tuple[tuple[str, Literal], ...]
    created: tuple[Created, ...]


def encode(names: ModuleNames) -> Any:
    """The plain form of ``names``: it may go through JSON, which makes lists of tuples."""
    return names


def decode(plain: Any) -> ModuleNames:
    """The records of :func:`encode`'s plain form, before or after its trip through JSON.

    Raises:
        ValueError, TypeError, IndexError: It is no such form.
    """
    bindings, classes, functions, stars, exported, constants, created = plain
    return ModuleNames(
        tuple([Binding(name, _refs(refs)) for name, refs in bindings]),
        tuple([_class(item) for item in classes]),
        tuple([_function(item) for item in functions]),
        tuple([Star(*item) for item in stars]),
        _frozen(exported),
        tuple([(name, _frozen(value)) for name, value in constants]),
        tuple([Created(n, line, certain, _bases(bases)) for n, line, certain, bases in created]),
    )


def _refs(plain: Any) -> tuple[Ref, ...]:
    return tuple([Ref(*item) for item in plain])


def _bases(plain: Any) -> tuple[Base, ...]:
    return tuple([Base(text, _refs(refs)) for text, refs in plain])


def _function(plain: Any) -> FunctionDefinition:
    qualname, line, decorators = plain
    if not decorators:
        return FunctionDefinition(qualname, line, ())
    return FunctionDefinition(
        qualname, line, tuple([Decorator(_refs(refs), _frozen(call)) for refs, call in decorators])
    )


def _class(plain: Any) -> ClassDefinition:
    qualname, line, typing_only, bases, metaclass, members, methods, others, bindings, values = (
        plain
    )
    return ClassDefinition(
        qualname,
        line,
        typing_only,
        _bases(bases),
        _refs(metaclass),
        tuple([_function(item) for item in members]),
        tuple(methods),
        tuple(others),
        tuple([Binding(name, _refs(refs)) for name, refs in bindings]),
        tuple([(name, _frozen(value)) for name, value in values]),
    )


def _frozen(plain: Any) -> Literal:
    # Literals are bounded in depth where they are made, so this recursion is too.
    return tuple([_frozen(item) if isinstance(item, list | tuple) else item for item in plain])
