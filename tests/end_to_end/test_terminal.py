"""What the command prints where: terminals, pipes, strange names."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import PROGRAM, Project, environment


def on_a_terminal(project: Project, *arguments: str, **variables: str) -> str:
    """What the command prints when both its streams are a terminal."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [PROGRAM, *arguments],
        cwd=project.folder,
        env=environment(TERM="xterm", **variables),
        stdin=follower,
        stdout=follower,
        stderr=follower,
    )
    os.close(follower)
    data = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:
            break
        if not part:
            break
        data += part
    os.close(leader)
    process.wait()
    return data.decode()


def test_colours_on_a_terminal_only(sample: Project) -> None:
    assert "\x1b[32mcurrent\x1b[0m" in on_a_terminal(sample, "status")
    assert "\x1b" not in on_a_terminal(sample, "status", NO_COLOR="1")
    assert "\x1b" not in sample.run("status").stdout


def test_a_pipe_that_closes(sample: Project) -> None:
    command = f"'{PROGRAM}' show-registry --json | head -c 1"
    done = subprocess.run(
        ["sh", "-c", command], cwd=sample.folder, env=environment(), capture_output=True, check=True
    )
    assert done.stdout == b"{"
    assert done.stderr == b""


@pytest.mark.skipif(sys.platform == "darwin", reason="names are Unicode there")
def test_names_that_are_no_text(sample: Project) -> None:
    folder = os.fsencode(sample.folder / "data")
    for name in (b"bad\xff.csv", b"two\nlines.csv", b"\x1b[2J.csv"):
        with open(os.path.join(folder, name), "w") as file:
            file.write("x\n1\n")
    sample.run("register-model", "src/model.py", "--data", "data")
    assert set(sample.states().values()) == {"current"}
    for name in (b"bad\xff.csv", b"two\nlines.csv", b"\x1b[2J.csv"):
        with open(os.path.join(folder, name), "a") as file:
            file.write("2\n")
    for command in (["why", "model_networksir"], ["list", "model_networksir"], ["list", "--tree"]):
        out = sample.run(*command).stdout
        assert "data/bad\\xff.csv" in out
        assert "data/two\\nlines.csv" in out
        assert "\x1b" not in out
    paths = {reason["path"] for reason in sample.json("why", "model_networksir")["reasons"]}
    assert paths == {"data/bad\udcff.csv", "data/two\nlines.csv", "data/\x1b[2J.csv"}
    sample.run("update")
    sample.run("status", "--check")


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_any_encoding(sample: Project, encoding: str) -> None:
    (sample.folder / "data" / "人口.csv").write_text("x\n")
    sample.variables["PYTHONIOENCODING"] = encoding
    sample.run("register-model", "src/model.py", "--data", "data/人口.csv")
    out = sample.run("list", "--tree").stdout
    assert ("人口" if encoding == "utf-8" else "\\u4eba\\u53e3") in out


@pytest.mark.slow
def test_the_demo_runs(tmp_path: Path) -> None:
    demo = Path(__file__).parents[2] / "dev" / "demo.py"
    done = subprocess.run(
        [sys.executable, demo],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Proved in " in done.stdout
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_streams_that_are_closed_before_it_starts(sample: Project, closed: str) -> None:
    command = f"exec {PROGRAM} update {closed}"
    registry = sample.folder / ".modelops-bundle" / "registry.yaml"
    before = registry.read_bytes()
    done = subprocess.run(
        ["sh", "-c", command], cwd=sample.folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert ("unchanged" in done.stderr) == ("2>&-" not in closed)
    assert registry.read_bytes() == before
