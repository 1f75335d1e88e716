"""Named environments of a user: which registry and which storage, with what credentials.

``~/.modelops/bundle-env/<name>.yaml``, as the tools that set up a workspace write it;
``.modelops-bundle/env`` of a project names the one that it uses. No record's ``repr`` has a secret.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from modelops_bundle.errors import ConfigError, UsageError

__all__ = ["Pinned", "PinnedRegistry", "PinnedStorage", "check_environment_name", "read_pinned"]

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_REGISTRIES = ("docker", "acr", "ecr", "gcr", "ghcr")
_SCHEMES = {"azure": "az", "azurite": "az", "s3": "s3", "minio": "s3", "gcs": "gs"}


@dataclass(frozen=True, slots=True)
class PinnedRegistry:
    """A registry.

    Attributes:
        provider: ``docker``, ``acr``, ``ecr``, ``gcr`` or ``ghcr``.
        login_server: ``host[:port]``, with the beginning of repositories' names where it has one.
        username: Who we are there, if it is said.
        password: The password or token of that.
    """

    provider: str
    login_server: str
    username: str = ""
    password: str = field(default="", repr=False)

    @property
    def host(self) -> str:
        """``host[:port]`` alone."""
        return self.login_server.partition("/")[0]


@dataclass(frozen=True, slots=True)
class PinnedStorage:
    """A blob storage.

    Attributes:
        provider: ``azure``, ``azurite``, ``s3``, ``minio`` or ``gcs``.
        container: Bucket or container.
        endpoint: Address of the server, where it is not the provider's own.
        access_key: Identifier of a key.
        secret_key: The secret of that.
        connection_string: All of it in one text.
    """

    provider: str
    container: str
    endpoint: str = ""
    access_key: str = ""
    secret_key: str = field(default="", repr=False)
    connection_string: str = field(default="", repr=False)

    @property
    def url(self) -> str:
        """URL of the storage."""
        return f"{_SCHEMES[self.provider]}://{self.container}"


@dataclass(frozen=True, slots=True)
class Pinned:
    """A named environment: its registry and storage, each where it has one."""

    name: str
    registry: PinnedRegistry | None
    storage: PinnedStorage | None


def check_environment_name(name: str) -> str:
    """``name`` if an environment can have it; it becomes part of a file's name.

    Raises:
        UsageError: It cannot.
    """
    if _NAME.fullmatch(name) is None:
        raise UsageError(
            f"{name[:100]!r} cannot be an environment",
            "a name holds letters, digits, `.`, `_` and `-`",
            "`mops-bundle dev env` lists those that are there.",
        )
    return name


def read_pinned(document: Any, name: str, where: str) -> Pinned:
    """Check what an environment's file says.

    Raises:
        ConfigError: It cannot be used. All problems are told together, without any value.
    """
    said = document if isinstance(document, dict) else {}
    problems = [] if isinstance(document, dict) else ["it is no mapping"]
    registry = _table(said, "registry", problems)
    storage = _table(said, "storage", problems)
    provider = _text(registry, "provider", problems) or "docker"
    if registry and provider not in _REGISTRIES:
        problems.append(f"registry.provider is none of {', '.join(_REGISTRIES)}")
    login_server = _text(registry, "login_server", problems)
    if registry and not login_server:
        problems.append("registry.login_server is missing")
    kind = _text(storage, "provider", problems)
    container = _text(storage, "container", problems)
    if storage and kind not in _SCHEMES:
        problems.append(f"storage.provider is none of {', '.join(_SCHEMES)}")
    if storage and not container:
        problems.append("storage.container is missing")
    names = ("endpoint", "access_key", "secret_key", "connection_string")
    access = {key: _text(storage, key, problems) for key in names}
    login = {key: _text(registry, key, problems) for key in ("username", "password")}
    if problems:
        raise ConfigError(f"{where} cannot be used", "; ".join(problems), "Mend the file.")
    return Pinned(
        name,
        PinnedRegistry(provider, login_server, **login) if registry else None,
        PinnedStorage(kind, container, **access) if storage else None,
    )


def _table(said: Mapping[str, Any], key: str, problems: list[str]) -> Mapping[str, Any]:
    value = said.get(key)
    if value is None:
        return {}
    if isinstance(value, dict):
        return value
    problems.append(f"{key} is no mapping")
    return {}


def _text(said: Mapping[str, Any], key: str, problems: list[str]) -> str:
    value = said.get(key)
    if value is None or isinstance(value, str):
        return value or ""
    problems.append(f"{key} is no text")
    return ""
