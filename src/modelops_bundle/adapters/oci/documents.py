"""What the documents of an OCI image layout say, and how its index is changed; no file is touched here.

An index lists manifests, or further indexes, which are followed one level deep. A tag is an annotation of an
entry. An entry without one keeps a manifest that nobody points to any more from being collected as garbage.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelops_bundle.bundle.json_text import (
    NotAsPromisedError,
    digest_in,
    parse_json,
    size_in,
    table_in,
)
from modelops_bundle.bundle.media import IMAGE_INDEX, LARGEST_MANIFEST
from modelops_bundle.bundle.reference import is_tag
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.identity.digest import Digest

__all__ = [
    "LAYOUT_TEXT",
    "Entry",
    "blobs_named",
    "check_layout_version",
    "entries_of",
    "index_text",
    "is_referrer",
    "new_index",
    "tagged",
    "with_manifest",
]

LAYOUT_TEXT = b'{"imageLayoutVersion":"1.0.0"}'
_TAG = "org.opencontainers.image.ref.name"


@dataclass(frozen=True, slots=True)
class Entry:
    """A manifest that an index lists.

    Attributes:
        blob: The manifest.
        tag: What points to it; what no user could name as a tag is none.
        is_nested: Whether it stands in an index that the index lists.
    """

    blob: Blob
    tag: str | None
    is_nested: bool = False


def check_layout_version(data: bytes) -> None:
    """Raise :class:`NotAsPromisedError` unless a layout's marker is of the version that there is."""
    said = table_in(parse_json(data, LARGEST_MANIFEST), "oci-layout").get("imageLayoutVersion")
    if said != "1.0.0":
        raise NotAsPromisedError(f"its version is {str(said)[:30]!r}, and 1.0.0 is known")


def entries_of(document: Mapping[str, Any], read: Callable[[Blob], bytes | None]) -> list[Entry]:
    """What an index lists, in its order.

    Args:
        document: The index.
        read: Gives the text of an index that it lists; ``None`` where it is not there.

    Raises:
        NotAsPromisedError: It is no index.
    """
    found: list[Entry] = []
    nested: dict[Digest, list[Entry]] = {}
    for entry in _listed(document):
        if entry.blob.media_type != IMAGE_INDEX:
            found.append(entry)
            continue
        if entry.blob.digest not in nested:
            text = read(entry.blob)
            table = {} if text is None else parse_json(text, LARGEST_MANIFEST)
            nested[entry.blob.digest] = list(_listed(table_in(table, "an index")))
        inner = nested[entry.blob.digest]
        # Tools wrap a manifest of one platform into an index: the tag means what is in there.
        found.append(Entry(inner[0].blob, entry.tag) if len(inner) == 1 else entry)
    inside = (entry for entries in nested.values() for entry in entries)
    return found + [Entry(entry.blob, entry.tag, is_nested=True) for entry in inside]


def tagged(entries: Iterable[Entry], tag: str) -> Blob | None:
    """The manifest that a tag points to; those that are listed first-hand count more than nested ones.

    Raises:
        NotAsPromisedError: It points to several.
    """
    found = [entry for entry in entries if entry.tag == tag]
    blobs = [entry.blob for entry in found if not entry.is_nested] or [
        entry.blob for entry in found
    ]
    if len({blob.digest for blob in blobs}) > 1:
        raise NotAsPromisedError(f"the tag {tag} points to several manifests")
    return blobs[0] if blobs else None


def new_index(entries: Iterable[Entry] = ()) -> dict[str, Any]:
    """An index of manifests."""
    listed = [_descriptor(entry.blob, entry.tag) for entry in entries]
    return {"schemaVersion": 2, "mediaType": IMAGE_INDEX, "manifests": listed}


def with_manifest(document: Mapping[str, Any], blob: Blob, tag: str | None) -> dict[str, Any]:
    """An index with a manifest, which a tag points to from now on. All else that it says stays.

    Args:
        document: An index that :func:`entries_of` has read.
        blob: The manifest.
        tag: The tag; ``None`` to list it only.
    """
    entries = [dict(entry) for entry in document.get("manifests") or []]
    if tag is not None:
        entries = [_untagged(entry) if _tag_of(entry) == tag else entry for entry in entries]
    same = [entry for entry in entries if entry["digest"] == str(blob.digest)]
    bare = next((entry for entry in same if _tag_of(entry) is None), None)
    if tag is not None and bare is not None:
        bare["annotations"] = {**(bare.get("annotations") or {}), _TAG: tag}
    elif tag is not None or not same:
        entries.append(_descriptor(blob, tag))
    return {**document, "manifests": list(_needed(entries))}


def index_text(document: Mapping[str, Any]) -> bytes:
    """An index as it is written.

    Raises:
        NotAsPromisedError: It would be too large to be read again.
    """
    try:
        text = json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
    except ValueError as error:
        raise NotAsPromisedError("it has a number that is none of JSON") from error
    if len(text) > LARGEST_MANIFEST:
        raise NotAsPromisedError(f"it would have {len(text)} bytes: it lists too many manifests")
    return text


def blobs_named(manifest: bytes) -> list[Blob]:
    """The blobs that a manifest needs: its config and layers.

    Raises:
        NotAsPromisedError: It is no manifest.
    """
    document = table_in(parse_json(manifest, LARGEST_MANIFEST), "the manifest")
    layers = document.get("layers") or []
    if not isinstance(layers, list):
        raise NotAsPromisedError("layers is no list")
    config = [] if document.get("config") is None else [document["config"]]
    return [_blob(each) for each in (*config, *layers)]


def is_referrer(manifest: bytes, subject: Digest, artifact_type: str) -> bool:
    """Whether a manifest is of a type and names ``subject`` as its own. What is no manifest does not."""
    if str(subject).encode() not in manifest:
        return False
    try:
        document = table_in(parse_json(manifest, LARGEST_MANIFEST), "the manifest")
        named = table_in(document.get("subject") or {}, "subject")
        config = table_in(document.get("config") or {}, "config")
    except NotAsPromisedError:
        return False
    kind = document.get("artifactType") or config.get("mediaType")
    return named.get("digest") == str(subject) and kind == artifact_type


def _listed(document: Mapping[str, Any]) -> Iterator[Entry]:
    manifests = document.get("manifests")
    if manifests is None:  # Go writes an empty list so
        return
    if not isinstance(manifests, list):
        raise NotAsPromisedError("manifests is no list")
    for value in manifests:
        digest = table_in(value, "an entry").get("digest")
        annotations = table_in(value.get("annotations") or {}, "annotations")
        tag = annotations.get(_TAG)
        if not isinstance(tag, str | None):
            raise NotAsPromisedError("a tag is no text")
        # OCI allows it; none of ours has it, and it stays where it is.
        if not (isinstance(digest, str) and digest.startswith("sha512:")):
            yield Entry(_blob(value), tag if tag and is_tag(tag) else None)


def _blob(value: Any) -> Blob:
    said = table_in(value, "a descriptor")
    media_type = said.get("mediaType")
    if not isinstance(media_type, str):
        raise NotAsPromisedError("a descriptor has no mediaType")
    digest = digest_in(said.get("digest"), "sha256", "a descriptor")
    return Blob(digest, size_in(said.get("size"), "a descriptor"), media_type)


def _descriptor(blob: Blob, tag: str | None) -> dict[str, Any]:
    made = {"mediaType": blob.media_type, "digest": str(blob.digest), "size": blob.size}
    return made if tag is None else {**made, "annotations": {_TAG: tag}}


def _tag_of(entry: Mapping[str, Any]) -> str | None:
    tag: str | None = (entry.get("annotations") or {}).get(_TAG)
    return tag


def _untagged(entry: Mapping[str, Any]) -> dict[str, Any]:
    others = {name: text for name, text in entry["annotations"].items() if name != _TAG}
    rest = {name: value for name, value in entry.items() if name != "annotations"}
    return {**rest, "annotations": others} if others else rest


def _needed(entries: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Entries without those that say nothing which another one does not say."""
    tagged_ones = {entry["digest"] for entry in entries if _tag_of(entry) is not None}
    seen: set[str] = set()
    for entry in entries:
        digest = entry["digest"]
        says_more = not entry.keys() <= {"mediaType", "digest", "size"}
        if says_more or not (digest in tagged_ones or digest in seen):
            yield entry
            seen.add(digest)
