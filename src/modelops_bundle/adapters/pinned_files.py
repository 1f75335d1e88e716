"""Environments of a user on this machine, and which of them a project uses."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress

from modelops_bundle.adapters.atomic import storage_errors, write_text
from modelops_bundle.adapters.bundle_files import bytes_of, read_plain_yaml
from modelops_bundle.adapters.oci.credentials import Credentials
from modelops_bundle.bundle.pinned import (
    Pinned,
    PinnedRegistry,
    check_environment_name,
    read_pinned,
)
from modelops_bundle.errors import UsageError

__all__ = ["PinnedCredentials", "PinnedFiles"]


class PinnedFiles:
    """Environments below a folder, and the project's file that names one.

    Args:
        marker: ``.modelops-bundle/env`` of the project.
        variables: Environment variables, of which ``HOME`` counts.
    """

    def __init__(self, marker: str, variables: Mapping[str, str]) -> None:
        self._marker = marker
        home = variables.get("HOME") or os.path.expanduser("~")
        self._folder = os.path.join(home, ".modelops", "bundle-env")

    def names(self) -> list[str]:
        """Environments that are there, sorted."""
        try:
            found = os.listdir(self._folder)
        except OSError:
            return []
        return sorted(name[: -len(".yaml")] for name in found if name.endswith(".yaml"))

    def pinned_name(self) -> str | None:
        """The environment that the project uses, if it has chosen one.

        Raises:
            UsageError: The file holds no name.
        """
        data = bytes_of(self._marker)
        if data is None:
            return None
        name = data[:1000].decode("utf-8", "replace").strip()
        return check_environment_name(name) if name else None

    def pinned(self) -> Pinned | None:
        """What the project's environment says; ``None`` where it has chosen none.

        Raises:
            UsageError: It has chosen one that is not there.
            ConfigError: Its file cannot be used.
        """
        name = self.pinned_name()
        return self.read(name) if name is not None else None

    def read(self, name: str) -> Pinned:
        """What an environment says.

        Raises:
            UsageError: There is no such environment.
            ConfigError: Its file cannot be used.
        """
        path = os.path.join(self._folder, f"{check_environment_name(name)}.yaml")
        with storage_errors(f"cannot read {path}"):
            if not os.path.lexists(path):
                there = ", ".join(self.names()) or "none"
                raise UsageError(
                    f"there is no environment {name}",
                    f"{path} is not there; there are: {there}",
                    "`mops-bundle dev switch ENV` chooses another, `mops-bundle dev switch --none` none.",
                )
        return read_pinned(read_plain_yaml(path), name, path)

    def pin(self, name: str) -> None:
        """Let the project use an environment.

        Raises:
            UsageError: There is no such environment.
            ConfigError: Its file cannot be used.
            StorageError: The choice cannot be written.
        """
        self.read(name)
        write_text(self._marker, f"{name}\n")

    def unpin(self) -> None:
        """Let the project use no environment, whatever it has chosen.

        Raises:
            StorageError: The choice cannot be removed.
        """
        with storage_errors(f"cannot remove {self._marker}"), suppress(FileNotFoundError):
            os.unlink(self._marker)


class PinnedCredentials:
    """What an environment says for its own registry. See :class:`CredentialSource`."""

    def __init__(self, registry: PinnedRegistry) -> None:
        self._registry = registry

    def for_host(self, host: str) -> Credentials | None:
        """See :class:`CredentialSource`."""
        known = self._registry
        if host != known.host or not known.username or not known.password:
            return None
        return Credentials(known.username, known.password)
