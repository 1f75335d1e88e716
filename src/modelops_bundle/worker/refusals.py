"""Which files an error tells of that were refused: code in C, C++ or Rust says so in its text alone."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from .mends import mend

__all__ = ["chain", "is_refusal", "mend_of", "named_files", "worded"]

_DENIED = re.compile(
    r"permission denied|os error 13|errno 13|errno = 13|EACCES|unable to open database file",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"""'([^'\n]+)'|"([^"\n]+)"|`([^`\n]+)`""")
_WORD = re.compile(r"""[^\s'"`:;,()\[\]<>]+""")
_LONGEST_PATH = 4096
_LONGEST_TEXT = 1 << 16
_WHY = {
    "network": "is a connection",
    "outside": "is outside of the project",
    "written": "was written into the project by the simulation itself",
}


def chain(error: BaseException) -> Iterator[BaseException]:
    """An error, those that led to it, and those of groups."""
    seen: set[int] = set()
    pending: list[BaseException | None] = [error]
    while pending:
        each = pending.pop(0)
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        yield each
        pending += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            pending += each.exceptions


def is_refusal(error: BaseException) -> bool:
    """Whether something was refused."""
    return isinstance(error, PermissionError) or _DENIED.search(_text(error)) is not None


def named_files(error: BaseException, root: str) -> Iterator[str]:
    """Absolute paths of files that an error names, as far as they are there.

    Args:
        error: The error.
        root: The project's folder, which relative paths may be relative to.
    """
    for name in dict.fromkeys(_names(error, root)):
        for folder in (os.getcwd(), root):
            path = os.path.normpath(os.path.join(folder, name))
            if "\0" not in path and os.path.isfile(path):
                yield path
                break


def _names(error: BaseException, root: str) -> Iterator[str]:
    for each in (getattr(error, "filename", None), getattr(error, "filename2", None)):
        if isinstance(each, str | bytes):
            yield os.fsdecode(each)
    text = _text(error)
    for match in _QUOTED.finditer(text):
        yield next(filter(None, match.groups()))
    yield from _WORD.findall(text)
    # A path with blanks, without quotes.
    start = text.find(root + os.sep)
    while start >= 0:
        yield _longest_file(text[start : start + _LONGEST_PATH])
        start = text.find(root + os.sep, start + 1)


def _longest_file(text: str) -> str:
    line = text.partition("\n")[0]
    for end in range(len(line), 0, -1):
        at_end = end == len(line) or not line[end].isalnum()
        if at_end and os.path.isfile(line[:end]):
            return line[:end]
    return line


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_LONGEST_TEXT]
    except Exception:  # noqa: BLE001 - the model's own code makes the text
        return ""


def worded(reads: Iterable[Sequence[str]], spec: Mapping[str, Any]) -> str:
    """What was refused, where, and what to do about it; empty when nothing was.

    Args:
        reads: Kind, name and place of each.
        spec: The specification of the run.
    """
    return "; ".join(
        f"{name}{f', read at {place},' if place else ''} {_WHY.get(kind, 'is not declared')}:"
        f" {mend_of(kind, name, spec)}"
        for kind, name, place in reads
    )


def mend_of(kind: str, name: str, spec: Mapping[str, Any]) -> str:
    """What declares a read of what is run, or does without it.

    Args:
        kind: Kind of the read.
        name: What was read.
        spec: The specification of the run.
    """
    path = os.path.relpath(spec["path"], spec["root"]) if spec["path"] else "FILE"
    owner = spec["entrypoint"].partition(":")[2]
    return mend(kind, name, path, owner, is_target=bool(spec["judges"]))
