from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
import threading

import pytest

from modelops_bundle.adapters.cachefile import CacheFile


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "cache")


def saved(folder, key=b"k", data=b"text"):
    assert CacheFile(folder).save({}, {key: data})
    return CacheFile(folder)


def look(folder, key=b"k"):
    cache = CacheFile(folder)
    try:
        return cache.memo(key)
    finally:
        cache.close()


def test_what_is_saved_is_found_by_the_next(folder):
    saved(folder)
    assert look(folder) == b"text"
    assert look(folder, b"other") is None


def test_nothing_is_created_by_looking(folder):
    assert look(folder) is None
    assert not os.path.exists(folder)


def test_no_project_no_cache(tmp_path):
    cache = CacheFile(str(tmp_path / "none" / "cache"))
    assert cache.save({}, {b"k": b"v"}) is False
    assert cache.time() is None
    assert list(tmp_path.iterdir()) == []


def test_folders_are_merged_with_what_is_there(folder):
    seen = []

    def merge(before):
        seen.append(before)
        return (before or b"") + b"+"

    for _ in range(3):
        assert CacheFile(folder).save({b"f": merge}, {})
    assert seen == [None, b"+", b"++"]


@pytest.mark.parametrize(
    "damage",
    [
        b"",
        b"not a database at all",
        b"SQLite format 3\0" + b"\xff" * 5000,
        os.urandom(8192),
    ],
)
def test_a_damaged_file_is_replaced(folder, damage):
    saved(folder)
    path = os.path.join(folder, "cache.sqlite")
    with open(path, "wb") as file:
        file.write(damage)
    assert look(folder) is None
    saved(folder, b"k2")
    assert look(folder, b"k2") == b"text"


def test_damage_anywhere_never_gives_other_bytes(folder):
    keys = {b"key%d" % n: b"text %d " % n * 50 for n in range(60)}
    assert CacheFile(folder).save({}, keys)
    path = os.path.join(folder, "cache.sqlite")
    with open(path, "rb") as file:
        good = file.read()
    for start in range(0, len(good), 97):
        with open(path, "wb") as file:
            file.write(
                good[:start] + bytes(b ^ 0x5A for b in good[start : start + 9]) + good[start + 9 :]
            )
        for key, text in list(keys.items())[:: 1 + start % 7]:
            assert look(folder, key) in (None, text)


def test_a_row_of_another_key_is_unknown(folder):
    saved(folder, b"a", b"for a")
    with sqlite3.connect(os.path.join(folder, "cache.sqlite")) as raw:
        raw.execute("UPDATE memos SET key = ?", (b"b",))
    raw.close()
    assert look(folder, b"b") is None


@pytest.mark.parametrize(
    "statement",
    ["PRAGMA user_version = 99", "DROP TABLE memos", "UPDATE memos SET text = 7"],
)
def test_another_versions_file_is_replaced(folder, statement):
    saved(folder)
    raw = sqlite3.connect(os.path.join(folder, "cache.sqlite"))
    raw.execute(statement)
    raw.commit()
    raw.close()
    assert look(folder) is None
    saved(folder)
    assert look(folder) == b"text"


def test_a_cache_that_is_deleted_meanwhile(folder):
    cache = saved(folder)
    assert cache.memo(b"k") == b"text"
    os.unlink(os.path.join(folder, "cache.sqlite"))
    os.rmdir(folder)
    cache.memo(b"other")
    assert cache.save({}, {b"new": b"1"})
    assert look(folder, b"new") == b"1"


@pytest.mark.parametrize("kind", ["folder", "pipe", "dangling link"])
def test_something_else_in_its_place_is_left_alone(folder, kind):
    os.mkdir(folder)
    path = os.path.join(folder, "cache.sqlite")
    if kind == "folder":
        os.mkdir(path)
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        os.symlink("/nowhere/at/all", path)
    assert look(folder) is None
    assert CacheFile(folder).time() is None
    assert CacheFile(folder).save({}, {b"k": b"v"}) is False
    assert os.path.lexists(path)


def test_a_lock_held_by_another_costs_only_time(folder, monkeypatch):
    saved(folder)
    monkeypatch.setattr("modelops_bundle.adapters.cachefile._WAIT_SECONDS", 0.05)
    holder = sqlite3.connect(os.path.join(folder, "cache.sqlite"), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert look(folder) is None
    assert CacheFile(folder).save({}, {b"k": b"new"}) is False
    holder.execute("ROLLBACK")
    holder.close()
    assert look(folder) == b"text"


def test_a_folder_that_may_not_be_written(folder, as_user):
    saved(folder)
    os.chmod(os.path.join(folder, "cache.sqlite"), 0o444)
    os.chmod(folder, 0o555)
    code = (
        "import sys; from modelops_bundle.adapters.cachefile import CacheFile; c = CacheFile(sys.argv[1]);"
        "c.time(); print(c.memo(b'k'), c.save({}, {b'k': b'new'})); c.close()"
    )
    assert as_user(code, folder) == "b'text' False\n"


def test_many_processes_save_at_once_and_all_is_kept(folder):
    code = (
        "import sys; from modelops_bundle.adapters.cachefile import CacheFile\n"
        "merge = lambda before: (before or b'') + b'.'\n"
        "for n in range(20):\n"
        "    key = f'{sys.argv[2]} {n}'.encode()\n"
        "    assert CacheFile(sys.argv[1]).save({b'f': merge}, {key: key})\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, folder, str(n)]) for n in range(6)]
    assert [worker.wait() for worker in workers] == [0] * 6
    for worker in range(6):
        for n in range(20):
            key = f"{worker} {n}".encode()
            assert look(folder, key) == key
    cache = CacheFile(folder)
    assert cache.folder(b"f") == b"." * 120
    cache.close()


def test_it_may_be_used_from_another_thread(folder):
    cache = saved(folder)
    found = []
    thread = threading.Thread(target=lambda: found.append(cache.memo(b"k")))
    assert cache.memo(b"k") == b"text"
    thread.start()
    thread.join()
    cache.close()
    assert found == [b"text"]


def test_time_is_that_of_the_file_system(folder):
    before = CacheFile(folder).time()
    os.utime(os.path.join(folder, "cache.sqlite"), ns=(0, 0))
    after = CacheFile(folder).time()
    assert after >= before > 0
    assert stat.S_ISREG(os.stat(os.path.join(folder, "cache.sqlite")).st_mode)
    saved(folder)
    assert look(folder) == b"text"


SAVE = "import sys; from modelops_bundle.adapters.cachefile import CacheFile\n" + (
    "c = CacheFile(sys.argv[1]); c.time(); c.memo(b'old'); print(c.save({}, {b'new': b'n' * 9000}))"
)
CALLS = "openat,pwrite64,write,pread64,read,fcntl,unlink,mkdir,utimensat,ftruncate,fsync,fdatasync,close"


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.needs_strace
@pytest.mark.parametrize("fault", ["signal=SIGKILL", "error=EIO", "error=ENOSPC"])
def test_a_fault_at_any_call_leaves_a_cache_that_works(tmp_path, fault):
    if shutil.which("strace") is None:
        pytest.skip("there is no strace to inject faults with")
    state = tmp_path / ".modelops-bundle"
    state.mkdir()
    folder = str(state / "cache")
    command = ["strace", "-f", "-qq", "-o", str(tmp_path / "log"), "-P", folder]
    for name in ("cache.sqlite", "cache.sqlite-journal"):
        command += ["-P", os.path.join(folder, name)]
    program = [sys.executable, "-c", SAVE, folder]

    def run(*options):
        return subprocess.run([*command, *options, *program], capture_output=True, text=True)

    saved(folder, b"old", b"o" * 9000)
    run("-e", f"trace={CALLS}")
    calls = (tmp_path / "log").read_text().count("\n")
    assert calls > 15
    for number in range(1, calls + 1):
        shutil.rmtree(folder)
        saved(folder, b"old", b"o" * 9000)
        done = run("-e", f"trace={CALLS}", "-e", f"inject={CALLS}:{fault}:when={number}")
        assert "Traceback" not in done.stderr
        assert look(folder, b"old") in (b"o" * 9000, None)
        if done.stdout == "True\n":
            assert look(folder, b"new") == b"n" * 9000
        saved(folder, b"next")
        assert look(folder, b"next") == b"text"
        assert os.listdir(folder) == ["cache.sqlite"]
