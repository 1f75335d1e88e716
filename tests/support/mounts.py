"""File systems of one's own: small, full, coarse, or with the power cut. All need root."""

from __future__ import annotations

import functools
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

__all__ = ["available", "halted", "image", "mounted", "power_cut", "tmpfs"]


def available(*programs: str) -> str:
    """Why nothing can be mounted here; empty when it can. ``programs`` are needed besides ``mount``."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return "mounting needs root"
    missing = [name for name in ("mount", "umount", *programs) if shutil.which(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    return "" if _is_allowed() else "mounting is not allowed here"


@functools.cache
def _is_allowed() -> bool:
    # Root of a container may be anyone.
    if shutil.which("unshare") is None:
        return True
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True, check=False)
    return done.returncode == 0


def image(path: Path, *, megabytes: int = 32, options: Sequence[str] = ()) -> Path:
    """Make an ext4 file system in the file ``path``; ``options`` go to ``mkfs.ext4`` (``-I 128``)."""
    with path.open("wb") as file:
        file.truncate(megabytes << 20)
    _run("mkfs.ext4", "-q", "-F", *options, os.fspath(path))
    return path


@contextmanager
def mounted(source: Path, at: Path, *, options: str = "loop") -> Iterator[Path]:
    """Mount an image for the time of the block."""
    at.mkdir(parents=True, exist_ok=True)
    _run("mount", "-o", options, os.fspath(source), os.fspath(at))
    try:
        yield at
    finally:
        _run("umount", "-l", os.fspath(at))


@contextmanager
def tmpfs(at: Path, *, size: str, kind: str = "tmpfs") -> Iterator[Path]:
    """Mount an empty file system in memory for the time of the block; ``size`` such as ``64k``."""
    at.mkdir(parents=True, exist_ok=True)
    _run("mount", "-t", kind, "-o", f"size={size}", kind, os.fspath(at))
    try:
        yield at
    finally:
        _run("umount", "-l", os.fspath(at))


@contextmanager
def power_cut(source: Path, at: Path) -> Iterator[Path]:
    """What a mounted image holds if the power went now: its backing file, copied without any sync, mounted.

    The copy takes a while, so whoever writes there must be halted (:func:`halted`): the power goes at one
    moment.

    Args:
        source: The backing file of a file system that is mounted and in use.
        at: Where to mount the copy.
    """
    copy = at.with_name(at.name + ".img")
    shutil.copyfile(source, copy)
    try:
        with mounted(copy, at):
            yield at
    finally:
        copy.unlink()


@contextmanager
def halted(process: subprocess.Popen[bytes]) -> Iterator[None]:
    """Halt a process for the time of the block, between two of its system calls; it may have ended."""
    process.send_signal(signal.SIGSTOP)
    status = Path(f"/proc/{process.pid}/stat")
    # A call that waits for the disk is finished first.
    while process.poll() is None and status.read_text().rpartition(") ")[2][0] not in "TtZX":
        time.sleep(0.001)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


def _run(*command: str) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
