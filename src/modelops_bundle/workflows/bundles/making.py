"""From a folder's contents to a bundle: its index, its manifest, and where each blob is read from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.bundle.index import BundleIndex, InChunks, InPack, Place
from modelops_bundle.bundle.index_text import dump_index
from modelops_bundle.bundle.manifest import bundle_manifest
from modelops_bundle.bundle.media import INDEX_V2, LARGEST_INDEX
from modelops_bundle.bundle.packing import LARGE_FILE, packs_of
from modelops_bundle.bundle.remote import Blob, BlobReader, Manifest
from modelops_bundle.bundle.settings import StorageSettings
from modelops_bundle.bundle.tree import WorkTree
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.ports import Progress

__all__ = ["Made", "make_bundle"]


@dataclass(frozen=True)
class Made:
    """A bundle that can be sent.

    Attributes:
        index: What it holds.
        index_data: The index as it is sent.
        manifest: Its manifest.
        registry_blobs: Blobs that go to the registry or layout, the index left out.
        storage_blobs: Blobs that go to blob storage.
        tree: Where their bytes are.
        index_type: Media type of the index.
    """

    index: BundleIndex
    index_data: bytes
    manifest: Manifest
    registry_blobs: tuple[Blob, ...]
    storage_blobs: tuple[Blob, ...]
    tree: WorkTree
    index_type: str = INDEX_V2

    @property
    def index_blob(self) -> Blob:
        """The config blob."""
        return Blob(sha256_digest(self.index_data), len(self.index_data), self.index_type)

    def reader(self, blob: Blob) -> BlobReader:
        """Reads the bytes of one of its blobs."""
        return self.tree.reader(self._pieces[blob])

    @cached_property
    def _pieces(self) -> dict[Blob, list[tuple[str, int, int]]]:
        pieces: dict[Blob, list[tuple[str, int, int]]] = {}
        for pack, members in self.index.members().items():
            pieces[pack] = [(path, 0, self.index.size_of(path)) for path in members]
        for path, place in self.index.places.items():
            offset = 0
            for chunk in place.chunks if isinstance(place, InChunks) else ():
                pieces.setdefault(chunk, [(path, offset, chunk.size)])
                offset += chunk.size
        return pieces


def make_bundle(
    tree: WorkTree,
    contents: Contents,
    storage: StorageSettings,
    progress: Progress | None = None,
) -> Made:
    """Cut and pack what is in a folder. Equal contents give an equal bundle, whoever makes it and when.

    Raises:
        InputsChangedError: A file changed since ``contents`` was looked at.
        UsageError: There are more files than an index may name, or more blobs than a manifest may.
    """
    places: dict[str, Place] = _packed(tree, contents)
    large = [
        path
        for path, entry in sorted(contents.items())
        if isinstance(entry, FileEntry) and entry.size >= LARGE_FILE
    ]
    for number, path in enumerate(large):
        if progress:
            progress("cutting large files", number, len(large))
        entry = contents[path]
        assert isinstance(entry, FileEntry)
        places[path] = InChunks(tree.chunks(path, entry))
    index = BundleIndex(dict(contents), places)
    stored = _stored(index, storage)
    data = dump_index(index)
    if len(data) > LARGEST_INDEX:
        raise UsageError(
            "the bundle holds too many files",
            f"its index has {len(data) >> 20} MiB, and {LARGEST_INDEX >> 20} are the most",
            "Take files out of it, or put many small ones into fewer large ones.",
        )
    registry_blobs = tuple(blob for blob in index.blobs() if blob not in stored)
    manifest = bundle_manifest(
        Blob(sha256_digest(data), len(data), INDEX_V2),
        registry_blobs,
        storage.url if stored else None,
    )
    in_storage = tuple(blob for blob in index.blobs() if blob in stored)
    return Made(index, data, manifest, registry_blobs, in_storage, tree)


def _packed(tree: WorkTree, contents: Contents) -> dict[str, Place]:
    places: dict[str, Place] = {}
    for members in packs_of(contents):
        pack = tree.pack(members, contents)
        offset = 0
        for path in members:
            places[path] = InPack(pack, offset)
            entry = contents[path]
            assert isinstance(entry, FileEntry)
            offset += entry.size
    return places


def _stored(index: BundleIndex, storage: StorageSettings) -> frozenset[Blob]:
    """Blobs for blob storage. One that a file in the registry has as well stays in the registry."""
    outside: set[Blob] = set()
    inside: set[Blob] = set(index.packs())
    for path, place in index.places.items():
        if isinstance(place, InChunks):
            chosen = outside if storage.takes(path, index.size_of(path)) else inside
            chosen.update(place.chunks)
    return frozenset(outside - inside)
