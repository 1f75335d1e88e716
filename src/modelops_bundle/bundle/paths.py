"""Which paths and links a bundle may hold.

A bundle may come from anybody, and is written where others have their files. So nothing in it may lead out of
its folder, stand for two different files on a file system that folds names, or put something where another
program would run it. The same rules hold before a push, so that nobody makes a bundle that nobody can pull.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from modelops_bundle.project.layout import STATE_FOLDER

__all__ = [
    "MAX_FILES",
    "REGISTRY_PATH",
    "TRACKED_PATH",
    "Way",
    "path_problem",
    "problems_of",
    "way_of",
]

REGISTRY_PATH = f"{STATE_FOLDER}/registry.yaml"
TRACKED_PATH = f"{STATE_FOLDER}/tracked.txt"

#: Of the tool's own folder only these travel: what else is there belongs to one machine.
_OWN_FILES = (REGISTRY_PATH, TRACKED_PATH)

MAX_FILES = 1_000_000

_LONGEST_PATH = 4096  # bytes, as Linux has it
_LONGEST_NAME = 255
_MOST_LINKS = 40  # on the way to one file, as Linux has it

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
    try:
        size = len(path.encode())
    except UnicodeEncodeError:
        return "its name is not Unicode"
    if not path or size > _LONGEST_PATH:
        return "it is empty or too long"
    if path.startswith("/") or (len(path) > 1 and path[1] == ":"):
        return "it is absolute"
    if "\\" in path:
        return "it holds a backslash, which parts folders on Windows"
    if any(unicodedata.category(character) == "Cc" for character in path):
        return "its name holds a control character"
    if path.split("/", 1)[0].casefold() == STATE_FOLDER and path not in _OWN_FILES:
        return f"{STATE_FOLDER} is the tool's own folder, which stays on its machine"
    return next(filter(None, map(_name_problem, path.split("/"))), None)


def _name_problem(name: str) -> str | None:
    if name in ("", ".", ".."):
        return "it is not a plain path: a part of it is empty, `.` or `..`"
    if len(name.encode()) > _LONGEST_NAME:
        return "a part of it is too long"
    # Windows drops dots and spaces at the end, and what stands behind a colon is a stream of the file.
    plain = name.translate(_IGNORED).casefold().split(":", 1)[0].rstrip(". ")
    if plain in _VERSION_CONTROL:
        return "it lies in a folder of version control, where programs are kept that are run"
    return None


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
        target = links.get(here)
        if target is None:
            done.append(name)
            continue
        followed.append(here)
        if target.startswith("/") or len(followed) > _MOST_LINKS:
            return None
        waiting.extend(target.split("/")[::-1])
    return Way(tuple(followed), "/".join(done) or ".")


def _collisions(paths: set[str]) -> Iterator[str]:
    """Paths that are one on some file system, and files where others have a folder."""
    seen: dict[str, str] = {}
    folders: set[str] = set()
    for path in sorted(paths):
        parts = path.split("/")
        for end in range(1, len(parts) + 1):
            part = "/".join(parts[:end])
            if end < len(parts):
                if part in folders:
                    continue
                folders.add(part)
            other = seen.setdefault(_folded(part), part)
            if other != part:
                yield f"{_shown(path)}: {_shown(other)} has the same name where case or form do not count"
                break
    for path in sorted(paths & folders):
        yield f"{_shown(path)}: it is a file, and a folder of others"


def _folded(path: str) -> str:
    folded = unicodedata.normalize("NFC", path).casefold()
    return unicodedata.normalize("NFC", folded.translate(_IGNORED))


def _links_out(links: Mapping[str, str]) -> Iterator[str]:
    for path, target in sorted(links.items()):
        if not target or target.startswith("/") or "\\" in target or "\0" in target:
            yield f"{_shown(path)}: it is a link to {_shown(target)}, which is no relative path"
            continue
        way = way_of(path, links)
        if way is None:
            yield f"{_shown(path)}: it is a link to {_shown(target)}, which leads out of the bundle"
        elif way.end != "." and path_problem(way.end) is not None:
            yield f"{_shown(path)}: it is a link to {_shown(target)}: {path_problem(way.end)}"


def _shown(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()[:200]
