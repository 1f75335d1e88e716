"""One writer at a time, across processes.

The lock is the operating system's on an open file: it dies with its holder, however that ends, and nobody
has to clean up. The lock file stays where it is. It says nothing by being there, and removing it while
somebody holds or awaits it would let two in.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager

from modelops_bundle.adapters.atomic import storage_errors
from modelops_bundle.errors import StorageError

__all__ = ["LOCK_TIMEOUT", "hold_lock"]

LOCK_TIMEOUT = 120.0
"""Seconds that a writer waits for the others: far longer than any of them takes."""

# Waiters poll, which costs each of them some 0.1 ms and the holder that much of its processor.
_POLL_SECONDS = 0.05


@contextmanager
def hold_lock(path: str, timeout: float = LOCK_TIMEOUT) -> Iterator[None]:
    """Hold the lock file at ``path``, creating it and its folder if need be. Not to be nested.

    Args:
        path: The lock file.
        timeout: Seconds to wait.

    Raises:
        StorageError: It is held by another for longer than that, or the file system has no locks.
    """
    from filelock import FileLock, Timeout

    # Without the fallback: a lock that is only a file outlives a killed holder.
    lock = FileLock(path, timeout=timeout, poll_interval=_POLL_SECONDS, fallback_to_soft=False)
    try:
        with storage_errors(f"cannot lock {path}"):
            lock.acquire()
    except StorageError as error:
        if not isinstance(error.__cause__, Timeout):
            raise
        raise StorageError(
            f"cannot lock {path}",
            f"another process has held it for {timeout:g} seconds",
            "Wait for that process or end it, then run the command again.",
        ) from error
    try:
        yield
    finally:
        # What the lock guarded is done. If the system will not let go of it, the end of the process will.
        with contextlib.suppress(OSError):
            lock.release()
