"""Arguments of calls, and the texts that they form."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelops_bundle.source.use_records import PACKAGE, UP
from modelops_bundle.source.use_scopes import Scope, last_name
from modelops_bundle.source.use_texts import texts

__all__ = ["absolute_names", "arguments_of", "calls_in", "has_more", "owner_of", "summands"]

_MAX_NODES = 4096
#: Positional arguments that are looked at.
MAX_ARGUMENTS = 16


def arguments_of(node: ast.Call) -> Iterator[tuple[str, ast.expr]]:
    """Arguments of a call by position, as digits, or keyword, up to the first that is unpacked."""
    for index, argument in enumerate(node.args[:MAX_ARGUMENTS]):
        if isinstance(argument, ast.Starred):
            break
        yield str(index), argument
    for keyword in node.keywords:
        if keyword.arg is not None:
            yield keyword.arg, keyword.value


def has_more(node: ast.Call) -> bool:
    """Whether a call has arguments that :func:`arguments_of` does not give."""
    return (
        len(node.args) > MAX_ARGUMENTS
        or any(isinstance(argument, ast.Starred) for argument in node.args)
        or any(keyword.arg is None for keyword in node.keywords)
    )


def owner_of(text: str, scope: Scope) -> str:
    """The function whose argument a text depends on, as :class:`Read` has it; empty for none."""
    start = text.find("\x01@")
    if start < 0:
        return ""
    name = text[start + 2 : text.index("\x02", start)].rstrip("^")
    where: Scope | None = scope
    while where is not None:
        if name in where.parameters:
            return f"{where.qualname}|{where.parameters[name]}|{name}"
        where = where.parent
    return ""


def absolute_names(
    name: str, node: ast.Call, given: dict[str, ast.expr], scope: Scope
) -> Iterator[str]:
    """A module's name with its package put before it when it is relative."""
    if last_name(node.func) == "__import__":
        level = given.get("level") or given.get("4")
        dots = (
            level.value if isinstance(level, ast.Constant) and isinstance(level.value, int) else 0
        )
        name = "." * min(max(dots, 0), 32) + name
        packages = [PACKAGE]
    elif name.startswith("."):
        package = given.get("package") or given.get("1")
        packages = texts(package, scope) if package is not None else [PACKAGE]
    if not name.startswith("."):
        yield name
        return
    rest = name.lstrip(".")
    above = UP * (len(name) - len(rest) - 1)
    for base in packages:
        yield f"{base}{above}.{rest}" if rest else f"{base}{above}"


def calls_in(node: ast.expr | None) -> Iterator[ast.Call]:
    """Calls within an expression."""
    if node is None:
        return
    for count, inner in enumerate(ast.walk(node)):
        if isinstance(inner, ast.Call):
            yield inner
        if count > _MAX_NODES:
            return


def summands(value: ast.expr) -> list[ast.expr]:
    """The parts of a sum, from the last to the first."""
    parts: list[ast.expr] = []
    while isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
        parts.append(value.right)
        value = value.left
    return [*parts, value]
