"""32 processes with 50 registrations each, as the command does them, and a reader: none lost, none torn.

Each registration is of a class of its own and gives it a label of its own: every single one can be counted in
the end. Whoever goes on after the last class registers again from the first on, and labels are kept.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from tests.support.command import Project, environment

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

PROCESSES = 32
EACH = 50

WRITER = """
import sys
from modelops_bundle.errors import MopsError
from modelops_bundle.wiring import open_project
from modelops_bundle.workflows.register import RegisterRequest, register_models
for number in range(int(sys.argv[3])):
    label = f"r{number}=1"
    request = RegisterRequest(
        path=f"models/{sys.argv[2]}.py", names=[f"M{number % int(sys.argv[4])}"], labels=[label]
    )
    try:
        with open_project(sys.argv[1]) as workspace:
            report = register_models(workspace, request)
    except MopsError as error:
        sys.exit(str(error))
    (line,) = report.lines
    print(line.sign, line.id, label, flush=True)
"""
READER = """
import sys, time
from modelops_bundle.wiring import open_project
from modelops_bundle.workflows.status import status
seen, reads, stopped = set(), 0, False
while not stopped:
    stopped = bool(sys.stdin.read(1)) if reads and select([sys.stdin], [], [], 0)[0] else False
    with open_project(sys.argv[1]) as workspace:
        entries = status(workspace, ()).entries
    states = {entry.verdict.state.value for entry in entries}
    assert states <= {"current"}, states
    now = {entry.id for entry in entries}
    assert seen <= now, f"lost {seen - now}"
    seen, reads = now, reads + 1
    print(reads, len(now), flush=True)
    time.sleep(2)
""".replace("import sys, time", "import sys, time\nfrom select import select")


@pytest.fixture
def project(tmp_path):
    project = Project(tmp_path / "project")
    (project.folder / "models").mkdir(parents=True)
    (project.folder / "base.py").write_text("class Model: ...\n")
    (project.folder / "pyproject.toml").write_text(
        "[tool.modelops-bundle]\nmodel_bases = ['base.Model']\n"
    )
    for process in range(PROCESSES):
        classes = "".join(f"class M{number}(base.Model): {number}\n" for number in range(EACH))
        (project.folder / "models" / f"p{process}.py").write_text(f"import base\n{classes}")
    project.run("init")
    return project


def start(code, project, *arguments):
    return subprocess.Popen(
        [sys.executable, "-c", code, os.fspath(project.folder), *arguments],
        env=environment(),
        cwd=project.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def write(project, name, times=EACH, code=WRITER):
    return start(code, project, name, str(times), str(EACH))


def labels(project):
    """Every label that is recorded, with the id that bears it."""
    models = project.json("show-registry")["models"]
    return {(entry["id"], label) for entry in models for label in entry["labels"]}


def acknowledged(output):
    """Every label that a writer was told was recorded; its last line may be cut off."""
    lines = output.rpartition("\n")[0].splitlines()
    return {(line.split()[1], line.split()[2].partition("=")[0]) for line in lines}


def litter(project):
    state = project.folder / ".modelops-bundle"
    found = {path.relative_to(state).as_posix() for path in state.rglob("*")}
    return found - {
        ".gitignore", "cache", "cache/cache.sqlite", "objects", "objects/objects.sqlite",
        "registry.lock", "registry.yaml",
    }  # fmt: skip


def test_32_processes_with_50_registrations_each_and_a_reader(project):
    reader = start(READER, project)
    writers = [write(project, f"p{number}") for number in range(PROCESSES)]
    ended = [(*writer.communicate(), writer.returncode) for writer in writers]
    read, complaints = reader.communicate("x")
    assert [(errors, code) for _, errors, code in ended] == [("", 0)] * PROCESSES
    assert reader.returncode == 0, complaints
    told = set().union(*(acknowledged(output) for output, _, _ in ended))
    assert len({entry for entry, _ in told}) == len(told) == PROCESSES * EACH
    assert labels(project) == told
    assert set(project.states().values()) == {"current"}
    counts = [int(line.split()[1]) for line in read.splitlines()]
    # The reader was there all the time, and saw the registry grow.
    assert len(set(counts)) > 5
    assert counts[-1] == PROCESSES * EACH
    assert not litter(project)


def test_without_the_lock_registrations_are_lost(project):
    unlocked = """
import contextlib
import modelops_bundle.adapters.registry_file as module
module.hold_lock = lambda path, timeout: contextlib.nullcontext()
module.remove_leftovers = lambda path: None
"""
    writers = [write(project, f"p{number}", 20, unlocked + WRITER) for number in range(6)]
    told = set().union(*(acknowledged(writer.communicate()[0]) for writer in writers))
    assert told - labels(project)


def test_writers_killed_at_random_lose_nothing_that_was_acknowledged(project):
    told = set()
    for turn in range(4):
        writers = [write(project, f"p{turn * 4 + number}", 10**6) for number in range(4)]
        time.sleep(1.2 + turn / 20)
        for writer in writers:
            writer.send_signal(signal.SIGKILL)
        told = told.union(*(acknowledged(writer.communicate()[0]) for writer in writers))
    assert len(told) > 20
    assert told <= labels(project)
    project.run("register-model", "models/p31.py")
    assert not litter(project)
