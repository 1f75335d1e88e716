from __future__ import annotations

import os
import time
from collections.abc import Iterable
from pathlib import Path

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.environment.seals import Snapshots, decode_seal, make_seal, renewed_seal


class VouchingFiles(MemoryFiles):
    """A file system that tells by a stamp whether files are what they were."""

    def __init__(self, files: dict[str, str | bytes | None]) -> None:
        super().__init__(files)
        self.settled = True
        self.looks = 0

    def snapshot(self, paths: Iterable[str]) -> str:
        return repr([self._files.get(path) for path in paths])

    def settled_snapshot(self, paths: Iterable[str]) -> str | None:
        return self.snapshot(paths) if self.settled else None

    def contents(self, paths):  # type: ignore[no-untyped-def]
        self.looks += 1
        return super().contents(paths)


def test_the_disk_can_vouch() -> None:
    assert isinstance(DiskFiles("/"), Snapshots)
    assert not isinstance(MemoryFiles(), Snapshots)


@pytest.mark.parametrize("kind", [MemoryFiles, VouchingFiles])
def test_a_seal_breaks_when_a_file_changes_comes_or_goes(kind: type[MemoryFiles]) -> None:
    def fresh() -> MemoryFiles:
        return kind({"/a": "1", "/b": "2"})

    paths = ["/b", "/a", "/c", "/a"]
    seal = make_seal(fresh(), paths)
    assert seal.there == ("/a", "/b")
    assert seal.gone == ("/c",)
    assert renewed_seal(fresh(), seal) == seal
    for change in ({"/a": "x"}, {"/c": ""}, {"/a": None}):
        files = fresh()
        for path, data in change.items():
            files.write(path, data)
        assert renewed_seal(files, seal) is None


def test_content_is_not_looked_at_when_the_stamps_agree() -> None:
    files = VouchingFiles({"/a": "1"})
    seal = make_seal(files, ["/a", "/c"])
    assert files.looks == 1
    assert renewed_seal(files, seal) == seal
    assert files.looks == 1


def test_an_unsettled_seal_is_renewed_by_content() -> None:
    files = VouchingFiles({"/a": "1"})
    files.settled = False
    seal = make_seal(files, ["/a"])
    assert seal.quick == ""
    files.settled = True
    new = renewed_seal(files, seal)
    assert new is not None
    assert new.quick
    assert new.exact == seal.exact


def test_on_the_disk_a_file_without_a_trace_of_its_edit_is_read_again(tmp_path: Path) -> None:
    path = tmp_path / "RECORD"
    path.write_text("one")

    def files() -> DiskFiles:
        return DiskFiles(str(tmp_path), CacheFile(str(tmp_path / "cache")))

    with files() as first:
        seal = make_seal(first, [str(path)])
    assert seal.quick == ""  # too young
    old = time.time_ns() - 10_000_000_000
    os.utime(path, ns=(old, old))
    path.write_text("two")
    os.utime(path, ns=(old, old))
    with files() as second:
        assert renewed_seal(second, seal) is None


@pytest.mark.parametrize("value", [None, 3, [], [[], [], "", 1], [[1], [], "", ""], "abcd", {}])
def test_decoding_what_is_no_seal(value: object) -> None:
    if value == "abcd":
        assert decode_seal(value) == (("a",), ("b",), "c", "d")
    else:
        with pytest.raises((TypeError, ValueError)):
            decode_seal(value)
