"""What stands in a folder where a bundle's files have to go: found before anything is changed."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

from modelops_bundle.bundle.contents import FileEntry
from modelops_bundle.bundle.pulling import Action, Obstacle, Step
from modelops_bundle.project.layout import Layout

__all__ = ["barriers"]


def barriers(layout: Layout, steps: Sequence[Step]) -> Iterator[Obstacle]:
    """Files and links where a step needs a folder, and folders that hold something where it needs a file.

    A link out of the folder is one as well where it is read as a file: what is behind it is somebody's, and
    would no longer be seen. What the steps delete themselves is none. Each is told once, with ``file``,
    ``link`` or ``folder``.
    """
    deleted = {step.path for step in steps if step.action is Action.DELETE}
    told: set[str] = set()
    for step in steps:
        for found in _above(layout, step.path, deleted):
            if found.path not in told:
                told.add(found.path)
                yield found
        if isinstance(step.before, FileEntry) and os.path.islink(layout.absolute(step.path)):
            yield Obstacle(step.path, "link")
        if step.after is not None and _holds_others(layout, step.path, deleted):
            yield Obstacle(step.path, "folder")


def _above(layout: Layout, path: str, deleted: set[str]) -> Iterator[Obstacle]:
    parts = path.split("/")
    for end in range(1, len(parts)):
        above = "/".join(parts[:end])
        try:
            kind = os.lstat(layout.absolute(above)).st_mode
        except OSError:
            return
        if stat.S_ISDIR(kind):
            continue
        if above not in deleted:
            yield Obstacle(above, "link" if stat.S_ISLNK(kind) else "file")
        return


def _holds_others(layout: Layout, path: str, deleted: set[str]) -> bool:
    place = layout.absolute(path)
    if os.path.islink(place) or not os.path.isdir(place):
        return False
    for folder, folders, names in os.walk(place):
        links = [name for name in folders if os.path.islink(os.path.join(folder, name))]
        inner = (layout.recorded(os.path.join(folder, name)) for name in (*names, *links))
        if any(each not in deleted for each in inner):
            return True
    return False
