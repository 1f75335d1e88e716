"""Who pushed a bundle, when, with what and after which: said about it, outside of its digest.

It is an in-toto statement (https://in-toto.io/Statement/v1) in an artifact that names the bundle's manifest
as its subject. Nobody signs it: it tells what the pusher says of itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any, NamedTuple

from modelops_bundle.bundle.json_text import NotAsPromisedError, parse_json, table_in
from modelops_bundle.bundle.manifest import artifact_manifest, read_artifact
from modelops_bundle.bundle.media import EMPTY, LARGEST_MANIFEST, PROVENANCE
from modelops_bundle.bundle.remote import Blob, Manifest, Remote
from modelops_bundle.errors import DamagedBundleError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.workflows.bundles.exchange import Exchange

__all__ = ["Provenance", "attest", "provenance_of"]

_STATEMENT = "https://in-toto.io/Statement/v1"
_PREDICATE = "urn:modelops:bundle-provenance:v1"
#: Statements about one bundle that are read at most: one for each push of it.
_MOST_STATEMENTS = 100
_MOST_ANCESTORS = 1000


class Provenance(NamedTuple):
    """What one push says of itself; empty texts where it does not.

    Attributes:
        created: When, in ISO 8601.
        author: Who.
        tool: With which program.
        ancestors: The bundles that it comes from as far as the pusher knew, oldest first; the last one is
            what it was made from.
        tags: The tags that were moved.
    """

    created: str
    author: str
    tool: str
    ancestors: tuple[Digest, ...]
    tags: tuple[str, ...]


def attest(
    exchange: Exchange,
    remote: Remote,
    manifest: Manifest,
    ancestors: Sequence[Digest],
    tags: Sequence[str],
) -> None:
    """Say who pushed a bundle.

    Raises:
        RemoteError: The place refuses.
    """
    document = {
        "_type": _STATEMENT,
        "subject": [{"name": remote.place, "digest": {"sha256": manifest.digest.hex}}],
        "predicateType": _PREDICATE,
        "predicate": {
            "created": exchange.now(),
            "author": exchange.author,
            "tool": exchange.tool,
            "ancestors": [str(ancestor) for ancestor in ancestors],
            "tags": list(tags),
        },
    }
    data = json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
    blob = Blob(sha256_digest(data), len(data), PROVENANCE)
    remote.put(Blob(sha256_digest(b"{}"), 2, EMPTY), lambda: [b"{}"])
    remote.put(blob, lambda: [data])
    remote.put_manifest(artifact_manifest(PROVENANCE, [blob], manifest), None)


def provenance_of(remote: Remote, digest: Digest) -> list[Provenance]:
    """What pushes said of a bundle, oldest first. What cannot be read is left out: it decides nothing.

    Raises:
        RemoteError: The place could not be asked.
    """
    return sorted(_read(remote, digest), key=lambda said: (said.created, said.author, said.tool))


def _read(remote: Remote, digest: Digest) -> Iterator[Provenance]:
    for referrer in islice(remote.referrers(digest, PROVENANCE), _MOST_STATEMENTS):
        try:
            manifest = remote.manifest(str(referrer.digest))
            layers = read_artifact(manifest).layers if manifest is not None else ()
            blob = next((each for each in layers if each.media_type == PROVENANCE), None)
            if blob is not None and blob.size <= LARGEST_MANIFEST:
                yield _provenance(b"".join(remote.get(blob)))
        except (NotAsPromisedError, DamagedBundleError):
            continue


def _provenance(data: bytes) -> Provenance:
    said = table_in(parse_json(data, LARGEST_MANIFEST), "a statement").get("predicate")
    predicate = table_in(said, "predicate")

    def text(key: str) -> str:
        value: Any = predicate.get(key)
        return value if isinstance(value, str) else ""

    def texts(key: str) -> list[str]:
        value: Any = predicate.get(key)
        return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []

    ancestors = tuple(filter(None, map(_digest, texts("ancestors")[-_MOST_ANCESTORS:])))
    tags = tuple(texts("tags"))
    return Provenance(text("created"), text("author"), text("tool"), ancestors, tags)


def _digest(text: str) -> Digest | None:
    try:
        digest = Digest.parse(text)
    except ValueError:
        return None
    return digest if digest.algorithm == "sha256" else None
