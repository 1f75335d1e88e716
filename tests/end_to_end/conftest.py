"""Projects for the tests of this folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import DATA, Project


@pytest.fixture(scope="session")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The sample project with everything registered. Copy it; do not change it."""
    folder = tmp_path_factory.mktemp("registered")
    Project(folder).run("sample-create", "sample")
    project = Project(folder / "sample")
    project.run("init")
    project.run("register-model", "src/model.py", *DATA)
    project.run("register-target", "src/targets.py")
    return project


@pytest.fixture
def sample(registered: Project, tmp_path: Path) -> Project:
    """A copy of it for one test."""
    return registered.copy(tmp_path / "sample")
