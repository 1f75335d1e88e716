"""Reading one regular file so that what was read and what ``stat`` said of it belong together.

Rules:

- Nothing but a regular file is ever opened: a pipe named ``x.py`` would hang, a device might act. The kind is
  looked at before opening, and again on the opened file, which cannot be swapped any more.
- The opened file is looked at before and after it is read. When the two differ it was edited meanwhile, and
  it is read again; a file that never holds still is reported, not guessed.
- A reading says whether anybody had the file open for writing. Such a writer may hold a memory mapping, whose
  later writes need not show in any time stamp, so the digest is true now and cannot be kept.
- On tmpfs, writing through a mapping leaves no trace in any time stamp, so nothing there is kept; reading it
  is reading memory anyway.
- A large file is memory mapped only under a lease, which makes a program that wants to write or truncate it
  wait until the current window is hashed. Without that, truncating a mapped file kills the reader; so where
  there are no leases (macOS), it is read into a buffer.
"""

from __future__ import annotations

import errno
import mmap
import os
import stat
from collections.abc import Callable, Iterator
from functools import lru_cache
from operator import attrgetter
from typing import Generic, NamedTuple, TypeVar

from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest, content_digest_of_chunks
from modelops_bundle.ports import Unreadable

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

__all__ = ["LARGE", "LARGEST_READ", "Reading", "Stamp", "digest_of_file", "read_file", "stamp_of"]

T = TypeVar("T")

LARGE = 1 << 20
"""Files from this size on are hashed in windows and on several threads."""

LARGEST_READ = 1 << 30
"""Files over this size are hashed, never read into memory."""

_WINDOW = 16 << 20
_ATTEMPTS = 5
_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_BINARY", 0)
)


class Stamp(NamedTuple):
    """All that ``stat`` tells of a file's content; times in nanoseconds since 1970."""

    device: int
    inode: int
    size: int
    modified: int
    changed: int


class Reading(NamedTuple, Generic[T]):
    """What was read, what ``stat`` said of the file before and after, and whether nobody was writing."""

    value: T
    stamp: Stamp
    settled: bool


class _ChangedError(Exception):
    """The file was edited, or somebody waits to edit it, while it was read."""


stamp_of: Callable[[os.stat_result], tuple[int, int, int, int, int]] = attrgetter(
    "st_dev", "st_ino", "st_size", "st_mtime_ns", "st_ctime_ns"
)
"""The fields of a ``stat`` that count, equal to those of a :class:`Stamp`."""


def read_file(path: str) -> Reading[bytes] | Unreadable:
    """Bytes of a regular file."""

    def consume(fd: int, size: int, _lease: bool | None) -> bytes | Unreadable:
        if size > LARGEST_READ:
            return Unreadable(path, f"it is larger than {LARGEST_READ >> 20} MiB")
        return _all_bytes(fd, size)

    reading = _stably(path, consume)
    if isinstance(reading, Unreadable):
        return reading
    if isinstance(reading.value, Unreadable):
        return reading.value
    return Reading(reading.value, reading.stamp, reading.settled)


def digest_of_file(path: str) -> Reading[Digest] | Unreadable:
    """Content digest of a regular file."""
    return _stably(path, _digest)


def _stably(path: str, consume: Callable[[int, int, bool | None], T]) -> Reading[T] | Unreadable:
    try:
        for _ in range(_ATTEMPTS):
            if not stat.S_ISREG(os.stat(path).st_mode):
                return Unreadable(path, "it is no regular file")
            try:
                return _once(path, consume)
            except _ChangedError:
                continue
    except OSError as error:
        return Unreadable(path, _reason(error))
    except ValueError:  # a NUL in the name
        return Unreadable(path, "no file can have this name")
    return Unreadable(path, "it keeps changing while it is read")


def _once(path: str, consume: Callable[[int, int, bool | None], T]) -> Reading[T]:
    fd = os.open(path, _FLAGS)
    try:
        before = os.fstat(fd)
        if not stat.S_ISREG(before.st_mode):
            raise _ChangedError
        lease = _take_lease(fd)
        value = consume(fd, before.st_size, lease)
        stamp = Stamp(*stamp_of(before))
        if stamp_of(os.fstat(fd)) != stamp:
            raise _ChangedError
        settled = lease is not False and not _is_in_memory(stamp.device)
        return Reading(value, stamp, settled)
    finally:
        os.close(fd)


def _reason(error: OSError) -> str:
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return "it does not exist"
    if error.errno in (errno.EACCES, errno.EPERM):
        return "it may not be read"
    return error.strerror or str(error)


def _take_lease(fd: int) -> bool | None:
    """Ask that writers wait: they do, or somebody is writing already, or (``None``) it is not supported."""
    if fcntl is None or not hasattr(fcntl, "F_SETLEASE"):
        return None
    from signal import SIGURG

    try:
        # The signal that tells of a waiting writer kills by default; this one is ignored by default.
        fcntl.fcntl(fd, fcntl.F_SETSIG, SIGURG)
        fcntl.fcntl(fd, fcntl.F_SETLEASE, fcntl.F_RDLCK)
    except OSError as error:
        return False if error.errno == errno.EAGAIN else None
    return True


@lru_cache
def _is_in_memory(device: int) -> bool:
    if not hasattr(os, "major") or os.major(device) != 0:
        return False
    try:
        fd = os.open("/proc/self/mountinfo", _FLAGS)
    except OSError:
        return False
    try:
        lines = _all_bytes(fd, 0).splitlines()
    finally:
        os.close(fd)
    number = f"{os.major(device)}:{os.minor(device)}".encode()
    return any(line.split()[2] == number and b" - tmpfs " in line for line in lines)


def _digest(fd: int, size: int, lease: bool | None) -> Digest:
    if size < LARGE:
        return content_digest(_all_bytes(fd, size))
    if lease:
        return content_digest_of_chunks(_mapped(fd, size), threads=True)
    return content_digest_of_chunks(_buffered(fd), threads=True)


def _all_bytes(fd: int, size: int) -> bytes:
    # One byte more than stat said shows the end without another call, or that the file grew.
    first = os.read(fd, size + 1)
    if len(first) == size:
        return first
    chunks = [first]
    while chunk := os.read(fd, _WINDOW):
        chunks.append(chunk)
    return b"".join(chunks)


def _mapped(fd: int, size: int) -> Iterator[memoryview]:
    try:
        mapping = mmap.mmap(fd, size, access=mmap.ACCESS_READ)
    except ValueError:  # it is shorter than stat said
        raise _ChangedError from None
    with mapping as mapped, memoryview(mapped) as whole:
        for start in range(0, size, _WINDOW):
            if os.fstat(fd).st_size != size or _writer_waits(fd):
                raise _ChangedError
            with whole[start : start + _WINDOW] as window:
                yield window
            if hasattr(mmap, "MADV_DONTNEED"):
                # What was hashed stays in the system's cache; it need not count as ours.
                mapped.madvise(mmap.MADV_DONTNEED, start, min(_WINDOW, size - start))


def _writer_waits(fd: int) -> bool:
    if fcntl is None or not hasattr(fcntl, "F_GETLEASE"):
        return False
    return fcntl.fcntl(fd, fcntl.F_GETLEASE) != fcntl.F_RDLCK


def _buffered(fd: int) -> Iterator[memoryview]:
    buffer = memoryview(bytearray(4 << 20))
    while count := os.readv(fd, [buffer]) if hasattr(os, "readv") else _read_into(fd, buffer):
        yield buffer[:count]


def _read_into(fd: int, buffer: memoryview) -> int:
    data = os.read(fd, len(buffer))
    buffer[: len(data)] = data
    return len(data)
