"""``export`` and ``import``: a bundle as one file, for places that no registry reaches."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import IO, TypeVar

from modelops_bundle.bundle.manifest import STORAGE, bundle_manifest
from modelops_bundle.bundle.media import PROVENANCE, RESULTS
from modelops_bundle.bundle.reference import DEFAULT_TAG, Reference
from modelops_bundle.bundle.remote import Blob, BlobSource, Manifest, Remote
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle

__all__ = ["Exported", "export_bundle", "import_bundle"]

T = TypeVar("T")


Writer = Callable[[BlobSource, Iterable[tuple[Manifest, str | None]], IO[bytes]], None]
"""Writes manifests, each with its tag, and their blobs as an archive."""


@dataclass(frozen=True, slots=True)
class Exported:
    """A bundle that was written to a file.

    Attributes:
        bundle: The bundle.
        digest: What it is known by in the file: another digest where files of it were in blob storage,
            because in the file they are layers like all others.
        tag: Its tag there.
    """

    bundle: RemoteBundle
    digest: Digest
    tag: str


@dataclass(frozen=True, slots=True)
class _Everything:
    """All blobs of a bundle, wherever they are."""

    bundle: RemoteBundle

    @property
    def place(self) -> str:
        return self.bundle.remote.place

    def get(self, blob: Blob) -> Iterator[bytes]:
        return self.bundle.source(blob).get(blob)


def export_bundle(exchange: Exchange, text: str | None, file: IO[bytes], write: Writer) -> Exported:
    """Write a bundle, with everything in it, the results that go with it, and what its pushes say.

    Raises:
        UsageError: The reference is none, or the bundle is of index version 1 with files in blob storage.
        RemoteError: There is no such bundle, or it cannot be fetched.
        DamagedBundleError: It is not what its digest says.
        OSError: What the file raises.
    """
    reference = exchange.reference(text)
    bundle = open_bundle(exchange, reference)
    tag = reference.tag or DEFAULT_TAG
    if STORAGE in bundle.said.annotations:
        manifest = bundle_manifest(bundle.said.index, bundle.index.blobs())
        write(_Everything(bundle), [(manifest, tag)], file)
        return Exported(bundle, manifest.digest, tag)
    if bundle.storages:
        raise UsageError(
            f"{reference} cannot be exported",
            "it has index version 1, and files of it are in blob storage",
            "Pull it, and push it to oci-layout:PATH without --index-version 1; then export that.",
        )
    write(bundle.remote, [(bundle.manifest, tag), *_said_of(bundle)], file)
    return Exported(bundle, bundle.digest, tag)


def import_bundle(
    exchange: Exchange, text: str | None, read: Callable[[Remote], Sequence[T]]
) -> tuple[Reference, Sequence[T]]:
    """Put all that an archive holds into a place.

    Args:
        exchange: What bundles are exchanged with.
        text: The place; the project's own by default.
        read: Reads the archive into a place, verifying everything before any tag is moved.

    Raises:
        UsageError: The reference is none, or names a tag or digest.
        StaleRemoteError: A tag points to something else.
        DamagedBundleError: The archive holds what no bundle holds, or is damaged.
        RemoteError: The place refuses.
    """
    reference = exchange.reference(text)
    if text is not None and (reference.digest is not None or reference.tag is not None):
        raise UsageError(
            f"{reference} names one bundle", "an archive has its own tags", "Name the place alone."
        )
    return reference, read(exchange.remote(reference))


def _said_of(bundle: RemoteBundle) -> Iterator[tuple[Manifest, None]]:
    for kind in (PROVENANCE, RESULTS):
        for referrer in bundle.remote.referrers(bundle.digest, kind):
            manifest = bundle.remote.manifest(str(referrer.digest))
            if manifest is not None:
                yield manifest, None
