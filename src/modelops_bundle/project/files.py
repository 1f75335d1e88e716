"""Which files a folder or a pattern stands for.

A path that exists is taken as it is, even with a pattern's characters in its name. Links to folders are
followed, loops are not. Droppings of file managers, editors and Python are never data.

A folder that several links lead to counts under each of its names, because code may use any of them. Links
that lead on to links multiply; where that gets out of hand it is an error, since leaving some names out
could hide a change.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable

from modelops_bundle.errors import UsageError
from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.project.layout import STATE_FOLDER, Layout
from modelops_bundle.project.patterns import Pattern, States, is_pattern

__all__ = ["expand", "python_files", "without"]

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
#: What editors leave beside a file while it is open: vim, Emacs, LibreOffice.
_OF_EDITORS = re.compile(r"\..*\.sw[a-p]|.*~|\.?#.*|\.~lock\..*#")
_NO_SOURCES = frozenset({"node_modules", "site-packages"})
_DEEPEST_FOLDER = 100

# Ways to folders that are reached already: for each folder, and in all. A thousand runs may link to one
# folder of shared inputs; sixteen folders with two links each to the next are 131,000 ways.
_WAYS_TO_EACH = 100
_WAYS = 5_000

_EVERYTHING = Pattern("**")


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
        return without(_walk(files, path, prefix, _is_dropping), exclude)
    if not is_pattern(pattern):
        return []
    return without(_walk_pattern(files, layout, pattern), exclude)


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
    return [
        os.path.join(folder, *name[len(prefix) :].split("/")) for name in without(found, exclude)
    ]


def _kind(files: Files, path: str) -> EntryKind | None:
    parent, name = os.path.split(path)
    if not name:
        return EntryKind.FOLDER
    return files.entries(parent).get(name)


def _is_dropping(name: str, _parent: str) -> bool:
    # Most names are told by their ends, which is quicker than to ask the pattern about each.
    return name in _DROPPINGS or (
        (name[0] in ".#" or name[-1] in "~#") and _OF_EDITORS.fullmatch(name) is not None
    )


def _walk(
    files: Files,
    folder: str,
    prefix: str,
    skip: Callable[[str, str], bool],
    pattern: Pattern = _EVERYTHING,
) -> list[str]:
    """Relative names (with ``/``) of the regular files below ``folder``, each preceded by ``prefix``.

    Args:
        files: File system.
        folder: Absolute path.
        prefix: What stands before each name.
        skip: Told a folder's name and the absolute path of its parent, whether to leave it out.
        pattern: What the names below ``folder`` have to match.

    Raises:
        UsageError: Links multiply the ways to the same folders beyond measure.
    """
    found: list[str] = []
    file, directory = EntryKind.FILE, EntryKind.FOLDER
    ways = _Ways(folder)
    pending = [(folder, prefix, pattern.start, frozenset({files.real(folder)}))]
    while pending:
        parent, start, states, above = pending.pop()
        listing = files.entries(parent).items()
        names = [name for name, kind in listing if kind is file and not _is_dropping(name, parent)]
        found += [start + name for name in pattern.matching(states, names)]
        for name, kind in listing:
            if kind is directory and not skip(name, parent):
                reached = pattern.into(states, name)
                child = os.path.join(parent, name)
                # A link to a folder that we are in would never end.
                real = files.real(child) if reached else ""
                if reached and real not in above and len(above) < _DEEPEST_FOLDER:
                    ways.count(real)
                    pending.append((child, f"{start}{name}/", reached, above | {real}))
    return found


class _Ways:
    """Counts the ways in which a walk comes to folders."""

    def __init__(self, start: str) -> None:
        self._start = start
        self._reached: set[str] = set()
        self._ways = 0

    def count(self, real: str) -> None:
        self._reached.add(real)
        self._ways += 1
        folders = len(self._reached)
        if self._ways - folders > _WAYS_TO_EACH * folders + _WAYS:
            raise UsageError(
                f"links in {self._start} multiply without measure",
                f"they lead to {folders} folders in more than {self._ways - 1} ways",
                "Remove links that lead to folders with further links, or name the files themselves.",
            )


def _walk_pattern(files: Files, layout: Layout, pattern: str) -> list[str]:
    """Files that match, looked for below the part of the pattern that is literal."""
    parts = pattern.split("/")
    literal = next(index for index, part in enumerate(parts) if is_pattern(part))
    base = "/".join(parts[:literal])
    folder = layout.absolute(base) if base else layout.root
    below = Pattern("/".join(parts[literal:]))
    return _walk(files, folder, f"{base}/" if base else "", _is_dropping, below)


def without(names: Iterable[str], exclude: tuple[str, ...]) -> list[str]:
    """Sorted recorded paths that no pattern excludes, neither themselves nor a folder that they lie in."""
    if not exclude:
        return sorted(names)
    tests = [_Excluded(Pattern(pattern.rstrip("/"))) for pattern in exclude]
    return sorted(name for name in names if not any(test.holds(name) for test in tests))


class _Excluded:
    """Asks of many paths whether a pattern matches them or a folder above; each folder is asked once."""

    def __init__(self, pattern: Pattern) -> None:
        self._pattern = pattern
        self._known: dict[str, States | None] = {"": pattern.start}

    def holds(self, path: str) -> bool:
        return self._states(path) is None

    def _states(self, path: str) -> States | None:
        """How far the pattern has come after ``path``; ``None`` once it has matched."""
        if path not in self._known:
            above, _, name = path.rpartition("/")
            before = self._states(above)
            after = None if before is None else self._pattern.into(before, name)
            self._known[path] = None if after and self._pattern.is_match(after) else after
        return self._known[path]
