"""Blobs from a registry, verified while they come, and fetched on from where a connection broke."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NoReturn

from modelops_bundle.adapters.oci.repository import Repository
from modelops_bundle.adapters.oci.wire import PIECE, Answer
from modelops_bundle.adapters.oci.words import PassingError, number_in
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import DamagedBundleError, RemoteError
from modelops_bundle.identity.streams import Sha256Stream

__all__ = ["download", "download_range"]

_CONTENT_RANGE = re.compile(r"bytes ([0-9]{1,18})-([0-9]{1,18})/(?:[0-9]{1,18}|\*)")
_MEND = "Push the bundle again; if it stays so, ask who runs the registry."


def download(at: Repository, blob: Blob) -> Iterator[bytes]:
    """See :meth:`BlobStore.get`."""
    what = f"cannot read the blob {blob.digest.short} of {at.place}"
    until = at.transport.until(blob.size)
    stream, have = Sha256Stream(), 0
    failures, had = 0, 0
    while True:
        try:
            for piece in _rest(at, blob, have, what, until):
                have += len(piece)
                if have > blob.size:
                    _damaged(at, blob, f"more than its {blob.size} bytes come")
                stream.update(piece)
                yield piece
            break
        except PassingError as passing:
            # A connection that brought something counts as the first to fail.
            failures = failures + 1 if have < had + PIECE else 1
            had = have
            at.transport.pause(what, passing, failures, until)
    if stream.digest() != blob.digest:
        _damaged(at, blob, "what comes has another digest")


def download_range(at: Repository, blob: Blob, start: int, length: int) -> bytes:
    """See :meth:`BlobStore.get_range`."""
    what = f"cannot read a part of the blob {blob.digest.short} of {at.place}"
    end = start + length
    if end > blob.size:
        _damaged(at, blob, f"it ends at {blob.size}, before {end}")
    if not length:
        return b""

    def attempt(until: float) -> bytes:
        found = bytearray()
        with _open(at, blob, what, until, f"bytes={start}-{end - 1}") as answer:
            for piece in _behind(at, blob, answer, start):
                found += piece
                if len(found) >= length:
                    return bytes(found[:length])
        return _damaged(at, blob, f"it ends at {start + len(found)}, before {end}")

    return at.transport.persist(what, attempt, length)


def _rest(at: Repository, blob: Blob, have: int, what: str, until: float) -> Iterator[bytes]:
    """What comes after the first bytes.

    Raises:
        PassingError: The connection broke, or its end came too early.
    """
    if have and have == blob.size:
        return
    with _open(at, blob, what, until, f"bytes={have}-" if have else "") as answer:
        declared = number_in(answer.headers.get("Content-Length"))
        due = blob.size - (have if answer.status == 206 else 0)
        if declared is not None and declared != due:
            _damaged(at, blob, f"{declared} bytes are to come instead of {due}")
        for piece in _behind(at, blob, answer, have):
            have += len(piece)
            yield piece
    if have < blob.size:
        if declared is not None:
            raise PassingError("the connection broke")
        _damaged(at, blob, f"it ends at {have} of {blob.size} bytes")


def _open(at: Repository, blob: Blob, what: str, until: float, wanted: str) -> Answer:
    headers = {"Range": wanted} if wanted else {}
    answer = at.transport.exchange(
        "GET", at.path(f"blobs/{blob.digest}"), at.pull, until, headers=headers
    )
    if answer.status == 200 or (answer.status == 206 and wanted):
        return answer
    with answer:
        if answer.status == 416:
            _damaged(at, blob, "it ends before")
        raise at.transport.refusal(what, answer.reply(0, ()))


def _behind(at: Repository, blob: Blob, answer: Answer, start: int) -> Iterator[bytes]:
    """The body from ``start`` on, whether or not the server left out what comes before."""
    skip = start
    if answer.status == 206:
        said = answer.headers.get("Content-Range", "")
        match = _CONTENT_RANGE.fullmatch(said.strip())
        if match is None or int(match[1]) != start:
            raise RemoteError(
                f"cannot read a part of the blob {blob.digest.short} of {at.place}",
                "another part comes than was asked for",
                "Ask who runs the registry, or the proxy before it.",
            )
        skip = 0
    for piece in answer.pieces():
        if skip < len(piece):
            yield piece[skip:]
        skip = max(0, skip - len(piece))


def _damaged(at: Repository, blob: Blob, why: str) -> NoReturn:
    raise DamagedBundleError(f"the blob {blob.digest.short} of {at.place} is damaged", why, _MEND)
