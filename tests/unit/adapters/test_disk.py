from __future__ import annotations

import errno
import mmap
import os
import subprocess
import sys
import time

import pytest

from modelops_bundle.adapters import disk
from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.statcache import GUARD
from modelops_bundle.errors import StorageError
from modelops_bundle.hashing import reading
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import EntryKind, Unreadable

ALWAYS = -(10**18)  # a guard that lets everything through


class Project:
    def __init__(self, root):
        self.root = str(root)
        os.makedirs(self.root)
        os.mkdir(self.path(".modelops-bundle"))

    def path(self, *names):
        return os.path.join(self.root, *names)

    def write(self, name, data):
        os.makedirs(os.path.dirname(self.path(name)), exist_ok=True)
        with open(self.path(name), "wb") as file:
            file.write(data)
        return self.path(name)

    def open(self, **options):
        options.setdefault("guard", ALWAYS)
        return DiskFiles(self.root, CacheFile(self.path(".modelops-bundle", "cache")), **options)

    def hash(self, *names, **options):
        """Digests as a new command sees them, and saves them."""
        with self.open(**options) as files:
            return [files.content(self.path(name)) for name in names]


@pytest.fixture
def project(disk_path):
    return Project(disk_path / "project")


@pytest.fixture
def hashed(monkeypatch):
    """Names of the files that were opened to be hashed."""
    names = []

    def record(path):
        names.append(os.path.basename(path))
        return reading.digest_of_file(path)

    monkeypatch.setattr(disk, "digest_of_file", record)
    return names


def test_what_has_not_changed_is_not_read_again(project, hashed):
    project.write("a", b"a")
    project.write("sub/b", b"b")
    first = project.hash("a", "sub/b")
    assert first == [content_digest(b"a"), content_digest(b"b")]
    assert hashed == ["a", "b"]
    assert project.hash("a", "sub/b") == first
    assert hashed == ["a", "b"]


def test_only_what_changed_is_read_again(project, hashed):
    for name in "abc":
        project.write(name, b"old")
    project.hash(*"abc")
    hashed.clear()
    project.write("b", b"new")
    assert project.hash(*"abc")[1] == content_digest(b"new")
    assert hashed == ["b"]


def test_what_was_read_need_not_be_hashed_again(project, hashed):
    path = project.write("a", b"a")
    with project.open() as files:
        assert files.read(path) == b"a"
    assert project.hash("a") == [content_digest(b"a")]
    assert hashed == []


def test_a_fresh_file_is_hashed_until_it_has_settled(project, hashed):
    path = project.write("a", b"a")
    project.hash("a", guard=GUARD)
    project.hash("a", guard=GUARD)
    assert hashed == ["a", "a"]
    age = time.time() - os.stat(path).st_mtime
    time.sleep(max(0.0, GUARD / 1e9 + 0.05 - age))
    for _ in range(3):
        project.hash("a", guard=GUARD)
    assert hashed == ["a"] * 3


def test_no_cache_reads_everything_and_still_saves(project, hashed):
    project.write("a", b"a")
    project.hash("a")
    project.hash("a", trust=False)
    assert hashed == ["a", "a"]
    project.write("b", b"b")
    project.hash("b", trust=False)
    project.hash("b")
    assert hashed == ["a", "a", "b"]
    with project.open() as files:
        files.memo_put("kind", "key", "text")
    with project.open(trust=False) as files:
        assert files.memo_get("kind", "key") is None
    with project.open() as files:
        assert files.memo_get("kind", "key") == "text"


def test_no_cache_forgets_what_it_could_not_confirm(project, hashed):
    project.write("a", b"a")
    project.hash("a")
    project.hash("a", trust=False, guard=GUARD)
    project.hash("a")
    assert hashed == ["a"] * 3


def test_a_moved_project_keeps_its_cache(project, hashed, disk_path):
    project.write("a", b"a")
    project.write("sub/b", b"b")
    project.hash("a", "sub/b")
    hashed.clear()
    os.rename(project.root, disk_path / "moved")
    project.root = str(disk_path / "moved")
    project.hash("a", "sub/b")
    assert hashed == []


def test_a_file_outside_the_project_is_remembered_too(project, hashed, disk_path):
    outside = disk_path / "outside.txt"
    outside.write_bytes(b"o")
    for _ in range(2):
        with project.open() as files:
            assert files.content(str(outside)) == content_digest(b"o")
    assert hashed == ["outside.txt"]


def test_a_sibling_whose_name_begins_like_the_project_is_outside(project, disk_path):
    (disk_path / "project2").mkdir()
    (disk_path / "project2" / "a").write_bytes(b"two")
    project.write("2/a", b"one")
    with project.open() as files:
        assert files.content(str(disk_path / "project2" / "a")) == content_digest(b"two")
        assert files.content(project.path("2", "a")) == content_digest(b"one")


def test_the_cache_forgets_what_is_gone(project):
    for name in ("keep", "listed", "asked"):
        project.write(name, name.encode())
    project.hash("keep", "listed", "asked")
    os.unlink(project.path("listed"))
    os.unlink(project.path("asked"))
    with project.open() as files:
        assert isinstance(files.content(project.path("asked")), Unreadable)
        files.entries(project.root)
    files = project.open()
    assert set(files._rows_of(project.root)) == {"keep"}
    files.close()


def test_answers_hold_for_one_command(project):
    path = project.write("a", b"old")
    files = project.open()
    assert files.content(path) == content_digest(b"old")
    project.write("a", b"newer")
    assert files.content(path) == content_digest(b"old")
    assert files.read(path) == Unreadable(path, "it was edited while this command ran")
    files.close()


def test_bytes_never_go_with_the_digest_of_others(project):
    path = project.write("a", b"old")
    files = project.open()
    assert files.read(path) == b"old"
    project.write("a", b"newer")
    assert files.content(path) == content_digest(b"old")
    files.close()
    assert project.hash("a") == [content_digest(b"newer")]


def test_a_clock_that_was_set_back(project, hashed):
    project.write("a", b"a")
    project.hash("a")
    hour = 3600 * 10**9
    for times in (2, 3):
        # Seen by that clock the file is from the future, so what is found out now is not kept either.
        assert project.hash("a", now=lambda: time.time_ns() - hour, guard=GUARD) == [
            content_digest(b"a")
        ]
        assert hashed == ["a"] * times


def test_a_clock_that_is_ahead_does_not_age_a_file(project, hashed):
    project.write("a", b"a")
    for _ in range(2):
        project.hash("a", now=lambda: time.time_ns() + 3600 * 10**9, guard=GUARD)
    assert hashed == ["a", "a"]


def test_a_program_that_still_has_the_file_open_for_writing(project, hashed):
    path = project.write("a", b"0" * 5000)
    with open(path, "r+b") as file, mmap.mmap(file.fileno(), 5000) as mapped:
        file.close()
        mapped[0] = 49
        assert project.hash("a") == [content_digest(b"1" + b"0" * 4999)]
        before = os.stat(path)
        mapped[1] = 50
        after = os.stat(path)
        assert (before.st_mtime_ns, before.st_ctime_ns) == (after.st_mtime_ns, after.st_ctime_ns)
    assert project.hash("a") == [content_digest(b"12" + b"0" * 4998)]
    project.hash("a")
    assert hashed == ["a", "a"]


def test_nothing_is_kept_in_memory_file_systems(hashed, request):
    if not os.path.isdir("/dev/shm") or not reading._is_in_memory(os.stat("/dev/shm").st_dev):
        pytest.skip("no tmpfs at /dev/shm")
    root = f"/dev/shm/mops-{os.getpid()}"
    request.addfinalizer(lambda: subprocess.run(["rm", "-rf", root], check=True))
    project = Project(root)
    project.write("a", b"a")
    project.hash("a")
    project.hash("a")
    assert hashed == ["a", "a"]


def test_links_are_followed_and_their_target_counts(project):
    project.write("one", b"one")
    project.write("two", b"two")
    os.symlink("one", project.path("link"))
    assert project.hash("link") == [content_digest(b"one")]
    os.unlink(project.path("link"))
    os.symlink("two", project.path("link"))
    assert project.hash("link") == [content_digest(b"two")]


def test_entries_of_links(project):
    project.write("file", b"")
    os.mkdir(project.path("folder"))
    for name, target in [
        ("to_file", "file"),
        ("to_folder", "folder"),
        ("to_nothing", "none"),
        ("to_itself", "to_itself"),
        ("to_device", "/dev/null"),
    ]:
        os.symlink(target, project.path(name))
    with project.open() as files:
        kinds = files.entries(project.root)
    assert {name: kind for name, kind in kinds.items() if name.startswith("to_")} == {
        "to_file": EntryKind.FILE,
        "to_folder": EntryKind.FOLDER,
        "to_nothing": EntryKind.OTHER,
        "to_itself": EntryKind.OTHER,
        "to_device": EntryKind.OTHER,
    }


@pytest.mark.parametrize(
    ("code", "is_told"),
    [(errno.EACCES, False), (errno.ELOOP, False), (errno.EIO, True), (errno.ENOTCONN, True)],
)
def test_a_folder_that_the_disk_fails_to_list_is_not_an_empty_one(
    project, monkeypatch, code, is_told
):
    def refuse(folder):
        raise OSError(code, os.strerror(code), folder)

    monkeypatch.setattr(os, "scandir", refuse)
    with project.open() as files:
        if is_told:
            with pytest.raises(StorageError, match="cannot list"):
                files.entries(project.root)
        else:
            assert files.entries(project.root) == {}


def test_no_permission_is_said(project, as_user):
    path = project.write("a", b"a")
    os.chmod(path, 0)
    code = (
        "import sys; from modelops_bundle.adapters.disk import DiskFiles\n"
        "f = DiskFiles(sys.argv[1]); print(f.content(sys.argv[2]).reason, '|', f.read(sys.argv[2]).reason)"
    )
    assert as_user(code, project.root, path) == "it may not be read | it may not be read\n"


def test_a_read_only_project_is_read_without_a_cache(project, as_user):
    path = project.write("a", b"a")
    os.chmod(project.path(".modelops-bundle"), 0o555)
    code = (
        "import sys; from modelops_bundle.adapters.disk import DiskFiles, CacheFile\n"
        "with DiskFiles(sys.argv[1], CacheFile(sys.argv[2]), guard=-10**18) as f:\n"
        "    print(f.content(sys.argv[3]).short)"
    )
    cache = project.path(".modelops-bundle", "cache")
    assert as_user(code, project.root, cache, path) == f"{content_digest(b'a').short}\n"
    assert not os.path.exists(cache)


def test_a_folder_that_is_no_project_gets_nothing(disk_path):
    (disk_path / "a").write_bytes(b"a")
    with DiskFiles(
        str(disk_path), CacheFile(str(disk_path / ".modelops-bundle" / "cache"))
    ) as files:
        files.content(str(disk_path / "a"))
        files.memo_put("k", "k", "t")
    assert os.listdir(disk_path) == ["a"]


def test_two_processes_share_one_cache(project, hashed):
    names = [f"f{n:03}" for n in range(200)]
    for name in names:
        project.write(name, name.encode())
    code = (
        "import sys; from modelops_bundle.adapters.disk import DiskFiles, CacheFile\n"
        "root, half = sys.argv[1], int(sys.argv[2])\n"
        "for n in range(half, 200, 2):\n"
        "    with DiskFiles(root, CacheFile(root + '/.modelops-bundle/cache'), guard=-10**18) as f:\n"
        "        f.content(f'{root}/f{n:03}')\n"
    )
    both = [subprocess.Popen([sys.executable, "-c", code, project.root, half]) for half in "01"]
    assert [process.wait() for process in both] == [0, 0]
    assert project.hash(*names) == [content_digest(name.encode()) for name in names]
    assert hashed == []


def test_a_snapshot_is_equal_while_nothing_changes(project):
    paths = [project.write(name, b"x") for name in ("a", "b", "sub/c")]
    with project.open() as files:
        files.contents(paths)
        kept = files.settled_snapshot(paths)
    with project.open() as files:
        assert files.snapshot(paths) == kept is not None
        assert files.snapshot(paths[:2]) != kept
        assert files.snapshot([]) != kept
    project.write("b", b"y")
    with project.open() as files:
        assert files.snapshot(paths) != kept
    os.unlink(paths[0])
    with project.open() as files:
        assert files.snapshot(paths) not in (kept, files.snapshot(paths[1:]))


def test_no_snapshot_is_kept_of_what_may_change_without_a_trace(project):
    path = project.write("a", b"x")
    with project.open(guard=GUARD) as files:
        files.contents([path])
        assert files.settled_snapshot([path]) is None
    with project.open() as files:
        assert files.settled_snapshot([path]) is None  # not asked for yet
        files.contents([path])
        assert files.settled_snapshot([path]) is not None
        project.write("a", b"y")
        assert files.settled_snapshot([path]) is None
        gone = project.path("gone")
        files.contents([gone])
        assert files.settled_snapshot([gone]) is None


def test_texts_of_another_maker_are_not_believed(disk_path):
    cache = str(disk_path / "cache")
    with DiskFiles(str(disk_path), CacheFile(cache), maker="1") as files:
        files.memo_put("kind", "key", "text")
    with DiskFiles(str(disk_path), CacheFile(cache), maker="1") as files:
        assert files.memo_get("kind", "key") == "text"
    with DiskFiles(str(disk_path), CacheFile(cache), maker="2") as files:
        assert files.memo_get("kind", "key") is None


def test_real_paths_are_those_of_the_system(tmp_path):
    (tmp_path / "a/b").mkdir(parents=True)
    os.symlink("a", tmp_path / "link")
    os.symlink("../link/b", tmp_path / "a/up")
    os.symlink("loop", tmp_path / "loop")
    files = DiskFiles(str(tmp_path))
    for name in (
        "a",
        "a/b",
        "link",
        "link/b",
        "link/b/none/x",
        "a/up",
        "a/up/..",
        "loop",
        "loop/x",
    ):
        path = str(tmp_path / name)
        assert files.real(path) == os.path.realpath(path)
    assert files.real("/") == "/"
