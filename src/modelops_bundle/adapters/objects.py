"""Where what was recorded of a dependency is kept, for ``why`` and nothing else.

The store is this machine's, in a file of its own beside the cache, so that deleting the cache costs no
explanation. Without it everything works, at the level of files. It is never thrown away for its size; what is
not needed any more is forgotten by :meth:`DiskObjectStore.keep_only`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from types import TracebackType

from modelops_bundle.adapters.cachefile import CacheFile

__all__ = ["DiskObjectStore"]


class DiskObjectStore:
    """:class:`modelops_bundle.ports.ObjectStore` on the disk. Use it in a ``with``, or call :meth:`close`.

    What is put is written by :meth:`save`, all of it or nothing: a thousand objects in one go take as long as
    one.

    Args:
        folder: Absolute path; made when something is saved, provided that its parent exists.
    """

    def __init__(self, folder: str) -> None:
        self._file = CacheFile(folder, "objects.sqlite", largest=None)
        self._pending: dict[bytes, bytes] = {}

    def __enter__(self) -> DiskObjectStore:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def get(self, key: str) -> bytes | None:
        """See :meth:`modelops_bundle.ports.ObjectStore.get`."""
        name = _name(key)
        packed = self._pending.get(name) or self._file.memo(name)
        if packed is None:
            return None
        try:
            return zlib.decompress(packed)
        except zlib.error:
            return None

    def put(self, key: str, data: bytes) -> None:
        """See :meth:`modelops_bundle.ports.ObjectStore.put`."""
        self._pending[_name(key)] = zlib.compress(data, 1)

    def save(self) -> bool:
        """Write what was put; whether the disk took it. What it refuses is put again at the next save."""
        if not self._pending:
            return True
        saved = self._file.save({}, self._pending)
        if saved:
            self._pending = {}
        return saved

    @property
    def unsaved(self) -> bool:
        """See :attr:`modelops_bundle.ports.ObjectStore.unsaved`."""
        return bool(self._pending)

    def size(self) -> int:
        """See :meth:`modelops_bundle.ports.ObjectStore.size`."""
        return self._file.size()

    def keep_only(self, keys: Collection[str]) -> None:
        """See :meth:`modelops_bundle.ports.ObjectStore.keep_only`."""
        self._file.keep_memos(frozenset(map(_name, keys)))

    def close(self) -> None:
        """:meth:`save`, and let go of the file."""
        self.save()
        self._file.close()


def _name(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
