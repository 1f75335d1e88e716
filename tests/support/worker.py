"""Real workers, started as the tool starts them, and what is said to them."""

from __future__ import annotations

import contextlib
import os
import platform
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.support.command import environment

import modelops_bundle
from modelops_bundle.results.record import Level
from modelops_bundle.results.tasks import RunnerSpec
from modelops_bundle.worker.frames import read_frame, write_frame

__all__ = ["START", "Worker", "make_spec", "working"]

START = Path(modelops_bundle.__file__).parent / "worker" / "start.py"


def make_spec(root: Path, entrypoint: str = "model:Model", **changes: Any) -> RunnerSpec:
    """How a model in a small project is run, by this interpreter and with nothing enforced."""
    spec = RunnerSpec(
        root=os.fspath(root),
        interpreter=sys.executable,
        path="",
        entrypoint=entrypoint,
        scenario=None,
        outputs=None,
        search=(os.fspath(root / "src"), os.fspath(root)),
        readable=(),
        variables={},
        free_variables=(),
        python_version=platform.python_version(),
        platform=f"{platform.system().lower()}-{platform.machine()}",
        dependencies={},
        level=Level.OFF,
        package=os.fspath(START.parents[2]),
    )
    return replace(spec, **changes)


class Worker:
    """A worker process and both ends of its pipes. Close it, or use :func:`working`."""

    def __init__(self, python: Sequence[str] = (sys.executable,), **variables: str) -> None:
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        self.process = subprocess.Popen(
            [*python, os.fspath(START), str(theirs_in), str(theirs_out)],
            pass_fds=(theirs_in, theirs_out),
            env=environment(PYTHONHASHSEED="0", **variables),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self.reader, self.writer = os.fdopen(ours_in, "rb"), os.fdopen(ours_out, "wb")
        self._number = 0

    def start(self, spec: RunnerSpec) -> dict[str, Any]:
        """Say ``start``; the answer."""
        write_frame(self.writer, {"do": "start", "spec": spec.document()})
        return self.answer()[0]

    def run(self, seed: int = 0, **params: Any) -> tuple[dict[str, Any], dict[str, bytes]]:
        """Run one task; the answer, and the outputs by name."""
        task = {"do": "run", "number": self._number, "params": params, "seed": seed}
        write_frame(self.writer, task)
        self._number += 1
        header, blobs = self.answer()
        names = [name for name, _ in header.get("outputs", [])]
        return header, dict(zip(names, blobs, strict=True))

    def answer(self) -> tuple[dict[str, Any], list[bytes]]:
        """The next message."""
        message = read_frame(self.reader)
        assert message is not None, f"the worker has ended: {self.end()}"
        return message

    def end(self) -> tuple[int, bytes]:
        """Close our end; its exit code, and what it printed where nothing should be."""
        with contextlib.suppress(OSError):
            self.writer.close()
        said = self.process.stdout.read()
        self.process.stdout.close()
        code = self.process.wait()
        self.reader.close()
        return code, said


@contextlib.contextmanager
def working(spec: RunnerSpec, **variables: str) -> Iterator[Worker]:
    """A worker that is ready. It has to end well and to have printed nothing."""
    worker = Worker(**variables)
    try:
        about = worker.start(spec)
        assert about["is"] == "ready", about
        yield worker
    except BaseException:
        worker.process.kill()
        worker.end()
        raise
    assert worker.end() == (0, b"")
