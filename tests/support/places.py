"""Places for bundles in tests: a layout folder always, and a real registry where one is installed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.support.command import Project
from tests.support.oci_servers import docker_registry, docker_registry_program

__all__ = ["DIGEST", "PLACES", "Desk", "layout_place", "pushed", "registry_place"]

DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass
class Desk:
    """Users of one place, each with a folder of their own.

    Attributes:
        folder: Where their folders are.
        place: What they call the place.
        variables: What their environments say.
    """

    folder: Path
    place: str
    variables: dict[str, str] = field(default_factory=dict)

    def user(self, project: Project, name: str) -> Project:
        """A user with a copy of a project."""
        copy = project.copy(self.folder / name)
        copy.variables = self.own(name)
        return copy

    def clone(self, name: str, ref: str | None = None) -> Project:
        """A user who clones the bundle."""
        Project(self.folder, self.own(name)).run("clone", ref or self.place, name)
        return Project(self.folder / name, self.own(name))

    def own(self, name: str) -> dict[str, str]:
        """What the environment of a user says: each has a machine of their own."""
        return {"XDG_CACHE_HOME": str(self.folder / f"{name}.cache"), **self.variables}


@contextmanager
def layout_place(folder: Path) -> Iterator[Desk]:
    """A layout folder."""
    yield Desk(folder, f"oci-layout:{folder / 'bundles'}")


@contextmanager
def registry_place(folder: Path) -> Iterator[Desk]:
    """A registry of its own."""
    if docker_registry_program() is None:
        pytest.skip("docker-registry is not installed")
    server_folder = folder / "server"
    server_folder.mkdir()
    with docker_registry(server_folder) as server:
        yield Desk(folder, f"{server.host}/team/project")


def pushed(project: Project, *arguments: str) -> str:
    """Push; the digest that is printed first."""
    match = DIGEST.search(project.run("push", *arguments).stdout)
    assert match is not None
    return match[0]


PLACES = {"layout": layout_place, "registry": registry_place}
