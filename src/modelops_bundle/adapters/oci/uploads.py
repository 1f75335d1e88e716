"""Blobs to a registry, verified while they are sent: what is not as its digest says is never finished.

The last bytes are held back until the whole is known to be right. An upload that breaks is begun anew, in a
new session, after a look whether it arrived all the same.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from functools import partial
from typing import NoReturn
from urllib.parse import quote

from modelops_bundle.adapters.oci.auth import Access
from modelops_bundle.adapters.oci.repository import Repository
from modelops_bundle.adapters.oci.transport import ERROR_BYTES, Body
from modelops_bundle.adapters.oci.words import DeniedError, PassingError, Reply
from modelops_bundle.bundle.remote import Blob, BlobReader
from modelops_bundle.errors import InputsChangedError, MopsError, RemoteError
from modelops_bundle.identity.streams import Sha256Stream

__all__ = ["holds", "mount", "upload"]

_SLICE = 65_536
"""Bytes that are sent at a time: each must be gone within the time that a connection may take."""

_CHUNK = 8 << 20
_BYTES = {"Content-Type": "application/octet-stream"}
#: Of a session that the registry has forgotten or lost count of.
_LOST = (404, 416)


class _ReadFailedError(Exception):
    """Carries what a reader raised past the library, which takes some errors for its own."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error


def holds(at: Repository, blob: Blob, access: Access | None = None) -> bool:
    """See :meth:`BlobStore.holds`; ``access`` is the right to ask by, if another than to read."""
    reply = at.transport.ask(
        f"cannot tell whether {at.place} has the blob {blob.digest.short}",
        "HEAD",
        at.path(f"blobs/{blob.digest}"),
        access or at.pull,
        hoped=(200, 404),
    )
    return reply.status == 200


def upload(at: Repository, blob: Blob, read: BlobReader, chunked: bool) -> None:
    """Send a blob that is not there; see :meth:`BlobStore.put` for the errors."""
    what = f"cannot keep the blob {blob.digest.short} in {at.place}"
    tries = 0

    def attempt(until: float) -> None:
        nonlocal tries
        tries += 1
        # It may have arrived, and only the answer been lost.
        if tries > 1 and holds(at, blob, at.push):
            return
        url = _begin(at, what, until)
        try:
            _send(at, blob, read, url, what, until, chunked)
        except (MopsError, _ReadFailedError):
            _cancel(at, url, url)
            raise

    try:
        at.transport.persist(what, attempt, blob.size)
    except _ReadFailedError as failed:
        raise failed.error from None


def mount(at: Repository, blob: Blob, repository: str) -> bool:
    """See :meth:`Remote.mount`."""
    query = f"mount={quote(str(blob.digest))}&from={quote(repository)}"
    what = f"cannot mount the blob {blob.digest.short} in {at.place}"
    try:
        reply = at.transport.ask(
            what,
            "POST",
            at.path(f"blobs/uploads/?{query}"),
            at.mounting(repository),
            headers={"Content-Length": "0"},
            hoped=(201, 202, 400, 404, 405),
        )
    except DeniedError:
        # The other repository may be none of ours: then the blob is sent.
        return False
    if reply.status == 202:
        _cancel(at, reply.url, reply.headers.get("Location", ""))
    return reply.status == 201


def _begin(at: Repository, what: str, until: float) -> str:
    """Begin a session: where to send it."""
    with at.transport.exchange(
        "POST", at.path("blobs/uploads/"), at.push, until, headers={"Content-Length": "0"}
    ) as answer:
        reply = answer.reply(ERROR_BYTES, (202,))
    if reply.status != 202:
        raise at.transport.refusal(what, reply)
    return at.transport.step(reply.url, reply.headers.get("Location", ""))


def _send(
    at: Repository,
    blob: Blob,
    read: BlobReader,
    url: str,
    what: str,
    until: float,
    chunked: bool,
) -> None:
    if chunked:
        url = _send_chunks(at, blob, read, url, what, until)
        body: Body = b""
        size = 0
    else:
        size = blob.size
        body = partial(_verified, at, blob, read)
    mark = "&" if "?" in url else "?"
    with at.transport.exchange(
        "PUT",
        f"{url}{mark}digest={quote(str(blob.digest))}",
        at.push,
        until,
        headers={**_BYTES, "Content-Length": str(size)},
        body=body,
        read_timeout=at.transport.patience.verdict,
    ) as answer:
        reply = answer.reply(ERROR_BYTES, (201,))
    _expect(at, reply, what, 201)


def _send_chunks(
    at: Repository, blob: Blob, read: BlobReader, url: str, what: str, until: float
) -> str:
    """Send it in pieces; where to finish it."""
    start = 0
    for chunk in _chunks(_verified(at, blob, read)):
        end = start + len(chunk) - 1
        headers = {
            **_BYTES,
            "Content-Length": str(len(chunk)),
            "Content-Range": f"{start}-{end}",
        }
        with at.transport.exchange(
            "PATCH", url, at.push, until, headers=headers, body=chunk
        ) as answer:
            reply = answer.reply(ERROR_BYTES, (202,))
        _expect(at, reply, what, 202)
        url = at.transport.step(reply.url, reply.headers.get("Location", ""))
        start = end + 1
    return url


def _chunks(slices: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for each in slices:
        held += each
        if len(held) >= _CHUNK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def _expect(at: Repository, reply: Reply, what: str, status: int) -> None:
    if reply.status in _LOST:
        raise PassingError("the registry has lost the upload")
    if reply.status != status:
        raise at.transport.refusal(what, reply)


def _verified(at: Repository, blob: Blob, read: BlobReader) -> Iterator[bytes]:
    """A blob's bytes in small slices, the last one only when the whole is known to be right.

    Raises:
        _ReadFailedError: The reader failed.
        InputsChangedError: Something else was read.
    """
    stream, size, held = Sha256Stream(), 0, b""
    for each in _read(read):
        size += len(each)
        if size > blob.size:
            _changed(at, blob)
        stream.update(each)
        if held:
            yield held
        held = each
    if size != blob.size or stream.digest() != blob.digest:
        _changed(at, blob)
    if held:
        yield held


def _read(read: BlobReader) -> Iterator[bytes]:
    try:
        for piece in read():
            view = memoryview(piece).cast("B")
            for start in range(0, len(view), _SLICE):
                yield bytes(view[start : start + _SLICE])
    except Exception as error:
        raise _ReadFailedError(error) from error


def _changed(at: Repository, blob: Blob) -> NoReturn:
    raise InputsChangedError(
        f"the blob {blob.digest.short} was not sent to {at.place}",
        "what was read for it is not what it was when it was looked at",
        "Run it again when nothing writes to the files.",
    )


def _cancel(at: Repository, url: str, location: str) -> None:
    """Tell the registry that a session will not be used: out of courtesy, so only once, and not for long."""
    patience = at.transport.patience
    with contextlib.suppress(PassingError, RemoteError):
        until = at.transport.now() + patience.connect + patience.read
        at.transport.exchange("DELETE", at.transport.step(url, location), at.push, until).close()
