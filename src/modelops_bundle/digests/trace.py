"""What was asked of the file system on the way to an answer, so that the answer can be believed again.

An answer that depends on nothing but what files were asked holds as long as they would say the same: that is
two listings compared for each folder and one ``stat`` for each file, where finding the answer again takes
reading them all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping

from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import EntryKind, Files, Snapshots, Unreadable

__all__ = ["TracedFiles", "still_says"]


class TracedFiles:
    """:class:`modelops_bundle.ports.Files` that notes every question.

    Whoever asks through it may keep what it was told for as long as the object lives: the trace only grows.

    Args:
        files: Who answers.
    """

    def __init__(self, files: Files) -> None:
        #: Who answers, for questions that are not part of the trace.
        self.unnoted = files
        self._files = files
        self._folders: dict[str, None] = {}
        self._real: dict[str, str] = {}
        self._paths: dict[str, None] = {}

    def entries(self, folder: str) -> Mapping[str, EntryKind]:
        """See :meth:`modelops_bundle.ports.Files.entries`."""
        self._folders[folder] = None
        return self._files.entries(folder)

    def real(self, path: str) -> str:
        """See :meth:`modelops_bundle.ports.Files.real`."""
        real = self._real[path] = self._files.real(path)
        return real

    def read(self, path: str) -> bytes | Unreadable:
        """See :meth:`modelops_bundle.ports.Files.read`."""
        self._paths[path] = None
        return self._files.read(path)

    def content(self, path: str) -> Digest | Unreadable:
        """See :meth:`modelops_bundle.ports.Files.content`."""
        self._paths[path] = None
        return self._files.content(path)

    def contents(self, paths: Iterable[str]) -> dict[str, Digest | Unreadable]:
        """See :meth:`modelops_bundle.ports.Files.contents`."""
        asked = dict.fromkeys(paths)
        self._paths.update(asked)
        return self._files.contents(asked)

    def memo_get(self, kind: str, key: str) -> str | None:
        """See :meth:`modelops_bundle.ports.Files.memo_get`; no question about a file."""
        return self._files.memo_get(kind, key)

    def memo_put(self, kind: str, key: str, text: str) -> None:
        """See :meth:`modelops_bundle.ports.Files.memo_put`."""
        self._files.memo_put(kind, key, text)

    def trace(self) -> str | None:
        """All that was asked so far and what was answered, for :func:`still_says`.

        ``None`` where some file could be edited without a trace, is missing, or the file system cannot vouch
        for many files at once.
        """
        if not isinstance(self._files, Snapshots):
            return None
        paths = sorted(self._paths)
        snapshot = self._files.settled_snapshot(paths)
        if snapshot is None:
            return None
        listings = [[folder, _listed(self._files, folder)] for folder in sorted(self._folders)]
        common = os.path.commonpath(paths) if paths else ""
        return json.dumps(
            [common, [path[len(common) :] for path in paths], snapshot, listings, self._real]
        )


def still_says(files: Files, trace: str) -> bool:
    """Whether ``files`` would give the same answer to every question of a trace."""
    if not isinstance(files, Snapshots):
        return False
    common, tails, snapshot, listings, real = json.loads(trace)
    return (
        all(_listed(files, folder) == listed for folder, listed in listings)
        and all(files.real(path) == then for path, then in real.items())
        and files.snapshot([common + tail for tail in tails]) == snapshot
    )


def _listed(files: Files, folder: str) -> str:
    names = (f"{name}\0{kind.value}" for name, kind in sorted(files.entries(folder).items()))
    return content_digest("\0\0".join(names).encode("utf-8", "surrogatepass")).hex
