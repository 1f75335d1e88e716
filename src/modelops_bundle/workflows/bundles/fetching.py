"""Getting files of a bundle: blobs into the cache, several at a time, then files out of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import NamedTuple, TypeVar

from modelops_bundle.bundle.contents import FileEntry
from modelops_bundle.bundle.index import InChunks, InPack
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.bundle.tree import Staging
from modelops_bundle.errors import DamagedBundleError, RemoteError
from modelops_bundle.identity.streams import digest_of_bytes
from modelops_bundle.ports import Progress
from modelops_bundle.workflows.bundles.reading import RemoteBundle

__all__ = ["IN_FLIGHT", "each_blob", "fetch_files", "read_file", "size_to_fetch"]

T = TypeVar("T")
U = TypeVar("U")

IN_FLIGHT = 8
"""Blobs that are on their way at once. Each takes a few MiB of memory at most."""

#: What is read into memory: documents and sources.
_LARGEST_READ = 64 << 20
#: A pack is fetched whole from this part of it on: after that it serves other versions as well.
_WHOLE = 0.5

_PIECE = 4 << 20
_mending = Lock()


class _Needed(NamedTuple):
    """Blobs that files come out of: whole ones, and packs of which only pieces are asked for."""

    whole: tuple[Blob, ...]
    parts: frozenset[Blob]


def _needed_blobs(bundle: RemoteBundle, paths: Iterable[str]) -> _Needed:
    """What has to be fetched for some files, as far as the cache does not have it."""
    chunks: dict[Blob, None] = {}
    packed: dict[Blob, int] = {}
    for path in paths:
        place = bundle.index.places.get(path)
        if isinstance(place, InChunks):
            chunks.update(dict.fromkeys(place.chunks))
        elif place is not None:
            packed[place.pack] = packed.get(place.pack, 0) + bundle.index.size_of(path)
    missing = [pack for pack in packed if not bundle.cache.holds(pack)]
    parts = frozenset(pack for pack in missing if packed[pack] < pack.size * _WHOLE)
    whole = [pack for pack in missing if pack not in parts]
    return _Needed((*whole, *(chunk for chunk in chunks if not bundle.cache.holds(chunk))), parts)


def size_to_fetch(bundle: RemoteBundle, paths: Sequence[str]) -> int:
    """Bytes that :func:`fetch_files` would have sent."""
    needed = _needed_blobs(bundle, paths)
    places = ((path, bundle.index.places.get(path)) for path in paths)
    return sum(blob.size for blob in needed.whole) + sum(
        bundle.index.size_of(path)
        for path, place in places
        if isinstance(place, InPack) and place.pack in needed.parts
    )


def read_file(bundle: RemoteBundle, path: str) -> bytes:
    """A small file of a bundle, verified.

    Raises:
        DamagedBundleError: There is none, or it is not what the bundle's digest says.
        RemoteError: It could not be fetched.
    """
    entry = bundle.index.contents.get(path)
    if not isinstance(entry, FileEntry) or entry.size > _LARGEST_READ:
        why = "it is too large to be one" if isinstance(entry, FileEntry) else ""
        raise DamagedBundleError(f"{bundle.remote.place}@{bundle.digest} has no {path}", why)
    needed = _needed_blobs(bundle, [path])
    for blob in needed.whole:
        bundle.fetch(blob)
    data = _read_small(bundle, path, needed.parts)
    if not _is(entry, data):
        # As where files are written: the cache is not believed twice.
        _require_cached(bundle, path, needed.parts)
        data = _read_small(bundle, path, needed.parts)
    if not _is(entry, data):
        raise DamagedBundleError(
            f"{path} is not what the bundle's index says", bundle.remote.place, "Push it again."
        )
    return data


def _read_small(bundle: RemoteBundle, path: str, parts: frozenset[Blob]) -> bytes:
    try:
        return b"".join(_pieces(bundle, path, parts))
    except (DamagedBundleError, RemoteError):
        _require_cached(bundle, path, parts)
        return b"".join(_pieces(bundle, path, parts))


def _is(entry: FileEntry, data: bytes) -> bool:
    return digest_of_bytes(data, entry.digest.algorithm) == entry.digest


def fetch_files(
    bundle: RemoteBundle,
    paths: Sequence[str],
    staging: Staging,
    progress: Progress | None = None,
) -> None:
    """Have files of a bundle in a staging, verified.

    Raises:
        DamagedBundleError: What the place has is not what the bundle's digest says.
        RemoteError: It could not be fetched.
        StorageError: It could not be written.
    """
    wanted = [path for path in paths if not staging.has(path, _file(bundle, path))]
    needed = _needed_blobs(bundle, wanted)
    each_blob(needed.whole, bundle.fetch, progress, "fetching")
    each_blob(wanted, lambda path: _stage(bundle, path, needed.parts, staging), progress, "writing")


def each_blob(
    items: Sequence[T], work: Callable[[T], U], progress: Progress | None, what: str
) -> list[U]:
    """Do the same to each, several at a time; the first error ends it when what is under way is done."""
    results = []
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        futures = [pool.submit(work, item) for item in items]
        try:
            for number, future in enumerate(futures):
                results.append(future.result())
                if progress:
                    progress(what, number + 1, len(items))
        finally:
            for future in futures:
                future.cancel()
    return results


def _stage(bundle: RemoteBundle, path: str, parts: frozenset[Blob], staging: Staging) -> None:
    try:
        _write(bundle, path, parts, staging)
    except (DamagedBundleError, RemoteError):
        # It may be the cache that is damaged, or that lost a blob. The place has the last word.
        # One at a time, or one drops what another has just mended.
        with _mending:
            _require_cached(bundle, path, parts)
            _write(bundle, path, parts, staging)


def _require_cached(bundle: RemoteBundle, path: str, parts: frozenset[Blob]) -> None:
    for blob in _blobs(bundle, path):
        if blob not in parts:
            bundle.require_cached(blob)


def _write(bundle: RemoteBundle, path: str, parts: frozenset[Blob], staging: Staging) -> None:
    with staging.file(path, _file(bundle, path)) as write:
        for piece in _pieces(bundle, path, parts):
            write(piece)


def _pieces(bundle: RemoteBundle, path: str, parts: frozenset[Blob]) -> Iterator[bytes]:
    """A file's bytes. They are not verified here: the file's own digest is, when all of it is there."""
    place = bundle.index.places.get(path)
    if isinstance(place, InChunks):
        for chunk in place.chunks:
            for start in range(0, chunk.size, _PIECE):
                length = min(_PIECE, chunk.size - start)
                yield bundle.cache.get_range(chunk, start, length)
    elif isinstance(place, InPack):
        source = bundle.source(place.pack) if place.pack in parts else bundle.cache
        yield source.get_range(place.pack, place.offset, bundle.index.size_of(path))


def _blobs(bundle: RemoteBundle, path: str) -> tuple[Blob, ...]:
    place = bundle.index.places.get(path)
    if isinstance(place, InChunks):
        return place.chunks
    return (place.pack,) if place is not None else ()


def _file(bundle: RemoteBundle, path: str) -> FileEntry:
    entry = bundle.index.contents[path]
    assert isinstance(entry, FileEntry), "links have no bytes"
    return entry
