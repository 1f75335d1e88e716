"""The real disk as the stages see it.

Rules:

- Answers hold for the life of the object, which is one command: a folder is listed once and a file judged
  once. A file that is edited while the command runs is reported by :meth:`DiskFiles.read`, so that bytes
  never go with the digest of others.
- What an earlier run found out is believed only as :mod:`modelops_bundle.adapters.statcache` says.
- A folder that the disk fails to list is never taken for an empty one: that would record a model without its
  helpers.
- What this run finds out is kept by :meth:`DiskFiles.save`, and losing it is never an error.
"""

from __future__ import annotations

import errno
import os
import time
from array import array
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import chain
from operator import attrgetter
from types import TracebackType

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.adapters.cachefile import CacheFile, Merge
from modelops_bundle.adapters.statcache import GUARD, Row, Rows, is_settled, pack, unchanged, unpack
from modelops_bundle.hashing.reading import Reading, digest_of_file, read_file, stamp_of
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import EntryKind, Unreadable

__all__ = ["DiskFiles"]

# Errors that tell what stands there, or that we may not see it; any other leaves that unknown.
_TELLING = frozenset(
    {
        errno.EACCES,
        errno.EINVAL,
        errno.ELOOP,
        errno.ENAMETOOLONG,
        errno.ENOENT,
        errno.ENOTDIR,
        errno.EPERM,
    }
)


class DiskFiles:
    """:class:`modelops_bundle.ports.Files` over the file system. Use it in a ``with``, or call :meth:`close`.

    Args:
        root: The project's folder, absolute. Files below it are remembered relative to it, so that a project
            that is moved keeps its cache.
        cache: Where to remember; ``None`` to remember nothing.
        trust: Whether to believe what earlier runs found out (``--no-cache`` does not, and still saves).
        guard: Nanoseconds that a file must have lain untouched before its digest is kept.
        now: The time in nanoseconds since 1970.
        maker: Who derives the texts that are kept; those of another maker are not believed.
    """

    def __init__(
        self,
        root: str,
        cache: CacheFile | None = None,
        *,
        trust: bool = True,
        guard: int = GUARD,
        now: Callable[[], int] = time.time_ns,
        maker: str = "",
    ) -> None:
        self._root = root.rstrip(os.sep)
        self._cache = cache
        self._trust = trust and cache is not None
        self._guard = guard
        self._now = now
        self._maker = maker
        self._listings: dict[str, dict[str, EntryKind]] = {}
        self._answers: dict[str, Digest | Unreadable] = {}
        self._blobs: dict[str, bytes | None] = {}
        self._rows: dict[str, Rows] = {}
        self._found: dict[str, dict[str, Row | None]] = {}
        self._memos: dict[bytes, bytes] = {}
        self._real: dict[str, str] = {}
        self._lag: int | None = None

    def __enter__(self) -> DiskFiles:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def entries(self, folder: str) -> Mapping[str, EntryKind]:
        """See :meth:`modelops_bundle.ports.Files.entries`; sorted by name.

        Raises:
            StorageError: The disk fails.
        """
        listing = self._listings.get(folder)
        if listing is None:
            with storage_errors(f"cannot list {folder}"):
                listing = self._listings[folder] = _listing(folder)
        return listing

    def real(self, path: str) -> str:
        """See :meth:`modelops_bundle.ports.Files.real`."""
        known = self._real.get(path)
        if known is None:
            known = self._real[path] = self._followed(path)
        return known

    def _followed(self, path: str) -> str:
        folder, name = os.path.split(path)
        if name in ("", ".", "..") or os.path.islink(path):
            return os.path.realpath(path)
        # Of thousands of folders in one, each is asked about itself alone.
        return os.path.join(self.real(folder), name)

    def read(self, path: str) -> bytes | Unreadable:
        """See :meth:`modelops_bundle.ports.Files.read`.

        The bytes are those that :meth:`content` gives the digest of. Where that was answered before the file
        was edited, the answer is :class:`Unreadable`.
        """
        started = self._clock()
        reading = read_file(path)
        if isinstance(reading, Unreadable):
            return reading
        digest = content_digest(reading.value)
        known = self._answers.setdefault(path, digest)
        if known != digest:
            return Unreadable(path, "it was edited while this command ran")
        self._keep(path, digest, reading, started)
        return reading.value

    def content(self, path: str) -> Digest | Unreadable:
        """See :meth:`modelops_bundle.ports.Files.content`."""
        return self._answers.get(path) or self.contents((path,))[path]

    def contents(self, paths: Iterable[str]) -> dict[str, Digest | Unreadable]:
        """See :meth:`modelops_bundle.ports.Files.contents`."""
        asked = list(paths)
        answers = self._answers
        unknown: dict[str, list[str]] = {}
        for path in asked:
            if path not in answers:
                folder = path[: path.rfind(os.sep)]
                if folder in unknown:
                    unknown[folder].append(path)
                else:
                    unknown[folder] = [path]
        for folder, members in unknown.items():
            self._judge(folder, members)
        return {path: answers[path] for path in asked}

    def snapshot(self, paths: Iterable[str]) -> str:
        """A text that determines the content of all these files, from ``stat`` alone.

        It may be compared with what :meth:`settled_snapshot` gave an earlier run, which is a quicker question
        than which digest each file has.
        """
        asked = list(paths)
        return _snapshot(asked, _stamps(asked))

    def settled_snapshot(self, paths: Iterable[str]) -> str | None:
        """:meth:`snapshot` of files that this object has answered for, fit to be kept.

        ``None`` when some of them could be edited without a trace, or have been edited since.
        """
        asked = list(paths)
        stamps = _stamps(asked)
        for path, stamp in zip(asked, stamps, strict=True):
            folder, name = _split(path)
            row = self._rows_of(folder).get(name)
            if row is None or row[0] != stamp or path not in self._answers:
                return None
        return _snapshot(asked, stamps)

    def memo_get(self, kind: str, key: str) -> str | None:
        """See :meth:`modelops_bundle.ports.Files.memo_get`."""
        name = _memo_key(self._maker, kind, key)
        saved = self._memos.get(name)
        if saved is None and self._trust and self._cache is not None:
            saved = self._cache.memo(name)
        return None if saved is None else saved.decode("utf-8", "surrogatepass")

    def memo_put(self, kind: str, key: str, text: str) -> None:
        """See :meth:`modelops_bundle.ports.Files.memo_put`."""
        self._memos[_memo_key(self._maker, kind, key)] = text.encode("utf-8", "surrogatepass")

    def save(self) -> None:
        """Keep what was found out since the last time, where that is possible."""
        if self._cache is not None and (self._found or self._memos):
            merges = {self._key(folder): self._merge(folder) for folder in self._found}
            if self._cache.save(merges, self._memos):
                self._found, self._memos = {}, {}

    def close(self) -> None:
        """:meth:`save`, and let go of the cache."""
        self.save()
        if self._cache is not None:
            self._cache.close()

    def _judge(self, folder: str, paths: list[str]) -> None:
        answers, blob = self._answers, self._blob_of(folder)
        if blob is None and folder not in self._rows:
            for path in paths:
                self._hash(path)
            return
        start = len(folder) + 1
        stamps = _stamps(paths)
        if None not in stamps and folder not in self._rows:
            names = [path[start:] for path in paths]
            digests = unchanged(blob, names, stamps, self._now())  # type: ignore[arg-type]
            if digests is not None:
                answers.update(zip(paths, map(partial(Digest, "blake3"), digests), strict=True))
                return
        rows = self._rows_of(folder)
        for path, stamp in zip(paths, stamps, strict=True):
            if stamp is not None:
                row = rows.get(path[start:])
                if row is not None and row[0] == stamp:
                    answers[path] = Digest("blake3", row[1][1].hex())
                    continue
            self._hash(path)

    def _hash(self, path: str) -> None:
        started = self._clock()
        reading = digest_of_file(path)
        if isinstance(reading, Unreadable):
            self._answers[path] = reading
            self._forget(path)
            return
        self._answers[path] = reading.value
        self._keep(path, reading.value, reading, started)

    def _clock(self) -> int:
        """The time now, by our clock or by that of the file system, whichever is behind."""
        now = self._now()
        if self._lag is None:
            theirs = self._cache.time() if self._cache is not None else None
            self._lag = max(0, now - theirs) if theirs is not None else 0
        return now - self._lag

    def _keep(
        self, path: str, digest: Digest, reading: Reading[bytes] | Reading[Digest], started: int
    ) -> None:
        if not reading.settled or not is_settled(reading.stamp, started, self._guard):
            self._forget(path)
            return
        folder, name = _split(path)
        rows = self._rows_of(folder)
        if name not in rows or rows[name][0] != reading.stamp:
            row = (reading.stamp, (started, bytes.fromhex(digest.hex)))
            rows[name] = row
            self._found.setdefault(folder, {})[name] = row

    def _forget(self, path: str) -> None:
        folder, name = _split(path)
        if self._rows_of(folder).pop(name, None) is not None or not self._trust:
            self._found.setdefault(folder, {})[name] = None

    def _rows_of(self, folder: str) -> Rows:
        rows = self._rows.get(folder)
        if rows is None:
            rows = self._rows[folder] = unpack(self._blob_of(folder), self._now())
        return rows

    def _blob_of(self, folder: str) -> bytes | None:
        if folder not in self._blobs:
            known = self._cache.folder(self._key(folder)) if self._cache and self._trust else None
            self._blobs[folder] = known
        return self._blobs[folder]

    def _key(self, folder: str) -> bytes:
        if folder == self._root:
            return b"in:"
        if folder.startswith(self._root + os.sep):
            return b"in:" + os.fsencode(folder[len(self._root) + 1 :])
        return b"at:" + os.fsencode(folder)

    def _merge(self, folder: str) -> Merge:
        found = self._found.get(folder, {})
        listing = self._listings.get(folder)

        def merge(saved: bytes | None) -> bytes:
            rows = {**unpack(saved), **found}
            return pack(
                {
                    name: row
                    for name, row in rows.items()
                    if row is not None and (listing is None or name in listing)
                }
            )

        return merge


def _split(path: str) -> tuple[str, str]:
    folder, _, name = path.rpartition(os.sep)
    return folder, name


def _stamps(paths: list[str]) -> list[tuple[int, int, int, int, int] | None]:
    try:
        # One pass without a line of Python per file: this is most of the time of an unchanged project.
        return list(map(stamp_of, map(os.stat, paths)))
    except (OSError, ValueError):
        return [_stamp(path) for path in paths]


def _stamp(path: str) -> tuple[int, int, int, int, int] | None:
    try:
        return stamp_of(os.stat(path))
    except (OSError, ValueError):
        return None


def _snapshot(paths: list[str], stamps: list[tuple[int, int, int, int, int] | None]) -> str:
    try:
        numbers = array("q", chain.from_iterable(stamps)).tobytes()  # type: ignore[arg-type]
    except (TypeError, OverflowError):  # a file is missing, or an inode beyond 63 bits
        numbers = repr(stamps).encode()
    names = "\0".join(paths).encode("utf-8", "surrogatepass")
    return content_digest(b"%d\0%b\0%b" % (len(paths), names, numbers)).hex


def _listing(folder: str) -> dict[str, EntryKind]:
    file, directory, other = EntryKind.FILE, EntryKind.FOLDER, EntryKind.OTHER
    try:
        with os.scandir(folder) as found:
            entries = sorted(found, key=attrgetter("name"))
    except (OSError, ValueError) as error:
        _require_telling(error)
        return {}
    try:
        return {
            entry.name: file if entry.is_file() else directory if entry.is_dir() else other
            for entry in entries
        }
    except OSError:
        return {entry.name: _kind(entry) for entry in entries}


def _kind(entry: os.DirEntry[str]) -> EntryKind:
    try:
        if entry.is_file():
            return EntryKind.FILE
        return EntryKind.FOLDER if entry.is_dir() else EntryKind.OTHER
    except OSError as error:  # a link into a loop, or into a folder that may not be entered
        _require_telling(error)
        return EntryKind.OTHER


def _require_telling(error: Exception) -> None:
    if isinstance(error, OSError) and error.errno not in _TELLING:
        raise error


def _memo_key(maker: str, kind: str, key: str) -> bytes:
    return f"{maker}\0{kind}\0{key}".encode("utf-8", "surrogatepass")
