"""The SQLite files of the result store: opening them, and wording what SQLite refuses."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.errors import StorageError

__all__ = ["DamagedDatabaseError", "Database", "database_errors"]

_BUSY_SECONDS = 60.0
_PAUSE_SECONDS = 0.005
_CACHE_KIB = 32 * 1024
_DISK = "Free some space and run the command again: what was stored before is intact."
_MENDS = {
    "SQLITE_FULL": ("the disk is full", _DISK),
    "SQLITE_READONLY": ("it may not be written", "Check who owns the folder and may write to it."),
    "SQLITE_PERM": ("permission is denied", "Check who owns the folder and may write to it."),
    "SQLITE_CANTOPEN": ("it cannot be opened", "Check who owns the folder and may write to it."),
    "SQLITE_BUSY": (
        f"another process has held it for {_BUSY_SECONDS:g} s",
        "Wait for that process or end it, then run the command again.",
    ),
    "SQLITE_IOERR": ("the disk fails", "Check the disk and its free space, then run it again."),
}
_DAMAGED = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


class DamagedDatabaseError(StorageError):
    """A file is no SQLite file, or what it holds does not fit together."""


def _use_wal(connection: sqlite3.Connection) -> None:
    """Switch to write-ahead logging. For that SQLite does not wait for others who do the same, so we do."""
    until = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            name = getattr(error, "sqlite_errorname", "") or ""
            if not name.startswith("SQLITE_BUSY") or time.monotonic() > until:
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return


@contextmanager
def database_errors(path: str) -> Iterator[None]:
    """Translate what SQLite refuses inside the block.

    Raises:
        StorageError: Instead of a ``sqlite3.Error``, with the reason and the mend;
            :class:`DamagedDatabaseError` where the file is at fault.
    """
    try:
        yield
    except sqlite3.Error as error:
        name = getattr(error, "sqlite_errorname", "") or ""
        if name.startswith(_DAMAGED):
            raise DamagedDatabaseError(
                f"{path} is damaged",
                str(error),
                f"Move it aside (with {path}-wal, if there is one): results are then computed again.",
            ) from error
        for start, (why, mend) in _MENDS.items():
            if name.startswith(start):
                raise StorageError(f"cannot use {path}", why, mend) from error
        raise StorageError(f"cannot use {path}", str(error)) from error


def _make_folder(folder: str) -> None:
    """Make a folder that git passes over, also where an earlier release has made the project."""
    with storage_errors(f"cannot make {folder}"):
        os.makedirs(folder, exist_ok=True)
        with contextlib.suppress(FileExistsError), Path(folder, ".gitignore").open("x") as file:
            file.write("*\n")


class Database:
    """One SQLite file in WAL mode, opened when it is used and made when it is written.

    Args:
        path: The file.
        schema: Statements that make it, each harmless where it has been made.
        synchronous: ``FULL`` where what is committed must survive a power cut, ``OFF`` where it need not.
    """

    def __init__(self, path: str, schema: Iterable[str], synchronous: str) -> None:
        self.path = path
        self._schema = tuple(schema)
        self._synchronous = synchronous
        self._connection: sqlite3.Connection | None = None
        self._writable = False

    def reader(self) -> sqlite3.Connection | None:
        """A connection to read with; ``None`` where there is no file yet.

        Raises:
            StorageError: It cannot be opened.
        """
        if self._connection is None and os.path.exists(self.path):
            with database_errors(self.path):
                self._connection = self._opened_for_reading()
        return self._connection

    def writer(self) -> sqlite3.Connection:
        """A connection to write with; the file and its folder are made if need be.

        Raises:
            StorageError: It cannot be opened or made.
        """
        if self._connection is not None and self._writable:
            return self._connection
        self.close()
        _make_folder(os.path.dirname(self.path))
        with database_errors(self.path):
            self._connection = self._connected("mode=rwc", self._prepare)
        self._writable = True
        return self._connection

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All that is written in the block, or nothing of it.

        Raises:
            StorageError: SQLite refuses.
        """
        connection = self.writer()
        with database_errors(self.path):
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise

    def close(self) -> None:
        """Let go of the file; using it opens it again."""
        connection, self._connection, self._writable = self._connection, None, False
        if connection is not None:
            connection.close()

    def remove(self) -> None:
        """Delete the file with all that is in it.

        Raises:
            StorageError: Permission is denied.
        """
        self.close()
        for suffix in ("", "-wal", "-shm"):
            with storage_errors(f"cannot remove {self.path}{suffix}"):
                Path(self.path + suffix).unlink(missing_ok=True)

    def _opened_for_reading(self) -> sqlite3.Connection:
        try:
            connection = self._connected("mode=rw", self._prepare)
        except sqlite3.OperationalError as error:
            name = getattr(error, "sqlite_errorname", "") or ""
            if not name.startswith(("SQLITE_READONLY", "SQLITE_CANTOPEN")):
                raise
            # A folder that may not be written: nobody else can write it either.
            return self._connected("mode=ro&immutable=1")
        self._writable = True
        return connection

    def _connected(
        self, mode: str, prepare: Callable[[sqlite3.Connection], None] | None = None
    ) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"file:{quote(self.path)}?{mode}",
            uri=True,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            if prepare is not None:
                prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        _use_wal(connection)
        connection.execute(f"PRAGMA synchronous = {self._synchronous}")
        for statement in self._schema:
            connection.execute(statement)
