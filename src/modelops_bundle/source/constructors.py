"""Methods that make instances: whether they do more than store values in them.

The classes of enumerations make their members when they are defined, so that what is here runs at import.
"""

from __future__ import annotations

import ast
from collections.abc import Callable

__all__ = ["CONSTRUCTORS", "is_plain"]

CONSTRUCTORS = frozenset({"__init__", "__new__", "__post_init__", "_generate_next_value_"})

_PLAIN = (ast.AnnAssign, ast.Assign, ast.Expr, ast.Pass, ast.Return)
_MAKING = frozenset({"bytes", "float", "int", "object", "str", "super", "tuple"})


def is_plain(
    function: ast.FunctionDef | ast.AsyncFunctionDef,
    are_values: Callable[[list[ast.expr | None]], bool],
) -> bool:
    """Whether a method only stores values in what it makes.

    Args:
        function: The method.
        are_values: Whether expressions in it have no effect.
    """
    return all(
        isinstance(statement, _PLAIN)
        and all(isinstance(target, ast.Name | ast.Attribute) for target in _written(statement))
        and are_values(_given(getattr(statement, "value", None)))
        for statement in function.body
    )


def _written(statement: ast.stmt) -> list[ast.expr]:
    if isinstance(statement, ast.Assign):
        return statement.targets
    return [statement.target] if isinstance(statement, ast.AnnAssign) else []


def _given(value: ast.expr | None) -> list[ast.expr | None]:
    """A value, or what a base's constructor is given, which is known or looked at where the base is."""
    func = value.func if isinstance(value, ast.Call) else None
    if isinstance(value, ast.Call) and isinstance(func, ast.Attribute):
        maker = func.value.func if isinstance(func.value, ast.Call) else func.value
        known = isinstance(maker, ast.Name) and maker.id in _MAKING
        if known and func.attr in CONSTRUCTORS:
            return [*value.args, *(item.value for item in value.keywords)]
    return [value]
