"""Object stores as obstore reaches them: how they are opened, and what they refuse, in our words.

No message repeats what a server has said in full, because servers repeat signed addresses.
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from modelops_bundle.errors import MopsError, UsageError

if TYPE_CHECKING:
    from obstore.store import ObjectStore

__all__ = ["StoreAccess", "open_store", "store_errors"]

_RETRY_SECONDS = 15
_LONGEST = 300
_SECRETS = re.compile(r"(?i)secret|key|token|password|signature|credential|connection")
_MENDS = {
    "NotFoundError": ("it is not there", "Make the bucket or container, or correct {setting}."),
    "PermissionDeniedError": (
        "access is denied",
        "Check the credentials in {credentials} and what they may do.",
    ),
    "Unreachable": (
        "nobody answers there",
        "Check the network and the address, then run it again.",
    ),
    "UnauthenticatedError": (
        "the credentials are not accepted",
        "Check the credentials in {credentials}.",
    ),
}
#: What servers and the library say in words only.
_TOLD = {
    "NoSuchBucket|ContainerNotFound|404 Not Found": "NotFoundError",
    "error sending request|operation timed out": "Unreachable",
}
_UNREACHABLE = "Check the network and the credentials in {credentials}, then run it again."
_SECRET_PARTS = ("accountkey", "sharedaccesssignature")


@dataclass(frozen=True, slots=True)
class StoreAccess:
    """How to get to a store, where something else than the environment's variables says it.

    Attributes:
        endpoint: Address of the server, for those that are not the provider's own.
        access_key: Identifier of an S3 key, or name of an Azure account.
        secret_key: The secret of that.
        connection_string: All of it in one text, as Azure gives it out.
        allow_http: Whether no encryption is needed; an endpoint that begins with ``http:`` says so, too.
    """

    endpoint: str | None = None
    access_key: str | None = None
    secret_key: str | None = field(default=None, repr=False)
    connection_string: str | None = field(default=None, repr=False)
    allow_http: bool | None = None

    @property
    def is_given(self) -> bool:
        """Whether it says where the store is or who asks."""
        return any((self.endpoint, self.access_key, self.secret_key, self.connection_string))

    @property
    def secrets(self) -> list[str]:
        """What no message may hold."""
        parts = _connection(self.connection_string or "")
        hidden = [self.secret_key, self.connection_string, *map(parts.get, _SECRET_PARTS)]
        return [each for each in hidden if each]


_NO_ACCESS = StoreAccess()


def open_store(url: str, access: StoreAccess = _NO_ACCESS) -> ObjectStore:
    """The store at a URL, inside of :func:`store_errors`. Nobody is asked anything yet.

    Args:
        url: ``s3://``, ``az://``, ``gs://`` or ``file://``. A folder is made if need be.
        access: What counts more than the environment's variables; then the URL has no prefix.

    Raises:
        UsageError: Such a store is not got to in that way.
    """
    from obstore.store import AzureStore, S3Store, from_url

    if url.startswith("file:") and not access.is_given:
        return from_url(url, mkdir=True)
    allow = access.allow_http
    options: dict[str, Any] = {
        "client_options": {
            "timeout": "60s",
            "connect_timeout": "5s",
            "allow_http": _is_http_allowed() if allow is None else allow,
        },
        "retry_config": {"max_retries": 3, "retry_timeout": timedelta(seconds=_RETRY_SECONDS)},
    }
    if not access.is_given:
        return from_url(url, **options)
    scheme, _, container = url.partition("://")
    if scheme == "s3" and not access.connection_string:
        config, credentials = _s3(access)
        store: type[Any] = S3Store
    elif scheme == "az":
        config, credentials = _azure(access)
        store = AzureStore
    else:
        raise UsageError(
            f"{url} cannot be used with the credentials that were given",
            "they are for a storage of another kind",
            "Correct the storage's provider, or give credentials in the environment.",
        )
    if allow is None and config.get("endpoint", "").startswith("http:"):
        options["client_options"]["allow_http"] = True
    if credentials:
        # Told in this way, no variable is looked at for more of them: a session's token, say.
        options["credential_provider"] = lambda: {**credentials, "expires_at": None}
    made: ObjectStore = store(container, config=config, **options)
    return made


@contextmanager
def store_errors(
    url: str, kind: type[MopsError], setting: str, access: StoreAccess = _NO_ACCESS
) -> Iterator[None]:
    """Translate what a store refuses inside the block.

    Args:
        url: The store's, for the message.
        kind: The error to raise.
        setting: What says which store is used, for the mend.
        access: How the store is got to.

    Raises:
        MopsError: Of that kind, with none of a server's words that may hold a secret.
        UsageError: The package obstore, which is imported inside the block, is not installed.
    """
    try:
        yield
    except MopsError:
        raise
    except ImportError as error:
        raise UsageError(
            f"{url} cannot be used",
            "the package obstore is not installed",
            'Install it: `uv add "modelops-bundle[stores]"`.',
        ) from error
    except Exception as error:
        if not type(error).__module__.startswith(("obstore", "builtins")):
            raise
        why, mend = _reason(type(error).__name__, str(error), access.secrets)
        where = "what was given" if access.is_given else "the environment"
        mend = mend.format(setting=setting, credentials=where)
        raise kind(f"the store {url} cannot be used", why, mend) from None


def _s3(access: StoreAccess) -> tuple[dict[str, Any], dict[str, Any]]:
    """Configuration and credentials."""
    config: dict[str, Any] = {}
    if access.endpoint:
        config["endpoint"] = access.endpoint
        if "AWS_ENDPOINT_URL_S3" in os.environ:  # counts more than the other one
            config["aws_endpoint_url_s3"] = access.endpoint
    if not (access.access_key or access.secret_key):
        return config, {}
    return config, {
        "access_key_id": access.access_key or "",
        "secret_access_key": access.secret_key or "",
        "token": None,
    }


def _azure(access: StoreAccess) -> tuple[dict[str, Any], dict[str, Any]]:
    """Configuration and credentials."""
    parts = _connection(access.connection_string or "")
    if parts.get("usedevelopmentstorage", "").lower() == "true":
        return {"use_emulator": True}, {}
    account = access.access_key or parts.get("accountname")
    protocol = parts.get("defaultendpointsprotocol", "https")
    suffix = parts.get("endpointsuffix")
    made = f"{protocol}://{account}.blob.{suffix}" if suffix else None
    config = {
        "account_name": account,
        "endpoint": access.endpoint or parts.get("blobendpoint") or made,
    }
    key = access.secret_key or parts.get("accountkey")
    token = parts.get("sharedaccesssignature")
    credentials = {"access_key": key} if key else {"sas_token": token} if token else {}
    return {name: value for name, value in config.items() if value}, credentials


def _connection(text: str) -> dict[str, str]:
    """The parts of a connection string, by their names in lower case."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}


def _reason(kind: str, text: str, secrets: Collection[str]) -> tuple[str, str]:
    """Why a store refuses, and what to do."""
    if kind in _MENDS:
        return _MENDS[kind]
    for pattern, known in _TOLD.items():
        if re.search(pattern, text):
            return _MENDS[known]
    return _harmless(text, secrets), _UNREACHABLE


def _harmless(text: str, secrets: Collection[str]) -> str:
    """The beginning of a server's or library's words, without addresses' queries and without our secrets."""
    # Behind this stands the library's own account of it, with every header.
    text = text.partition("Debug source")[0]
    text = re.sub(r"\?[^\s\"')]+", "?...", " ".join(text.split()))
    ours = [value for name, value in os.environ.items() if _SECRETS.search(name)]
    # The longest first: one may be part of another.
    for value in sorted({*secrets, *ours}, key=len, reverse=True):
        if len(value) >= 4:
            text = text.replace(value, "...")
    return text if len(text) <= _LONGEST else f"...{text[-_LONGEST:]}"


def _is_http_allowed() -> bool:
    """Whether the environment says, as for servers on one's own machine, that no encryption is needed."""
    names = ("AWS_ALLOW_HTTP", "AZURE_ALLOW_HTTP", "GOOGLE_ALLOW_HTTP")
    return any(os.environ.get(name, "").lower() in ("true", "1") for name in names)
