"""Real workers, started as the tool starts them, and what is said to them."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from tests.support.command import environment

import modelops_bundle
from modelops_bundle.results.record import Level
from modelops_bundle.results.tasks import RunnerSpec
from modelops_bundle.worker.environment import normalised
from modelops_bundle.worker.frames import read_frame, write_frame

__all__ = [
    "START",
    "Worker",
    "install",
    "make_spec",
    "refused",
    "small_environment",
    "working",
    "write_files",
]

START = Path(modelops_bundle.__file__).parent / "worker" / "start.py"


def make_spec(root: Path, entrypoint: str = "model:Model", **changes: Any) -> RunnerSpec:
    """How a model in a small project is run, by this interpreter and with nothing enforced.

    What is in the project now is declared.
    """
    spec = RunnerSpec(
        root=os.fspath(root),
        interpreter=sys.executable,
        path="",
        entrypoint=entrypoint,
        scenario=None,
        outputs=None,
        scenarios=(),
        search=(os.fspath(root / "src"), os.fspath(root)),
        readable=tuple(os.fspath(path) for path in root.rglob("*") if path.is_file()),
        variables={},
        free_variables=(),
        python_version=platform.python_version(),
        platform=f"{platform.system().lower()}-{platform.machine()}",
        dependencies={},
        level=Level.OFF,
        packages=_installed(),
        counted=tuple(name for names in _installed().values() for name in names),
        package=os.fspath(START.parents[2]),
    )
    return replace(spec, **changes)


@cache
def _installed() -> dict[str, tuple[str, ...]]:
    """Import names to distributions: what the tests' own environment has is not asked for."""
    found = importlib.metadata.packages_distributions()
    return {root: tuple(map(normalised, owners)) for root, owners in found.items()}


def write_files(root: Path, files: Mapping[str, str]) -> Path:
    """A small project, or anything else made of texts by relative path; its folder."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def install(
    folder: Path,
    name: str,
    version: str,
    *,
    points: str = "",
    files: Mapping[str, str] | None = None,
) -> None:
    """Install a distribution as an installer would leave it.

    Args:
        folder: The folder that it is installed in.
        name: Its name.
        version: Its version.
        points: Its entry points, as entry_points.txt holds them.
        files: Its modules, by path.
    """
    info = f"{name.replace('-', '_')}-{version}.dist-info"
    own = dict(files or {})
    own[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    own[f"{info}/entry_points.txt"] = points
    own[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in own)
    write_files(folder, own)


def small_environment(folder: Path, files: Mapping[str, str]) -> str:
    """An environment of this Python with one distribution, ``loader``; its interpreter.

    Args:
        folder: Where it is made.
        files: The distribution's modules, by path.
    """
    base = Path(sys.base_prefix)
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    write_files(folder, {"pyvenv.cfg": f"home = {base / 'bin'}\n"})
    install(folder / "lib" / name / "site-packages", "loader", "1", files=files)
    python = folder / "bin" / "python"
    python.parent.mkdir()
    python.symlink_to(Path(sys.executable).resolve())
    return os.fspath(python)


class Worker:
    """A worker process and our ends of its pipes. Used in a ``with``, it is killed unless it has ended."""

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
        self.scratch = tempfile.TemporaryDirectory(prefix="worker-")
        self._number = 0

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.returncode is None:
            self.process.kill()
            self.end()
        self.scratch.cleanup()

    def start(self, spec: RunnerSpec) -> dict[str, Any]:
        """Say ``start``; the answer."""
        start = {"do": "start", "spec": spec.document(), "scratch": self.scratch.name}
        write_frame(self.writer, start)
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
    with Worker((spec.interpreter,), **variables) as worker:
        about = worker.start(spec)
        assert about["is"] == "ready", about
        yield worker
        assert worker.end() == (0, b"")


def refused(spec: RunnerSpec, **variables: str) -> dict[str, Any]:
    """What a worker says that refuses to run a model."""
    with Worker((spec.interpreter,), **variables) as worker:
        about = worker.start(spec)
        assert worker.end() == (0, b"")
    assert about["is"] == "refused", about
    return about
