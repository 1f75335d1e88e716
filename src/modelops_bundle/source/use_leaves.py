"""What is taken out of literal collections, through names, copies and sums of them.

How it is taken is spelled as *steps*, a letter each, the outermost collection's first: ``i`` for an item of a
loop, ``s`` for an entry by subscript, ``0`` and ``1`` for the first and another part of what a loop unpacks,
``:`` for a slice. The single step ``*`` takes everything, keys and values, at whatever depth.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

from modelops_bundle.source.use_records import UNKNOWN
from modelops_bundle.source.use_scopes import MAX_DEPTH, Binding, Scope, last_name

__all__ = ["EVERYTHING", "MAX_ELEMENTS", "Leaf", "leaves", "steps_of"]

#: More parts than this are not told apart.
MAX_ELEMENTS = 256
#: Collections in collections that are looked through.
MAX_STEPS = 4
EVERYTHING = "*"

_COPIES = frozenset({"frozenset", "iter", "list", "reversed", "set", "sorted", "tuple"})
_MAPPING_METHODS = frozenset({"items", "keys", "values"})
#: What cannot grow under its name: an alias is asked for itself.
_FIXED = (ast.Attribute, ast.Constant, ast.JoinedStr, ast.Name, ast.Subscript, ast.Tuple)


class Leaf(NamedTuple):
    """Something that was taken out: an expression and where it is evaluated, or else a text."""

    node: ast.expr | None
    scope: Scope
    text: str = UNKNOWN


def steps_of(binding: Binding) -> str:
    """How a loop takes what it binds out of its collection."""
    if binding.kind == "item":
        return "i1" if binding.number else "i0"
    return "i" if binding.kind == "each" else ""


def leaves(node: ast.expr, scope: Scope, steps: str, depth: int) -> Iterator[Leaf]:
    """Everything that ``steps`` may take out of a collection, unknown texts among it."""
    if depth > MAX_DEPTH or len(steps) > MAX_STEPS:
        yield Leaf(None, scope)
        return
    depth += 1
    match node:
        case ast.Name() if steps:
            yield from _leaves_of_name(node.id, scope, steps, depth)
        case ast.NamedExpr(value=value):
            yield from leaves(value, scope, steps, depth)
        case ast.Subscript(value=value, slice=where) if steps:
            yield from leaves(value, scope, _sliced(where, steps), depth)
        case ast.IfExp(body=one, orelse=other):
            yield from _leaves_of_each((one, other), scope, steps, depth)
        case ast.BinOp(left=one, op=ast.Add() | ast.BitOr(), right=other) if steps:
            yield from _leaves_of_each((one, other), scope, steps, depth)
        case ast.BoolOp(values=values):
            yield from _leaves_of_each(values, scope, steps, depth)
        case ast.Attribute() if steps != ":":
            yield Leaf(node, scope)
        case _:
            yield from _taken(node, scope, steps, depth)


def _sliced(where: ast.expr, steps: str) -> str:
    # A slice of a collection is one of the same kind.
    if isinstance(where, ast.Slice) or steps == EVERYTHING:
        return steps
    return f"s{steps}"


def _taken(node: ast.expr, scope: Scope, steps: str, depth: int) -> Iterator[Leaf]:
    match node:
        case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Set(elts=items) if steps:
            yield from _leaves_of_items(items, scope, steps, depth)
        case ast.Dict() if steps:
            yield from _leaves_of_mapping(node, scope, steps, depth)
        case ast.Call(func=ast.Attribute(attr=method, value=value), args=[]) if (
            method in _MAPPING_METHODS and steps
        ):
            for inner in _through_method(method, steps):
                yield from leaves(value, scope, inner, depth)
        case ast.Call(func=func, args=[inner, *_]) if last_name(func) in _COPIES and steps:
            yield from leaves(inner, scope, steps, depth)
        case _:
            # What is taken out of a text is another text.
            yield Leaf(None if steps and steps != EVERYTHING else node, scope)


def _rest(steps: str) -> str:
    return steps if steps == EVERYTHING else steps[1:]


def _through_method(method: str, steps: str) -> list[str]:
    if steps == EVERYTHING:
        return [steps]
    if method == "keys":
        return [f"i{steps[1:]}"]
    if method == "values":
        return [f"s{steps[1:]}"]
    pair, rest = steps[1:2], steps[2:]
    return [f"i{rest}"] * (pair != "1") + [f"s{rest}"] * (pair != "0")


def _leaves_of_each(
    nodes: Iterable[ast.expr], scope: Scope, steps: str, depth: int
) -> Iterator[Leaf]:
    for count, node in enumerate(nodes):
        if count >= MAX_ELEMENTS:
            yield Leaf(None, scope)
            return
        yield from leaves(node, scope, steps, depth)


def _leaves_of_items(items: list[ast.expr], scope: Scope, steps: str, depth: int) -> Iterator[Leaf]:
    if steps == ":":
        yield Leaf(None, scope)
        return
    if len(items) > MAX_ELEMENTS:
        yield Leaf(None, scope)
    for item in items[:MAX_ELEMENTS]:
        if isinstance(item, ast.Starred):
            yield from leaves(item.value, scope, steps, depth)
        else:
            yield from leaves(item, scope, _rest(steps), depth)


def _leaves_of_mapping(node: ast.Dict, scope: Scope, steps: str, depth: int) -> Iterator[Leaf]:
    if len(node.keys) > MAX_ELEMENTS:
        yield Leaf(None, scope)
    for key, value in islice(zip(node.keys, node.values, strict=True), MAX_ELEMENTS):
        if key is None:
            yield from leaves(value, scope, steps, depth)
            continue
        if steps[0] != "s":
            yield from leaves(key, scope, _rest(steps), depth)
        if steps[0] in "s*":
            yield from leaves(value, scope, _rest(steps), depth)


def _leaves_of_name(name: str, scope: Scope, steps: str, depth: int) -> list[Leaf]:
    home = scope.home(name)
    if home is None:
        return [Leaf(None, scope, UNKNOWN if steps == ":" else f"\x01=*|{name}\x02")]
    question = (f"leaves {steps}", name)
    answers: list[Leaf] | None = home.answers.get(question)
    if answers is None:
        home.answers[question] = []
        bindings = home.names[name]
        found: dict[tuple[int, int, str], Leaf] = {}
        for binding in bindings[:MAX_ELEMENTS]:
            every = _cut(_bound(name, binding, home, steps, depth), home)
            found.update({(id(leaf.node), id(leaf.scope), leaf.text): leaf for leaf in every})
        for leaf in _grown(name, home, steps, depth):
            found[id(leaf.node), id(leaf.scope), leaf.text] = leaf
        answers = list(_cut(found.values(), home))
        if len(bindings) > MAX_ELEMENTS:
            answers.append(Leaf(None, home))
        home.answers[question] = answers
    return answers


def _cut(found: Iterable[Leaf], scope: Scope) -> Iterator[Leaf]:
    """So many that one unknown text stands for the rest."""
    for count, leaf in enumerate(found):
        if count >= MAX_ELEMENTS:
            yield Leaf(None, scope)
            return
        yield leaf


def _grown(name: str, home: Scope, steps: str, depth: int) -> Iterator[Leaf]:
    """What is taken of that which was put into a collection after it was made."""
    growths = home.growths.get(name, [])
    for growth in growths[:MAX_ELEMENTS]:
        node, scope, way = growth
        if node is None or scope is None:
            yield Leaf(None, home)
        elif way == "any" or steps == EVERYTHING:
            yield from _cut(leaves(node, scope, EVERYTHING, depth), home)
        elif way == "same":
            yield from _cut(leaves(node, scope, steps, depth), home)
        elif way == "item" or (way == "key") == (steps[0] != "s"):
            yield from _cut(leaves(node, scope, steps[1:], depth), home)
    if len(growths) > MAX_ELEMENTS:
        yield Leaf(None, home)
    if steps != ":" and _may_grow_elsewhere(name, home):
        owner = f"{home.qualname}.{name}" if home.qualname else name
        yield Leaf(None, home, f"\x01+{owner}\x02")


def _bound(name: str, binding: Binding, home: Scope, steps: str, depth: int) -> Iterator[Leaf]:
    if binding.node is not None and binding.scope is not None:
        taken = steps if steps == EVERYTHING else steps_of(binding) + steps
        yield from leaves(binding.node, binding.scope, taken, depth)
    elif steps != ":" and binding.kind == "import":
        yield Leaf(None, home, f"\x01={binding.text}\x02")
    elif steps != ":" and binding.kind == "parameter":
        yield Leaf(None, home, f"\x01@{name}\x02")
    else:
        yield Leaf(None, home)


def _may_grow_elsewhere(name: str, home: Scope) -> bool:
    return home.kind in ("module", "class") and any(
        binding.kind == "value" and not isinstance(binding.node, _FIXED)
        for binding in home.names[name][:MAX_ELEMENTS]
    )
