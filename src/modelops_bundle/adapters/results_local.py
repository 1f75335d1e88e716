"""The project's own store of results: an SQLite file with small results in it, large ones as files beside.

What is committed survives a power cut. A large result's file is written before the row that speaks of it, so
a row without a whole file is only left by a disk that lost it; such a result is damaged, which is a miss.
"""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any

from modelops_bundle.adapters.atomic import write_atomically
from modelops_bundle.adapters.results_claims import ClaimFile, RunClaims
from modelops_bundle.adapters.results_db import Database, database_errors
from modelops_bundle.adapters.results_rows import failure_record, failure_text, signed, unsigned
from modelops_bundle.errors import StorageError
from modelops_bundle.results.context_text import context_record, context_text
from modelops_bundle.results.envelope import DamagedResultError, pack, unpack
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Failure, Level, Result
from modelops_bundle.results.store import ContextRecord, Known, Stored, Wrote

__all__ = ["LocalResults"]

#: Size in bytes up to which a result lies in the SQLite file.
LARGEST_INSIDE = 64 * 1024

_CHUNK = 500  # keys that are asked for in one statement
_SCHEMA = (
    "CREATE TABLE IF NOT EXISTS contexts (id INTEGER PRIMARY KEY, digest TEXT UNIQUE NOT NULL,"
    " record TEXT, created REAL NOT NULL)",
    "CREATE TABLE IF NOT EXISTS results (key BLOB PRIMARY KEY, context INTEGER NOT NULL, param BLOB"
    " NOT NULL, seed INTEGER NOT NULL, sound INTEGER NOT NULL, level INTEGER NOT NULL, duration REAL"
    " NOT NULL, created REAL NOT NULL, size INTEGER NOT NULL, body BLOB)",
    # All that a scan needs, so that it reads no body.
    "CREATE INDEX IF NOT EXISTS by_context ON results"
    " (context, param, seed, sound, level, duration)",
    "CREATE TABLE IF NOT EXISTS failures (key BLOB PRIMARY KEY, context INTEGER NOT NULL, record TEXT"
    " NOT NULL)",
    "PRAGMA user_version = 1",
)
_COLUMNS = (
    "hex(r.key), c.digest, hex(r.param), r.seed, r.sound, r.level, r.duration, r.created, r.size"
)


class LocalResults:
    """Results below one folder. See :class:`modelops_bundle.results.store.ManagedStore`.

    Args:
        folder: Where they lie, absolute; made when something is stored.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        self._database = Database(os.path.join(folder, "results.sqlite"), _SCHEMA, "FULL")
        self._claims = ClaimFile(folder)
        self._damaged: list[str] = []

    def __enter__(self) -> LocalResults:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the files; using the store opens them again."""
        self._database.close()

    # --- looking up -------------------------------------------------------------------------

    def scan(self, context: Context) -> Iterator[Known]:
        """All that is known of a context's results, without reading any."""
        rows = self._rows(
            "SELECT param, seed, sound, level, duration FROM results WHERE context ="
            " (SELECT id FROM contexts WHERE digest = ?)",
            (context.digest,),
        )
        for param, seed, sound, level, duration in rows:
            yield Known(param, unsigned(seed), bool(sound), level, duration)

    def get(self, key: ResultKey) -> Result | None:
        """A result, verified; ``None`` when there is none, or it is damaged."""
        return self._result(key.digest, key)

    def get_many(self, keys: Iterable[ResultKey]) -> Iterator[tuple[ResultKey, Result | None]]:
        """:meth:`get` of each, in the order asked for."""
        for key in keys:
            yield key, self.get(key)

    def read(self, key: str) -> Result | None:
        """A result by the text of its key, verified."""
        return self._result(key, None)

    def present(self, keys: Collection[str], least: Level) -> Collection[str]:
        """Those of some keys whose results are there, sound, and were watched at least so closely."""
        found: set[str] = set()
        for chunk in _chunks(sorted(keys)):
            marks = ",".join("?" * len(chunk))
            rows = self._rows(
                f"SELECT key FROM results WHERE key IN ({marks}) AND sound AND level >= ?",
                (*map(bytes.fromhex, chunk), int(least)),
            )
            found.update(row[0].hex() for row in rows)
        return found

    def damaged(self) -> Sequence[str]:
        """What was found damaged since the last time of asking, in words."""
        found, self._damaged = self._damaged, []
        return found

    # --- storing ----------------------------------------------------------------------------

    def put(self, results: Sequence[Result], untrue: Collection[str] = ()) -> Wrote:
        """Store results durably, all of them or none.

        Raises:
            StorageError: The disk is full, permission is denied.
        """
        if not results:
            return Wrote(0)
        packed = [(result, pack(result)) for result in results]
        try:
            return self._put(packed, untrue)
        except StorageError:
            # A full disk needs the space of what it could not hold; what is not stored has no row.
            with contextlib.suppress(StorageError):
                self._remove_files()
            raise

    def _put(self, packed: Sequence[tuple[Result, bytes]], untrue: Collection[str]) -> Wrote:
        written, differing = 0, []
        with self._database.transaction() as connection:
            for result, body in packed:
                key = result.key.digest
                known = None if key in untrue else self._known(connection, key)
                stays = known is not None and _stays(known, result)
                stored = self._whole(key, known) if stays else None
                # Of two that were found under other circumstances, the new one is true now.
                if stored is None or stored.contradicts(result):
                    self._insert(connection, key, result, body)
                    written += 1
                elif stored.outputs != result.outputs:
                    differing.append(key)
        return Wrote(written, tuple(differing))

    def put_context(self, record: ContextRecord) -> None:
        """Store what a context's model digest was made from, unless it is there."""
        known = self._rows(
            "SELECT 1 FROM contexts WHERE digest = ? AND record NOTNULL", (record.context.digest,)
        )
        if any(known):
            return
        with self._database.transaction() as connection:
            self._context_id(connection, record.context)
            connection.execute(
                "UPDATE contexts SET record = ? WHERE digest = ? AND record IS NULL",
                (context_text(record), record.context.digest),
            )

    def put_failures(self, failures: Sequence[Failure]) -> None:
        """Record simulations that failed; the last one of a key stays, until it has a result."""
        if not failures:
            return
        with self._database.transaction() as connection:
            for failure in failures:
                connection.execute(
                    "INSERT OR REPLACE INTO failures VALUES (?, ?, ?)",
                    (
                        bytes.fromhex(failure.key.digest),
                        self._context_id(connection, failure.key.context),
                        failure_text(failure),
                    ),
                )

    # --- looking over -----------------------------------------------------------------------

    def contexts(self) -> Mapping[str, ContextRecord]:
        """Every context by its digest."""
        rows = self._rows("SELECT digest, record, created FROM contexts WHERE record NOTNULL")
        return {digest: context_record(text, created) for digest, text, created in rows}

    def list(self, contexts: Collection[str] | None = None) -> Iterator[Stored]:
        """Every result, or those of some contexts, oldest first."""
        joined = "FROM results r JOIN contexts c ON c.id = r.context"
        chosen = "WHERE :all OR c.digest IN (SELECT value FROM json_each(:contexts))"
        rows = self._rows(
            f"SELECT {_COLUMNS} {joined} {chosen} ORDER BY r.created, r.key",
            {"all": contexts is None, "contexts": json.dumps(list(contexts or ()))},
        )
        for key, context, param, seed, sound, level, duration, created, size in rows:
            yield Stored(
                key.lower(), context, param.lower(), unsigned(seed), bool(sound),
                Level(level), duration, created, size,
            )  # fmt: skip

    def find(self, key: str) -> Sequence[str]:
        """Full keys that begin with some hex digits."""
        low = bytes.fromhex(key.ljust(64, "0"))
        high = bytes.fromhex(key.ljust(64, "f"))
        rows = self._rows("SELECT key FROM results WHERE key BETWEEN ? AND ?", (low, high))
        return [row[0].hex() for row in rows]

    def failures(self, context: Context) -> Sequence[Failure]:
        """Those recorded."""
        rows = self._rows(
            "SELECT record FROM failures WHERE context ="
            " (SELECT id FROM contexts WHERE digest = ?)",
            (context.digest,),
        )
        return [failure_record(text, context) for (text,) in rows]

    def durations(self, entrypoint: str) -> Iterator[float]:
        """How long simulations of an entrypoint took in any context, newest first."""
        records = self.contexts()
        wanted = {
            digest for digest, record in records.items() if record.context.entrypoint == entrypoint
        }
        for digest in sorted(wanted, key=lambda each: -records[each].created):
            yield from (known.duration for known in self.scan(records[digest].context))

    def drop(self, keys: Iterable[str]) -> int:
        """Remove results, except those that a run holds; returns how many were removed.

        Files of large results that no row speaks of go as well: a crash has left them.
        """
        if self._database.reader() is None:
            return 0
        with self._claims.in_use() as (claimed, held):
            removed = self._removed(keys, claimed, held)
        self._shrink()
        return removed

    def _removed(
        self, keys: Iterable[str], claimed: Collection[bytes], held: Collection[str]
    ) -> int:
        removed = 0
        with self._database.transaction() as connection:
            for key in keys:
                blob = bytes.fromhex(key)
                row = connection.execute(
                    "SELECT c.digest FROM results r JOIN contexts c ON c.id = r.context"
                    " WHERE r.key = ?",
                    (blob,),
                ).fetchone()
                if row is None or blob in claimed or row[0] in held:
                    continue
                connection.execute("DELETE FROM results WHERE key = ?", (blob,))
                removed += 1
            connection.execute(
                "DELETE FROM contexts WHERE id NOT IN (SELECT context FROM results)"
                " AND id NOT IN (SELECT context FROM failures)"
                " AND digest NOT IN (SELECT value FROM json_each(?))",
                (json.dumps(list(held)),),
            )
        self._remove_files()
        return removed

    def _remove_files(self) -> None:
        """Remove the files of large results that no row speaks of."""
        # While the transaction lasts nobody else stores, so that no file is about to get its row.
        with self._database.transaction() as connection:
            for folder, _, names in os.walk(os.path.join(self._folder, "large")):
                for name in names:
                    if not _is_key(name) or self._known(connection, name) is None:
                        with contextlib.suppress(OSError):
                            os.unlink(os.path.join(folder, name))

    def claims(self) -> RunClaims:
        """Claims in the name of a new run, which holds them until it is closed."""
        return self._claims.new_run()

    # --- inside -----------------------------------------------------------------------------

    def _rows(self, query: str, values: Sequence[Any] | Mapping[str, Any] = ()) -> Iterator[Any]:
        reader = self._database.reader()
        if reader is not None:
            with database_errors(self._database.path):
                yield from reader.execute(query, values)

    def _result(self, key: str, asked: ResultKey | None) -> Result | None:
        reader = self._database.reader()
        if reader is None:
            return None
        with database_errors(self._database.path):
            row = reader.execute(
                "SELECT body FROM results WHERE key = ?", (bytes.fromhex(key),)
            ).fetchone()
        if row is None:
            return None
        try:
            result = unpack(self._body(key, row[0]), asked)
            if asked is None and result.key.digest != key:
                raise DamagedResultError("it is the result of another key")
        except DamagedResultError as error:
            self._damaged.append(f"the stored result {key[:12]} is damaged: {error}")
            return None
        return result

    def _body(self, key: str, inside: bytes | None) -> bytes:
        if inside is not None:
            return inside
        try:
            with open(self._file(key), "rb") as file:  # noqa: PTH123 - a hot path
                return file.read()
        except OSError as error:
            raise DamagedResultError(f"its file cannot be read: {error.strerror}") from error

    def _file(self, key: str) -> str:
        return os.path.join(self._folder, "large", key[:2], key)

    def _known(self, connection: Any, key: str) -> Any:
        query = "SELECT sound, level, body FROM results WHERE key = ?"
        return connection.execute(query, (bytes.fromhex(key),)).fetchone()

    def _whole(self, key: str, known: Any) -> Result | None:
        """A stored result, every byte of which is as it was written; else ``None``."""
        try:
            return unpack(self._body(key, known[2]))
        except DamagedResultError:
            return None

    def _insert(self, connection: Any, key: str, result: Result, body: bytes) -> None:
        inside = len(body) <= LARGEST_INSIDE
        if not inside:
            path = self._file(key)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            write_atomically(path, body)
        blob = bytes.fromhex(key)
        provenance = result.provenance
        connection.execute(
            "INSERT OR REPLACE INTO results VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                blob,
                self._context_id(connection, result.key.context),
                bytes.fromhex(result.key.param_id),
                signed(result.key.seed),
                result.sound,
                int(provenance.level),
                provenance.duration,
                time.time(),
                len(body),
                body if inside else None,
            ),
        )
        connection.execute("DELETE FROM failures WHERE key = ?", (blob,))

    def _context_id(self, connection: Any, context: Context) -> int:
        digest = context.digest
        query = "SELECT id FROM contexts WHERE digest = ?"
        row = connection.execute(query, (digest,)).fetchone()
        if row is None:
            connection.execute(
                "INSERT INTO contexts (digest, created) VALUES (?, ?)", (digest, time.time())
            )
            row = connection.execute(query, (digest,)).fetchone()
        return int(row[0])

    def _shrink(self) -> None:
        """Give the space of what was dropped back to the disk, where that is much of the file."""
        connection = self._database.writer()
        with database_errors(self._database.path):
            (free,) = connection.execute("PRAGMA freelist_count").fetchone()
            (pages,) = connection.execute("PRAGMA page_count").fetchone()
            if free * 4 > pages:
                connection.execute("VACUUM")
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _stays(known: Any, result: Result) -> bool:
    """Whether what is stored is worth as much as what is new; of two unsound ones the new one counts."""
    old = (bool(known[0]), known[1])
    return old[0] and old >= (result.sound, int(result.provenance.level))


def _is_key(name: str) -> bool:
    return len(name) == 64 and not name.strip("0123456789abcdef")


def _chunks(keys: Sequence[str]) -> Iterator[Sequence[str]]:
    for start in range(0, len(keys), _CHUNK):
        yield keys[start : start + _CHUNK]
