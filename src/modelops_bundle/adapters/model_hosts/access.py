"""Where a provider is, and with which key, as its configuration, the process and ``.env`` say.

Values of keys are in :class:`Secret` only, which shows nothing of them.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from modelops_bundle.adapters.addresses import is_loopback
from modelops_bundle.catalog.addresses import completed
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.errors import ModelHostError, StorageError

__all__ = [
    "Address",
    "Secret",
    "address_of",
    "find_secret",
    "is_meant",
    "read_variables",
]

_BASE_URL = re.compile(r"https?://[^\s/?#@]+(/[!\"$->@-~]*)?")


class Secret:
    """A key. Only :meth:`reveal` shows it.

    Attributes:
        variable: The variable that holds it.
    """

    __slots__ = ("_value", "variable")

    def __init__(self, variable: str, value: str) -> None:
        self.variable = variable
        self._value = value

    def reveal(self) -> str:
        """The key itself."""
        return self._value

    def __repr__(self) -> str:
        return f"<the value of {self.variable}>"

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a key is not to be stored")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a provider's API is. Only :attr:`url` has all of it, as a path may hold a secret.

    Attributes:
        url: What requests begin with, without a slash at the end. It is never shown.
        variable: The variable that says so; ``None`` where the configuration does.
    """

    url: str = field(repr=False)
    variable: str | None = None

    @property
    def has_own_path(self) -> bool:
        """Whether a variable gives a path, which may be a secret."""
        return self.variable is not None and bool(urlsplit(self.url).path)

    def cited(self, path: str) -> str:
        """How entries and errors name a path there: of what a variable says, the server alone.

        Args:
            path: What is asked for below the address, with a slash before it.
        """
        if self.variable is None:
            return self.url + path
        parts = urlsplit(self.url)
        server = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{server} (from {self.variable})"


def read_variables(file: str) -> tuple[dict[str, str], tuple[int, ...]]:
    """The variables of a ``.env`` file, and the numbers of its lines that set none, as they should.

    Args:
        file: Path of the file, which need not exist.

    Raises:
        StorageError: The file is there and cannot be read.
    """
    from dotenv.parser import parse_stream

    if not os.path.isfile(file):
        return {}, ()
    try:
        with Path(file).open(encoding="utf-8-sig") as opened:
            lines = list(parse_stream(opened))
    except (OSError, UnicodeDecodeError) as error:
        # What the error says may quote the file.
        why = (error.strerror or "") if isinstance(error, OSError) else "it is not UTF-8"
        mend = "Mend the file, or set the variables in the environment."
        raise StorageError(f"cannot read {file}", why, mend) from None
    found = {each.key: each.value for each in lines if each.key and each.value is not None}
    return found, tuple(each.original.line for each in lines if each.error)


def find_secret(config: ProviderConfig, variables: Mapping[str, str]) -> Secret | None:
    """The key of a provider; ``None`` where it needs none.

    Raises:
        ModelHostError: It needs one, and no variable has it, or one has what is no key.
    """
    names = config.credential_variables
    found = next((name for name in names if variables.get(name, "").strip()), None)
    if found is None:
        if config.authentication.scheme == "none" or not names:
            return None
        raise ModelHostError(
            f"there is no key for {config.name or config.slug}",
            f"{' and '.join(names)} {'is' if len(names) == 1 else 'are'} not set",
            f"Set {names[0]} in the environment or in the project's .env.",
        )
    value = variables[found].strip()
    if not value.isascii() or not value.isprintable():
        raise ModelHostError(
            f"the key for {config.name or config.slug} cannot be sent",
            f"{found} holds characters that no header may have",
            f"Copy the key anew into {found}.",
        )
    return Secret(found, value)


def address_of(config: ProviderConfig, variables: Mapping[str, str]) -> Address:
    """Where a provider's API is: as variables say, else its configuration.

    A host alone, as programs take it that ask this machine (``localhost:11434``), gets what it lacks from the
    configuration.

    Raises:
        ModelHostError: Nothing says where, or a variable holds no address.
    """
    named = next((name for name in config.base_url_variables if variables.get(name)), None)
    if named is None:
        if config.base_url is None:
            raise ModelHostError(
                f"nobody knows where to ask {config.name or config.slug}",
                "its configuration has no base_url",
                f"Give one under providers.{config.slug} in models/model_registry.yaml.",
            )
        return Address(config.base_url.rstrip("/"))
    given = variables[named]
    url = completed(given, config.base_url).rstrip("/")
    # A key that was put there by mistake would be asked for as a host, and shown.
    is_whole = "://" in given or is_loopback(urlsplit(config.base_url or "").hostname)
    if not is_whole or _BASE_URL.fullmatch(url) is None or _port_is_wrong(url):
        raise ModelHostError(
            f"cannot ask {config.name or config.slug}",
            f"{named} holds no address",
            f"Set {named} to an address such as {config.base_url or 'https://example.org/v1'},"
            " without a user name, or remove it.",
        )
    return Address(url, named)


def is_meant(config: ProviderConfig, variables: Mapping[str, str]) -> bool:
    """Whether a variable says that this provider is used: a key, or an address where no key is needed."""
    needs_key = config.authentication.scheme != "none" and config.credential_variables
    names = config.credential_variables if needs_key else config.base_url_variables
    return any(variables.get(name, "").strip() for name in names)


def _port_is_wrong(url: str) -> bool:
    try:
        _ = urlsplit(url).port
    except ValueError:
        return True
    return False
