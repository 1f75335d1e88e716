"""Files of the project that declared settings name: they often say which data is read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from modelops_bundle.discovery.mentions import Mentioned
from modelops_bundle.discovery.search import is_within
from modelops_bundle.ports import EntryKind, Files

__all__ = ["named_in_settings"]

_SUFFIXES = (".json", ".yaml", ".yml", ".toml", ".ini", ".cfg", ".conf")
# Settings are short and few. What is more is data that happens to be written so.
_LARGEST = 256 * 1024
_MOST = 100
_PATH = re.compile(rb"[^\s\"'`,;:=<>|?*()\[\]{}\x00-\x1f]+\.[A-Za-z]\w{0,9}\b")


def named_in_settings(files: Files, project_root: str, paths: Iterable[str]) -> Iterator[Mentioned]:
    """Every regular file of the project that one of these files names, with the first place that does.

    Args:
        files: File system.
        project_root: The project's folder, absolute.
        paths: Absolute paths of declared data; what is no settings file is passed over.
    """
    settings = [path for path in paths if path.lower().endswith(_SUFFIXES)]
    for path in settings[:_MOST]:
        data = files.read(path)
        if isinstance(data, bytes) and len(data) <= _LARGEST:
            yield from _named(files, project_root, path, data)


def _named(files: Files, project_root: str, path: str, data: bytes) -> Iterator[Mentioned]:
    told: set[str] = set()
    for match in _PATH.finditer(data):
        text = os.fsdecode(match[0])
        for base in (project_root, os.path.dirname(path)):
            named = os.path.normpath(os.path.join(base, text))
            if named in told or named == path or not is_within(named, project_root):
                continue
            folder, name = os.path.split(named)
            if files.entries(folder).get(name) is EntryKind.FILE:
                told.add(named)
                yield Mentioned(path, data.count(b"\n", 0, match.start()) + 1, named)
