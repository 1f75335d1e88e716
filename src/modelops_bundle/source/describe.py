"""What people call a top-level statement: its name, its kind, and its value where that is short.

For reports only: nothing here enters a digest.
"""

from __future__ import annotations

import ast
from itertools import islice

from modelops_bundle.source.importruns import import_atoms

__all__ = ["describe"]

_LONGEST_TEXT = 80
_MOST_NODES = 40
_WORDS = {
    "AsyncFor": "for",
    "AsyncWith": "with",
    "Expr": "expression",
    "TryStar": "try",
}


def describe(statement: ast.stmt) -> tuple[str, str, str]:
    """Name, kind and value of a statement, as in :class:`modelops_bundle.source.prints.Unit`."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return statement.name, "function", ""
    if isinstance(statement, ast.ClassDef):
        return statement.name, "class", ""
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return _import_name(statement), "import", ""
    if isinstance(statement, ast.Assign):
        names = " = ".join(_target(target) for target in statement.targets[:_MOST_NODES])
        return names, "constant", _short_text(statement.value)
    if isinstance(statement, ast.AnnAssign):
        value = "" if statement.value is None else _short_text(statement.value)
        return _target(statement.target), "constant", value
    if isinstance(statement, ast.AugAssign):
        return _target(statement.target), "constant", ""
    kind = type(statement).__name__
    return _WORDS.get(kind, kind.lower()), "statement", ""


def _import_name(statement: ast.Import | ast.ImportFrom) -> str:
    first, *others = import_atoms(statement)[:_MOST_NODES]
    start = (
        "import "
        if isinstance(statement, ast.Import)
        else f"{first.partition(' import ')[0]} import "
    )
    text = ", ".join([first, *(atom[len(start) :] for atom in others)])
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 3]}..."


def _target(target: ast.expr) -> str:
    if isinstance(target, ast.Name):
        return target.id
    if isinstance(target, ast.Tuple | ast.List):
        return ", ".join(_target(part) for part in target.elts[:_MOST_NODES])
    return _short_text(target) or "assignment"


def _short_text(node: ast.expr) -> str:
    if isinstance(node, ast.Constant) and isinstance(node.value, bool | float | str | None):
        text = repr(node.value)
        return text if len(text) <= _LONGEST_TEXT else ""
    # The writer recurses and takes its time, so that it is given small trees only.
    if next(islice(ast.walk(node), _MOST_NODES, None), None) is not None:
        return ""
    try:
        text = ast.unparse(node)
    except ValueError:
        # An integer too long for decimal digits; an f-string that needs a newer Python to be written.
        return ""
    return text if len(text) <= _LONGEST_TEXT else ""
