"""Places of bundles, opened once each: a registry's repositories and layout folders."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from typing import TYPE_CHECKING, NamedTuple

from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.remote import Remote

if TYPE_CHECKING:
    from modelops_bundle.adapters.oci_credentials import CredentialSource

__all__ = ["Manner", "Places", "usual_credentials"]


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
            from modelops_bundle.adapters.oci_layout import LayoutRemote

            return LayoutRemote(os.path.abspath(os.path.expanduser(reference.repository)))
        from modelops_bundle.adapters.oci_http import RegistryRemote

        remote = RegistryRemote(
            reference.host,
            reference.repository,
            credentials=self._credentials(),
            **self._manner(reference.host)._asdict(),
        )
        return self._stack.enter_context(remote)


def usual_credentials(
    host: str, variables: Mapping[str, str], *others: CredentialSource
) -> CredentialSource:
    """Who we are: as variables say, which are for one host alone, as others do, as docker and podman know."""
    from modelops_bundle.adapters import oci_credentials as known

    own = known.EnvironmentCredentials(host, variables)
    return known.AnyOf(own, *others, known.DockerCredentials(variables))
