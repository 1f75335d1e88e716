"""What ``stat`` said of files when they were hashed, folder by folder, and when that may be believed.

Rules:

- An entry answers for a file only while device, inode, size, mtime and ctime are all what they were. The
  ctime notices a restored mtime and a file that was moved into another's place.
- That is not enough where an edit follows within one tick of the file system's clock, which may be two
  seconds long. So an entry is kept only when the file was hashed more than two seconds after it was last
  touched: a later edit then shows in its ctime.
- Both are comparisons of clocks. An entry hashed in the future says that the clock was set back, and what was
  touched in the future cannot be aged: neither is believed.
- The packed form carries a checksum over key and content. A damaged row is an unknown one, never a wrong one.
"""

from __future__ import annotations

import os
from binascii import crc32
from collections.abc import Mapping
from struct import Struct, error

from modelops_bundle.adapters.reading import Stamp

__all__ = ["GUARD", "Row", "Rows", "is_settled", "pack", "unpack"]

GUARD = 2_000_000_000
"""Nanoseconds that a file must have lain untouched before its digest is kept."""

Row = tuple[int, int, int, int, int, int, bytes]
"""The five fields of a :class:`Stamp`, when it was hashed (ns), and the 32 bytes of its BLAKE3."""

Rows = dict[str, Row]
"""The files of one folder by name."""

_HEAD = Struct("<II")
_RECORD = Struct("<QQqqqq32s")


def is_settled(stamp: Stamp, now: int, guard: int = GUARD) -> bool:
    """Whether any edit after ``now`` must show in what ``stat`` says, given what it said before."""
    return now - max(stamp.modified, stamp.changed) > guard


def pack(key: bytes, rows: Mapping[str, Row]) -> bytes:
    """One folder's rows as bytes."""
    names = os.fsencode("\0".join(rows))
    body = b"".join([_RECORD.pack(*row) for row in rows.values()]) + names
    return _HEAD.pack(crc32(body, crc32(key)), len(rows)) + body


def unpack(key: bytes, blob: bytes | None) -> Rows:
    """Inverse of :func:`pack`; empty when there are none, they are damaged, or belong to another key."""
    if blob is None:
        return {}
    try:
        check, count = _HEAD.unpack_from(blob)
        body = memoryview(blob)[_HEAD.size :]
        if check != crc32(body, crc32(key)):
            return {}
        end = count * _RECORD.size
        names = os.fsdecode(bytes(body[end:])).split("\0")
        return dict(zip(names, _RECORD.iter_unpack(body[:end]), strict=True))
    except (error, ValueError):
        return {}
