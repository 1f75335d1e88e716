"""Blobs that were fetched: kept for the next command, and never believed."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.support.remotes import BlobStoreContract, blob_of, put_bytes, reader_of

from modelops_bundle.adapters.blob_cache import BlobCache, Collected, default_cache_folder
from modelops_bundle.adapters.pieces import pieces_to_send
from modelops_bundle.bundle.remote import Blob, BlobReader
from modelops_bundle.errors import DamagedBundleError, InputsChangedError, RemoteError, StorageError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "cache"


class Putting(BlobCache):
    """The cache with the way in that stores have, so that it keeps their promises as well."""

    def put(self, blob: Blob, read: BlobReader) -> bool:
        return self.fetch(blob, lambda blob: pieces_to_send(blob, read))


@pytest.fixture
def cache(folder: Path) -> Putting:
    return Putting(str(folder))


def place_of(folder: Path, blob: Blob) -> Path:
    return folder / "sha256" / blob.digest.hex[:2] / blob.digest.hex


def files_in(folder: Path) -> list[str]:
    return sorted(place.name for place in folder.rglob("*") if not place.is_dir())


class TestContract(BlobStoreContract):
    @pytest.fixture
    def remote(self, cache: Putting) -> Putting:
        return cache


def test_it_is_where_caches_are() -> None:
    assert default_cache_folder({"XDG_CACHE_HOME": "/c"}) == "/c/modelops-bundle/blobs"
    home = os.path.expanduser("~")
    assert default_cache_folder({"XDG_CACHE_HOME": ""}) == f"{home}/.cache/modelops-bundle/blobs"


def test_nothing_is_made_by_asking(folder: Path, cache: Putting) -> None:
    blob = blob_of(b"x")
    assert not cache.holds(blob)
    cache.drop(blob)
    assert cache.collect(older_than=0, largest=0) == Collected(0, 0, 0)
    with pytest.raises(RemoteError, match="not in the cache"):
        list(cache.get(blob))
    with pytest.raises(RemoteError, match="not in the cache"):
        cache.get_range(blob, 0, 1)
    assert not folder.exists()


def test_what_is_dropped_can_be_put_again(cache: Putting) -> None:
    blob = put_bytes(cache, b"bytes")
    cache.drop(blob)
    assert not cache.holds(blob)
    assert cache.put(blob, reader_of(b"bytes")) is True


@pytest.mark.parametrize(
    "data", [b"right byteS", b"xxxxxxxxxxx", b"right byte", b"right bytes and", b""]
)
def test_a_poisoned_entry_is_never_read_to_its_end(
    folder: Path, cache: Putting, data: bytes
) -> None:
    blob = put_bytes(cache, b"right bytes")
    place_of(folder, blob).write_bytes(data)
    assert cache.holds(blob) == (len(data) == 11)
    with pytest.raises(DamagedBundleError):
        list(cache.get(blob))
    if len(data) < 11:
        with pytest.raises(DamagedBundleError):
            cache.get_range(blob, 0, 11)
    cache.drop(blob)
    assert cache.put(blob, reader_of(b"right bytes")) is True
    assert b"".join(cache.get(blob)) == b"right bytes"


def test_links_are_not_followed(folder: Path, cache: Putting, tmp_path: Path) -> None:
    blob = put_bytes(cache, b"right bytes")
    mine = tmp_path / "mine"
    mine.write_bytes(b"right bytes")
    place_of(folder, blob).unlink()
    place_of(folder, blob).symlink_to(mine)
    assert not cache.holds(blob)
    with pytest.raises(RemoteError):
        list(cache.get(blob))
    mine.write_bytes(b"my work....")
    assert cache.put(blob, reader_of(b"right bytes")) is True
    assert mine.read_bytes() == b"my work...."
    assert not place_of(folder, blob).is_symlink()


def test_pipes_are_not_waited_for(folder: Path, cache: Putting) -> None:
    blob = put_bytes(cache, b"right bytes")
    place_of(folder, blob).unlink()
    os.mkfifo(place_of(folder, blob))
    assert not cache.holds(blob)
    with pytest.raises(DamagedBundleError, match="no regular file"):
        list(cache.get(blob))
    with pytest.raises(DamagedBundleError, match="no regular file"):
        cache.get_range(blob, 0, 1)
    assert cache.put(blob, reader_of(b"right bytes")) is True
    assert b"".join(cache.get(blob)) == b"right bytes"


def test_a_put_that_fails_leaves_nothing(folder: Path, cache: Putting) -> None:
    with pytest.raises(InputsChangedError):
        cache.put(blob_of(b"right"), lambda: [b"wrong"])

    def broken() -> list[bytes]:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        cache.put(blob_of(b"right"), broken)
    assert files_in(folder) == []


def test_something_else_in_its_place_is_an_error_of_storage(folder: Path, cache: Putting) -> None:
    folder.write_bytes(b"a file")
    with pytest.raises(StorageError):
        put_bytes(cache, b"x")


PUTS = """
import sys
sys.path[:0] = sys.argv[3:]
from modelops_bundle.adapters.blob_cache import BlobCache
from tests.support.remotes import blob_of, noise
cache = BlobCache(sys.argv[1])
for turn in range(3):
    for number in range(20):
        data = noise(50_000 + number, number)
        blob = blob_of(data)
        cache.fetch(blob, lambda _: [data])
        assert b"".join(cache.get(blob)) == data
"""


def test_eight_processes_put_at_once(folder: Path, cache: Putting) -> None:
    here = str(Path(__file__).parents[3])
    command = [sys.executable, "-c", PUTS, str(folder), "", here]
    workers = [subprocess.Popen(command) for _ in range(8)]
    assert [worker.wait() for worker in workers] == [0] * 8
    assert len(files_in(folder)) == 20
    assert cache.collect(older_than=None, largest=None).left == sum(50_000 + n for n in range(20))


# --- collecting ---------------------------------------------------------------------------------


@pytest.fixture
def blobs(folder: Path, cache: Putting) -> list[Blob]:
    """Four blobs of 100 bytes, last used 4, 3, 2 and 1 hours ago."""
    made = [put_bytes(cache, bytes([number]) * 100) for number in range(4)]
    for number, blob in enumerate(made):
        used(folder, blob, 4 - number)
    return made


def used(folder: Path, blob: Blob, hours_ago: float) -> None:
    when = time.time() - 3600 * hours_ago
    os.utime(place_of(folder, blob), (when, when))


@pytest.mark.parametrize(
    ("hours", "largest", "left"),
    [
        (None, None, "0123"), (2.5, None, "23"), (0.5, None, ""), (9, None, "0123"), (None, 400, "0123"),
        (None, 399, "123"), (None, 200, "23"), (None, 0, ""), (3.5, 100, "3"), (2.5, 1000, "23"),
    ],
)  # fmt: skip
def test_what_was_not_used_for_longest_goes_first(
    cache: Putting, blobs: list[Blob], hours: float | None, largest: int | None, left: str
) -> None:
    done = cache.collect(older_than=None if hours is None else hours * 3600, largest=largest)
    assert "".join(str(n) for n, blob in enumerate(blobs) if cache.holds(blob)) == left
    gone = 4 - len(left)
    assert done == Collected(gone, 100 * gone, 100 * len(left))


def test_what_is_read_is_used(cache: Putting, blobs: list[Blob]) -> None:
    assert next(iter(cache.get(blobs[0])))
    cache.get_range(blobs[1], 5, 5)
    cache.collect(older_than=3600 * 0.5, largest=None)
    assert [cache.holds(blob) for blob in blobs] == [True, True, False, False]


def test_only_what_is_its_own_is_collected(folder: Path, cache: Putting, blobs: list[Blob]) -> None:
    mine = [
        folder / "thesis.tex",
        folder / ("0" * 64),
        folder / "sha256/notes.tmp",
        place_of(folder, blobs[0]).with_name("README"),
    ]
    for place in mine:
        place.write_bytes(b"mine")
        os.utime(place, (0, 0))
    cache.collect(older_than=0, largest=0)
    assert files_in(folder) == sorted(place.name for place in mine)


def test_what_dead_writers_left_goes_after_a_day(
    folder: Path, cache: Putting, blobs: list[Blob]
) -> None:
    place = place_of(folder, blobs[0])
    old, new = (place.with_name(f"{place.name}.{pid}-0123456789abcdef.tmp") for pid in (1, 2))
    for each in (old, new):
        each.write_bytes(b"x" * 1000)
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    assert cache.collect(older_than=None, largest=500).left == 400
    assert not old.exists()
    assert new.exists()
