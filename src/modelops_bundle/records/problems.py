"""What is wrong with a registry file, where, and how to mend it.

All problems of one file are reported together. Each names the line, the key and the mend, because a registry
is edited by hand and merged by version control, and whoever broke it should find the place at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from modelops_bundle.errors import RegistryError

__all__ = ["BrokenRegistryError", "Problem"]

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


class BrokenRegistryError(RegistryError):
    """A registry file that cannot be read as one; it is left exactly as it is.

    Attributes:
        file: The file's path as it was given.
        problems: Every problem found, in the order of the file.
    """

    def __init__(self, file: str, problems: Sequence[Problem]) -> None:
        shown = [f"{p.place}: {p.what}" for p in problems[:_MOST_SHOWN]]
        if len(problems) > _MOST_SHOWN:
            shown.append(f"and {len(problems) - _MOST_SHOWN} more")
        separator = "\n  " if len(shown) > 1 else ""
        mends = list(dict.fromkeys(p.mend for p in problems[:_MOST_SHOWN]))
        super().__init__(
            f"cannot read the registry {_printable(file)}",
            separator + separator.join(shown),
            " ".join(mends[:3]),
        )
        self.file = file
        self.problems = tuple(problems)

    def __reduce__(self) -> tuple[type[BrokenRegistryError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (self.file, self.problems)


def _printable(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
