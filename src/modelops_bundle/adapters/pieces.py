"""Blobs that pass by piece by piece: nobody who sends or receives one has to take its digest on trust."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from typing import IO

from modelops_bundle.bundle.remote import Blob, BlobReader
from modelops_bundle.errors import DamagedBundleError, InputsChangedError
from modelops_bundle.identity.streams import Sha256Stream

__all__ = ["damaged", "pieces_received", "pieces_to_send", "write_all"]


def pieces_to_send(blob: Blob, read: BlobReader) -> Iterator[bytes | memoryview]:
    """What a reader gives; the end is reached only if it is the blob.

    Raises:
        InputsChangedError: It has another size or digest.
    """
    stream, size = Sha256Stream(), 0
    for piece in read():
        size += len(piece)
        if size > blob.size:
            break
        stream.update(piece)
        yield piece
    if size != blob.size or stream.digest() != blob.digest:
        raise InputsChangedError(
            f"the bytes of {blob.digest.short} are others than they were",
            "a file was changed while it was sent",
            "Run the command again.",
        )


def pieces_received(blob: Blob, pieces: Iterable[bytes], place: str) -> Iterator[bytes]:
    """What a place gives; the end is reached only if it is the blob.

    Raises:
        DamagedBundleError: It has another size or digest.
    """
    stream, size = Sha256Stream(), 0
    for piece in pieces:
        size += len(piece)
        if size > blob.size:
            break
        stream.update(piece)
        yield piece
    if size != blob.size:
        more = "more" if size > blob.size else "less"
        raise damaged(blob, place, f"it has {more} than {blob.size} bytes")
    if stream.digest() != blob.digest:
        raise damaged(blob, place, "its bytes have another digest")


def damaged(blob: Blob, place: str, why: str) -> DamagedBundleError:
    """The error for a blob that is not what its descriptor says."""
    return DamagedBundleError(
        f"the blob {blob.digest.short} in {place} is damaged",
        why,
        "Remove it there and push the bundle again, or pull it from another place.",
    )


def write_all(file: io.RawIOBase | IO[bytes], piece: bytes | memoryview) -> None:
    """Write a piece to a file that may take less than it is given."""
    view = memoryview(piece)
    while view:
        view = view[file.write(view) or 0 :]
