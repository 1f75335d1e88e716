"""Bundles made by hand, with whatever somebody who means harm would write into them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from modelops_bundle.adapters.oci.layout import LayoutRemote
from modelops_bundle.bundle.contents import Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.index import BundleIndex, InChunks, InPack, Place
from modelops_bundle.bundle.index_text import dump_index
from modelops_bundle.bundle.manifest import bundle_manifest
from modelops_bundle.bundle.media import INDEX_V2, PACK
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.identity.recipes import content_digest, sha256_digest

__all__ = ["EMPTY_REGISTRY", "craft"]

EMPTY_REGISTRY = b"version: '1.0'\nmodels: {}\ntargets: {}\ntarget_sets: {}\n"


def craft(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    links: Mapping[str, str] | None = None,
    places: Mapping[str, InChunks] | None = None,
    sizes: Mapping[str, int] | None = None,
    storage: str | None = None,
    tag: str = "latest",
) -> str:
    """A bundle in a layout folder, every digest of which is right; its reference.

    Args:
        folder: The layout.
        files: What it holds; a registry and a pyproject.toml are added where there are none.
        links: Targets of links.
        places: Where files are that are not in the one pack.
        sizes: Sizes that are not true.
        storage: URL of the blob storage that it names.
        tag: Its tag.
    """
    held = {".modelops-bundle/registry.yaml": EMPTY_REGISTRY, "pyproject.toml": b"", **files}
    contents: dict[str, Entry] = {path: LinkEntry(each) for path, each in (links or {}).items()}
    data = b"".join(held.values())
    pack = Blob(sha256_digest(data), len(data), PACK)
    found: dict[str, Place] = {}
    offset = 0
    for path, each in held.items():
        size = (sizes or {}).get(path, len(each))
        contents[path] = FileEntry(content_digest(each), size, path.endswith(".sh"))
        if each:
            found[path] = InPack(pack, offset)
        offset += len(each)
    found.update(places or {})
    index = dump_index(BundleIndex(contents, found))
    blob = Blob(sha256_digest(index), len(index), INDEX_V2)
    remote = LayoutRemote(str(folder))
    remote.put(pack, lambda: [data])
    remote.put(blob, lambda: [index])
    manifest = bundle_manifest(blob, [pack], storage)
    remote.put_manifest(manifest, tag, remote.resolve(tag))
    return f"oci-layout:{folder}:{tag}"
