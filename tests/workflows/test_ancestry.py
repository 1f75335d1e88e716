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
from modelops_bundle.workflows.bundles.ancestry import united
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
    return History(Project(*others), remote).walk(start, stop)  # type: ignore[arg-type]


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


def say(remote: LayoutRemote, of: Manifest, ancestors: object, predicate: bool = True) -> Blob:
    """A statement about a bundle, as a push makes it or as nobody should."""
    inner: object = {"created": "then", "ancestors": ancestors}
    data = json.dumps({"predicate": inner} if predicate else ancestors).encode()
    blob = Blob(sha256_digest(data), len(data), PROVENANCE)
    remote.put(Blob(sha256_digest(b"{}"), 2, EMPTY), lambda: [b"{}"])
    remote.put(blob, lambda: [data])
    remote.put_manifest(artifact_manifest(PROVENANCE, [blob], of), None)
    return blob


def chain(remote: LayoutRemote, length: int) -> list[Digest]:
    """Bundles of users who had cloned the one before, and know of no other."""
    made = [bundle(remote, f"b{number}") for number in range(length)]
    for before, after in zip([None, *made], made, strict=False):
        say(remote, after, [str(before.digest)] if before else [])
    return [each.digest for each in made]


def test_a_walk_goes_on_until_something_is_met(remote: LayoutRemote) -> None:
    one, two, three, four = chain(remote, 4)
    assert walk(remote, four, two) == Walk(frozenset([two]), (two, three), True)
    assert walk(remote, four, one) == Walk(frozenset([one]), (one, two, three), True)
    assert walk(remote, two, three, four) == Walk(frozenset(), (one,), True)


def test_all_that_a_pusher_knew_is_known(remote: LayoutRemote) -> None:
    one, two, three, four = (bundle(remote, name).digest for name in "1234")
    say(remote, bundle(remote, "5"), [str(each) for each in (one, two, three, four)])
    last = bundle(remote, "6")
    say(remote, last, [str(each) for each in (one, two, three, four)])
    found = walk(remote, last.digest, two, four)
    assert found == Walk(frozenset([two, four]), (one, two, three, four), True)


def test_nobody_says_anything(remote: LayoutRemote) -> None:
    one, two = bundle(remote, "one"), bundle(remote, "two")
    assert walk(remote, two.digest, one.digest) == Walk(frozenset(), (), False)


def test_another_place_is_asked_as_well(remote: LayoutRemote, tmp_path: Path) -> None:
    one, two, three = chain(remote, 3)
    other = LayoutRemote(str(tmp_path / "other"))
    fourth = bundle(other, "fourth")
    say(other, fourth, [str(three)])
    # What was never pushed here leaves nothing unsaid here.
    assert walk(other, fourth.digest, one) == Walk(frozenset(), (three,), True)
    whole = Walk(frozenset([one]), (one, two, three), True)
    assert walk(other, fourth.digest, one, others=[remote]) == whole
    gone = LayoutRemote(str(tmp_path / "gone"))
    assert walk(other, fourth.digest, one, others=[gone, remote]) == whole


def test_a_bundle_that_was_pushed_again_and_again_in_a_circle(remote: LayoutRemote) -> None:
    one, two = (bundle(remote, name) for name in ("one", "two"))
    other = bundle(remote, "other").digest
    say(remote, one, [])
    say(remote, two, [str(one.digest)])
    say(remote, one, [str(two.digest), str(one.digest)])
    assert walk(remote, one.digest, two.digest).met == {two.digest}
    assert walk(remote, one.digest, other) == Walk(frozenset(), (two.digest,), True)


@pytest.mark.parametrize(
    "ancestor",
    ["", "sha256:", "sha256:../../x", f"blake3:{'0' * 64}", 5, None, ["x"], "x" * 100_000],
)
def test_what_is_no_digest_is_no_ancestor(remote: LayoutRemote, ancestor: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, [ancestor])
    assert walk(remote, one.digest, sha256_digest(b"x")) == Walk(frozenset(), (), True)


@pytest.mark.parametrize("ancestors", [None, 5, "x", {"a": "b"}])
def test_what_is_no_list_names_nobody(remote: LayoutRemote, ancestors: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, ancestors)
    assert walk(remote, one.digest, sha256_digest(b"x")) == Walk(frozenset(), (), True)


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
    assert walk(remote, third.digest, one).met == {one}
    next((tmp_path / "layout").rglob(blob.digest.hex)).write_bytes(b"x" * blob.size)
    assert walk(remote, third.digest, one) == Walk(frozenset(), (), False)


def test_a_chain_without_end_is_left(remote: LayoutRemote) -> None:
    made = chain(remote, 120)
    assert walk(remote, made[-1], made[30]).met == {made[30]}
    assert not walk(remote, made[-1], made[3]).is_whole


@pytest.mark.parametrize(
    ("lineage", "named", "expected"),
    [
        ("", "", "z"),
        ("ab", "ab", "abz"),
        ("c", "abcd", "abcdz"),
        ("axb", "ab", "axbz"),
        ("ax", "ab", "axbz"),
        ("ab", "", "abz"),
        ("azb", "ab", "abz"),
    ],
)
def test_each_comes_after_what_it_comes_from(lineage: str, named: str, expected: str) -> None:
    of = {letter: sha256_digest(letter.encode()) for letter in "abcdxz"}
    before, other, after = (tuple(of[each] for each in text) for text in (lineage, named, expected))
    found = united(before, other, of["z"])
    assert sorted(map(str, found)) == sorted(map(str, after))
    assert found[-1] == of["z"]
    for order in (before, other):
        kept = [each for each in order if each != of["z"]]
        assert [each for each in found if each in kept] == kept
