"""Layout of text: columns and trees, as lines for :mod:`modelops_bundle.cli.output`."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from modelops_bundle.cli.output import Line, Piece, width

__all__ = ["Node", "columns", "plural", "tree"]

_UNICODE = ("├── ", "│   ", "└── ", "    ")
_ASCII = ("|-- ", "|   ", "`-- ", "    ")


class Node(NamedTuple):
    """A line of a tree and what hangs on it."""

    line: Line
    children: tuple[Node, ...] = ()


def columns(rows: Sequence[Sequence[Piece]], indent: str = "") -> Iterator[Line]:
    """Rows with their cells aligned, two spaces apart; the last cell of a row may be of any length."""
    widths: dict[int, int] = {}
    for row in rows:
        for place, cell in enumerate(row[:-1]):
            widths[place] = max(widths.get(place, 0), width((cell,)))
    for row in rows:
        line: list[Piece] = [indent]
        for place, cell in enumerate(row):
            line.append(cell)
            if place < len(row) - 1:
                line.append(" " * (widths[place] - width((cell,)) + 2))
        yield tuple(line)


def tree(root: Node) -> Iterator[Line]:
    """The root's line and below it, drawn with guides, everything that hangs on it."""
    fork, bar, end, gap = _guides()
    yield root.line
    waiting = _below(root, "")
    while waiting:
        node, lead, is_last = waiting.pop()
        yield (lead + (end if is_last else fork), *node.line)
        waiting += _below(node, lead + (gap if is_last else bar))


def _below(node: Node, lead: str) -> list[tuple[Node, str, bool]]:
    """A node's children, the last one first, with what stands before them and whether they are the last."""
    return [(child, lead, place == 0) for place, child in enumerate(reversed(node.children))]


def _guides() -> tuple[str, str, str, str]:
    try:
        "".join(_UNICODE).encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return _ASCII
    return _UNICODE


def plural(number: int, one: str, many: str = "") -> str:
    """``1 file``, ``2 files``; ``many`` for words that do not just take an s."""
    return f"{number} {one if number == 1 else many or one + 's'}"
