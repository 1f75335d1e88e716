"""One SQLite file of things that the tool can do without: the stat cache, and records for explanations.

Rules:

- No trouble with it is ever an error of the command. A damaged file is replaced; a read-only folder, a full
  disk or a lock held too long mean that this run reads more and keeps nothing.
- Two processes may use it at once: SQLite's locks keep them apart, and what one saves is merged into what the
  other saved. It may be deleted at any time.
- A cache that has grown too large is replaced as well: what is still needed is soon found out again.
- It is not synced. After a power cut rows may be torn, so each carries a checksum over key and content: a
  damaged row is an unknown one, never a wrong one.
- Only the last folder of its path is ever created: a folder that is no project gets no cache.
"""

from __future__ import annotations

import contextlib
import os
import stat
from binascii import crc32
from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    import sqlite3

__all__ = ["CacheFile", "Merge"]

T = TypeVar("T")

Merge = Callable[[bytes | None], bytes]
"""Makes the bytes to save from those that are saved at that moment."""

_VERSION = 1
_WAIT_SECONDS = 2.0
_LARGEST = 1 << 30
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS folders (path BLOB PRIMARY KEY, files BLOB NOT NULL)",
    "CREATE TABLE IF NOT EXISTS memos (key BLOB PRIMARY KEY, text BLOB NOT NULL)",
    f"PRAGMA user_version = {_VERSION}",
)


class _UnusableError(Exception):
    """The file holds no cache of this version: it is replaced."""


class CacheFile:
    """Two tables of bytes: what was found out about folders, and texts under keys.

    Args:
        folder: Absolute path of the folder that holds the file; its parent must exist for anything to be
            kept.
        name: The file's name.
        largest: Size in bytes beyond which it is replaced; ``None`` never to do that.
    """

    def __init__(
        self, folder: str, name: str = "cache.sqlite", *, largest: int | None = _LARGEST
    ) -> None:
        self._folder = folder
        self._path = os.path.join(folder, name)
        self._largest = largest
        self._reader: sqlite3.Connection | None = None
        self._unavailable = False

    def folder(self, path: bytes) -> bytes | None:
        """What is saved of a folder; ``None`` when nothing is, or it cannot be read."""
        return self._look_up("SELECT files FROM folders WHERE path = ?", path)

    def memo(self, key: bytes) -> bytes | None:
        """What is saved under a key; ``None`` when nothing is, or it cannot be read."""
        return self._look_up("SELECT text FROM memos WHERE key = ?", key)

    def save(self, folders: Mapping[bytes, Merge], memos: Mapping[bytes, bytes]) -> bool:
        """Keep what this run found out.

        Returns:
            Whether it was kept. If not, the next run finds it out again.
        """
        self.close()
        try:
            import sqlite3
        except ImportError:  # an interpreter that was built without it
            return False
        for _ in range(2):
            try:
                self._write(folders, memos)
            except (_UnusableError, sqlite3.DatabaseError) as error:
                if not _is_damage(error):
                    return False
                self._discard()
            except OSError:
                return False
            else:
                return True
        return False

    def size(self) -> int:
        """Bytes that are in use; 0 when it cannot be read."""
        return self._read(_size) or 0

    def keep_memos(self, keys: Collection[bytes]) -> None:
        """Forget the texts under all other keys; the space is used again for what is saved later."""
        known = self._read(lambda reader: reader.execute("SELECT key FROM memos").fetchall())
        self.close()
        unknown = [row for row in known or () if row[0] not in keys]
        if unknown:
            import sqlite3

            with (
                contextlib.suppress(sqlite3.Error),
                contextlib.closing(_connect(self._path)) as writer,
            ):
                writer.execute("PRAGMA synchronous = OFF")
                writer.execute("BEGIN IMMEDIATE")
                writer.executemany("DELETE FROM memos WHERE key = ?", unknown)
                writer.execute("COMMIT")

    def time(self) -> int | None:
        """The file system's own clock, in nanoseconds since 1970; ``None`` when nothing can be kept."""
        try:
            self._make_folder()
            if not os.path.exists(self._path):
                # Never opened where it exists: closing it would drop the locks that SQLite holds on it.
                os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o666))
            os.utime(self._path)
            return os.stat(self._path).st_mtime_ns
        except OSError:
            return None

    def close(self) -> None:
        """Let go of the file; looking something up opens it again."""
        reader, self._reader = self._reader, None
        self._unavailable = False
        if reader is not None:
            reader.close()

    def _look_up(self, query: str, key: bytes) -> bytes | None:
        return _unsealed(key, self._read(lambda reader: reader.execute(query, (key,)).fetchone()))

    def _read(self, ask: Callable[[sqlite3.Connection], T]) -> T | None:
        """What is asked of the file; ``None`` when it cannot be read."""
        if self._unavailable:
            return None
        try:
            import sqlite3
        except ImportError:
            self._unavailable = True
            return None
        try:
            self._reader = self._reader or self._open()
            return ask(self._reader)
        except (_UnusableError, sqlite3.Error, OSError):
            self.close()
            self._unavailable = True
            return None

    def _open(self) -> sqlite3.Connection:
        import sqlite3

        # SQLite would wait forever for the other end of a pipe.
        if not stat.S_ISREG(os.stat(self._path).st_mode):
            raise _UnusableError
        reader = _connect(self._path)
        try:
            if reader.execute("PRAGMA user_version").fetchone() != (_VERSION,):
                raise _UnusableError
        except (_UnusableError, sqlite3.Error):
            reader.close()
            raise
        return reader

    def _write(self, folders: Mapping[bytes, Merge], memos: Mapping[bytes, bytes]) -> None:
        self._make_folder()
        writer = _connect(self._path)
        try:
            writer.execute("PRAGMA synchronous = OFF")
            writer.execute("BEGIN IMMEDIATE")
            _prepare(writer, self._largest)
            for path, merge in folders.items():
                row = writer.execute("SELECT files FROM folders WHERE path = ?", (path,)).fetchone()
                merged = _sealed(path, merge(_unsealed(path, row)))
                writer.execute("REPLACE INTO folders VALUES (?, ?)", (path, merged))
            sealed = ((key, _sealed(key, data)) for key, data in memos.items())
            writer.executemany("REPLACE INTO memos VALUES (?, ?)", sealed)
            writer.execute("COMMIT")
        finally:
            writer.close()

    def _make_folder(self) -> None:
        with contextlib.suppress(FileExistsError):
            os.mkdir(self._folder)
        if os.path.lexists(self._path) and not stat.S_ISREG(os.stat(self._path).st_mode):
            raise OSError(f"{self._path} is no regular file")

    def _discard(self) -> None:
        for path in (self._path, f"{self._path}-journal"):
            with contextlib.suppress(OSError):
                os.unlink(path)


def _sealed(key: bytes, data: bytes) -> bytes:
    return crc32(data, crc32(key)).to_bytes(4, "little") + data


def _unsealed(key: bytes, row: tuple[object, ...] | None) -> bytes | None:
    if row is None or not isinstance(row[0], bytes):
        return None
    check, data = row[0][:4], row[0][4:]
    return data if check == crc32(data, crc32(key)).to_bytes(4, "little") else None


def _connect(path: str) -> sqlite3.Connection:
    import sqlite3

    return sqlite3.connect(
        path, timeout=_WAIT_SECONDS, isolation_level=None, check_same_thread=False
    )


def _prepare(writer: sqlite3.Connection, largest: int | None) -> None:
    (version,) = writer.execute("PRAGMA user_version").fetchone()
    too_large = largest is not None and _size(writer) > largest
    if version not in (0, _VERSION) or too_large:
        raise _UnusableError
    if version == 0:
        for statement in _SCHEMA:
            writer.execute(statement)


def _size(connection: sqlite3.Connection) -> int:
    pages, free, each = (
        connection.execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("page_count", "freelist_count", "page_size")
    )
    return int((pages - free) * each)


def _is_damage(error: Exception) -> bool:
    """Whether a fresh file can help: not when the disk, a lock or a permission is the trouble."""
    import sqlite3

    code = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT) & 0xFF
    return code not in {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
