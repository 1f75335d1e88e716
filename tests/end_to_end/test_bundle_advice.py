"""What commands about bundles advise, and what of a project may be broken when they are asked for help."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.support.command import DATA, Project

PLACE = "oci-layout:../shared"
BROKEN = "broken [\n"
NAMED = "it names {}, which is not in the bundle"


@pytest.fixture(scope="module")
def pushed(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with models, whose bundle has the tags latest and v1. Copy all of it; do not change it."""
    desk = tmp_path_factory.mktemp("advice")
    Project(desk).run("sample-create", "ann")
    project = Project(desk / "ann", {"XDG_CACHE_HOME": str(desk / "cache")})
    project.run("init")
    project.run("register-model", "src/model.py", *DATA)
    project.run("push", PLACE, "--tag", "latest", "--tag", "v1")
    return project


@pytest.fixture
def ann(pushed: Project, tmp_path: Path) -> Project:
    shutil.copytree(pushed.folder.parent, tmp_path / "desk")
    return Project(
        tmp_path / "desk/ann", {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)}
    )


def clone(ann: Project, ref: str = PLACE) -> Project:
    ann.run("clone", ref, "../bob")
    return Project(ann.folder.parent / "bob", ann.variables)


def append(project: Project, path: str, text: str) -> None:
    with (project.folder / path).open("a") as file:
        file.write(text)


class TestBrokenConfiguration:
    @pytest.mark.parametrize("options", [(), ("--mirror",)], ids=["plain", "mirror"])
    def test_ensure_asks_the_folder_nothing(self, ann: Project, options: tuple[str, ...]) -> None:
        dest = Project(ann.folder.parent / "dest", ann.variables)
        ann.run("ensure", PLACE, "--dest", "../dest")
        good = (dest.folder / "pyproject.toml").read_bytes()
        for asked, where in ((ann, "../dest"), (dest, ".")):
            append(dest, "pyproject.toml", BROKEN)
            asked.run("ensure", PLACE, "--dest", where, *options)
            assert (dest.folder / "pyproject.toml").read_bytes() == good

    @pytest.mark.parametrize("options", [("--overwrite",), ("--take", "pyproject.toml")])
    def test_a_pull_replaces_it(self, ann: Project, options: tuple[str, ...]) -> None:
        good = (ann.folder / "pyproject.toml").read_bytes()
        append(ann, "pyproject.toml", BROKEN)
        assert "is not valid TOML" in ann.run("push", expect=2).stderr
        ann.run("pull", *options)
        assert (ann.folder / "pyproject.toml").read_bytes() == good


class TestFilesThatPyprojectNames:
    @pytest.mark.parametrize(
        ("line", "named"),
        [
            ('readme = "README.md"', "README.md"),
            ('readme = {file = "./README.md", content-type = "text/markdown"}', "README.md"),
            ('license = {file = "LICENSE"}', "LICENSE"),
            ('license-files = ["LICEN[CS]E*"]', "LICEN[CS]E*"),
        ],
    )
    def test_it_is_told_until_it_is_added(self, ann: Project, line: str, named: str) -> None:
        ann.edit("pyproject.toml", "[project]\n", f"[project]\n{line}\n")
        (ann.folder / "LICENSE").write_text("Do what you like.\n")
        said = NAMED.format(named)
        assert said in ann.run("push", "--dry-run").stderr
        ((where, what, mend),) = (
            each.values() for each in ann.json("doctor", expect=1)["problems"]
        )
        assert where == "pyproject.toml"
        assert said in what
        assert mend.startswith("`mops-bundle add ")

        ann.run("add", named)
        assert "names" not in ann.run("push").stderr
        ann.run("doctor")

    def test_what_names_no_file_is_nothing(self, ann: Project) -> None:
        ann.edit(
            "pyproject.toml",
            "[project]\n",
            '[project]\nlicense = "MIT"\nreadme = {text = "A model."}\nlicense-files = []\n',
        )
        assert "names" not in ann.run("push").stderr
        ann.run("doctor")


class TestWhatIsGone:
    def test_status_says_what_a_push_says(self, ann: Project) -> None:
        ann.run("add", "README.md")
        ann.run("push")
        (ann.folder / "README.md").unlink()
        mend = "Bring it back, or run `mops-bundle remove README.md`."
        said = ann.run("status").stderr
        assert f"README.md: it does not exist. {mend}\nUntil then nothing can be pushed.\n" in said
        assert "sends them" not in said
        assert mend in ann.run("status", "--files").stderr
        assert mend in ann.run("push", expect=1).stderr
        assert ann.json("status", "--files")["files"]["missing"] == {
            "README.md": "it does not exist"
        }

        ann.run("remove", "README.md")
        assert "sends them" in ann.run("status").stderr

    def test_many_are_not_all_told(self, ann: Project) -> None:
        names = [f"note{number}.txt" for number in range(5)]
        for name in names:
            (ann.folder / name).write_text(name)
        ann.run("add", *names)
        for name in names:
            (ann.folder / name).unlink()
        said = ann.run("status").stderr
        assert said.count("mops-bundle remove") == 3
        assert "`mops-bundle status --files` lists 2 more" in said


class TestPlaces:
    def test_a_folder_that_is_not_there(self, ann: Project) -> None:
        said = ann.run("clone", "oci-layout:../missing", "../bob", expect=None).stderr
        assert f"there is no folder {ann.folder.parent / 'missing'}\n" in said
        assert "has no v2" in ann.run("clone", f"{PLACE}:v2", "../bob", expect=None).stderr
        assert not (ann.folder.parent / "bob").exists()

    def test_a_clone_of_a_tag_says_which_one_a_push_moves(self, ann: Project) -> None:
        place = f"oci-layout:{ann.folder.parent / 'shared'}"
        said = ann.run("clone", f"{PLACE}:v1", "../bob").stderr
        assert (
            f"A push from here moves {place}:v1; `mops-bundle push --tag NAME` moves another."
            in said
        )
        bob = Project(ann.folder.parent / "bob", ann.variables)
        tags = bob.json("tags")["tags"]
        (bob.folder / "README.md").write_text("x\n")
        bob.run("add", "README.md")
        bob.run("push", "--tag", "bob")
        assert {**bob.json("tags")["tags"], "bob": None} == {**tags, "bob": None}
        for number, ref in enumerate((PLACE, f"{PLACE}@{tags['v1']}")):
            assert "moves" not in ann.run("clone", ref, f"../other{number}").stderr


class TestRecordsOfAClone:
    def test_why_names_definitions(self, ann: Project) -> None:
        bob = clone(ann)
        assert "No problems" in bob.run("doctor").stderr
        bob.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        assert "SEASONAL_BOOST" in bob.run("why", "model_stochasticsir").stdout

    def test_where_only_the_environment_is_another(self, ann: Project) -> None:
        ann.variables["MODELOPS_CONTAINER_IMAGE"] = f"registry.example.org/x@sha256:{'0' * 64}"
        bob = clone(ann)
        assert set(bob.states().values()) == {"stale"}
        bob.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        assert "SEASONAL_BOOST" in bob.run("why", "model_stochasticsir").stdout

    def test_what_is_stale_in_the_bundle_is_not_taken_for_what_was_recorded(
        self, ann: Project
    ) -> None:
        ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        ann.run("push")
        bob = clone(ann)
        assert "objects" in bob.run("doctor", expect=1).stdout
        assert "1.15" not in bob.run("why", "model_stochasticsir").stdout

    def test_an_interpreter_that_the_bundle_names_is_not_started(
        self, ann: Project, tmp_path: Path
    ) -> None:
        program = tmp_path / "desk/program"
        program.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\n")
        program.chmod(0o755)
        append(ann, "pyproject.toml", f'[tool.modelops-bundle.environment]\npython = "{program}"\n')
        ann.run("--python", shutil.which("python3") or "", "push")
        (tmp_path / "started").unlink(missing_ok=True)
        bob = clone(ann)
        assert not (tmp_path / "started").exists()
        bob.run("status", expect=None)
        assert (tmp_path / "started").exists()
