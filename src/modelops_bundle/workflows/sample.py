"""``sample-create``: a small real project to try things on."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable

from modelops_bundle.errors import UsageError
from modelops_bundle.workflows.workspace import TextWriter

__all__ = ["create_sample"]

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_DROPPINGS = ("__pycache__",)


def create_sample(write_text: TextWriter, cwd: str, parent: str, name: str) -> str:
    """Write the sample project into a new folder.

    Args:
        write_text: Writes one file.
        cwd: The folder that ``parent`` is relative to.
        parent: The folder that the new one is made in; it need not exist.
        name: Name of the project and of its folder.

    Returns:
        The new folder, absolute.

    Raises:
        UsageError: The name cannot be a project's, or there is something in the folder already.
        StorageError: The folder cannot be written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot be a project's name",
            "it holds letters, digits, `.`, `_` and `-`, and begins and ends with a letter or digit",
            "Choose another; --path says where the folder is made.",
        )
    folder = os.path.normpath(os.path.join(cwd, parent, name))
    _refuse_taken(folder)
    for path, source in _files(files("modelops_bundle") / "sample" / "files", ""):
        text = source.read_text(encoding="utf-8").replace("@NAME@", name)
        write_text(os.path.join(folder, *path.split("/")), text, keep=False)
    return folder


def _refuse_taken(folder: str) -> None:
    try:
        taken = bool(os.listdir(folder))
    except FileNotFoundError:
        return
    except NotADirectoryError:
        taken = True
    if taken:
        raise UsageError(
            f"{folder} is not empty" if os.path.isdir(folder) else f"{folder} is in the way",
            "a sample project is written only into a new folder",
            "Choose another name, or another place with --path.",
        )


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, Traversable]]:
    """Relative path and content of each file of the sample, as it is to be called."""
    for item in sorted(folder.iterdir(), key=lambda item: item.name):
        if item.is_dir():
            if item.name not in _DROPPINGS:
                yield from _files(item, f"{prefix}{item.name}/")
        else:
            # Build tools leave files with a dot out of packages.
            name = ".gitignore" if item.name == "gitignore" else item.name
            yield prefix + name, item
