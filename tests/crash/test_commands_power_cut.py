"""The power goes right after a command has ended: what it acknowledged is there, and the project works on."""

from __future__ import annotations

import json
import os

import pytest
from tests.support import mounts
from tests.support.warm import Warm

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.needs_root,
    pytest.mark.skipif(
        bool(mounts.available("mkfs.ext4")),
        reason=mounts.available("mkfs.ext4") or "mounting works",
    ),
]

UNSYNCED = "import os; os.fsync = lambda descriptor: None"
FILE_UNSYNCED = """
import os, stat
sync = os.fsync
os.fsync = lambda fd: sync(fd) if stat.S_ISDIR(os.fstat(fd).st_mode) else None
"""


@pytest.fixture(scope="module")
def warm(tmp_path_factory):
    with Warm(tmp_path_factory.mktemp("elsewhere")) as started:
        yield started


@pytest.fixture
def disk(tmp_path):
    """A disk on which only what is synced survives, and a project that is on it for good."""
    source = mounts.image(tmp_path / "disk.img")
    # Else the journal would be written after five seconds, and a rename would bring its data along.
    options = "loop,commit=600,noauto_da_alloc"
    with mounts.mounted(source, tmp_path / "disk", options=options) as at:
        project = at / "project"
        project.mkdir()
        (project / "base.py").write_text("class Model: ...\n")
        (project / "pyproject.toml").write_text(
            "[tool.modelops-bundle]\nmodel_bases = ['base.Model']\n"
        )
        for name in "abc":
            (project / f"{name}.py").write_text(
                f"import base\nclass {name.upper()}(base.Model): 0\n"
            )
        os.sync()
        yield source, project


class Power:
    """Commands on a disk, and what is left of the project when the power goes."""

    def __init__(self, warm, disk, copy, before=""):
        self.warm, self.copy, self.before = warm, copy, before
        self.source, self.project = disk

    def run(self, *arguments):
        done = self.warm.run(["-C", str(self.project), *arguments], before=self.before)
        assert done.returncode == 0, done.stderr

    def cut(self):
        """The state of each entry after a cut now; ``None`` when nothing is left of the registry."""
        with mounts.power_cut(self.source, self.copy) as disk:
            project = disk / "project"
            if not (project / ".modelops-bundle" / "registry.yaml").exists():
                return None
            at = ["-C", str(project)]
            for extra in ((), ("--no-cache",)):
                done = self.warm.run([*at, "status", "--json", *extra])
                assert done.returncode == 0, done.stderr
            entries = json.loads(done.stdout)["entries"]
            again = self.warm.run([*at, "register-model", "a.py"])
            assert again.returncode == 0, again.stderr
            left = sorted(path.name for path in (project / ".modelops-bundle").iterdir())
            assert not [name for name in left if name.endswith((".tmp", "-journal"))]
            return {each["id"]: each["state"] for each in entries}


def test_what_commands_acknowledged_survives_a_power_cut(warm, disk, tmp_path):
    power = Power(warm, disk, tmp_path / "copy")
    power.run("init")
    assert power.cut() == {}
    power.run("register-model", "a.py")
    assert power.cut() == {"a_a": "current"}
    power.run("register-model", "b.py", "--id", "second")
    assert power.cut() == {"a_a": "current", "second": "current"}
    (power.project / "a.py").write_text("import base\nclass A(base.Model): 1\n")
    os.sync()
    assert power.cut() == {"a_a": "stale", "second": "current"}
    power.run("update")
    assert power.cut() == {"a_a": "current", "second": "current"}
    power.run("unregister", "second")
    assert power.cut() == {"a_a": "current"}


@pytest.mark.parametrize(
    "before", [UNSYNCED, FILE_UNSYNCED], ids=["nothing synced", "only folders"]
)
def test_without_the_syncs_it_does_not(warm, disk, tmp_path, before):
    power = Power(warm, disk, tmp_path / "copy")
    power.run("init")
    power.before = before
    power.run("register-model", "a.py")
    try:
        left = power.cut()
    except AssertionError:  # an empty registry, which is an error
        return
    assert left != {"a_a": "current"}
