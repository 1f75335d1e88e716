"""Recipes of what does not fit into memory: digests of bytes and parts that come one after the other.

What :mod:`modelops_bundle.identity.recipes` says of tags and versions holds here as well.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable, Sequence

from modelops_bundle.identity.digest import Digest

__all__ = [
    "COLUMN_BATCH",
    "Blake2bStream",
    "ColumnStream",
    "ContentStream",
    "Sha256Stream",
    "digest_of_bytes",
    "digest_stream",
]


class ContentStream:
    """:func:`content_digest` of bytes that come piece by piece."""

    def __init__(self) -> None:
        from blake3 import blake3

        self._hash = blake3()

    def update(self, piece: bytes | memoryview) -> None:
        """Append a piece."""
        self._hash.update(piece)

    def digest(self) -> Digest:
        """What has been appended so far."""
        return Digest("blake3", self._hash.hexdigest())


class Sha256Stream:
    """:func:`sha256_digest` of bytes that come piece by piece."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def update(self, piece: bytes | memoryview) -> None:
        """Append a piece."""
        self._hash.update(piece)

    def digest(self) -> Digest:
        """What has been appended so far."""
        return Digest("sha256", self._hash.hexdigest())


def digest_stream(algorithm: str) -> ContentStream | Sha256Stream:
    """What computes digests of files: ``blake3``, or ``sha256`` for bundles of index version 1."""
    return Sha256Stream() if algorithm == "sha256" else ContentStream()


def digest_of_bytes(data: bytes, algorithm: str) -> Digest:
    """The digest that :func:`digest_stream` computes, of bytes that are all there."""
    stream = digest_stream(algorithm)
    stream.update(data)
    return stream.digest()


class Blake2bStream:
    """A tagged BLAKE2b that takes framed parts one at a time, for what does not fit into memory."""

    def __init__(self, tag: str) -> None:
        self._hash = hashlib.blake2b(f"modelops:{tag}|".encode(), digest_size=32)

    def add(self, part: bytes) -> None:
        """Append one part, preceded by its length."""
        self._hash.update(len(part).to_bytes(8, "big"))
        self._hash.update(part)

    def digest(self) -> Digest:
        """What has been added so far."""
        return Digest("blake2b", self._hash.hexdigest())


COLUMN_BATCH = 1024
"""Rows that are given to :meth:`ColumnStream.add` at a time. It is part of the recipe."""


class ColumnStream:
    """Digest of a table's column: the text of its cells in order, a missing cell being none."""

    def __init__(self) -> None:
        self._stream = Blake2bStream("column:v1")

    def add(self, cells: Sequence[str | None]) -> None:
        """Append the next ``COLUMN_BATCH`` cells, or the last ones."""
        if None in cells:
            lengths = array("I", [_MISSING if cell is None else len(cell) for cell in cells])
        else:
            lengths = array("I", map(len, cells))  # type: ignore[arg-type]
        if sys.byteorder == "big":
            lengths.byteswap()
        self._stream.add(lengths.tobytes())
        self._stream.add("".join(filter(None, cells)).encode("utf-8", "surrogateescape"))

    def add_packed(self, parts: Iterable[bytes]) -> None:
        """Append cells in a packed form of another kind, each part framed."""
        for part in parts:
            self._stream.add(part)

    def digest(self) -> Digest:
        """What has been added so far."""
        return self._stream.digest()


_MISSING = 0xFFFFFFFF
