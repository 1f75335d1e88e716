"""Collections that grow after they are made: what is put into them, and which of them are meant.

What is put into a collection under a name of this file is among its elements; what is put into one of another
file is a record, for that file's sake. Where a collection grows under another name than its own, as an alias
or as an argument, the texts are not told: then its elements are not known.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from modelops_bundle.source.use_scopes import MAX_ALTERNATIVES, Growth, Scope, last_name

__all__ = [
    "GROWING",
    "Grown",
    "GrownElsewhere",
    "grown_by_call",
    "grown_by_entry",
    "grown_by_sum",
    "is_of_collections",
    "settle",
]

#: Methods that put something into a collection.
GROWING = frozenset(
    {"__iadd__", "__ior__", "__setitem__", "add", "append", "appendleft", "extend"}
    | {
        "extendleft",
        "insert",
        "setdefault",
        "symmetric_difference_update",
        "union_update",
        "update",
    }
)
_DISPLAYS = (ast.List, ast.ListComp, ast.Set, ast.SetComp, ast.Tuple)
_INSIDE = frozenset({"get", "setdefault", "values"})


class GrownElsewhere(NamedTuple):
    """What is put into a collection that this file does not make under a plain name.

    Attributes:
        owner: The collection, or its target.
        scope: Where ``owner`` is evaluated.
        growth: What is put into it.
    """

    owner: ast.expr | str
    scope: Scope
    growth: Growth


#: A collection, where it is looked up, and what is put into it.
Grown = tuple[ast.expr, Scope, Growth]


def grown_by_call(node: ast.Call, scope: Scope) -> Iterator[Grown]:
    """What a call of a method in :data:`GROWING` puts into what it is called on."""
    func = node.func
    if not isinstance(func, ast.Attribute) or not (node.args or node.keywords):
        return
    owner, nested = _owner(func.value)
    for part, way in _given(func.attr, node):
        yield owner, scope, Growth(part, scope, "any" if nested and part is not None else way)


def _given(method: str, node: ast.Call) -> Iterator[tuple[ast.expr | None, str]]:
    arguments = node.args
    if any(isinstance(item, ast.Starred) for item in arguments):
        yield None, "any"
    elif method in ("add", "append", "appendleft") and len(arguments) == 1:
        yield arguments[0], "item"
    elif method == "insert" and len(arguments) == 2:
        yield arguments[1], "item"
    elif method in ("__iadd__", "__ior__", "extend", "extendleft", "update"):
        yield from ((item, "same") for item in arguments)
        for keyword in node.keywords:
            if keyword.arg is None:
                yield keyword.value, "same"
            else:
                yield ast.Constant(keyword.arg), "key"
                yield keyword.value, "entry"
    elif len(arguments) == 2:
        yield arguments[0], "key"
        yield arguments[1], "entry"
    else:
        yield None, "any"


def grown_by_entry(target: ast.Subscript, value: ast.expr | None, scope: Scope) -> Iterator[Grown]:
    """What is written under an entry or into a slice; an unknown ``value`` is ``None``."""
    owner, nested = _owner(target.value)
    where = target.slice
    if value is None:
        yield owner, scope, Growth(None, scope, "any")
    elif nested or isinstance(where, ast.Slice):
        yield owner, scope, Growth(value, scope, "any" if nested else "same")
    elif isinstance(where, ast.Constant) and isinstance(where.value, int):
        yield owner, scope, Growth(value, scope, "item")
    else:
        yield owner, scope, Growth(where, scope, "key")
        # Of a list, whose places are no texts, a loop takes what is written.
        way = "entry" if isinstance(where, ast.Constant | ast.JoinedStr) else "item"
        yield owner, scope, Growth(value, scope, way)


def grown_by_sum(node: ast.AugAssign, scope: Scope) -> Grown:
    """What ``+=`` and its like put into a collection, or do to a text."""
    owner, nested = _owner(node.target)
    if is_of_collections(node) or isinstance(node.target, ast.Name):
        return owner, scope, Growth(node.value, scope, "any" if nested else "same")
    return owner, scope, Growth(None, None, "any")


def is_of_collections(node: ast.AugAssign) -> bool:
    """Whether ``+=`` or its like is certainly of collections, which become larger, and not of texts."""
    return isinstance(node.op, ast.BitOr) or isinstance(node.value, _DISPLAYS)


def _owner(node: ast.expr) -> tuple[ast.expr, bool]:
    """The collection that something is put into, or the one that it is in, and whether it is that one."""
    nested = False
    while True:
        if isinstance(node, ast.Subscript):
            node = node.value
        elif (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in _INSIDE
        ):
            node = node.func.value
        else:
            return node, nested
        nested = True


_Name = tuple[Scope, str]


def settle(
    grown: Iterable[Grown], passed: Iterable[tuple[ast.Call, Scope]]
) -> list[GrownElsewhere]:
    """Give each name of this file what is put into it; what is left over is of other files.

    Args:
        grown: What the walk found.
        passed: Calls of functions by their plain name.
    """
    elsewhere: list[GrownElsewhere] = []
    pending: list[_Name] = []
    for owner, scope, growth in grown:
        home = scope.home(owner.id) if isinstance(owner, ast.Name) else None
        if isinstance(owner, ast.Name) and home is not None:
            if owner.id not in home.growths:
                pending.append((home, owner.id))
            home.growths.setdefault(owner.id, []).append(growth)
        if home is None or not isinstance(owner, ast.Name):
            elsewhere.append(GrownElsewhere(owner, scope, growth))
    _spread(pending, _arguments(passed), elsewhere)
    return elsewhere


def _imported(home: Scope, name: str) -> list[GrownElsewhere]:
    """What is put into what a name is imported from."""
    growths = home.growths[name]
    if len(growths) > MAX_ALTERNATIVES:
        growths = [Growth(None, None, "any")]
    found = [item.text for item in home.names[name] if item.kind == "import"]
    return [
        GrownElsewhere(target, home, growth)
        for target in dict.fromkeys(found)
        for growth in growths
    ]


def _spread(pending: list[_Name], arguments: _Arguments, elsewhere: list[GrownElsewhere]) -> None:
    """Let what aliases and parameters that grow stand for grow in an unknown way."""
    unknown = Growth(None, None, "any")
    seen = {(id(home), name) for home, name in pending}
    while pending:
        home, name = pending.pop()
        elsewhere += _imported(home, name)
        for node, scope in _meant(home, name, arguments):
            owner, _ = _owner(node)
            inner = scope.home(owner.id) if isinstance(owner, ast.Name) else None
            if not isinstance(owner, ast.Name) or inner is None:
                if isinstance(owner, ast.Name | ast.Attribute):
                    elsewhere.append(GrownElsewhere(owner, scope, unknown))
            elif (id(inner), owner.id) not in seen:
                seen.add((id(inner), owner.id))
                inner.growths.setdefault(owner.id, []).append(unknown)
                pending.append((inner, owner.id))


#: What calls give, by the function's last name and the place or keyword.
_Arguments = dict[tuple[str, int | str], list[tuple[ast.expr, Scope]]]


def _arguments(passed: Iterable[tuple[ast.Call, Scope]]) -> _Arguments:
    found: _Arguments = {}
    for call, scope in passed:
        function = last_name(call.func)
        # Of a method the call does not give ``self``.
        shifts = (0, 1) if isinstance(call.func, ast.Attribute) else (0,)
        for place, argument in enumerate(call.args):
            for shift in shifts:
                found.setdefault((function, place + shift), []).append((argument, scope))
        for keyword in call.keywords:
            if keyword.arg is not None:
                found.setdefault((function, keyword.arg), []).append((keyword.value, scope))
    return found


def _meant(home: Scope, name: str, arguments: _Arguments) -> Iterator[tuple[ast.expr, Scope]]:
    function = home.qualname.rpartition(".")[2]
    for binding in home.names[name]:
        if binding.node is not None and binding.scope is not None:
            yield binding.node, binding.scope
        elif binding.kind == "parameter":
            # Once is enough, however many functions have the name.
            yield from arguments.pop((function, binding.number), ())
            yield from arguments.pop((function, name), ())
