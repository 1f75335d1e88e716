"""What names a manifest as its subject: by the registry's own list, or by an index that clients keep.

Registries older than version 1.1 of the OCI distribution specification have no such list. For them, it says,
clients keep an index under the tag ``sha256-<hex>`` of the subject. Registries cannot move a tag only from
where it was: so whoever has written the index looks a little later whether his entry is still in it, and
else does it again.
"""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Iterable
from threading import Lock
from typing import Any, Final
from urllib.parse import quote

from modelops_bundle.adapters.oci.manifests import listed, pages, put_manifest, read_manifest
from modelops_bundle.adapters.oci.repository import Repository
from modelops_bundle.adapters.oci.words import json_object
from modelops_bundle.bundle.media import IMAGE_INDEX, LARGEST_MANIFEST
from modelops_bundle.bundle.remote import Blob, Manifest
from modelops_bundle.errors import RemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest

__all__ = ["FALLBACK_TAG", "Referrers"]

FALLBACK_TAG: Final = re.compile(r"sha256-[0-9a-f]{64}")

_TRIES = 8
_NO_LIST = (400, 404, 405, 501)
"""What registries answer that know nothing of the list."""


class Referrers:
    """What refers to the manifests of a repository.

    Args:
        at: The repository.
    """

    def __init__(self, at: Repository) -> None:
        self._at = at
        # Threads of one process need not lose to each other what others may lose.
        self._lock = Lock()

    def find(self, subject: Digest, artifact_type: str) -> list[Blob]:
        """See :meth:`Remote.referrers`."""
        entries = self._listed(subject, artifact_type)
        if entries is None:
            index = self._index(subject)
            entries = [] if index is None else _entries(index)
        found = {
            blob
            for entry in entries
            if entry.get("artifactType") == artifact_type and (blob := _as_blob(entry)) is not None
        }
        return sorted(found)

    def put(self, manifest: Manifest, tag: str | None) -> None:
        """Keep a manifest, and see to it that its subject's list has it.

        Raises:
            RemoteError: One of both could not be done.
        """
        reply = put_manifest(self._at, manifest, tag)
        document = json_object(manifest.data) or {}
        subject = _subject(document)
        if subject is not None and "OCI-Subject" not in reply.headers:
            with self._lock:
                self._enter(subject, _entry(manifest, document))

    def _listed(self, subject: Digest, artifact_type: str) -> list[dict[str, Any]] | None:
        """What the registry's own list has; ``None`` where there is none."""
        what = f"cannot list what refers to {subject.short} in {self._at.place}"
        path = self._at.path(f"referrers/{subject}?artifactType={quote(artifact_type, safe='')}")
        entries: list[dict[str, Any]] = []
        for number, reply in enumerate(pages(self._at, what, path, (200, *_NO_LIST))):
            if reply.status != 200:
                if number == 0:
                    return None
                break
            entries += _entries(listed(what, reply))
        return entries

    def _index(self, subject: Digest) -> dict[str, Any] | None:
        """The index that clients keep.

        Raises:
            RemoteError: What is there is none.
        """
        tag = _tag(subject)
        manifest = read_manifest(self._at, tag)
        if manifest is None:
            return None
        document = json_object(manifest.data)
        if document is None or not isinstance(document.get("manifests"), list):
            raise RemoteError(
                f"cannot tell what refers to {subject.short} in {self._at.place}",
                f"the tag {tag} is no index of it",
                "Remove that tag from the registry.",
            )
        return document

    def _enter(self, subject: Digest, entry: dict[str, Any]) -> None:
        transport = self._at.transport
        for number in range(_TRIES):
            began = transport.now()
            index = self._index(subject) or {"schemaVersion": 2, "mediaType": IMAGE_INDEX}
            entries = index.setdefault("manifests", [])
            if any(_digest_of(each) == entry["digest"] for each in entries):
                return
            if number:
                # Those who overwrite each other do so less if they do not keep step.
                time.sleep(transport.patience.pause * random.uniform(0, number))
            entries.append(entry)
            data = json.dumps(index).encode()
            if len(data) > LARGEST_MANIFEST:
                raise self._not_entered(subject, "the list of what refers to it is full")
            put_manifest(self._at, Manifest(sha256_digest(data), IMAGE_INDEX, data), _tag(subject))
            # Whoever read the index before this was put puts his own soon after: a look comes later.
            time.sleep(min(2 * (transport.now() - began), transport.patience.longest_pause))
        raise self._not_entered(subject, "others change the list of what refers to it all the time")

    def _not_entered(self, subject: Digest, why: str) -> RemoteError:
        return RemoteError(
            f"cannot say in {self._at.place} what refers to {subject.short}", why, "Run it again."
        )


def _tag(subject: Digest) -> str:
    return f"{subject.algorithm}-{subject.hex}"


def _entries(document: dict[str, Any]) -> list[dict[str, Any]]:
    entries = document.get("manifests")
    return [each for each in _iterable(entries) if isinstance(each, dict)]


def _iterable(found: object) -> Iterable[object]:
    return found if isinstance(found, list) else ()


def _digest_of(entry: object) -> object:
    return entry.get("digest") if isinstance(entry, dict) else None


def _as_blob(entry: dict[str, Any]) -> Blob | None:
    """The descriptor of an entry; ``None`` for one that cannot be used."""
    size, media_type = entry.get("size"), entry.get("mediaType")
    digest = _sha256(entry.get("digest"))
    if digest is None or not isinstance(media_type, str):
        return None
    return Blob(digest, size, media_type) if type(size) is int and size >= 0 else None


def _sha256(text: object) -> Digest | None:
    try:
        digest = Digest.parse(text if isinstance(text, str) else "")
    except ValueError:
        return None
    return digest if digest.algorithm == "sha256" else None


def _subject(document: dict[str, Any]) -> Digest | None:
    subject = document.get("subject")
    return _sha256(subject.get("digest")) if isinstance(subject, dict) else None


def _entry(manifest: Manifest, document: dict[str, Any]) -> dict[str, Any]:
    """The descriptor that the specification asks for: with the type and annotations of the manifest."""
    config = document.get("config")
    kind = document.get("artifactType")
    if not kind and isinstance(config, dict):
        kind = config.get("mediaType")
    entry = {
        "mediaType": manifest.media_type,
        "digest": str(manifest.digest),
        "size": len(manifest.data),
    }
    if isinstance(kind, str):
        entry["artifactType"] = kind
    if isinstance(annotations := document.get("annotations"), dict):
        entry["annotations"] = annotations
    return entry
