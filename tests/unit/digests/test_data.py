"""Declared data: what patterns stand for, and that vouching for many files at once misses nothing."""

import os
import time

import pytest

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.digests.data import DataDigests
from modelops_bundle.hashing import file_hash
from modelops_bundle.project.layout import Layout

COUNT = 600


@pytest.fixture
def project(tmp_path):
    (tmp_path / ".modelops-bundle").mkdir()
    (tmp_path / "data").mkdir()
    for number in range(COUNT):
        (tmp_path / "data" / f"{number:03}.csv").write_text(f"{number}\n")
    time.sleep(0.05)
    return tmp_path


def looked(project, *patterns):
    """What one command sees; a short guard stands for files that have lain for a while."""
    layout = Layout(str(project))
    with DiskFiles(layout.root, CacheFile(layout.cache), guard=10_000_000) as files:
        return DataDigests(files, layout).look(patterns)


def settled(project):
    before = looked(project, "data")
    assert looked(project, "data") == before
    return before


def test_every_file_has_the_digest_of_its_bytes(project):
    digests, problems = looked(project, "data", "data/1*.csv")
    assert problems == []
    assert list(digests) == sorted(digests)
    assert digests == {
        f"data/{number:03}.csv": file_hash(project / "data" / f"{number:03}.csv")
        for number in range(COUNT)
    }


def edit(path):
    path.write_text("x\n")


def edit_and_restore_time(path):
    before = path.stat()
    path.write_text(path.read_text().replace("3", "4"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def replace_with_a_copy(path):
    other = path.with_suffix(".new")
    other.write_text("y\n")
    other.rename(path)


@pytest.mark.parametrize("change", [edit, edit_and_restore_time, replace_with_a_copy])
def test_one_changed_file_among_many_is_noticed(project, change):
    before = settled(project)
    change(project / "data" / "333.csv")
    after = looked(project, "data")
    assert [name for name in before.digests if before.digests[name] != after.digests[name]] == [
        "data/333.csv"
    ]
    assert after.digests["data/333.csv"] == file_hash(project / "data" / "333.csv")


def test_an_added_and_a_removed_file_are_noticed(project):
    before = settled(project)
    (project / "data" / "333.csv").rename(project / "data" / "999.csv")
    after = looked(project, "data")
    assert set(before.digests) - set(after.digests) == {"data/333.csv"}
    assert set(after.digests) - set(before.digests) == {"data/999.csv"}


def test_a_file_that_cannot_be_read_is_a_problem_every_time(project):
    settled(project)
    (project / "data" / "333.csv").unlink()
    (project / "data" / "333.csv").symlink_to("nowhere")
    for _ in range(2):
        digests, problems = looked(project, "data/333.csv", "data/1*.csv")
        assert "data/333.csv" not in digests
        assert len(problems) == 1


def test_a_pattern_that_names_nothing_is_a_problem(project):
    assert looked(project, "gone.csv").problems == ["the data gone.csv is gone"]
    assert looked(project, "data/*.txt").problems == ["the data data/*.txt matches no file"]
