"""What git says of a file, and silence where there is no git."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from modelops_bundle.adapters.version_control import git_standing

Git = Callable[..., str]

pytestmark = [
    pytest.mark.needs_git,
    pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed"),
]


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".gitignore").write_text("cache/\n")
    (tmp_path / "*").write_text("")
    subprocess.run(["git", "-C", str(tmp_path), "add", ".gitignore"], check=True)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "standing"),
    [
        (".gitignore", "tracked"),
        ("new.txt", "untracked"),
        ("cache/x", "ignored"),
        ("not/there/yet", "untracked"),
        ("*", "untracked"),
    ],
)
def test_standing(repository: Path, name: str, standing: str) -> None:
    assert git_standing(str(repository / name)) == standing


def test_outside_a_repository(tmp_path: Path) -> None:
    assert git_standing(str(tmp_path / "x")) is None


def test_without_git(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repository))
    assert git_standing(str(repository / ".gitignore")) is None


def _monitor(repository: Path, git: Git, program: Path) -> None:
    git("config", "core.fsmonitor", str(program))
    git("config", "core.hooksPath", str(program.parent))
    program.with_name("post-index-change").symlink_to(program)


def _partial_clone(repository: Path, git: Git, program: Path) -> None:
    (repository / "b").mkdir()
    (repository / "b" / "x").write_text("")
    git("add", ".")
    git("-c", "user.name=n", "-c", "user.email=n@example.org", "commit", "-qm", "x")
    git("sparse-checkout", "init", "--cone", "--sparse-index")
    tree = git("rev-parse", "HEAD:b").strip()
    (repository / ".git" / "objects" / tree[:2] / tree[2:]).unlink()
    for key, value in {
        "core.repositoryformatversion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": f"ext::{program} %S",
        "protocol.ext.allow": "always",
    }.items():
        git("config", key, value)


@pytest.mark.parametrize("told", [_monitor, _partial_clone])
def test_no_program_of_the_repository_is_run(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, told: Callable[..., None]
) -> None:
    hooks = tmp_path_factory.mktemp("hooks")
    program = hooks / "program"
    program.write_text(f"#!/bin/sh\ntouch {hooks}/ran\nexit 1\n")
    program.chmod(0o755)

    def git(*arguments: str) -> str:
        command = ["git", "-C", str(repository), *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=False).stdout

    told(repository, git, program)
    git("ls-files")
    assert (hooks / "ran").exists()
    (hooks / "ran").unlink()
    # What some versions of git cannot tell without fetching is left open.
    assert git_standing(str(repository / ".gitignore")) in ("tracked", None)
    assert not (hooks / "ran").exists()
