"""What ``stat`` said of files when they were hashed, folder by folder, and when that may be believed.

Rules:

- An entry answers for a file only while device, inode, size, mtime and ctime are all what they were. The
  ctime notices a restored mtime and a file that was moved into another's place.
- That is not enough where an edit follows within one tick of the file system's clock, which may be two
  seconds long. So an entry is kept only when the file was hashed more than two seconds after it was last
  touched: a later edit then shows in its ctime.
- Both are comparisons of clocks. An entry hashed in the future says that the clock was set back, and what was
  touched in the future cannot be aged: neither is believed.
"""

from __future__ import annotations

import os
from array import array
from collections.abc import Iterable, Mapping, Sequence
from itertools import chain
from struct import Struct

from modelops_bundle.hashing.reading import Stamp

__all__ = ["GUARD", "Row", "Rows", "is_settled", "pack", "unchanged", "unpack"]

GUARD = 2_000_000_000
"""Nanoseconds that a file must have lain untouched before its digest is kept."""

Row = tuple[tuple[int, int, int, int, int], tuple[int, bytes]]
"""The fields of a :class:`Stamp`; then when the file was hashed (ns) and the 32 bytes of its BLAKE3."""

Rows = dict[str, Row]
"""The files of one folder by name."""

# In this machine's own byte order, so that columns of numbers can be compared without being taken apart.
_COUNT = Struct("=Q")
_STAMP = Struct("=QQqqq")
_TIME = Struct("=q")
_DIGEST_SIZE = 32


def is_settled(stamp: Stamp, now: int, guard: int = GUARD) -> bool:
    """Whether any edit after ``now`` must show in what ``stat`` says, given what it said before."""
    return now - max(stamp.modified, stamp.changed) > guard


def pack(rows: Mapping[str, Row]) -> bytes:
    """One folder's rows as bytes, column by column."""
    names = sorted(rows)
    stamps = [_STAMP.pack(*rows[name][0]) for name in names]
    times = [_TIME.pack(rows[name][1][0]) for name in names]
    digests = [rows[name][1][1] for name in names]
    head = _COUNT.pack(len(rows))
    return b"".join([head, *stamps, *times, *digests, os.fsencode("\0".join(names))])


def unpack(blob: bytes | None, now: int | None = None) -> Rows:
    """Inverse of :func:`pack`, without what was hashed after ``now`` where that is given.

    Empty when there are no bytes, or they were packed by something else.
    """
    columns = _columns(blob)
    if columns is None:
        return {}
    stamps, times, digests, names = columns
    known = os.fsdecode(bytes(names)).split("\0") if stamps else []
    hashed = [time for (time,) in _TIME.iter_unpack(times)]
    hashes = [bytes(digests[at : at + _DIGEST_SIZE]) for at in range(0, len(digests), _DIGEST_SIZE)]
    findings = zip(hashed, hashes, strict=True)
    rows: Rows = dict(
        zip(known, zip(_STAMP.iter_unpack(stamps), findings, strict=False), strict=False)
    )
    if now is None or max(hashed, default=now) <= now:
        return rows
    return {name: row for name, row in rows.items() if row[1][0] <= now}


def unchanged(
    blob: bytes | None, names: Sequence[str], stamps: Iterable[Iterable[int]], now: int
) -> list[str] | None:
    """Digests (hex) of a whole folder at once, if its files are just those packed and none has changed.

    Args:
        blob: What :func:`pack` made.
        names: Names of the files, sorted.
        stamps: What ``stat`` says of each.
        now: The time; what was hashed after it is not believed.
    """
    columns = _columns(blob)
    if columns is None or columns[3] != os.fsencode("\0".join(names)):
        return None
    try:
        same = columns[0] == array("q", chain.from_iterable(stamps)).tobytes()
    except OverflowError:  # an inode beyond 63 bits
        return None
    if not same or max(columns[1].cast("q"), default=now) > now:
        return None
    digits = columns[2].hex()
    return [digits[at : at + 64] for at in range(0, len(digits), 64)]


def _columns(blob: bytes | None) -> tuple[memoryview, memoryview, memoryview, memoryview] | None:
    if blob is None or len(blob) < _COUNT.size:
        return None
    (count,) = _COUNT.unpack_from(blob)
    body = memoryview(blob)[_COUNT.size :]
    ends = [count * size for size in (_STAMP.size, _STAMP.size + 8, _STAMP.size + 8 + _DIGEST_SIZE)]
    if ends[-1] > len(body):
        return None
    return body[: ends[0]], body[ends[0] : ends[1]], body[ends[1] : ends[2]], body[ends[2] :]
