"""A folder that is replaced as a whole: by what is whole itself, and never with anything of others in it."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from modelops_bundle.adapters.site_folder import MANIFEST, replace_site
from modelops_bundle.errors import StorageError, UsageError, WorkInTheWayError

FIRST = [("index.html", b"one"), ("a/b.html", b"two")]
SECOND = [("index.html", b"three")]


def content(folder: Path) -> dict[str, bytes]:
    return {
        each.relative_to(folder).as_posix(): each.read_bytes()
        for each in folder.rglob("*")
        if each.is_file() and each.name != MANIFEST
    }


def test_a_site_is_made_and_replaced(tmp_path: Path) -> None:
    site = tmp_path / "deep" / "site"
    assert replace_site(str(site), FIRST) == 2
    assert content(site) == dict(FIRST)
    assert replace_site(str(site), SECOND) == 1
    assert content(site) == dict(SECOND)
    assert os.listdir(site.parent) == ["site"]


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    (tmp_path / "site" / "nothing").mkdir(parents=True)
    replace_site(str(tmp_path / "site"), FIRST)
    assert content(tmp_path / "site") == dict(FIRST)


def test_a_link_stays_one(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "site").symlink_to("real")
    replace_site(str(tmp_path / "site"), FIRST)
    assert (tmp_path / "site").is_symlink()
    assert content(tmp_path / "real") == dict(FIRST)


@pytest.mark.parametrize(
    "manifest",
    [
        None,
        "",
        "[]",
        "{}",
        '{"format": 2, "files": ["mine"]}',
        '{"format": 1, "files": [1]}',
        "\xff",
    ],
)
def test_a_folder_of_somebody_else_is_not_touched(tmp_path: Path, manifest: str | None) -> None:
    (tmp_path / "mine").write_text("work")
    if manifest is not None:
        (tmp_path / MANIFEST).write_bytes(manifest.encode("latin-1"))
    with pytest.raises(UsageError, match="not empty"):
        replace_site(str(tmp_path), FIRST)
    assert (tmp_path / "mine").read_text() == "work"


@pytest.mark.parametrize("name", ["CNAME", "a/notes.txt", "link"])
def test_a_file_that_was_put_there_is_not_lost(tmp_path: Path, name: str) -> None:
    site = tmp_path / "site"
    replace_site(str(site), FIRST)
    if name == "link":
        (site / name).symlink_to(tmp_path)
    else:
        (site / name).write_text("work")
    with pytest.raises(WorkInTheWayError, match=name):
        replace_site(str(site), SECOND)
    assert (site / name).exists()
    assert (site / "index.html").read_bytes() == b"one"


def test_a_file_that_came_in_the_meantime_is_not_lost(tmp_path: Path) -> None:
    site = tmp_path / "site"
    replace_site(str(site), FIRST)

    def slowly() -> Iterator[tuple[str, bytes]]:
        yield from SECOND
        (site / "late").write_text("work")

    with pytest.raises(WorkInTheWayError, match="late"):
        replace_site(str(site), slowly())
    assert (site / "late").read_text() == "work"
    assert os.listdir(tmp_path) == ["site"]


def test_a_file_in_the_way_is_not_replaced(tmp_path: Path) -> None:
    (tmp_path / "site").write_text("work")
    with pytest.raises(UsageError, match="in the way"):
        replace_site(str(tmp_path / "site"), FIRST)
    assert (tmp_path / "site").read_text() == "work"


def test_what_fails_half_way_leaves_the_old_site(tmp_path: Path) -> None:
    site = tmp_path / "site"
    replace_site(str(site), FIRST)

    def failing() -> Iterator[tuple[str, bytes]]:
        yield "index.html", b"new"
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        replace_site(str(site), failing())
    assert content(site) == dict(FIRST)
    assert os.listdir(tmp_path) == ["site"]


def test_a_rename_that_fails_leaves_the_old_site(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    site, rename = tmp_path / "site", os.rename
    replace_site(str(site), FIRST)

    def refuse(source: str, target: str) -> None:
        if source.endswith(".new"):
            raise OSError(28, "No space left on device")
        rename(source, target)

    monkeypatch.setattr(os, "rename", refuse)
    with pytest.raises(StorageError, match="No space left"):
        replace_site(str(site), SECOND)
    assert content(site) == dict(FIRST)
    assert os.listdir(tmp_path) == ["site"]


def test_the_manifest_names_what_was_made(tmp_path: Path) -> None:
    replace_site(str(tmp_path / "site"), FIRST)
    manifest = json.loads((tmp_path / "site" / MANIFEST).read_text())
    assert manifest == {"format": 1, "files": ["a/b.html", "index.html"]}
