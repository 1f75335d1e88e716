"""Files of the catalog commands: reading what people name, and where a project keeps its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from modelops_bundle.catalog.loading import PROJECT_FILE, project_folder
from modelops_bundle.errors import UsageError

__all__ = ["Input", "own_input", "project_input", "read_input"]


@dataclass(frozen=True, slots=True)
class Input:
    """A file that was read.

    Attributes:
        shown: Its path as people read it.
        data: What it holds.
    """

    shown: str
    data: bytes


def read_input(cwd: str, path: str) -> Input:
    """A file that was named on the command line.

    Raises:
        UsageError: It is not there, no regular file, or cannot be read.
    """
    place = os.path.join(cwd, path)
    mend = "Name a file that can be read."
    if not os.path.exists(place):
        raise UsageError(f"there is no file {path}", "", mend)
    if not os.path.isfile(place):
        raise UsageError(f"{path} is no file", "", mend)
    try:
        return Input(path, Path(place).read_bytes())
    except OSError as error:
        raise UsageError(f"cannot read {path}", error.strerror or str(error), mend) from error


def project_input(cwd: str) -> Input | None:
    """The catalog document of the project that a folder lies in; ``None`` when it has none."""
    folder = project_folder(cwd)
    if not os.path.lexists(folder / PROJECT_FILE):
        return None
    return read_input(str(folder), PROJECT_FILE)


def own_input(cwd: str) -> Input:
    """The same, where it has to be there.

    Raises:
        UsageError: The project has no catalog document.
    """
    given = project_input(cwd)
    if given is None:
        raise UsageError(
            f"there is no {PROJECT_FILE} here",
            "so nothing is added to the shipped catalog",
            "Write one, or let `mops-bundle catalog refresh` do it.",
        )
    return given
