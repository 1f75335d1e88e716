"""Errors become words and exit codes, in one place."""

from __future__ import annotations

import errno
import os
import signal
import subprocess
import sys

import pytest

from modelops_bundle.cli.guard import guarded
from modelops_bundle.errors import MopsError, StorageError, UsageError


def raising(error: BaseException):
    def work() -> int:
        raise error

    return work


@pytest.mark.parametrize(("answer", "code"), [(None, 0), (0, 0), (3, 3)])
def test_the_exit_code_is_what_the_work_returns(answer: int | None, code: int) -> None:
    assert guarded(lambda: answer) == code


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (UsageError("no entry x", "", "Look."), 2, "error: no entry x\nLook.\n"),
        (
            StorageError("cannot write", "disk full", "Free some."),
            1,
            "error: cannot write: disk full\nFree some.\n",
        ),
        (MopsError("it failed"), 1, "error: it failed\n"),
    ],
)
def test_our_errors(
    error: MopsError, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert guarded(raising(error)) == code
    assert capsys.readouterr().err == said


def test_names_in_errors_are_safe(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(UsageError("no \x1b[2J\udcff"))) == 2
    assert capsys.readouterr().err == "error: no \\x1b[2J\\xff\n"


def test_an_unexpected_error_is_our_bug(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(KeyError("x"))) == 1
    said = capsys.readouterr().err
    assert "KeyError: 'x' at test_guard.py:" in said
    assert "bug of modelops-bundle" in said
    assert "--debug" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("error", [KeyError("x"), UsageError("x"), OSError(errno.EIO, "x")])
def test_a_traceback_is_shown_when_asked_for(
    error: Exception, capfd: pytest.CaptureFixture[str]
) -> None:
    code = guarded(raising(error), debug=True)
    assert code == (2 if isinstance(error, UsageError) else 1)
    assert "Traceback" in capfd.readouterr().err


def test_an_interruption(capsys: pytest.CaptureFixture[str]) -> None:
    assert guarded(raising(KeyboardInterrupt())) == 130
    assert capsys.readouterr().err.startswith("error: interrupted\n")


def test_an_end_that_a_scheduler_asks_for(capsys: pytest.CaptureFixture[str]) -> None:
    before = signal.getsignal(signal.SIGTERM)
    assert guarded(lambda: os.kill(os.getpid(), signal.SIGTERM)) == 143
    assert capsys.readouterr().err.startswith("error: terminated\n")
    assert signal.getsignal(signal.SIGTERM) == before


PROGRAM = "import sys; from modelops_bundle.cli.guard import guarded; {}; sys.exit(guarded({}))"


def run(work: str, setup: str = "pass", **options: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", PROGRAM.format(setup, work)]
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False, **options)


def test_a_file_error_names_the_file() -> None:
    done = run("lambda: open('nowhere/x')")
    assert done.returncode == 1
    assert done.stderr.startswith("error: nowhere/x: No such file or directory\n")


def test_a_closed_pipe_is_no_news() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = run("lambda: print('x' * 100000)", stdout=writer)
    os.close(writer)
    assert done.returncode == 1
    assert done.stderr == ""


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_is_noticed() -> None:
    with open("/dev/full", "w") as full:
        done = run("lambda: print('x')", stdout=full)
    assert done.returncode == 1
    assert done.stderr.startswith("error: No space left on device\n")
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr


SAY = "from modelops_bundle.cli.output import say"
USAGE = "from modelops_bundle.errors import UsageError"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_a_full_disk_does_not_hide_what_else_went_wrong() -> None:
    with open("/dev/full", "w") as full:
        work = "lambda: print('x') or exec('raise UsageError(\"no\")')"
        done = run(work, USAGE, stdout=full, env={**os.environ, "PYTHONUNBUFFERED": ""})
    assert done.returncode == 2
    assert done.stderr == "error: no\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full")
def test_talk_that_cannot_be_written_is_no_failure() -> None:
    command = [sys.executable, "-c", PROGRAM.format(SAY, "lambda: say('x') or print('data')")]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=full, text=True, check=False)
    assert done.returncode == 0
    assert done.stdout == "data\n"
