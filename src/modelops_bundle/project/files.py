"""Which files a folder or a pattern stands for.

Patterns are those of the shell: ``*``, ``?`` and ``[...]`` stay within one name, ``**`` spans folders. A path
that exists is taken as it is, even with such characters in its name. Links to folders are followed, loops
are not. Droppings of file managers and of Python are never data.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Callable, Iterable

from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.project.layout import STATE_FOLDER, Layout

__all__ = ["expand", "is_pattern", "python_files"]

_DROPPINGS = frozenset(
    {
        ".DS_Store",
        ".git",
        ".gitignore",
        ".gitkeep",
        ".hg",
        ".ipynb_checkpoints",
        ".svn",
        "Thumbs.db",
        "__pycache__",
        "desktop.ini",
        STATE_FOLDER,
    }
)
_NO_SOURCES = frozenset({"node_modules", "site-packages"})
_DEEPEST_FOLDER = 100


def is_pattern(text: str) -> bool:
    """Whether a path holds characters that stand for others."""
    return any(character in text for character in "*?[")


def expand(files: Files, layout: Layout, pattern: str, exclude: tuple[str, ...] = ()) -> list[str]:
    """Recorded paths of the regular files that a recorded path, folder or pattern stands for, sorted.

    A path that names nothing gives an empty list: whether that is an error is for the caller to say.
    """
    path = layout.absolute(pattern)
    kind = _kind(files, path)
    if kind is EntryKind.FILE:
        return [pattern]
    if kind is EntryKind.FOLDER:
        prefix = "" if pattern == "." else pattern + "/"
        return _kept(_walk(files, path, prefix, _is_dropping), exclude)
    if not is_pattern(pattern):
        return []
    matches = _pattern_matcher(pattern)
    found = [name for name in _candidates(files, layout, pattern) if matches(name)]
    return _kept(found, exclude)


def python_files(
    files: Files, layout: Layout, folder: str, exclude: tuple[str, ...] = ()
) -> list[str]:
    """Absolute paths of the Python sources below a folder, sorted.

    What is excluded is said by recorded path; outside of the project, by path relative to the folder. Hidden
    folders, virtual environments and installed packages are passed over, unless ``folder`` is one.
    """

    def skip(name: str, parent: str) -> bool:
        if name.startswith(".") or name in _DROPPINGS or name in _NO_SOURCES:
            return True
        return "pyvenv.cfg" in files.entries(os.path.join(parent, name))

    above = layout.recorded(folder) if layout.holds(folder) else "."
    prefix = "" if above == "." else f"{above}/"
    found = [name for name in _walk(files, folder, prefix, skip) if name.endswith(".py")]
    return [os.path.join(folder, *name[len(prefix) :].split("/")) for name in _kept(found, exclude)]


def _kind(files: Files, path: str) -> EntryKind | None:
    parent, name = os.path.split(path)
    if not name:
        return EntryKind.FOLDER
    return files.entries(parent).get(name)


def _is_dropping(name: str, _parent: str) -> bool:
    return name in _DROPPINGS


def _walk(files: Files, folder: str, prefix: str, skip: Callable[[str, str], bool]) -> list[str]:
    """Relative names (with ``/``) of the regular files below ``folder``, each preceded by ``prefix``."""
    found: list[str] = []
    file, directory = EntryKind.FILE, EntryKind.FOLDER
    pending = [(folder, prefix, frozenset({files.real(folder)}))]
    while pending:
        parent, start, above = pending.pop()
        listing = files.entries(parent).items()
        found += [start + name for name, kind in listing if kind is file and name not in _DROPPINGS]
        for name, kind in listing:
            if kind is directory and not skip(name, parent):
                child = os.path.join(parent, name)
                real = files.real(child)
                # A link to a folder that we are in would never end.
                if real not in above and len(above) < _DEEPEST_FOLDER:
                    pending.append((child, f"{start}{name}/", above | {real}))
    return found


def _candidates(files: Files, layout: Layout, pattern: str) -> Iterable[str]:
    """Files that could match, looking only below the part of the pattern that is literal."""
    parts = pattern.split("/")
    literal = 0
    while literal < len(parts) - 1 and not is_pattern(parts[literal]):
        literal += 1
    base = "/".join(parts[:literal])
    folder = layout.absolute(base) if base else layout.root
    prefix = f"{base}/" if base else ""
    if "**" not in parts and len(parts) - literal == 1:
        # The common `folder/*.csv` needs one listing, not a walk.
        listing = files.entries(folder).items()
        return (
            prefix + name
            for name, kind in listing
            if kind is EntryKind.FILE and name not in _DROPPINGS
        )
    return _walk(files, folder, prefix, _is_dropping)


def _kept(names: Iterable[str], exclude: tuple[str, ...]) -> list[str]:
    """Sorted names that no pattern excludes, neither themselves nor a folder that they lie in."""
    tests = [
        _pattern_matcher(pattern.rstrip("/") + below)
        for pattern in exclude
        for below in ("", "/**")
    ]
    if not tests:
        return sorted(names)
    return sorted(name for name in names if not any(test(name) for test in tests))


def _pattern_matcher(pattern: str) -> Callable[[str], bool]:
    parts = [
        None if part == "**" else re.compile(fnmatch.translate(part)) for part in pattern.split("/")
    ]
    return lambda name: _matches(parts, name.split("/"))


def _matches(parts: list[re.Pattern[str] | None], names: list[str]) -> bool:
    """Whether each name matches its part; ``None`` (``**``) takes any number, at the end at least one."""
    if not parts:
        return not names
    head, rest = parts[0], parts[1:]
    if head is None:
        return (
            bool(names)
            if not rest
            else any(_matches(rest, names[skip:]) for skip in range(len(names)))
        )
    return bool(names) and head.match(names[0]) is not None and _matches(rest, names[1:])
