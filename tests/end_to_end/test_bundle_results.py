"""Results beside bundles: which go, which stay, and that none is fetched or sent twice."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import DATA, Project
from tests.support.places import Desk, layout_place, pushed

SETS = ("--grid", "beta=0.2,0.3", "--set", "gamma=0.1", "--set", "days=5")
RUN = ("run", "StochasticSIR", *SETS)
EVALUATE = ("evaluate", "incidence_distance", "--model", "StochasticSIR", *SETS)
RESULTS = "application/vnd.modelops.bundle.results.v1"


@pytest.fixture
def own_folder(tmp_path: Path) -> Iterator[Desk]:
    """A layout folder of its own, that a test may damage."""
    with layout_place(tmp_path) as desk:
        yield desk


def packs(desk: Desk) -> list[Path]:
    """Files with results in a layout folder."""
    blobs = (desk.folder / "bundles/blobs/sha256").iterdir()
    return [blob for blob in blobs if blob.read_bytes().startswith(b"MOPSRES1")]


def artifacts(desk: Desk, digest: str) -> list[list[str]]:
    """The layers of each artifact with results of a bundle in a layout folder."""
    folder = desk.folder / "bundles"
    found = []
    for entry in json.loads((folder / "index.json").read_text())["manifests"]:
        blob = folder / "blobs" / entry["digest"].replace(":", "/")
        said = json.loads(blob.read_bytes())
        is_of = said.get("subject", {}).get("digest") == digest
        if is_of and said.get("artifactType") == RESULTS:
            found.append([layer["digest"] for layer in said["layers"]])
    return found


def edit_comment(project: Project, text: str) -> None:
    file = project.folder / "src/model.py"
    file.write_text(f"{file.read_text()}# {text}\n")


def results(document: dict) -> tuple[int | None, int, int]:
    return document["results"], document["results_sent"], document["results_kept"]


class TestLosses:
    def test_they_travel_and_are_reused(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*EVALUATE, "--seeds", "0:2")
        assert results(ann.json("push", desk.place, "--with-results")) == (6, 6, 0)
        bob = desk.clone("bob")
        done = bob.json(*EVALUATE, "--seeds", "0:2")
        assert (done["hits"], done["computed"]) == (4, 0)
        (target,) = done["targets"]
        assert (target["hits"], target["computed"]) == (2, 0)
        assert bob.json("pull")["results"] == {"new": 0, "known": 6}

    def test_nothing_new_fetches_no_pack(self, registered: Project, own_folder: Desk) -> None:
        ann = own_folder.user(registered, "ann")
        ann.run(*EVALUATE)
        ann.run("push", own_folder.place, "--with-results")
        bob = own_folder.clone("bob")
        for pack in packs(own_folder):
            pack.write_bytes(bytes(pack.stat().st_size))
        assert bob.json("pull")["results"] == {"new": 0, "known": 4}

    def test_what_is_not_registered_is_not_fetched(
        self, registered: Project, own_folder: Desk
    ) -> None:
        ann = own_folder.user(registered, "ann")
        ann.run(*EVALUATE)
        ann.run("push", own_folder.place, "--with-results")
        ann.run("unregister", "targets_incidence_distance")
        assert results(ann.json("push")) == (None, 0, 2)
        carol = own_folder.clone("carol")
        assert carol.json("results", "list")["contexts"][0]["results"] == 2
        for pack in packs(own_folder):
            pack.write_bytes(bytes(pack.stat().st_size))
        assert carol.json("pull")["results"] == {"new": 0, "known": 2}


class TestStaying:
    def test_a_push_without_results_keeps_them(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN)
        ann.run("push", desk.place, "--with-results")
        edit_comment(ann, "one")
        assert "2 results of the bundle before stay with it." in ann.run("push").stderr
        edit_comment(ann, "two")
        assert results(ann.json("push")) == (None, 0, 2)
        again = ann.run("push")
        assert "stay" not in again.stderr
        assert "Nothing to push" in again.stderr
        bob = desk.clone("bob")
        assert bob.json(*RUN)["computed"] == 0
        edit_comment(bob, "three")
        assert results(bob.json("push")) == (None, 0, 2)

    def test_another_model_is_registered(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN)
        ann.run("push", desk.place, "--with-results")
        ann.run("unregister", "model_networksir")
        ann.run("push")
        ann.run("register-model", "src/model.py", *DATA)
        ann.run("push")
        assert desk.clone("bob").json(*RUN, "--dry-run")["hits"] == 2

    def test_stale_ones_do_not(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN)
        ann.run("push", desk.place, "--with-results")
        ann.edit("src/rates.py", "SEASONAL_BOOST = 1.15", "SEASONAL_BOOST = 1.25")
        ann.run("update")
        done = ann.run("push")
        assert "stay" not in done.stderr
        assert results(ann.json("push")) == (None, 0, 0)

    def test_another_place_has_none(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN)
        ann.run("push", desk.place, "--with-results")
        assert results(ann.json("push", f"{desk.place}-other")) == (None, 0, 0)

    def test_a_push_that_ended_early_is_done_again(
        self, registered: Project, own_folder: Desk
    ) -> None:
        ann = own_folder.user(registered, "ann")
        ann.run(*RUN)
        before = pushed(ann, own_folder.place, "--with-results")
        edit_comment(ann, "one")
        digest = pushed(ann)
        index = own_folder.folder / "bundles/index.json"
        document = json.loads(index.read_text())
        (kept,) = artifacts(own_folder, digest)
        assert [kept] == artifacts(own_folder, before)
        # As if it had ended before the results were there: they come last.
        lost = document["manifests"].pop()
        index.write_text(json.dumps(document))
        assert artifacts(own_folder, digest) == [], lost
        assert results(ann.json("push")) == (None, 0, 2)
        assert artifacts(own_folder, digest) == [kept]

    def test_they_become_no_more(self, registered: Project, own_folder: Desk) -> None:
        ann = own_folder.user(registered, "ann")
        ann.run(*RUN)
        first = pushed(ann, own_folder.place, "--with-results")
        for seeds in ("0:2", "0:3"):
            ann.run(*RUN, "--seeds", seeds)
            ann.run("push", "--with-results")
        assert len(artifacts(own_folder, first)) == 3
        blobs = len(packs(own_folder))
        for text in ("one", "two"):
            edit_comment(ann, text)
            assert len(artifacts(own_folder, pushed(ann))) == 1
        edit_comment(ann, "three")
        document = ann.json("push", "--with-results")
        assert results(document) == (6, 0, 0)
        assert len(artifacts(own_folder, document["digest"])) == 1
        assert len(packs(own_folder)) == blobs

    def test_damaged_ones_stop_no_push(self, registered: Project, own_folder: Desk) -> None:
        ann = own_folder.user(registered, "ann")
        ann.run(*RUN)
        first = pushed(ann, own_folder.place, "--with-results")
        index, _ = artifacts(own_folder, first)[0]
        blob = own_folder.folder / "bundles/blobs" / index.replace(":", "/")
        blob.write_bytes(bytes(blob.stat().st_size))
        edit_comment(ann, "one")
        assert results(ann.json("push")) == (None, 0, 0)
        blob.unlink()
        edit_comment(ann, "two")
        assert results(ann.json("push")) == (None, 0, 0)


class TestCounting:
    def test_each_counts_once(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        for seeds in ("0:1", "0:2", "0:3"):
            ann.run(*RUN, "--seeds", seeds)
            ann.run("push", desk.place, "--with-results")
        done = Project(desk.folder, desk.own("bob")).run("clone", desk.place, "bob")
        assert "6 new results came with it." in done.stderr
        bob = Project(desk.folder / "bob", desk.own("bob"))
        assert bob.json(*RUN, "--seeds", "0:3")["computed"] == 0

    def test_the_same_results_are_not_sent_again(self, registered: Project, desk: Desk) -> None:
        ann = desk.user(registered, "ann")
        ann.run(*RUN)
        first = ann.run("push", desk.place, "--with-results").stderr
        assert "2 results that are still true were sent with it." in first
        again = ann.run("push", "--with-results").stderr
        assert "2 results that are still true were there already." in again
        assert "Nothing to push: everything is there." in again
        ann.run(*RUN, "--seeds", "0:2")
        more = ann.run("push", "--with-results").stderr
        assert "4 results that are still true were sent with it." in more
        assert "Nothing else to push: everything else is there." in more
        bob = desk.clone("bob")
        assert results(bob.json("push", "--with-results")) == (4, 0, 0)
