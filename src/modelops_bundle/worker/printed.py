"""What a model prints, in Python or in C, goes to a nameless file, never among the messages to the parent."""

from __future__ import annotations

import contextlib
import io
import os
import sys
import tempfile
from typing import TextIO

__all__ = ["Printed"]

_TAIL = 4096


class Printed:
    """Takes over standard input (which becomes empty), output and error of this process."""

    def __init__(self) -> None:
        self._file = _nameless_file()
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        os.close(nothing)
        self._streams: tuple[TextIO, TextIO] | None = None
        self.renew()

    def renew(self) -> None:
        """Forget what was printed, and mend what a model has done to the streams."""
        self._flush()
        with contextlib.suppress(OSError):
            os.ftruncate(self._file, 0)
        os.dup2(self._file, 1)
        os.dup2(self._file, 2)
        if self._streams is None or any(stream.closed for stream in self._streams):
            self._streams = (_stream(1), _stream(2, by_line=True))
            sys.stdin = open(0, closefd=False)  # noqa: SIM115
        sys.stdout, sys.stderr = self._streams

    def tail(self) -> str:
        """The last few kilobytes of what was printed since then; empty when it was nothing."""
        self._flush()
        try:
            size = os.fstat(self._file).st_size
            data = os.pread(self._file, _TAIL, max(0, size - _TAIL))
        except OSError:
            return ""
        text = data.decode("utf-8", "backslashreplace").strip("\n")
        if not text:
            return ""
        title = "What it printed" if size <= _TAIL else "The last that it printed"
        return f"{title}:\n{text}\n"

    def _flush(self) -> None:
        for stream in (sys.stdout, sys.stderr, *(self._streams or ())):
            # The model may have put anything there.
            with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
                stream.flush()
        with contextlib.suppress(ImportError, OSError, AttributeError):
            import ctypes

            ctypes.CDLL(None).fflush(None)


def _nameless_file() -> int:
    try:
        with tempfile.TemporaryFile(buffering=0) as file:
            copy = os.dup(file.fileno())
    except OSError:
        # No folder for temporary files, or no room: what is printed is lost, and nothing else.
        return os.open(os.devnull, os.O_RDWR)
    with contextlib.suppress(ImportError, OSError):
        import fcntl

        # Whoever opens it anew, as /dev/stdout, shall not write over what is there.
        fcntl.fcntl(copy, fcntl.F_SETFL, os.O_APPEND)
    return copy


def _stream(number: int, *, by_line: bool = False) -> TextIO:
    binary = open(number, "wb", closefd=False)  # noqa: SIM115 - it lives as long as the process
    return io.TextIOWrapper(binary, "utf-8", "backslashreplace", line_buffering=by_line)
