"""A folder as bundles see it."""

from __future__ import annotations

import os
import random
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.contents import Contents, FileEntry, LinkEntry, links_of
from modelops_bundle.bundle.packing import LARGE_FILE
from modelops_bundle.bundle.paths import problems_of
from modelops_bundle.bundle.settings import StorageSettings
from modelops_bundle.errors import InputsChangedError, StorageError
from modelops_bundle.identity.recipes import content_digest, sha256_digest
from modelops_bundle.project.layout import Layout
from modelops_bundle.workflows.bundles.making import Made, make_bundle

BIG = random.Random(1).randbytes(3 << 20)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    return folder


def tree_of(root: Path) -> DiskTree:
    """The folder with nothing known of it yet."""
    return DiskTree(Layout(str(root)), DiskFiles(str(root), guard=-(10**18)))


def write(root: Path, path: str, data: bytes | str = b"", mode: int = 0o644) -> Path:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(data if isinstance(data, bytes) else data.encode())
    place.chmod(mode)
    return place


def link(root: Path, path: str, target: str) -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.symlink_to(target)


def file(data: bytes | str, *, executable: bool = False) -> FileEntry:
    data = data if isinstance(data, bytes) else data.encode()
    return FileEntry(content_digest(data), len(data), executable)


def make(root: Path, *paths: str) -> Made:
    tree = tree_of(root)
    return make_bundle(tree, tree.gather(paths or tree.everything()).contents, StorageSettings())


# --- looking ------------------------------------------------------------------------------------


def test_files_are_what_they_hold_and_whether_their_owner_may_run_them(root: Path) -> None:
    write(root, "a.py", "a")
    write(root, "run.sh", "r", 0o744)
    write(root, "group.sh", "g", 0o654)
    write(root, "empty")
    found = tree_of(root).gather(["a.py", "run.sh", "group.sh", "empty", "gone", "gone/x"])
    assert found.contents == {
        "a.py": file("a"),
        "run.sh": file("r", executable=True),
        "group.sh": file("g"),
        "empty": file(""),
    }
    assert [path for path, _ in found.missing] == ["gone", "gone/x"]


def test_what_is_no_file_is_missing_and_never_opened(root: Path) -> None:
    os.mkfifo(root / "pipe")
    (root / "folder").mkdir()
    link(root, "null", "/dev/null")
    found = tree_of(root).gather(["pipe", "folder", "null"])
    assert found.contents == {}
    assert [path for path, _ in found.missing] == ["folder", "null", "pipe"]


def test_a_link_inside_travels_with_what_it_leads_to(root: Path) -> None:
    write(root, "data/2024.csv", "x")
    link(root, "latest.csv", "data/2024.csv")
    link(root, "models/first", "second")
    link(root, "models/second", "../latest.csv")
    found = tree_of(root).gather(["models/first"])
    assert found.missing == ()
    assert found.contents == {
        "models/first": LinkEntry("second"),
        "models/second": LinkEntry("../latest.csv"),
        "latest.csv": LinkEntry("data/2024.csv"),
        "data/2024.csv": file("x"),
    }


def test_a_path_through_a_linked_folder_is_the_link_and_the_real_path(root: Path) -> None:
    write(root, "store/v2/x.csv", "x")
    write(root, "store/v2/unused.csv", "u")
    link(root, "data", "store/v2")
    tree = tree_of(root)
    expected = {"data": LinkEntry("store/v2"), "store/v2/x.csv": file("x")}
    assert tree.gather(["data/x.csv"]).contents == expected
    # At exactly these paths there is the link alone, and the file at its own.
    assert tree.look(["data", "data/x.csv", "store/v2/x.csv"]) == expected


def test_a_link_to_a_folder_is_a_link_and_nothing_is_missing(root: Path) -> None:
    write(root, "runs/2/out.csv", "o")
    link(root, "latest", "runs/2")
    link(root, "x/here", "..")
    found = tree_of(root).gather(["latest", "x/here"])
    assert found.contents == {"latest": LinkEntry("runs/2"), "x/here": LinkEntry("..")}
    assert found.missing == ()


def test_parts_of_a_link_are_followed_one_by_one(root: Path) -> None:
    write(root, "other/x.csv", "right")
    write(root, "x.csv", "wrong")
    (root / "other/deep").mkdir()
    link(root, "sub", "other/deep")
    link(root, "l", "sub/../x.csv")
    found = tree_of(root).gather(["l"]).contents
    assert found == {
        "l": LinkEntry("sub/../x.csv"),
        "sub": LinkEntry("other/deep"),
        "other/x.csv": file("right"),
    }


def test_what_a_link_out_leads_to_stands_as_a_file(root: Path, tmp_path: Path) -> None:
    write(tmp_path, "outside/big.csv", "big")
    link(root, "relative", "../outside/big.csv")
    link(root, "absolute", str(tmp_path / "outside/big.csv"))
    link(root, "folder", "../outside")
    link(root, "chain", "relative")
    write(root, "inside", "in")
    link(root, "absolute-inside", str(root / "inside"))
    link(root, "round", f"../{root.name}/inside")
    link(root, "up", ".")
    link(root, "round-a-corner", f"up/../{root.name}/inside")
    paths = ["relative", "absolute", "folder/big.csv", "absolute-inside", "round", "round-a-corner"]
    expected = {path: file("big") for path in paths[:3]} | {path: file("in") for path in paths[3:]}
    tree = tree_of(root)
    assert tree.gather(paths).contents == expected
    assert tree.look(paths) == expected


def test_links_that_lead_nowhere_or_in_circles_are_missing(root: Path) -> None:
    link(root, "gone", "nowhere")
    link(root, "a", "b")
    link(root, "b", "a")
    link(root, "self", "self")
    found = tree_of(root).gather(["gone", "a", "self"])
    assert {path for path, _ in found.missing} == {"nowhere", "a", "self"}
    assert list(problems_of(found.contents, links_of(found.contents))) == []


def test_everything_is_found_but_the_tool_s_own_files(root: Path) -> None:
    write(root, "a/b.py")
    write(root, ".modelops-bundle/state.json")
    write(root, "sub/.modelops-bundle/x")
    link(root, "l", "a")
    link(root, "gone", "nowhere")
    expected = ["a/b.py", "gone", "l", "sub/.modelops-bundle/x"]
    assert sorted(tree_of(root).everything()) == expected


def test_only_what_is_asked_for_is_looked_at(root: Path) -> None:
    write(root, "a", "a")
    link(root, "l", "a")
    assert tree_of(root).look(["l", "gone", "a/below"]) == {"l": LinkEntry("a")}


# --- cutting and packing ------------------------------------------------------------------------


def test_a_pack_is_its_files_one_behind_the_other(root: Path) -> None:
    write(root, "a", "one")
    write(root, "b", b"x" * 10)
    tree = tree_of(root)
    contents = tree.gather(["a", "b"]).contents
    pack = tree.pack(["a", "b"], contents)
    data = b"one" + b"x" * 10
    assert (pack.digest, pack.size) == (sha256_digest(data), 13)
    assert b"".join(tree.reader([("a", 0, 3), ("b", 0, 10)])()) == data
    assert b"".join(tree.reader([("b", 8, 2), ("a", 1, 1)])()) == b"xxn"


@pytest.mark.parametrize("what", ["pack", "chunks"])
def test_what_is_remembered_is_what_would_be_computed(
    root: Path, tmp_path: Path, what: str
) -> None:
    write(root, "a", "one")
    write(root, "b", BIG)
    entry = file(BIG)

    def ask(tree: DiskTree) -> object:
        contents = tree.gather(["a", "b"]).contents
        return tree.pack(["a"], contents) if what == "pack" else tree.chunks("b", entry)

    files = DiskFiles(str(root), CacheFile(str(tmp_path / "cache")), guard=-(10**18))
    first = ask(DiskTree(Layout(str(root)), files))
    assert ask(DiskTree(Layout(str(root)), files)) == first
    files.close()
    with DiskFiles(str(root), CacheFile(str(tmp_path / "cache")), guard=-(10**18)) as files:
        again = DiskTree(Layout(str(root)), files)
        assert ask(again) == ask(tree_of(root)) == first


def edit(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[-1] ^= 1
    place.write_bytes(data)


EDITS: list[Callable[[Path], object]] = [
    edit,
    lambda place: place.write_bytes(place.read_bytes() + b"x"),
    lambda place: place.write_bytes(place.read_bytes()[:-1]),
    lambda place: place.write_bytes(b""),
    lambda place: place.unlink(),
]


@pytest.mark.parametrize("change", EDITS)
def test_a_file_that_is_edited_after_the_look_is_not_packed(
    root: Path, change: Callable[[Path], object]
) -> None:
    write(root, "a", "one")
    write(root, "b", "two")
    tree = tree_of(root)
    contents = tree.gather(["a", "b"]).contents
    change(root / "b")
    with pytest.raises(InputsChangedError):
        tree.pack(["a", "b"], contents)


@pytest.mark.parametrize("change", EDITS)
def test_nor_is_it_cut(root: Path, change: Callable[[Path], object]) -> None:
    write(root, "b", BIG)
    tree = tree_of(root)
    contents = tree.gather(["b"]).contents
    change(root / "b")
    with pytest.raises(InputsChangedError):
        make_bundle(tree, contents, StorageSettings())


def test_what_is_remembered_of_other_sizes_is_not_believed(root: Path) -> None:
    write(root, "a", "one")
    write(root, "b", BIG)
    tree = tree_of(root)
    made = tree.gather(["a", "b"]).contents
    make_bundle(tree, made, StorageSettings())
    wrong = {"a": FileEntry(file("one").digest, 4), "b": FileEntry(file(BIG).digest, len(BIG) + 1)}
    with pytest.raises(InputsChangedError):
        tree.pack(["a"], wrong)
    with pytest.raises(InputsChangedError):
        tree.chunks("b", wrong["b"])


def test_a_pipe_in_the_place_of_a_file_is_not_read(root: Path) -> None:
    os.mkfifo(root / "a")
    with pytest.raises(StorageError, match="not a regular file"):
        list(tree_of(root).reader([("a", 0, 1)])())


@pytest.mark.skipif(not os.path.exists("/proc/self/mem"), reason="no file here fails to be read")
def test_what_the_disk_fails_to_read_is_said_in_our_words(root: Path) -> None:
    link(root, "a", "/proc/self/mem")
    with pytest.raises(StorageError, match="cannot read"):
        list(tree_of(root).reader([("a", 0, 1)])())
    with pytest.raises(StorageError, match="cannot read"):
        tree_of(root).chunks("a", file("x"))


# --- whole bundles ------------------------------------------------------------------------------


def fill(root: Path, order: list[str]) -> None:
    chance = random.Random(5)
    data = {path: chance.randbytes(size) for path, size in SIZES.items()}
    for path in order:
        write(root, path, data[path], 0o755 if path.endswith("sh") else 0o644)
    link(root, "latest", "data/000")


SIZES = {f"data/{number:03}": 997 * number for number in range(60)} | {
    "big": LARGE_FILE, "a/almost": LARGE_FILE - 1, "run.sh": 5, "empty": 0
}  # fmt: skip


def test_equal_folders_make_equal_bundles(tmp_path: Path) -> None:
    order = list(SIZES)
    made = []
    for number in range(3):
        random.Random(number).shuffle(order)
        folder = tmp_path / f"copy {number}"
        folder.mkdir()
        fill(folder, order)
        for path in order:
            os.utime(folder / path, (1e9 + number, 1e9 + number))
        (folder / "run.sh").chmod([0o755, 0o700, 0o711][number])
        made.append(make(folder))
    assert len({each.manifest.digest for each in made}) == 1
    assert made[0].index_data == made[1].index_data == made[2].index_data


@pytest.mark.parametrize("change", ["content", "name", "executable", "link", "one more"])
def test_each_thing_that_counts_makes_another_bundle(root: Path, change: str) -> None:
    fill(root, list(SIZES))
    before = make(root).manifest.digest
    if change == "content":
        edit(root / "data/030")
    elif change == "name":
        (root / "data/030").rename(root / "data/030x")
    elif change == "executable":
        (root / "data/030").chmod(0o755)
    elif change == "link":
        (root / "latest").unlink()
        link(root, "latest", "data/001")
    else:
        write(root, "more")
    assert make(root).manifest.digest != before


def test_what_does_not_count_makes_none(root: Path) -> None:
    fill(root, list(SIZES))
    before = make(root).manifest.digest
    (root / "data/030").chmod(0o600)
    os.utime(root / "big", (1, 1))
    (root / "empty folder").mkdir()
    write(root, ".modelops-bundle/cache/x", "x")
    assert make(root).manifest.digest == before


def test_packs_of_equal_files_are_one_blob_and_can_be_sent(root: Path) -> None:
    # Ten files of the same size fill a pack each time: all packs but the last hold the same bytes.
    data = random.Random(2).randbytes(800 << 10)
    for number in range(35):
        write(root, f"f{number:02}", data)
    made = make(root)
    assert len(made.index.packs()) < 35 / 10 + 1
    for blob in made.registry_blobs:
        sent = b"".join(made.reader(blob)())
        assert (sha256_digest(sent), len(sent)) == (blob.digest, blob.size)


def contents_through(root: Path) -> Contents:
    tree = tree_of(root)
    return tree.gather(tree.everything()).contents


def test_the_root_may_be_reached_through_a_link(root: Path, tmp_path: Path) -> None:
    fill(root, list(SIZES))
    link(tmp_path, "alias", root.name)
    assert contents_through(tmp_path / "alias") == contents_through(root)
    assert stat.S_ISLNK((tmp_path / "alias").lstat().st_mode)
