"""The real command line in processes that start in a moment: forks of one that has all modules loaded.

What a command does is what the program does, each in a process of its own, which may be killed, hang or
crash; only the import of its modules is spared. Under :class:`WarmBench` faults strike such processes.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType

from tests.support.command import environment
from tests.support.injection import Bench

__all__ = ["HUNG", "Warm", "WarmBench"]

HUNG = -99
"""The exit code of a command that had to be ended because it took too long."""

_SERVER = Path(__file__).with_name("warm_server.py")

Done = subprocess.CompletedProcess[str]


class Warm:
    """Starts commands. Use it in a ``with``: the process that they are forks of lives that long.

    Args:
        cwd: Where commands run unless told otherwise; no project may lie there or above.
    """

    def __init__(self, cwd: Path) -> None:
        self._cwd = cwd
        self._scratch = Path(tempfile.mkdtemp(prefix="warm-"))

    def __enter__(self) -> Warm:
        self._server = subprocess.Popen(
            [sys.executable, os.fspath(_SERVER)],
            env=environment(PYTHONHASHSEED="0"),
            cwd=self._cwd,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # What is buffered here would not be seen by `select`.
            bufsize=0,
        )
        assert self._answer(60) == "ready"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._server.stdin.close()
        self._server.wait()
        self._server.stdout.close()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def run(
        self,
        arguments: Sequence[str],
        *,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        before: str = "",
        timeout: float = 60,
        tracer: Sequence[str] = (),
    ) -> Done:
        """Run a command.

        Args:
            arguments: What follows the program's name.
            env: Its environment; by default nothing of ours that could count.
            cwd: Where it runs.
            before: Python that is run before it, to switch something off.
            timeout: Seconds after which it is ended; its exit code is then :data:`HUNG`.
            tracer: ``strace`` and its options, to trace it.
        """
        output, errors = self._scratch / "output", self._scratch / "errors"
        request = {
            "arguments": list(arguments),
            "env": dict(environment() if env is None else env),
            "cwd": os.fspath(cwd or self._cwd),
            "before": before,
            "halted": bool(tracer),
            "output": os.fspath(output),
            "errors": os.fspath(errors),
        }
        data = memoryview(json.dumps(request).encode() + b"\n")
        while data:
            data = data[self._server.stdin.write(data) :]
        process = int(self._answer(timeout))
        with _traced(process, tracer):
            answer = self._answer(timeout)
            if not answer:
                _end(process)
                self._answer(60)
        code = int(answer) if answer else HUNG
        said, complained = (path.read_bytes().decode(errors="replace") for path in (output, errors))
        return subprocess.CompletedProcess(list(arguments), code, said, complained)

    def _answer(self, timeout: float) -> str:
        ready, _, _ = select.select([self._server.stdout], [], [], timeout)
        # Unbuffered, this reads byte by byte up to the end of the line.
        return self._server.stdout.readline().decode().strip() if ready else ""


class WarmBench(Bench):
    """:class:`tests.support.injection.Bench` over a command line that is loaded already."""

    def __init__(
        self,
        warm: Warm,
        arguments: Sequence[str],
        root: Path,
        *,
        scratch: Path,
        before: str = "",
    ) -> None:
        self._warm = warm
        self._before = before
        super().__init__(arguments, root, scratch=scratch)

    def _run(self, options: Sequence[str], timeout: float = 60) -> Done:
        # The faster way of strace is not for processes that run already.
        chosen = [option for option in options if option != "--seccomp-bpf"]
        tracer = ["strace", "-f", "-qq", "-y", "-s", "4096", "-o", os.fspath(self._log), *chosen]
        return self._warm.run(
            self._command,
            before=self._before,
            timeout=timeout,
            tracer=tracer if options else (),
        )


@contextlib.contextmanager
def _traced(process: int, tracer: Sequence[str]):
    if not tracer:
        yield
        return
    with subprocess.Popen([*tracer, "-p", str(process)], stderr=subprocess.PIPE) as strace:
        status = Path(f"/proc/{process}/status")
        while "TracerPid:\t0\n" in status.read_text() and strace.poll() is None:
            time.sleep(0.0005)
        assert strace.poll() is None, strace.stderr.read().decode()
        os.kill(process, signal.SIGCONT)
        yield
        strace.wait()


def _end(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process, signal.SIGKILL)
