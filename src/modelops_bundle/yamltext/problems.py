"""One thing that is wrong with a document that people edit: where it stands, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Problem", "in_words"]

_MOST_SHOWN = 10


class Problem(NamedTuple):
    """One thing that is wrong.

    Attributes:
        line: 1-based line, ``None`` when it concerns the whole file.
        key: Dotted path of the key, empty for the whole file.
        what: What is there and what was expected.
        mend: What to do about it.
    """

    line: int | None
    key: str
    what: str
    mend: str

    @property
    def place(self) -> str:
        """Line and key as people read them."""
        line = "" if self.line is None else f"line {self.line}"
        return ", ".join(part for part in (line, self.key) if part) or "the file"


def in_words(problems: Sequence[Problem]) -> tuple[str, str]:
    """Why a document cannot be read, and what to do about it, as errors tell them."""
    shown = [f"{p.place}: {p.what}" for p in problems[:_MOST_SHOWN]]
    if len(problems) > _MOST_SHOWN:
        shown.append(f"and {len(problems) - _MOST_SHOWN} more")
    separator = "\n  " if len(shown) > 1 else ""
    mends = list(dict.fromkeys(p.mend for p in problems[:_MOST_SHOWN]))
    return separator + separator.join(shown), " ".join(mends[:3])
