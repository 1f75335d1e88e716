"""Faults at the file system calls of any command: killed, or refused with an error, at each of them in turn.

``strace`` records the calls of one run that touch a folder, and then makes the n-th call of that name fail
in a run of its own. The command must do the same each time: start each run from the same files, and keep
what the interpreter adds (bytecode, hash seed) out of it with :data:`STEADY`.

Example::

    calls = touching_calls(command, root)
    for fault in faults(calls, kinds=(KILL, "EIO")):
        restore(root)
        outcome = run_with(fault, command)
        assert ...
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = [
    "KILL",
    "STEADY",
    "Call",
    "Fault",
    "Outcome",
    "available",
    "faults",
    "run_with",
    "touching_calls",
    "tree_of",
]

KILL = "SIGKILL"
STEADY = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}

_CALL = re.compile(r"(?P<pid>[0-9]+) +(?P<name>[a-z_0-9]+)\((?P<rest>.*)", re.DOTALL)
_FOLDER_OF_ABSOLUTE = re.compile(r'AT_FDCWD<[^>]*>, (?="/)')
# Starting a program is not the program's own call, and what fails while it ends can no longer be seen.
_NOT_INJECTED = frozenset(("execve", "exit_group"))


class Call(NamedTuple):
    """One call of a recorded run.

    Attributes:
        name: Name of the system call.
        number: Which call of that name it was in its thread, from 1.
        text: As strace wrote it.
    """

    name: str
    number: int
    text: str


class Fault(NamedTuple):
    """What happens at a call: ``SIGKILL``, or the name of an error such as ``EIO``."""

    call: Call
    kind: str

    def __str__(self) -> str:
        return f"{self.kind} at {self.call.name} #{self.call.number}: {self.call.text[:160]}"


class Outcome(NamedTuple):
    """How a run with a fault ended."""

    code: int
    output: str
    errors: str

    @property
    def killed(self) -> bool:
        """Whether the fault ended the process."""
        return self.code in (-9, 137)


def available() -> str:
    """Why faults cannot be injected here; empty when they can."""
    if shutil.which("strace") is None:
        return "strace is not installed"
    probe = subprocess.run(
        ["strace", "-qq", "-o", os.devnull, "true"], capture_output=True, check=False
    )
    return "" if probe.returncode == 0 else "processes may not be traced here"


def touching_calls(
    command: Sequence[str],
    root: Path,
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> list[Call]:
    """Run ``command`` once and return its calls that name ``root`` or something below it, in order.

    Raises:
        AssertionError: The command fails without any fault, or touches nothing there.
    """
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "log"
        tracer = [
            "strace",
            "-f",
            "-qq",
            "-y",
            "-s",
            "4096",
            "-o",
            os.fspath(log),
            "-e",
            "trace=%file,%desc",
        ]
        done = subprocess.run(
            [*tracer, *command],
            env=_environment(env),
            cwd=cwd,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        calls = _parsed(log.read_text(errors="replace").splitlines(), os.fspath(root))
    assert calls, f"nothing in {root} was touched"
    return calls


def faults(calls: Iterable[Call], kinds: Sequence[str] = (KILL, "EIO", "ENOSPC")) -> list[Fault]:
    """Every kind of fault at every one of the calls, each place once."""
    places = {(call.name, call.number): call for call in calls if call.name not in _NOT_INJECTED}
    return [Fault(call, kind) for call in places.values() for kind in kinds]


def run_with(
    fault: Fault,
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    timeout: float = 60,
) -> Outcome:
    """Run ``command`` with one fault in it.

    Raises:
        subprocess.TimeoutExpired: It hangs.
    """
    what = f"signal={fault.kind}" if fault.kind.startswith("SIG") else f"error={fault.kind}"
    name, number = fault.call.name, fault.call.number
    tracer = ["strace", "-f", "-qq", "--seccomp-bpf", "-o", os.devnull, "-e", f"trace={name}"]
    done = subprocess.run(
        [*tracer, "-e", f"inject={name}:{what}:when={number}", *command],
        env=_environment(env),
        cwd=cwd,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def tree_of(root: Path) -> dict[str, bytes]:
    """Every regular file below ``root`` by its relative path: what two states are compared by."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _environment(env: Mapping[str, str] | None) -> dict[str, str]:
    return {**(os.environ if env is None else env), **STEADY}


def _parsed(lines: Iterable[str], root: str) -> list[Call]:
    counts: Counter[tuple[str, str]] = Counter()
    calls = []
    inside = re.compile(re.escape(root) + r"(?=[/\">]|$)")
    for line in lines:
        match = _CALL.match(line)
        if match is None:
            continue
        # strace counts the calls of each thread by themselves.
        counts[match["pid"], match["name"]] += 1
        text = _FOLDER_OF_ABSOLUTE.sub("", f"{match['name']}({match['rest']}")
        if inside.search(text):
            calls.append(Call(match["name"], counts[match["pid"], match["name"]], text))
    return calls
