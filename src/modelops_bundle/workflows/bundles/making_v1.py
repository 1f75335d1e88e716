"""Bundles of index version 1: a layer a file, for those who still run the package that reads nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from modelops_bundle.bundle.contents import Contents, FileEntry, LinkEntry
from modelops_bundle.bundle.index import BundleIndex, InChunks
from modelops_bundle.bundle.index_v1 import FILE, dump_index_v1
from modelops_bundle.bundle.manifest import manifest_v1
from modelops_bundle.bundle.media import INDEX_V1
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.making import Made

__all__ = ["make_bundle_v1"]


def make_bundle_v1(exchange: Exchange, contents: Contents) -> Made:
    """A bundle of index version 1 of what is in the folder.

    Raises:
        UsageError: There are links, which that version cannot hold.
        InputsChangedError: A file changed since ``contents`` was looked at.
    """
    links = [path for path, entry in contents.items() if isinstance(entry, LinkEntry)]
    if links:
        raise UsageError(
            "index version 1 holds no links",
            f"{', '.join(sorted(links)[:3])} is one",
            "Replace links by files, or push without --index-version 1.",
        )
    files = dict(_files(exchange.tree.look(contents, "sha256")))
    storage = exchange.settings.storage
    stored = [path for path, entry in files.items() if storage.takes(path, entry.size)]
    blobs = {path: Blob(entry.digest, entry.size, FILE) for path, entry in files.items()}
    located = _located(exchange, stored, blobs)
    name, _, version = exchange.tool.partition(" ")
    data = dump_index_v1(files, located, exchange.now(), (name, version))
    layers = [(path, blob) for path, blob in sorted(blobs.items()) if path not in located]
    index = BundleIndex(files, {path: InChunks((blob,)) for path, blob in blobs.items()}, version=1)
    return Made(
        index=index,
        index_data=data,
        index_type=INDEX_V1,
        manifest=manifest_v1(Blob(sha256_digest(data), len(data), INDEX_V1), layers),
        registry_blobs=tuple(dict.fromkeys(blob for _, blob in layers)),
        storage_blobs=tuple(dict.fromkeys(blobs[path] for path in stored)),
        tree=exchange.tree,
    )


def _files(contents: Contents) -> Iterable[tuple[str, FileEntry]]:
    for path, entry in contents.items():
        assert isinstance(entry, FileEntry), "links were refused"
        yield path, entry


def _located(
    exchange: Exchange, stored: Iterable[str], blobs: Mapping[str, Blob]
) -> dict[str, str]:
    """URI of each file in blob storage."""
    url = exchange.settings.storage.url
    if url is None:
        return {}
    storage = exchange.storage(url)
    return {path: storage.uri(blobs[path]) for path in stored}
