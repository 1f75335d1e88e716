"""Blobs in an object store: S3, Azure Blob Storage, Google Cloud Storage, or a folder.

A blob is the object ``[prefix/]ab/cd/<sha256>``, ab and cd being the first digits. Its name says what is in
it, so whoever is first to write it is as good as any other, and one of the wrong size may be replaced.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, unquote, urlsplit

from modelops_bundle.adapters.object_stores import StoreAccess, open_store, store_errors
from modelops_bundle.adapters.pieces import damaged, pieces_received, pieces_to_send
from modelops_bundle.bundle.remote import Blob, BlobReader
from modelops_bundle.errors import RemoteError, UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["BlobStorage"]

_PROVIDERS = {"s3": "s3", "az": "azure", "gs": "gcs", "file": "fs"}
_LARGE = 16 << 20
# S3 takes 10,000 parts at most: 160 GB.
_PART = 16 << 20
_PARTS_AT_ONCE = 3
_PIECE = 1 << 20
_SETTING = "the storage of the bundles"


class BlobStorage:
    """Blobs under one URL. See :class:`modelops_bundle.bundle.remote.BlobStore`.

    Args:
        url: ``s3://bucket/prefix``, ``az://container/prefix``, ``gs://bucket/prefix`` or ``file:///folder``.
        access: How to get there, where the environment's variables do not say it.

    Raises:
        UsageError: The URL is none of these.
    """

    def __init__(self, url: str, access: StoreAccess | None = None) -> None:
        self.url = url
        self._provider, self._container, self._prefix = _parsed(url)
        self._access = access or StoreAccess()

    @cached_property
    def _store(self) -> ObjectStore:
        with self._errors():
            # The prefix is part of the key here: a URL would have parts of it quoted.
            scheme = urlsplit(self.url).scheme
            if scheme == "file":
                return open_store(Path(self._container).as_uri(), self._access)
            return open_store(f"{scheme}://{self._container}", self._access)

    def uri(self, blob: Blob) -> str:
        """Where a blob is, as index version 1 says it: ``<provider>://<container>/<key>``."""
        return f"{self._provider}://{self._container}/{self._key(blob)}"

    def holds(self, blob: Blob) -> bool:
        """See :meth:`BlobStore.holds`; what has another size is not it."""
        found = self._head(blob)
        return found is not None and found["size"] == blob.size

    def put(self, blob: Blob, read: BlobReader) -> bool:
        """See :meth:`BlobStore.put`."""
        if self.holds(blob):
            return False
        pieces = pieces_to_send(blob, read)
        if blob.size <= _LARGE:
            return self._put_at_once(blob, b"".join(pieces))
        with self._errors():
            import obstore

            # An error of the pieces ends the upload before it is complete: nothing is to be seen of it.
            obstore.put(
                self._store,
                self._key(blob),
                pieces,
                use_multipart=True,
                chunk_size=_PART,
                max_concurrency=_PARTS_AT_ONCE,
            )
        return True

    def get(self, blob: Blob) -> Iterator[bytes]:
        """See :meth:`BlobStore.get`."""
        # Part by part, as a request for gigabytes would not end in time.
        if not blob.size:
            self._check_size(blob)
        yield from pieces_received(blob, self._pieces(blob), self.url)

    def get_range(self, blob: Blob, start: int, length: int) -> bytes:
        """See :meth:`BlobStore.get_range`."""
        if start < 0 or length < 0 or start + length > blob.size:
            raise damaged(blob, self.url, f"it has no {length} bytes from {start} on")
        return self._part(blob, start, length) if length else b""

    # --- inside -----------------------------------------------------------------------------

    def _pieces(self, blob: Blob) -> Iterator[bytes]:
        for start in range(0, blob.size, _PART):
            part = memoryview(self._part(blob, start, min(_PART, blob.size - start)))
            for at in range(0, len(part), _PIECE):
                yield bytes(part[at : at + _PIECE])

    def _put_at_once(self, blob: Blob, data: bytes) -> bool:
        key = self._key(blob)
        with self._errors():
            import obstore
            from obstore.exceptions import AlreadyExistsError, NotSupportedError, PreconditionError

            try:
                obstore.put(self._store, key, data, mode="create", use_multipart=False)
            except NotSupportedError:
                pass
            except (AlreadyExistsError, PreconditionError):
                if self.holds(blob):
                    return False
            else:
                return True
            obstore.put(self._store, key, data, use_multipart=False)
        return True

    def _part(self, blob: Blob, start: int, length: int) -> bytes:
        with self._errors():
            import obstore

            try:
                found = obstore.get(
                    self._store, self._key(blob), options={"range": (start, start + length)}
                )
                data, size = bytes(found.bytes()), found.meta["size"]
            except FileNotFoundError:
                raise self._lacks(blob) from None
            except Exception:
                # What begins behind the end is refused, in words of each server's own.
                self._check_size(blob)
                raise
        if size != blob.size or len(data) != length:
            raise damaged(blob, self.url, f"it has {size} bytes instead of {blob.size}")
        return data

    def _check_size(self, blob: Blob) -> None:
        found = self._head(blob)
        if found is None:
            raise self._lacks(blob)
        if found["size"] != blob.size:
            raise damaged(blob, self.url, f"it has {found['size']} bytes instead of {blob.size}")

    def _head(self, blob: Blob) -> Mapping[str, Any] | None:
        with self._errors():
            import obstore

            try:
                return {**obstore.head(self._store, self._key(blob))}
            except FileNotFoundError:
                return None

    def _key(self, blob: Blob) -> str:
        name = blob.digest.hex
        return f"{self._prefix}{name[:2]}/{name[2:4]}/{name}"

    def _lacks(self, blob: Blob) -> RemoteError:
        return RemoteError(
            f"the blob {blob.digest.short} is not in {self.url}",
            "it was removed, or never sent there",
            "Push the bundle again from where its files are.",
        )

    def _errors(self) -> AbstractContextManager[None]:
        return store_errors(self.url, RemoteError, _SETTING, self._access)


def _is_folder(parts: SplitResult) -> bool:
    is_plain = not (parts.netloc or parts.query or parts.fragment)
    return is_plain and parts.path.startswith("/") and parts.path.strip("/") != ""


def _parsed(url: str) -> tuple[str, str, str]:
    """Provider, container or folder, and what is before each key."""
    try:
        parts = urlsplit(url)
    except ValueError:
        parts = urlsplit("")
    provider = _PROVIDERS.get(parts.scheme, "")
    if provider == "fs" and _is_folder(parts):
        return provider, unquote(parts.path).rstrip("/"), ""
    names = parts.path.strip("/").split("/")
    is_plain = not (parts.query or parts.fragment or {"@", ":"} & {*parts.netloc})
    if provider in ("", "fs") or not parts.netloc or not is_plain or {".", ".."} & {*names}:
        raise UsageError(
            "the storage of the bundles has no URL that can be used",
            "it is none of s3://bucket/prefix, az://container/prefix, gs://bucket/prefix, file:///folder",
            "Correct the storage's provider, container and prefix.",
        )
    prefix = parts.path.strip("/")
    return provider, parts.netloc, f"{prefix}/" if prefix else ""
