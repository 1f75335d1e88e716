from __future__ import annotations

import os
import stat
import sys
import time
from pathlib import Path

import pytest

from modelops_bundle.adapters.interpreters import StartedInterpreters
from modelops_bundle.environment.interpreter import ANSWER, QUESTION
from modelops_bundle.errors import EnvironmentProbeError


def script(folder: Path, text: str) -> str:
    path = folder / "python"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_it_answers() -> None:
    text = StartedInterpreters().ask(sys.executable, QUESTION)
    assert text.startswith(ANSWER)


def test_it_is_isolated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "json.py").write_text("raise SystemExit('shadowed')")
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('customised')")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    assert StartedInterpreters().ask(sys.executable, QUESTION).startswith(ANSWER)
    print_path = "import sys; print(sys.flags.isolated, sys.flags.no_site)"
    assert StartedInterpreters().ask(sys.executable, print_path) == "1 1\n"


def test_what_cannot_be_started(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_bytes(b"\x7fELF nonsense")
    plain.chmod(0o755)
    for executable in (str(tmp_path / "none"), str(tmp_path), str(plain), "a\0b"):
        with pytest.raises(EnvironmentProbeError, match="cannot be started"):
            StartedInterpreters().ask(executable, QUESTION)


def test_settings_that_it_would_wait_for(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(os.path.realpath(sys.executable))
    os.mkfifo(tmp_path / "pyvenv.cfg")
    with pytest.raises(EnvironmentProbeError, match="no regular file"):
        StartedInterpreters(timeout=5).ask(str(tmp_path / "bin/python"), QUESTION)


def test_what_fails_says_why(tmp_path: Path) -> None:
    with pytest.raises(EnvironmentProbeError, match="code 3: no good"):
        StartedInterpreters().ask(script(tmp_path, "echo no good >&2; exit 3"), QUESTION)


def test_what_does_not_end_is_ended(tmp_path: Path) -> None:
    # The grandchild holds the pipe, so that ending the shell alone would not be enough.
    sleeper = script(tmp_path, "sleep 60 & echo $! >" + str(tmp_path / "pid") + "; wait")
    started = time.monotonic()
    with pytest.raises(EnvironmentProbeError, match=r"within 0\.5 s"):
        StartedInterpreters(timeout=0.5).ask(sleeper, QUESTION)
    assert time.monotonic() - started < 10
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not is_running(pid):
            break
        time.sleep(0.05)
    assert not is_running(pid)


def is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
        state = Path(f"/proc/{pid}/stat")
        return not state.exists() or state.read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_what_never_stops_printing_is_ended(tmp_path: Path) -> None:
    started = time.monotonic()
    with pytest.raises(EnvironmentProbeError):
        StartedInterpreters(timeout=30).ask(script(tmp_path, "yes"), QUESTION)
    assert time.monotonic() - started < 10


def test_a_stamp_changes_with_the_executable(tmp_path: Path) -> None:
    starter = StartedInterpreters()
    real = tmp_path / "real"
    real.write_bytes(b"\x7fELF one")
    link = tmp_path / "link"
    link.symlink_to(real)
    first = starter.stamp(str(link))
    assert first == starter.stamp(str(real))
    other = tmp_path / "other"
    other.write_bytes(b"\x7fELF two")
    os.utime(other, ns=(0, real.stat().st_mtime_ns))
    other.replace(real)
    assert starter.stamp(str(link)) not in (first, None)


def test_nothing_vouches_for_scripts_and_what_is_no_file(tmp_path: Path) -> None:
    starter = StartedInterpreters()
    assert starter.stamp(script(tmp_path, "exec python3")) is None
    assert starter.stamp(str(tmp_path)) is None
    assert starter.stamp(str(tmp_path / "none")) is None
    assert starter.stamp("a\0b") is None
    os.mkfifo(tmp_path / "pipe")
    assert starter.stamp(str(tmp_path / "pipe")) is None
