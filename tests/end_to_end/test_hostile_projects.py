"""Whatever lies in a project, commands end in time, in words and in an exit code, and spoil nothing more."""

from __future__ import annotations

import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import hostile_registries, hostile_sources
from tests.support.command import PROGRAM, environment
from tests.support.hostile_projects import (
    REGISTRY,
    STATE,
    Hostile,
    hostile_projects,
    make_project,
    register_project,
)
from tests.support.warm import HUNG, Warm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse many of these names"),
]

CASES = list(hostile_projects())
PARTS = 8
TIMEOUT = 30
#: What commands may write.
WRITTEN = (STATE, REGISTRY, f"{STATE}/registry.lock", f"{STATE}/.gitignore")
CACHES = (f"{STATE}/cache", f"{STATE}/objects")

Snapshot = dict[str, tuple[int, bytes]]


@pytest.fixture(scope="module")
def warm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warm]:
    with Warm(tmp_path_factory.mktemp("elsewhere")) as started:
        yield started


@pytest.fixture(scope="module")
def registered(warm: Warm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("registered") / "project"
    make_project(root)

    def run(*arguments: str) -> None:
        done = warm.run(["-C", os.fspath(root), *arguments], env=environment(SEED="1"))
        assert done.returncode == 0, done.stderr

    register_project(run)
    return root


def snapshot(root: Path) -> Snapshot:
    """What stands under every name that no command may touch, special files not opened."""
    found: Snapshot = {}
    pending = [root]
    while pending:
        for entry in os.scandir(pending.pop()):
            name = os.path.relpath(entry.path, root)
            if name in CACHES or len(entry.path) > 3000:
                continue
            kind = stat.S_IFMT(entry.stat(follow_symlinks=False).st_mode)
            found[name] = (kind, _content(entry, kind))
            if kind == stat.S_IFDIR:
                pending.append(Path(entry.path))
    return found


def _content(entry: os.DirEntry[str], kind: int) -> bytes:
    if kind == stat.S_IFLNK:
        return os.fsencode(os.readlink(entry.path))
    # A file of gigabytes is told by its size.
    if kind == stat.S_IFREG and entry.stat().st_size < 1 << 26:
        return Path(entry.path).read_bytes()
    return b""


def wrongs(warm: Warm, case: Hostile, root: Path, before: str = "") -> list[str]:
    """Run a case's commands in a project; what they did that they must not, in words."""
    case.spoil(root)
    then, found = snapshot(root), []
    variables = environment(**case.variables) | {"SEED": case.variables.get("SEED", "1")}
    for command in case.commands:
        done = warm.run(command, cwd=root, env=variables, timeout=TIMEOUT, before=before)
        said = f"{case.name}: {' '.join(command)[:80]!a}: "
        found += [said + wrong for wrong in _wrong_ends(done)]
        now = snapshot(root)
        for name in sorted({*then, *now}):
            may_change = name in WRITTEN and name not in case.kept
            if then.get(name) != now.get(name) and not may_change:
                found.append(f"{said}{name!a} changed")
        then = now
    return found


def _wrong_ends(done: subprocess.CompletedProcess[str]) -> Iterator[str]:
    if done.returncode == HUNG:
        yield "hung"
    elif done.returncode not in (0, 1, 2, 3):
        yield f"ended with {done.returncode}: {done.stderr[-300:]}"
    if "Traceback" in done.stderr or "bug of modelops-bundle" in done.stderr:
        yield done.stderr[-2000:]
    if done.returncode in (1, 2) and not (done.stderr or done.stdout):
        yield "no word"


@pytest.fixture
def copied(registered: Path, tmp_path: Path) -> Iterator[Path]:
    root = tmp_path / "project"
    shutil.copytree(registered, root, symlinks=True)
    yield root
    subprocess.run(["chmod", "-R", "u+rwX", os.fspath(tmp_path)], check=False, capture_output=True)
    subprocess.run(["rm", "-rf", os.fspath(root)], check=True)


def test_the_corpus_is_large() -> None:
    assert len({case.name for case in CASES}) == len(CASES)
    assert len(CASES) >= 400
    others = len(list(hostile_sources.hostile_sources())) + len(hostile_registries.corpus())
    assert others >= 400


@pytest.mark.parametrize("part", range(PARTS))
def test_hostile_projects(warm: Warm, registered: Path, tmp_path: Path, part: int) -> None:
    found = []
    for case in CASES[part::PARTS]:
        root = tmp_path / "project"
        shutil.copytree(registered, root, symlinks=True)
        found += wrongs(warm, case, root)
        subprocess.run(["rm", "-rf", os.fspath(root)], check=True)
    assert not found, f"{len(found)}:\n" + "\n".join(found)


REGISTRIES = hostile_registries.corpus()


def test_hostile_registries(warm: Warm, registered: Path, tmp_path: Path) -> None:
    """Those that the loader refuses, through the commands: each is an error, and stays as it is."""
    root = tmp_path / "project"
    shutil.copytree(registered, root, symlinks=True)
    found = []
    for name in sorted(REGISTRIES)[::4]:

        def spoil(root: Path, data: bytes = REGISTRIES[name]) -> None:
            (root / REGISTRY).write_bytes(data)

        commands = (("status",), ("update",), ("register-model", "model.py"), ("init",))
        found += wrongs(warm, Hostile(name, spoil, commands, {}, (REGISTRY,)), root)
    assert not found, f"{len(found)}:\n" + "\n".join(found)


OPEN_ANYTHING = """
import os
import modelops_bundle.adapters.registry_file as module
module._FLAGS = os.O_RDONLY
"""
RAISE = """
import modelops_bundle.workflows.status as module
def status(*_): raise ValueError('x')
module.status = status
"""
TAKE_ANYTHING = """
import modelops_bundle.adapters.registry_file as module
from modelops_bundle.registry import BundleRegistry
from modelops_bundle.records.document import Loaded
module.RegistryFile._parse = lambda self, data: Loaded(BundleRegistry(), None)
"""


@pytest.mark.parametrize(
    ("before", "name", "command", "wrong"),
    [
        (OPEN_ANYTHING, f"{REGISTRY}: pipe", ("status",), "hung"),
        (RAISE, "source: BOM", ("status",), "bug of modelops-bundle"),
        (TAKE_ANYTHING, f"{REGISTRY}: binary file", ("register-model", "model.py"), "changed"),
    ],
)
def test_without_a_guard_it_is_noticed(
    warm: Warm, copied: Path, monkeypatch: pytest.MonkeyPatch,
    before: str, name: str, command: tuple[str, ...], wrong: str,
) -> None:  # fmt: skip
    monkeypatch.setattr("tests.end_to_end.test_hostile_projects.TIMEOUT", 5)
    (case,) = (case for case in CASES if case.name == name)
    found = wrongs(warm, case._replace(commands=(command,)), copied, before)
    assert len(found) == 1
    assert wrong in found[0]


# What only a program that starts on its own can meet.

STARTS: dict[str, dict[str, str]] = {
    "PYTHONPATH without UTF-8": {"PYTHONPATH": "\udcff"},
    "PYTHONPATH of a thousand": {"PYTHONPATH": ":".join(f"n{number}" for number in range(1000))},
    "ASCII": {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
    "an encoding for streams": {"PYTHONIOENCODING": "ascii:strict"},
    "another encoding": {"PYTHONIOENCODING": "utf-16"},
    "no locale": {"LANG": "nonsense", "LC_ALL": "nonsense"},
    "warnings are errors": {"PYTHONWARNINGS": "error"},
    "a variable without UTF-8": {"SEED": "\udcff\udcfe"},
    "development mode": {"PYTHONDEVMODE": "1"},
    "optimised": {"PYTHONOPTIMIZE": "2"},
    "few digits": {"PYTHONINTMAXSTRDIGITS": "640"},
}


@pytest.mark.parametrize("name", STARTS)
def test_hostile_starts(copied: Path, name: str) -> None:
    (copied / os.fsdecode(b"bad\xff\n\xc3\xa9.py")).write_text(
        "import base\nclass H(base.Model): ...\n"
    )
    for command in (["discover"], ["status", "--json"], ["register-model", "."]):
        done = subprocess.run(
            [PROGRAM, *command],
            cwd=copied,
            env=environment(**STARTS[name]),
            capture_output=True,
            timeout=60,
            check=False,
        )
        complaints = done.stderr.decode(errors="replace")
        assert done.returncode == 0, complaints
        assert "Traceback" not in complaints
        assert "Error" not in complaints


STREAMS = {
    "output is full": ("exec {} > /dev/full", 1),
    "output is closed": ("exec {} >&-", None),
    "errors are closed": ("exec {} 2>&-", 0),
    "errors are full": ("exec {} 2> /dev/full", None),
    "input is closed": ("exec {} <&-", 0),
    "all are closed": ("exec {} <&- >&- 2>&-", None),
    "nobody reads": ("{} | true", None),
    "few files may be open": ("ulimit -n 12; exec {}", None),
    "little memory": ("ulimit -v 300000; exec {}", None),
    "no file may grow": ("ulimit -f 0; trap '' XFSZ; exec {}", None),
}


@pytest.mark.parametrize("name", STREAMS)
@pytest.mark.parametrize("command", ["status", "register-model model.py --label a=b"])
def test_hostile_streams(copied: Path, name: str, command: str) -> None:
    shell, code = STREAMS[name]
    before = (copied / REGISTRY).read_bytes()
    done = subprocess.run(
        ["bash", "-c", shell.format(f"{PROGRAM} {command}")],
        cwd=copied,
        env=environment(SEED="1"),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    assert "bug of modelops-bundle" not in done.stderr, done.stderr
    assert done.returncode in ((0, 1, 2) if code is None else (code,)), done.stderr
    # The old registry, or a whole new one.
    after = (copied / REGISTRY).read_bytes()
    assert after == before or b"a: b" in after
    again = subprocess.run(
        [PROGRAM, "status"], cwd=copied, env=environment(SEED="1"), capture_output=True, check=False
    )
    assert again.returncode == 0, again.stderr
