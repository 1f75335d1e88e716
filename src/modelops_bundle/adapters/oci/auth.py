"""Who we are to a registry: challenges, tokens, and where credentials may go.

A registry that wants to know who asks answers 401 with a challenge. ``Basic`` wants the user's name and
password with every request. ``Bearer`` names a realm, which gives a token for a while and for certain rights
in return for the credentials: by GET with name and password, or by POST with an identity token, which is what
Azure's registry means by the user name of zeros, too. Without credentials, the realm is asked anonymously.

Where credentials go:

- Only challenges of the registry's own host count, never those of a host that it redirects to.
- With a registry spoken to by TLS, they go to the realm that it names, which must be ``https``: this is how
  Docker does it, since only the registry knows who issues its tokens.
- With a registry without TLS, anybody may have written the challenge: they go to the realm only if it is on
  the registry's own host, whatever the port.
- A realm that redirects is not followed.
- Tokens go to the registry's own scheme, host and port, and nowhere else.

Nothing is special about ECR (the user ``AWS``, by the helper ``ecr-login``) and GHCR (a personal access token
as the password).
"""

from __future__ import annotations

import base64
import re
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn
from urllib.parse import urlencode, urlsplit

from modelops_bundle.adapters.addresses import origin_of
from modelops_bundle.adapters.oci.credentials import Credentials, CredentialSource
from modelops_bundle.adapters.oci.words import (
    DeniedError,
    PassingError,
    Reply,
    harmless,
    json_object,
    reason,
)
from modelops_bundle.errors import RemoteError

__all__ = ["Access", "Authority", "Challenge", "parse_challenges"]

Access = tuple[str, ...]
"""Scopes of tokens, such as ``repository:team/model:pull,push``."""

Send = Callable[[str, str, Mapping[str, str], bytes | None], Reply]

_WORD = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"
_PARAMETER = re.compile(rf'[\s,]*({_WORD})\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s",]+))')
_SCHEME = re.compile(rf"[\s,]*({_WORD})(?=[\s,]|$)")
_LONGEST_CHALLENGE = 16_384
_TOKEN = re.compile(r"[\x21-\x7e]+")
_SECONDS = 60.0
_MARGIN = 10.0
_LONGEST_SECONDS = 3600.0
_CLIENT = "modelops-bundle"
_FORM = {"Content-Type": "application/x-www-form-urlencoded"}
_AZURE_USER = "00000000-0000-0000-0000-000000000000"
_PASSING = (429, 500, 502, 503, 504)


@dataclass(frozen=True)
class Challenge:
    """One way in which a registry wants to know who asks.

    Attributes:
        scheme: In lower case.
        parameters: Names in lower case, and their values.
    """

    scheme: str
    parameters: Mapping[str, str]


def parse_challenges(headers: Iterable[str]) -> list[Challenge]:
    """What ``WWW-Authenticate`` says; what cannot be read is left out."""
    found: list[Challenge] = []
    for header in headers:
        text, at = header[:_LONGEST_CHALLENGE], 0
        parameters: dict[str, str] | None = None
        while at < len(text):
            if (match := _PARAMETER.match(text, at)) is not None:
                if parameters is not None:
                    value = match[3] if match[2] is None else re.sub(r"\\(.)", r"\1", match[2])
                    parameters.setdefault(match[1].lower(), value)
            elif (match := _SCHEME.match(text, at)) is not None:
                parameters = {}
                found.append(Challenge(match[1].lower(), parameters))
            else:
                break
            at = match.end()
    return found


class Authority:
    """Headers that say who asks, for one registry. Safe to use from several threads.

    Args:
        host: The registry, as users and their credentials name it.
        source: Where credentials come from; asked when they are needed.
        send: Sends a request to a realm, and follows nothing.
    """

    def __init__(self, host: str, source: CredentialSource, send: Send) -> None:
        self._host = host
        self._source = source
        self._send = send
        self._lock = threading.Lock()
        self._credentials: Credentials | None = None
        self._asked = False
        self._challenge: Challenge | None = None
        self._kept: dict[Access, tuple[str, float]] = {}
        self._secrets: set[str] = set()

    @property
    def secrets(self) -> Sequence[str]:
        """What no message may hold."""
        # The longest first: a token that holds another goes as a whole.
        return sorted(self._secrets, key=len, reverse=True)

    def header(self, access: Access, origin: str) -> str | None:
        """What ``Authorization`` is to say; ``None`` before anybody has asked for it.

        Raises:
            RemoteError: A new token is needed, and the realm gives none.
            PassingError: It may give one the next time.
        """
        with self._lock:
            kept = self._kept.get(self._key(access))
            if kept is not None and time.monotonic() < kept[1]:
                return kept[0]
            return None if self._challenge is None else self._new(access, origin)

    def renew(
        self, access: Access, origin: str, headers: Iterable[str], refused: str | None
    ) -> None:
        """Prepare another :meth:`header` after an answer of 401.

        Args:
            access: What it was about.
            origin: Scheme, host and port of the registry.
            headers: What the answer's ``WWW-Authenticate`` says.
            refused: The header that was not accepted.

        Raises:
            DeniedError: There is no other.
            RemoteError: The realm cannot be used.
            PassingError: It may give a token the next time.
        """
        challenges = parse_challenges(headers)
        with self._lock:
            kept = self._kept.get(self._key(access))
            # Another thread was faster.
            if kept is not None and kept[0] != refused and time.monotonic() < kept[1]:
                return
            self._kept.pop(self._key(access), None)
            if refused is not None:
                self._asked = False
            chosen = [each for each in challenges if each.scheme == "bearer"] or [
                each for each in challenges if each.scheme == "basic"
            ]
            if not chosen:
                self._deny("it asks for a way of logging in that is not known here")
            self._challenge = chosen[0]
            if self._new(access, origin) == refused:
                self._kept.pop(self._key(access), None)
                self._deny("it does not accept the credentials")

    def _key(self, access: Access) -> Access:
        is_bearer = self._challenge is not None and self._challenge.scheme == "bearer"
        return access if is_bearer else ()

    def _new(self, access: Access, origin: str) -> str:
        assert self._challenge is not None
        credentials = self._login()
        if self._challenge.scheme == "basic":
            if credentials is None or not credentials.username:
                self._deny("it wants a name and a password")
            header, seconds = self._basic(credentials), _LONGEST_SECONDS
        elif credentials is not None and credentials.registry_token:
            header, seconds = f"Bearer {credentials.registry_token}", _LONGEST_SECONDS
        else:
            token, seconds = self._token(access, origin, credentials)
            header = f"Bearer {token}"
        self._kept[self._key(access)] = (header, time.monotonic() + seconds)
        return header

    def _login(self) -> Credentials | None:
        if not self._asked:
            self._credentials = self._source.for_host(self._host)
            self._asked = True
            if self._credentials is not None:
                self._secrets.update(filter(None, self._credentials.secrets))
        return self._credentials

    def _basic(self, credentials: Credentials) -> str:
        pair = f"{credentials.username}:{credentials.password}".encode()
        code = base64.b64encode(pair).decode()
        self._secrets.add(code)
        return f"Basic {code}"

    # --- realms -----------------------------------------------------------------------------

    def _token(
        self, access: Access, origin: str, credentials: Credentials | None
    ) -> tuple[str, float]:
        assert self._challenge is not None
        realm = self._realm(self._challenge.parameters.get("realm", ""), origin)
        if not _may_know(realm, origin):
            credentials = None
        service = self._challenge.parameters.get("service", "")
        refresh = _refresh_token(credentials)
        if refresh:
            form = {
                "grant_type": "refresh_token",
                "service": service,
                "client_id": _CLIENT,
                "refresh_token": refresh,
                "scope": " ".join(access),
            }
            reply = self._send("POST", realm, _FORM, urlencode(form).encode())
        else:
            query = [("service", service)] if service else []
            query += [("scope", each) for each in access]
            headers: dict[str, str] = {}
            if credentials is not None and credentials.username:
                query.append(("account", credentials.username))
                headers["Authorization"] = self._basic(credentials)
            mark = "&" if "?" in realm else "?"
            reply = self._send("GET", f"{realm}{mark}{urlencode(query)}", headers, None)
        return self._issued(reply, credentials)

    def _realm(self, realm: str, origin: str) -> str:
        try:
            scheme, host, _ = origin_of(realm)
            is_odd = "@" in urlsplit(realm).netloc or not host or not realm.isprintable()
        except ValueError:
            scheme, is_odd = "", True
        if is_odd or scheme not in ("https", "http"):
            self._fail("the place where it issues tokens is no address")
        if scheme == "http" and origin.startswith("https:"):
            self._fail("it issues tokens without TLS, where anybody could read them")
        return realm.partition("#")[0]

    def _issued(self, reply: Reply, credentials: Credentials | None) -> tuple[str, float]:
        if reply.status in _PASSING:
            raise PassingError(
                f"no token is issued: {reason(reply.status, reply.data, self.secrets)}"
            )
        if reply.status in (400, 401, 403):
            who = "the credentials" if credentials is not None else "anybody without credentials"
            self._deny(f"it does not let in {who}")
        document = json_object(reply.data) if reply.status == 200 else None
        if document is None:
            self._fail(f"where it issues tokens, the answer has the status {reply.status}")
        token = document.get("token") or document.get("access_token")
        if not isinstance(token, str) or _TOKEN.fullmatch(token) is None:
            self._fail("what it issues is no token")
        self._secrets.add(token)
        return token, _lasting(document.get("expires_in"))

    def _fail(self, why: str) -> NoReturn:
        raise RemoteError(
            f"cannot log in to {self._host}", why, "Ask who runs the registry, or use another one."
        )

    def _deny(self, why: str) -> NoReturn:
        has = self._credentials is not None
        raise DeniedError(
            f"cannot log in to {self._host}",
            harmless(why, self.secrets),
            f"Log in {'again ' if has else ''}with `mops-bundle login {self._host}`, or set "
            "MODELOPS_BUNDLE_USERNAME and MODELOPS_BUNDLE_PASSWORD.",
        )


def _may_know(realm: str, origin: str) -> bool:
    """Whether credentials may go to a realm."""
    return origin.startswith("https:") or origin_of(realm)[1] == origin_of(origin)[1]


def _refresh_token(credentials: Credentials | None) -> str:
    if credentials is None:
        return ""
    is_azure = credentials.username == _AZURE_USER
    return credentials.identity_token or (credentials.password if is_azure else "")


def _lasting(seconds: object) -> float:
    """For how long a token is used: somewhat less than it holds."""
    if not isinstance(seconds, int | float) or not seconds > 0:
        seconds = _SECONDS
    seconds = min(seconds, _LONGEST_SECONDS)
    return seconds - min(_MARGIN, seconds / 4)
