"""Runs during which something happens: an edit, Ctrl-C; and runs on a kernel that enforces nothing."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.support import no_landlock
from tests.support.command import PROGRAM, Project, environment

MODEL = """\
import time
import modelops_bundle as mb

NAME = "".join(["data/", "hidden.csv"])


class Slow(mb.BaseModel):
    PARAMS = ("pause", "hidden")
    OUTPUTS = ("n",)

    def simulate(self, params, seed):
        time.sleep(params.get("pause", 0))
        if params.get("hidden"):
            return {"n": len(open(NAME).read())}
        with open("data/x.csv") as file:
            return {"n": seed + int(file.read())}
"""
RUN = ("run", "Slow", "--set", "pause=0.05", "--seeds", "0:100", "--workers", "2")


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "data").mkdir()
    for name in ("x", "hidden"):
        (tmp_path / "data" / f"{name}.csv").write_text("1\n")
    made = Project(tmp_path)
    made.run("init")
    made.run("register-model", "model.py", "--data", "data/x.csv")
    return made


def stored(project: Project) -> int:
    """How many results are committed."""
    database = project.folder / ".modelops-bundle" / "results" / "results.sqlite"
    if not database.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT count(*) FROM results").fetchone()[0])
    except sqlite3.OperationalError:  # it is being made
        return 0


def started(project: Project, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [PROGRAM, *arguments], cwd=project.folder, env=environment(), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip


def begun(project: Project) -> subprocess.Popen[str]:
    """A run of which some results are stored and others are not."""
    process = started(project, *RUN)
    until = time.monotonic() + 60
    while not stored(project):
        assert process.poll() is None
        assert time.monotonic() < until
        time.sleep(0.02)
    return process


def test_an_edit_during_a_run_keeps_what_was_true_and_nothing_else(project: Project) -> None:
    process = begun(project)
    project.edit("data/x.csv", "1", "1000")
    _, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "changed while it ran: data/x.csv" in said
    assert "Traceback" not in said
    kept = stored(project)
    assert 0 < kept < 100
    done = project.json(*RUN)
    assert (done["hits"], done["computed"]) == (0, 100)
    project.run("results", "table", "Slow", "n", "--out", "now.csv")
    assert min(map(_last, (project.folder / "now.csv").read_text().split()[1:])) >= 1000
    project.edit("data/x.csv", "1000", "1")
    done = project.json(*RUN)
    assert (done["hits"], done["computed"]) == (kept, 100 - kept)
    assert project.json("results", "verify", "--rerun", "20")["differing"] == []


@pytest.mark.slow
def test_an_edit_while_results_are_computed_again_is_no_difference(project: Project) -> None:
    project.run("run", "Slow", "--set", "pause=0.4", "--seeds", "0:40", "--workers", "2")
    process = started(project, "results", "verify", "--rerun", "40")
    time.sleep(3)
    project.edit("data/x.csv", "1", "1000")
    told, said = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "depends on changed meanwhile: data/x.csv" in said
    assert "differ" not in told


def _last(line: str) -> int:
    return int(line.rpartition(",")[2])


def test_ctrl_c_keeps_what_is_done_and_the_next_run_goes_on_from_there(project: Project) -> None:
    process = begun(project)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    kept = stored(project)
    assert 0 < kept < 100
    done = project.json(*RUN)
    assert (done["hits"], done["computed"]) == (kept, 100 - kept)


def bare(project: Project, *arguments: str) -> subprocess.CompletedProcess[str]:
    """A command on a kernel without Landlock."""
    return subprocess.run(
        [sys.executable, no_landlock.__file__, PROGRAM, *arguments],
        cwd=project.folder, env=environment(), capture_output=True, text=True, check=False,
        timeout=60,
    )  # fmt: skip


@pytest.mark.skipif(sys.platform != "linux", reason="no other system has Landlock to take away")
def test_without_landlock_the_watch_serves_and_the_report_says_so(project: Project) -> None:
    run = ("run", "Slow", "--set", "hidden=true", "--seeds", "0:2")
    done = bare(project, *run)
    assert done.returncode == 3, done.stderr
    assert "the kernel has no Landlock" in done.stderr
    assert "model.py:14 data/hidden.csv" in done.stdout
    assert "--data data/hidden.csv" in done.stderr
    fine = bare(project, *run[:2], "--seeds", "0:2", "--json")
    document = json.loads(fine.stdout)
    assert (document["computed"], document["enforcement"]) == (2, ["audit"])
    assert json.loads(bare(project, *run[:2], "--seeds", "0:2", "--json").stdout)["hits"] == 2
    hermetic = bare(project, *run, "--hermetic", "--json")
    assert json.loads(hermetic.stdout)["enforcement"] == ["audit"]
    assert hermetic.returncode == 3
    assert json.loads(hermetic.stdout)["unsound"] == 2
