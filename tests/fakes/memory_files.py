"""A file system in memory that behaves as the ``Files`` port promises."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Mapping

from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import EntryKind, Unreadable

__all__ = ["MemoryFiles"]


class MemoryFiles:
    """Files by absolute POSIX path; a value of ``None`` stands for a pipe or device.

    Folders exist where files lie below them. Unlike the real disk, what is written later is seen at once.
    """

    def __init__(self, files: Mapping[str, str | bytes | None] | None = None) -> None:
        self._files: dict[str, bytes | None] = {}
        self._listings: dict[str, dict[str, EntryKind]] = {}
        self._memos: dict[tuple[str, str], str] = {}
        self.reads: list[str] = []
        for path, data in (files or {}).items():
            self.write(path, data)

    def write(self, path: str, data: str | bytes | None) -> None:
        """Create or replace a file."""
        self._files[path] = data.encode() if isinstance(data, str) else data
        self._listings.clear()

    def remove(self, path: str) -> None:
        """Delete a file."""
        del self._files[path]
        self._listings.clear()

    def entries(self, folder: str) -> Mapping[str, EntryKind]:
        if not self._listings:
            for path, data in sorted(self._files.items()):
                self._list(path, EntryKind.OTHER if data is None else EntryKind.FILE)
        return self._listings.get(folder.rstrip("/"), {})

    def _list(self, path: str, kind: EntryKind) -> None:
        while path:
            folder, _, name = path.rpartition("/")
            if self._listings.setdefault(folder, {}).get(name) is kind:
                break
            self._listings[folder][name] = kind
            path, kind = folder, EntryKind.FOLDER

    def real(self, path: str) -> str:
        return posixpath.normpath(path)

    def read(self, path: str) -> bytes | Unreadable:
        self.reads.append(path)
        data = self._files.get(path)
        return Unreadable(path, "no such file") if data is None else data

    def content(self, path: str) -> Digest | Unreadable:
        data = self._files.get(path)
        return Unreadable(path, "no such file") if data is None else content_digest(data)

    def contents(self, paths: Iterable[str]) -> dict[str, Digest | Unreadable]:
        return {path: self.content(path) for path in paths}

    def memo_get(self, kind: str, key: str) -> str | None:
        return self._memos.get((kind, key))

    def memo_put(self, kind: str, key: str, text: str) -> None:
        self._memos[kind, key] = text
