from __future__ import annotations

import os
import stat
import subprocess
import sys
import time

import pytest

from modelops_bundle.adapters.atomic import (
    make_folder,
    remove_leftovers,
    storage_errors,
    write_atomically,
    write_text,
)
from modelops_bundle.errors import StorageError


def test_a_file_is_created_and_replaced(tmp_path):
    path = tmp_path / "file"
    write_atomically(os.fspath(path), b"one")
    assert path.read_bytes() == b"one"
    write_atomically(os.fspath(path), b"two")
    assert path.read_bytes() == b"two"
    assert os.listdir(tmp_path) == ["file"]


def test_a_new_file_obeys_the_mask_and_an_old_one_keeps_its_permissions(tmp_path):
    path = tmp_path / "file"
    mask = os.umask(0o027)
    try:
        write_atomically(os.fspath(path), b"one")
    finally:
        os.umask(mask)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    path.chmod(0o604)
    write_atomically(os.fspath(path), b"two")
    assert stat.S_IMODE(path.stat().st_mode) == 0o604


def test_a_symbolic_link_stays_one(tmp_path):
    (tmp_path / "elsewhere").mkdir()
    target = tmp_path / "elsewhere" / "file"
    target.write_bytes(b"one")
    link = tmp_path / "link"
    link.symlink_to(target)
    write_atomically(os.fspath(link), b"two")
    assert link.is_symlink()
    assert target.read_bytes() == b"two"
    assert os.listdir(tmp_path / "elsewhere") == ["file"]


def test_a_reader_never_sees_a_part(tmp_path):
    path = tmp_path / "file"
    write_atomically(os.fspath(path), b"a" * 100_000)
    with path.open("rb") as before:
        write_atomically(os.fspath(path), b"b" * 100_000)
        assert before.read() == b"a" * 100_000
    assert path.read_bytes() == b"b" * 100_000


@pytest.mark.parametrize("name", ["no folder/file", "file/below"])
def test_what_cannot_be_written_is_a_storage_error_and_leaves_nothing(tmp_path, name):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(StorageError, match="cannot write") as caught:
        write_atomically(os.fspath(tmp_path / name), b"x")
    assert caught.value.why
    assert caught.value.mend
    assert os.listdir(tmp_path) == ["file"]


def test_a_folder_in_the_way_is_left_alone(tmp_path):
    (tmp_path / "x").mkdir()
    with pytest.raises(StorageError):
        write_atomically(os.fspath(tmp_path / "x"), b"x")
    assert os.listdir(tmp_path) == ["x"]


def test_errors_of_the_file_system_are_translated():
    with (
        pytest.raises(StorageError, match="No space left") as caught,
        storage_errors("cannot do \udcff"),
    ):
        raise OSError(28, os.strerror(28))
    assert "Free some space" in caught.value.mend
    assert str(caught.value).isascii()


def test_text_is_written_into_new_folders_with_its_newlines_as_they_are(tmp_path):
    path = tmp_path / "a" / "b" / "file"
    assert write_text(os.fspath(path), "one\n\udcff\r\n")
    assert path.read_bytes() == b"one\n\xff\r\n"


def test_text_can_leave_what_is_there(tmp_path):
    path = tmp_path / "file"
    assert write_text(os.fspath(path), "one", keep=True)
    assert not write_text(os.fspath(path), "two", keep=True)
    assert path.read_text() == "one"
    assert write_text(os.fspath(path), "two")


def test_a_folder_is_made_once(tmp_path):
    path = os.fspath(tmp_path / "a" / "b")
    make_folder(path)
    make_folder(path)
    assert os.path.isdir(path)


def test_a_file_where_a_folder_should_be_is_an_error(tmp_path):
    (tmp_path / "a").write_bytes(b"")
    for path in (tmp_path / "a", tmp_path / "a" / "b"):
        with pytest.raises(StorageError, match="cannot create the folder"):
            make_folder(os.fspath(path))


class TestLeftovers:
    def leave(self, folder, name, pid):
        path = folder / f".{name}.{pid}-{'0' * 16}.tmp"
        path.write_bytes(b"half")
        return path

    def dead(self):
        return subprocess.run(
            [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True
        )

    def test_own_ones_go_whoever_made_them(self, tmp_path):
        self.leave(tmp_path, "file", os.getpid())
        self.leave(tmp_path, "file", 1)
        remove_leftovers(os.fspath(tmp_path / "file"))
        assert os.listdir(tmp_path) == []

    def test_those_of_other_files_go_when_their_maker_is_gone(self, tmp_path):
        self.leave(tmp_path, "other", int(self.dead().stdout))
        alive = self.leave(tmp_path, "other", os.getpid())
        remove_leftovers(os.fspath(tmp_path / "file"))
        assert os.listdir(tmp_path) == [alive.name]
        long_ago = time.time() - 7200
        os.utime(alive, (long_ago, long_ago))
        remove_leftovers(os.fspath(tmp_path / "file"))
        assert os.listdir(tmp_path) == []

    def test_nothing_else_goes(self, tmp_path):
        names = ["file", "file.tmp", ".file.tmp", ".file.1-0.tmp", ".file.x-0000000000000000.tmp"]
        for name in names:
            (tmp_path / name).write_bytes(b"")
        remove_leftovers(os.fspath(tmp_path / "file"))
        assert sorted(os.listdir(tmp_path)) == sorted(names)

    def test_a_missing_folder_is_no_error(self, tmp_path):
        remove_leftovers(os.fspath(tmp_path / "none" / "file"))
