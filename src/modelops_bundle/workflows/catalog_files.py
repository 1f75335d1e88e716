"""Files of the catalog commands: reading what people name, where a project keeps its own, replacing them."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from modelops_bundle.catalog.listing import is_models_json
from modelops_bundle.catalog.loading import PROJECT_FILE, project_folder
from modelops_bundle.errors import StorageError, UsageError, WorkInTheWayError

__all__ = [
    "Input",
    "TextFile",
    "own_input",
    "project_input",
    "read_input",
    "replaced",
    "require_list",
]

#: No document, table or catalog of others is larger.
_MOST_BYTES = 64 * 1024 * 1024
#: How often a document is merged anew because somebody has saved it meanwhile.
_MOST_TRIES = 10


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
        UsageError: It is not there, no regular file, too large, or cannot be read.
    """
    place = os.path.join(cwd, path)
    mend = "Name a file that can be read."
    if not os.path.exists(place):
        raise UsageError(f"there is no file {path}", "", mend)
    if not os.path.isfile(place):
        raise UsageError(f"{path} is no file", "", mend)
    try:
        with Path(place).open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise UsageError(f"cannot read {path}", error.strerror or str(error), mend) from error
    if len(data) > _MOST_BYTES:
        raise UsageError(f"cannot read {path}", f"it has more than {_MOST_BYTES} bytes", mend)
    return Input(path, data)


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
            "nothing is added to the shipped catalog",
            "Write one, or let `mops-bundle catalog refresh` do it.",
        )
    return given


class TextFile(Protocol):
    """A file that is replaced as a whole."""

    @property
    def shown(self) -> str:
        """Its path for people."""
        ...

    def read(self) -> bytes:
        """What it holds; nothing when it is not there."""
        ...

    def write(self, data: bytes, before: bytes) -> bool:
        """Replace it at once, or create it, unless it holds something else than before; whether it was."""
        ...


def require_list(data: bytes, shown: str) -> None:
    """Refuse to write a list of models over anything else.

    Raises:
        WorkInTheWayError: There is something else.
    """
    if not is_models_json(data):
        raise WorkInTheWayError(
            f"{shown} is in the way",
            "it is no list of models, and would be lost",
            "Name another file with --output, or remove that one.",
        )


def replaced(file: TextFile, make: Callable[[bytes], bytes]) -> bool:
    """Give a file what is made of what it holds, also of what somebody saves meanwhile.

    Returns:
        Whether that is something else.

    Raises:
        StorageError: It does not stop changing.
    """
    for _ in range(_MOST_TRIES):
        before = file.read()
        data = make(before)
        if data == before:
            return False
        if file.write(data, before):
            return True
    raise StorageError(
        f"cannot write {file.shown}", "somebody else changes it all the time", "Try again later."
    )
