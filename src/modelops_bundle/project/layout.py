"""Where a project keeps what: one root, and the well-known paths below it.

A project is a folder that holds ``.modelops-bundle/``. Recorded paths are relative to it and use ``/``; a
path is "in the project" by how it is written, not by where a symbolic link on it leads.
"""

from __future__ import annotations

import os
import shlex
from dataclasses import dataclass
from pathlib import PurePath

from modelops_bundle.errors import ProjectNotFoundError, UsageError

__all__ = ["STATE_FOLDER", "Layout", "find_project"]

STATE_FOLDER = ".modelops-bundle"

#: What ``init`` writes: the registry is for version control, the rest is this machine's.
LOCAL_IGNORES = (
    "bundles/",
    "cache/",
    "incoming/",
    "objects/",
    "replaced/",
    "results/",
    "env",
    "state.json",
    "*.lock",
    "*.tmp",
)


@dataclass(frozen=True, slots=True)
class Layout:
    """Absolute paths of a project's parts.

    Attributes:
        root: The project's folder, absolute, links in it not followed.
    """

    root: str

    @property
    def state(self) -> str:
        """The folder of everything the tool writes."""
        return os.path.join(self.root, STATE_FOLDER)

    @property
    def registry(self) -> str:
        """The registry file, meant for version control."""
        return os.path.join(self.state, "registry.yaml")

    @property
    def cache(self) -> str:
        """What can be computed again: stat cache and derived facts."""
        return os.path.join(self.state, "cache")

    @property
    def objects(self) -> str:
        """Recorded sources and table summaries, for explanations."""
        return os.path.join(self.state, "objects")

    @property
    def results(self) -> str:
        """Results of simulations."""
        return os.path.join(self.state, "results")

    @property
    def tracked(self) -> str:
        """Paths that the user added to the bundle, one a line; meant for version control."""
        return os.path.join(self.state, "tracked.txt")

    @property
    def sync_state(self) -> str:
        """What was last pushed or pulled."""
        return os.path.join(self.state, "state.json")

    @property
    def settings(self) -> str:
        """Where bundles go: the default place, tag and storage."""
        return os.path.join(self.state, "config.yaml")

    @property
    def environment_name(self) -> str:
        """The name of the user's environment that the project uses."""
        return os.path.join(self.state, "env")

    @property
    def incoming(self) -> str:
        """Files of a bundle that wait to be put in place."""
        return os.path.join(self.state, "incoming")

    @property
    def replaced(self) -> str:
        """Copies of files of the user's that a pull was told to replace."""
        return os.path.join(self.state, "replaced")

    @property
    def bundles(self) -> str:
        """The image layout that bundles go to when no other place was named."""
        return os.path.join(self.state, "bundles")

    @property
    def bundle_lock(self) -> str:
        """Held by a command that pushes, pulls or changes what is tracked."""
        return os.path.join(self.state, "bundle.lock")

    @property
    def ignored(self) -> str:
        """Patterns of files that `add` passes over."""
        return os.path.join(self.root, ".modelopsignore")

    @property
    def ignore_file(self) -> str:
        """The ``.gitignore`` for what is local."""
        return os.path.join(self.state, ".gitignore")

    @property
    def pyproject(self) -> str:
        """Where the configuration stands."""
        return os.path.join(self.root, "pyproject.toml")

    def absolute(self, recorded: str) -> str:
        """The machine's path of a recorded one."""
        return self.root if recorded == "." else os.path.join(self.root, *recorded.split("/"))

    def holds(self, path: str) -> bool:
        """Whether an absolute path lies in the project as it is written."""
        return path == self.root or path.startswith(self.root.rstrip(os.sep) + os.sep)

    def holds_really(self, path: str) -> bool:
        """Whether a path lies in the project when every link on it is followed."""
        return Layout(os.path.realpath(self.root)).holds(os.path.realpath(path))

    def recorded(self, path: str) -> str:
        """The recorded form of an absolute path in the project.

        Raises:
            UsageError: The path lies outside.
        """
        if not self.holds(path):
            raise UsageError(
                f"{path} is outside the project",
                f"the project is {self.root}",
                "Copy or link the file into the project: what a result depends on travels with it.",
            )
        return PurePath(path[len(self.root.rstrip(os.sep)) + 1 :]).as_posix() or "."

    def from_user(self, text: str, cwd: str) -> str:
        """The recorded form of a path or pattern as the user typed it in ``cwd``.

        Raises:
            UsageError: It is empty, holds a NUL, or leads outside the project.
        """
        if not text or "\0" in text:
            raise UsageError(f"not a path: {text!r}")
        return self.recorded(os.path.normpath(os.path.join(cwd, text)))

    def for_user(self, recorded: str, cwd: str) -> str:
        """A recorded path as it may be typed into a shell in ``cwd``."""
        return shlex.quote(os.path.relpath(self.absolute(recorded), cwd))


def find_project(start: str) -> Layout:
    """The project that ``start`` lies in: the nearest folder upward that holds ``.modelops-bundle/``.

    Raises:
        ProjectNotFoundError: There is none up to the file system's root.
    """
    folder = os.path.abspath(start)
    while True:
        if os.path.isdir(os.path.join(folder, STATE_FOLDER)):
            return Layout(folder)
        parent = os.path.dirname(folder)
        if parent == folder:
            raise ProjectNotFoundError(
                f"no project in {os.path.abspath(start)} or above it",
                f"no folder {STATE_FOLDER}/ was found",
                "Run `mops-bundle init` in the project's folder, or name it with -C PATH.",
            )
        folder = parent
