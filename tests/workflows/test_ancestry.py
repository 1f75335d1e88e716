"""Where the folder and a bundle meet, as far as what pushes say can be read and believed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from modelops_bundle.adapters.oci.layout import LayoutRemote
from modelops_bundle.bundle.manifest import artifact_manifest, bundle_manifest
from modelops_bundle.bundle.media import EMPTY, INDEX_V2, PROVENANCE
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.remote import Blob, Manifest
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.workflows.bundles.attesting import provenance_of
from modelops_bundle.workflows.bundles.history import History, Walk


class Project:
    """What a walk uses of a project: the places that it knows."""

    def __init__(self, *remotes: LayoutRemote) -> None:
        self._remotes = {remote.place: remote for remote in remotes}

    def state(self) -> SyncState:
        return SyncState(tags={f"{place}:x": sha256_digest(b"") for place in self._remotes})

    def remote(self, reference: Reference) -> LayoutRemote:
        return self._remotes[reference.place]


def walk(
    remote: LayoutRemote, start: Digest, *stop: Digest, others: Sequence[LayoutRemote] = ()
) -> Walk:
    return History(Project(*others), remote).walk([start], stop)  # type: ignore[arg-type]


@pytest.fixture
def remote(tmp_path: Path) -> LayoutRemote:
    return LayoutRemote(str(tmp_path / "layout"))


def bundle(remote: LayoutRemote, name: str) -> Manifest:
    """A bundle of nothing, unlike those of other names."""
    data = name.encode()
    blob = Blob(sha256_digest(data), len(data), INDEX_V2)
    remote.put(blob, lambda: [data])
    manifest = bundle_manifest(blob, (), None)
    remote.put_manifest(manifest, name)
    return manifest


def say(remote: LayoutRemote, of: Manifest, parents: object, predicate: bool = True) -> Blob:
    """A statement about a bundle, as a push makes it or as nobody should."""
    said: object = {"predicate": {"created": "then", "parents": parents}} if predicate else parents
    data = json.dumps(said).encode()
    blob = Blob(sha256_digest(data), len(data), PROVENANCE)
    remote.put(Blob(sha256_digest(b"{}"), 2, EMPTY), lambda: [b"{}"])
    remote.put(blob, lambda: [data])
    remote.put_manifest(artifact_manifest(PROVENANCE, [blob], of), None)
    return blob


def chain(remote: LayoutRemote, length: int) -> list[Digest]:
    """Bundles of which each was made from the one before."""
    made = [bundle(remote, f"b{number}") for number in range(length)]
    for before, after in zip([None, *made], made, strict=False):
        say(remote, after, [str(before.digest)] if before else [])
    return [each.digest for each in made]


def test_a_walk_stops_where_it_shall(remote: LayoutRemote) -> None:
    one, two, three, four = chain(remote, 4)
    assert walk(remote, four, one, two) == Walk((two,), (three,), True)
    assert walk(remote, four, one) == Walk((one,), (three, two), True)
    assert walk(remote, two, three, four) == Walk((), (one,), True)


def test_a_bundle_of_two(remote: LayoutRemote) -> None:
    one, two, three = (bundle(remote, name) for name in ("one", "two", "three"))
    both = bundle(remote, "both")
    say(remote, one, [])
    say(remote, two, [str(one.digest)])
    say(remote, three, [str(one.digest)])
    say(remote, both, [str(two.digest), str(three.digest)])
    found = walk(remote, both.digest, one.digest, three.digest)
    assert set(found.met) == {one.digest, three.digest}
    assert (found.passed, found.is_whole) == ((two.digest,), True)


def test_nobody_says_anything(remote: LayoutRemote) -> None:
    one, two = bundle(remote, "one"), bundle(remote, "two")
    assert walk(remote, two.digest, one.digest) == Walk((), (), False)


def test_another_place_is_asked_as_well(remote: LayoutRemote, tmp_path: Path) -> None:
    one, two, three = chain(remote, 3)
    other = LayoutRemote(str(tmp_path / "other"))
    fourth = bundle(other, "fourth")
    say(other, fourth, [str(three)])
    assert walk(other, fourth.digest, one) == Walk((), (three,), False)
    assert walk(other, fourth.digest, one, others=[remote]) == Walk((one,), (three, two), True)
    gone = LayoutRemote(str(tmp_path / "gone"))
    assert walk(other, fourth.digest, one, others=[gone, remote]).met == (one,)


def test_a_bundle_that_was_pushed_again_and_again_in_a_circle(remote: LayoutRemote) -> None:
    one, two = (bundle(remote, name) for name in ("one", "two"))
    other = bundle(remote, "other").digest
    say(remote, one, [])
    say(remote, two, [str(one.digest)])
    say(remote, one, [str(two.digest), str(one.digest)])
    assert walk(remote, one.digest, two.digest).met == (two.digest,)
    assert walk(remote, one.digest, other) == Walk((), (two.digest,), True)


@pytest.mark.parametrize(
    "parent",
    ["", "sha256:", "sha256:../../x", f"blake3:{'0' * 64}", 5, None, ["x"], "x" * 100_000],
)
def test_what_is_no_digest_is_no_parent(remote: LayoutRemote, parent: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, [parent])
    assert walk(remote, one.digest, sha256_digest(b"x")) == Walk((), (), True)


@pytest.mark.parametrize("parents", [None, 5, "x", {"a": "b"}])
def test_what_is_no_list_has_no_parents(remote: LayoutRemote, parents: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, parents)
    assert walk(remote, one.digest, sha256_digest(b"x")) == Walk((), (), True)


@pytest.mark.parametrize("document", [None, [], 5, {"predicate": 1}, {}])
def test_what_is_no_statement_says_nothing(remote: LayoutRemote, document: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, document, predicate=False)
    assert provenance_of(remote, one.digest) == []
    assert not walk(remote, one.digest, sha256_digest(b"x")).is_whole


def test_a_damaged_statement_is_left_out(remote: LayoutRemote, tmp_path: Path) -> None:
    one, two = chain(remote, 2)
    third = bundle(remote, "three")
    blob = say(remote, third, [str(two)])
    assert walk(remote, third.digest, one).met == (one,)
    next((tmp_path / "layout").rglob(blob.digest.hex)).write_bytes(b"x" * blob.size)
    assert walk(remote, third.digest, one) == Walk((), (), False)


def test_a_chain_without_end_is_left(remote: LayoutRemote) -> None:
    made = chain(remote, 120)
    assert walk(remote, made[-1], made[30]).met == (made[30],)
    assert not walk(remote, made[-1], made[3]).is_whole
