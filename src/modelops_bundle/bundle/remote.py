"""What the stages see of a place where bundles are kept: one repository of a registry, or one folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from modelops_bundle.identity.digest import Digest

__all__ = [
    "Blob",
    "BlobCache",
    "BlobReader",
    "BlobSource",
    "BlobStorage",
    "BlobStore",
    "Manifest",
    "Remote",
]

BlobReader = Callable[[], Iterable[bytes | memoryview]]
"""Gives a blob's bytes from the beginning, each time that it is called: what fails is sent again."""


@dataclass(frozen=True, slots=True, order=True)
class Blob:
    """A descriptor of OCI: what is kept under a digest.

    Attributes:
        digest: SHA-256 of its bytes.
        size: Number of its bytes.
        media_type: What they are.
    """

    digest: Digest
    size: int
    media_type: str


class Manifest(NamedTuple):
    """A manifest as it came: its own digest, verified, and its bytes."""

    digest: Digest
    media_type: str
    data: bytes


class BlobStore(Protocol):
    """Where blobs are kept by digest. Safe to use from several threads."""

    def holds(self, blob: Blob) -> bool:
        """Whether it is there; its bytes are not looked at.

        Raises:
            RemoteError: Nobody could tell.
        """
        ...

    def put(self, blob: Blob, read: BlobReader) -> bool:
        """Keep a blob, unless it is there; whether anything was sent.

        Raises:
            RemoteError: It could not be kept. Doing it again is safe.
            InputsChangedError: What was read has another digest or size: nothing was kept.
        """
        ...

    def get(self, blob: Blob) -> Iterator[bytes]:
        """Its bytes, verified: the end is reached only if size and digest are right.

        What was yielded before an error is not to be trusted.

        Raises:
            DamagedBundleError: The bytes are others than the digest's.
            RemoteError: It is not there, or could not be read.
        """
        ...

    def get_range(self, blob: Blob, start: int, length: int) -> bytes:
        """``length`` bytes from ``start`` on, as many as asked for. They are not verified: part of a blob
        has no digest.

        Raises:
            DamagedBundleError: The blob ends before.
            RemoteError: It is not there, or could not be read.
        """
        ...


class BlobSource(Protocol):
    """Where blobs come from, and nothing more."""

    @property
    def place(self) -> str:
        """Where, for errors."""
        ...

    def get(self, blob: Blob) -> Iterator[bytes]:
        """See :meth:`BlobStore.get`."""
        ...


class BlobStorage(BlobStore, Protocol):
    """Blob storage, whose objects others can be told of."""

    def uri(self, blob: Blob) -> str:
        """Where a blob is, as an index of version 1 says it."""
        ...


class BlobCache(Protocol):
    """Blobs that were fetched, kept on this machine. It may lose any at any time."""

    def holds(self, blob: Blob) -> bool:
        """Whether something of its size is there under its digest."""
        ...

    def fetch(self, blob: Blob, get: Callable[[Blob], Iterable[bytes]]) -> bool:
        """Keep a blob, unless it is there; whether it was asked for.

        Args:
            blob: The blob.
            get: Gives its bytes, verified, as :meth:`BlobStore.get` does: they are not verified again.

        Raises:
            DamagedBundleError: The bytes are others than the digest's. Nothing was kept.
            RemoteError: It could not be fetched.
            StorageError: It could not be written.
        """
        ...

    def get(self, blob: Blob) -> Iterator[bytes]:
        """See :meth:`BlobStore.get`."""
        ...

    def get_range(self, blob: Blob, start: int, length: int) -> bytes:
        """See :meth:`BlobStore.get_range`."""
        ...

    def drop(self, blob: Blob) -> None:
        """Forget a blob: it turned out to be damaged."""
        ...


class Remote(BlobStore, Protocol):
    """One repository, or one layout folder."""

    @property
    def place(self) -> str:
        """Where, as a user would write it: ``host/repository`` or ``oci-layout:PATH``."""
        ...

    @property
    def is_atomic(self) -> bool:
        """Whether :meth:`put_manifest` moves a tag only from where it was expected, whoever else writes.

        Registries cannot do so.
        """
        ...

    def tags(self) -> Sequence[str]:
        """Every tag, sorted; empty where there is no repository.

        Raises:
            RemoteError: It could not be asked.
        """
        ...

    def resolve(self, tag: str) -> Digest | None:
        """Digest of the manifest that a tag points to now; ``None`` where there is no such tag.

        Raises:
            RemoteError: It could not be asked.
        """
        ...

    def manifest(self, wanted: str) -> Manifest | None:
        """The manifest of a tag or digest, its bytes verified; ``None`` where there is none.

        Raises:
            DamagedBundleError: The bytes are others than the digest's, or too many.
            RemoteError: It could not be read.
        """
        ...

    def put_manifest(
        self, manifest: Manifest, tag: str | None, expected: Digest | None = None
    ) -> None:
        """Keep a manifest, whose blobs must be there, and point a tag to it.

        Args:
            manifest: What to keep.
            tag: The tag; ``None`` to keep it under its digest alone.
            expected: Where the tag must point before; looked at only where ``is_atomic``.

        Raises:
            StaleRemoteError: The tag points elsewhere. The manifest may be kept under its digest.
            RemoteError: It could not be kept.
        """
        ...

    def mount(self, blob: Blob, repository: str) -> bool:
        """Let this repository have a blob of another one in the same registry, without sending it.

        Returns:
            Whether it is here now. A layout folder, and a registry that refuses, say no.

        Raises:
            RemoteError: The registry could not be asked.
        """
        ...

    def referrers(self, subject: Digest, artifact_type: str) -> Sequence[Blob]:
        """Manifests of one type that name ``subject`` as theirs, in a stable order.

        Raises:
            RemoteError: It could not be asked.
        """
        ...
