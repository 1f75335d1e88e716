"""Bundles from people who mean harm: refused before anything is written, in words, without a hang."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from modelops_bundle.bundle.index import InChunks
from modelops_bundle.bundle.media import CHUNK
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.identity.recipes import sha256_digest
from tests.support.command import Project
from tests.support.crafted import EMPTY_REGISTRY, craft

REGISTRY = ".modelops-bundle/registry.yaml"
TRACKED = ".modelops-bundle/tracked.txt"
MODEL = EMPTY_REGISTRY.replace(
    b"models: {}",
    b"models: {m: {entrypoint: 'm:M', path: m.py, class_name: M, scenarios: [], parameters: [],"
    b" outputs: [], data: [private/notes.txt], data_digests: {}, code: [], code_digests: {},"
    b" model_digest: ''}}",
)


@pytest.fixture
def bob(tmp_path: Path) -> Project:
    folder = tmp_path / "work"
    folder.mkdir()
    return Project(folder, {"XDG_CACHE_HOME": str(tmp_path / "cache"), "HOME": str(tmp_path)})


def refused(bob: Project, reference: str) -> str:
    """What a clone says, which must leave nothing behind."""
    said = bob.run("clone", reference, "new", expect=1).stderr
    assert said.startswith("error: ")
    assert not (bob.folder / "new").exists()
    bob.run("ensure", reference, "--dest", "dest", expect=1)
    assert not [
        each for each in bob.folder.rglob("*") if each.is_file() and ".modelops" not in str(each)
    ]
    return said


@pytest.mark.parametrize(
    "path",
    [
        "../out.txt", "/tmp/out.txt", "a/../../out.txt", ".git/hooks/pre-commit", "sub/.GIT/config",
        ".modelops-bundle/config.yaml", ".modelops-bundle/env", ".venv/bin/python", "x/pyvenv.cfg",
        "x/PYVENV.CFG", "a\\b", "C:/x", "line\nbreak",
    ],
)  # fmt: skip
def test_paths(bob: Project, tmp_path: Path, path: str) -> None:
    assert "cannot be used" in refused(bob, craft(tmp_path / "layout", {path: b"x"}))


@pytest.mark.parametrize(
    "links",
    [
        {"out": "../../etc"}, {"out": "/etc/passwd"}, {"a/b/c/l": "../../..", "m": "a/b/c/l/../../x"},
        {"x": "y", "y": "x"},
    ],
)  # fmt: skip
def test_links(bob: Project, tmp_path: Path, links: dict[str, str]) -> None:
    reference = craft(tmp_path / "layout", {"a/b/c/f": b"x"}, links=links)
    assert "leads out" in refused(bob, reference) or "no relative path" in refused(bob, reference)


def test_names_that_are_one_elsewhere(bob: Project, tmp_path: Path) -> None:
    files = {"Data/x.csv": b"1", "data/y.csv": b"2"}
    assert "case or form" in refused(bob, craft(tmp_path / "layout", files))


def test_an_interpreter_of_its_own(bob: Project, tmp_path: Path) -> None:
    mark = tmp_path / "ran"
    files = {
        "tool/evil.sh": f"#!/bin/sh\ntouch {mark}\n".encode(),
        "pyproject.toml": b"[tool.modelops-bundle.environment]\npython = 'tool/../tool/evil.sh'\n",
    }
    assert "interpreter" in refused(bob, craft(tmp_path / "layout", files))
    files["pyproject.toml"] = b"[tool.modelops-bundle.environment]\npython = 'tool'\n"
    assert "interpreter" in refused(bob, craft(tmp_path / "layout", files))
    assert not mark.exists()


def test_what_the_next_push_would_send(bob: Project, tmp_path: Path) -> None:
    files = {TRACKED: b"private/notes.txt\n"}
    assert "private/notes.txt, which is not in it" in refused(bob, craft(tmp_path / "a", files))
    files = {REGISTRY: MODEL, "m.py": b"x = 1\n"}
    assert "private/notes.txt, which is not in it" in refused(bob, craft(tmp_path / "b", files))


@pytest.mark.parametrize(
    "url",
    [
        "s3://somewhere/x",
        "gs://x",
        "az://x",
        "file:///proc/self/root",
        "file:///a/../b",
        "http://x",
    ],
)
def test_where_this_machine_goes_is_not_for_a_bundle_to_say(
    bob: Project, tmp_path: Path, url: str
) -> None:
    chunk = Blob(sha256_digest(b"x" * 10), 10, CHUNK)
    reference = craft(
        tmp_path / "layout", {"big": b"x" * 10}, places={"big": InChunks((chunk,))}, storage=url
    )
    assert "storage" in refused(bob, reference) or "set up" in refused(bob, reference)


def test_more_than_there_is_room_for(bob: Project, tmp_path: Path) -> None:
    data = b"x" * 4_000_000
    chunk = Blob(sha256_digest(data), len(data), CHUNK)
    many = InChunks((chunk,) * 200_000)
    reference = craft(
        tmp_path / "layout", {"big": data}, places={"big": many}, sizes={"big": 800_000_000_000},
        storage="file:///srv/none",
    )  # fmt: skip
    said = bob.run("clone", reference, "new", expect=1).stderr
    assert "do not fit" in said
    assert not (bob.folder / "new/big").exists()


def test_a_link_in_the_place_of_our_folder(bob: Project, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "thesis.tex").write_text("work")
    reference = craft(tmp_path / "layout", {"a.txt": b"a"})
    bob.run("init")
    (bob.folder / ".modelops-bundle/incoming").symlink_to(victim)
    assert "is no folder of this program's" in bob.run("pull", reference, expect=1).stderr
    assert (victim / "thesis.tex").read_text() == "work"
    assert not (bob.folder / "a.txt").exists()


class TestWorkInTheWay:
    """Shapes that cannot be had at once: nothing is done by halves."""

    def project(self, bob: Project, tmp_path: Path) -> str:
        reference = craft(tmp_path / "layout", {"p": b"1", "q/x": b"1", "z": b"1"}, tag="v1")
        craft(tmp_path / "layout", {"p/x": b"2", "q": b"2", "z": b"2"}, tag="v2")
        bob.run("clone", reference, ".")
        return reference.replace(":v1", ":v2")

    def test_a_folder_of_the_user_where_a_file_belongs(self, bob: Project, tmp_path: Path) -> None:
        reference = self.project(bob, tmp_path)
        (bob.folder / "q/mine").write_text("mine")
        before = bob.content()
        assert "folder q" in bob.run("pull", reference, expect=1).stderr
        assert "folder q" in bob.run("pull", reference, "--overwrite", expect=1).stderr
        assert bob.run("pull", reference, "--dry-run", expect=1).stdout.count("!") == 1
        assert bob.content() == before
        (bob.folder / "q/mine").unlink()
        bob.run("pull", reference)
        assert (bob.folder / "q").read_text() == (bob.folder / "p/x").read_text() == "2"

    def test_a_file_of_the_user_where_a_folder_belongs(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"z": b"1"}, tag="v1")
        craft(tmp_path / "layout", {"m/x": b"2", "z": b"2"}, tag="v2")
        bob.run("clone", reference, ".")
        (bob.folder / "m").write_text("mine")
        before = bob.content()
        reference = reference.replace(":v1", ":v2")
        assert "file m" in bob.run("pull", reference, expect=1).stderr
        assert bob.content() == before
        bob.run("pull", reference, "--overwrite")
        assert (bob.folder / "m/x").read_text() == "2"

    def test_a_folder_that_became_a_link(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"d/x": b"1", "z": b"1"}, tag="v1")
        craft(tmp_path / "layout", {"d/x": b"2", "z": b"2"}, tag="v2")
        bob.run("clone", reference, ".")
        scratch = tmp_path / "scratch"
        os.rename(bob.folder / "d", scratch)
        (bob.folder / "d").symlink_to(scratch)
        reference = reference.replace(":v1", ":v2")
        assert "link d" in bob.run("pull", reference, expect=1).stderr
        assert (scratch / "x").read_text() == (bob.folder / "z").read_text() == "1"
        bob.run("pull", reference, "--overwrite")
        assert (scratch / "x").read_text() == "1"
        assert (bob.folder / "d/x").read_text() == "2"


class TestCare:
    """Things that a slip of the hand must not cost."""

    def test_a_file_that_nobody_else_has_is_not_deleted(self, bob: Project) -> None:
        bob.run("init")
        (bob.folder / "work.csv").write_text("precious")
        bob.run("add", "work.csv")
        assert "would be lost" in bob.refuse("remove", "work.csv", "--rm", code=1)
        bob.run("remove", "work.csv", "--rm", "--force")
        assert not (bob.folder / "work.csv").exists()

    def test_export_replaces_no_file(self, bob: Project, tmp_path: Path) -> None:
        bob.run("clone", craft(tmp_path / "layout", {"a": b"a"}), ".")
        (bob.folder / "thesis.tex").write_text("precious")
        assert "--force" in bob.refuse("export", "thesis.tex", code=1)

    def test_no_folder_is_emptied(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"a": b"a"})
        (bob.folder / "data").mkdir()
        (bob.folder / "data/keep").write_text("precious")
        for place in ("data", "link"):
            if place == "link":
                (bob.folder / "link").symlink_to("data")
            bob.run("ensure", reference, "--dest", place, "--mirror", expect=2)
            bob.run("ensure", reference, "--dest", place)
            bob.run("ensure", reference, "--dest", place, "--mirror", expect=2)
        assert (bob.folder / "data/keep").read_text() == "precious"

    def test_a_mirror_of_an_earlier_bundle(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"a": b"a", "b": b"b"}, tag="v1")
        craft(tmp_path / "layout", {"a": b"A"}, tag="v2")
        bob.run("ensure", reference, "--dest", "new", "--mirror")
        (bob.folder / "new/extra").write_text("x")
        later = reference.replace(":v1", ":v2")
        would = bob.run(
            "ensure", later, "--dest", "new", "--mirror", "--dry-run"
        ).stdout.splitlines()
        assert would[:3] == ["~ a", "- b", "- extra"]
        bob.run("ensure", later, "--dest", "new", "--mirror")
        assert sorted(each.name for each in (bob.folder / "new").iterdir()) == [
            ".modelops-bundle", "a", "pyproject.toml",
        ]  # fmt: skip

    def test_a_project_is_no_destination(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"a": b"a"})
        bob.run("clone", reference, ".")
        (bob.folder / "a").write_text("mine")
        assert "mops-bundle pull" in bob.run("ensure", reference, "--dest", ".", expect=2).stderr
        assert (bob.folder / "a").read_text() == "mine"

    def test_outside_of_a_project_a_place_is_named(self, bob: Project, tmp_path: Path) -> None:
        assert "Name one" in bob.refuse("import", "x.tar")
        assert "Name one" in bob.refuse("tags")

    def test_a_relative_place_is_noted_as_it_is(self, bob: Project, tmp_path: Path) -> None:
        bob.run("init")
        (bob.folder / "pyproject.toml").write_text("")
        bob.run("push", "oci-layout:../shared")
        config = (bob.folder / ".modelops-bundle/config.yaml").read_text()
        assert "oci-layout:../shared" in config
        assert "Nothing to push" in bob.run("push").stderr

    def test_a_clone_of_nothing_leaves_nothing(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"a": b"a"})
        bob.run("clone", f"{reference}-not", "new", expect=1)
        assert not (bob.folder / "new").exists()
        bob.run("clone", reference, "new")

    def test_a_fresh_project_can_pull(self, bob: Project, tmp_path: Path) -> None:
        reference = craft(tmp_path / "layout", {"a": b"a"}, tag="v1")
        bob.run("init")
        bob.run("pull", reference)
        assert (bob.folder / "a").read_bytes() == b"a"
        # Where it came from is its own place from then on, and its tag.
        assert "v1" in bob.json("tags")["tags"]
        assert bob.json("push", "--dry-run")["tags"].keys() == {"v1"}

    def test_pulling_an_older_bundle_takes_back_nothing_unasked(
        self, bob: Project, tmp_path: Path
    ) -> None:
        reference = craft(tmp_path / "layout", {"a": b"1", "b": b"1"}, tag="v1")
        bob.run("clone", reference, ".")
        place = reference.removesuffix(":v1")
        bob.run("push", f"{place}:latest")
        (bob.folder / "b").write_text("2")
        bob.run("add", "a", "b")
        bob.run("push", f"{place}:latest")
        bob.run("pull", f"{place}:v1")
        (bob.folder / "a").write_text("2")
        said = bob.run("push", f"{place}:latest", expect=1).stderr
        assert "update b" in said

    def test_only_regular_files_can_be_added(self, bob: Project) -> None:
        bob.run("init")
        os.mkfifo(bob.folder / "pipe")
        assert "no regular file" in bob.run("add", "pipe", expect=2).stderr

    @pytest.mark.parametrize("name", ["state.json", "config.yaml", "tracked.txt", "env"])
    def test_a_pipe_in_the_place_of_our_files_hangs_nothing(self, bob: Project, name: str) -> None:
        bob.run("init")
        os.mkfifo(bob.folder / ".modelops-bundle" / name)
        assert name in bob.run("push", expect=1).stderr

    def test_nobody_is_asked_where_nobody_answers(self, bob: Project) -> None:
        said = bob.run("login", "registry.example.org", expect=2, stdin=subprocess.DEVNULL).stderr
        assert "--password-stdin" in said
