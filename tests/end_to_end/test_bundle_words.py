"""What commands about bundles say to somebody who does not know them yet, and print for programs."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.support.command import Project

TRACKED = ".modelops-bundle/tracked.txt"
MODELS = ("model_deterministicsir", "model_networksir", "model_stochasticsir")
LAB = "environment: lab\nregistry: {provider: docker, login_server: 'localhost:5999'}\n"


@pytest.fixture(scope="module")
def pushed(registered: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project beside the folder and the file that its bundle is in. Copy all of it; do not change it."""
    desk = tmp_path_factory.mktemp("pushed")
    project = registered.copy(desk / "ann")
    project.run("push", "oci-layout:../shared")
    project.run("export", "../one.tar")
    return project


@pytest.fixture
def ann(pushed: Project, tmp_path: Path) -> Project:
    desk = tmp_path / "desk"
    shutil.copytree(pushed.folder.parent, desk)
    return Project(desk / "ann", {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)})


@pytest.fixture
def desk(ann: Project) -> Project:
    """The folder around it, which is no project."""
    return Project(ann.folder.parent, ann.variables)


def tracked(project: Project) -> list[str]:
    file = project.folder / TRACKED
    return file.read_text().splitlines() if file.exists() else []


class TestPlaces:
    @pytest.mark.parametrize("ref", ["../desk/shared", "shared", "./shared"])
    def test_a_folder_is_named_with_its_kind(self, desk: Project, ref: str) -> None:
        said = desk.refuse("clone", ref, "bob")
        assert f"name it as oci-layout:{ref}." in said
        desk.run("clone", f"oci-layout:{ref}", "bob")

    def test_a_folder_that_is_there_is_named_where_a_registry_was_asked(
        self, desk: Project
    ) -> None:
        (desk.folder / "nowhere.invalid/lab").mkdir(parents=True)
        said = desk.refuse("clone", "nowhere.invalid/lab", "bob", code=1)
        assert "oci-layout:nowhere.invalid/lab" in said

    def test_every_command_shows_how_a_path_is_named(self, ann: Project) -> None:
        for command in (("push",), ("pull",), ("tags",), ("ensure", "--dest", "x")):
            assert "oci-layout:../new" in ann.refuse(*command, "../new")

    def test_the_folder_of_the_project_is_in_nobodys_way(self, desk: Project) -> None:
        (desk.folder / "bob").mkdir()
        (desk.folder / "bob/notes.txt").write_text("mine")
        said = desk.refuse("clone", "oci-layout:shared", "bob")
        assert "is not empty" in said

    @pytest.mark.parametrize("ref", ["one.tar", "./one.tar", "oci-layout:one.tar"])
    def test_a_file_is_imported_first(self, desk: Project, ref: str) -> None:
        said = desk.refuse("clone", ref, "bob", code=1 if ref.startswith("oci") else 2)
        command = said.split("`mops-bundle import ")[1].split("`")[0]
        file, place = command.split()
        assert place == "oci-layout:DIR"
        desk.run("import", file, "oci-layout:DIR")
        desk.run("clone", "oci-layout:DIR", "bob")

    def test_tags_of_what_is_no_place(self, ann: Project) -> None:
        (ann.folder.parent / "empty").mkdir()
        assert "no OCI layout" in ann.refuse("tags", "oci-layout:.", code=1)
        assert "no folder" in ann.run("tags", "oci-layout:../none").stderr
        assert ann.json("tags", "oci-layout:../empty")["tags"] == {}
        assert set(ann.json("tags", "oci-layout:../shared")["tags"]) == {"latest"}

    def test_a_project_that_never_pushed_has_no_tags(self, sample: Project) -> None:
        assert "nothing was pushed to it yet" in sample.run("tags").stderr


class TestAdding:
    def test_what_entries_need_is_not_added(self, ann: Project) -> None:
        (ann.folder / "src/notes.txt").write_text("notes")
        done = ann.run("add", "src")
        assert done.stdout == "+ src/notes.txt\n"
        assert "4 files are in the bundle already: models or targets" in done.stderr
        assert tracked(ann) == ["src/notes.txt"]

    def test_nor_where_it_is_named(self, ann: Project) -> None:
        done = ann.run("add", "src/model.py")
        assert done.stdout == ""
        assert "src/model.py is in the bundle already" in done.stderr
        assert tracked(ann) == []
        document = ann.json("add", "src/model.py", "README.md", "README.md")
        assert document == {
            "schema": 1, "added": ["README.md"], "known": 0, "needed": ["src/model.py"], "skipped": [],
        }  # fmt: skip
        assert ann.json("add", "README.md")["known"] == 1

    def test_a_file_that_was_needed_leaves_with_its_entry(self, ann: Project) -> None:
        ann.run("add", "data")
        ann.run("unregister", *MODELS)
        (ann.folder / "data/population.csv").rename(ann.folder / "data/people.csv")
        changes = ann.json("push", "--dry-run")["changes"]
        assert changes["data/population.csv"] == "delete"
        assert "data/people.csv" not in changes

    def test_what_no_bundle_can_hold_is_told(self, ann: Project) -> None:
        (ann.folder / "data/out").symlink_to("/")
        (skipped,) = ann.json("add", "data")["skipped"]
        assert skipped["path"] == "data/out"
        assert "leads out" in skipped["reason"]


class TestRemoving:
    def test_what_entries_need_is_refused(self, ann: Project) -> None:
        said = ann.refuse("remove", "src/model.py")
        assert f"src/model.py is needed by {', '.join(MODELS)}" in said
        assert f"`mops-bundle unregister {' '.join(MODELS)}` ends that" in said
        assert "unregister" in ann.refuse("remove", "src")
        assert "is not tracked" in ann.refuse("remove", "README.md")

    def test_what_is_tracked_and_needed_stays(self, ann: Project) -> None:
        (ann.folder / TRACKED).write_text("README.md\nsrc/model.py\nsrc/targets.py\n")
        assert "Leave out --rm" in ann.refuse("remove", "src", "--rm")
        done = ann.run("remove", "src/model.py")
        assert done.stdout == "- src/model.py\n"
        assert f"stays in the bundle: {', '.join(MODELS)} need it" in done.stderr
        document = ann.json("remove", ".")
        assert document["removed"] == ["README.md", "src/targets.py"]
        (staying,) = document["staying"]
        assert staying["path"] == "src/targets.py"
        assert all(each.startswith("targets_") for each in staying["entries"])
        assert ann.json("push", "--dry-run")["changes"] == {}

    def test_nothing_is_left_to_remove(self, ann: Project) -> None:
        assert ann.json("remove", ".") == {"schema": 1, "removed": [], "deleted": [], "staying": []}

    def test_what_is_deleted_is_told(self, ann: Project) -> None:
        ann.run("add", "README.md")
        document = ann.json("remove", "README.md", "--rm", "--force")
        assert document["deleted"] == ["README.md"]


class TestPushing:
    def test_it_says_what_was_sent(self, ann: Project) -> None:
        (ann.folder / "old.txt").write_text("old")
        ann.run("add", "old.txt")
        ann.run("push")
        (ann.folder / "new.txt").write_text("new")
        ann.run("add", "new.txt")
        ann.run("remove", "old.txt", "--rm")
        ann.edit("data/population.csv", "age_group", "AGES")
        lines = ann.run("push").stdout.splitlines()
        assert f"@{ann.json('manifest')['digest']}" in lines[0]
        assert lines[1:] == [
            "+ new.txt", f"~ {TRACKED}", "~ data/population.csv", "- old.txt",
        ]  # fmt: skip

    def test_but_not_all_of_many(self, ann: Project) -> None:
        (ann.folder / "many").mkdir()
        for number in range(30):
            (ann.folder / f"many/{number:02}.txt").write_text(str(number))
        ann.run("add", "many")
        lines = ann.run("push").stdout.splitlines()
        assert len(lines) == 22
        assert lines[-1] == "  and 11 more"


class TestDocuments:
    def test_clone_ensure_export_and_import(self, ann: Project, desk: Project) -> None:
        manifest = ann.json("manifest")
        digest, files = manifest["digest"], len(manifest["files"])
        place = f"oci-layout:{desk.folder / 'shared'}"
        common = {"schema": 1, "digest": digest, "place": place, "files": files}
        cloned = desk.json("clone", "oci-layout:shared", "bob")
        assert cloned == {**common, "folder": str(desk.folder / "bob"), "results": None}
        ensure = ("ensure", "oci-layout:shared", "--dest", "worker")
        for arguments, ensured, steps in (
            (("--dry-run",), False, files),
            ((), True, files),
            ((), True, 0),
        ):
            done = desk.json(*ensure, *arguments)
            assert len(done.pop("steps")) == steps
            assert done == {**common, "folder": str(desk.folder / "worker"), "ensured": ensured}
        file = str(desk.folder / "two.tar")
        assert ann.json("export", "../two.tar") == {
            "schema": 1, "file": file, "digest": digest, "tag": "latest", "exported": digest, "files": files,
        }  # fmt: skip
        imported = desk.json("import", "two.tar", "oci-layout:there")
        assert (imported["file"], imported["place"]) == (file, f"oci-layout:{desk.folder}/there")
        assert {"digest": digest, "tag": "latest"} in imported["bundles"]


class TestEnvironments:
    def test_there_is_a_way_back(self, ann: Project, tmp_path: Path) -> None:
        folder = tmp_path / ".modelops/bundle-env"
        folder.mkdir(parents=True)
        (folder / "lab.yaml").write_text(LAB)
        before = ann.json("dev", "env")
        assert (before["environment"], before["decided_by"]) == (None, "settings")
        ann.run("dev", "switch", "lab")
        there = ann.json("dev", "env")
        assert (there["environment"], there["decided_by"]) == ("lab", "environment")
        assert there["place"] == "localhost:5999/ann"
        for arguments in ((), ("lab", "--none")):
            assert "--none" in ann.refuse("dev", "switch", *arguments)
        (folder / "lab.yaml").unlink()
        assert "--none" in ann.refuse("push")
        assert before["place"] in ann.run("dev", "switch", "--none").stderr
        assert ann.json("dev", "env") == {**before, "environments": []}

    def test_it_says_who_decides(self, ann: Project, sample: Project) -> None:
        done = ann.run("dev", "env")
        assert "decided by: registry_ref in .modelops-bundle/config.yaml\n" in done.stdout
        assert "(edit it)" in done.stderr
        assert "decided by: nothing" in sample.run("dev", "env").stdout
        ann.variables["MODELOPS_BUNDLE_REGISTRY"] = "localhost:5998/team"
        assert json.loads(ann.run("dev", "env", "--json").stdout)["decided_by"] == "variable"
