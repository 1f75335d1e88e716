"""Printing: data on standard output, talk on standard error.

A line is made of pieces, each a text or a text with a style. Styles show on a terminal only, and not at all
where ``NO_COLOR`` is set; ``FORCE_COLOR`` shows them in a pipe. They are written as terminal codes here,
because a library for it would take longer to load than most commands take to answer.

Every text may hold anything (names of files come from the disk), so what a terminal would not print as it is,
line breaks included, is escaped.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterable
from typing import Any, TextIO

__all__ = [
    "Line",
    "Piece",
    "make_streams_safe",
    "print_json",
    "printable",
    "say",
    "settle_stdout",
    "show",
    "show_lines",
    "silence",
    "warn",
    "width",
]

Piece = str | tuple[str, str]
Line = tuple[Piece, ...]

_CODES = {"good": "32", "bad": "31", "warn": "33", "faint": "2", "strong": "1"}


def make_streams_safe() -> None:
    """Let text that the terminal's encoding lacks be printed, escaped, rather than fail.

    A stream that was closed before the program started takes everything and keeps nothing. Its number is
    taken, so that no file that is opened later gets it, and with it what was meant for the stream.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def silence(stream: TextIO) -> None:
    """Give a stream that cannot be written somewhere to go, or Python complains once more when it ends."""
    with contextlib.suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def settle_stdout() -> None:
    """Write out what was printed; if that fails, nothing more is."""
    try:
        sys.stdout.flush()
    except OSError:
        silence(sys.stdout)


def printable(text: str) -> str:
    """``text`` on one line, with what cannot be printed escaped."""
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\t" else _escaped(char) for char in text)


def _escaped(char: str) -> str:
    if "\udc80" <= char <= "\udcff":
        # A byte of a file's name that is not UTF-8.
        return f"\\x{ord(char) - 0xDC00:02x}"
    return char.encode("unicode_escape").decode("ascii")


def width(line: Iterable[Piece]) -> int:
    """Number of characters that a line takes when it is printed."""
    return sum(len(printable(piece if isinstance(piece, str) else piece[0])) for piece in line)


def print_json(document: Any) -> None:
    """One JSON document on standard output, ASCII only."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def show(*line: Piece) -> None:
    """A line of data."""
    _write(sys.stdout, line)


def show_lines(lines: Iterable[Line]) -> None:
    """Lines of data."""
    for line in lines:
        _write(sys.stdout, line)


def say(*line: Piece) -> None:
    """A line of talk: what was done, what to do next."""
    # What was printed before comes first, also where both streams go to one file.
    sys.stdout.flush()
    try:
        _write(sys.stderr, line)
    except OSError:  # there is nobody to tell
        silence(sys.stderr)


def warn(texts: Iterable[str]) -> None:
    """Warnings, each once."""
    for text in dict.fromkeys(texts):
        say(("warning: ", "warn"), text)


def _write(stream: TextIO, line: Iterable[Piece]) -> None:
    coloured = _has_colours(stream)
    stream.write("".join(_rendered(piece, coloured) for piece in line).rstrip() + "\n")


def _rendered(piece: Piece, coloured: bool) -> str:
    text, style = (piece, "") if isinstance(piece, str) else piece
    text = printable(text)
    return f"\x1b[{_CODES[style]}m{text}\x1b[0m" if coloured and style and text else text


def _has_colours(stream: TextIO) -> bool:
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()
