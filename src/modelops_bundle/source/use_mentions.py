"""Texts that may be paths: of files, of folders that files are looked for in, and of folders that are listed.

A folder that is listed is kept as the pattern of all files in it, ``folder/**``.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from modelops_bundle.source.use_expressions import Found
from modelops_bundle.source.use_plausible import (
    is_file_name,
    looks_like_path,
    looks_like_pattern,
)
from modelops_bundle.source.use_records import UNKNOWN, Mention
from modelops_bundle.source.use_resources import placed_literals, resource_texts
from modelops_bundle.source.use_scopes import Scope, last_name, targets
from modelops_bundle.source.use_sinks import canonical
from modelops_bundle.source.use_texts import texts

__all__ = ["mentions"]

#: Calls that put paths together, and of how many arguments at least.
_JOINERS = {"join": 2, "Path": 2, "PurePath": 2, "joinpath": 1, "with_name": 1}
_OPENERS = ("open", "read", "load", "Path", "genfromtxt", "scan_")
_MAX_STRINGS = 4096
_LONGEST = 512
_OPEN_PART = re.compile("\x01[?@][^\x02]*\x02")
#: An argument, something unknown, or a name that nothing in the file binds.
_UNKNOWN_PATTERN = re.compile("\x01([?@]|=\\*)[^\x02]*\x02")

_GLOBS = frozenset({"glob.glob", "glob.iglob"})
#: Calls that look for a file ``.env`` from the source's folder upward, unless they are told which.
_DOTENV = frozenset({"load_dotenv", "find_dotenv", "dotenv_values"})
_DOTENV_PATHS = frozenset({"dotenv_path", "filename", "stream"})
_LISTERS = frozenset({"os.listdir", "os.scandir", "os.walk", "os.fwalk"})


def mentions(found: Found) -> Iterator[Mention]:
    """Texts that may be paths."""
    placed = placed_literals(found)
    for value, line in found.strings[:_MAX_STRINGS]:
        if (value, line) in placed:
            continue
        if looks_like_path(value) or looks_like_pattern(value):
            yield Mention(value, line)
    for node, scope in found.joins[:_MAX_STRINGS]:
        yield from _joined(node, scope)
    for call, scope in found.calls:
        name = last_name(call.func)
        if len(call.args) >= _JOINERS.get(name, 99):
            yield from _joined(call, scope)
        elif name.startswith(_OPENERS) and call.args:
            yield from _opened(call.args[0], placed)
        yield from _kept(resource_texts(call, scope), call.lineno)
    for call, scope in found.listings:
        yield from _kept(_listed(call, scope), call.lineno)


def _joined(node: ast.expr, scope: Scope) -> Iterator[Mention]:
    for text in texts(node, scope):
        tail = text.rpartition("\x02")[2]
        folder = _known_folder(text)
        if "*" in text.replace("=*", ""):
            yield from _kept([_with_stars(text)] if looks_like_pattern(text) else [], node.lineno)
        elif tail.strip("/"):
            yield from _kept([text], node.lineno)
        yield from _kept([folder] if folder else [], node.lineno)


def _kept(found: Iterable[str], line: int) -> Iterator[Mention]:
    for text in found:
        if len(text) <= _LONGEST and "\n" not in text:
            yield Mention(text, line)


def _known_folder(text: str) -> str:
    """The folder before the first part of a path that is an argument or unknown; empty for none."""
    unknown = _OPEN_PART.search(text)
    return text[: unknown.start()].rpartition("/")[0] if unknown is not None else ""


def _opened(node: ast.expr, placed: set[tuple[str, int]]) -> Iterator[Mention]:
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return
    if is_file_name(node.value) and (node.value, node.lineno) not in placed:
        yield Mention(node.value, node.lineno)


# --- folders that are listed --------------------------------------------------------------------------


def _listed(call: ast.Call, scope: Scope) -> Iterator[str]:
    """Patterns of what a call lists or searches for."""
    name, func = last_name(call.func), call.func
    called = {canonical(target) for target in targets(func, scope)}
    first = texts(call.args[0], scope) if call.args else []
    if name in _DOTENV:
        if not call.args and _DOTENV_PATHS.isdisjoint(keyword.arg for keyword in call.keywords):
            yield ".env"
    elif called & _GLOBS:
        folders = [
            folder
            for keyword in call.keywords
            if keyword.arg == "root_dir"
            for folder in texts(keyword.value, scope)
        ]
        for pattern in first:
            yield from _patterns(folders or [""], pattern)
    elif called & _LISTERS:
        yield from _all_in(first)
    elif isinstance(func, ast.Attribute):
        own = texts(func.value, scope)
        if name in ("glob", "rglob"):
            deep = "**/" if name == "rglob" else ""
            for pattern in first:
                yield from _patterns(own, UNKNOWN if pattern == UNKNOWN else deep + pattern)
        elif name in ("iterdir", "walk") and not call.args:
            yield from _all_in(own)


def _patterns(folders: list[str], pattern: str) -> Iterator[str]:
    for folder in folders:
        if _UNKNOWN_PATTERN.fullmatch(pattern):
            yield from _all_in([folder])
        else:
            yield _with_stars(f"{folder}/{pattern}" if folder else pattern)


def _with_stars(pattern: str) -> str:
    """A pattern with a star for all that is not known of it, but for the folder that it starts from."""
    start = _OPEN_PART.match(pattern)
    known = start.end() if start is not None else 0
    return pattern[:known] + _OPEN_PART.sub("*", pattern[known:])


def _all_in(folders: list[str]) -> Iterator[str]:
    for folder in folders:
        if _OPEN_PART.sub("", folder).strip("./"):
            yield f"{folder}/**"
