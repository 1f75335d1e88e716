"""Every way to edit a file that could hide from ``stat``, 3,000 times each, on coarse file systems too.

The races are run with the guards that are meant to win them, and without, to see that they are real ones.
"""

from __future__ import annotations

import mmap
import os
import shutil
import subprocess
import threading
import time
from pathlib import Path

import pytest
from tests.support.disk import on_disk

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.statcache import GUARD
from modelops_bundle.hashing import reading
from modelops_bundle.identity.recipes import content_digest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

TRIES = 3000
NO_GUARD = -(10**18)
SETTLED = GUARD / 1e9 + 1.1  # a clock of whole seconds may be one behind
OLD, NEW = b"R0 = 2.5\n" * 20, b"R0 = 3.0\n" * 20


def in_place(path):
    with open(path, "r+b") as file:
        file.write(NEW)


def truncate_and_write(path):
    with open(path, "wb") as file:
        file.write(NEW)


def rename_over(path):
    with open(path + ".new", "wb") as file:
        file.write(NEW)
    os.replace(path + ".new", path)


def rename_over_with_old_time(path):
    before = os.stat(path)
    with open(path + ".new", "wb") as file:
        file.write(NEW)
    os.utime(path + ".new", ns=(before.st_atime_ns, before.st_mtime_ns))
    os.replace(path + ".new", path)


def restore_time(path):
    before = os.stat(path)
    in_place(path)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def set_time_back(path):
    in_place(path)
    os.utime(path, ns=(0, 0))


def through_mapping(path):
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        mapped[: len(NEW)] = NEW


def through_hard_link(path):
    os.link(path, path + ".link")
    in_place(path + ".link")
    os.unlink(path + ".link")


def delete_and_create(path):
    # The file system is likely to give the new file the old one's inode.
    os.unlink(path)
    truncate_and_write(path)


def through_copy(path):
    truncate_and_write(path + ".copy")
    shutil.copystat(path, path + ".copy")
    os.replace(path + ".copy", path)


EDITS = [
    in_place,
    truncate_and_write,
    rename_over,
    rename_over_with_old_time,
    restore_time,
    set_time_back,
    through_mapping,
    through_hard_link,
    delete_and_create,
    through_copy,
]


MOUNTED = [
    pytest.param(kind, marks=pytest.mark.needs_root)
    for kind in ("ramfs", "ext4 with 128-byte inodes")
]


@pytest.fixture(scope="module", params=["default", *MOUNTED])
def mount(request, tmp_path_factory):
    """A folder on the file system, and whether its clock is coarse."""
    folder = tmp_path_factory.mktemp("mount")
    if request.param == "default":
        with on_disk(folder) as at:
            yield str(at), False
        return
    if os.geteuid() != 0:
        pytest.skip("mounting a file system needs root")
    if request.param == "ramfs":
        command = ["mount", "-t", "ramfs", "ramfs", str(folder)]
    else:
        image = str(tmp_path_factory.mktemp("image") / "ext4.img")
        make = f"truncate -s 64M {image} && mkfs.ext4 -q -I 128 -N 20000 {image}"
        if subprocess.run(["sh", "-c", make], capture_output=True).returncode:
            pytest.skip("there is no mkfs.ext4 to make a file system with coarse times")
        command = ["mount", "-o", "loop", image, str(folder)]
    if subprocess.run(command, capture_output=True).returncode:
        pytest.skip(f"{request.param} cannot be mounted here")
    yield str(folder), True
    subprocess.run(["umount", str(folder)], check=True)


@pytest.fixture
def project(mount, request):
    root = os.path.join(mount[0], "project")
    os.makedirs(os.path.join(root, ".modelops-bundle"))
    yield root
    shutil.rmtree(root)


def open_files(root, guard):
    return DiskFiles(root, CacheFile(root + "/.modelops-bundle/cache"), guard=guard)


def make_files(root):
    paths = [f"{root}/{n // 100}/{n}.py" for n in range(TRIES)]
    for path in paths:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(OLD)
    return paths


def stale(root, paths, guard=GUARD):
    """How many digests a new command takes from the cache that are not those of the content."""
    with open_files(root, guard) as files:
        answers = files.contents(paths)
    return sum(answers[path] != content_digest(Path(path).read_bytes()) for path in paths)


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_of_a_file_that_had_settled(project, edit):
    paths = make_files(project)
    time.sleep(SETTLED)
    for start in range(0, TRIES, 100):
        batch = paths[start : start + 100]
        with open_files(project, GUARD) as files:
            files.contents(batch)
            assert files.settled_snapshot(batch) is not None
            for path in batch:
                edit(path)
        assert stale(project, batch) == 0


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.__name__)
def test_an_edit_right_after_a_fresh_file_was_hashed(project, edit):
    paths = make_files(project)
    assert race(project, paths, edit, GUARD) == 0


def test_without_the_guard_coarse_clocks_hide_edits(project, mount):
    if not mount[1]:
        pytest.skip("this file system's clock is fine enough to show every edit")
    paths = make_files(project)
    assert race(project, paths, in_place, NO_GUARD) > TRIES // 10


def race(project, paths, edit, guard):
    for start in range(0, TRIES, 100):
        batch = paths[start : start + 100]
        with open_files(project, guard) as files:
            for path in batch:
                with open(path, "r+b") as file:
                    file.write(OLD[::-1])
                files.content(path)
                edit(path)
    return stale(project, paths, guard)


def test_an_edit_while_the_file_is_read(project):
    paths = make_files(project)
    time.sleep(SETTLED)
    for start in range(0, TRIES, 100):
        batch = paths[start : start + 100]
        editor = threading.Thread(target=lambda batch=batch: [in_place(path) for path in batch])
        editor.start()
        with open_files(project, GUARD) as files:
            for path in batch:
                files.content(path)
        editor.join()
        assert stale(project, batch) == 0


def write_on(paths, meanwhile):
    """Change one byte through a mapping, do something, and change the next byte: that leaves no trace."""
    maps = []
    for path in paths:
        with open(path, "r+b") as file:
            maps.append(mmap.mmap(file.fileno(), 0))
        maps[-1][0] = 65
    time.sleep(SETTLED)
    meanwhile()
    for mapped in maps:
        mapped[1] = 66
        mapped.close()


@pytest.mark.parametrize("guarded", [True, False])
def test_a_mapping_that_is_written_on_after_hashing(project, guarded, monkeypatch):
    paths = make_files(project)[:500]

    def hash_all():
        with open_files(project, GUARD) as files:
            files.contents(paths)

    if not guarded:
        monkeypatch.setattr(reading, "_take_lease", lambda fd: None)
    write_on(paths, hash_all)
    found = stale(project, paths)
    assert found == 0 if guarded else found > 0
