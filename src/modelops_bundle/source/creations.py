"""Calls that make a class: ``type("X", (Base,), {})`` and the like. They are found, never carried out."""

from __future__ import annotations

import ast
from collections import deque
from collections.abc import Iterator

from modelops_bundle.source.bindings import Base, Created
from modelops_bundle.source.expressions import Names, as_written, dotted, references

__all__ = ["find_created"]

#: Large tables at module level are data; classes are not made deep inside them.
MAX_NODES = 5000

#: Calls that make nothing but a class, with the position of the bases and the arguments they need.
_MAKERS = {"builtins.type": (1, 3), "types.new_class": (1, 2), "dataclasses.make_dataclass": (9, 2)}


def find_created(value: ast.expr, name: str, names: Names) -> Iterator[Created]:
    """The calls in ``value`` that make a class out of bases, or may.

    Args:
        value: An expression that is evaluated when the module is imported.
        name: What it is assigned to, as written; empty for nothing.
        names: Where names are looked up.
    """
    if isinstance(value, ast.Constant | ast.Name | ast.Attribute):
        return
    left = MAX_NODES
    queue: deque[ast.AST] = deque([value])
    while queue and left:
        node = queue.popleft()
        left -= 1
        if isinstance(node, ast.Call):
            found = _created(node, name, names)
            if found is not None:
                yield found
        if not isinstance(node, ast.Lambda):
            queue.extend(ast.iter_child_nodes(node))


def _created(call: ast.Call, name: str, names: Names) -> Created | None:
    maker = dotted(references(call.func, names))
    position, needed = _MAKERS.get(maker, (1, 2))
    bases = call.args[position] if len(call.args) > position else None
    for keyword in call.keywords:
        if keyword.arg == "bases":
            bases = keyword.value
    if bases is None or len(call.args) < needed:
        return None
    certain = maker in _MAKERS
    named = isinstance(call.args[0], ast.Constant) and isinstance(call.args[0].value, str)
    if not certain and not (named and isinstance(bases, ast.Tuple)):
        return None
    listed = bases.elts if isinstance(bases, ast.Tuple | ast.List) else [bases]
    found = tuple([Base(as_written(base), references(base, names)) for base in listed])
    return Created(name or _label(call), call.lineno, certain, found) if found else None


def _label(call: ast.Call) -> str:
    first = call.args[0]
    text = first.value if isinstance(first, ast.Constant) else None
    return text if isinstance(text, str) else as_written(call)
