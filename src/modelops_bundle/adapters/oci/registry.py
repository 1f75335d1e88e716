"""A repository of an OCI registry, over HTTP.

Written against the OCI distribution specification 1.1; registries that know only 1.0 will do. Nothing that a
registry says is believed: every blob and manifest is verified here, whatever the registry has checked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from types import TracebackType
from typing import Self

from modelops_bundle.adapters.oci.credentials import Credentials, CredentialSource, Given
from modelops_bundle.adapters.oci.downloads import download, download_range
from modelops_bundle.adapters.oci.manifests import list_tags, read_manifest, resolve_tag
from modelops_bundle.adapters.oci.referrers import FALLBACK_TAG, Referrers
from modelops_bundle.adapters.oci.repository import Repository
from modelops_bundle.adapters.oci.transport import Transport
from modelops_bundle.adapters.oci.uploads import holds, mount, upload
from modelops_bundle.adapters.oci.wire import Patience
from modelops_bundle.bundle.remote import Blob, BlobReader, Manifest
from modelops_bundle.identity.digest import Digest

__all__ = ["Patience", "RegistryRemote", "check_login"]


def check_login(
    host: str,
    credentials: Credentials,
    *,
    insecure: bool = False,
    patience: Patience | None = None,
) -> None:
    """Ask a registry whether it takes credentials. One that never asks who is there takes any.

    Args:
        host: ``host[:port]`` of the registry.
        credentials: What to try.
        insecure: As of :class:`RegistryRemote`.
        patience: How long to wait, and how often to try.

    Raises:
        RemoteError: It does not take them, cannot be reached, or is no registry.
    """
    transport = Transport(host, Given(credentials), insecure, patience or Patience(), 1)
    try:
        transport.ask(f"cannot log in to {host}", "GET", "/v2/", ())
    finally:
        transport.close()


class RegistryRemote:
    """One repository of a registry. See :class:`modelops_bundle.bundle.remote.Remote`.

    Args:
        host: ``host[:port]`` of the registry. ``docker.io`` is Docker Hub.
        repository: Name of the repository.
        credentials: Where to look for who we are, when the registry asks.
        insecure: Speak plain HTTP. Loopback hosts are spoken to so anyway, unless they want TLS.
        chunked: Send blobs in several requests, for what stands in the way of large ones.
        patience: How long to wait, and how often to try.
        connections: How many are kept, which is how many threads there had better be.
    """

    is_atomic = False

    def __init__(
        self,
        host: str,
        repository: str,
        *,
        credentials: CredentialSource,
        insecure: bool = False,
        chunked: bool = False,
        patience: Patience | None = None,
        connections: int = 8,
    ) -> None:
        self.place = f"{host}/{repository}"
        self._chunked = chunked
        self._transport = Transport(
            host, credentials, insecure, patience or Patience(), connections
        )
        self._at = Repository(self._transport, repository)
        self._referrers = Referrers(self._at)
        # What was found missing and not sent since: it is not asked for a second time.
        self._missing: set[Blob] = set()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections that are kept. It can be used again."""
        self._transport.close()

    # --- blobs ------------------------------------------------------------------------------

    def holds(self, blob: Blob) -> bool:
        """See :class:`modelops_bundle.bundle.remote.BlobStore`."""
        is_there = holds(self._at, blob)
        if not is_there:
            self._missing.add(blob)
        return is_there

    def put(self, blob: Blob, read: BlobReader) -> bool:
        """See :class:`modelops_bundle.bundle.remote.BlobStore`."""
        if blob in self._missing:
            self._missing.discard(blob)
        # By the right to write, which is needed anyway: some registries let nobody read what is not
        # there yet.
        elif holds(self._at, blob, self._at.push):
            return False
        upload(self._at, blob, read, self._chunked)
        return True

    def get(self, blob: Blob) -> Iterator[bytes]:
        """See :class:`modelops_bundle.bundle.remote.BlobStore`."""
        return download(self._at, blob)

    def get_range(self, blob: Blob, start: int, length: int) -> bytes:
        """See :class:`modelops_bundle.bundle.remote.BlobStore`."""
        return download_range(self._at, blob, start, length)

    def mount(self, blob: Blob, repository: str) -> bool:
        """See :class:`modelops_bundle.bundle.remote.Remote`."""
        return mount(self._at, blob, repository)

    # --- manifests --------------------------------------------------------------------------

    def tags(self) -> Sequence[str]:
        """See :class:`modelops_bundle.bundle.remote.Remote`.

        Those under which clients keep what refers to a manifest are left out.
        """
        return [tag for tag in list_tags(self._at) if FALLBACK_TAG.fullmatch(tag) is None]

    def resolve(self, tag: str) -> Digest | None:
        """See :class:`modelops_bundle.bundle.remote.Remote`."""
        return resolve_tag(self._at, tag)

    def manifest(self, wanted: str) -> Manifest | None:
        """See :class:`modelops_bundle.bundle.remote.Remote`."""
        return read_manifest(self._at, wanted)

    def put_manifest(
        self,
        manifest: Manifest,
        tag: str | None,
        expected: Digest | None = None,  # noqa: ARG002
    ) -> None:
        """See :class:`modelops_bundle.bundle.remote.Remote`. What is expected is not looked at."""
        self._referrers.put(manifest, tag)

    def referrers(self, subject: Digest, artifact_type: str) -> Sequence[Blob]:
        """See :class:`modelops_bundle.bundle.remote.Remote`."""
        return self._referrers.find(subject, artifact_type)
