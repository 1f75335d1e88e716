"""Starts the project's interpreter, to ask it what it is.

Isolated and without ``site``: no start-up hook of its environment runs, and nothing is imported from it.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import threading
from pathlib import Path

from modelops_bundle.errors import EnvironmentProbeError

__all__ = ["StartedInterpreters"]

_MOST_BYTES = 1 << 20
_MEND = "Name the project's interpreter with --python or environment.python."


class StartedInterpreters:
    """Interpreters on this machine.

    Args:
        timeout: Seconds after which an interpreter that has not answered is ended.
    """

    def __init__(self, timeout: float = 30.0) -> None:
        self._timeout = timeout

    def stamp(self, executable: str) -> str | None:
        """A text that changes when the executable is replaced.

        ``None`` for a script, which may start another interpreter tomorrow although it stays the same, and
        for what is no file.
        """
        try:
            real = os.path.realpath(executable)
            if not stat.S_ISREG(os.stat(real).st_mode):  # opening a pipe would wait for its writer
                return None
            with Path(real).open("rb") as file:
                if file.read(2) == b"#!":
                    return None
                found = os.fstat(file.fileno())
        except (OSError, ValueError):
            return None
        numbers = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
        return " ".join((real, *map(str, numbers)))

    def ask(self, executable: str, question: str) -> str:
        """What the interpreter prints when it runs ``question``, standard error included.

        Raises:
            EnvironmentProbeError: It cannot be started, fails, or does not end in time.
        """
        _refuse_odd_settings(executable)
        try:
            process = subprocess.Popen(
                [executable, "-I", "-S", "-c", question],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                # A group of its own, so that what it starts in turn ends with it.
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise EnvironmentProbeError(
                f"{executable} cannot be started", str(error), _MEND
            ) from error
        output, late = _output(process, self._timeout)
        if late:
            raise EnvironmentProbeError(
                f"{executable} did not answer within {self._timeout:g} s", "", _MEND
            )
        if process.returncode != 0:
            raise EnvironmentProbeError(
                f"{executable} ended with code {process.returncode}", _last_line(output), _MEND
            )
        return output


def _refuse_odd_settings(executable: str) -> None:
    """The interpreter reads pyvenv.cfg as it starts, and would wait for the other end of a pipe."""
    folder = os.path.dirname(executable)
    for place in (folder, os.path.dirname(folder)):
        path = os.path.join(place, "pyvenv.cfg")
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            raise EnvironmentProbeError(
                f"{executable} cannot be started", f"{path} is no regular file", _MEND
            )


def _output(process: subprocess.Popen[bytes], timeout: float) -> tuple[str, bool]:
    late = threading.Event()

    def end() -> None:
        late.set()
        _kill(process)

    timer = threading.Timer(timeout, end)
    timer.start()
    try:
        with process:
            data = process.stdout.read(_MOST_BYTES) if process.stdout is not None else b""
            # Whatever prints more than that is no interpreter and may never stop.
            if len(data) == _MOST_BYTES:
                _kill(process)
            process.wait()
    finally:
        timer.cancel()
    return data.decode("utf-8", "backslashreplace"), late.is_set()


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(OSError):
        if os.name == "posix":
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:200] if lines else ""
