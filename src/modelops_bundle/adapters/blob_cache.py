"""Blobs that were fetched, kept on this machine by digest and shared by all projects and workers of a user.

Nothing here is needed: whatever is lost or damaged is fetched again, so nothing is synced to the disk. Bytes
are verified when they come, and again when a blob is read as a whole. A blob's time of modification is when
it was last used, for :meth:`BlobCache.collect`.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import secrets
import stat
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from modelops_bundle.adapters.atomic import make_folder, storage_errors
from modelops_bundle.adapters.pieces import damaged, pieces_received, write_all
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import RemoteError
from modelops_bundle.identity.digest import Digest

__all__ = ["BlobCache", "Collected", "default_cache_folder"]

_PIECE = 1 << 20
_OURS = re.compile(r"[0-9a-f]{64}(?:\.[0-9]+-[0-9a-f]{16}\.tmp)?")
_FLAGS = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
#: A temporary file that is older belongs to nobody any more.
_ABANDONED_SECONDS = 24 * 3600


class Collected(NamedTuple):
    """What collecting did: how many blobs and bytes went, and how many bytes are left."""

    blobs: int
    freed: int
    left: int


def default_cache_folder(variables: Mapping[str, str]) -> str:
    """Where the XDG base directory specification has a user's caches."""
    base = variables.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    return os.path.join(base, "modelops-bundle", "blobs")


class BlobCache:
    """See :class:`modelops_bundle.bundle.remote.BlobCache`.

    Args:
        folder: Absolute path; made when something is put.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def holds(self, blob: Blob) -> bool:
        """See :meth:`modelops_bundle.bundle.remote.BlobCache.holds`."""
        try:
            found = os.lstat(self._path(blob.digest))
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size == blob.size

    def fetch(self, blob: Blob, get: Callable[[Blob], Iterable[bytes]]) -> bool:
        """See :meth:`modelops_bundle.bundle.remote.BlobCache.fetch`."""
        if self.holds(blob):
            return False
        path = self._path(blob.digest)
        make_folder(os.path.dirname(path))
        temporary = f"{path}.{os.getpid()}-{secrets.token_hex(8)}.tmp"
        with storage_errors(f"cannot write {path}"):
            try:
                with open(temporary, "xb", buffering=0) as file:  # noqa: PTH123
                    for piece in get(blob):
                        write_all(file, piece)
                os.replace(temporary, path)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.unlink(temporary)
                raise
        return True

    def get(self, blob: Blob) -> Iterator[bytes]:
        """See :meth:`modelops_bundle.bundle.remote.BlobStore.get`."""
        with self._opened(blob) as file:
            pieces = iter(lambda: file.read(_PIECE), b"")
            yield from pieces_received(blob, pieces, self._folder)

    def get_range(self, blob: Blob, start: int, length: int) -> bytes:
        """See :meth:`modelops_bundle.bundle.remote.BlobStore.get_range`."""
        with self._opened(blob) as file:
            file.seek(start)
            data = file.read(length)
        if len(data) != length:
            raise damaged(blob, self._folder, f"it has no {length} bytes from {start} on")
        return data

    def drop(self, blob: Blob) -> None:
        """See :meth:`modelops_bundle.bundle.remote.BlobCache.drop`."""
        with contextlib.suppress(OSError):
            os.unlink(self._path(blob.digest))

    def collect(self, *, older_than: float | None, largest: int | None) -> Collected:
        """Drop what was not used for some time, then what was not used for longest.

        Args:
            older_than: Seconds; ``None`` to drop nothing for its age.
            largest: Bytes to leave at most; ``None`` for any number.
        """
        now = time.time()
        blobs = sorted(self._stored(now))
        left = sum(size for _, size, _ in blobs)
        gone = freed = 0
        for used, size, path in blobs:
            old = older_than is not None and now - used > older_than
            if old or (largest is not None and left > largest):
                with contextlib.suppress(OSError):
                    os.unlink(path)
                    gone, freed, left = gone + 1, freed + size, left - size
        return Collected(gone, freed, left)

    def _stored(self, now: float) -> Iterator[tuple[float, int, str]]:
        """When it was used, size and path of each blob; what writers that died left is removed.

        Nothing else is touched: a user may name a folder that holds other things as well.
        """
        for folder, _, names in os.walk(os.path.join(self._folder, "sha256")):
            for name in filter(_OURS.fullmatch, names):
                path = os.path.join(folder, name)
                with contextlib.suppress(OSError):
                    found = os.lstat(path)
                    if name.endswith(".tmp"):
                        if now - found.st_mtime > _ABANDONED_SECONDS:
                            os.unlink(path)
                    else:
                        yield found.st_mtime, found.st_size, path

    @contextlib.contextmanager
    def _opened(self, blob: Blob) -> Iterator[io.FileIO]:
        path = self._path(blob.digest)
        try:
            file = io.FileIO(os.open(path, _FLAGS), "rb")
        except OSError as error:
            raise RemoteError(
                f"{path} is not in the cache any more", error.strerror or "", "Run it again."
            ) from error
        with file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise damaged(blob, self._folder, "it is no regular file")
            with contextlib.suppress(OSError):
                os.utime(path)
            yield file

    def _path(self, digest: Digest) -> str:
        return os.path.join(self._folder, "sha256", digest.hex[:2], digest.hex)
