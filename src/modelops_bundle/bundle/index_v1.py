"""The index of version 1, for those who still run the package that wrote it.

::

    {"version": "1.0", "created": "<ISO 8601>", "tool": {"name": ..., "version": ...},
     "files": {"<path>": {"path": "<path>", "digest": "sha256:...", "size": ..., "storage": "oci" | "blob",
                          "mediaType": ..., "blobRef": {"uri": ..., "etag": ... | null} | null}},
     "metadata": {}}

A file is one blob: a layer of the manifest with its path as title, or an object in blob storage. There are no
links and no permissions, and because of ``created`` equal contents have no equal digest.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from modelops_bundle.bundle.contents import FileEntry
from modelops_bundle.bundle.index import BundleIndex, InChunks
from modelops_bundle.bundle.json_text import (
    NotAsPromisedError,
    digest_in,
    parse_json,
    size_in,
    table_in,
)
from modelops_bundle.bundle.media import LARGEST_INDEX
from modelops_bundle.bundle.paths import problems_of
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import DamagedBundleError
from modelops_bundle.identity.digest import Digest

__all__ = ["FILE", "IndexV1", "dump_index_v1", "parse_index_v1"]

FILE = "application/octet-stream"
"""Media type of a file's blob."""

_MOST_PROBLEMS = 5
_URI = re.compile(r"(azure|s3|gcs|fs)://(.*?)/([0-9a-f]{2})/([0-9a-f]{2})/([0-9a-f]{64})")
_SCHEMES = {"azure": "az", "s3": "s3", "gcs": "gs", "fs": "file"}


class IndexV1(NamedTuple):
    """An index of version 1, and the URL of the blob storage of each blob that is no layer."""

    said: BundleIndex
    storages: Mapping[Digest, str]


def parse_index_v1(data: bytes) -> IndexV1:
    """Read an index of version 1 that may come from anybody.

    Raises:
        DamagedBundleError: It is none, or holds what no bundle may hold.
    """
    try:
        document = table_in(parse_json(data, LARGEST_INDEX), "the index")
        if document.get("version") != "1.0":
            raise NotAsPromisedError(
                f"its version is {str(document.get('version'))[:20]!r}, not 1.0"
            )
        files = table_in(document.get("files"), "files")
        contents: dict[str, FileEntry] = {}
        places: dict[str, InChunks] = {}
        storages: dict[Digest, str] = {}
        for path, value in files.items():
            said = table_in(value, path)
            digest = digest_in(said.get("digest"), "sha256", path)
            contents[path] = FileEntry(digest, size_in(said.get("size"), path))
            places[path] = InChunks((Blob(digest, contents[path].size, FILE),))
            if said.get("storage") == "blob":
                storages[digest] = _storage(path, said.get("blobRef"), digest)
    except NotAsPromisedError as error:
        raise _damaged(str(error)) from error
    problems = list(problems_of(contents, {}))
    if problems:
        raise _damaged("; ".join(problems[:_MOST_PROBLEMS]))
    return IndexV1(BundleIndex(contents, places, version=1), storages)


def dump_index_v1(
    contents: Mapping[str, FileEntry],
    stored: Mapping[str, str],
    created: str,
    tool: tuple[str, str],
) -> bytes:
    """The text of an index of version 1.

    Args:
        contents: Files by path, with SHA-256 digests.
        stored: URI of each file in blob storage.
        created: When, in ISO 8601.
        tool: Name and version of the program.
    """
    document = {
        "version": "1.0",
        "created": created,
        "tool": {"name": tool[0], "version": tool[1]},
        "files": {path: _file(path, entry, stored.get(path)) for path, entry in contents.items()},
        "metadata": {},
    }
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def _file(path: str, entry: FileEntry, uri: str | None) -> dict[str, Any]:
    # No ETag: the index is made before the file is sent, and readers need none.
    reference = None if uri is None else {"uri": uri, "etag": None}
    return {
        "path": path,
        "digest": str(entry.digest),
        "size": entry.size,
        "storage": "oci" if uri is None else "blob",
        "mediaType": FILE,
        "blobRef": reference,
    }


def _storage(path: str, value: Any, digest: Digest) -> str:
    """URL of the storage in which a file's blob has its usual key."""
    uri = table_in(value, f"{path}: blobRef").get("uri")
    match = _URI.fullmatch(uri) if isinstance(uri, str) else None
    if match is None or match[3] + match[4] != digest.hex[:4] or match[5] != digest.hex:
        raise NotAsPromisedError(f"{path[:200]}: blobRef does not lead to its digest")
    return f"{_SCHEMES[match[1]]}://{match[2]}"


def _damaged(why: str) -> DamagedBundleError:
    return DamagedBundleError(
        "the bundle's index of version 1 cannot be used",
        why,
        "Nothing of it was written. Ask whoever pushed the bundle, or pull another.",
    )
