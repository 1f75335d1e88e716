"""What git says of a file, and silence where there is no git."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from modelops_bundle.adapters.version_control import git_standing

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
