from __future__ import annotations

import os

import pytest
from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.errors import StorageError
from modelops_bundle.hashing import file_hash, hash_folder, hash_set, token_hash
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.ports import Unreadable

TREE = {"/p/d/a.csv": "a", "/p/d/sub/b.csv": "b", "/p/other": "o"}


def digest(**changes):
    files = MemoryFiles({**TREE, **{f"/p/d/{name}": data for name, data in changes.items()}})
    return hash_folder(files, "/p/d").digest


def test_a_folder_is_the_set_of_its_files():
    found = hash_folder(MemoryFiles(TREE), "/p/d")
    assert found.members == {"a.csv": content_digest(b"a"), "sub/b.csv": content_digest(b"b")}
    assert found.unreadable == ()


def test_adding_removing_renaming_and_editing_change_it():
    removed = {path: data for path, data in TREE.items() if not path.endswith("b.csv")}
    renamed = {**removed, "/p/d/sub/c.csv": "b"}
    moved = {**removed, "/p/d/b.csv": "b"}
    digests = [digest(), digest(new="n"), digest(**{"a.csv": "A"})]
    digests += [hash_folder(MemoryFiles(tree), "/p/d").digest for tree in (removed, renamed, moved)]
    assert len(set(digests)) == len(digests)


def test_where_it_lies_and_what_lies_beside_it_do_not_count():
    elsewhere = {path.replace("/p/", "/q/r/"): data for path, data in TREE.items()}
    assert hash_folder(MemoryFiles(elsewhere), "/q/r/d").digest == digest()
    assert hash_folder(MemoryFiles({**TREE, "/p/d2": "x"}), "/p/d").digest == digest()


def test_excluded_files_and_droppings_do_not_count():
    extra = {"x.tmp": "t", ".DS_Store": "s"}
    files = MemoryFiles({**TREE, **{f"/p/d/{name}": data for name, data in extra.items()}})
    assert hash_folder(files, "/p/d", exclude=("*.tmp",)).digest == digest()


def test_a_set_in_any_order_is_the_same():
    members = {"a.csv": "/p/d/a.csv", "sub/b.csv": "/p/d/sub/b.csv"}
    backwards = dict(reversed(members.items()))
    files = MemoryFiles(TREE)
    assert hash_set(files, members).digest == hash_set(files, backwards).digest == digest()


def test_part_of_a_set_has_no_digest():
    found = hash_set(MemoryFiles(TREE), {"a.csv": "/p/d/a.csv", "gone": "/p/d/gone"})
    assert found.digest is None
    assert found.members == {"a.csv": content_digest(b"a")}
    assert [type(problem) for problem in found.unreadable] == [Unreadable]


def test_file_hash(tmp_path):
    (tmp_path / "f").write_bytes(b"data")
    assert (
        file_hash(tmp_path / "f") == file_hash(str(tmp_path / "f")) == str(content_digest(b"data"))
    )
    assert file_hash(tmp_path / "f").startswith("blake3:")


@pytest.mark.parametrize("hasher", [file_hash, token_hash])
def test_what_cannot_be_read_is_an_error_that_says_why(tmp_path, hasher):
    os.mkfifo(tmp_path / "pipe")
    for name, why in (
        ("none", "does not exist"),
        ("pipe", "no regular file"),
        ("", "no regular file"),
    ):
        with pytest.raises(StorageError, match=why):
            hasher(tmp_path / name)


def test_token_hash_takes_bytes_or_a_path(tmp_path):
    source = b"def f(x):\n    return x + 1\n"
    (tmp_path / "m.py").write_bytes(b"# a comment\n" + source.replace(b"x + 1", b"(x+1)"))
    assert token_hash(source) == token_hash(tmp_path / "m.py") == token_hash(str(tmp_path / "m.py"))
    assert token_hash(source).startswith("blake2b:")
    assert token_hash(source) != token_hash(source.replace(b"1", b"2"))


@pytest.mark.parametrize("source", [b"def f(:\n", b"\0", b"(" * 1000])
def test_what_does_not_parse_is_hashed_as_bytes_and_marked_so(source):
    assert token_hash(source) == str(content_digest(source))
