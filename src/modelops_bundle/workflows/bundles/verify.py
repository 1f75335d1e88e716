"""``verify``: read every byte of a bundle where it is kept, and compare it with the digests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from modelops_bundle.bundle.contents import Entry, FileEntry, links_of, total_size
from modelops_bundle.bundle.index import InChunks, InPack
from modelops_bundle.bundle.paths import REGISTRY_PATH, way_of
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import DamagedBundleError, RegistryError, RemoteError
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.identity.streams import digest_stream
from modelops_bundle.ports import Progress
from modelops_bundle.records.document import load_document
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import each_blob, read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle

__all__ = ["Damage", "VerifiedBundle", "verify_bundle"]


class Damage(NamedTuple):
    """Something that is not what it should be: a path or a blob, and what is wrong."""

    where: str
    what: str


@dataclass(frozen=True, slots=True)
class VerifiedBundle:
    """A bundle that was read.

    Attributes:
        reference: What was asked for.
        bundle: The bundle.
        files: How many files were read.
        size: Their bytes.
        damaged: What is wrong; empty when all is right.
        stale: Data that is not what an entry of the registry was recorded with: it was stale when it was
            pushed.
    """

    reference: Reference
    bundle: RemoteBundle
    files: int
    size: int
    damaged: tuple[Damage, ...]
    stale: tuple[Damage, ...]


def verify_bundle(
    exchange: Exchange, text: str | None, progress: Progress | None = None
) -> VerifiedBundle:
    """Read a bundle from its place, past the cache.

    Beside every blob and file, what the registry in it records of data must be what the bundle holds.

    Raises:
        UsageError: The reference is none.
        RemoteError: There is no such bundle, or its place cannot be reached.
        DamagedBundleError: Its manifest or index is not what its digest says: nothing else can be told.
    """
    reference = exchange.reference(text)
    bundle = open_bundle(exchange, reference)
    jobs: list[Blob | str] = [*bundle.index.members(), *_large(bundle)]
    found = each_blob(jobs, lambda job: _damage(bundle, job), progress, "verifying")
    damaged = [each for some in found for each in some]
    stale: list[Damage] = []
    if not damaged:
        try:
            registry = _registry(bundle)
            damaged, stale = list(_lacking(bundle, registry)), list(_stale(bundle, registry))
        except (DamagedBundleError, RegistryError) as error:
            damaged = [Damage(REGISTRY_PATH, error.summary)]
    contents = bundle.index.contents
    size = total_size(contents)
    return VerifiedBundle(reference, bundle, len(contents), size, tuple(damaged), tuple(stale))


def _large(bundle: RemoteBundle) -> list[str]:
    places = bundle.index.places
    return [path for path in sorted(places) if isinstance(places[path], InChunks)]


def _damage(bundle: RemoteBundle, job: Blob | str) -> list[Damage]:
    try:
        if isinstance(job, str):
            return list(_large_file(bundle, job))
        return list(_pack(bundle, job))
    except (DamagedBundleError, RemoteError) as error:
        return [Damage(job if isinstance(job, str) else str(job.digest), error.summary)]


def _pack(bundle: RemoteBundle, pack: Blob) -> Iterator[Damage]:
    data = b"".join(bundle.source(pack).get(pack))
    for path in bundle.index.members()[pack]:
        place = bundle.index.places[path]
        entry = bundle.index.contents[path]
        assert isinstance(place, InPack)
        assert isinstance(entry, FileEntry)
        if content_digest(data[place.offset : place.offset + entry.size]) != entry.digest:
            yield Damage(path, "its bytes in the pack have another digest")


def _large_file(bundle: RemoteBundle, path: str) -> Iterator[Damage]:
    place, entry = bundle.index.places[path], bundle.index.contents[path]
    assert isinstance(place, InChunks)
    assert isinstance(entry, FileEntry)
    content = digest_stream(entry.digest.algorithm)
    for chunk in place.chunks:
        for piece in bundle.source(chunk).get(chunk):
            content.update(piece)
    if content.digest() != entry.digest:
        yield Damage(path, "its chunks together have another digest")


def _registry(bundle: RemoteBundle) -> BundleRegistry:
    if REGISTRY_PATH not in bundle.index.contents:
        raise DamagedBundleError("the bundle has no registry")
    return load_document(read_file(bundle, REGISTRY_PATH), REGISTRY_PATH).registry


def _lacking(bundle: RemoteBundle, registry: BundleRegistry) -> Iterator[Damage]:
    for entry_id, entry in registry.entries():
        for path in (entry.path, *entry.code, *entry.data):
            if _held(bundle, path) is None:
                yield Damage(path, f"{entry_id} needs it, and the bundle has it not")


def _stale(bundle: RemoteBundle, registry: BundleRegistry) -> Iterator[Damage]:
    for entry_id, entry in registry.entries():
        for path, digest in entry.data_digests.items():
            held = _held(bundle, path)
            if not isinstance(held, FileEntry) or not digest.startswith(held.digest.algorithm):
                continue  # digests of two algorithms say nothing of each other
            if digest != str(held.digest):
                yield Damage(path, f"it is not the file that {entry_id} was recorded with")


def _held(bundle: RemoteBundle, path: str) -> Entry | None:
    way = way_of(path, links_of(bundle.index.contents))
    return bundle.index.contents.get(way.end) if way is not None else None
