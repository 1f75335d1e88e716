"""Large files are cut where their content says."""

from __future__ import annotations

import io
import random
import tracemalloc

import pytest

from modelops_bundle.bundle.chunking import LARGEST_CHUNK, cut
from modelops_bundle.identity.recipes import sha256_digest

MIB = 1 << 20

#: Chunks of `random.Random(7).randbytes(12 MiB)`. With others, every large file would be sent again.
GOLDEN = [
    (3105987, "7ae8be134bb5"),
    (1281527, "835442b2233a"),
    (2475522, "db795b590099"),
    (2148944, "14a043837f76"),
    (3052829, "09808ae869f2"),
    (518103, "dce16ae0bb64"),
]


class Noise:
    """Any number of bytes that repeat nowhere near and are kept nowhere, some bytes at a time.

    Args:
        size: How many.
        at_once: How many are given in one call at most.
    """

    def __init__(self, size: int, at_once: int = MIB) -> None:
        self._chance = random.Random(size)
        self._left = size
        self._at_once = at_once

    def readinto(self, buffer: memoryview, /) -> int:
        count = min(self._left, self._at_once, len(buffer))
        memoryview(buffer)[:count] = self._chance.randbytes(count)
        self._left -= count
        return count


class Slowly(io.BytesIO):
    """Gives 1,000 bytes in one call, whatever is asked for."""

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]
        return super().readinto(memoryview(buffer)[:1000])


@pytest.fixture(scope="module")
def data() -> bytes:
    return random.Random(7).randbytes(12 * MIB)


def test_the_same_bytes_have_the_same_chunks_for_ever(data: bytes) -> None:
    chunks = [(chunk.size, chunk.digest.hex[:12]) for chunk in cut(io.BytesIO(data))]
    assert chunks == GOLDEN


def test_zeros_are_cut_at_the_largest_size() -> None:
    sizes = [chunk.size for chunk in cut(io.BytesIO(bytes(9 * MIB)))]
    assert sizes == [LARGEST_CHUNK, LARGEST_CHUNK, MIB]


def test_chunks_are_the_bytes_one_behind_the_other(data: bytes) -> None:
    offset = 0
    for chunk in cut(io.BytesIO(data)):
        assert chunk.digest == sha256_digest(data[offset : offset + chunk.size])
        offset += chunk.size
    assert offset == len(data)


def test_it_does_not_matter_how_the_bytes_come(data: bytes) -> None:
    assert list(cut(Slowly(data[: 3 * MIB]))) == list(cut(io.BytesIO(data[: 3 * MIB])))


@pytest.mark.parametrize("size", [0, 1, 511 << 10, 512 << 10, MIB])
def test_a_short_file_is_one_chunk_or_few(size: int, data: bytes) -> None:
    chunks = list(cut(io.BytesIO(data[:size])))
    assert sum(chunk.size for chunk in chunks) == size
    assert len(chunks) == min(size, 1)


def test_an_insert_in_the_middle_changes_few_chunks() -> None:
    data = random.Random(64).randbytes(64 * MIB)
    before = list(cut(io.BytesIO(data)))
    after = list(cut(io.BytesIO(data[: 30 * MIB] + b"seventeen bytes!!" + data[30 * MIB :])))
    assert all(chunk.size <= LARGEST_CHUNK for chunk in before)
    assert all(chunk.size >= 512 << 10 for chunk in before[:-1])
    assert 16 <= len(before) <= 64
    assert len(set(after) - set(before)) <= 3


def test_a_long_file_is_not_in_memory_as_a_whole() -> None:
    tracemalloc.start()
    assert sum(chunk.size for chunk in cut(Noise(64 * MIB))) == 64 * MIB
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 24 * MIB
