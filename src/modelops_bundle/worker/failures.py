"""What went wrong, in words: one line for a list, and where it was raised."""

from __future__ import annotations

import os
import traceback
from collections.abc import Sequence

__all__ = ["FailedError", "RefusedError", "a_handful", "in_full", "in_one_line"]

_LONGEST_LINE = 500
_HANDFUL = 5
_LONGEST_TEXT = 1 << 16
_OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep


class RefusedError(Exception):
    """This worker cannot run the model at all.

    Args:
        what: What happened, a clause without a full stop.
        why: The reason, if it adds to ``what``.
        mend: What to do about it.

    Attributes:
        undeclared: What was read before and is not declared, as ``[kind, name, place]``.
    """

    def __init__(self, what: str, why: str = "", mend: str = "") -> None:
        super().__init__(what, why, mend)
        self.what = what
        self.why = why
        self.mend = mend
        self.undeclared: list[list[str]] = []


class FailedError(Exception):
    """A simulation gave no result that can be used, for a reason that needs no name of an exception."""


def a_handful(parts: Sequence[str]) -> str:
    """The first parts, and how many more there are."""
    more = len(parts) - _HANDFUL
    return "; ".join(parts[:_HANDFUL]) + (f"; and {more} more" if more > 0 else "")


def in_one_line(error: BaseException) -> str:
    """``ValueError: text``, as Python would put it, on one line of bounded length."""
    kind = type(error)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__}.{name}"
    try:
        text = " ".join(str(error).split())
    except Exception:  # noqa: BLE001 - the model's own code makes the text
        text = "<the exception has no text>"
    named = f"{name}: {text}" if text else name
    line = text if isinstance(error, FailedError) else named
    return _sendable(line if len(line) <= _LONGEST_LINE else line[:_LONGEST_LINE] + "…")


def in_full(error: BaseException, printed: str = "") -> str:
    """The traceback without the lines of the worker and of Python's import, and what was printed."""
    if isinstance(error, FailedError):
        return in_full(error.__cause__, printed) if error.__cause__ else _sendable(printed)
    summary = traceback.TracebackException.from_exception(error)
    pending, seen = [summary], {id(summary)}
    while pending:
        part = pending.pop()
        kept = [frame for frame in part.stack if not _is_machinery(frame.filename)]
        part.stack = traceback.StackSummary.from_list(kept)
        for other in (part.__cause__, part.__context__, *(part.exceptions or ())):
            if other is not None and id(other) not in seen:
                seen.add(id(other))
                pending.append(other)
    text = "".join(summary.format())
    if len(text) > _LONGEST_TEXT:
        half = _LONGEST_TEXT // 2
        text = f"{text[:half]}\n…\n{text[-half:]}"
    return _sendable(f"{text}\n{printed}" if printed else text)


def _is_machinery(filename: str) -> bool:
    frozen = filename.startswith("<frozen importlib")
    return frozen or filename.startswith(_OURS) or filename == _IMPORTLIB


_IMPORTLIB = os.path.join(os.path.dirname(os.__file__), "importlib", "__init__.py")


def _sendable(text: str) -> str:
    """The text with what is no Unicode (a file name, say) made visible."""
    return text.encode("utf-8", "backslashreplace").decode()
