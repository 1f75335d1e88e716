"""``init``, ``register-model`` and ``update`` killed, or refused by the disk, at each call on the project.

Registering for the first time is tried at every call; again after an edit, with a class less, and with
``--reset`` at every call on the registry and at every seventh of the others, which are much the same.

Whatever the fault: the registry is the old one or the new one, what was acknowledged is there, errors are
words, and the same command given again ends as if nothing had happened and leaves nothing behind.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

import pytest
from tests.support import injection
from tests.support.warm import Warm, WarmBench

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.needs_strace,
    pytest.mark.skipif(bool(injection.available()), reason=injection.available() or "strace works"),
]

SOURCES = {
    "pyproject.toml": "[tool.modelops-bundle]\nmodel_bases = ['base.Model']\n",
    "base.py": "class Model: ...\n",
    "model.py": "import base\nfrom pkg import rates\nclass SIR(base.Model):\n    R = rates.R0\n",
    "pkg/__init__.py": "",
    "pkg/rates.py": "R0 = 2.5\n",
    "data/population.csv": "age,count\n0,10\n",
}
NAMES_OF_DATA = ("--data", "data")
STATE = ".modelops-bundle"
MODEL = SOURCES["model.py"]
TWO = f"{MODEL}class Old(base.Model):\n    R = 1\n"


class Task(NamedTuple):
    """A command, what was registered before, and what is edited between."""

    command: tuple[str, ...]
    registered: tuple[str, ...] | None = None
    edited: Mapping[str, str] = {}
    model: str = MODEL
    every: int = 1
    said: str = ""


EDITED = {"pkg/rates.py": "R0 = 3.0\n", "data/population.csv": "age,count\n0,11\n"}
REGISTER = ("register-model", "model.py")
TASKS = {
    "init": Task(("init",)),
    "register-model": Task((*REGISTER, *NAMES_OF_DATA), said="+ "),
    "update": Task(("update",), (*REGISTER, *NAMES_OF_DATA), EDITED, said="~ "),
    "again": Task(REGISTER, (*REGISTER, *NAMES_OF_DATA), EDITED, every=7, said="~ "),
    "pruned": Task(REGISTER, REGISTER, {"model.py": MODEL}, model=TWO, every=7, said="- "),
    "reset": Task((*REGISTER, "--reset"), (*REGISTER, *NAMES_OF_DATA), every=7, said="~ "),
}
RANDOM = re.compile(r"[0-9]+-[0-9a-f]{16}(?=\.tmp)")
BELONGS_THERE = {
    ".gitignore",
    "cache",
    "cache/cache.sqlite",
    "objects",
    "objects/objects.sqlite",
    "registry.lock",
    "registry.yaml",
}


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    with Warm(tmp_path_factory.mktemp("elsewhere")) as started:
        yield started


class Case:
    """A project, a command that is about to be run in it, and what has to come of it."""

    def __init__(self, warm, folder, task, before=""):
        self.warm = warm
        self.root = folder / "project"
        self.command = command = task.command
        self.write(SOURCES | {"model.py": task.model})
        if command[0] != "init":
            self.good("init")
            # The interpreter is asked once; here it would be asked hundreds of times.
            self.good("env", "show")
        if task.registered:
            self.good(*task.registered)
        self.write(task.edited)
        self.old = self.registry()
        kept = folder / "unfinished"
        shutil.copytree(self.root, kept)
        # What is right is what happens where no fault strikes.
        assert task.said in self.good(*command)
        self.new = self.registry()
        assert self.new != self.old
        self.reasons = self.explained()
        shutil.rmtree(self.root)
        shutil.copytree(kept, self.root)
        (folder / "scratch").mkdir()
        self.bench = WarmBench(
            warm, self.at(*command), self.root, scratch=folder / "scratch", before=before
        )
        self.judged = set()

    def write(self, sources):
        for path, text in sources.items():
            (self.root / path).parent.mkdir(parents=True, exist_ok=True)
            (self.root / path).write_text(text)

    def at(self, *arguments):
        return ["-C", os.fspath(self.root), *arguments]

    def good(self, *arguments):
        done = self.warm.run(self.at(*arguments))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def registry(self):
        path = self.root / STATE / "registry.yaml"
        return path.read_bytes() if path.exists() else None

    def explained(self):
        """What ``why`` says of an edit, which needs the objects; put back afterwards."""
        if self.command[0] == "init":
            return None
        source = self.root / "pkg/rates.py"
        before = source.read_text()
        source.write_text("R0 = 9.0\n")
        reasons = json.loads(self.good("why", "model_sir", "--json"))["reasons"]
        source.write_text(before)
        assert [each["path"] for each in reasons] == ["pkg/rates.py"], reasons
        assert reasons[0]["definitions"][0]["after"] == "9.0", reasons
        return reasons

    def state(self):
        """Names and bytes of everything below the project, the random part of names taken out."""
        return frozenset(
            (RANDOM.sub("", path), hash(data))
            for path, data in injection.tree_of(self.root).items()
        )

    def litter(self):
        state = self.root / STATE
        found = {path.relative_to(state).as_posix() for path in state.rglob("*")}
        return found - BELONGS_THERE

    def judge(self, fault):
        """Run with one fault and then without; what the fault did, or ``None`` if it went elsewhere."""
        outcome = self.bench.run(fault)
        if not outcome.struck:
            return None
        after = self.registry()
        claim(after in (self.old, self.new), "the registry is a third one", outcome)
        if not outcome.killed:
            claim(is_in_words(outcome), "no words", outcome)
        if outcome.code == 0 or acknowledged(outcome.output):
            claim(after == self.new, "what was acknowledged is lost", outcome)
        self.judge_next_run()
        return "killed" if outcome.killed else outcome.code, after == self.new

    def judge_next_run(self):
        """Run once more and without a fault, unless that was done already from the very same files."""
        left = self.state()
        if left in self.judged:
            return
        again = self.warm.run(self.at(*self.command))
        claim(again.returncode == 0, "the next run fails", again)
        claim(self.registry() == self.new, "the next run ends otherwise", again)
        claim(not self.litter(), "litter", self.litter())
        claim(self.explained() == self.reasons, "explained otherwise")
        self.judged.add(left)


class HarmError(Exception):
    """A fault did harm."""


def claim(holds, otherwise, *details):
    if not holds:
        raise HarmError(" ".join([otherwise, *map(str, details)]))


def acknowledged(output):
    return any(line.startswith(("+ ", "~ ", "- ")) for line in output.splitlines())


def is_in_words(outcome):
    if "Traceback" in outcome.errors or "bug of modelops-bundle" in outcome.errors:
        return False
    if outcome.code == 0:
        return True
    if outcome.code == 1 and outcome.output.startswith("! "):
        return len(outcome.output.splitlines()) == 2
    lines = outcome.errors.splitlines()
    return outcome.code in (1, 2) and lines[0].startswith("error: ") and len(lines) <= 2


READING = {"fcntl", "getdents64", "ioctl", "lseek", "newfstatat", "pread64", "read", "readlink"}


@pytest.mark.parametrize("kind", [injection.KILL, "EIO", "ENOSPC"])
@pytest.mark.parametrize("name", TASKS)
def test_a_command_under_faults(warm, name, kind, tmp_path):
    task = TASKS[name]
    case = Case(warm, tmp_path, task)
    faults = sampled(injection.faults(case.bench.calls, [kind]), task.every)
    if kind == "ENOSPC":
        faults = [fault for fault in faults if needs_space(fault.call)]
    problems, seen = harm(case, faults)
    assert not problems, f"{len(problems)}:\n" + "\n".join(problems)
    assert not seen[None], "so many faults did not strike"
    # Both ends were met: before the new registry was in place, and after.
    assert len({done[1] for done in seen if done}) == 2


def sampled(faults, every):
    """All at the registry, and every n-th of the others."""
    others = [fault for fault in faults if "/registry." not in fault.call.text]
    return [fault for fault in faults if fault not in others] + others[::every]


WRITTEN_IN_PLACE = """
import modelops_bundle.adapters.registry_file as module
def write(path, data):
    with open(path, "wb", buffering=0) as file:
        file.write(data[:99])
        file.write(data[99:])
module.write_atomically = write
"""
OVERLOOKED = """
import modelops_bundle.adapters.disk as module
module._require_telling = lambda error: None
"""


@pytest.mark.parametrize("name", ["update", "again", "pruned", "reset"])
def test_without_the_rename_the_registry_is_torn(warm, name, tmp_path):
    case = Case(warm, tmp_path, TASKS[name], before=WRITTEN_IN_PLACE)
    problems, _ = harm(case, faults_at(case, "write", "registry.yaml", injection.KILL))
    # Nothing is in it yet, and a part of it.
    assert len(problems) == 2
    assert all("the registry is a third one" in problem for problem in problems)


def test_without_the_look_at_the_error_helpers_are_forgotten(warm, tmp_path):
    case = Case(warm, tmp_path, TASKS["register-model"], before=OVERLOOKED)
    problems, _ = harm(case, faults_at(case, "openat", 'project/pkg"', "EIO"))
    assert problems
    assert "the registry is a third one" in problems[0]


def harm(case, faults):
    """What each fault did that it must not, in words, and how often there was which end."""
    problems, seen = [], Counter()
    for fault in faults:
        try:
            seen[case.judge(fault)] += 1
        except HarmError as error:
            problems.append(f"{fault}: {error}")
    return problems, seen


def faults_at(case, name, text, kind):
    calls = [call for call in case.bench.calls if call.name == name and text in call.text]
    return injection.faults(calls, [kind])


def needs_space(call):
    """Whether a full disk can refuse the call; EIO stands for what else a call can be refused with."""
    if call.name == "openat":
        return "O_CREAT" in call.text
    return call.name not in READING
