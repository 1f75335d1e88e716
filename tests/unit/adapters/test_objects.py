from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.objects import DiskObjectStore


@pytest.fixture
def folder(tmp_path):
    return str(tmp_path / "objects")


def test_what_is_put_is_there_at_once_and_for_the_next(folder):
    with DiskObjectStore(folder) as store:
        assert store.get("k") is None
        store.put("k", b"one")
        store.put("empty", b"")
        assert store.get("k") == b"one"
        store.put("k", b"two")
        assert store.save() is True
        assert store.get("k") == b"two"
        assert store.get("empty") == b""
    with DiskObjectStore(folder) as store:
        assert store.get("k") == b"two"
        assert store.get("empty") == b""
        store.put("k", b"three")
    with DiskObjectStore(folder) as store:
        assert store.get("k") == b"three"


def test_nothing_is_made_by_asking(folder):
    with DiskObjectStore(folder) as store:
        assert store.get("k") is None
        assert store.save() is True
    assert not os.path.exists(folder)


@pytest.mark.parametrize("damage", ["truncate", "flip", "delete", "junk"])
def test_a_damaged_store_knows_nothing_and_mends_itself(folder, damage):
    text = os.urandom(2000)
    with DiskObjectStore(folder) as store:
        store.put("k", text)
    (path,) = (os.path.join(folder, name) for name in os.listdir(folder))
    data = Path(path).read_bytes()
    where = data.index(text[:64])
    if damage == "delete":
        os.unlink(path)
    else:
        new = {
            "truncate": data[: where + 100],
            "flip": data[:where] + bytes([data[where] ^ 1]) + data[where + 1 :],
            "junk": b"junk" * 1000,
        }[damage]
        with open(path, "wb") as file:
            file.write(new)
    with DiskObjectStore(folder) as store:
        assert store.get("k") is None
        store.put("k", b"again")
    with DiskObjectStore(folder) as store:
        assert store.get("k") == b"again"


def test_two_processes_put_at_once(folder):
    code = (
        "import sys; from modelops_bundle.adapters.objects import DiskObjectStore\n"
        "for n in range(10):\n"
        "    with DiskObjectStore(sys.argv[1]) as store: store.put(f'{sys.argv[2]} {n}', b'x' * n)\n"
    )
    workers = [subprocess.Popen([sys.executable, "-c", code, folder, str(n)]) for n in range(3)]
    assert [worker.wait() for worker in workers] == [0] * 3
    with DiskObjectStore(folder) as store:
        for worker in range(3):
            assert [store.get(f"{worker} {n}") for n in range(10)] == [b"x" * n for n in range(10)]


def test_what_is_not_named_is_forgotten_and_its_space_used_again(folder):
    with DiskObjectStore(folder) as store:
        assert store.size() == 0
        store.keep_only(["nothing"])
        for number in range(10):
            store.put(str(number), os.urandom(50_000))
        assert store.unsaved
        store.save()
        assert not store.unsaved
        assert store.size() > 500_000
        store.keep_only(["3", "7", "unknown"])
        assert 100_000 < store.size() < 200_000
        assert [n for n in range(10) if store.get(str(n)) is not None] == [3, 7]
        before = os.path.getsize(os.path.join(folder, "objects.sqlite"))
        store.put("new", os.urandom(300_000))
    assert os.path.getsize(os.path.join(folder, "objects.sqlite")) == before


def test_it_is_not_thrown_away_for_its_size_as_the_cache_is(folder):
    for number in range(3):
        with DiskObjectStore(folder) as store:
            store.put(str(number), os.urandom(20_000))
        cache = CacheFile(folder, largest=10_000)
        assert cache.save({}, {b"%d" % number: os.urandom(20_000)})
    with DiskObjectStore(folder) as store:
        assert None not in [store.get(str(number)) for number in range(3)]
    assert [cache.memo(b"%d" % number) is None for number in range(3)] == [True, True, False]
    cache.close()


@pytest.mark.needs_root
def test_a_full_disk_keeps_what_was_there(tmp_path):
    mount = tmp_path / "full"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(mount)]
    if os.geteuid() != 0 or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("a small file system cannot be mounted here")
    try:
        with DiskObjectStore(str(mount / "objects")) as store:
            store.put("small", b"s")
        with DiskObjectStore(str(mount / "objects")) as store:
            store.put("large", os.urandom(200_000))
            assert store.save() is False
            assert store.get("small") == b"s"
        (tmp_path / "file").write_bytes(b"data")
        with DiskFiles(str(mount), CacheFile(str(mount / "cache")), guard=-(10**18)) as files:
            files.memo_put("kind", "key", "x" * 200_000)
            files.content(str(tmp_path / "file"))
        with DiskObjectStore(str(mount / "objects")) as store:
            assert store.get("small") == b"s"
            assert store.get("large") is None
        assert sorted(os.listdir(mount / "objects")) == ["objects.sqlite"]
    finally:
        subprocess.run(["umount", str(mount)], check=True)
