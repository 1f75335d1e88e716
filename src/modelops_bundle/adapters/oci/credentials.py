"""Who the user is to a registry: what ``docker login`` and its kin have stored, or the environment says.

Credentials are looked up when a registry asks for them, and never written to a log or a message.
"""

from __future__ import annotations

import base64
import binascii
import io
import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn, Protocol

from modelops_bundle.adapters.atomic import make_folder, storage_errors, write_atomically
from modelops_bundle.adapters.oci.words import harmless
from modelops_bundle.errors import RemoteError, UsageError

__all__ = [
    "AnyOf",
    "CredentialSource",
    "Credentials",
    "DockerCredentials",
    "EnvironmentCredentials",
    "Given",
    "NoCredentials",
]

_DOCKER_HUB = "https://index.docker.io/v1/"
_DOCKER_HOSTS = ("docker.io", "index.docker.io", "registry-1.docker.io")
_HELPER = re.compile(r"[A-Za-z0-9._-]+")
_HELPER_SECONDS = 30.0
_NOT_FOUND = "credentials not found"
#: The user name by which helpers say that the secret is an identity token.
_TOKEN_USER = "<token>"


@dataclass(frozen=True)
class Credentials:
    """Who somebody is. Shown without what is secret.

    Attributes:
        username: Name; empty where a token says all.
        password: Password or personal access token.
        identity_token: What a realm gives tokens for.
        registry_token: A token that the registry itself takes.
    """

    username: str = ""
    password: str = field(default="", repr=False)
    identity_token: str = field(default="", repr=False)
    registry_token: str = field(default="", repr=False)

    @property
    def secrets(self) -> tuple[str, ...]:
        """What no message may hold."""
        return (self.password, self.identity_token, self.registry_token)

    def __bool__(self) -> bool:
        return bool(self.username or self.identity_token or self.registry_token)


class CredentialSource(Protocol):
    """Where credentials come from."""

    def for_host(self, host: str) -> Credentials | None:
        """Those for a registry, as ``host[:port]``; ``None`` where there are none.

        Raises:
            UsageError: What is stored cannot be read.
            RemoteError: A program that keeps them fails.
        """
        ...


class NoCredentials:
    """Everybody is anonymous."""

    def for_host(self, host: str) -> Credentials | None:  # noqa: ARG002
        """Nothing."""
        return None


class Given:
    """Credentials that somebody has typed, for whatever registry they are used with."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def for_host(self, host: str) -> Credentials | None:  # noqa: ARG002
        """See :class:`CredentialSource`."""
        return self._credentials or None


class AnyOf:
    """The first source that has any."""

    def __init__(self, *sources: CredentialSource) -> None:
        self._sources = sources

    def for_host(self, host: str) -> Credentials | None:
        """See :class:`CredentialSource`."""
        return next(filter(None, (source.for_host(host) for source in self._sources)), None)


class EnvironmentCredentials:
    """``MODELOPS_BUNDLE_USERNAME`` and ``MODELOPS_BUNDLE_PASSWORD``, which are for one registry alone.

    Args:
        host: The registry that they are for.
        environment: Other variables than those of this process.
    """

    def __init__(self, host: str, environment: Mapping[str, str] | None = None) -> None:
        self._host = host
        self._environment = os.environ if environment is None else environment

    def for_host(self, host: str) -> Credentials | None:
        """See :class:`CredentialSource`."""
        name = self._environment.get("MODELOPS_BUNDLE_USERNAME", "")
        password = self._environment.get("MODELOPS_BUNDLE_PASSWORD", "")
        if host != self._host or not name or not password:
            return None
        return Credentials(name, password)


class DockerCredentials:
    """What ``docker login`` stored, and else what ``podman login`` did.

    Docker's file is ``$DOCKER_CONFIG/config.json`` or ``~/.docker/config.json``, podman's
    ``$XDG_RUNTIME_DIR/containers/auth.json``. A helper named for the host counts before the one for all, and
    that before what stands in the file. Podman's entries for parts of a registry are not looked at.

    ECR and GHCR need nothing else: ECR has the helper ``ecr-login`` or the user ``AWS``, GHCR takes a
    personal access token as the password.

    Args:
        environment: Other variables than those of this process; helpers get those of this process.
    """

    def __init__(self, environment: Mapping[str, str] | None = None) -> None:
        self._environment = os.environ if environment is None else environment

    def for_host(self, host: str) -> Credentials | None:
        """See :class:`CredentialSource`."""
        for path in self._paths():
            config = _read(path)
            name = _helper(path, config, host)
            if name and (found := _from_helper(name, host)):
                return found
            if found := _from_file(path, config, host):
                return found
        return None

    def store_login(self, host: str, credentials: Credentials) -> str:
        """Store credentials as ``docker login`` does: by the helper that is configured, else in the file.

        The file can be read by its owner alone. What else stands in it is kept.

        Returns:
            Where they are now.

        Raises:
            UsageError: The file cannot be read.
            RemoteError: The helper fails.
            StorageError: The file cannot be written.
        """
        path = self._paths()[0]
        config = _read(path)
        name = _helper(path, config, host)
        if name:
            secret = credentials.identity_token or credentials.password
            user = _TOKEN_USER if credentials.identity_token else credentials.username
            document = {"ServerURL": _key(host), "Username": user, "Secret": secret}
            _run_helper(name, "store", json.dumps(document))
            return f"docker-credential-{name}"
        entry = _section(path, config, "auths").setdefault(_key(host), {})
        if not isinstance(entry, dict):
            _broken(path, f"auths[{_key(host)!r}] is no object")
        pair = f"{credentials.username}:{credentials.password}"
        entry["auth"] = base64.b64encode(pair.encode()).decode()
        for key, token in (
            ("identitytoken", credentials.identity_token),
            ("registrytoken", credentials.registry_token),
        ):
            entry.pop(key, None)
            if token:
                entry[key] = token
        _write(path, config)
        return path

    def _paths(self) -> list[str]:
        home = self._environment.get("HOME") or os.path.expanduser("~")
        folder = self._environment.get("DOCKER_CONFIG") or os.path.join(home, ".docker")
        paths = [os.path.join(folder, "config.json")]
        if runtime := self._environment.get("XDG_RUNTIME_DIR"):
            paths.append(os.path.join(runtime, "containers", "auth.json"))
        return paths


def _key(host: str) -> str:
    """How Docker's file names a registry."""
    return _DOCKER_HUB if host in _DOCKER_HOSTS else host


def _is_for(key: str, host: str) -> bool:
    if key == _key(host):
        return True
    # With a scheme it is an address, whose path says nothing; without one, the path is a part of a registry.
    scheme, mark, rest = key.partition("://")
    return bool(mark) and scheme in ("https", "http") and rest.partition("/")[0] == host


# --- files ----------------------------------------------------------------------------------


def _read(path: str) -> dict[str, Any]:
    """A configuration; an empty one where there is no file."""
    try:
        with io.FileIO(path) as file:
            data = file.readall()
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except OSError as error:
        _broken(path, error.strerror or "it cannot be opened")
    if not data.strip():
        return {}
    try:
        config = json.loads(data)
    except (ValueError, RecursionError) as error:
        # The error's own words repeat none of the text.
        _broken(path, f"it is no JSON ({harmless(str(error))})")
    if not isinstance(config, dict):
        _broken(path, "it is no JSON object")
    return config


def _section(path: str, config: dict[str, Any], name: str) -> dict[str, Any]:
    found = config.setdefault(name, {})
    if not isinstance(found, dict):
        _broken(path, f"{name!r} is no object")
    return found


def _from_file(path: str, config: dict[str, Any], host: str) -> Credentials | None:
    for key, entry in _section(path, config, "auths").items():
        if _is_for(key, host):
            if not isinstance(entry, dict):
                _broken(path, f"auths[{key!r}] is no object")
            if found := _entry(path, key, entry):
                return found
    return None


def _entry(path: str, key: str, entry: dict[str, Any]) -> Credentials:
    values = {
        name: entry.get(name) or ""
        for name in ("auth", "username", "password", "identitytoken", "registrytoken")
    }
    if not all(isinstance(value, str) for value in values.values()):
        _broken(path, f"auths[{key!r}] holds something else than texts")
    username, password = values["username"], values["password"]
    if values["auth"]:
        try:
            pair = base64.b64decode(values["auth"], validate=True).decode()
        except (binascii.Error, ValueError):
            pair = ""
        username, colon, password = pair.partition(":")
        if not colon:
            _broken(path, f"the `auth` of auths[{key!r}] is no name and password in base64")
    # Docker once padded passwords with zero bytes.
    return Credentials(
        username, password.strip("\0"), values["identitytoken"], values["registrytoken"]
    )


def _write(path: str, config: dict[str, Any]) -> None:
    make_folder(os.path.dirname(path))
    with storage_errors(f"cannot write {path}"):
        try:
            # A file that is there keeps its permissions when it is replaced: so there is one before.
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with io.FileIO(descriptor, "wb") as file:
                file.write(b"{}\n")
        except FileExistsError:
            os.chmod(path, 0o600)
    write_atomically(path, json.dumps(config, indent="\t").encode() + b"\n")


def _broken(path: str, why: str) -> NoReturn:
    raise UsageError(
        f"{path} cannot be used",
        why,
        "Correct it, or name another folder in DOCKER_CONFIG.",
    ) from None


# --- helpers --------------------------------------------------------------------------------


def _helper(path: str, config: dict[str, Any], host: str) -> str:
    """Name of the program that keeps a registry's credentials, or nothing."""
    helpers = _section(path, config, "credHelpers")
    name = next((helpers[key] for key in helpers if _is_for(key, host)), None)
    if name is None:
        name = config.get("credsStore") or ""
    # It becomes part of a program's name.
    if not isinstance(name, str) or (name and _HELPER.fullmatch(name) is None):
        _broken(path, "a credential helper's name has other characters than letters, digits, . _ -")
    return name


def _from_helper(name: str, host: str) -> Credentials | None:
    answer = _run_helper(name, "get", _key(host))
    if answer is None:
        return None
    try:
        document = json.loads(answer)
        user, secret = document["Username"], document["Secret"]
    except (ValueError, KeyError, TypeError, RecursionError):
        user = secret = None
    if not isinstance(user, str) or not isinstance(secret, str):
        _helper_failed(name, "it answers something else than a name and a secret")
    if user == _TOKEN_USER:
        return Credentials(identity_token=secret)
    return Credentials(user, secret) or None


def _run_helper(name: str, verb: str, text: str) -> str | None:
    """What a helper prints; ``None`` if it says that there are no credentials."""
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(
            [program, verb],
            input=text.encode(),
            capture_output=True,
            timeout=_HELPER_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _helper_failed(name, f"it does not end within {_HELPER_SECONDS:g} seconds")
    except OSError as error:
        _helper_failed(name, error.strerror or "it cannot be run")
    if done.returncode == 0:
        return done.stdout.decode("utf-8", "replace")
    # Helpers say what is wrong where they would print the credentials: only this phrase is looked for.
    if _NOT_FOUND not in (done.stdout + done.stderr).decode("utf-8", "replace").lower():
        _helper_failed(name, f"it ends with code {done.returncode}")
    return None


def _helper_failed(name: str, why: str) -> NoReturn:
    raise RemoteError(
        f"docker-credential-{name} gives no credentials",
        why,
        "Run it by hand, or take it out of Docker's config.json and log in again.",
    ) from None
