"""An OCI layout as one tar file, for places that no registry reaches; skopeo calls it ``oci-archive``.

What is written is the same bytes each time: names in order, no times, no owners.

What is read may come from anybody, so nothing is extracted. Members are looked at one by one, in whatever
order they stand, and only what a layout has may be there. Every blob is hashed before the first one is put,
and no tag is moved before everything that it leads to is there.
"""

from __future__ import annotations

import io
import re
import tarfile
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import IO, NamedTuple

from modelops_bundle.adapters.oci import documents as documents
from modelops_bundle.adapters.oci.layout import LOCK_NAME
from modelops_bundle.adapters.oci.tar_members import (
    DEFAULT_LARGEST,
    Member,
    members_of,
    pieces_of,
    unpacked,
)
from modelops_bundle.adapters.pieces import write_all
from modelops_bundle.bundle.json_text import NotAsPromisedError, parse_json, table_in
from modelops_bundle.bundle.media import IMAGE_INDEX, LARGEST_MANIFEST
from modelops_bundle.bundle.remote import Blob, BlobReader, BlobSource, Manifest, Remote
from modelops_bundle.errors import DamagedBundleError, StaleRemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.streams import Sha256Stream

__all__ = ["Imported", "read_layout_tar", "write_layout_tar"]

_BLOBS = "blobs/sha256/"
_BLOB = re.compile(r"blobs/sha256/[0-9a-f]{64}")
_FOLDERS = ("", ".", "blobs", "blobs/sha256")
_MARKER, _INDEX = "oci-layout", "index.json"
_BLOCK = 512
_RECORD = 20 * _BLOCK


class Imported(NamedTuple):
    """A manifest that came, and the tag that points to it."""

    digest: Digest
    tag: str | None


def write_layout_tar(
    source: BlobSource,
    manifests: Iterable[tuple[Manifest, str | None]],
    file: io.RawIOBase | IO[bytes],
) -> None:
    """Write manifests and all their blobs as the tar of an OCI layout.

    Args:
        source: Where the blobs are.
        manifests: What to write, each with the tag that shall point to it.
        file: Where to. It is not closed, and what is there after an error is no whole tar.

    Raises:
        DamagedBundleError: A manifest is none, or a blob is damaged.
        RemoteError: A blob is not there, or could not be read.
        OSError: What the file raises.
    """
    wanted = sorted(set(manifests), key=lambda pair: (pair[1] or "", pair[0].digest))
    contents: dict[str, tuple[int, Callable[[], Iterable[bytes]]]] = {}
    entries: list[documents.Entry] = []
    for manifest, tag in wanted:
        with _promised(f"{source.place}@{manifest.digest}"):
            blobs = documents.blobs_named(manifest.data)
        for blob in blobs:
            contents[_BLOBS + blob.digest.hex] = blob.size, _getter(source, blob)
        contents[_BLOBS + manifest.digest.hex] = _text(manifest.data)
        entry = Blob(manifest.digest, len(manifest.data), manifest.media_type)
        entries.append(documents.Entry(entry, tag))
    with _promised(source.place):
        for _, tag in wanted:
            documents.tagged(entries, tag or "")
        contents[_INDEX] = _text(documents.index_text(documents.new_index(entries)))
    contents[_MARKER] = _text(documents.LAYOUT_TEXT)
    written = 0
    for name in sorted(contents):
        size, pieces = contents[name]
        header = _header(name, size)
        write_all(file, header)
        for piece in pieces():
            write_all(file, piece)
        write_all(file, bytes(-size % _BLOCK))
        written += len(header) + size + -size % _BLOCK
    write_all(file, bytes(2 * _BLOCK + -(written + 2 * _BLOCK) % _RECORD))


def read_layout_tar(
    path: str,
    remote: Remote,
    *,
    replace: bool = True,
    largest: int = DEFAULT_LARGEST,
    spool: str | None = None,
) -> Sequence[Imported]:
    """Put all that the tar of an OCI layout holds into a place for bundles, and move its tags there.

    Args:
        path: The tar; it may be compressed with gzip.
        remote: Where to put it.
        replace: Whether tags are moved that point to something else.
        largest: Bytes that a compressed one may have when it is unpacked.
        spool: Folder for what is unpacked meanwhile; by default the system's.

    Returns:
        The manifests, as the tar's index has them. Tags that no reference can hold are left out.

    Raises:
        DamagedBundleError: It is no such tar, or holds what no layout holds. No tag was moved.
        StaleRemoteError: A tag points to something else, and ``replace`` is not set; or somebody else moved
            one meanwhile, and others may have been moved.
        RemoteError: It could not be put. Doing it again is safe.
        InputsChangedError: The file was changed meanwhile.
        StorageError: The file could not be read, or unpacked.
    """
    with _promised(path), unpacked(path, largest, spool) as file:
        archive = _Archive(file)
        wanted = archive.manifests()
        blobs = [
            blob for manifest in {blob for blob, _ in wanted} for blob in archive.needed(manifest)
        ]
        lacking = [each for each in sorted(set(blobs)) if not archive.has(each)]
        for blob in lacking:
            if not remote.holds(blob):
                raise NotAsPromisedError(f"it lacks the blob {blob.digest.short}")
        before = {tag: remote.resolve(tag) for _, tag in wanted if tag is not None}
        if not replace:
            _refuse_to_move(remote, wanted, before)
        for blob in sorted({*blobs} - {*lacking}):
            remote.put(blob, archive.reader(blob))
        for blob, tag in wanted:
            manifest = Manifest(blob.digest, blob.media_type, archive.text(blob))
            remote.put_manifest(manifest, tag, before.get(tag) if tag else None)
        return [Imported(blob.digest, tag) for blob, tag in wanted]


def _refuse_to_move(
    remote: Remote,
    wanted: Iterable[tuple[Blob, str | None]],
    before: Mapping[str, Digest | None],
) -> None:
    taken = [tag for blob, tag in wanted if tag and before[tag] not in (None, blob.digest)]
    if taken:
        raise StaleRemoteError(
            f"{remote.place} has another bundle under {', '.join(taken)}",
            "",
            "`--force` moves the tag; what it points to now stays there by its digest.",
        )


class _Archive:
    """A tar of which every blob was hashed."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._members: dict[str, Member] = {}
        for member in members_of(file):
            name = member.name.removeprefix("./")
            if not _is_expected(name, member):
                raise NotAsPromisedError(f"{member.name[:200]!r} is nothing that a layout has")
            if member.is_folder or name == LOCK_NAME:
                continue
            if name in self._members:
                raise NotAsPromisedError(f"{name} is there twice")
            if name.startswith(_BLOBS):
                self._check(name, member)
            self._members[name] = member
        for name in (_MARKER, _INDEX):
            if name not in self._members:
                raise NotAsPromisedError(f"it lacks {name}")
        documents.check_layout_version(self._read(_MARKER))

    def manifests(self) -> list[tuple[Blob, str | None]]:
        """Manifests and their tags; those without a tag, too."""
        index = table_in(parse_json(self._read(_INDEX), LARGEST_MANIFEST), _INDEX)
        entries = documents.entries_of(index, self._nested)
        tagged: list[tuple[Blob, str | None]] = []
        for tag in sorted({entry.tag for entry in entries if entry.tag}):
            blob = documents.tagged(entries, tag)
            if blob is not None and blob.media_type == IMAGE_INDEX:
                raise NotAsPromisedError(f"the tag {tag} points to several manifests")
            tagged += [(blob, tag)] if blob else []
        others = {each.blob for each in entries if each.blob.media_type != IMAGE_INDEX}
        return [(blob, None) for blob in sorted(others - {blob for blob, _ in tagged})] + tagged

    def needed(self, manifest: Blob) -> list[Blob]:
        """The blobs that a manifest names."""
        return documents.blobs_named(self.text(manifest))

    def has(self, blob: Blob) -> bool:
        """Whether a blob is there."""
        member = self._members.get(_BLOBS + blob.digest.hex)
        if member is not None and member.size != blob.size:
            raise NotAsPromisedError(
                f"the blob {blob.digest.short} does not have {blob.size} bytes"
            )
        return member is not None

    def reader(self, blob: Blob) -> BlobReader:
        """Gives the bytes of a blob that is there."""
        member = self._members[_BLOBS + blob.digest.hex]
        return lambda: pieces_of(self._file, member)

    def text(self, manifest: Blob) -> bytes:
        """The text of a manifest."""
        if not self.has(manifest):
            raise NotAsPromisedError(f"it lacks the manifest {manifest.digest.short}")
        return self._read(_BLOBS + manifest.digest.hex)

    def _nested(self, index: Blob) -> bytes | None:
        return self.text(index) if self.has(index) else None

    def _read(self, name: str) -> bytes:
        member = self._members[name]
        if member.size > LARGEST_MANIFEST:
            raise NotAsPromisedError(f"{name} has {member.size} bytes")
        return b"".join(pieces_of(self._file, member))

    def _check(self, name: str, member: Member) -> None:
        stream = Sha256Stream()
        for piece in pieces_of(self._file, member):
            stream.update(piece)
        if stream.digest().hex != name.removeprefix(_BLOBS):
            raise NotAsPromisedError(f"the bytes of {name} have another digest")


def _is_expected(name: str, member: Member) -> bool:
    if member.is_folder:
        return name.removesuffix("/") in _FOLDERS
    # The lock is in every layout of ours, and whoever packs the folder packs it as well.
    is_lock = name == LOCK_NAME and not member.size
    return is_lock or name in (_MARKER, _INDEX) or _BLOB.fullmatch(name) is not None


def _getter(source: BlobSource, blob: Blob) -> Callable[[], Iterable[bytes]]:
    return lambda: source.get(blob)


def _text(data: bytes) -> tuple[int, Callable[[], Iterable[bytes]]]:
    return len(data), lambda: [data]


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o644
    return member.tobuf(tarfile.PAX_FORMAT)


@contextmanager
def _promised(what: str) -> Iterator[None]:
    try:
        yield
    except NotAsPromisedError as error:
        raise DamagedBundleError(
            f"{what} is no OCI layout that can be used",
            str(error),
            "Get it again from where it came from.",
        ) from error
