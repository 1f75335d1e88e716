"""Bundles as people exchange them, over a folder and over a real registry: one story a test."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

from modelops_bundle.bundle.reference import parse_reference
from tests.support.command import Project
from tests.support.places import Desk, layout_place, pushed


class TestPushAndClone:
    def test_a_colleague_gets_the_project(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        digest = pushed(ann, desk.place)
        bob = desk.clone("bob")
        assert set(bob.states().values()) == {"current"}
        for path, data in bob.content().items():
            if path.endswith(("config.yaml", "state.json", ".lock", ".gitignore", ".sqlite")):
                continue
            assert ann.content()[path] == data
        assert pushed(bob) == digest
        assert bob.json("tags")["tags"] == {"latest": digest}
        assert "Nothing to pull" in bob.run("pull").stderr

    def test_one_digest_from_two_checkouts_at_other_times(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, bob = desk.user(registered, "ann"), desk.user(registered, "bob")
        for number, file in enumerate(sorted(bob.folder.rglob("*"), reverse=True)):
            os.utime(file, (1_000_000 + number, 2_000_000 + number))
        assert pushed(ann, desk.place) == pushed(bob, desk.place + "-other")

    def test_permission_and_link_are_kept(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "run.sh").write_text("#!/bin/sh\necho ran\n")
        (ann.folder / "run.sh").chmod(0o755)
        (ann.folder / "current.csv").symlink_to("data/population.csv")
        ann.run("add", "run.sh", "current.csv")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        assert os.access(bob.folder / "run.sh", os.X_OK)
        assert not os.access(bob.folder / "src/model.py", os.X_OK)
        assert os.readlink(bob.folder / "current.csv") == "data/population.csv"

    def test_two_files_of_one_name(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        for folder, text in (("a", "first"), ("b", "second")):
            (ann.folder / folder).mkdir()
            (ann.folder / folder / "same.csv").write_text(text)
        ann.run("add", "a", "b")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        assert (bob.folder / "a/same.csv").read_text() == "first"
        assert (bob.folder / "b/same.csv").read_text() == "second"

    def test_large_and_empty_files(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        large = os.urandom(9_000_000)
        (ann.folder / "large.bin").write_bytes(large)
        (ann.folder / "empty.csv").write_bytes(b"")
        ann.run("add", "large.bin", "empty.csv")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        assert (bob.folder / "large.bin").read_bytes() == large
        assert (bob.folder / "empty.csv").read_bytes() == b""
        (ann.folder / "large.bin").write_bytes(
            large[:5_000_000] + b"seventeen bytes.." + large[5_000_000:]
        )
        assert ann.json("push", desk.place, "--dry-run")["bytes"] < 9_000_000
        pushed(ann, desk.place)
        bob.run("pull")
        assert (bob.folder / "large.bin").read_bytes() == (ann.folder / "large.bin").read_bytes()

    def test_a_renamed_repository(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        digest = pushed(ann, desk.place)
        renamed = f"{desk.place}-renamed"
        assert pushed(ann, renamed) == digest
        bob = desk.clone("bob", renamed)
        assert set(bob.states().values()) == {"current"}
        bob.run("pull", desk.place)

    def test_the_first_place_becomes_the_projects_own(
        self, registered: Project, desk: Desk
    ) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        assert "Nothing to push" in ann.run("push").stderr
        assert desk.place in (ann.folder / ".modelops-bundle/config.yaml").read_text()

    def test_tags(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        digest = pushed(ann, desk.place, "--tag", "v1", "--tag", "paper")
        assert ann.json("tags")["tags"] == {"v1": digest, "paper": digest}
        ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        other = pushed(ann, "--tag", "v2")
        assert other != digest
        found = ann.json("diff", "v1", "v2")["files"]
        assert [each["name"] for each in found["src/rates.py"]["definitions"]] == ["SEASONAL_BOOST"]
        manifest = ann.run("manifest", "v1", "--full").stdout
        assert f"Digest: {digest}" in manifest.splitlines()
        assert "src/rates.py" in manifest


class TestTwoUsers:
    def test_a_stale_push_is_refused_and_says_what_the_other_did(
        self, registered: Project, desk: Desk
    ) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        bob.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        theirs = pushed(bob)
        ann.edit("data/population.csv", "age_group", "AGES")
        done = ann.run("push", expect=1)
        assert done.stdout == ""
        assert "update src/rates.py" in done.stderr
        assert "mops-bundle pull" in done.stderr
        assert ann.json("tags")["tags"]["latest"] == theirs
        ann.run("pull")
        assert "1.25" in (ann.folder / "src/rates.py").read_text()
        assert "AGES" in (ann.folder / "data/population.csv").read_text()
        pushed(ann)
        bob.run("pull")
        assert "AGES" in (bob.folder / "data/population.csv").read_text()

    def test_force_says_what_it_drops(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        bob.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        pushed(bob)
        ann.edit("data/population.csv", "age_group", "AGES")
        would = ann.json("push", "--force", "--dry-run")
        assert would["dropped"] == {"src/rates.py": "update"}
        assert ann.json("push", "--force")["dropped"] == would["dropped"]
        assert ann.json("diff")["files"] == {}

    def test_pull_loses_no_work(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "a.txt").write_text("a")
        (ann.folder / "b.txt").write_text("b")
        (ann.folder / "c.txt").write_text("c")
        ann.run("add", "a.txt", "b.txt", "c.txt")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        for name in ("a.txt", "b.txt", "d.txt"):
            (ann.folder / name).write_text(f"{name} of ann")
        (ann.folder / "c.txt").write_text("new c")
        ann.run("add", "d.txt")
        pushed(ann)
        (bob.folder / "a.txt").write_text("a of bob")
        (bob.folder / "b.txt").unlink()
        (bob.folder / "d.txt").write_text("d of bob")
        before = bob.content()
        done = bob.run("pull", expect=1)
        assert [line for line in done.stderr.splitlines() if line.startswith("  ")] == [
            "  modified a.txt", "  deleted b.txt", "  untracked d.txt",
        ]  # fmt: skip
        assert bob.content() == before
        plan = bob.json("pull", "--overwrite", "--dry-run")
        assert bob.content() == before
        assert {step["path"] for step in plan["steps"]} == {
            "a.txt", "b.txt", "c.txt", "d.txt", ".modelops-bundle/tracked.txt",
        }  # fmt: skip
        assert bob.json("pull", "--overwrite")["steps"] == plan["steps"]
        assert (bob.folder / "a.txt").read_text() == "a.txt of ann"
        assert (bob.folder / "d.txt").read_text() == "d.txt of ann"
        # What was bob's is kept beside.
        assert [each["path"] for each in plan["replaced"]] == ["a.txt", "d.txt"]
        (copies,) = (bob.folder / ".modelops-bundle/replaced").iterdir()
        assert (copies / "a.txt").read_text() == "a of bob"
        assert (copies / "d.txt").read_text() == "d of bob"

    def test_deleted_files_come_back_when_asked(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        (ann.folder / "data/population.csv").unlink()
        kept = ann.json("pull")
        assert kept["kept"] == [{"path": "data/population.csv", "state": "deleted"}]
        assert not (ann.folder / "data/population.csv").exists()
        ann.run("pull", "--restore-deleted")
        assert set(ann.states().values()) == {"current"}

    def test_what_others_deleted_goes(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "notes").mkdir()
        (ann.folder / "notes/x.txt").write_text("x")
        ann.run("add", "notes")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        assert (bob.folder / "notes/x.txt").exists()
        ann.run("remove", "notes", "--rm")
        pushed(ann)
        bob.run("pull")
        assert not (bob.folder / "notes").exists()


class TestDataWithoutModels:
    def test_an_empty_registry_is_there_and_follows_the_colleague(self, desk: Desk) -> None:
        ann = Project(desk.folder / "ann", desk.own("ann"))
        ann.folder.mkdir()
        (ann.folder / "pyproject.toml").write_text("[project]\nname = 'data'\n")
        (ann.folder / "rows.csv").write_text("a\n1\n")
        ann.run("init")
        ann.run("add", "rows.csv")
        pushed(ann, desk.place)
        assert "registry.yaml" not in ann.run("pull").stderr
        bob = desk.clone("bob")
        registry = bob.folder / ".modelops-bundle/registry.yaml"
        registry.write_text("# Data alone.\n" + registry.read_text())
        pushed(bob)
        ann.run("pull")
        assert ann.content()[".modelops-bundle/registry.yaml"] == registry.read_bytes()


class TestOneModel:
    def test_only_what_it_needs_is_pulled(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "big").mkdir()
        for number in range(40):
            (ann.folder / f"big/{number}.bin").write_bytes(os.urandom(200_000))
        ann.run("add", "big")
        pushed(ann, desk.place)
        project = Project(desk.folder / "worker", desk.own("worker"))
        project.folder.mkdir()
        project.run("init")
        done = project.json("pull", desk.place, "--model", "StochasticSIR")
        assert done["bytes"] < 1_000_000
        assert not (project.folder / "big").exists()
        assert project.states("model_stochasticsir") == {"model_stochasticsir": "current"}
        refused = project.run("push", desk.place, expect=2).stderr
        assert "only a part of the bundle is here" in refused
        project.run("pull", desk.place)
        assert len(list((project.folder / "big").iterdir())) == 40
        assert "Nothing to push" in project.run("push", desk.place).stderr


class TestEnsureAndVerify:
    def test_a_folder_outside_of_any_project(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        digest = pushed(ann, desk.place)
        outside = Project(desk.folder, desk.own("outside"))
        outside.run("ensure", f"{desk.place}@{digest}", "--dest", "model")
        assert (desk.folder / "model/src/model.py").read_bytes() == (
            ann.folder / "src/model.py"
        ).read_bytes()
        (desk.folder / "model/src/model.py").write_text("spoilt")
        (desk.folder / "model/extra.txt").write_text("extra")
        outside.run("ensure", desk.place, "--dest", "model")
        assert (desk.folder / "model/extra.txt").exists()
        outside.run("ensure", desk.place, "--dest", "model", "--mirror")
        assert not (desk.folder / "model/extra.txt").exists()
        assert "spoilt" not in (desk.folder / "model/src/model.py").read_text()

    def test_a_bundle_is_read_whole(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        report = ann.json("verify")
        assert report["damaged"] == []
        assert report["files"] == len(ann.json("manifest")["files"])


class TestIndexVersion1:
    def test_there_and_back(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place, "--index-version", "1")
        shown = ann.json("manifest")
        assert shown["index_version"] == 1
        assert {each["digest"] for each in shown["files"].values()} == {
            each["digest"] for each in shown["blobs"]
        }
        assert "Nothing to push" in ann.run("push", "--index-version", "1").stderr
        bob = desk.clone("bob")
        assert set(bob.states().values()) == {"current"}
        assert bob.json("status", "--files")["files"]["changes"] == {}
        bob.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        assert bob.json("push", "--index-version", "1")["changes"] == {"src/rates.py": "update"}
        ann.edit("data/population.csv", "age_group", "AGES")
        ann.run("pull")
        assert "1.25" in (ann.folder / "src/rates.py").read_text()
        assert "AGES" in (ann.folder / "data/population.csv").read_text()
        pushed(ann)
        assert ann.json("manifest")["index_version"] == 2
        bob.run("pull")
        assert "AGES" in (bob.folder / "data/population.csv").read_text()


class TestChecks:
    def test_what_stops_a_push(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "pyproject.toml").unlink()
        (ann.folder / "data/population.csv").unlink()
        (ann.folder / "server.pem").write_text("secret")
        ann.run("add", "server.pem")
        done = ann.run("push", desk.place, expect=1)
        for name in ("pyproject.toml", "data/population.csv", "server.pem"):
            assert name in done.stderr
        assert ann.json("tags", desk.place)["tags"] == {}

    def test_secrets_go_only_when_asked(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "server.pem").write_text("secret")
        ann.run("add", "server.pem")
        assert "--allow-secrets" in ann.run("push", desk.place, expect=1).stderr
        pushed(ann, desk.place, "--allow-secrets")

    def test_a_file_that_vanished(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / "x.txt").write_text("x")
        ann.run("add", "x.txt")
        (ann.folder / "x.txt").unlink()
        assert "mops-bundle remove x.txt" in ann.run("push", desk.place, expect=1).stderr
        ann.run("remove", "x.txt")
        pushed(ann, desk.place)


class TestDamage:
    def test_a_corrupt_blob_replaces_nothing(self, registered: Project, tmp_path: Path) -> None:
        with layout_place(tmp_path) as desk:
            ann = desk.user(registered, "ann")
            pushed(ann, desk.place)
            bob = desk.clone("bob")
            ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
            pushed(ann)
            (blob,) = (each["digest"] for each in ann.json("manifest")["blobs"])
            spoil(desk, blob)
            before = bob.content()
            assert "is not what the bundle's index says" in bob.run("pull", expect=1).stderr
            assert bob.content() == before
            assert [each["where"] for each in bob.json("verify", expect=1)["damaged"]] == [blob]

    def test_a_tampered_index_and_manifest(self, registered: Project, tmp_path: Path) -> None:
        with layout_place(tmp_path) as desk:
            ann = desk.user(registered, "ann")
            digest = pushed(ann, desk.place)
            spoil(desk, ann.json("manifest")["index"])
            bob = Project(tmp_path, desk.own("bob"))
            assert "damaged" in bob.run("clone", desk.place, "bob", expect=1).stderr
            spoil(desk, digest)
            assert "damaged" in bob.run("manifest", desk.place, expect=1).stderr

    def test_a_poisoned_cache_is_mended(self, registered: Project, tmp_path: Path) -> None:
        with layout_place(tmp_path) as desk:
            ann = desk.user(registered, "ann")
            pushed(ann, desk.place)
            worker = Project(tmp_path, desk.own("worker"))
            worker.run("ensure", desk.place, "--dest", "one")
            for file in (tmp_path / "worker.cache").rglob("*"):
                if file.is_file():
                    file.write_bytes(b"p" * file.stat().st_size)
            worker.run("ensure", desk.place, "--dest", "two")
            model = (ann.folder / "src/model.py").read_bytes()
            assert (tmp_path / "two/src/model.py").read_bytes() == model


def spoil(desk: Desk, digest: str) -> None:
    """Turn every byte of a blob in a layout."""
    folder = Path(parse_reference(desk.place).repository)
    file = folder / "blobs/sha256" / digest.removeprefix("sha256:")
    file.write_bytes(bytes(byte ^ 1 for byte in file.read_bytes()))


RUN = ("run", "StochasticSIR", "--grid", "beta=0.2,0.3", "--set", "gamma=0.1", "--set", "days=5")


class TestResults:
    def test_they_travel_and_are_found_again(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN, "--seeds", "0:3")
        alone = pushed(ann, desk.place)
        document = ann.json("push", "--with-results")
        assert (document["digest"], document["results"]) == (alone, 6)
        bob = desk.clone("bob")
        again = bob.json(*RUN, "--seeds", "0:4")
        assert (again["hits"], again["computed"]) == (6, 2)
        assert bob.json("push", "--with-results")["results"] == 8
        assert ann.json("pull")["results"] == {"new": 2, "known": 6}
        assert ann.json(*RUN, "--seeds", "0:4")["computed"] == 0
        assert ann.json("results", "verify")["damaged"] == []

    def test_only_those_that_are_true_go(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN)
        ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        assert ann.json("push", desk.place, "--with-results")["results"] == 0

    def test_they_can_be_left_out(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        ann.run(*RUN)
        ann.run("push", "--with-results")
        assert bob.json("pull", "--no-results")["results"] is None
        assert bob.json(*RUN, "--dry-run")["hits"] == 0
        assert bob.json("pull")["results"]["new"] == 2

    def test_damage_is_told(self, registered: Project, tmp_path: Path) -> None:
        with layout_place(tmp_path) as desk:
            ann = desk.user(registered, "ann")
            ann.run(*RUN)
            ann.run("push", desk.place, "--with-results")
            for blob in (tmp_path / "bundles/blobs/sha256").iterdir():
                if blob.read_bytes().startswith(b"MOPSRES1"):
                    spoil(desk, f"sha256:{blob.name}")
            bob = Project(tmp_path, desk.own("bob"))
            assert "damaged" in bob.run("clone", desk.place, "bob", expect=1).stderr
            bob = Project(tmp_path / "bob", desk.own("bob"))
            assert bob.json(*RUN, "--dry-run")["hits"] == 0


class TestArchives:
    def test_a_file_carries_a_bundle(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        digest = pushed(ann, desk.place, "--tag", "v1")
        ann.run("export", "../one.tar", "v1")
        ann.run("export", "../two.tar", "v1")
        assert (desk.folder / "one.tar").read_bytes() == (desk.folder / "two.tar").read_bytes()
        other = f"oci-layout:{desk.folder / 'elsewhere'}"
        bob = Project(desk.folder, desk.own("bob"))
        assert digest in bob.run("import", "one.tar", other).stdout
        bob.run("clone", f"{other}:v1", "bob")
        bob = Project(desk.folder / "bob", desk.own("bob"))
        assert set(bob.states().values()) == {"current"}
        assert bob.json("manifest", f"{other}:v1")["provenance"]

    def test_an_import_moves_no_tag_unasked(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        ann.run("export", "../one.tar")
        ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        digest = pushed(ann)
        assert "--force" in ann.run("import", "../one.tar", expect=1).stderr
        assert ann.json("tags")["tags"]["latest"] == digest
        ann.run("import", "../one.tar", "--force")
        assert ann.json("tags")["tags"]["latest"] != digest

    def test_what_is_no_archive(self, sample: Project) -> None:
        sample.run("add", "src/model.py")
        (sample.folder / "x.tar").write_bytes(b"no tar" * 1000)
        assert "x.tar" in sample.refuse("import", "x.tar", code=1)
        assert "nowhere.tar" in sample.refuse("import", "nowhere.tar", code=1)


class TestStatusAndDiff:
    def test_files(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        assert ann.json("status")["files"] is None
        assert "never pushed" in ann.run("status", "--files").stdout
        (ann.folder / "notes.txt").write_text("notes")
        pushed(ann, desk.place)
        assert ann.json("status")["files"]["changes"] == {}
        assert ann.json("status")["files"]["untracked"] is None
        assert "notes.txt" in ann.json("status", "--untracked")["files"]["untracked"]
        ann.run("add", "notes.txt")
        ann.edit("data/population.csv", "age_group", "AGES")
        ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        assert ann.json("status", "--files")["files"]["changes"] == {
            ".modelops-bundle/tracked.txt": "create",
            "data/population.csv": "update",
            "notes.txt": "create",
            "src/rates.py": "update",
        }
        assert "2 new, 2 changed files" in ann.run("status").stdout
        (ann.folder / "notes.txt").unlink()
        assert "notes.txt" in ann.json("status", "--files")["files"]["missing"]

    def test_ignored_files(self, sample: Project) -> None:
        for name in (".venv/x.py", "__pycache__/y.pyc", ".env", "raw/huge.bin", "raw/small.csv"):
            file = sample.folder / name
            file.parent.mkdir(exist_ok=True)
            file.write_text("x")
        (sample.folder / ".modelopsignore").write_text("raw/*\n!raw/*.csv\n")
        sample.run("add", ".")
        tracked = (sample.folder / ".modelops-bundle/tracked.txt").read_text().splitlines()
        assert "raw/small.csv" in tracked
        assert not {".venv/x.py", "__pycache__/y.pyc", ".env", "raw/huge.bin"} & set(tracked)
        assert sample.json("status", "--untracked")["files"]["untracked"] == []
        # A file that is named itself is meant.
        sample.run("add", "raw/huge.bin")
        tracked = (sample.folder / ".modelops-bundle/tracked.txt").read_text().splitlines()
        assert "raw/huge.bin" in tracked

    def test_a_comment_is_no_change_of_meaning(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        pushed(ann, desk.place)
        with (ann.folder / "src/rates.py").open("a") as file:
            file.write("# a comment\n")
        (ann.folder / "src/targets.py").chmod(0o755)
        found = ann.json("diff")["files"]
        assert found["src/rates.py"]["note"] == "meaning unchanged"
        assert found["src/targets.py"]["note"] == "permission"

    def test_doctor_says_what_stops_a_push(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        assert "No problems" in ann.run("doctor").stderr
        (ann.folder / "id_ed25519").write_text("secret")
        ann.run("add", "id_ed25519")
        (problem,) = ann.json("doctor", expect=1)["problems"]
        assert problem["where"] == "id_ed25519"


class TestWords:
    def test_json_and_lines_tell_the_same(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        document = ann.json("push", desk.place, "--dry-run")
        lines = ann.run("push", desk.place, "--dry-run").stdout.splitlines()
        assert [line[2:] for line in lines[:-1]] == list(document["changes"])
        assert document["digest"] in lines[-1]

    def test_there_is_no_such_bundle(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run("add", "src/model.py")
        said = ann.refuse("pull", f"{desk.place}:nowhere", code=1)
        assert "nowhere" in said
        assert (
            "mops-bundle tags" if "oci-layout" not in desk.place else "there is no folder"
        ) in said

    def test_what_is_no_reference(self, sample: Project) -> None:
        sample.run("add", "src/model.py")
        for text in ("HOST/Upper", "host/x:", "host/x@sha256:12", "oci-layout:", "host/x:bad tag"):
            assert "does not refer to a bundle" in sample.refuse("pull", text)

    def test_state_is_for_this_machine_alone(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        (ann.folder / ".modelops-bundle/.gitignore").write_text("cache/\n")
        pushed(ann, desk.place)
        assert "state.json" in (ann.folder / ".modelops-bundle/.gitignore").read_text().splitlines()
        shutil.rmtree(ann.folder / ".modelops-bundle/cache")
        (ann.folder / ".modelops-bundle/state.json").unlink()
        assert "Nothing to push" in ann.run("push").stderr
        state = json.loads((ann.folder / ".modelops-bundle/state.json").read_text())
        assert set(state["last_synced_files"]) == set(ann.json("manifest")["files"])
