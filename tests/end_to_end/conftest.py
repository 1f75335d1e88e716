"""Projects for the tests of this folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import DATA, Project
from tests.support.places import PLACES, Desk


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


@pytest.fixture(
    params=["layout", pytest.param("registry", marks=pytest.mark.needs_servers)], scope="module"
)
def shared_desk(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    with PLACES[request.param](tmp_path_factory.mktemp("desk")) as desk:
        yield desk


@pytest.fixture
def desk(shared_desk: Desk, tmp_path: Path) -> Desk:
    """A repository of its own on a place that the tests share."""
    name = re.sub(r"[^a-z0-9]+", "-", tmp_path.name.lower()).strip("-")
    return Desk(tmp_path, f"{shared_desk.place}-{name}")
