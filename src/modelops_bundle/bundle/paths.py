"""Which paths and links a bundle may hold.

A bundle may come from anybody, and is written where others have their files. So nothing in it may lead out of
its folder, stand for two different files on a file system that folds names, or put something where another
program would run it. The same rules hold before a push, so that nobody makes a bundle that nobody can pull.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

from modelops_bundle.project.layout import STATE_FOLDER

__all__ = [
    "CATALOG_PATH",
    "MAX_FILES",
    "PYPROJECT_PATH",
    "REGISTRY_PATH",
    "TRACKED_PATH",
    "Way",
    "follow",
    "path_problem",
    "problems_of",
    "way_of",
]

REGISTRY_PATH = f"{STATE_FOLDER}/registry.yaml"
TRACKED_PATH = f"{STATE_FOLDER}/tracked.txt"
PYPROJECT_PATH = "pyproject.toml"
#: What a project adds to the catalog of hosted models.
CATALOG_PATH = "models/model_registry.yaml"

#: Of the tool's own folder only these travel: what else is there belongs to one machine.
_OWN_FILES = (REGISTRY_PATH, TRACKED_PATH)

MAX_FILES = 400_000

_LONGEST_PATH = 4096  # bytes, as Linux has it
_LONGEST_NAME = 255
_DEEPEST = 255  # more folders than anybody has, and few enough to be made one in the other
_MOST_LINKS = 40  # on the way to one file, as Linux has it

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Most paths, of which nothing else need be asked.
_PLAIN_PATH = re.compile(
    r"(?:[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}/){0,200}[A-Za-z0-9_][A-Za-z0-9_.-]{0,200}"
)
#: Windows drops these at the end of a name.
_DROPPED = re.compile(r"(?<=[^/. ])[. ]+(?=/|\Z)")

#: What makes a folder one whose interpreter counts as the project's.
_ENVIRONMENT = frozenset({".venv", "pyvenv.cfg"})
#: Folders of version control hold programs that are run: hooks, filters, monitors.
_VERSION_CONTROL = frozenset({".git", "git~1", ".hg", "hg~1", ".svn", "svn~1", ".bzr", ".jj"})
#: Characters that HFS+ leaves out of names, so that ``.g<200c>it`` is ``.git`` there.
_IGNORED = dict.fromkeys(
    (*range(0x200C, 0x2010), *range(0x202A, 0x202F), *range(0x206A, 0x2070), 0xFEFF)
)


def problems_of(paths: Iterable[str], links: Mapping[str, str]) -> Iterator[str]:
    """What is wrong with the paths of a bundle and its links, one text for each problem.

    Args:
        paths: Every path, links among them.
        links: Target of each link by its path.
    """
    known = set(paths)
    if len(known) > MAX_FILES:
        yield f"it holds {len(known)} files, more than {MAX_FILES}"
        return
    bad = False
    for path in sorted(known):
        problem = path_problem(path)
        if problem is not None:
            bad = True
            yield f"{_shown(path)}: {problem}"
    if not bad:
        # What these look at is only meaningful for paths that are ones.
        yield from _collisions(known)
        yield from _links_out(links)


def path_problem(path: str) -> str | None:
    """Why a path cannot be in a bundle; ``None`` where it can."""
    if len(path) <= _LONGEST_PATH and _PLAIN_PATH.fullmatch(path):
        return _name_problem(path.rsplit("/", 1)[-1])
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "its name is not Unicode"
    if not path or size > _LONGEST_PATH or path.count("/") >= _DEEPEST:
        return "it is empty, too long or too deep"
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        return "it is absolute"
    if "\\" in path:
        return "it holds a backslash, which parts folders on Windows"
    if _CONTROL.search(path) is not None:
        return "its name holds a control character"
    first, *others = path.split("/")
    if _plain(first) == STATE_FOLDER and path not in _OWN_FILES:
        return f"{STATE_FOLDER} is the tool's own folder, which stays on its machine"
    return next(filter(None, map(_name_problem, (first, *others))), None)


@lru_cache(maxsize=10_000)  # most names are those of folders, and stand in many paths
def _name_problem(name: str) -> str | None:
    plain = _plain(name)
    if not plain:
        return "it is not a plain path: a part of it is empty, or holds only dots and blanks"
    if len(name.encode()) > _LONGEST_NAME:
        return "a part of it is too long"
    if plain in _ENVIRONMENT:
        return "it belongs to a virtual environment, whose interpreter would be started"
    if plain in _VERSION_CONTROL:
        return "it lies in a folder of version control, where programs are kept that are run"
    return None


def _plain(name: str) -> str:
    """What a name is for a file system that folds it; empty for one that means another folder."""
    # Windows drops dots and spaces at the end, and what stands behind a colon is a stream of the file.
    return name.translate(_IGNORED).casefold().split(":", 1)[0].rstrip(". ")


class Way(NamedTuple):
    """Where a path leads: links of the bundle that are followed, and the path at the end."""

    links: tuple[str, ...]
    end: str


def way_of(path: str, links: Mapping[str, str]) -> Way | None:
    """Where a path leads when every link of the bundle on it is followed.

    Returns:
        Its end is a path of the bundle, whether or not something is there (``.`` is its folder). ``None``
        where it leads out of the bundle or round in circles.
    """
    return follow(path, links.get)


def follow(path: str, target_of: Callable[[str], str | None]) -> Way | None:
    """:func:`way_of` where links are looked up one by one.

    Args:
        path: Where to begin.
        target_of: Target of the link at a path that leads through no link; ``None`` where there is no link.
    """
    done: list[str] = []
    waiting = path.split("/")[::-1]
    followed: list[str] = []
    while waiting:
        name = waiting.pop()
        if name in ("", "."):
            continue
        if name == "..":
            if not done:
                return None
            done.pop()
            continue
        here = "/".join((*done, name))
        target = target_of(here)
        if target is None:
            done.append(name)
            continue
        followed.append(here)
        if target.startswith("/") or len(followed) > _MOST_LINKS:
            return None
        waiting.extend(target.split("/")[::-1])
        if len(done) + len(waiting) > _DEEPEST:
            return None
    return Way(tuple(followed), "/".join(done) or ".")


def _collisions(paths: set[str]) -> Iterator[str]:
    """Paths that are one on some file system, and files where others have a folder.

    Whatever has the same beginning when it is folded comes one behind the other, so neighbours tell it all.
    """
    for path, other in pairwise(sorted(paths, key=_in_order)):
        for name, other_name in zip(path.split("/"), other.split("/"), strict=False):
            if name != other_name:
                if _folded(name) == _folded(other_name):
                    yield f"{_shown(other)}: {_shown(path)} has the same name where case or form do not count"
                break
        else:
            yield f"{_shown(path)}: it is a file, and a folder of others"


def _in_order(path: str) -> str:
    # No name holds the least of all characters, so what is in a folder follows it.
    return _folded(path).replace("/", "\0")


def _folded(path: str) -> str:
    """What a path is where case, form, and dots or blanks at the end of names do not count."""
    if path.isascii():
        folded = path.lower()
    else:
        folded = unicodedata.normalize("NFC", path.translate(_IGNORED)).casefold()
        folded = unicodedata.normalize("NFC", folded)
    return _DROPPED.sub("", folded)


def _links_out(links: Mapping[str, str]) -> Iterator[str]:
    # Where case does not count, `D` is the link `d`: neither way may lead out.
    folded = {_folded(path): _folded(target) for path, target in links.items()}
    for path, target in sorted(links.items()):
        problem = _target_problem(target)
        if problem is None:
            problem = _way_problem(way_of(path, links)) or _way_problem(
                way_of(_folded(path), folded)
            )
        if problem is not None:
            yield f"{_shown(path)}: it is a link to {_shown(target)}, {problem}"


def _target_problem(target: str) -> str | None:
    if not target or target.startswith("/") or "\\" in target or target[1:2] == ":":
        return "which is no relative path"
    try:
        size = len(target.encode())
    except UnicodeEncodeError:
        return "which is not Unicode"
    if size > _LONGEST_PATH or _CONTROL.search(target) is not None:
        return "which is too long or holds a control character"
    names = (name for name in target.split("/") if name not in ("", ".", ".."))
    problem = next(filter(None, map(_name_problem, names)), None)
    return None if problem is None else f"where {problem}"


def _way_problem(way: Way | None) -> str | None:
    if way is None:
        return "which leads out of the bundle"
    problem = None if way.end == "." else path_problem(way.end)
    return None if problem is None else f"where {problem}"


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()[:200]
