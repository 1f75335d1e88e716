"""Not one byte of a stored result can change unnoticed, and nothing in a store is ever executed."""

from __future__ import annotations

import os
import pickle
import sqlite3
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from tests.support.result_stores import key_of, result_of

from modelops_bundle.adapters.results_local import LARGEST_INSIDE, LocalResults
from modelops_bundle.adapters.results_shared import SharedResults
from modelops_bundle.errors import StorageError
from modelops_bundle.results.envelope import DamagedResultError, pack, unpack


def test_every_flipped_bit_is_noticed() -> None:
    result = result_of(3, params={"beta": 0.25})
    data = pack(result)
    assert unpack(data, result.key) == result
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(DamagedResultError):
            unpack(bytes(changed), result.key)


@pytest.mark.parametrize("kind", ["inside", "beside", "shared"])
def test_every_flip_is_noticed_where_the_result_is_read(tmp_path: Path, kind: str) -> None:
    large = kind == "beside"
    result = result_of(3, data=b"x" * (LARGEST_INSIDE + 1) if large else b"[1,2]")
    folder = tmp_path / "results"
    with ExitStack() as stack:
        store: SharedResults | LocalResults = (
            SharedResults(f"file://{folder}")
            if kind == "shared"
            else stack.enter_context(LocalResults(str(folder)))
        )
        store.put([result])
        whole = _entry(folder, kind)
        # Of a large output, which has one digest, some bytes stand for the others.
        for place in (place for place in range(len(whole)) if place < 2_000 or place % 997 == 0):
            changed = bytearray(whole)
            changed[place] ^= 1 << place % 8
            _overwrite(folder, kind, bytes(changed))
            assert store.get(result.key) is None
            assert len(store.damaged()) == 1
        _overwrite(folder, kind, whole)
        assert store.get(result.key) == result
        assert store.damaged() == []


def _entry(folder: Path, kind: str) -> bytes:
    """The bytes of the one result that is stored."""
    if kind == "inside":
        with closing(sqlite3.connect(folder / "results.sqlite")) as connection:
            (data,) = connection.execute("SELECT body FROM results").fetchone()
            return bytes(data)
    return _file(folder, kind).read_bytes()


def _overwrite(folder: Path, kind: str, data: bytes) -> None:
    if kind == "inside":
        with closing(sqlite3.connect(folder / "results.sqlite")) as connection, connection:
            connection.execute("UPDATE results SET body = ?", (data,))
    else:
        _file(folder, kind).write_bytes(data)


def _file(folder: Path, kind: str) -> Path:
    (path,) = folder.glob("large/*/*" if kind == "beside" else "v1/*/*/*-*")
    return path


@pytest.mark.parametrize("end", [0, 1, 11, 12, 40, -1])
def test_what_is_cut_off_or_goes_on_is_noticed(end: int) -> None:
    data = pack(result_of(0))
    with pytest.raises(DamagedResultError):
        unpack(data[:end], key_of(0))
    with pytest.raises(DamagedResultError):
        unpack(data + b"\0", key_of(0))


def test_the_result_of_another_key_is_none_of_this() -> None:
    with pytest.raises(DamagedResultError, match="another key"):
        unpack(pack(result_of(0)), key_of(1))


@pytest.mark.parametrize("size", [10, LARGEST_INSIDE + 1])
def test_a_flip_in_the_store_is_a_miss_with_a_warning_and_mended_by_the_next_put(
    tmp_path: Path, size: int
) -> None:
    result = result_of(0, data=b"x" * size)
    folder = tmp_path / "results"
    with LocalResults(str(folder)) as store:
        store.put([result])
    _flip(folder, result.key.digest)
    with LocalResults(str(folder)) as store:
        assert store.get(result.key) is None
        (said,) = store.damaged()
        assert f"the stored result {result.key.digest[:12]} is damaged" in said
        assert store.put([result]).written == 1
        assert store.get(result.key) == result
    _flip(folder, result.key.digest)
    with LocalResults(str(folder)) as store:
        # A damaged one is nothing to compare with.
        other = result_of(0, data=b"y" * size)
        wrote = store.put([other])
        assert (wrote.written, wrote.differing) == (1, ())
        assert store.get(result.key) == other


def _flip(folder: Path, key: str) -> None:
    large = folder / "large" / key[:2] / key
    if large.exists():
        data = bytearray(large.read_bytes())
        data[len(data) // 2] ^= 1
        large.write_bytes(data)
        return
    with sqlite3.connect(folder / "results.sqlite") as connection:
        (body,) = connection.execute("SELECT body FROM results").fetchone()
        data = bytearray(body)
        data[len(data) // 2] ^= 1
        connection.execute("UPDATE results SET body = ?", (bytes(data),))
    connection.close()


class _Planted:
    def __reduce__(self) -> tuple[object, ...]:
        return os.mkdir, (os.environ["PLANTED"],)


def test_a_planted_pickle_is_a_miss_and_is_not_executed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PLANTED", str(tmp_path / "executed"))
    folder = tmp_path / "results"
    with LocalResults(str(folder)) as store:
        store.put([result_of(0)])
    with sqlite3.connect(folder / "results.sqlite") as connection:
        connection.execute("UPDATE results SET body = ?", (pickle.dumps(_Planted()),))
    connection.close()
    with LocalResults(str(folder)) as store:
        assert store.get(key_of(0)) is None
        assert len(store.damaged()) == 1
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize("content", [b"no database at all" * 100, b""])
def test_a_file_that_is_no_database(tmp_path: Path, content: bytes) -> None:
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "results.sqlite").write_bytes(content)
    with LocalResults(str(folder)) as store:
        if not content:  # what an interrupted start leaves
            assert store.put([result_of(0)]).written == 1
            return
        with pytest.raises(StorageError, match="is damaged") as caught:
            store.put([result_of(0)])
        assert "Move it aside" in caught.value.mend
