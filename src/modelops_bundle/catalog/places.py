"""Places in a document that people edit: how they are named, and in which line they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

__all__ = ["key_text", "line_of"]

_LONGEST = 100


def line_of(lines: Mapping[tuple[str, ...], int], path: tuple[str, ...]) -> int | None:
    """The line of a key, or of what it would stand in."""
    found = (lines.get(path[:end]) for end in range(len(path), 0, -1))
    return next((line for line in found if line is not None), None)


def key_text(path: Sequence[str]) -> str:
    """A place in a document as people read it: ``models[0].prices[1].amount``."""
    parts = (f"[{part}]" if part.isdecimal() else f".{_plain(part)}" for part in path)
    text = "".join(parts).lstrip(".")
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."


def _plain(part: str) -> str:
    return part if part.isprintable() else ascii(part)[1:-1]
