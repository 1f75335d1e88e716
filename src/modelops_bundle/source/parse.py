"""Bytes of a Python source to its syntax tree, whatever the bytes are.

Rules:

- :func:`parse` answers for every input. What the parser refuses, and what would take it more than a few
  seconds or about a gigabyte, is :class:`Unparsable` with a reason.
- Bytes are parsed, never text that was decoded before: a coding cookie can turn a comment into code.
- Nothing is printed or raised about a source's bad habits (``SyntaxWarning``), whatever the filters say.
- The parser recurses on the machine's stack, where no exception helps; on threads whose stack was made small
  it is given a thread of its own (:func:`with_room`).
"""

from __future__ import annotations

import ast
import gc
import threading
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple, TypeVar

from modelops_bundle.source.tokens import tokens

__all__ = [
    "MAX_ESCAPES",
    "MAX_FSTRING_WORK",
    "MAX_SOURCE_BYTES",
    "MAX_TOKENS",
    "Unparsable",
    "parse",
    "paused_collector",
    "with_room",
]

T = TypeVar("T")

#: Larger files are not parsed at all.
MAX_SOURCE_BYTES = 32 << 20

#: Words, signs, strings and line ends of a source that is parsed. At the worst one costs 6 us and 1 kB.
MAX_TOKENS = 600_000

#: Backslashes of a source that is parsed: finding the end of a string takes 120 bytes for each.
MAX_ESCAPES = 4_000_000

#: Replacement fields of an f-string times its bytes, which is what parsing it costs: a second or two.
MAX_FSTRING_WORK = 4_000_000_000

_FEW_FIELDS = 2000

_SMALLEST_STACK = 8 << 20
_OWN_STACK = 64 << 20
_LINE_END = 10

# Every compile holds the interpreter anyway; the lock keeps the warning filters of two threads apart.
_ONE_AT_A_TIME = threading.Lock()


class Unparsable(NamedTuple):
    """Why a source has no syntax tree, and in which line, where that is known."""

    reason: str
    line: int | None


def parse(data: bytes) -> ast.Module | Unparsable:
    """Parse a source, under the grammar of the running interpreter.

    Args:
        data: The file's bytes, with any byte order mark and coding cookie.

    Returns:
        The tree, or why there is none. Never raises.
    """
    refusal = _refusal(data)
    if refusal is not None:
        return refusal
    return with_room(lambda: _compile(data))


@contextmanager
def paused_collector() -> Iterator[None]:
    """Hold the garbage collector off: trees and facts are many objects and no cycle, walked in vain."""
    was_running = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_running:
            gc.enable()


def _compile(data: bytes) -> ast.Module | Unparsable:
    try:
        with _ONE_AT_A_TIME, paused_collector(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(data, "<source>")
    except SyntaxError as error:
        return Unparsable(f"syntax error: {_one_line(error.msg)}", error.lineno or None)
    except (RecursionError, MemoryError):
        return Unparsable("nested too deeply", None)
    except ValueError as error:
        # Null bytes on 3.11; on others, and for all else that is wrong with a file, it is a SyntaxError.
        return Unparsable(_one_line(error), None)
    except (LookupError, OverflowError, SystemError, TypeError) as error:
        # What text codecs that are none (coding: hex) let through.
        return Unparsable(f"cannot be decoded: {_one_line(error)}", None)


def _one_line(what: object) -> str:
    return " ".join(ascii(str(what))[1:-1].split())


def _refusal(data: bytes) -> Unparsable | None:
    if len(data) > MAX_SOURCE_BYTES:
        return Unparsable(f"larger than {MAX_SOURCE_BYTES >> 20} MiB", None)
    if data.count(b"\\") > MAX_ESCAPES:
        return Unparsable(f"more than {MAX_ESCAPES} backslashes", None)
    # A token is a byte at least, a replacement field starts with a brace.
    if len(data) > MAX_TOKENS and next(islice(tokens(data), MAX_TOKENS, None), None):
        return Unparsable(f"more than {MAX_TOKENS} tokens", None)
    if data.count(b"{") > _FEW_FIELDS and _fstring_work(data) > MAX_FSTRING_WORK:
        return Unparsable("f-strings with too many fields", None)
    return None


def _fstring_work(data: bytes) -> int:
    """Fields times length, over the f-strings of a source.

    Quotes nested in their own kind (3.12 and later) end a string too early; the pieces on one line are
    therefore taken together.
    """
    work = fields = size = 0
    for match in tokens(data):
        text = match[0]
        if fields or b"f" in (match["prefix"] or b"").lower():
            fields += text.count(b"{")
            size += len(text)
        if text[0] == _LINE_END:
            work += fields * size
            fields = size = 0
    return work + fields * size


def with_room(work: Callable[[], T]) -> T:
    """What ``work`` returns, run where the stack is large enough for any tree.

    Not only the parser recurses: so does releasing a tree, by as much as it is deep (from Python 3.13 on).
    Who may be called on any thread makes, uses and forgets trees in here.
    """
    if not _stack_may_be_small():
        return work()
    answers: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the thread that asked
            errors.append(error)

    asked = threading.stack_size(_OWN_STACK)
    try:
        thread = _RoomyThread(target=run)
        thread.start()
    finally:
        threading.stack_size(asked)
    thread.join()
    if errors:
        raise errors[0]
    return answers[0]


class _RoomyThread(threading.Thread):
    """A thread whose stack is large, whatever size others are given."""


def _stack_may_be_small() -> bool:
    asked = threading.stack_size(0)
    threading.stack_size(asked)  # asking is setting
    here = threading.current_thread()
    return (
        0 < asked < _SMALLEST_STACK
        and here is not threading.main_thread()
        and not isinstance(here, _RoomyThread)
    )
