"""Pulls where both sides have changed something: what is merged, and what the user may choose."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.command import Project
from tests.support.places import Desk, pushed

REGISTRY = ".modelops-bundle/registry.yaml"
TRACKED = ".modelops-bundle/tracked.txt"
MODEL = """\
import calabaria as cb


class {name}(cb.BaseModel):
    RATE = {rate}

    def simulate(self, params, seed):
        return {{}}
"""


def register(project: Project, name: str, rate: float = 1.0) -> None:
    """A model of a user's own."""
    path = Path("src", f"{name.lower()}.py")
    (project.folder / path).write_text(MODEL.format(name=name, rate=rate))
    project.run("register-model", str(path))


def two(registered: Project, desk: Desk) -> tuple[Project, Project]:
    """Two users of one bundle."""
    ann = desk.user(registered, "ann")
    pushed(ann, desk.place)
    return ann, desk.clone("bob")


class TestMerging:
    def test_models_of_two_people(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        known = set(ann.states())
        register(ann, "Ann")
        pushed(ann)
        register(bob, "Bob")
        bob.run("push", expect=1)
        dry = bob.json("pull", "--dry-run")
        assert (dry["merged"], dry["obstacles"]) == ([REGISTRY], [])
        assert f"merged: {REGISTRY}" in bob.run("pull").stderr
        assert set(bob.states()) == {*known, "ann_ann", "bob_bob"}
        assert set(bob.states().values()) == {"current"}
        assert "Nothing to pull" in bob.run("pull").stderr
        pushed(bob)
        ann.run("pull")
        assert ann.content()[REGISTRY] == bob.content()[REGISTRY]
        assert set(ann.states()) == {*known, "ann_ann", "bob_bob"}

    def test_what_both_added_and_took_out(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        for name in ("one.txt", "two.txt"):
            (ann.folder / name).write_text(name)
        ann.run("add", "one.txt", "two.txt")
        pushed(ann, desk.place)
        bob = desk.clone("bob")
        ann.run("remove", "one.txt")
        (ann.folder / "ann.txt").write_text("ann")
        ann.run("add", "ann.txt")
        pushed(ann)
        (bob.folder / "bob.txt").write_text("bob")
        bob.run("add", "bob.txt")
        bob.run("pull")
        assert bob.content()[TRACKED] == b"ann.txt\nbob.txt\ntwo.txt\n"
        assert not (bob.folder / "one.txt").exists()

    def test_one_model_changed_by_both(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        register(ann, "Shared", 1.0)
        pushed(ann)
        register(bob, "Shared", 2.0)
        register(bob, "Bob")
        before = bob.content()
        said = bob.run("pull", expect=1).stderr
        assert "both changed models.shared_shared" in said
        assert "--keep" in said
        assert bob.content() == before
        bob.run("pull", "--keep", ".")
        assert set(bob.states().values()) == {"current"}
        assert "RATE = 2.0" in (bob.folder / "src/shared.py").read_text()
        pushed(bob)
        # The other way round: theirs where both changed it, and one's own entries beside it.
        register(ann, "Shared", 3.0)
        register(ann, "Ann")
        taken = ann.run("pull", "--take", REGISTRY, "--take", "src").stderr
        assert "RATE = 2.0" in (ann.folder / "src/shared.py").read_text()
        assert {"ann_ann", "bob_bob", "shared_shared"} <= set(ann.states())
        assert set(ann.states().values()) == {"current"}
        copies = {
            path.name: path.read_text()
            for path in (ann.folder / ".modelops-bundle/replaced").rglob("*")
            if path.is_file()
        }
        assert "RATE = 3.0" in copies["shared.py"]
        assert "ann_ann" in copies["registry.yaml"]
        assert "yours: src/shared.py" in taken

    def test_nobody_knows_what_both_come_from(self, registered: Project, desk: Desk) -> None:
        """Then nothing is believed to be older than it is: both sides' entries are there."""
        ann, bob = two(registered, desk)
        register(ann, "Ann")
        ann.edit("src/rates.py", "1.15", "1.25")
        pushed(ann)
        register(bob, "Bob")
        (bob.folder / ".modelops-bundle/state.json").unlink()
        assert "modified src/rates.py" in bob.run("pull", expect=1).stderr.replace(
            "untracked", "modified"
        )
        bob.run("pull", "--take", "src")
        assert {"ann_ann", "bob_bob"} <= set(bob.states())


class TestChoosing:
    def test_file_by_file(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        for user, ending in ((ann, "\n"), (bob, "\n\n")):
            for path in ("data/population.csv", "config/settings.json", "src/rates.py"):
                with (user.folder / path).open("a") as file:
                    file.write(ending)
        pushed(ann)
        mine = (bob.folder / "src/rates.py").read_bytes()
        assert bob.run("pull", expect=1).stderr.count("  modified ") == 3
        dry = bob.json("pull", "--dry-run", "--keep", "src", "--take", "data", expect=1)
        assert [each["path"] for each in dry["obstacles"]] == ["config/settings.json"]
        assert [each["path"] for each in dry["ours"]] == ["src/rates.py"]
        said = bob.run("pull", "--keep", "src", "--take", ".").stderr
        assert "kept: src/rates.py is modified here, and the next push sends that" in said
        assert (bob.folder / "src/rates.py").read_bytes() == mine
        assert (bob.folder / "data/population.csv").read_bytes() == (
            ann.folder / "data/population.csv"
        ).read_bytes()
        assert "Nothing to pull" in bob.run("pull").stderr
        pushed(bob)
        ann.run("pull")
        assert (ann.folder / "src/rates.py").read_bytes() == mine

    def test_one_file_is_brought_back(self, registered: Project, desk: Desk) -> None:
        ann, _ = two(registered, desk)
        kept = (ann.folder / "src/rates.py").read_bytes()
        ann.edit("src/rates.py", "1.15", "1.25")
        (ann.folder / "data/population.csv").unlink()
        said = ann.run("pull").stderr
        assert "kept: src/rates.py" in said
        assert "--restore-deleted brings it back" in said
        ann.run("pull", "--take", "src/rates.py")
        assert (ann.folder / "src/rates.py").read_bytes() == kept
        assert not (ann.folder / "data/population.csv").exists()

    def test_a_name_that_stands_for_nothing(self, registered: Project, desk: Desk) -> None:
        ann, _ = two(registered, desk)
        assert "src/rate.py is not in the bundle" in ann.refuse("pull", "--take", "src/rate.py")

    def test_copies_of_one_second_do_not_replace_each_other(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, _ = two(registered, desk)
        for number in range(3):
            (ann.folder / "src/rates.py").write_text(f"SEASONAL_BOOST = {number}\n")
            ann.run("pull", "--take", "src")
        copies = (ann.folder / ".modelops-bundle/replaced").rglob("rates.py")
        assert {path.read_text()[-2] for path in copies} == {"0", "1", "2"}

    def test_a_part_is_not_mixed_into_a_whole(self, registered: Project, desk: Desk) -> None:
        ann, _ = two(registered, desk)
        assert "all of a bundle is here" in ann.refuse("pull", "--model", "StochasticSIR")

    def test_what_ones_own_entry_needs_is_not_deleted(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, bob = two(registered, desk)
        register(ann, "Ann")
        ann.run("register-model", "src/ann.py", "--data", "data/population.csv")
        others = [name for name in bob.states() if name.startswith("model_")]
        bob.run("unregister", *others)
        (bob.folder / "data/population.csv").unlink()
        pushed(bob)
        said = ann.run("pull").stderr
        assert "kept: data/population.csv is needed here" in said
        assert ann.states()["ann_ann"] == "current"
        pushed(ann)
        bob.run("pull")
        assert (bob.folder / "data/population.csv").exists()


class TestLinks:
    def test_a_link_out_of_the_project_is_not_replaced(
        self, registered: Project, desk: Desk, tmp_path: Path
    ) -> None:
        outside = tmp_path / "outside.csv"
        shutil.copy(registered.folder / "data/population.csv", outside)
        ann, bob = two(registered, desk)
        link = bob.folder / "data/population.csv"
        link.unlink()
        link.symlink_to(outside)
        assert "Nothing to pull" in bob.run("pull").stderr
        (ann.folder / "data/population.csv").write_text("age_group,people\n0-14,1\n")
        pushed(ann)
        assert "link data/population.csv" in bob.run("pull", expect=1).stderr
        assert link.is_symlink()
        other = bob.copy(desk.folder / "carl")
        other.run("pull", "--take", "data")
        assert not (other.folder / "data/population.csv").is_symlink()
        bob.run("pull", "--keep", "data")
        assert link.is_symlink()
        assert outside.read_bytes() == (registered.folder / "data/population.csv").read_bytes()


class TestWhereTagsAre:
    def test_a_tag_that_the_folder_is_ahead_of(self, registered: Project, desk: Desk) -> None:
        ann, _ = two(registered, desk)
        old = (ann.folder / "src/rates.py").read_bytes()
        ann.edit("src/rates.py", "1.15", "1.25")
        new = pushed(ann, "--tag", "next")
        done = ann.run("pull")
        assert "the folder is of" in done.stderr
        assert ann.json("pull", "--dry-run")["ahead"] == new
        assert b"1.25" in (ann.folder / "src/rates.py").read_bytes()
        ann.run("pull", "latest")
        assert (ann.folder / "src/rates.py").read_bytes() == old

    def test_a_tag_that_somebody_moved_back(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        second = pushed(ann)
        pushed(bob, "--force")
        done = ann.run("pull")
        assert f"It stays there as @{second}" in done.stderr
        assert "1.25" in (ann.folder / "src/rates.py").read_text()
        ann.run("pull", "latest")
        assert "1.15" in (ann.folder / "src/rates.py").read_text()

    def test_a_push_that_was_dropped_is_told_and_kept(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, bob = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        dropped = pushed(ann)
        (bob.folder / "data/population.csv").write_text("age_group,people\n0-14,1\n")
        pushed(bob, "--force")
        assert ann.json("pull", "--dry-run")["dropped"] == dropped
        said = ann.run("pull").stderr
        assert "somebody pushed with --force" in said
        assert f"@{dropped}" in said
        assert "kept: src/rates.py is modified here" in said
        assert "1.25" in (ann.folder / "src/rates.py").read_text()
        assert "--force" not in ann.run("pull").stderr
        pushed(ann)
        bob.run("pull")
        assert "1.25" in (bob.folder / "src/rates.py").read_text()

    def test_what_went_under_another_tag_is_not_taken_back(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, bob = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        pushed(ann, "--tag", "exp1")
        (bob.folder / "data/population.csv").write_text("age_group,people\n0-14,1\n")
        pushed(bob)
        refused = ann.run("push", expect=1).stderr
        assert "update data/population.csv" in refused
        assert "src/rates.py" not in refused
        ann.run("pull")
        assert "1.25" in (ann.folder / "src/rates.py").read_text()
        assert "0-14,1" in (ann.folder / "data/population.csv").read_text()
        pushed(ann, "--tag", "exp1")
        assert bob.json("diff", "latest", "exp1")["files"].keys() == {"src/rates.py"}
        pushed(ann)
        bob.run("pull")
        assert "1.25" in (bob.folder / "src/rates.py").read_text()

    def test_what_went_to_another_place_is_not_taken_back(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, bob = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        pushed(ann, f"{desk.place}-other")
        (bob.folder / "data/population.csv").write_text("age_group,people\n0-14,1\n")
        pushed(bob)
        ann.run("pull")
        assert "1.25" in (ann.folder / "src/rates.py").read_text()
        assert "0-14,1" in (ann.folder / "data/population.csv").read_text()

    def test_from_tag_to_tag(self, registered: Project, desk: Desk) -> None:
        """Somebody who changed nothing gets what each tag has."""
        ann, bob = two(registered, desk)
        for value in ("1.25", "1.35"):
            ann.edit("src/rates.py", "SEASONAL_BOOST = 1.", f"SEASONAL_BOOST = {value} - 1.")
            pushed(ann, "--tag", f"v{value}")
        for tag in ("v1.35", "latest", "v1.25", "v1.35", "v1.25", "latest"):
            bob.run("pull", tag)
            assert bob.json("diff", tag)["files"] == {}

    def test_two_pushes_in_between_drop_nothing(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        for value in ("1.25", "1.35", "1.45"):
            bob.edit("src/rates.py", "SEASONAL_BOOST = 1.", f"SEASONAL_BOOST = {value} - 1.")
            pushed(bob)
        assert "--force" not in ann.run("pull").stderr

    def test_another_tag_is_named_in_the_advice(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        pushed(ann, "--tag", "next")
        bob.edit("src/rates.py", "1.15", "1.35")
        assert (
            "Run `mops-bundle pull next` first" in bob.run("push", "--tag", "next", expect=1).stderr
        )

    def test_a_shortened_digest(self, registered: Project, desk: Desk) -> None:
        ann, _ = two(registered, desk)
        first = ann.json("tags")["tags"]["latest"]
        ann.edit("src/rates.py", "1.15", "1.25")
        second = pushed(ann)
        short = second.removeprefix("sha256:")[:12]
        for text in (f"@{short}", f"@sha256:{short}", f"{desk.place}@sha256:{short}"):
            assert ann.json("manifest", text)["digest"] == second
        assert ann.json("manifest", f"@{first[7:19]}")["digest"] == first
        said = ann.refuse("manifest", "@abcdef012345")
        assert "none of those that were pushed or pulled here begins with abcdef012345" in said

    def test_a_clone_of_a_later_tag_moves_an_earlier_one(
        self, registered: Project, desk: Desk
    ) -> None:
        ann, _ = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        later = pushed(ann, "--tag", "dev")
        carl = desk.clone("carl", f"{desk.place}:dev")
        assert pushed(carl, "--tag", "latest") == later
        assert carl.json("tags")["tags"] == {"dev": later, "latest": later}

    def test_files_come_back_from_the_later_bundle(self, registered: Project, desk: Desk) -> None:
        ann, _ = two(registered, desk)
        ann.edit("src/rates.py", "1.15", "1.25")
        pushed(ann, "--tag", "next")
        later = (ann.folder / "src/rates.py").read_bytes()
        (ann.folder / "src/rates.py").unlink()
        ann.run("pull", "--restore-deleted")
        assert (ann.folder / "src/rates.py").read_bytes() == later
        (ann.folder / "src/rates.py").write_text("SEASONAL_BOOST = 0\n")
        assert "Nothing to pull" in ann.run("pull").stderr
        ann.run("pull", "--take", "src/rates.py")
        assert (ann.folder / "src/rates.py").read_bytes() == later

    def test_a_branch_of_what_was_cloned_late(self, registered: Project, desk: Desk) -> None:
        ann, bob = two(registered, desk)
        for value in ("1.25", "1.35"):
            ann.edit("src/rates.py", "SEASONAL_BOOST = 1.", f"SEASONAL_BOOST = {value} - 1.")
            pushed(ann)
        bob.run("pull")
        carl = desk.clone("carl")
        (ann.folder / "config/settings.json").write_text("{}")
        pushed(ann)
        carl.run("pull")
        old = (registered.folder / "src/rates.py").read_bytes()
        (bob.folder / "src/rates.py").write_bytes(old)
        pushed(bob, "--tag", "side")
        carl.run("pull", "side")
        assert (carl.folder / "src/rates.py").read_bytes() == old
        assert (carl.folder / "config/settings.json").read_text() == "{}"
