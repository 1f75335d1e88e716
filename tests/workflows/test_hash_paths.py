"""``hash`` answers for any paths, all or none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelops_bundle.errors import UsageError
from modelops_bundle.hashing import file_hash, token_hash
from modelops_bundle.project.layout import Layout
from modelops_bundle.wiring import open_folder
from modelops_bundle.workflows.hash_paths import hash_paths
from modelops_bundle.workflows.workspace import Workspace


@pytest.fixture
def workspace(tmp_path: Path) -> Iterator[Workspace]:
    (tmp_path / "a.py").write_text("x = 1  # one\n")
    (tmp_path / "broken.py").write_text("x = (\n")
    (tmp_path / "a.csv").write_text("x\n1\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "b.csv").write_text("y\n2\n")
    with open_folder(Layout(str(tmp_path)), cwd=str(tmp_path)) as opened:
        yield opened


def test_each_kind(workspace: Workspace, tmp_path: Path) -> None:
    source, table, tree = hash_paths(workspace, ["a.py", "a.csv", "data"])
    assert source[:4] == ("a.py", "token", token_hash(tmp_path / "a.py"), False)
    assert table[:4] == ("a.csv", "file", file_hash(tmp_path / "a.csv"), True)
    assert (tree.kind, tree.exact) == ("tree", True)


def test_a_source_that_does_not_parse_is_marked(workspace: Workspace, tmp_path: Path) -> None:
    (found,) = hash_paths(workspace, ["broken.py"])
    assert found[:4] == ("broken.py", "token", token_hash(tmp_path / "broken.py"), True)
    assert found.problem


def test_paths_stay_as_typed_and_in_order(workspace: Workspace, tmp_path: Path) -> None:
    asked = ["./data", str(tmp_path / "a.py"), "data/../a.py", "a.py", "a.py"]
    found = hash_paths(workspace, asked)
    assert [each.path for each in found] == asked
    assert len({each.digest for each in found}) == 2


def test_a_folder_is_the_set_of_its_files(workspace: Workspace, tmp_path: Path) -> None:
    before = hash_paths(workspace, ["data"])
    (tmp_path / "data" / "c.csv").write_text("")
    with open_folder(Layout(str(tmp_path)), cwd=str(tmp_path)) as again:
        assert hash_paths(again, ["data"]) != before


@pytest.mark.parametrize("bad", ["nowhere", "nowhere.py", "pipe.py", "pipe"])
def test_all_or_none(workspace: Workspace, tmp_path: Path, bad: str) -> None:
    if bad.startswith("pipe"):
        os.mkfifo(tmp_path / bad)
    with pytest.raises(UsageError, match=bad):
        hash_paths(workspace, ["a.py", bad])


def test_thousands_of_bad_paths_are_counted(workspace: Workspace) -> None:
    with pytest.raises(UsageError, match="and 2995 more"):
        hash_paths(workspace, [f"nowhere{number}" for number in range(3000)])


def test_a_folder_that_is_no_project_gets_nothing(workspace: Workspace, tmp_path: Path) -> None:
    hash_paths(workspace, ["a.py"])
    assert not (tmp_path / ".modelops-bundle").exists()
