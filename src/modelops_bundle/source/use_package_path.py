"""What is added to ``sys.path``, and by a package to its ``__path__``: folders that are searched as well.

Each is told as target, position and text of a :class:`modelops_bundle.source.use_records.Read`, the text
being unknown where it cannot be told.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

from modelops_bundle.source.use_arguments import summands
from modelops_bundle.source.use_leaves import EVERYTHING
from modelops_bundle.source.use_records import NAME, UNKNOWN
from modelops_bundle.source.use_scopes import Scope, last_name, targets
from modelops_bundle.source.use_sinks import canonical
from modelops_bundle.source.use_texts import elements, texts

__all__ = ["added_to_package", "path_of_package", "path_of_system"]

_Added = tuple[str, str, str]

_FOLDER = "*|__path__.append"
_SYSTEM = "0|sys|path.append"
_PORTIONS = "0|pkgutil|extend_path"
#: Methods that add to a list, and which argument they add.
_METHODS = {"append": 0, "insert": 1, "extend": 0}


def added_to_package(node: ast.Call, scope: Scope) -> Iterator[_Added]:
    """What ``__path__.append(folder)`` and its like add."""
    func = node.func
    if not isinstance(func, ast.Attribute) or last_name(func.value) != "__path__":
        return
    place = _METHODS.get(func.attr)
    if place is None:
        return
    if not _is_own(func.value) or len(node.args) <= place:
        yield _FOLDER, "0", UNKNOWN
    elif func.attr == "extend":
        yield from path_of_package(func.value, node.args[0], scope)
    else:
        yield from _folders(texts(node.args[place], scope))


def path_of_package(target: ast.expr, value: ast.expr | None, scope: Scope) -> Iterator[_Added]:
    """What ``__path__ = [folder, *__path__]`` and its like add."""
    if not _is_own(target):
        # Which package that is, and when, is not followed.
        yield _FOLDER, "0", UNKNOWN
        return
    for part in summands(value) if value is not None else ():
        if isinstance(part, ast.List | ast.Tuple):
            for item in part.elts:
                if not (isinstance(item, ast.Starred) and _is_same(item.value)):
                    yield from _folders(texts(item, scope))
        elif isinstance(part, ast.Call) and last_name(part.func) == "extend_path":
            yield _PORTIONS, "1", NAME
        elif isinstance(part, ast.Name) and not _is_same(part):
            yield from _folders(elements(part, scope, EVERYTHING))
        elif not _is_same(part):
            yield _FOLDER, "0", UNKNOWN


def path_of_system(target: ast.expr, value: ast.expr | None, scope: Scope) -> Iterator[_Added]:
    """What ``sys.path = [folder, *sys.path]`` and its like add."""
    if not _is_system(target, scope):
        return
    for part in summands(value) if value is not None else ():
        if isinstance(part, ast.List | ast.Tuple):
            for text in elements(part, scope, EVERYTHING):
                yield _SYSTEM, "0", text
        elif not _is_system(part, scope):
            yield _SYSTEM, "0", UNKNOWN


def _is_system(node: ast.expr, scope: Scope) -> bool:
    return any(canonical(item) == "sys.path" for item in targets(node, scope))


def _folders(found: list[str]) -> Iterator[_Added]:
    for text in found:
        yield _FOLDER, "0", text


def _is_own(node: ast.expr) -> bool:
    return isinstance(node, ast.Name)


def _is_same(node: ast.expr) -> bool:
    """Whether a value is what ``__path__`` was, or a copy of it."""
    if isinstance(node, ast.Call) and len(node.args) == 1:
        node = node.args[0]
    return isinstance(node, ast.Name) and node.id == "__path__"
