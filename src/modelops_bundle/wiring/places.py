"""Places of bundles, opened once each: a registry's repositories and layout folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.remote import BlobStorage, Remote
from modelops_bundle.errors import RemoteError, UsageError

if TYPE_CHECKING:
    from modelops_bundle.adapters.oci.credentials import CredentialSource

__all__ = ["Manner", "Places", "storage_of_bundle", "usual_credentials"]


class Manner(NamedTuple):
    """How a registry is spoken to: without TLS, and with blobs in several requests each."""

    insecure: bool = False
    chunked: bool = False


class Places:
    """Gives the remote of a reference. What is needed for registries is loaded when one is asked for.

    Args:
        credentials: Makes the source of credentials for all of them.
        manner: How a registry, ``host[:port]``, is spoken to.
    """

    def __init__(
        self, credentials: Callable[[], CredentialSource], manner: Callable[[str], Manner]
    ) -> None:
        self._credentials = credentials
        self._manner = manner
        self._remotes: dict[str, Remote] = {}
        self._stack = ExitStack()
        self._process = os.getpid()
        self._of_parents: list[object] = []

    def remote(self, reference: Reference) -> Remote:
        """The place of a reference."""
        if self._process != os.getpid():
            # Connections are the parent's, of which a fork has copies: neither used here, nor closed.
            self._of_parents += (self._remotes, self._stack)
            self._remotes, self._stack = {}, ExitStack()
            self._process = os.getpid()
        if reference.place not in self._remotes:
            self._remotes[reference.place] = self._opened(reference)
        return self._remotes[reference.place]

    def close(self) -> None:
        """Close connections that are kept."""
        self._stack.close()
        self._remotes.clear()

    def _opened(self, reference: Reference) -> Remote:
        if reference.is_layout:
            from modelops_bundle.adapters.oci.layout import LayoutRemote

            return LayoutRemote(os.path.abspath(os.path.expanduser(reference.repository)))
        from modelops_bundle.adapters.oci.registry import RegistryRemote

        remote = RegistryRemote(
            reference.host,
            reference.repository,
            credentials=self._credentials(),
            **self._manner(reference.host)._asdict(),
        )
        return self._stack.enter_context(remote)


#: Variables of which one says that the user means to go to a provider's stores.
_MEANS = {
    "s3": ("AWS_ACCESS_KEY_ID", "AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION"),
    "az": ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_CONNECTION_STRING"),
    "gs": (
        "GOOGLE_APPLICATION_CREDENTIALS",
        "GOOGLE_SERVICE_ACCOUNT",
        "GOOGLE_SERVICE_ACCOUNT_KEY",
    ),
}
#: Folders that are none: what is opened there acts, or is another process's.
_NO_FOLDERS = ("/dev/", "/proc/", "/sys/")


def storage_of_bundle(url: str, variables: Mapping[str, str]) -> BlobStorage:
    """The blob storage that a bundle names. Blobs are asked for by digest there, and nothing else is.

    A bundle may come from anybody, so it does not decide with whom this machine talks: the user's variables
    say which provider is meant.

    Raises:
        RemoteError: Nothing says so, or what it names is no storage.
    """
    scheme, _, rest = url.partition("://")
    known = scheme == "file" and not f"{rest}/".startswith(_NO_FOLDERS) and ".." not in rest
    if not known and not any(variables.get(name) for name in _MEANS.get(scheme, ())):
        raise RemoteError(
            f"the bundle keeps files in {url[:200]}, which nothing here is set up for",
            "a bundle does not decide where this machine goes",
            "If that is right, name it under storage in .modelops-bundle/config.yaml,"
            " or set the provider's variables (AWS_REGION, AZURE_STORAGE_ACCOUNT_NAME, ...).",
        )
    from modelops_bundle.adapters import blob_storage

    try:
        return blob_storage.BlobStorage(url)
    except UsageError as error:
        raise RemoteError(f"the bundle names no storage: {url[:200]}", error.why) from error


def usual_credentials(
    host: str, variables: Mapping[str, str], *others: CredentialSource
) -> CredentialSource:
    """Who we are: as variables say, which are for one host alone, as others do, as docker and podman know."""
    from modelops_bundle.adapters.oci import credentials as known

    own = known.EnvironmentCredentials(host, variables)
    return known.AnyOf(own, *others, known.DockerCredentials(variables))
