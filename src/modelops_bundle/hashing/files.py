"""Files by their bytes, and folders and patterns as sets of files.

A set's digest covers the relative path and the content of each member, so adding, removing or renaming one
changes it. Empty folders, modes and times are no content.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import NamedTuple

from modelops_bundle.errors import StorageError
from modelops_bundle.hashing.reading import digest_of_file
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import tree_digest
from modelops_bundle.ports import Files, Unreadable
from modelops_bundle.project.files import expand
from modelops_bundle.project.layout import Layout

__all__ = ["FileSet", "file_hash", "hash_folder", "hash_set"]


class FileSet(NamedTuple):
    """A set of files: its digest, and that of each member by its relative path with ``/``.

    ``digest`` is ``None`` when a member cannot be read: part of a set says nothing about the whole.
    """

    digest: Digest | None
    members: dict[str, Digest]
    unreadable: tuple[Unreadable, ...]


def file_hash(path: str | os.PathLike[str]) -> str:
    """Digest of a regular file's bytes; a large one is hashed on several threads.

    Returns:
        ``blake3:`` and 64 hex digits.

    Raises:
        StorageError: The file cannot be read, is no regular file, or keeps changing while it is read.
    """
    text = os.fspath(path)
    reading = digest_of_file(text)
    if isinstance(reading, Unreadable):
        raise StorageError(f"cannot read {text}", reading.reason)
    return str(reading.value)


def hash_set(files: Files, members: Mapping[str, str]) -> FileSet:
    """Digest of a set of files.

    Args:
        files: Where they lie.
        members: Absolute path of each by its relative one.
    """
    answers = files.contents(members.values())
    found: dict[str, Digest] = {}
    unreadable = []
    for name, path in members.items():
        answer = answers[path]
        if isinstance(answer, Unreadable):
            unreadable.append(answer)
        else:
            found[name] = answer
    digest = None if unreadable else tree_digest(found.items())
    return FileSet(digest, found, tuple(unreadable))


def hash_folder(files: Files, folder: str, exclude: tuple[str, ...] = ()) -> FileSet:
    """:func:`hash_set` of the regular files below a folder, links followed, droppings left out.

    Args:
        files: Where it lies.
        folder: Absolute path.
        exclude: Patterns of relative names to leave out.
    """
    layout = Layout(folder)
    names = expand(files, layout, ".", exclude)
    return hash_set(files, {name: layout.absolute(name) for name in names})
