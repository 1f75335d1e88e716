"""Iterators that a module keeps, and things of other modules that are iterated over, at import.

An iterator gives each of its items once. Where two modules take items from one that a third keeps, who is
imported first gets the first.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from modelops_bundle.source.harmless import is_builtin
from modelops_bundle.source.use_scopes import Scope, dotted, is_elsewhere, targets
from modelops_bundle.source.use_sinks import canonical

__all__ = ["Iterables"]

#: What goes through all of what it is given, and keeps no iterator.
_CONSUMERS = frozenset(
    {"all", "any", "bytearray", "bytes", "dict", "frozenset", "list", "max", "min", "set"}
    | {"sorted", "sum", "tuple"}
)
_CONSUMING_MODULES = frozenset({"collections", "numpy", "pandas"})
_MAKERS = frozenset({"enumerate", "iter", "reversed", "zip"})
_MAKING_METHODS = frozenset({"glob", "iterdir", "rglob"})
#: More parts than these are not looked at.
_MOST_PARTS = 50_000


class Iterables:
    """What is found, expression by expression, those around others first.

    Attributes:
        lends: Line of the first iterator that is kept; 0 when there is none.
        borrowed: Targets of other files that are iterated over.
    """

    def __init__(self) -> None:
        self.lends = 0
        self.borrowed: set[str] = set()
        self._used_up: set[int] = set()
        self._left = _MOST_PARTS

    @property
    def is_complete(self) -> bool:
        """Whether everything could be looked at."""
        return self._left > 0

    def look_at(self, node: ast.AST, scope: Scope) -> None:
        """Take note of an expression that is evaluated at import."""
        if isinstance(node, ast.Call):
            self._call(node, scope)
        elif isinstance(node, ast.GeneratorExp):
            self._make(node, [item.iter for item in node.generators])
        elif isinstance(node, ast.comprehension):
            self.iterate(node.iter, scope)
        elif isinstance(node, ast.Starred):
            self.iterate(node.value, scope)
        elif isinstance(node, ast.Compare):
            for operator, right in zip(node.ops, node.comparators, strict=True):
                if isinstance(operator, ast.In | ast.NotIn):
                    self.iterate(right, scope)

    def iterate(self, node: ast.expr, scope: Scope) -> None:
        """Take note of something that is gone through."""
        self._used_up.add(id(node))
        self.borrowed.update(filter(_may_be_elsewhere, self._named_within(node, scope)))

    def _call(self, node: ast.Call, scope: Scope) -> None:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        names = [canonical(target) or "" for target in targets(node.func, scope)]
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if method in _MAKING_METHODS or any(
            name in _MAKERS or name.startswith("itertools.") for name in names
        ):
            self._make(node, given)
        elif all(_is_consumer(name) for name in names) or _is_method(names, method):
            for item in given:
                self.iterate(item, scope)

    def _make(self, node: ast.Call | ast.GeneratorExp, given: Iterable[ast.expr]) -> None:
        if id(node) in self._used_up:
            self._used_up.update(map(id, given))
        elif not self.lends:
            self.lends = node.lineno

    def held(self, node: ast.expr, scope: Scope) -> Iterator[str]:
        """Targets of what a name of this module, or a literal, gives when one of its items is taken."""
        seen: set[int] = set()
        pending: list[tuple[ast.AST, Scope]] = [(node, scope)]
        while pending and self._left > 0:
            part, where = pending.pop()
            self._left -= 1
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, ast.Name | ast.Attribute):
                yield from targets(part, where)
            if isinstance(part, ast.Name):
                pending += _bound(part, where)
            elif isinstance(part, ast.Subscript | ast.Starred | ast.NamedExpr):
                pending.append((part.value, where))
            elif isinstance(part, _DISPLAYS):
                pending += [(child, where) for child in ast.iter_child_nodes(part)]

    def _named_within(self, node: ast.expr, scope: Scope) -> Iterator[str]:
        """Targets of all names in an expression, and in what the names of this module in it stand for."""
        seen: set[int] = set()
        pending: list[tuple[ast.AST, Scope]] = [(node, scope)]
        while pending and self._left > 0:
            part, where = pending.pop()
            self._left -= 1
            if id(part) in seen:
                continue
            seen.add(id(part))
            if isinstance(part, ast.Attribute):
                yield from targets(part, where)
                pending.append((dotted(part)[0], where))
                continue
            if isinstance(part, ast.Name):
                yield from targets(part, where)
                pending += _bound(part, where)
            pending += [(child, where) for child in ast.iter_child_nodes(part)]


_DISPLAYS = (ast.BoolOp, ast.Dict, ast.IfExp, ast.List, ast.Set, ast.Tuple)


def _bound(name: ast.Name, scope: Scope) -> list[tuple[ast.AST, Scope]]:
    return [
        (binding.node, binding.scope)
        for binding in scope.lookup(name.id) or ()
        if binding.node is not None and binding.scope is not None
    ]


def _may_be_elsewhere(target: str) -> bool:
    """Whether another file of the project may be meant, or what a star import gives."""
    return is_elsewhere(target) or (target.startswith("*|") and not is_builtin(target[2:]))


def _is_consumer(name: str) -> bool:
    return name in _CONSUMERS or name.partition(".")[0] in _CONSUMING_MODULES


def _is_method(names: list[str], method: str) -> bool:
    """Whether a method of some value is called, and no function of a module."""
    return bool(method) and "" in names
