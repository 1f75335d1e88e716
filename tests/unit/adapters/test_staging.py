"""New files on their way into a folder: nobody's work is replaced, and nothing is written elsewhere."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from tests.support import mounts

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.contents import Contents, Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.pulling import plan_mirror, plan_pull
from modelops_bundle.bundle.tree import Staging
from modelops_bundle.errors import DamagedBundleError, InputsChangedError, StorageError
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.project.layout import Layout

Wanted = Mapping[str, Entry | bytes]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    (folder / ".modelops-bundle").mkdir(parents=True)
    return folder


@pytest.fixture(autouse=True)
def _usual_umask() -> Iterator[None]:
    before = os.umask(0o022)
    yield
    os.umask(before)


def entry(data: bytes, *, executable: bool = False) -> FileEntry:
    return FileEntry(content_digest(data), len(data), executable)


def contents_of(wanted: Wanted) -> Contents:
    return {path: entry(each) if isinstance(each, bytes) else each for path, each in wanted.items()}


class Pull:
    """One pull: looked and planned when it is made, done by :meth:`finish`.

    Args:
        root: The folder.
        new: What it shall hold: bytes of files, or links.
        old: What was synced; with ``None`` the folder becomes the mirror of ``new``.
    """

    def __init__(self, root: Path, new: Wanted, old: Wanted | None = None) -> None:
        self.tree = DiskTree(Layout(str(root)), DiskFiles(str(root)))
        self.new = new
        local = self.tree.look(
            {*new, *(old or {})} if old is not None else {*new, *self.tree.everything()}
        )
        if old is None:
            self.plan = plan_mirror(local, contents_of(new))
        else:
            self.plan = plan_pull(contents_of(old), local, contents_of(new))

    def finish(self) -> None:
        with self.tree.staging(self.plan.steps) as staging:
            self.stage(staging)
            staging.apply(self.plan.steps)

    def stage(self, staging: Staging) -> None:
        for step in self.plan.steps:
            data = self.new.get(step.path)
            if isinstance(step.after, FileEntry) and isinstance(data, bytes):
                with staging.file(step.path, step.after) as write_piece:
                    for start in range(0, len(data), 2):
                        write_piece(data[start : start + 2])


def pull(root: Path, new: Wanted, old: Wanted | None = None) -> None:
    Pull(root, new, old).finish()
    assert os.listdir(root / ".modelops-bundle") == []


def found(root: Path) -> dict[str, bytes | str]:
    """Bytes of files and targets of links below a folder, the tool's own files left out."""
    return {
        str(place.relative_to(root)): os.readlink(place)
        if place.is_symlink()
        else place.read_bytes()
        for place in sorted(root.rglob("*"))
        if (place.is_symlink() or place.is_file()) and ".modelops-bundle" not in place.parts
    }


# --- what is done -------------------------------------------------------------------------------


def test_files_are_made_replaced_and_deleted(root: Path) -> None:
    pull(
        root,
        {"a": b"1", "d/e/f": b"2", "gone/x/y": b"3", "l": LinkEntry("d/e/f"), "empty": b""},
        {},
    )
    assert found(root) == {"a": b"1", "d/e/f": b"2", "gone/x/y": b"3", "l": "d/e/f", "empty": b""}
    pull(root, {"a": b"new", "d/e/f": b"2", "l": LinkEntry("a"), "empty": b""})
    assert found(root) == {"a": b"new", "d/e/f": b"2", "l": "a", "empty": b""}
    assert not (root / "gone").exists()


def test_a_folder_that_still_holds_something_stays(root: Path) -> None:
    pull(root, {"d/x/y": b"1"}, {})
    (root / "d/mine").write_bytes(b"mine")
    pull(root, {}, {"d/x/y": b"1"})
    assert found(root) == {"d/mine": b"mine"}
    assert not (root / "d/x").exists()


def test_hundreds_of_files_are_put_in_place(root: Path) -> None:
    new = {f"d{number % 7}/f{number}": b"%d" % number for number in range(300)}
    pull(root, new, {})
    assert found(root) == new


SHAPES: list[Wanted] = [
    {},
    {"a": b"file"},
    {"a": b"other"},
    {"a/b": b"below"},
    {"a/b/c": b"deep"},
    {"a": LinkEntry("t"), "t": b"target"},
    {"a": LinkEntry("t"), "t/b": b"below"},
    {"t": LinkEntry("a"), "a/b": b"below"},
    {"a/b": LinkEntry("../t"), "t": b"target"},
]


@pytest.mark.parametrize("old", SHAPES)
@pytest.mark.parametrize("new", SHAPES)
def test_every_shape_becomes_every_other_at_once(root: Path, old: Wanted, new: Wanted) -> None:
    pull(root, old, {})
    pull(root, new, old)
    expected = {path: each.target if isinstance(each, LinkEntry) else each for path, each in new.items()}  # type: ignore[union-attr]  # fmt: skip
    assert found(root) == expected
    assert Pull(root, new, new).plan.is_empty


@pytest.mark.parametrize(("mask", "plain", "program"), [(0o022, 0o644, 0o755), (0o077, 0o600, 0o700),
                                                        (0o027, 0o640, 0o750),
                                                        (0o002, 0o664, 0o775)])  # fmt: skip
def test_permissions_follow_the_umask(root: Path, mask: int, plain: int, program: int) -> None:
    os.umask(mask)
    new: Wanted = {"plain": b"p"}
    first = Pull(root, new, {})
    first.finish()
    assert stat.S_IMODE((root / "plain").stat().st_mode) == plain
    tree = first.tree
    steps = plan_pull({}, {}, {"program": entry(b"x", executable=True)}).steps
    with tree.staging(steps) as staging:
        with staging.file("program", entry(b"x", executable=True)) as write_piece:
            write_piece(b"x")
        staging.apply(steps)
    assert stat.S_IMODE((root / "program").stat().st_mode) == program


def test_a_program_can_become_a_plain_file(root: Path) -> None:
    (root / "x").write_bytes(b"x")
    (root / "x").chmod(0o755)
    pull(root, {"x": b"x"})
    assert stat.S_IMODE((root / "x").stat().st_mode) == 0o644


# --- what the user did --------------------------------------------------------------------------


def rewrite(place: Path) -> None:
    place.write_bytes(b"my work")


def rename_save(place: Path) -> None:
    place.with_name("new").write_bytes(b"my work")
    os.utime(place.with_name("new"), ns=(place.stat().st_atime_ns, place.stat().st_mtime_ns))
    os.replace(place.with_name("new"), place)


def to_link(place: Path) -> None:
    place.unlink()
    place.symlink_to("elsewhere")


@pytest.mark.parametrize("edit", [rewrite, rename_save, to_link, Path.unlink])
@pytest.mark.parametrize("new", [{}, {"a": b"theirs"}, {"a": LinkEntry("b")}])
def test_what_is_edited_after_the_plan_stays(root: Path, new: Wanted, edit: object) -> None:
    (root / "a").write_bytes(b"synced!")
    one = Pull(root, new, {"a": b"synced!"})
    edit(root / "a")  # type: ignore[operator]
    edited = found(root)
    with pytest.raises(InputsChangedError, match="a changed"):
        one.finish()
    assert found(root) == edited


def test_what_is_made_after_the_plan_stays(root: Path) -> None:
    one = Pull(root, {"a": b"theirs", "d/b": b"theirs"}, {})
    (root / "d").mkdir()
    (root / "d/b").write_bytes(b"mine")
    with pytest.raises(InputsChangedError, match="d/b changed"):
        one.finish()
    assert found(root) == {"d/b": b"mine"}
    again = Pull(root, {"a": b"theirs", "d/b": b"theirs"}, {})
    assert [(each.path, each.state) for each in again.plan.obstacles] == [("d/b", "untracked")]


def test_an_edit_between_two_looks_is_seen(root: Path) -> None:
    (root / "a").write_bytes(b"synced!")
    one = Pull(root, {"a": b"theirs"}, {"a": b"synced!"})
    (root / "a").write_bytes(b"my work")
    one.tree.look(["a"])
    with pytest.raises(InputsChangedError):
        one.finish()
    assert found(root) == {"a": b"my work"}


def test_a_folder_of_the_user_s_is_not_replaced_by_a_file(root: Path) -> None:
    (root / "a").mkdir()
    (root / "a/mine").write_bytes(b"mine")
    with pytest.raises(StorageError):
        pull(root, {"a": b"theirs"}, {})
    with pytest.raises(StorageError):
        pull(root, {"a": LinkEntry("x")}, {})
    assert found(root) == {"a/mine": b"mine"}


def test_a_file_of_the_user_s_is_not_replaced_by_a_folder(root: Path) -> None:
    (root / "a").write_bytes(b"mine")
    with pytest.raises((StorageError, InputsChangedError)):
        pull(root, {"a/b": b"theirs"}, {})
    assert found(root) == {"a": b"mine"}


# --- links --------------------------------------------------------------------------------------


@pytest.fixture
def outside(root: Path, tmp_path: Path) -> Path:
    """A folder outside, to which `data` in the project leads."""
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "x").write_bytes(b"synced")
    (root / "data").symlink_to("../outside")
    return folder


@pytest.mark.parametrize(
    "new",
    [{"data/x": b"new"}, {"data/y": b"new"}, {"data/y/z": b"new"}, {"data/x": LinkEntry("y")}, {}],
)
def test_nothing_is_written_or_deleted_through_a_link_that_leads_out(
    root: Path, outside: Path, new: Wanted
) -> None:
    before = found(outside)
    with pytest.raises(InputsChangedError, match="is reached through a symbolic link"):
        pull(root, new, {"data/x": b"synced"})
    assert found(outside) == before
    assert os.readlink(root / "data") == "../outside"


def test_a_folder_that_becomes_a_link_after_the_plan_is_not_followed(
    root: Path, tmp_path: Path
) -> None:
    (root / "d").mkdir()
    one = Pull(root, {"d/e/x": b"new"}, {})
    (tmp_path / "outside/e").mkdir(parents=True)
    (root / "d").rmdir()
    (root / "d").symlink_to("../outside")
    with pytest.raises(InputsChangedError):
        one.finish()
    assert found(tmp_path / "outside") == {}


def test_a_link_is_replaced_and_not_what_it_leads_to(root: Path, tmp_path: Path) -> None:
    (tmp_path / "mine").write_bytes(b"mine")
    (root / "l").symlink_to("../mine")
    pull(root, {"l": b"file now"})
    assert (tmp_path / "mine").read_bytes() == b"mine"
    assert found(root) == {"l": b"file now"}


# --- what was interrupted -----------------------------------------------------------------------


def leave_behind(root: Path, new: Wanted) -> list[Path]:
    """What a pull leaves that is killed before anything is put in place."""
    one = Pull(root, new, {})
    with suppress(KeyboardInterrupt), one.tree.staging(one.plan.steps) as staging:
        one.stage(staging)
        raise KeyboardInterrupt
    return sorted((root / ".modelops-bundle/incoming").iterdir())


def test_what_a_killed_pull_left_is_used_if_it_is_whole(root: Path) -> None:
    new = {"a": b"one", "b": b"two", "c": b"three"}
    left = leave_behind(root, new)
    assert len(left) == 3
    by_bytes = {place.read_bytes(): place for place in left}
    by_bytes[b"one"].write_bytes(b"on")
    by_bytes[b"two"].write_bytes(b"twO")
    one = Pull(root, {**new, "d": b"four"}, {})
    with one.tree.staging(one.plan.steps) as staging:
        assert [path for path in "abcd" if staging.has(path, entry(one.new[path]))] == ["c"]  # type: ignore[arg-type]
        for path in "abd":
            with staging.file(path, entry(one.new[path])) as write_piece:  # type: ignore[arg-type]
                write_piece(one.new[path])  # type: ignore[arg-type]
        staging.apply(one.plan.steps)
    assert found(root) == {**new, "d": b"four"}
    assert os.listdir(root / ".modelops-bundle") == []


def test_what_nobody_wants_any_more_is_removed(root: Path) -> None:
    leave_behind(root, {"a": b"one", "b": b"two"})
    one = Pull(root, {"b": b"two"}, {})
    with one.tree.staging(one.plan.steps) as staging:
        (place,) = (root / ".modelops-bundle/incoming").iterdir()
        assert place.read_bytes() == b"two"
        assert staging.has("b", entry(b"two"))
        assert not staging.has("b", entry(b"one"))


@pytest.mark.parametrize("data", [b"", b"on", b"one!", b"onE"])
def test_bytes_that_are_others_are_not_put_in_place(root: Path, data: bytes) -> None:
    one = Pull(root, {"a": b"one"}, {})
    one.new = {"a": data}
    with pytest.raises(DamagedBundleError, match="a is not what"):
        one.finish()
    assert found(root) == {}
    pull(root, {"a": b"one"}, {})
    assert found(root) == {"a": b"one"}


def test_a_pull_that_ended_half_way_is_ended_by_the_next(root: Path) -> None:
    (root / "b").mkdir()
    (root / "b/mine").write_bytes(b"mine")
    new = {"a": b"1", "b": b"2", "c": b"3"}
    with pytest.raises(StorageError):
        pull(root, new, {})
    (root / "b/mine").unlink()
    (root / "b").rmdir()
    pull(root, new, {})
    assert found(root) == new


READ_ONLY = """
import sys
sys.path[:0] = sys.argv[3:]
from pathlib import Path
from modelops_bundle.errors import StorageError
from tests.unit.adapters.test_staging import pull
root = Path(sys.argv[1])
try:
    pull(root, eval(sys.argv[2]), {"locked/a": b"1"})
except StorageError as error:
    print(error)
"""


@pytest.mark.parametrize("new", [{"locked/a": b"2"}, {"locked/b": b"2", "locked/a": b"1"}, {}])
def test_a_folder_that_may_not_be_written_to_is_named(root: Path, as_user, new: Wanted) -> None:  # type: ignore[no-untyped-def]
    (root / "locked").mkdir()
    (root / "locked/a").write_bytes(b"1")
    (root / "locked").chmod(0o555)
    try:
        here = str(Path(__file__).parents[3])
        out = as_user(READ_ONLY, str(root), repr(new), here)
    finally:
        (root / "locked").chmod(0o755)
    assert re.search(r"cannot write into .*/locked: Permission denied", out)
    assert "who owns the folder" in out
    assert found(root) == {"locked/a": b"1"}


@pytest.mark.needs_root
@pytest.mark.skipif(bool(mounts.available()), reason=mounts.available() or "available")
def test_a_folder_on_another_file_system(root: Path) -> None:
    (root / "data").mkdir()
    with mounts.tmpfs(root / "data", size="1m"):
        new: Wanted = {"data/a": b"1", "data/l": LinkEntry("a"), "b": b"2"}
        pull(root, new, {})
        pull(root, {"data/a": b"2", "b": b"2"}, new)
        assert found(root) == {"data/a": b"2", "b": b"2"}
