"""``tracked.txt``: a recorded path a line, sorted, so that two branches merge line by line.

Blanks count. Lines that begin with ``#`` are comments; ``./`` stands before a path that does.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Set

from modelops_bundle.bundle.paths import path_problem
from modelops_bundle.errors import UsageError
from modelops_bundle.records.merging import Side

__all__ = ["dump_tracked", "merge_tracked", "parse_tracked"]


def parse_tracked(data: bytes, where: str) -> frozenset[str]:
    """The paths in a text.

    Raises:
        UsageError: A line is no path; nothing is guessed.
    """
    try:
        lines = data.decode("utf-8").split("\n")
    except UnicodeDecodeError as error:
        raise UsageError(f"{where} is not UTF-8", str(error), "Mend the file.") from error
    paths = set()
    for number, line in enumerate(lines, 1):
        path = line.removesuffix("\r").removeprefix("./")
        if line.startswith("#") or not path.strip(" \t"):
            continue
        problem = path_problem(path)
        if problem is not None:
            raise UsageError(
                f"{where}:{number} cannot be tracked", problem, "Mend or remove the line."
            )
        paths.add(path)
    return frozenset(paths)


def dump_tracked(paths: Iterable[str]) -> str:
    """The one text of some paths."""
    lines = (f"./{path}" if path.startswith("#") else path for path in sorted(paths))
    return "".join(f"{line}\n" for line in lines)


def merge_tracked(
    base: Set[str], ours: Set[str], theirs: Set[str], side: Callable[[str], Side | None]
) -> frozenset[str]:
    """What both sides added to some paths, less what either took out.

    Args:
        base: What both come from.
        ours: One side.
        theirs: The other side.
        side: Whose a path shall be, where that was said: a file and its line go together.
    """

    def stays(path: str) -> bool:
        chosen = side(path)
        if chosen is not None:
            return path in (ours if chosen == "ours" else theirs)
        here, there = path in ours, path in theirs
        return here if here == there or (path in base) == there else there

    return frozenset(filter(stays, {*ours, *theirs}))
