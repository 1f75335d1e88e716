"""Data that is found by the package it lies in: ``importlib.resources``, ``pkgutil.get_data`` and so on."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from modelops_bundle.source.use_expressions import Found
from modelops_bundle.source.use_records import folder_of_package
from modelops_bundle.source.use_scopes import Scope, last_name, targets
from modelops_bundle.source.use_sinks import canonical
from modelops_bundle.source.use_texts import texts

__all__ = ["placed_literals", "resource_texts"]

_RESOURCES = {
    f"{module}.{name}"
    for module in ("importlib.resources", "importlib_resources")
    for name in ("read_text", "read_binary", "open_text", "open_binary", "path", "is_resource")
} | {
    "pkgutil.get_data",
    "pkg_resources.resource_filename",
    "pkg_resources.resource_stream",
    "pkg_resources.resource_string",
}
_NAMES = frozenset(name.rpartition(".")[2] for name in _RESOURCES)
#: The folder of a package, or the file of another module.
_PLACED = re.compile("\x01in=|\x01=[^\x02]*__file__\x02")


def resource_texts(call: ast.Call, scope: Scope) -> Iterator[str]:
    """Paths of the data that a call reads of a package."""
    if _is_resource(call, scope):
        package, *parts = _arguments(call)
        for folder in map(folder_of_package, texts(package, scope)):
            found = [folder]
            for part in parts:
                found = [f"{left}/{right}" for left in found for right in texts(part, scope)]
            yield from found


def placed_literals(found: Found) -> set[tuple[str, int]]:
    """Literals, with their lines, that name something in a package alone, and nothing elsewhere."""
    placed: set[tuple[str, int]] = set()
    for call, scope in found.calls:
        if _is_resource(call, scope) or _joins_to_package(call, scope):
            placed.update(
                (part.value, part.lineno)
                for part in _arguments(call)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            )
    return placed


def _arguments(call: ast.Call) -> list[ast.expr]:
    return [*call.args, *(keyword.value for keyword in call.keywords)][:8]


def _is_resource(call: ast.Call, scope: Scope) -> bool:
    if last_name(call.func) not in _NAMES or not _arguments(call):
        return False
    return any(canonical(target) in _RESOURCES for target in targets(call.func, scope))


def _joins_to_package(call: ast.Call, scope: Scope) -> bool:
    name, func = last_name(call.func), call.func
    if name in ("joinpath", "with_name") and isinstance(func, ast.Attribute):
        base = func.value
    elif name in ("join", "Path") and call.args:
        base = call.args[0]
    else:
        return False
    return any(_PLACED.match(text) for text in texts(base, scope))
