"""What the ``Files`` port promises, asked of the real disk and of the fake that other tests rely on."""

from __future__ import annotations

import os

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import EntryKind, Unreadable

TREE = {
    "models/sir.py": b"x = 1\n",
    "models/deep/er/a.txt": b"",
    "data/b.csv": b"a,b\n1,2\n",
    "data/a b.csv": b"\0\xff",
    "data/new\nline": b"n",
    "data/bad\udcff.csv": b"odd name",
    "data/pipe": None,
}


@pytest.fixture(params=["disk", "disk without cache", "memory"])
def tree(request, tmp_path):
    if request.param == "memory":
        yield MemoryFiles({f"/project/{path}": data for path, data in TREE.items()}), "/project"
        return
    root = str(tmp_path / "project")
    os.makedirs(os.path.join(root, ".modelops-bundle"))
    for path, data in TREE.items():
        place = os.path.join(root, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        if data is None:
            os.mkfifo(place)
        else:
            with open(place, "wb") as file:
                file.write(data)
    cache = CacheFile(os.path.join(root, ".modelops-bundle", "cache"))
    with DiskFiles(root, cache if request.param == "disk" else None) as files:
        yield files, root


def test_entries_are_sorted_and_say_their_kind(tree):
    files, root = tree
    assert list(files.entries(f"{root}/data").items()) == [
        ("a b.csv", EntryKind.FILE),
        ("b.csv", EntryKind.FILE),
        ("bad\udcff.csv", EntryKind.FILE),
        ("new\nline", EntryKind.FILE),
        ("pipe", EntryKind.OTHER),
    ]
    assert files.entries(f"{root}/models")["deep"] is EntryKind.FOLDER


@pytest.mark.parametrize("path", ["none", "models/sir.py", "models/sir.py/below", "data/pipe"])
def test_what_is_no_folder_has_no_entries(tree, path):
    files, root = tree
    assert dict(files.entries(f"{root}/{path}")) == {}


def test_bytes_and_their_digest_belong_together(tree):
    files, root = tree
    for path, data in TREE.items():
        if data is not None:
            assert files.content(f"{root}/{path}") == content_digest(data)
            assert files.read(f"{root}/{path}") == data


@pytest.mark.parametrize("path", ["none", "data", "data/pipe", "models/sir.py/below", "nul\0"])
def test_anything_but_a_regular_file_is_unreadable(tree, path):
    files, root = tree
    place = f"{root}/{path}"
    for answer in (files.read(place), files.content(place), files.contents([place])[place]):
        assert isinstance(answer, Unreadable)
        assert answer.path == place
        assert answer.reason


def test_many_at_once_are_the_same_as_one_by_one(tree):
    files, root = tree
    paths = [f"{root}/{path}" for path in [*TREE, "none", "data", "data/b.csv"]]
    answers = files.contents(iter(paths))
    assert list(answers) == list(dict.fromkeys(paths))
    assert all(files.content(path) == answer for path, answer in answers.items())
    assert files.contents([]) == {}


def test_memos_are_kept_by_kind_and_key(tree):
    files, _ = tree
    assert files.memo_get("facts", "k") is None
    files.memo_put("facts", "k", "text \udcff ü \n")
    files.memo_put("other", "k", "")
    assert files.memo_get("facts", "k") == "text \udcff ü \n"
    assert files.memo_get("other", "k") == ""
    assert files.memo_get("facts", "k2") is None
    files.memo_put("facts", "k", "new")
    assert files.memo_get("facts", "k") == "new"


def test_a_real_path_is_its_own(tree):
    files, root = tree
    real = files.real(f"{root}/models/../data")
    assert real == files.real(real) == files.real(f"{root}/data")
