"""Where the folder and a bundle meet, as far as what pushes say can be read and believed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from modelops_bundle.adapters.oci.layout import LayoutRemote
from modelops_bundle.bundle.manifest import artifact_manifest, bundle_manifest
from modelops_bundle.bundle.media import EMPTY, INDEX_V2, PROVENANCE
from modelops_bundle.bundle.remote import Blob, Manifest
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.workflows.bundles.attesting import Met, nearest, provenance_of


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


def say(remote: LayoutRemote, of: Manifest, parent: object, predicate: bool = True) -> Blob:
    """A statement about a bundle, as a push makes it or as nobody should."""
    said: object = {"predicate": {"created": "then", "parent": parent}} if predicate else parent
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
        say(remote, after, str(before.digest) if before else None)
    return [each.digest for each in made]


def test_the_nearest_is_found(remote: LayoutRemote) -> None:
    one, two, three, four = chain(remote, 4)
    assert nearest(remote, four, (one, two)) == Met(two, True)
    assert nearest(remote, four, (one,)) == Met(one, True)
    assert nearest(remote, two, (three, four)) == Met(None, True)
    assert nearest(remote, four, ()) == Met(None, True)


def test_nobody_says_anything(remote: LayoutRemote) -> None:
    one = bundle(remote, "one")
    two = bundle(remote, "two")
    assert nearest(remote, two.digest, (one.digest,)) == Met(None, False)


def test_a_bundle_that_was_pushed_again_and_again_in_a_circle(remote: LayoutRemote) -> None:
    one, two = (bundle(remote, name) for name in ("one", "two"))
    other = bundle(remote, "other").digest
    say(remote, one, None)
    say(remote, two, str(one.digest))
    say(remote, one, str(two.digest))
    assert nearest(remote, one.digest, (two.digest,)) == Met(two.digest, True)
    assert nearest(remote, one.digest, (other,)) == Met(None, True)


@pytest.mark.parametrize(
    "parent",
    ["", "sha256:", "sha256:../../x", f"blake3:{'0' * 64}", 5, None, ["x"], "x" * 100_000],
)
def test_what_is_no_digest_is_no_parent(remote: LayoutRemote, parent: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, parent)
    assert nearest(remote, one.digest, (sha256_digest(b"x"),)) == Met(None, True)


@pytest.mark.parametrize("document", [None, [], 5, {"predicate": 1}, {}])
def test_what_is_no_statement_says_nothing(remote: LayoutRemote, document: object) -> None:
    one = bundle(remote, "one")
    say(remote, one, document, predicate=False)
    assert provenance_of(remote, one.digest) == []
    assert nearest(remote, one.digest, (sha256_digest(b"x"),)) == Met(None, False)


def test_a_damaged_statement_is_left_out(remote: LayoutRemote, tmp_path: Path) -> None:
    one, two = chain(remote, 2)
    third = bundle(remote, "three")
    blob = say(remote, third, str(two))
    assert nearest(remote, third.digest, (one,)) == Met(one, True)
    next((tmp_path / "layout").rglob(blob.digest.hex)).write_bytes(b"x" * blob.size)
    assert nearest(remote, third.digest, (one,)) == Met(None, False)


def test_a_chain_without_end_is_left(remote: LayoutRemote) -> None:
    made = chain(remote, 120)
    assert nearest(remote, made[-1], (made[30],)) == Met(made[30], True)
    assert nearest(remote, made[-1], (made[3],)) == Met(None, False)
