"""Faults at the file system calls of any command: killed, or refused with an error, at each of them in turn.

``strace`` records the calls of one run that touch a folder, and then makes the n-th call of that name fail
in a run of its own, from the same files. The command must do the same each time, so bytecode and hash seed
are kept out of it; whether a fault really struck the folder is looked up in the trace and told in the
outcome.

Example::

    bench = Bench(command, root, scratch=tmp_path)
    for fault in faults(bench.calls, kinds=(KILL, "EIO")):
        outcome = bench.run(fault)
        if outcome.struck:
            assert ...
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

__all__ = ["KILL", "Bench", "Call", "Fault", "Outcome", "available", "faults", "tree_of"]

KILL = "SIGKILL"

_CALL = re.compile(r"(?P<pid>[0-9]+) +(?P<name>[a-z_0-9]+)\((?P<rest>.*)", re.DOTALL)
_TRIES = 5
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
    """How a run with a fault ended.

    Attributes:
        code: Exit code, negative for a signal.
        output: Standard output.
        errors: Standard error.
        struck: Whether the fault hit a call on the folder; else it hit another one, or none.
    """

    code: int
    output: str
    errors: str
    struck: bool

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


class Bench:
    """A command that is run again and again from the files that are there now.

    Args:
        command: The program and its arguments.
        root: Absolute path of the folder whose calls count; it is put back before each run.
        scratch: An empty folder outside of it.
        env: The environment, by default this one.
        cwd: Where the command runs; outside ``root``, unless that is what is tested.

    Attributes:
        calls: The command's calls that name ``root`` or something below it, in order.

    Raises:
        AssertionError: The command fails without any fault, or touches nothing there.
    """

    def __init__(
        self,
        command: Sequence[str],
        root: Path,
        *,
        scratch: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
    ) -> None:
        self._command = list(command)
        self._root = root
        self._kept = scratch / "kept"
        self._log = scratch / "trace"
        self._cwd = cwd
        # Bytecode is compiled once and for this command alone: another's would move the calls.
        steady = {"PYTHONPYCACHEPREFIX": os.fspath(scratch / "bytecode"), "PYTHONHASHSEED": "0"}
        self._env = {**(os.environ if env is None else env), **steady}
        shutil.copytree(root, self._kept, symlinks=True)
        self._run([])
        self.calls = self._record()

    def restore(self) -> None:
        """Put the folder back as it was."""
        shutil.rmtree(self._root)
        shutil.copytree(self._kept, self._root, symlinks=True)

    def run(self, fault: Fault, *, timeout: float = 120) -> Outcome:
        """Restore the folder and run the command with one fault in it; again, if it goes elsewhere.

        A run that is held up for seconds may do a little more or less than the recorded one, because then
        files are older than what is too fresh to be remembered.

        Raises:
            subprocess.TimeoutExpired: It hangs.
        """
        for _ in range(_TRIES):
            outcome = self._run_once(fault, timeout)
            if outcome.struck:
                break
        return outcome

    def _run_once(self, fault: Fault, timeout: float) -> Outcome:
        self.restore()
        what = f"signal={fault.kind}" if fault.kind.startswith("SIG") else f"error={fault.kind}"
        name, number = fault.call.name, fault.call.number
        inject = ["-e", f"trace={name}", "-e", f"inject={name}:{what}:when={number}"]
        # Under seccomp, which is faster, signals are silently not injected.
        faster = [] if fault.kind.startswith("SIG") else ["--seccomp-bpf"]
        done = self._run([*faster, *inject], timeout=timeout)
        struck = any(call.number == number and _was_hit(call) for call in self._calls())
        return Outcome(done.returncode, done.stdout, done.stderr, struck)

    def again(self, command: Sequence[str]) -> subprocess.CompletedProcess[str]:
        """Run another command on what a fault has left."""
        return subprocess.run(
            list(command), env=self._env, cwd=self._cwd, capture_output=True, text=True, check=False
        )

    def _record(self) -> list[Call]:
        self.restore()
        done = self._run(["-e", "trace=%file,%desc"])
        assert done.returncode == 0, done.stdout + done.stderr
        calls = list(self._calls())
        self.restore()
        assert calls, f"nothing in {self._root} was touched"
        return calls

    def _run(
        self, options: Sequence[str], timeout: float = 600
    ) -> subprocess.CompletedProcess[str]:
        tracer = ["strace", "-f", "-qq", "-y", "-s", "4096", "-o", os.fspath(self._log), *options]
        return subprocess.run(
            [*(tracer if options else ()), *self._command],
            env=self._env,
            cwd=self._cwd,
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )

    def _calls(self) -> Iterator[Call]:
        return _touching(self._log.read_text(errors="replace").splitlines(), os.fspath(self._root))


def faults(calls: Iterable[Call], kinds: Sequence[str] = (KILL, "EIO", "ENOSPC")) -> list[Fault]:
    """Every kind of fault at every one of the calls, each place once."""
    places = {(call.name, call.number): call for call in calls if call.name not in _NOT_INJECTED}
    return [Fault(call, kind) for call in places.values() for kind in kinds]


def tree_of(root: Path) -> dict[str, bytes]:
    """Every regular file below ``root`` by its relative path: what two states are compared by."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and not path.is_symlink()
    }


def _was_hit(call: Call) -> bool:
    return call.text.endswith(("(INJECTED)", "= ?", "<unfinished ...>"))


def _touching(lines: Iterable[str], root: str) -> Iterator[Call]:
    counts: Counter[tuple[str, str]] = Counter()
    inside = re.compile(re.escape(root) + r"(?=[/\">]|$)")
    for line in lines:
        match = _CALL.match(line)
        if match is None:
            continue
        # strace counts the calls of each thread by themselves.
        counts[match["pid"], match["name"]] += 1
        text = _FOLDER_OF_ABSOLUTE.sub("", f"{match['name']}({match['rest']}")
        if inside.search(text):
            yield Call(match["name"], counts[match["pid"], match["name"]], text)
