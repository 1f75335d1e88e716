"""Names of entries: their default ids, how two of one name are told apart, and what an id may hold."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from itertools import count
from pathlib import PurePosixPath

from modelops_bundle.errors import UsageError

__all__ = ["check_id", "default_id", "is_dotted_name", "split_entrypoint", "unique_id"]

_LONGEST = 200


def check_id(text: str) -> str:
    """``text`` if it can be an entry's id.

    Letters and digits are those that Python's own names may hold, in any script, so that a class with such a
    name has an id. Nothing invisible is among them, nor what a shell, a path or YAML would take for its own.

    Raises:
        UsageError: It is empty, longer than 200 characters, begins with ``-`` or ``.``, or holds other
            characters than letters, digits, ``_``, ``-`` and ``.``.
    """
    if not (0 < len(text) <= _LONGEST and text[0] not in "-." and all(map(_may_stand, text))):
        raise UsageError(
            f"{text!r} cannot be an id",
            "an id holds letters, digits, `_`, `-` and `.`, 200 at most",
            "Choose another.",
        )
    return text


def default_id(path: str, name: str) -> str:
    """The id of a class or function that nobody named: file stem and name, lower case."""
    return _fitting(f"{PurePosixPath(path).stem}_{name}")


def unique_id(path: str, name: str, taken: Collection[str]) -> str:
    """The default id, preceded by as many parent folders as it takes to be none of ``taken``.

    Where all of them are not enough (``Sir`` and ``SIR`` of one file), a number is put behind it.

    Args:
        path: Recorded path of the file.
        name: Qualified name of the class or function.
        taken: Ids that belong to others.
    """
    candidate = default_id(path, name)
    for folder in reversed(PurePosixPath(path).parent.parts):
        if candidate not in taken:
            break
        candidate = _fitting(f"{folder}_{candidate}")
    if candidate not in taken:
        return candidate
    numbered = (_fitting(candidate, f"_{number}") for number in count(2))
    return next(each for each in numbered if each not in taken)


def split_entrypoint(entrypoint: str) -> tuple[str, str]:
    """Module and qualified name of ``module:Qualified.Name``; both empty where it is none.

    The last colon counts: the name of a file may hold one, a qualified name never does.
    """
    module, colon, name = entrypoint.rpartition(":")
    return (module, name) if colon else ("", "")


def is_dotted_name(text: str) -> bool:
    """Whether ``text`` can name something in a module, ``package.module.Class``."""
    *modules, name = text.split(".")
    # A file may have a name that no import statement can hold.
    return name.isidentifier() and all(each.replace("-", "_").isidentifier() for each in modules)


def _may_stand(character: str) -> bool:
    return character in "-." or f"_{character}".isidentifier()


def _fitting(text: str, end: str = "") -> str:
    """``text`` as an id that ends with ``end``: what cannot stand in one becomes ``_``."""
    # Python takes its own names in this form, so one class has one id however its file spells it.
    plain = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    marked = "".join(each if each != "." and _may_stand(each) else " " for each in plain)
    return re.sub(r"^-| +", "_", marked)[: _LONGEST - len(end)] + end
