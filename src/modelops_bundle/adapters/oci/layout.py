"""Bundles in a folder of OCI's image layout, which skopeo, oras and others read and write as well.

``index.json`` lists the manifests and their tags, ``blobs/sha256/<hex>`` is a blob or a manifest. A blob is
written under a temporary name and takes its own when all of it is there and right. The index is replaced
under a lock, so that a tag is moved only from where it was expected; other tools do not take the lock.

The folder may come from anybody. Nothing in it is opened that is not a regular file, and no bytes are given
on that have another digest than their name.
"""

from __future__ import annotations

import contextlib
import errno
import io
import os
import re
import shlex
import stat
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

from modelops_bundle.adapters.atomic import (
    atomic_file,
    make_folder,
    remove_leftovers,
    storage_errors,
    write_atomically,
)
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.adapters.oci import documents as documents
from modelops_bundle.adapters.pieces import damaged, pieces_received, pieces_to_send, write_all
from modelops_bundle.bundle.json_text import NotAsPromisedError, parse_json, table_in
from modelops_bundle.bundle.media import IMAGE_MANIFEST, LARGEST_MANIFEST
from modelops_bundle.bundle.remote import Blob, BlobReader, Manifest
from modelops_bundle.errors import (
    DamagedBundleError,
    RemoteError,
    StaleRemoteError,
    StorageError,
)
from modelops_bundle.identity.digest import Digest

__all__ = ["LOCK_NAME", "LayoutRemote"]

LOCK_NAME = ".modelops-bundle.lock"
_MARKER = "oci-layout"
_INDEX = "index.json"
_PIECE = 1 << 20
_LONG_DEAD_SECONDS = 3600
_LEFTOVER = re.compile(r"\.[0-9a-f]{64}\.[0-9]+-[0-9a-f]{16}\.tmp")
# What opening says of a link or a socket.
_NO_FILE = (errno.ELOOP, errno.EMLINK, errno.ENXIO)


class LayoutRemote:
    """One layout folder. See :class:`modelops_bundle.bundle.remote.Remote`.

    Safe to use from several threads and processes. Other machines may use the folder at the same time if its
    file system has locks for them.

    Args:
        folder: Its path. It is made when something is put there.
    """

    is_atomic: Final = True

    def __init__(self, folder: str) -> None:
        self.place = f"oci-layout:{folder}"
        self._folder = os.path.abspath(folder)
        self._is_swept = False

    # --- blobs ------------------------------------------------------------------------------

    def holds(self, blob: Blob) -> bool:
        """See :meth:`Remote.holds`; what has another size is not it."""
        with _refusals(f"cannot look into {self._folder}"):
            try:
                found = os.lstat(self._path(blob.digest))
            except (FileNotFoundError, NotADirectoryError):
                return False
        return stat.S_ISREG(found.st_mode) and found.st_size == blob.size

    def put(self, blob: Blob, read: BlobReader) -> bool:
        """See :meth:`Remote.put`."""
        if self.holds(blob):
            return False
        path = self._path(blob.digest)
        with _refusals(f"cannot write {path}"):
            self._prepare()
            # Writing through a link would replace what it leads to.
            if os.path.islink(path):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(path)
            with atomic_file(path) as file:
                for piece in pieces_to_send(blob, read):
                    write_all(file, piece)
        return True

    def get(self, blob: Blob) -> Iterator[bytes]:
        """See :meth:`Remote.get`."""
        with self._open(blob) as file:
            pieces = iter(lambda: file.read(_PIECE), b"")
            yield from pieces_received(blob, pieces, self.place)

    def get_range(self, blob: Blob, start: int, length: int) -> bytes:
        """See :meth:`Remote.get_range`."""
        with self._open(blob) as file:
            if start < 0 or length < 0 or start + length > blob.size:
                raise damaged(blob, self.place, f"it has no {length} bytes from {start} on")
            file.seek(start)
            data = _read(file, length)
        if len(data) != length:
            raise damaged(blob, self.place, "it was cut while it was read")
        return data

    def mount(self, blob: Blob, repository: str) -> bool:  # noqa: ARG002
        """Say no: a folder knows of no other one."""
        return False

    # --- manifests --------------------------------------------------------------------------

    def tags(self) -> Sequence[str]:
        """See :meth:`Remote.tags`; names that other tools give and no reference can hold are left out."""
        return sorted({entry.tag for entry in self._entries(self._index()) if entry.tag})

    def resolve(self, tag: str) -> Digest | None:
        """See :meth:`Remote.resolve`."""
        found = self._tagged(self._index(), tag)
        return found.digest if found else None

    def manifest(self, wanted: str) -> Manifest | None:
        """See :meth:`Remote.manifest`; only what the index lists is a manifest."""
        index = self._index()
        if ":" in wanted:
            found = next(
                (e.blob for e in self._entries(index) if str(e.blob.digest) == wanted), None
            )
        else:
            found = self._tagged(index, wanted)
        if found is None:
            return None
        data = self._small(found)
        if data is None:
            raise self._lacks(found)
        return Manifest(found.digest, found.media_type, data)

    def put_manifest(
        self, manifest: Manifest, tag: str | None, expected: Digest | None = None
    ) -> None:
        """See :meth:`Remote.put_manifest`; ``expected`` is ``None`` where there must be no such tag yet."""
        self._check_blobs(manifest)
        blob = Blob(manifest.digest, len(manifest.data), manifest.media_type)
        self.put(blob, lambda: [manifest.data])
        with _refusals(f"cannot write into {self._folder}"):
            self._prepare()
            with hold_lock(os.path.join(self._folder, LOCK_NAME)):
                index = self._index()
                if tag is not None:
                    self._check_tag(index, tag, expected)
                self._write_index(index, documents.with_manifest(index, blob, tag))

    def referrers(self, subject: Digest, artifact_type: str) -> Sequence[Blob]:
        """See :meth:`Remote.referrers`; every manifest of the folder is looked at."""
        entries = self._entries(self._index())
        manifests = {each.blob for each in entries if each.blob.media_type == IMAGE_MANIFEST}
        return [
            blob
            for blob in sorted(manifests)
            if documents.is_referrer(self._small(blob) or b"", subject, artifact_type)
        ]

    # --- inside -----------------------------------------------------------------------------

    def _index(self) -> dict[str, Any]:
        """The index; a new one where there is none, and where one can be made."""
        marker, text = self._text(_MARKER), self._text(_INDEX)
        if marker is None and text is None:
            self._check_can_be_one()
        with self._promised():
            if marker is not None:
                documents.check_layout_version(marker)
            if text is None:
                return documents.new_index()
            return {**table_in(parse_json(text, LARGEST_MANIFEST), _INDEX)}

    def _entries(self, index: Mapping[str, Any]) -> list[documents.Entry]:
        with self._promised():
            return documents.entries_of(index, self._small)

    def _tagged(self, index: Mapping[str, Any], tag: str) -> Blob | None:
        entries = self._entries(index)
        with self._promised():
            return documents.tagged(entries, tag)

    def _check_tag(self, index: Mapping[str, Any], tag: str, expected: Digest | None) -> None:
        found = self._tagged(index, tag)
        current = found.digest if found else None
        if current != expected:
            now = f"points to {current.short}" if current else "is gone"
            before = f"to {expected.short}" if expected else "to nothing"
            raise StaleRemoteError(
                f"the tag {tag} in {self.place} {now}",
                f"it pointed {before} when it was last looked at",
                "Pull what is there now, then push again.",
            )

    def _check_blobs(self, manifest: Manifest) -> None:
        try:
            lacking = [b for b in documents.blobs_named(manifest.data) if not self.holds(b)]
        except NotAsPromisedError as error:
            raise RemoteError(f"{self.place} takes no such manifest", str(error)) from error
        if lacking:
            raise self._lacks(lacking[0])

    def _write_index(self, before: Mapping[str, Any], index: Mapping[str, Any]) -> None:
        """Replace the index. The caller holds the lock, so temporary files of it are nobody's any more."""
        path = os.path.join(self._folder, _INDEX)
        remove_leftovers(path)
        if index == before and os.path.lexists(path):
            return
        try:
            text = documents.index_text(index)
        except NotAsPromisedError as error:
            mend = "Push to a new folder."
            raise RemoteError(
                f"the index of {self.place} cannot be written", str(error), mend
            ) from error
        write_atomically(path, text)

    def _prepare(self) -> None:
        """Make the folder a layout, unless it is one; remove what writers that died have left."""
        marker, blobs = os.path.join(self._folder, _MARKER), os.path.join(self._folder, "blobs")
        if not os.path.lexists(marker):
            make_folder(self._folder)
            self._check_is_free(marker)
            with hold_lock(os.path.join(self._folder, LOCK_NAME)):
                if not os.path.lexists(marker):
                    write_atomically(marker, documents.LAYOUT_TEXT)
        make_folder(os.path.join(blobs, "sha256"))
        if not self._is_swept:
            self._is_swept = True
            _sweep(os.path.join(blobs, "sha256"))

    def _check_can_be_one(self) -> None:
        """Refuse what is there and is no layout, instead of saying that nothing is in it."""
        with _refusals(f"cannot look into {self._folder}"):
            if os.path.isfile(self._folder):
                raise RemoteError(
                    f"{self._folder} is no OCI layout",
                    "it is a file, and a layout is a folder",
                    f"If `mops-bundle export` wrote it, `mops-bundle import {shlex.quote(self._folder)}"
                    " oci-layout:DIR` puts its bundles into a folder.",
                )
            if os.path.isdir(self._folder):
                self._check_is_free(os.path.join(self._folder, _MARKER))

    def _check_is_free(self, marker: str) -> None:
        names = {name for name in os.listdir(self._folder) if not name.startswith(f".{_MARKER}.")}
        # Whoever makes a layout writes the marker first: one that came meanwhile is there now.
        if names - {LOCK_NAME} and not os.path.lexists(marker):
            raise RemoteError(
                f"{self._folder} is no OCI layout",
                "there are other files in it",
                "Name a folder that is new, empty or a layout.",
            )

    def _small(self, blob: Blob) -> bytes | None:
        """The text of a manifest, verified; ``None`` where it is not there."""
        if blob.size > LARGEST_MANIFEST:
            raise damaged(blob, self.place, f"{blob.size} bytes are too many for a manifest")
        if not os.path.lexists(self._path(blob.digest)):
            return None
        return b"".join(self.get(blob))

    def _text(self, name: str) -> bytes | None:
        path = os.path.join(self._folder, name)
        with _refusals(f"cannot read {path}"):
            try:
                with _opened(path) as file:
                    text = _read(file, LARGEST_MANIFEST + 1)
            except (FileNotFoundError, NotADirectoryError):
                return None
        if len(text) > LARGEST_MANIFEST:
            raise _strange(path, f"more than {LARGEST_MANIFEST} bytes are too many")
        return text

    @contextmanager
    def _open(self, blob: Blob) -> Iterator[io.FileIO]:
        """A blob to read; what the file system refuses inside the block is translated as well."""
        path = self._path(blob.digest)
        with _refusals(f"cannot read {path}"):
            try:
                opened = _opened(path)
            except (FileNotFoundError, NotADirectoryError):
                raise self._lacks(blob) from None
            with opened as file:
                size = os.fstat(file.fileno()).st_size
                if size != blob.size:
                    raise damaged(blob, self.place, f"it has {size} bytes instead of {blob.size}")
                yield file

    def _path(self, digest: Digest) -> str:
        return os.path.join(self._folder, "blobs", digest.algorithm, digest.hex)

    def _lacks(self, blob: Blob) -> RemoteError:
        return RemoteError(
            f"the blob {blob.digest.short} is not in {self.place}",
            "it was removed, or never put there",
            "Push the bundle again from where its files are.",
        )

    @contextmanager
    def _promised(self) -> Iterator[None]:
        try:
            yield
        except NotAsPromisedError as error:
            raise _strange(os.path.join(self._folder, _INDEX), str(error)) from error


@contextmanager
def _refusals(what: str) -> Iterator[None]:
    """What the file system refuses, as a remote's errors."""
    try:
        with storage_errors(what):
            yield
    except StorageError as error:
        raise RemoteError(error.what, error.why, error.mend) from error


def _opened(path: str) -> io.FileIO:
    """A regular file to read; neither a link is followed nor a pipe waited for."""
    flags = os.O_RDONLY
    for name in ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _strange(path, "it is a link or a socket") from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _strange(path, "it is no regular file")
    return io.FileIO(descriptor, "rb")


def _strange(path: str, why: str) -> DamagedBundleError:
    return DamagedBundleError(
        f"{path} cannot be used", why, "Get the layout again from where it came from."
    )


def _read(file: io.FileIO, most: int) -> bytes:
    parts: list[bytes] = []
    while most and (part := file.read(min(most, _PIECE))):
        parts.append(part)
        most -= len(part)
    return b"".join(parts)


def _sweep(folder: str) -> None:
    """Remove temporary files that nobody has written to for long. What stays is removed another time."""
    with contextlib.suppress(OSError), os.scandir(folder) as found:
        for each in found:
            # A writer may be on another machine, so its number says nothing.
            if _LEFTOVER.fullmatch(each.name):
                with contextlib.suppress(OSError):
                    if time.time() - each.stat(follow_symlinks=False).st_mtime > _LONG_DEAD_SECONDS:
                        os.unlink(each.path)
