"""What a bundle from elsewhere may not make this program do with the receiver's own files and programs.

Its registry and list of tracked files say what the next push sends, and its configuration which interpreter
is started to look at a project. So these may name what is in the bundle, and no program that is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from modelops_bundle.bundle.contents import Contents, links_of
from modelops_bundle.bundle.paths import way_of

__all__ = ["interpreter_problem", "unheld"]


def interpreter_problem(contents: Contents, python: str | None) -> str | None:
    """Why the interpreter that a bundle's configuration names cannot be; ``None`` where it can.

    Args:
        contents: What the bundle holds.
        python: ``environment.python`` of its pyproject.toml.
    """
    if python is None:
        return None
    path = posixpath.normpath(python.replace("\\", "/"))
    way = way_of(path, links_of(contents)) if not posixpath.isabs(path) else None
    ends = {path, way.end if way is not None else path}
    if ends & contents.keys() or any(
        each.startswith(tuple(f"{end}/" for end in ends)) for each in contents
    ):
        return f"its configuration names {python[:100]!r}, which comes with it, as the interpreter to start"
    return None


def unheld(contents: Contents, named: Iterable[str], by: str) -> Iterator[str]:
    """Files that a bundle's own documents name and that it does not hold.

    Args:
        contents: What the bundle holds.
        named: Recorded paths.
        by: What names them.
    """
    links = links_of(contents)
    for path in named:
        way = way_of(path, links)
        if way is None or way.end not in contents:
            yield f"{by} names {path[:200]}, which is not in it"
