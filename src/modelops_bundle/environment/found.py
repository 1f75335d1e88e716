"""Metadata on the search path: what lies there, and which import names each piece of it stands for.

Four forms are known: ``*.dist-info`` folders; ``*.egg-info`` folders and files (older installers, and source
folders that are on the path); ``*.egg`` folders; and ``*.egg-link`` files, which lead to a source folder.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import NamedTuple

from modelops_bundle.environment.metadata import (
    import_roots,
    listed_files,
    read_words,
    split_folder_name,
)
from modelops_bundle.ports import EntryKind, Files, Unreadable

__all__ = ["Found", "Owned", "evidence_of", "find_all", "metadata_entries", "owned_by"]

_ENDINGS = (".dist-info", ".egg-info", ".egg", ".egg-link")
_FINDER = re.compile(r"__editable___.*_finder\.py")
_MAPPING = re.compile(r"^MAPPING\b[^=\n]*=(.*)$", re.MULTILINE)
_MAPPED = re.compile(r"""['"]([^\W\d][\w.]*)['"]\s*:""")


class Found(NamedTuple):
    """A piece of metadata.

    Attributes:
        name: Normalised name, after the entry's own name.
        version: Version likewise, or empty.
        form: ``dist-info``, ``egg-info``, ``egg-file`` or ``egg-link``.
        path: The metadata's folder, or file for ``egg-file``.
        location: The folder that the distribution is imported from.
        listed_in: The folder of the search path that it was found in.
        entry: Its name there.
    """

    name: str
    version: str
    form: str
    path: str
    location: str
    listed_in: str
    entry: str


class Owned(NamedTuple):
    """What a distribution brings.

    Attributes:
        roots: Import names.
        folders: Folders that it puts on the search path.
        listed: Whether some list says so; otherwise nothing is known.
    """

    roots: tuple[str, ...]
    folders: tuple[str, ...]
    listed: bool


def metadata_entries(files: Files, folders: Iterable[str]) -> list[tuple[str, str, EntryKind]]:
    """What looks like metadata in these folders: folder, name and kind, in their order, then by name."""
    return [
        (folder, entry, kind)
        for folder in dict.fromkeys(folders)
        for entry, kind in sorted(files.entries(folder).items())
        # An installer that was interrupted leaves names that start with a tilde.
        if entry.endswith(_ENDINGS) and not entry.startswith(("~", "."))
    ]


def find_all(files: Files, entries: Iterable[tuple[str, str, EntryKind]]) -> list[Found]:
    """The metadata among these entries, in their order."""
    found = (_found(files, folder, entry, kind) for folder, entry, kind in entries)
    return [item for item in found if item is not None and item.name]


def _found(files: Files, folder: str, entry: str, kind: EntryKind) -> Found | None:
    name, version = split_folder_name(entry)
    path = os.path.join(folder, entry)
    if entry.endswith(".dist-info") and kind is EntryKind.FOLDER:
        return Found(name, version, "dist-info", path, folder, folder, entry)
    if entry.endswith(".egg-info"):
        form = "egg-info" if kind is EntryKind.FOLDER else "egg-file"
        return Found(name, version, form, path, folder, folder, entry)
    if entry.endswith(".egg") and kind is EntryKind.FOLDER:
        inner = os.path.join(path, "EGG-INFO")
        return Found(name, version, "egg-info", inner, path, folder, entry)
    if entry.endswith(".egg-link") and kind is EntryKind.FILE:
        return _followed(files, folder, entry, name)
    return None


def _followed(files: Files, folder: str, link: str, name: str) -> Found | None:
    data = files.read(os.path.join(folder, link))
    target = read_words(data)[0] if isinstance(data, bytes) else ""
    if not os.path.isabs(target) or "\0" in target:
        return None
    for entry in sorted(files.entries(target)):
        if entry.endswith(".egg-info") and split_folder_name(entry)[0] == name:
            path = os.path.join(target, entry)
            return Found(name, "", "egg-link", path, target, folder, link)
    return None


def evidence_of(files: Files, found: list[Found]) -> tuple[list[str], set[Found]]:
    """The files that determine what each brings, and those that are nothing but a name.

    A RECORD states the hashes of all other files, so where there is one it alone is looked at.
    """
    first = {item: _first_evidence(item) for item in found}
    second = {item: _second_evidence(item) for item in _unreadable(files, first)}
    paths = [path for part in (first, second) for group in part.values() for path in group]
    return paths, _unreadable(files, second)


def _unreadable(files: Files, evidence: dict[Found, tuple[str, ...]]) -> set[Found]:
    contents = files.contents([path for paths in evidence.values() for path in paths])
    return {
        item
        for item, paths in evidence.items()
        if all(isinstance(contents[path], Unreadable) for path in paths)
    }


def _first_evidence(item: Found) -> tuple[str, ...]:
    if item.form == "dist-info":
        return (os.path.join(item.path, "RECORD"),)
    if item.form == "egg-file":
        return (item.path,)
    names = ("PKG-INFO", "top_level.txt", "installed-files.txt")
    paths = tuple(os.path.join(item.path, name) for name in names)
    return (*paths, os.path.join(item.listed_in, item.entry)) if item.form == "egg-link" else paths


def _second_evidence(item: Found) -> tuple[str, ...]:
    names = ("METADATA", "top_level.txt") if item.form == "dist-info" else ()
    return tuple(os.path.join(item.path, name) for name in names)


def owned_by(files: Files, item: Found) -> Owned:
    """What a distribution's own lists of files say that it brings."""
    if item.form == "egg-file":
        return Owned((), (), listed=False)
    if item.form == "dist-info":
        record = files.read(os.path.join(item.path, "RECORD"))
        if isinstance(record, bytes):
            return _recorded(files, item, listed_files(record))
    roots = _top_level(files, item) or _installed_roots(files, item)
    folders = (item.location,) if item.form == "egg-link" else ()
    return Owned(roots, folders, listed=bool(roots or folders))


def _recorded(files: Files, item: Found, paths: list[str]) -> Owned:
    namespaces: tuple[str, ...] = ()
    if any(path.endswith(".dist-info/namespace_packages.txt") for path in paths):
        namespaces = _lines(files, os.path.join(item.path, "namespace_packages.txt"))
    roots = set(import_roots(paths, namespaces))
    folders: list[str] = []
    for path in paths:
        if path.endswith(".pth") and "/" not in path:
            folders += _pth_folders(files, item.location, path)
        elif _FINDER.fullmatch(path):
            roots |= set(_mapped_names(files, os.path.join(item.location, path)))
    if folders or not paths:
        roots |= set(_top_level(files, item))
    return Owned(tuple(sorted(roots)), tuple(folders), listed=bool(paths))


def _pth_folders(files: Files, location: str, name: str) -> list[str]:
    lines = _lines(files, os.path.join(location, name))
    return [
        os.path.normpath(os.path.join(location, line))
        for line in lines
        if not line.startswith(("#", "import ", "import\t")) and "\0" not in line
    ]


def _mapped_names(files: Files, path: str) -> list[str]:
    """Import names in the table of an editable install's finder, which is a literal of names to paths."""
    data = files.read(path)
    text = data.decode("utf-8", "replace") if isinstance(data, bytes) else ""
    line = _MAPPING.search(text)
    return _MAPPED.findall(line[1]) if line else []


def _top_level(files: Files, item: Found) -> tuple[str, ...]:
    names = _lines(files, os.path.join(item.path, "top_level.txt"))
    return tuple(name for name in names if name.isidentifier())


def _installed_roots(files: Files, item: Found) -> tuple[str, ...]:
    paths = _lines(files, os.path.join(item.path, "installed-files.txt"))
    inside = [path.removeprefix("../") for path in paths if path.startswith("../")]
    return import_roots([path for path in inside if not path.startswith("..")])


def _lines(files: Files, path: str) -> tuple[str, ...]:
    data = files.read(path)
    return tuple(line for line in read_words(data) if line) if isinstance(data, bytes) else ()
