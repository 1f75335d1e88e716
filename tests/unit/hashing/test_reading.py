from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest

from modelops_bundle.hashing import reading
from modelops_bundle.hashing.reading import (
    LARGE,
    LARGEST_READ,
    Reading,
    digest_of_file,
    read_file,
    stamp_of,
)
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import Unreadable

SIZES = [0, 1, LARGE - 1, LARGE, LARGE + 1, 3 * LARGE]


@pytest.mark.parametrize("size", SIZES)
def test_the_digest_is_that_of_the_bytes(disk_path, size):
    data = os.urandom(size)
    path = disk_path / "file"
    path.write_bytes(data)
    found = digest_of_file(str(path))
    assert found.value == content_digest(data)
    assert found.stamp == stamp_of(os.stat(path))
    assert found.settled
    assert read_file(str(path)).value == data


@pytest.mark.parametrize("lease", [True, False, None])
def test_with_or_without_a_lease(disk_path, monkeypatch, lease):
    monkeypatch.setattr(reading, "_WINDOW", LARGE)
    monkeypatch.setattr(reading, "_writer_waits", lambda fd: False)
    monkeypatch.setattr(reading, "_take_lease", lambda fd: lease)
    data = os.urandom(5 * LARGE + 7)
    (disk_path / "file").write_bytes(data)
    found = digest_of_file(str(disk_path / "file"))
    assert found.value == content_digest(data)
    assert found.settled is (lease is not False)


def test_nothing_is_mapped_where_there_are_no_leases(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "fcntl", None)
    monkeypatch.setattr(reading, "_mapped", None)
    data = os.urandom(5 * LARGE + 7)
    (tmp_path / "file").write_bytes(data)
    assert digest_of_file(str(tmp_path / "file")).value == content_digest(data)


def test_a_file_that_was_cut_before_it_is_mapped_is_read_again(tmp_path, monkeypatch):
    path = tmp_path / "file"
    path.write_bytes(bytes(3 * LARGE))
    take = reading._take_lease

    def cut_first(fd):
        if path.stat().st_size > 2 * LARGE:
            os.truncate(path, 2 * LARGE)
        return take(fd)

    monkeypatch.setattr(reading, "_take_lease", cut_first)
    assert digest_of_file(str(path)).value == content_digest(bytes(2 * LARGE))


def test_a_pipe_is_never_opened(tmp_path):
    os.mkfifo(tmp_path / "x.py")
    assert read_file(str(tmp_path / "x.py")).reason == "it is no regular file"
    assert read_file("/dev/zero").reason == "it is no regular file"


def test_a_pipe_that_takes_a_files_place_is_not_read(tmp_path, monkeypatch):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "file").write_bytes(b"")
    real, pipe = os.open, str(tmp_path / "pipe")
    monkeypatch.setattr(os, "open", lambda path, flags: real(pipe, flags))
    assert read_file(str(tmp_path / "file")) == Unreadable(
        str(tmp_path / "file"), "it keeps changing while it is read"
    )


def test_a_file_that_was_edited_while_it_was_read_is_read_again(tmp_path):
    path = tmp_path / "file"
    path.write_bytes(b"text")
    rounds = []

    def consume(fd, size, lease):
        rounds.append(size)
        if len(rounds) < 3:
            os.utime(path, ns=(0, len(rounds)))
        return "done"

    found = reading._stably(str(path), consume)
    assert isinstance(found, Reading)
    assert found.value == "done"
    assert found.stamp.modified == 2
    assert len(rounds) == 3


def test_a_file_that_never_holds_still_is_reported(tmp_path):
    path = tmp_path / "log"
    path.write_bytes(b"text")
    count = iter(range(1, 1000))

    def consume(fd, size, lease):
        os.utime(path, ns=(0, next(count)))

    assert reading._stably(str(path), consume).reason == "it keeps changing while it is read"


def test_a_file_that_grows_while_it_is_read_is_read_to_its_end(tmp_path):
    (tmp_path / "file").write_bytes(b"0123456789")
    fd = os.open(tmp_path / "file", os.O_RDONLY)
    assert reading._all_bytes(fd, 4) == b"0123456789"
    os.close(fd)


def test_somebody_who_writes_is_noticed(disk_path):
    path = str(disk_path / "file")
    with open(path, "wb") as file:
        file.write(b"text")
        file.flush()
        if (
            reading._take_lease(os.open("/dev/null", os.O_RDONLY)) is None
            and sys.platform != "linux"
        ):
            pytest.skip("this system has no leases")
        assert digest_of_file(path).settled is False
    assert digest_of_file(path).settled is True


def test_a_huge_file_is_hashed_and_not_read_into_memory(tmp_path):
    path = tmp_path / "huge.py"
    path.touch()
    os.truncate(path, LARGEST_READ + 1)
    assert read_file(str(path)).reason == "it is larger than 1024 MiB"


UNGUARDED = "reading._take_lease = lambda fd: True; reading._writer_waits = lambda fd: False\n"


@pytest.mark.parametrize("guarded", [True, False])
def test_truncating_a_large_file_does_not_kill_who_hashes_it(tmp_path, guarded):
    path = tmp_path / "large"
    size = 400 << 20
    path.touch()
    os.truncate(path, size)
    code = (
        "import sys, time; from modelops_bundle.hashing import reading\n"
        f"{'' if guarded else UNGUARDED}"
        "end = time.monotonic() + 3\n"
        "print('ready', flush=True)\n"
        "while time.monotonic() < end: reading.digest_of_file(sys.argv[1])\n"
    )
    child = subprocess.Popen([sys.executable, "-c", code, str(path)], stdout=subprocess.PIPE)
    assert child.stdout.readline()
    while child.poll() is None:
        size = 400 << 20 if size < 1 << 20 else size // 2
        os.truncate(path, size)
        time.sleep(0.02)
    child.stdout.close()
    assert child.returncode == (0 if guarded else -signal.SIGBUS)
