"""What expressions may be worth, as far as names of models go: literals, and the names of others."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

__all__ = ["expressions", "given_in", "last_name", "model_text", "parameters"]

_NAME = re.compile(r"[A-Za-z0-9][\w.:@/-]{1,199}")
#: Calls that give back their second argument for want of another: ``os.environ.get(name, "gpt-4o")``.
_OR_SECOND = frozenset(("get", "getenv", "pop", "setdefault"))
#: The default of a field of a class stands in a call: ``model: str = Field("gpt-4o")``.
_OF_FIELDS = frozenset(("Field", "field"))
#: What holds more is a table, and no choice of models.
_MOST = 50


def model_text(node: ast.expr) -> str | None:
    """A literal that may be a model's name."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value if _NAME.fullmatch(node.value) else None
    return None


def last_name(node: ast.expr) -> str:
    """``c`` of ``a.b.c``; empty for what is no name. Of ``a.value``, a member of an enumeration, ``a``."""
    while isinstance(node, ast.Attribute) and node.attr == "value":
        node = node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def expressions(node: ast.expr) -> Iterator[ast.expr]:
    """What an expression may be worth: both of ``a if c else b``, what a list holds, a default, a name."""
    pending = [node]
    while pending:
        each = pending.pop()
        parts = _parts(each)
        if parts is None:
            yield each
        else:
            pending += reversed(parts)


def _parts(node: ast.expr) -> Sequence[ast.expr] | None:
    """The expressions that one may be worth; ``None`` where it is but itself."""
    match node:
        case ast.IfExp():
            return [node.body, node.orelse]
        case ast.BoolOp():
            return node.values
        case ast.Dict() if len(node.values) <= _MOST:
            return node.values
        case ast.List() | ast.Tuple() | ast.Set() if len(node.elts) <= _MOST:
            return node.elts
        case ast.Subscript() | ast.NamedExpr() | ast.Starred():
            return [node.value]
        case ast.Call():
            return list(_defaults_of_call(node))
    return None


def _defaults_of_call(node: ast.Call) -> Iterator[ast.expr]:
    name = last_name(node.func)
    if name in _OF_FIELDS:
        yield from node.args[:1]
        yield from (each.value for each in node.keywords if each.arg == "default")
    elif name in _OR_SECOND:
        yield from node.args[1:2]


def parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Parameters that positional arguments of a call go to, without a method's first one."""
    names = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    return names[1:] if names[:1] in (["self"], ["cls"]) else names


def _defaults(node: ast.arguments) -> Iterator[tuple[ast.expr, ast.expr]]:
    positional = [*node.posonlyargs, *node.args]
    last = positional[len(positional) - len(node.defaults) :]
    pairs = [
        *zip(last, node.defaults, strict=True),
        *zip(node.kwonlyargs, node.kw_defaults, strict=True),
    ]
    yield from ((ast.Name(arg.arg), default) for arg, default in pairs if default is not None)


def given_in(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """What assignments, loops and defaults give, each after what it is given to."""
    match node:
        case ast.arguments():
            yield from _defaults(node)
        case ast.Assign():
            for target in node.targets:
                yield from _unpacked(target, node.value)
        case ast.AnnAssign(target=target, value=ast.expr() as value):
            yield target, value
        case ast.NamedExpr():
            yield node.target, node.value
        case ast.For() | ast.AsyncFor() | ast.comprehension():
            yield node.target, node.iter


def _unpacked(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    displays = (ast.Tuple, ast.List)
    if not (isinstance(target, displays) and isinstance(value, displays)):
        yield target, value
    elif len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts, strict=True)
