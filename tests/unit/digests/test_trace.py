"""A trace holds exactly as long as every answer on the way would be the same."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.digests.trace import TracedFiles, still_says

LATER = 10**12  # as if all files had been hashed long after they were written


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/a.py").write_text("A = 1\n")
    (tmp_path / "pkg/b.py").write_text("B = 1\n")
    os.symlink("pkg", tmp_path / "link")
    return tmp_path


def opened(folder: Path) -> DiskFiles:
    files = DiskFiles(
        str(folder), CacheFile(str(folder / "cache")), now=lambda: _stamp(folder) + LATER
    )
    files._lag = 0  # the clock above is not that of the file system
    return files


def _stamp(folder: Path) -> int:
    return max(os.stat(path).st_ctime_ns for path in (folder, *folder.rglob("*")))


def traced(folder: Path) -> str:
    files = TracedFiles(opened(folder))
    files.entries(str(folder / "pkg"))
    files.entries(str(folder / "none"))
    files.real(str(folder / "link"))
    files.content(str(folder / "pkg/a.py"))
    files.read(str(folder / "pkg/b.py"))
    trace = files.trace()
    assert trace is not None
    return trace


def test_it_holds_while_nothing_changes(folder):
    trace = traced(folder)
    assert still_says(opened(folder), trace)
    (folder / "elsewhere.py").write_text("")
    assert still_says(opened(folder), trace)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)


@pytest.mark.parametrize(
    "change",
    [
        lambda folder: _write(folder / "pkg/a.py", "A = 2\n"),
        lambda folder: _write(folder / "pkg/b.py", "B = 2\n"),
        lambda folder: _write(folder / "pkg/new.py", ""),
        lambda folder: _write(folder / "none/new.py", ""),
        lambda folder: os.unlink(folder / "pkg/a.py"),
        lambda folder: (os.unlink(folder / "link"), os.symlink(".", folder / "link")),
        lambda folder: (os.unlink(folder / "pkg/b.py"), os.mkdir(folder / "pkg/b.py")),
    ],
)
def test_any_change_of_an_answer_ends_it(folder, change):
    trace = traced(folder)
    change(folder)
    assert not still_says(opened(folder), trace)


def test_there_is_none_of_what_is_missing_or_may_change_without_a_trace(folder):
    files = TracedFiles(opened(folder))
    files.content(str(folder / "pkg/none.py"))
    assert files.trace() is None
    young = TracedFiles(DiskFiles(str(folder), CacheFile(str(folder / "cache"))))
    _write(folder / "pkg/a.py", "A = 3\n")
    young.content(str(folder / "pkg/a.py"))
    assert young.trace() is None
