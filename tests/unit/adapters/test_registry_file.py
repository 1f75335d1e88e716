from __future__ import annotations

import os
import threading

import pytest

from modelops_bundle.adapters import registry_file
from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.errors import RegistryError, StorageError, UsageError
from modelops_bundle.registry import BundleRegistry, ModelEntry, TargetEntry

MODEL = ModelEntry(entrypoint="a:B", path="a.py", class_name="B")


class DictMemo:
    """Keeps texts in a dictionary and counts what is asked."""

    def __init__(self):
        self.texts = {}
        self.hits = 0

    def memo_get(self, kind, key):
        text = self.texts.get((kind, key))
        self.hits += text is not None
        return text

    def memo_put(self, kind, key, text):
        self.texts[kind, key] = text


def break_off(file):
    with file.edit() as registry:
        registry.models["a_b"] = MODEL
        _ = 1 / 0


def edit_and_leave(file):
    with file.edit():
        pytest.fail("it could be edited")


@pytest.fixture
def path(tmp_path):
    return tmp_path / ".modelops-bundle" / "registry.yaml"


@pytest.fixture
def file(path):
    file = RegistryFile(os.fspath(path), timeout=1)
    file.create()
    return file


def test_a_registry_is_created_once_with_its_folder(path):
    file = RegistryFile(os.fspath(path))
    assert file.create()
    assert file.load() == BundleRegistry()
    with file.edit() as registry:
        registry.models["a_b"] = MODEL
    assert not file.create()
    assert list(file.load().models) == ["a_b"]


def test_an_edit_is_saved_and_read_back(file):
    with file.edit() as registry:
        registry.models["a_b"] = MODEL
    assert file.load().models == {"a_b": MODEL}


def test_an_edit_that_raises_changes_nothing(file, path):
    before = path.read_bytes()
    with pytest.raises(ZeroDivisionError):
        break_off(file)
    assert path.read_bytes() == before
    assert sorted(os.listdir(path.parent)) == ["registry.lock", "registry.yaml"]


def test_what_cannot_be_recorded_changes_nothing(file, path):
    before = path.read_bytes()
    with pytest.raises(UsageError, match="cannot be recorded"), file.edit() as registry:
        registry.targets["t"] = TargetEntry(
            entrypoint="a:b", path="a.py", model_output="x", weight=float("nan")
        )
    assert path.read_bytes() == before


def test_an_edit_that_says_the_same_does_not_touch_the_file(file, path):
    before = path.stat()
    with file.edit():
        pass
    after = path.stat()
    assert (before.st_ino, before.st_mtime_ns) == (after.st_ino, after.st_mtime_ns)


def test_two_edits_of_two_threads_are_both_kept(file, path):
    inside = threading.Event()

    def second():
        inside.wait()
        with RegistryFile(os.fspath(path), timeout=10).edit() as registry:
            registry.models["second"] = MODEL

    thread = threading.Thread(target=second)
    thread.start()
    with file.edit() as registry:
        inside.set()
        registry.models["first"] = MODEL
    thread.join()
    assert sorted(file.load().models) == ["first", "second"]


def test_a_lock_held_too_long_is_a_storage_error(file, path):
    with file.edit(), pytest.raises(StorageError, match="cannot lock"):
        edit_and_leave(RegistryFile(os.fspath(path), timeout=0.1))


@pytest.mark.parametrize("act", [RegistryFile.load, edit_and_leave])
def test_a_missing_registry_is_an_error_that_names_init(path, act):
    path.parent.mkdir()
    with pytest.raises(RegistryError, match="there is no registry") as caught:
        act(RegistryFile(os.fspath(path)))
    assert "mops-bundle init" in caught.value.mend
    assert os.listdir(path.parent) == []


def test_a_missing_folder_is_the_same_error(path):
    with pytest.raises(RegistryError), RegistryFile(os.fspath(path)).edit():
        pytest.fail("edited nothing")


def test_a_pipe_or_a_folder_for_a_registry_is_an_error_and_does_not_hang(path):
    path.parent.mkdir()
    file = RegistryFile(os.fspath(path))
    os.mkfifo(path)
    with pytest.raises(StorageError, match="not a regular file"):
        file.load()
    path.unlink()
    path.mkdir()
    with pytest.raises(StorageError):
        file.load()
    with pytest.raises(StorageError), file.edit():
        pytest.fail("edited a folder")


def test_a_link_to_nowhere_is_not_replaced(path):
    path.parent.mkdir()
    path.symlink_to(path.parent / "gone.yaml")
    file = RegistryFile(os.fspath(path))
    with pytest.raises(RegistryError):
        file.create()
    assert path.is_symlink()


def test_the_first_save_that_loses_comments_says_so(file, path):
    text = path.read_bytes()
    path.write_bytes(text + b"# mine\n")
    with file.edit():
        pass
    # Nothing else changed, yet the file is brought to its own form.
    assert file.lost_comments == text.count(b"\n") + 1
    assert path.read_bytes() == text
    with file.edit() as registry:
        registry.models["a_b"] = MODEL
    assert file.lost_comments is None


def test_leftovers_of_the_dead_go_with_the_next_edit(file, path):
    leftover = path.parent / f".registry.yaml.{os.getpid()}-{'0' * 16}.tmp"
    leftover.write_bytes(b"half")
    file.load()
    assert leftover.exists()
    with file.edit():
        pass
    assert not leftover.exists()


class TestMemo:
    def test_a_registry_is_parsed_once(self, file, path, monkeypatch):
        memo = DictMemo()
        one = RegistryFile(os.fspath(path), memo=memo).load()
        monkeypatch.setattr(registry_file, "load_document", None)
        two = RegistryFile(os.fspath(path), memo=memo).load()
        assert memo.hits == 1
        assert one == two

    def test_what_was_saved_is_known_already(self, path):
        memo = DictMemo()
        file = RegistryFile(os.fspath(path), memo=memo)
        file.create()
        with file.edit() as registry:
            registry.models["a_b"] = MODEL
        hits = memo.hits
        assert file.load().models == {"a_b": MODEL}
        assert memo.hits == hits + 1

    def test_an_edit_by_hand_is_seen(self, file, path):
        memo = DictMemo()
        file = RegistryFile(os.fspath(path), memo=memo)
        file.load()
        path.write_bytes(b"version: '1.0'\nmine: 1\n")
        assert file.load().extra == {"mine": "1"}

    @pytest.mark.parametrize("text", ["", "null", "[]", "[1,2,3,4,5]", "{", "[" * 100_000])
    def test_a_damaged_memo_is_as_good_as_none(self, file, path, text):
        memo = DictMemo()
        file = RegistryFile(os.fspath(path), memo=memo)
        before = file.load()
        for key, kept in memo.texts.items():
            memo.texts[key] = f"{kept.partition(chr(10))[0]}\n{text}"
        assert file.load() == before

    def test_only_the_latest_is_kept(self, path):
        memo = DictMemo()
        file = RegistryFile(os.fspath(path), memo=memo)
        file.create()
        for name in ("a_b", "a_c", "a_d"):
            with file.edit() as registry:
                registry.models[name] = MODEL
        assert len(memo.texts) == 1

    def test_an_edited_draft_does_not_change_what_is_kept(self, file, path):
        memo = DictMemo()
        file = RegistryFile(os.fspath(path), memo=memo)
        with pytest.raises(ZeroDivisionError):
            break_off(file)
        assert file.load().models == {}
