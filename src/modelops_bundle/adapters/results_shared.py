"""A store of results that machines share: S3, Azure Blob Storage, Google Cloud Storage, or a folder.

One object for each result, below ``v1/<context>/<level>/<param_id>-<seed>``: a listing tells all that a scan
needs. The first to write an object wins, by a conditional put. Only sound results are shared, and each level
of watching has its own objects, so that none ever has to be replaced by one that is worth more.

Credentials come from the environment alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from modelops_bundle.adapters.object_stores import open_store, store_errors
from modelops_bundle.errors import StorageError
from modelops_bundle.results.context_text import context_text
from modelops_bundle.results.envelope import DamagedResultError, pack, unpack
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.record import Level, Result
from modelops_bundle.results.store import ContextRecord, Known, Wrote

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["SharedResults"]

T = TypeVar("T")
U = TypeVar("U")

_IN_FLIGHT = 16
_BATCH = 64  # results that are in memory at once
_LEVELS = (Level.HERMETIC, Level.ENFORCED, Level.AUDIT)
_NAME = re.compile(r"(\d)/([0-9a-f]{64})-([0-9a-f]{16})")


class SharedResults:
    """Results under one URL. See :class:`modelops_bundle.results.store.ResultStore`.

    Args:
        url: ``s3://bucket/prefix``, ``az://container/prefix``, ``gs://bucket/prefix`` or ``file:///folder``.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._damaged: list[str] = []
        self._levels: dict[str, Level] = {}

    @cached_property
    def _store(self) -> ObjectStore:
        with self._errors():
            return open_store(self.url)

    # --- looking up -------------------------------------------------------------------------

    def scan(self, context: Context) -> Iterator[Known]:
        """All that is known of a context's results; how long they took is not."""
        best: dict[tuple[str, int], Level] = {}
        prefix = _folder(context)
        for name in self._names(prefix):
            match = _NAME.fullmatch(name.removeprefix(f"{prefix}/"))
            if match is not None and int(match[1]) in {*map(int, _LEVELS)}:
                place = (match[2], int(match[3], 16))
                best[place] = max(best.get(place, Level.OFF), Level(int(match[1])))
        for (param_id, seed), level in best.items():
            self._levels[ResultKey(context, param_id, seed).digest] = level
            yield Known(bytes.fromhex(param_id), seed, True, int(level), 0.0)

    def get(self, key: ResultKey) -> Result | None:
        """A result, verified; ``None`` when there is none, or it is damaged."""
        known = self._levels.get(key.digest)
        for level in _LEVELS if known is None else (known,):
            data = self._read(_name(key, level))
            if data is not None:
                return self._unpacked(key, data)
        return None

    def get_many(self, keys: Iterable[ResultKey]) -> Iterator[tuple[ResultKey, Result | None]]:
        """:meth:`get` of each, in the order asked for, some at a time."""
        rest = iter(keys)
        while batch := list(islice(rest, _BATCH)):
            yield from zip(batch, self._each(self.get, batch), strict=True)

    def damaged(self) -> Sequence[str]:
        """What was found damaged since the last time of asking, in words."""
        found, self._damaged = self._damaged, []
        return found

    # --- storing ----------------------------------------------------------------------------

    def put(self, results: Sequence[Result], untrue: Collection[str] = ()) -> Wrote:
        """Store the sound ones, each as soon as it can be. What is not true here may be true elsewhere.

        Raises:
            StorageError: The store cannot be reached or refuses. Some may be stored.
        """
        shared = [each for each in results if each.sound and each.provenance.level in _LEVELS]
        written, differing = 0, list[str]()
        for result, outcome in zip(shared, self._each(self._put, shared), strict=True):
            written += outcome == "written"
            if outcome == "differs" and result.key.digest not in untrue:
                differing.append(result.key.digest)
        return Wrote(written, tuple(differing))

    def put_context(self, record: ContextRecord) -> None:
        """Store what a context's model digest was made from, unless it is there."""
        name = f"{_folder(record.context)}/context.json"
        self._create(name, context_text(record).encode())

    # --- inside -----------------------------------------------------------------------------

    def _put(self, result: Result) -> str:
        name, data = _name(result.key, result.provenance.level), pack(result)
        if self._create(name, data):
            return "written"
        stored = self._read(name)
        try:
            if stored is not None:
                first = unpack(stored, result.key)
                # What was found under other circumstances says nothing about this one.
                same = first.outputs == result.outputs or first.contradicts(result)
                return "same" if same else "differs"
        except DamagedResultError:
            pass
        # What is damaged is worth nothing: whoever replaces it writes a whole result.
        with self._errors():
            import obstore

            obstore.put(self._store, name, data)
        return "written"

    def _create(self, name: str, data: bytes) -> bool:
        """Write an object unless there is one; whether it was written."""
        with self._errors():
            import obstore
            from obstore.exceptions import AlreadyExistsError, PreconditionError

            try:
                obstore.put(self._store, name, data, mode="create", use_multipart=False)
            except (AlreadyExistsError, PreconditionError):
                return False
        return True

    def _read(self, name: str) -> bytes | None:
        with self._errors():
            import obstore
            from obstore.exceptions import NotFoundError

            try:
                return bytes(obstore.get(self._store, name).bytes())
            except (NotFoundError, FileNotFoundError):
                return None

    def _names(self, prefix: str) -> Iterator[str]:
        with self._errors():
            import obstore

            for page in obstore.list(self._store, prefix, chunk_size=1000):
                yield from (each["path"] for each in page)

    def _unpacked(self, key: ResultKey, data: bytes) -> Result | None:
        try:
            return unpack(data, key)
        except DamagedResultError as error:
            self._damaged.append(f"the result {key.digest[:12]} in {self.url} is damaged: {error}")
            return None

    def _each(self, work: Callable[[T], U], items: Sequence[T]) -> list[U]:
        if len(items) <= 1:
            return [work(item) for item in items]
        # Made before threads ask for it.
        _ = self._store
        with ThreadPoolExecutor(_IN_FLIGHT) as pool:
            return list(pool.map(work, items))

    def _errors(self) -> AbstractContextManager[None]:
        return store_errors(self.url, StorageError, "results.store")


def _folder(context: Context) -> str:
    return f"v1/{context.digest}"


def _name(key: ResultKey, level: Level) -> str:
    return f"{_folder(key.context)}/{int(level)}/{key.param_id}-{key.seed:016x}"
