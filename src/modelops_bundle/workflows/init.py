"""``init``: make a folder a project."""

from __future__ import annotations

import os

from modelops_bundle.errors import UsageError
from modelops_bundle.project.layout import LOCAL_IGNORES, Layout
from modelops_bundle.workflows.workspace import TextWriter, Workspace

__all__ = ["ignore_local_files", "init"]


def init(workspace: Workspace, write_text: TextWriter) -> bool:
    """Write an empty registry and the ``.gitignore`` for what is local, unless they are there.

    Killed at any moment, it leaves a folder on which it can be run again. Returns whether the project is new.

    Raises:
        UsageError: What is to be the folder is something else.
        StorageError: The folder cannot be written.
        RegistryError: There is a registry, and it is broken.
    """
    layout: Layout = workspace.layout
    if os.path.lexists(layout.root) and not os.path.isdir(layout.root):
        raise UsageError(
            f"{layout.root} is not a folder", "", "Name a folder; it is made if need be."
        )
    ignore_local_files(layout, write_text)
    return workspace.registry.create()


def ignore_local_files(layout: Layout, write_text: TextWriter) -> None:
    """Keep what belongs to this machine out of version control, unless something says already what is kept.

    Raises:
        StorageError: It cannot be written.
    """
    write_text(layout.ignore_file, "".join(f"{line}\n" for line in LOCAL_IGNORES), keep=True)
