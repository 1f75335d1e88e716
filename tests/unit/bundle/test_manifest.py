"""A bundle's manifest and what is none."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle import media
from modelops_bundle.bundle.json_text import NotAsPromisedError
from modelops_bundle.bundle.manifest import (
    STORAGE,
    artifact_manifest,
    bundle_manifest,
    read_artifact,
    read_manifest,
)
from modelops_bundle.bundle.remote import Blob, Manifest
from modelops_bundle.errors import DamagedBundleError, UsageError
from modelops_bundle.identity.recipes import sha256_digest


def blob(text: str, media_type: str = media.PACK) -> Blob:
    return Blob(sha256_digest(text.encode()), len(text), media_type)


INDEX = blob("index", media.INDEX_V2)
LAYERS = (blob("one"), blob("two", media.CHUNK))


def as_manifest(document: Any) -> Manifest:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    return Manifest(sha256_digest(data), media.IMAGE_MANIFEST, data)


def good() -> dict[str, Any]:
    return dict(json.loads(bundle_manifest(INDEX, LAYERS, "s3://bucket").data))


def test_equal_bundles_have_one_digest_for_ever() -> None:
    assert bundle_manifest(INDEX, LAYERS).digest.hex == (
        "b0e28de6a95252026f9b463d56ffc7b28c9fa288c9d8baefd63f3bf29a076ce5"
    )
    assert bundle_manifest(INDEX, LAYERS, "s3://bucket").digest.hex == (
        "28dfc9d7abdb6095cc4f45540de21e52b9b8689ffe93328e6b0ceec6264788af"
    )


def test_what_is_written_is_read() -> None:
    said = read_manifest(bundle_manifest(INDEX, LAYERS, "s3://bucket/x"), "r.io/m")
    assert said.index == INDEX
    assert said.layers == LAYERS
    assert said.annotations == {STORAGE: "s3://bucket/x"}
    assert said.layer_annotations == {0: {}, 1: {}}
    assert read_manifest(bundle_manifest(INDEX, []), "r.io/m").annotations == {}


def test_it_is_an_image_manifest_of_oci() -> None:
    made = bundle_manifest(INDEX, LAYERS)
    assert made.digest == sha256_digest(made.data)
    document = json.loads(made.data)
    assert document["schemaVersion"] == 2
    assert document["mediaType"] == made.media_type == media.IMAGE_MANIFEST
    assert document["artifactType"] == media.ARTIFACT_TYPE
    assert document["config"] == {
        "mediaType": media.INDEX_V2, "digest": str(INDEX.digest), "size": 5
    }  # fmt: skip


def test_what_is_said_about_a_bundle_names_it() -> None:
    subject = bundle_manifest(INDEX, LAYERS)
    made = artifact_manifest(media.PROVENANCE, [blob("said", media.PROVENANCE)], subject)
    document = json.loads(made.data)
    assert document["subject"]["digest"] == str(subject.digest)
    assert document["subject"]["size"] == len(subject.data)
    assert document["artifactType"] == media.PROVENANCE
    said = read_artifact(made)
    assert (said.index.media_type, said.index.size) == (media.EMPTY, 2)
    with pytest.raises(DamagedBundleError, match="no index of a bundle"):
        read_manifest(made, "r.io/m")


def test_more_blobs_than_registries_take_are_refused_before_they_are_sent() -> None:
    layers = [blob(str(number)) for number in range(30_000)]
    with pytest.raises(UsageError, match="blob storage"):
        bundle_manifest(INDEX, layers)
    assert len(bundle_manifest(INDEX, layers[:20_000]).data) < media.LARGEST_MANIFEST


def test_container_images_are_no_bundles() -> None:
    image = {
        **good(),
        "config": {**good()["config"], "mediaType": "application/vnd.oci.image.config.v1+json"},
    }
    with pytest.raises(DamagedBundleError, match="container image") as caught:
        read_manifest(as_manifest(image), "r.io/m")
    assert "r.io/m@sha256:" in caught.value.what
    index = {"schemaVersion": 2, "mediaType": media.IMAGE_INDEX, "manifests": []}
    with pytest.raises(DamagedBundleError):
        read_manifest(as_manifest(index), "r.io/m")


@pytest.mark.parametrize(
    "change",
    [
        {"layers": None}, {"layers": {}}, {"layers": [1]}, {"layers": [{}]}, {"config": None}, {"config": []},
        {"config": {"mediaType": 1, "digest": str(INDEX.digest), "size": 5}},
        {"config": {"mediaType": media.INDEX_V2, "digest": "sha512:00", "size": 5}},
        {"config": {"mediaType": media.INDEX_V2, "digest": "blake3:" + "0" * 64, "size": 5}},
        {"config": {"mediaType": media.INDEX_V2, "digest": str(INDEX.digest), "size": -1}},
        {"config": {"mediaType": media.INDEX_V2, "digest": str(INDEX.digest), "size": 5.0}},
        {"config": {"mediaType": media.INDEX_V2, "digest": str(INDEX.digest), "size": True}},
        {"config": {"mediaType": media.INDEX_V2, "digest": str(INDEX.digest), "size": 1 << 40}},
        {"annotations": []}, {"annotations": {STORAGE: 1}},
        {"layers": [{"mediaType": "x", "digest": str(INDEX.digest), "size": 1, "annotations": 1}]},
    ],
)  # fmt: skip
def test_a_damaged_manifest_is_said_to_be_one(change: dict[str, Any]) -> None:
    assert read_manifest(as_manifest(good()), "r.io/m").layers == LAYERS
    with pytest.raises(DamagedBundleError):
        read_manifest(as_manifest({**good(), **change}), "r.io/m")


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"[]", b"{", b"\xff", b'{"a":1,"a":1}', b'{"a":NaN}', b"[" * 100_000, b"9" * 5000,
        b" " * (media.LARGEST_MANIFEST + 1),
    ],
)  # fmt: skip
def test_what_is_no_table_of_json_is_damaged(data: bytes) -> None:
    with pytest.raises(DamagedBundleError):
        read_manifest(as_manifest(data), "r.io/m")


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)  # fmt: skip


@given(st.sampled_from(["config", "layers", "annotations", "schemaVersion"]), values)
def test_any_value_anywhere_is_read_or_refused(key: str, value: Any) -> None:
    with suppress(NotAsPromisedError):
        read_artifact(as_manifest({**good(), key: value}))
