"""Large files in chunks that their content cuts, so that an edit in the middle changes a chunk or two.

FastCDC as in W. Xia et al., "The Design of Fast Content-Defined Chunking for Data Deduplication Based Storage
Systems", IEEE TPDS 31(9), 2020, with the gear table of its reference implementation.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final, NamedTuple, Protocol

from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest

__all__ = ["LARGEST_CHUNK", "Chunk", "cut"]

# Part of the format: with other numbers the same file would have other chunks, and so another digest.
_SMALLEST = 512 << 10
_NORMAL = 2 << 20
LARGEST_CHUNK = 4 << 20
_NORMALIZATION: Final = 2

#: Chunks that are digested while the next ones are cut: SHA-256 takes longer than everything else here.
_AHEAD = 4


class Chunk(NamedTuple):
    """A piece of a file: SHA-256 and number of its bytes."""

    digest: Digest
    size: int


class Stream(Protocol):
    """What bytes are read from, a file opened for reading."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill a buffer, in part or whole; 0 at the end."""
        ...


def cut(stream: Stream) -> Iterator[Chunk]:
    """The chunks of a stream in order. Not more than a few of them are in memory at once."""
    from pyfastcdc import FastCDC

    chunker = FastCDC(
        _NORMAL,
        min_size=_SMALLEST,
        max_size=LARGEST_CHUNK,
        normalized_chunking=_NORMALIZATION,
        seed=0,
    )
    waiting: deque[tuple[Future[Digest], int]] = deque()
    with ThreadPoolExecutor(_AHEAD) as pool:
        for chunk in chunker.cut_stream(stream):
            # A copy: the next cut overwrites the buffer.
            waiting.append((pool.submit(sha256_digest, bytes(chunk.data)), chunk.length))
            if len(waiting) > _AHEAD:
                yield _digested(*waiting.popleft())
        for each in waiting:
            yield _digested(*each)


def _digested(digest: Future[Digest], size: int) -> Chunk:
    return Chunk(digest.result(), size)
