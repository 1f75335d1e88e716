"""A bundle's manifest: the OCI image manifest that names its index and every blob of it.

Its digest is what a bundle is known by. It says nothing of time, author or tool; a provenance artifact that
names the manifest as its subject does. Files in blob storage are no layers, as a registry lacks them; then an
annotation says which storage has what the layers do not.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from modelops_bundle.bundle import media
from modelops_bundle.bundle.json_text import (
    NotAsPromisedError,
    digest_in,
    parse_json,
    size_in,
    table_in,
)
from modelops_bundle.bundle.remote import Blob, Manifest
from modelops_bundle.errors import DamagedBundleError, UsageError
from modelops_bundle.identity.recipes import sha256_digest

__all__ = [
    "STORAGE",
    "BundleManifest",
    "artifact_manifest",
    "bundle_manifest",
    "manifest_v1",
    "read_artifact",
    "read_manifest",
]

_TITLE = "org.opencontainers.image.title"

STORAGE = "org.modelops.bundle.storage"
"""Annotation: URL of the blob storage that has the blobs of the index which are no layers."""


@dataclass(frozen=True, slots=True)
class BundleManifest:
    """What a manifest says.

    Attributes:
        index: The config blob.
        layers: Blobs that the same repository has.
        annotations: Texts by name.
        layer_annotations: Annotations of layers, by the layer's number.
    """

    index: Blob
    layers: tuple[Blob, ...]
    annotations: Mapping[str, str]
    layer_annotations: Mapping[int, Mapping[str, str]]


def bundle_manifest(index: Blob, layers: Collection[Blob], storage: str | None = None) -> Manifest:
    """The manifest of a bundle of index version 2.

    Args:
        index: Its index.
        layers: Its blobs in the repository, in order.
        storage: URL of the blob storage that has its other blobs.

    Raises:
        UsageError: It has more blobs than a manifest may name.
    """
    document: dict[str, Any] = {
        "schemaVersion": 2,
        "mediaType": media.IMAGE_MANIFEST,
        "artifactType": media.ARTIFACT_TYPE,
        "config": _descriptor(index),
        "layers": [_descriptor(each) for each in layers],
    }
    if storage is not None:
        document["annotations"] = {STORAGE: storage}
    return _within_limits(_made(document))


def _within_limits(made: Manifest) -> Manifest:
    if len(made.data) > media.LARGEST_MANIFEST:
        raise UsageError(
            "the bundle has too many blobs for one manifest",
            f"its manifest has {len(made.data) >> 10} KiB,"
            f" and registries take {media.LARGEST_MANIFEST >> 10}",
            "Let large files go to blob storage (storage in .modelops-bundle/config.yaml).",
        )
    return made


def manifest_v1(index: Blob, files: Iterable[tuple[str, Blob]]) -> Manifest:
    """The manifest of a bundle of index version 1: a layer for each file, its path as title."""
    layers = [{**_descriptor(blob), "annotations": {_TITLE: path}} for path, blob in files]
    return _within_limits(
        _made(
            {
                "schemaVersion": 2,
                "mediaType": media.IMAGE_MANIFEST,
                "config": _descriptor(index),
                "layers": layers,
            }
        )
    )


def artifact_manifest(artifact_type: str, layers: Collection[Blob], subject: Manifest) -> Manifest:
    """The manifest of something that is said about a bundle, with the empty config that OCI has for it."""
    return _made(
        {
            "schemaVersion": 2,
            "mediaType": media.IMAGE_MANIFEST,
            "artifactType": artifact_type,
            "config": _descriptor(Blob(sha256_digest(b"{}"), 2, media.EMPTY)),
            "layers": [_descriptor(each) for each in layers],
            "subject": _descriptor(
                Blob(subject.digest, len(subject.data), media_type=subject.media_type)
            ),
        }
    )


def read_manifest(manifest: Manifest, place: str) -> BundleManifest:
    """What a bundle's manifest says.

    Args:
        manifest: Its bytes, which have their digest.
        place: Where it came from, for the error.

    Raises:
        DamagedBundleError: It is no manifest of a bundle.
    """
    try:
        said = read_artifact(manifest)
        index = said.index
        if index.media_type not in (media.INDEX_V1, media.INDEX_V2):
            raise NotAsPromisedError(
                f"its config is {index.media_type[:80]!r}, no index of a bundle"
            )
        if index.size > media.LARGEST_INDEX:
            raise NotAsPromisedError(f"its index has {index.size} bytes")
    except NotAsPromisedError as error:
        raise DamagedBundleError(
            f"{place}@{manifest.digest} is no bundle",
            str(error),
            "Check the reference: it may be a container image or another artifact.",
        ) from error
    return said


def read_artifact(manifest: Manifest) -> BundleManifest:
    """What any image manifest says; its config is called the index here.

    Raises:
        NotAsPromisedError: It is no image manifest.
    """
    document = table_in(parse_json(manifest.data, media.LARGEST_MANIFEST), "the manifest")
    layers = document.get("layers")
    if not isinstance(layers, list):
        raise NotAsPromisedError("layers is no list")
    return BundleManifest(
        _blob(document.get("config")),
        tuple(map(_blob, layers)),
        _texts(document.get("annotations")),
        {number: _texts(each.get("annotations")) for number, each in enumerate(layers)},
    )


def _descriptor(blob: Blob) -> dict[str, Any]:
    return {"mediaType": blob.media_type, "digest": str(blob.digest), "size": blob.size}


def _made(document: Mapping[str, Any]) -> Manifest:
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    return Manifest(sha256_digest(data), media.IMAGE_MANIFEST, data)


def _blob(value: Any) -> Blob:
    said = table_in(value, "a descriptor")
    media_type = said.get("mediaType")
    if not isinstance(media_type, str):
        raise NotAsPromisedError("a descriptor has no mediaType")
    digest = digest_in(said.get("digest"), "sha256", "a descriptor")
    return Blob(digest, size_in(said.get("size"), "a descriptor"), media_type)


def _texts(value: Any) -> Mapping[str, str]:
    if value is None:
        return {}
    texts = table_in(value, "annotations")
    if not all(isinstance(each, str) for each in texts.values()):
        raise NotAsPromisedError("an annotation is no text")
    return texts
