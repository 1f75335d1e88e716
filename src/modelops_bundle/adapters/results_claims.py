"""Who computes what: claims of runs, in a file of their own beside the results.

A run is alive while the operating system's lock on its lock file is held, which ends with its process
however that ends. A run of another machine, whose locks may not be seen here, is alive while its lease lasts,
which it renews. What a dead run has claimed is free.

Nothing here has to survive a power cut: there are no runs after one, and a file that it has damaged is made
anew.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
import uuid
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from threading import Event, Thread
from types import TracebackType
from typing import Any

from filelock import FileLock, Timeout

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.adapters.results_db import DamagedDatabaseError, Database
from modelops_bundle.errors import StorageError

__all__ = ["LEASE_SECONDS", "ClaimFile", "RunClaims"]

#: How long a run of another machine is believed to be alive after it said so last.
LEASE_SECONDS = 60.0

_RENEWALS = 4  # in the time of one lease
_FIRST_WAIT = 0.02
_LONGEST_WAIT = 0.5
_CHUNK = 500
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS runs (id TEXT PRIMARY KEY, host TEXT NOT NULL, lease REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS claims (key BLOB PRIMARY KEY, run TEXT NOT NULL) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS by_run ON claims (run)",
    "CREATE TABLE IF NOT EXISTS holds (context TEXT, run TEXT, PRIMARY KEY (context, run))",
    "PRAGMA user_version = 1",
)


class ClaimFile:
    """The claims of all runs over one folder of results.

    Args:
        folder: The folder.
        lease: Seconds for which a run of another machine is believed.
    """

    def __init__(self, folder: str, lease: float = LEASE_SECONDS) -> None:
        self.folder = folder
        self.lease = lease

    def database(self) -> Database:
        """A connection of one's own."""
        return Database(os.path.join(self.folder, "claims.sqlite"), _SCHEMA, "OFF")

    def lock_file(self, run: str) -> str:
        """The file whose lock a run holds."""
        return os.path.join(self.folder, "runs", f"{run}.lock")

    def new_run(self) -> RunClaims:
        """Claims in the name of a new run; a context manager."""
        return RunClaims(self)

    @contextmanager
    def in_use(self) -> Iterator[tuple[Collection[bytes], Collection[str]]]:
        """Keys that living runs have claimed, and contexts that they hold; no other is taken in the block."""
        database = self.database()
        try:
            with database.transaction() as connection:
                living = set(self.living(connection))
                claims = connection.execute("SELECT key, run FROM claims").fetchall()
                holds = connection.execute("SELECT context, run FROM holds").fetchall()
                yield (
                    {key for key, run in claims if run in living},
                    {context for context, run in holds if run in living},
                )
        finally:
            database.close()

    def living(self, connection: Any) -> Iterator[str]:
        """Runs that are alive."""
        for run, host, lease in connection.execute("SELECT id, host, lease FROM runs").fetchall():
            if self._is_alive(run, host, lease):
                yield run

    def _is_alive(self, run: str, host: str, lease: float) -> bool:
        if host != socket.gethostname():
            return time.time() < lease
        path = self.lock_file(run)
        if not os.path.exists(path):
            return False
        try:
            with FileLock(path, timeout=0, fallback_to_soft=False):
                return False
        except Timeout:
            return True
        except OSError:  # a file system without locks: the lease has to do
            return time.time() < lease


class RunClaims:
    """One run's claims, given back when its block ends. See :class:`modelops_bundle.results.store.Claims`.

    Args:
        file: Where they are written.
    """

    def __init__(self, file: ClaimFile) -> None:
        self._file = file
        self._run = uuid.uuid4().hex
        self._database = file.database()
        self._lock = FileLock(file.lock_file(self._run), fallback_to_soft=False)
        self._end = Event()
        self._renewal = Thread(target=self._renew, name="claims", daemon=True)

    def __enter__(self) -> RunClaims:
        path = self._file.lock_file(self._run)
        with storage_errors(f"cannot lock {path}"):
            os.makedirs(os.path.dirname(path), exist_ok=True)
            self._lock.acquire()
        try:
            self._enter_name()
        except DamagedDatabaseError:
            self._database.remove()
            self._enter_name()
        self._renewal.start()
        return self

    def _enter_name(self) -> None:
        with self._database.transaction() as connection:
            self._forget_the_dead(connection)
            connection.execute(
                "INSERT INTO runs VALUES (?, ?, ?)",
                (self._run, socket.gethostname(), self._until()),
            )

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end.set()
        self._renewal.join()
        try:
            with self._database.transaction() as connection:
                _forget(connection, self._run)
        finally:
            self._database.close()
            with contextlib.suppress(OSError):
                self._lock.release()
            with contextlib.suppress(OSError):
                os.unlink(self._file.lock_file(self._run))

    def claim(self, keys: Sequence[str]) -> Collection[str]:
        """Take those keys that nobody alive holds, and say which."""
        blobs = {bytes.fromhex(key): key for key in keys}
        with self._database.transaction() as connection:
            holders = dict(_holders(connection, list(blobs)))
            others = set(holders.values()) - {self._run}
            living = others.intersection(self._file.living(connection)) if others else ()
            free = [blob for blob in blobs if holders.get(blob) not in living]
            connection.executemany(
                "INSERT OR REPLACE INTO claims VALUES (?, ?)", [(blob, self._run) for blob in free]
            )
        return {blobs[blob] for blob in free}

    def release(self, keys: Iterable[str]) -> None:
        """Give keys back, whether they were computed or not."""
        blobs = [(bytes.fromhex(key), self._run) for key in keys]
        if blobs:
            with self._database.transaction() as connection:
                connection.executemany("DELETE FROM claims WHERE key = ? AND run = ?", blobs)

    def hold(self, contexts: Collection[str]) -> None:
        """Say that results of some contexts are in use, so that nobody drops them meanwhile."""
        with self._database.transaction() as connection:
            rows = [(context, self._run) for context in contexts]
            connection.executemany("INSERT OR IGNORE INTO holds VALUES (?, ?)", rows)

    def wait(self, seconds: float) -> None:
        """Wait until somebody has changed something, or the time has passed."""
        connection = self._database.writer()
        until = time.monotonic() + seconds
        before = _version(connection)
        pause = _FIRST_WAIT
        while time.monotonic() < until and _version(connection) == before:
            time.sleep(min(pause, max(0.0, until - time.monotonic())))
            pause = min(_LONGEST_WAIT, pause * 2)

    def _forget_the_dead(self, connection: Any) -> None:
        living = set(self._file.living(connection))
        for (run,) in connection.execute("SELECT id FROM runs").fetchall():
            if run not in living:
                _forget(connection, run)
                with contextlib.suppress(OSError):
                    os.unlink(self._file.lock_file(run))

    def _renew(self) -> None:
        database = self._file.database()
        while not self._end.wait(self._file.lease / _RENEWALS):
            # What fails now is tried again before the lease is over.
            with contextlib.suppress(StorageError), database.transaction() as connection:
                connection.execute(
                    "UPDATE runs SET lease = ? WHERE id = ?", (self._until(), self._run)
                )
        database.close()

    def _until(self) -> float:
        return time.time() + self._file.lease


def _forget(connection: Any, run: str) -> None:
    for table, column in (("claims", "run"), ("holds", "run"), ("runs", "id")):
        connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (run,))


def _holders(connection: Any, blobs: Sequence[bytes]) -> Iterator[tuple[bytes, str]]:
    for start in range(0, len(blobs), _CHUNK):
        chunk = blobs[start : start + _CHUNK]
        marks = ",".join("?" * len(chunk))
        yield from connection.execute(f"SELECT key, run FROM claims WHERE key IN ({marks})", chunk)


def _version(connection: Any) -> int:
    (version,) = connection.execute("PRAGMA data_version").fetchone()
    return int(version)
