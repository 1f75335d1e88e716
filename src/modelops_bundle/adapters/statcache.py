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
from collections.abc import Mapping
from struct import Struct, error

from modelops_bundle.hashing.reading import Stamp

__all__ = ["GUARD", "Row", "Rows", "is_settled", "pack", "unpack"]

GUARD = 2_000_000_000
"""Nanoseconds that a file must have lain untouched before its digest is kept."""

Row = tuple[tuple[int, int, int, int, int], tuple[int, bytes]]
"""The fields of a :class:`Stamp`; then when the file was hashed (ns) and the 32 bytes of its BLAKE3."""

Rows = dict[str, Row]
"""The files of one folder by name."""

_COUNT = Struct("<I")
_STAMP = Struct("<QQqqq")
_FINDING = Struct("<q32s")


def is_settled(stamp: Stamp, now: int, guard: int = GUARD) -> bool:
    """Whether any edit after ``now`` must show in what ``stat`` says, given what it said before."""
    return now - max(stamp.modified, stamp.changed) > guard


def pack(rows: Mapping[str, Row]) -> bytes:
    """One folder's rows as bytes."""
    stamps = [_STAMP.pack(*stamp) for stamp, _ in rows.values()]
    findings = [_FINDING.pack(*finding) for _, finding in rows.values()]
    return b"".join([_COUNT.pack(len(rows)), *stamps, *findings, os.fsencode("\0".join(rows))])


def unpack(blob: bytes | None, now: int | None = None) -> Rows:
    """Inverse of :func:`pack`, without what was hashed after ``now`` where that is given.

    Empty when there are no bytes, or they were packed by something else.
    """
    if blob is None:
        return {}
    try:
        (count,) = _COUNT.unpack_from(blob)
        body = memoryview(blob)[_COUNT.size :]
        middle, end = count * _STAMP.size, count * (_STAMP.size + _FINDING.size)
        stamps, findings = _STAMP.iter_unpack(body[:middle]), _FINDING.iter_unpack(body[middle:end])
        names = os.fsdecode(bytes(body[end:])).split("\0") if count else []
        rows: Rows = dict(zip(names, zip(stamps, findings, strict=True), strict=True))
    except (error, ValueError):
        return {}
    if now is not None and any(finding[0] > now for _, finding in rows.values()):
        return {name: row for name, row in rows.items() if row[1][0] <= now}
    return rows
