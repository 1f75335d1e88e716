"""Tests at module level whose answer is known before the module runs.

``TYPE_CHECKING``, the Python version, the platform, ``__name__ == "__main__"`` and constants; every other
test may go either way.
"""

from __future__ import annotations

import ast
import operator
import sys
from collections.abc import Callable
from typing import Any, NamedTuple

from modelops_bundle.source.expressions import Names, dotted, references

__all__ = ["Platform", "known_truth"]

MAX_DEPTH = 16
#: Parts that are looked at for one test.
MAX_STEPS = 96


class Platform(NamedTuple):
    """What tests such as ``sys.version_info >= (3, 12)`` are answered for."""

    version: tuple[int | str, ...]
    system: str
    os_name: str

    @classmethod
    def running(cls) -> Platform:
        """The interpreter that runs this."""
        return cls(
            tuple(sys.version_info), sys.platform, "nt" if sys.platform == "win32" else "posix"
        )


class _Unknown:
    """A value that is only known when the module runs."""


_UNKNOWN = _Unknown()

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.eq,
    ast.IsNot: operator.ne,
    ast.In: lambda left, right: left in right,
    ast.NotIn: lambda left, right: left not in right,
}


class _Reader:
    def __init__(self, names: Names, platform: Platform, type_checking: bool) -> None:
        self.names = names
        self.platform = platform
        self.type_checking = type_checking
        # Shared by the whole test, since each of its names may be made of others many times.
        self.left = MAX_STEPS


def known_truth(
    test: ast.expr,
    names: Names,
    platform: Platform,
    *,
    type_checking: bool = False,
    depth: int = 0,
) -> bool | None:
    """Whether ``test`` holds, ``None`` when that is not known beforehand.

    Args:
        test: The expression after ``if``.
        names: Where its names are looked up.
        platform: The interpreter to answer for.
        type_checking: The answer to ``TYPE_CHECKING``.
        depth: How deep in another expression it was come upon: a test may hold a choice, whose test may
            hold another.
    """
    return _truth(test, _Reader(names, platform, type_checking), depth)


def _truth(test: ast.expr, reader: _Reader, depth: int) -> bool | None:
    reader.left -= 1
    if depth > MAX_DEPTH or reader.left < 0:
        return None
    if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not):
        inner = _truth(test.operand, reader, depth + 1)
        return None if inner is None else not inner
    if isinstance(test, ast.BoolOp):
        return _bool_operator(test, reader, depth)
    value = _value(test, reader, depth)
    return None if value is _UNKNOWN else bool(value)


def _bool_operator(test: ast.BoolOp, reader: _Reader, depth: int) -> bool | None:
    decisive = isinstance(test.op, ast.Or)
    answers = [_truth(operand, reader, depth + 1) for operand in test.values]
    if decisive in answers:
        return decisive
    return None if None in answers else not decisive


def _value(node: ast.expr, reader: _Reader, depth: int) -> Any:
    if isinstance(node, ast.Constant):
        return node.value
    evaluate = _EVALUATED.get(type(node))
    reader.left -= 1
    if evaluate is None or depth > MAX_DEPTH or reader.left < 0:
        return _UNKNOWN
    return evaluate(node, reader, depth + 1)


def _name(node: ast.Name, reader: _Reader, depth: int) -> Any:
    if node.id == "TYPE_CHECKING":
        return reader.type_checking
    known = _known(dotted(reader.names.lookup(node.id)), reader)
    assigned = reader.names.node(node.id)
    if known is not _UNKNOWN or assigned is None or isinstance(assigned, ast.List | ast.Set):
        return known  # a list may have grown since it was assigned
    return _value(assigned, reader, depth)


def _attribute(node: ast.Attribute, reader: _Reader, depth: int) -> Any:
    if node.attr == "TYPE_CHECKING":
        return reader.type_checking
    return _known(dotted(references(node, reader.names, depth)), reader)


def _known(name: str, reader: _Reader) -> Any:
    platform = reader.platform
    known: dict[str, Any] = {
        "typing.TYPE_CHECKING": reader.type_checking,
        "typing_extensions.TYPE_CHECKING": reader.type_checking,
        "sys.version_info": platform.version,
        "sys.version_info.major": platform.version[0],
        "sys.version_info.minor": platform.version[1],
        "sys.platform": platform.system,
        "os.name": platform.os_name,
        "builtins.__name__": _ModuleName(),
        "builtins.__debug__": True,
    }
    return known.get(name, _UNKNOWN)


class _ModuleName:
    """The module's name, of which this much is known: it is imported, so it is not ``__main__``."""


def _subscript(node: ast.Subscript, reader: _Reader, depth: int) -> Any:
    # ``sys.version_info[0]`` and ``sys.version_info[:2]``; other subscripts are not read.
    if dotted(references(node.value, reader.names, depth)) != "sys.version_info":
        return _UNKNOWN
    index = node.slice
    version: tuple[Any, ...] = reader.platform.version
    if isinstance(index, ast.Slice):
        end: Any = _value(index.upper, reader, depth) if index.upper is not None else _UNKNOWN
        plain = index.lower is None and index.step is None and isinstance(end, int)
        return version[:end] if plain else _UNKNOWN
    position = _value(index, reader, depth)
    return version[position] if isinstance(position, int) and 0 <= position < 3 else _UNKNOWN


def _sequence(node: ast.Tuple | ast.List | ast.Set, reader: _Reader, depth: int) -> Any:
    items = tuple([_value(item, reader, depth) for item in node.elts[:16]])
    return _UNKNOWN if _UNKNOWN in items or len(node.elts) > 16 else items


def _comparison(node: ast.Compare, reader: _Reader, depth: int) -> Any:
    if len(node.ops) != 1:
        return _UNKNOWN
    left = _value(node.left, reader, depth)
    right = _value(node.comparators[0], reader, depth)
    compare = _COMPARISONS[type(node.ops[0])]
    if left is _UNKNOWN or right is _UNKNOWN:
        return _UNKNOWN
    if isinstance(left, _ModuleName) or isinstance(right, _ModuleName):
        other = right if isinstance(left, _ModuleName) else left
        if not (isinstance(other, str) and other == "__main__"):
            return _UNKNOWN
    try:
        return bool(compare(left, right))
    except TypeError:
        return _UNKNOWN


def _call(node: ast.Call, reader: _Reader, depth: int) -> Any:
    function = node.func
    prefixes = [_value(argument, reader, depth) for argument in node.args]
    if (
        not isinstance(function, ast.Attribute)
        or function.attr != "startswith"
        or len(prefixes) != 1
    ):
        return _UNKNOWN
    text = _value(function.value, reader, depth)
    return (
        text.startswith(prefixes[0])
        if isinstance(text, str) and _are_text(prefixes[0])
        else _UNKNOWN
    )


def _are_text(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _operator(node: ast.expr, reader: _Reader, depth: int) -> Any:
    answer = _truth(node, reader, depth)
    return _UNKNOWN if answer is None else answer


_EVALUATED: dict[type[ast.expr], Callable[..., Any]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Subscript: _subscript,
    ast.Tuple: _sequence,
    ast.List: _sequence,
    ast.Set: _sequence,
    ast.Compare: _comparison,
    ast.Call: _call,
    ast.BoolOp: _operator,
}
