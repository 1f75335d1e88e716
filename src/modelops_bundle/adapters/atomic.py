"""Files that are either the old ones or the new ones, whatever happens in between.

A file is written whole under a temporary name beside its place, synced, renamed, and its folder synced:
readers see the old bytes or the new, and what was acknowledged survives a power cut. This is neither
locking nor more: two writers who both read first need :mod:`modelops_bundle.adapters.locking` around both
steps.

An error after the rename may mean that the new file is there already; doing the same again is always safe.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import secrets
import stat
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from modelops_bundle.errors import StorageError

__all__ = [
    "atomic_file",
    "make_folder",
    "remove_leftovers",
    "storage_errors",
    "sync_folder",
    "write_atomically",
    "write_text",
]

_TEMPORARY = re.compile(r"\.(?P<name>.+)\.(?P<pid>[0-9]+)-[0-9a-f]{16}\.tmp", re.DOTALL)
_LONG_DEAD_SECONDS = 3600

_MENDS = {
    errno.ENOSPC: "Free some space and run the command again.",
    errno.EDQUOT: "Free some space and run the command again.",
    errno.EACCES: "Check who owns the folder and may write to it.",
    errno.EPERM: "Check who owns the folder and may write to it.",
    errno.EROFS: "Mount the file system writable, or work on a copy.",
    errno.EIO: "Check the disk, then run the command again.",
}


@contextmanager
def storage_errors(what: str) -> Iterator[None]:
    """Translate what the file system refuses inside the block.

    Args:
        what: What could not be done, a clause such as ``cannot write x``.

    Raises:
        StorageError: Instead of an ``OSError``, with the reason and the mend.
    """
    try:
        yield
    except OSError as error:
        why = error.strerror or str(error)
        mend = _MENDS.get(error.errno or 0, "Run the command again when that is mended.")
        raise StorageError(what.encode("utf-8", "backslashreplace").decode(), why, mend) from error


def write_atomically(path: str, data: bytes) -> None:
    """Replace or create a file; durable when this returns.

    A symbolic link stays one: the file that it leads to is replaced. The permissions of a file that is there
    are kept.

    Raises:
        StorageError: The file system refuses. The old file is intact, or, if only the last sync failed, the
            new one is in its place.
    """
    with atomic_file(path) as file:
        view = memoryview(data)
        while view:
            view = view[file.write(view) or 0 :]


@contextmanager
def atomic_file(path: str) -> Iterator[io.FileIO]:
    """A file to write that takes the place of ``path`` when the block ends well, as :func:`write_atomically`.

    Nothing is buffered: a write may take less than it is given, and says how much.

    Raises:
        StorageError: The file system refuses, also inside the block.
    """
    with storage_errors(f"cannot write {path}"):
        path = os.path.realpath(path)
        folder, name = os.path.split(path)
        temporary = os.path.join(folder, f".{name}.{os.getpid()}-{secrets.token_hex(8)}.tmp")
        try:
            with _new_file(temporary, _mode_of(path)) as file:
                yield file
                _sync(file.fileno())
            os.replace(temporary, path)
        except BaseException:
            with contextlib.suppress(OSError):
                os.unlink(temporary)
            raise
        sync_folder(folder)


def write_text(path: str, text: str, *, keep: bool = False) -> bool:
    """Write a UTF-8 text file with ``\\n`` as it stands, creating its folders.

    Args:
        path: Where.
        text: What.
        keep: Leave a file that is there as it is.

    Returns:
        Whether the file was written.

    Raises:
        StorageError: The file system refuses.
    """
    if keep and os.path.lexists(path):
        return False
    make_folder(os.path.dirname(path))
    write_atomically(path, text.encode("utf-8", "surrogateescape"))
    return True


def make_folder(path: str) -> None:
    """Create a folder and those above it that are missing; durable when this returns.

    Raises:
        StorageError: The file system refuses, or something else stands there.
    """
    if os.path.isdir(path):
        return
    parent = os.path.dirname(path)
    if parent != path:
        make_folder(parent)
    with storage_errors(f"cannot create the folder {path}"):
        # Another process may have been faster.
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)
        if not os.path.isdir(path):
            raise NotADirectoryError(errno.ENOTDIR, "something else stands there", path)
        sync_folder(parent)


def remove_leftovers(path: str) -> None:
    """Remove what writers that died have left beside ``path``.

    Temporary files of ``path`` itself all go, so its writers must share a lock, and the caller must hold it.
    Those of other files in the folder go when the process that made them is gone. Never fails: what stays is
    removed another time.
    """
    folder, name = os.path.split(os.path.realpath(path))
    with contextlib.suppress(OSError):
        for entry in os.listdir(folder):
            match = _TEMPORARY.fullmatch(entry)
            leftover = os.path.join(folder, entry)
            if match and (match["name"] == name or _is_dead(int(match["pid"]), leftover)):
                with contextlib.suppress(OSError):
                    os.unlink(leftover)


def _is_dead(pid: int, leftover: str) -> bool:
    if sys.platform != "win32":  # where signal 0 is a real one
        try:
            os.kill(pid, 0)
        except (ProcessLookupError, OverflowError):
            return True
        except OSError:
            pass
    try:
        return time.time() - os.stat(leftover).st_mtime > _LONG_DEAD_SECONDS
    except OSError:
        return False


@contextmanager
def _new_file(path: str, mode: int | None) -> Iterator[io.FileIO]:
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags, 0o666)
    # Closing inside the block: a full disk may be reported only then.
    with io.FileIO(descriptor, "wb") as file:
        if mode is not None and hasattr(os, "fchmod"):
            os.fchmod(descriptor, mode)
        yield file


def _mode_of(path: str) -> int | None:
    try:
        return stat.S_IMODE(os.stat(path).st_mode)
    except FileNotFoundError:
        return None


def sync_folder(path: str) -> None:
    """Make durable what was renamed into a folder, or out of it."""
    if sys.platform == "win32":  # folders cannot be opened there, renames are journalled
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _sync(descriptor)
    finally:
        os.close(descriptor)


def _sync(descriptor: int) -> None:
    if sys.platform == "darwin":
        import fcntl

        # There, fsync leaves the bytes in the disk's own cache. Not every file system knows the call.
        with contextlib.suppress(OSError):
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)
