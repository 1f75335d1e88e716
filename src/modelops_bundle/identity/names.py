"""Names of entries: the default id of a model, and how two of one name are told apart."""

from __future__ import annotations

import re
from collections.abc import Collection
from pathlib import PurePosixPath

from modelops_bundle.errors import UsageError

__all__ = ["check_id", "default_id", "unique_id"]

_ID = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}")


def check_id(text: str) -> str:
    """``text`` if it can be an entry's id.

    Raises:
        UsageError: It is empty, longer than 200 characters, or holds other characters than letters, digits,
            ``_``, ``-`` and ``.``.
    """
    if _ID.fullmatch(text) is None:
        raise UsageError(
            f"{text!r} cannot be an id",
            "an id holds letters, digits, `_`, `-` and `.`, 200 at most",
            "Choose another.",
        )
    return text


def default_id(path: str, name: str) -> str:
    """The id of a class or function that nobody named: file stem and name, lower case."""
    return _plain(f"{PurePosixPath(path).stem}_{name}")


def unique_id(path: str, name: str, taken: Collection[str]) -> str:
    """The default id, preceded by as many parent folders as it takes to be none of ``taken``.

    Args:
        path: Recorded path of the file.
        name: Qualified name of the class or function.
        taken: Ids that belong to others.

    Raises:
        UsageError: All folders are used up and the id is still taken.
    """
    candidate = default_id(path, name)
    for folder in reversed(PurePosixPath(path).parent.parts):
        if candidate not in taken:
            return candidate
        candidate = _plain(f"{folder}_{candidate}")
    if candidate in taken:
        raise UsageError(
            f"the id {candidate} is taken", f"{path} needs another", "Name it with --id."
        )
    return candidate


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9_\-]+", "_", text.lower())
