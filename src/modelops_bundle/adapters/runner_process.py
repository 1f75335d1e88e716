"""One worker: a process of the project's interpreter that runs simulations, one after the other."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import modelops_bundle.worker
from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.environment.variables import SETTLED_VARIABLES, withheld, worth_telling
from modelops_bundle.errors import WorkerError
from modelops_bundle.results.record import Level, Output, UndeclaredRead
from modelops_bundle.results.tasks import Outcome, RunnerSpec, Task
from modelops_bundle.worker.frames import BrokenFrameError, read_frame, write_frame

__all__ = ["START", "RunnerProcess"]

#: The script that makes an interpreter a worker.
START = str(Path(modelops_bundle.worker.__file__).with_name("start.py"))

_PATIENCE = 2.0  # seconds that a worker has to end by itself
_MOST_AHEAD = 8  # tasks that are sent before the first of them is answered
_SHORT_SECONDS = 0.05  # of a task, so that several are sent at once
_MOST_SECONDS = 2.0  # after which a batch is given back, done or not
_MOST_BYTES = 32 << 20  # of outputs, likewise
_SMALL_BYTES = 4096  # of parameters: what surely fits into a pipe with others before it


class RunnerProcess:
    """A worker, from its start to :meth:`close`. It runs tasks after :meth:`greet`.

    Args:
        spec: How the model is run.
        start: The script that it runs.

    Raises:
        WorkerError: The interpreter cannot be started.
    """

    def __init__(self, spec: RunnerSpec, start: str = START) -> None:
        self.spec = spec
        with storage_errors("cannot make a folder for temporary files"):
            self._scratch = tempfile.mkdtemp(prefix="modelops-")
        environment, self._withheld = _environment(spec)
        try:
            self._process, self._to, self._from = _started(spec, start, environment)
        except BaseException:
            shutil.rmtree(self._scratch, ignore_errors=True)
            raise
        self._level = Level.OFF
        self._host = ""

    @property
    def alive(self) -> bool:
        """Whether it can still run something."""
        return not self._from.closed and self._process.poll() is None

    def run(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        """Run tasks one after the other, each outcome as it comes.

        The last ones are not answered when the process dies, which fails the task that it was running; nor
        when time or outputs have become many, so that nobody waits for the end of a batch that was meant to
        be short.
        """
        begun, size, ahead, sent = time.monotonic(), 0, 1, 0
        for done, task in enumerate(tasks):
            enough = size > _MOST_BYTES or time.monotonic() - begun > _MOST_SECONDS
            if enough and done == sent:
                return
            if not enough:
                sent = self._send(tasks, sent, done, ahead)
            started = datetime.now(UTC)
            outcome = self._answer(task)
            if outcome is None:
                yield self._death(task, started)
                return
            size += sum(len(output.data) for output in outcome.outputs)
            # Long ones are sent one at a time: what was sent is run.
            ahead = _MOST_AHEAD if outcome.duration < _SHORT_SECONDS else 1
            yield outcome

    def close(self) -> None:
        """End it, and whatever it has started; at once if it is in the middle of something."""
        for stream in (self._to, self._from):
            with contextlib.suppress(OSError):
                stream.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        _kill(self._process)
        self._process.wait()
        shutil.rmtree(self._scratch, ignore_errors=True)

    def kill(self) -> None:
        """End it without waiting. Safe from another thread than the one that is in :meth:`run`."""
        _kill(self._process)

    def greet(self) -> None:
        """Say what is to be run, and wait until the model is imported.

        Raises:
            WorkerError: The worker refuses, or has ended.
        """
        try:
            spec = replace(self.spec, withheld=self._withheld)
            start = {"do": "start", "spec": spec.document(), "scratch": self._scratch}
            write_frame(self._to, start)
            frame = read_frame(self._from)
        except (OSError, BrokenFrameError):
            frame = None
        if frame is None:
            raise WorkerError(
                f"{self.spec.interpreter} ended before it could run the model",
                self._ending(),
                "Run the model's file with it to see what is wrong.",
            )
        header, _ = frame
        if header["is"] == "refused":
            raise _refusal(header)
        self._level = Level[header["level"].upper()]
        self._host = header["host"]

    def _send(self, tasks: Sequence[Task], sent: int, done: int, ahead: int) -> int:
        """Send tasks; several small ones at once, so that the worker never waits for us.

        A large one is sent when nothing else is on its way: a worker that waits for us to take an answer does
        not read, and we would wait for each other.
        """
        last = min(len(tasks), done + ahead)
        while sent < last and (sent == done or _is_small(tasks[sent])):
            number, params, seed = tasks[sent]
            message = {"do": "run", "number": number, "params": _ordered(params), "seed": seed}
            # A broken pipe shows when the answer is read.
            with contextlib.suppress(OSError):
                write_frame(self._to, message)
            sent += 1
        return sent

    def _answer(self, task: Task) -> Outcome | None:
        try:
            frame = read_frame(self._from)
        except (OSError, BrokenFrameError, ValueError):
            return None
        if frame is None:
            return None
        header, blobs = frame
        outputs = zip(header.get("outputs", ()), blobs, strict=True)
        return Outcome(
            number=task.number,
            started=header["started"],
            duration=header["duration"],
            host=self._host,
            level=self._level,
            outputs=tuple(Output(name, kind, blob) for (name, kind), blob in outputs),
            undeclared=tuple(UndeclaredRead(*read) for read in header["undeclared"]),
            error=header.get("error", ""),
            traceback=header.get("traceback", ""),
        )

    def _death(self, task: Task, started: datetime) -> Outcome:
        return Outcome(
            number=task.number,
            started=started.isoformat(),
            duration=(datetime.now(UTC) - started).total_seconds(),
            host=self._host,
            level=self._level,
            error=f"the worker died: {self._ending()}",
        )

    def _ending(self) -> str:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(_PATIENCE)
        code = self._process.poll()
        if code is None:
            _kill(self._process)
            return "it stopped answering"
        if code >= 0:
            return f"it ended with code {code}"
        name = signal.Signals(-code).name if -code in set(signal.Signals) else "unknown"
        often = "; that is how a system ends what takes too much memory" if code == -9 else ""
        return f"signal {-code} ({name}) ended it{often}"


def _is_small(task: Task) -> bool:
    # As it is sent: a letter beyond ASCII takes up to twelve bytes.
    return len(ascii(task.params)) < _SMALL_BYTES


def _started(
    spec: RunnerSpec, start: str, environment: Mapping[str, str]
) -> tuple[subprocess.Popen[bytes], BinaryIO, BinaryIO]:
    child_reads, we_write = os.pipe()
    we_read, child_writes = os.pipe()
    try:
        process = subprocess.Popen(
            [spec.interpreter, start, str(child_reads), str(child_writes)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            pass_fds=(child_reads, child_writes),
            env=environment,
            # A group of its own: Ctrl-C is ours to answer, and what it starts ends with it.
            start_new_session=True,
        )
    except OSError as error:
        os.close(we_write)
        os.close(we_read)
        raise WorkerError(
            f"{spec.interpreter} cannot be started",
            str(error),
            "Name the project's interpreter with --python or environment.python.",
        ) from error
    finally:
        os.close(child_reads)
        os.close(child_writes)
    return process, os.fdopen(we_write, "wb"), os.fdopen(we_read, "rb")


def _environment(spec: RunnerSpec) -> tuple[dict[str, str], tuple[str, ...]]:
    """Variables that a worker is started with, and names of those that it is not given.

    Where nothing is enforced it has them all.
    """
    given = {*spec.variables, *spec.free_variables}
    kept_back = [] if spec.level is Level.OFF else withheld(os.environ, given)
    environment = {**os.environ, **SETTLED_VARIABLES}
    for name in kept_back:
        if name not in SETTLED_VARIABLES:
            del environment[name]
    return environment, tuple(filter(worth_telling, kept_back))


def _refusal(header: dict[str, Any]) -> WorkerError:
    trace = header.get("traceback") or ""
    why = "\n".join(filter(None, (header["why"], trace.rstrip())))
    return WorkerError(header["what"], why, header["mend"])


def _kill(process: subprocess.Popen[bytes]) -> None:
    # The group outlives its leader where the model has started something.
    with contextlib.suppress(OSError):
        os.killpg(process.pid, signal.SIGKILL)


def _ordered(value: Any) -> Any:
    """The order of names is no part of a parameter set's identity, so no model may see another one."""
    if isinstance(value, Mapping):
        return {name: _ordered(value[name]) for name in sorted(value)}
    return [_ordered(each) for each in value] if isinstance(value, list | tuple) else value
