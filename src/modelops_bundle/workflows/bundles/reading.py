"""Bundles that are somewhere else: their manifest and index, and the blobs behind them."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from modelops_bundle.bundle.index import BundleIndex
from modelops_bundle.bundle.index_text import parse_index
from modelops_bundle.bundle.index_v1 import parse_index_v1
from modelops_bundle.bundle.manifest import STORAGE, BundleManifest, read_manifest
from modelops_bundle.bundle.media import INDEX_V1
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.remote import Blob, BlobCache, BlobStore, Manifest, Remote
from modelops_bundle.errors import DamagedBundleError, RemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.exchange import Source

__all__ = ["RemoteBundle", "find_bundle", "open_bundle"]


@dataclass(frozen=True)
class RemoteBundle:
    """A bundle in its place. Its blobs come through the cache: what was fetched once is not fetched again.

    Attributes:
        remote: Where it is.
        manifest: Its manifest, verified.
        said: What the manifest says.
        index: What it holds, verified.
        cache: Blobs on this machine.
        storages: URL of the blob storage of each blob that is no layer.
        open_storage: Gives the storage of a URL.
    """

    remote: Remote
    manifest: Manifest
    said: BundleManifest
    index: BundleIndex
    cache: BlobCache
    storages: Mapping[Digest, str]
    open_storage: Callable[[str], BlobStore]

    @property
    def digest(self) -> Digest:
        """What it is known by."""
        return self.manifest.digest

    def source(self, blob: Blob) -> BlobStore:
        """Where a blob of the index is kept."""
        if blob.digest in self._layers:
            return self.remote
        return self.open_storage(self.storages[blob.digest])

    def fetch(self, blob: Blob) -> None:
        """Have a blob in the cache; nothing is sent if it is there.

        Raises:
            DamagedBundleError: What came is not what the digest says.
            RemoteError: It could not be fetched.
        """
        self.cache.fetch(blob, self.source(blob).get)

    def require_cached(self, blob: Blob) -> None:
        """Have a blob in the cache whose bytes are right, whatever was there before."""
        try:
            for _ in self.cache.get(blob):
                pass
        except (DamagedBundleError, RemoteError):
            self.cache.drop(blob)
            self.fetch(blob)

    @cached_property
    def _layers(self) -> frozenset[Digest]:
        return frozenset(layer.digest for layer in (*self.said.layers, self.said.index))


def find_bundle(source: Source, reference: Reference) -> RemoteBundle | None:
    """The bundle of a reference; ``None`` where there is none.

    Raises:
        DamagedBundleError: It is not what its digest says, or no bundle.
        RemoteError: It could not be asked for.
    """
    remote = source.remote(reference)
    manifest = remote.manifest(reference.wanted)
    return None if manifest is None else _opened(source, remote, manifest)


def open_bundle(source: Source, reference: Reference) -> RemoteBundle:
    """:func:`find_bundle` where there must be one.

    Raises:
        RemoteError: There is none, or it could not be asked for.
        DamagedBundleError: It is not what its digest says, or no bundle.
    """
    found = find_bundle(source, reference)
    if found is None:
        raise _no_bundle(reference)
    return found


def _no_bundle(reference: Reference) -> RemoteError:
    why = f"{reference.place} has no {reference.wanted}"
    mend = "`mops-bundle tags` lists what is there; `mops-bundle push` makes one."
    folder = os.path.abspath(os.path.expanduser(reference.repository))
    if reference.is_layout and not os.path.lexists(folder):
        why = f"there is no folder {folder}"
        mend = "Check the path; a first `mops-bundle push` there makes it."
    return RemoteError(f"there is no bundle {reference}", why, mend)


def _opened(source: Source, remote: Remote, manifest: Manifest) -> RemoteBundle:
    said = read_manifest(manifest, remote.place)
    data = _index_data(source.cache, remote, said.index)
    if said.index.media_type == INDEX_V1:
        index, storages = parse_index_v1(data)
    else:
        index = parse_index(data)
        url = said.annotations.get(STORAGE)
        layers = {layer.digest for layer in said.layers}
        outside = (blob.digest for blob in index.blobs() if blob.digest not in layers)
        storages = dict.fromkeys(outside, url) if url is not None else {}
    _require_placed(index, {layer.digest for layer in said.layers} | storages.keys(), remote)
    opened = lru_cache(maxsize=None)(source.storage)
    return RemoteBundle(remote, manifest, said, index, source.cache, storages, opened)


def _require_placed(index: BundleIndex, known: Collection[Digest], remote: Remote) -> None:
    """Refuse a bundle of which nobody says where all of it is."""
    for blob in index.blobs():
        if blob.digest not in known:
            raise DamagedBundleError(
                f"a bundle in {remote.place} lacks a blob",
                f"{blob.digest} is no layer of it, and it names no blob storage",
                "Push the bundle again from where it was made.",
            )


def _index_data(cache: BlobCache, remote: Remote, index: Blob) -> bytes:
    cache.fetch(index, remote.get)
    try:
        return b"".join(cache.get(index))
    except DamagedBundleError:
        cache.drop(index)
        return b"".join(remote.get(index))
