"""Whose a path shall be where a pull finds that the user and the bundle both have changed it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from modelops_bundle.errors import UsageError
from modelops_bundle.records.merging import Side

__all__ = ["NOBODY", "Sides", "is_within"]


class Sides(NamedTuple):
    """See the module. Files and folders are named by recorded paths; ``.`` stands for everything.

    Attributes:
        ours: What stays as the user has it.
        theirs: What becomes what the bundle holds, whatever the user did.
    """

    ours: tuple[str, ...] = ()
    theirs: tuple[str, ...] = ()

    def of(self, path: str) -> Side | None:
        """Whose a path shall be; what is named more closely counts. ``None`` where nobody has said."""
        ours, theirs = (_closest(path, named) for named in (self.ours, self.theirs))
        if ours == theirs:
            return None
        return "ours" if ours > theirs else "theirs"

    def is_theirs(self, path: str) -> bool:
        """Whether what the user has at a path may be replaced."""
        return self.of(path) == "theirs"

    def require_known(self, paths: Collection[str]) -> None:
        """Refuse names that stand for nothing.

        Raises:
            UsageError: A name is none of ``paths``, and no folder of one.
        """
        for name in (*self.ours, *self.theirs):
            if not any(is_within(path, name) for path in paths):
                raise UsageError(
                    f"{name} is not in the bundle, and was not when it was last pulled",
                    "",
                    "`mops-bundle pull --dry-run` lists what a pull would do. Nothing was changed.",
                )


NOBODY = Sides()
"""Nobody has said."""


def _closest(path: str, named: Iterable[str]) -> int:
    """Length of the longest name that a path is at or below; -1 without one."""
    lengths = (0 if name == "." else len(name) for name in named if is_within(path, name))
    return max(lengths, default=-1)


def is_within(path: str, name: str) -> bool:
    """Whether a path is a name, or below it."""
    return name == "." or path == name or path.startswith(f"{name}/")
