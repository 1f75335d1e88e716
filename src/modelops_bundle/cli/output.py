"""Printing: data on standard output, talk on standard error.

Styles show on a terminal only, and not at all where ``NO_COLOR`` is set. Rich is loaded when something styled is
drawn, so that a command in a pipeline does not pay for it.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

__all__ = ["draw", "make_streams_safe", "print_json", "say", "show", "warn"]


def make_streams_safe() -> None:
    """Let file names that are not Unicode be printed, escaped, rather than fail."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


def print_json(document: Any) -> None:
    """One JSON document on standard output, ASCII only."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def show(text: str = "", style: str = "") -> None:
    """A line of data."""
    _line(sys.stdout, text, style)


def say(text: str, style: str = "") -> None:
    """A line of talk: what was done, what to do next."""
    _line(sys.stderr, text, style)


def warn(texts: Iterable[str]) -> None:
    """Warnings, each once."""
    for text in dict.fromkeys(texts):
        _line(sys.stderr, f"warning: {text}", "yellow")


def draw(thing: RenderableType) -> None:
    """Something that rich lays out, a tree or a table, as data."""
    console = _console(sys.stdout)
    if not console.is_terminal:
        # In a file or a pipe nothing is cut or wrapped.
        console.width = 10_000
    console.print(thing, crop=False, soft_wrap=True)


def _line(stream: TextIO, text: str, style: str) -> None:
    if style and stream.isatty() and not os.environ.get("NO_COLOR"):
        from rich.text import Text

        _console(stream).print(Text(text, style=style), soft_wrap=True)
    else:
        stream.write(text + "\n")


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    return Console(file=stream, highlight=False, markup=False, emoji=False)
