"""Requests to one registry: redirects, logging in, and doing again what failed in passing.

Redirects are followed by hand, five at most. Who asks is told only to the registry's own scheme, host and
port, and nothing leads from TLS to plain HTTP.
"""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from email.utils import parsedate_to_datetime
from typing import TypeVar
from urllib.parse import urljoin, urlsplit

from modelops_bundle.adapters.addresses import is_loopback, origin_of
from modelops_bundle.adapters.oci.auth import Access, Authority
from modelops_bundle.adapters.oci.credentials import CredentialSource
from modelops_bundle.adapters.oci.wire import Answer, Patience, Wire
from modelops_bundle.adapters.oci.words import (
    PassingError,
    Reply,
    harmless,
    mend_for,
    number_in,
    reason,
    refusal,
)
from modelops_bundle.errors import RemoteError

__all__ = ["ERROR_BYTES", "Body", "Transport"]

T = TypeVar("T")

Body = bytes | Callable[[], Iterable[bytes]] | None
"""What is sent: if not in memory, something that gives it from the beginning each time that it is called."""

ERROR_BYTES = 65_536
"""Bytes of an answer that are read where only its words matter."""

_LARGEST_TOKEN = 1 << 20
_MOST_REDIRECTS = 5
_REDIRECTS = (301, 302, 303, 307, 308)
_WITH_BODY = (307, 308)
_PASSING = (408, 429, 500, 502, 503, 504)
_HUB = "registry-1.docker.io"
_HUB_NAMES = ("docker.io", "index.docker.io")
#: What servers with TLS answer to plain HTTP: Go's, and nginx.
_WANTS_TLS = (b"HTTP request to an HTTPS server", b"plain HTTP request was sent to HTTPS port")


class Transport:
    """Requests to one registry. Safe to use from several threads.

    Args:
        host: ``host[:port]``.
        credentials: Where they come from.
        insecure: Whether it is spoken to by plain HTTP. Loopback hosts are, unless they turn out to want TLS.
        patience: How long and how often.
        connections: How many are kept.
    """

    def __init__(
        self,
        host: str,
        credentials: CredentialSource,
        insecure: bool,
        patience: Patience,
        connections: int,
    ) -> None:
        self.host = host
        self.patience = patience
        self._wire = Wire(patience, connections)
        self._authority = Authority(host, credentials, self._ask_realm)
        self._lock = threading.Lock()
        self._at = _HUB if host in _HUB_NAMES else host
        self._origin = f"http://{self._at}" if insecure else ""
        if not insecure and not is_loopback(urlsplit(f"//{host}").hostname):
            self._origin = f"https://{self._at}"

    def close(self) -> None:
        """Close what is open."""
        self._wire.close()

    def until(self, size: int = 0) -> float:
        """When something that begins now, and moves ``size`` bytes, must be done."""
        return time.monotonic() + self.patience.total + size / self.patience.slowest

    # --- doing again ------------------------------------------------------------------------

    def now(self) -> float:
        """What deadlines are measured by."""
        return time.monotonic()

    def persist(self, what: str, attempt: Callable[[float], T], size: int = 0) -> T:
        """Do something that may be done again until it goes well.

        Args:
            what: What cannot be done, if it does not.
            attempt: Does it; given when it must be done.
            size: Bytes that it moves.

        Raises:
            RemoteError: It failed too often, or took too long.
        """
        until = self.until(size)
        failures = 0
        while True:
            try:
                return attempt(until)
            except PassingError as passing:
                failures += 1
                self.pause(what, passing, failures, until)

    def pause(self, what: str, passing: PassingError, failures: int, until: float) -> None:
        """Wait before the next try.

        Raises:
            RemoteError: There is none.
        """
        patience = self.patience
        wait = min(patience.pause * 2.0 ** (failures - 1), patience.longest_pause)
        # Those that failed together are not to come back together.
        wait = max(wait * random.uniform(0.5, 1.0), passing.after)
        if failures >= patience.tries or time.monotonic() + wait > until:
            raise RemoteError(what, passing.why, passing.mend) from None
        time.sleep(wait)

    # --- asking -----------------------------------------------------------------------------

    def ask(
        self,
        what: str,
        method: str,
        target: str,
        access: Access,
        *,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
        limit: int = ERROR_BYTES,
        hoped: Collection[int] = (200,),
    ) -> Reply:
        """Ask, as often as need be, and read the answer.

        Args:
            what: What cannot be done, if it fails.
            method: The verb.
            target: A path at the registry, or an address.
            access: What rights it needs.
            headers: What is to be said besides.
            body: What to send.
            limit: Bytes of the answer after which reading it may stop.
            hoped: Statuses that are none of failure.

        Raises:
            RemoteError: It failed too often, or the answer has another status.
        """

        def attempt(until: float) -> Reply:
            with self.exchange(method, target, access, until, headers=headers, body=body) as answer:
                return answer.reply(limit, hoped)

        reply = self.persist(what, attempt)
        if reply.status not in hoped:
            raise self.refusal(what, reply)
        return reply

    def refusal(self, what: str, reply: Reply) -> RemoteError:
        """The error for an answer that was not hoped for."""
        return refusal(what, reply, self._authority.secrets)

    def exchange(
        self,
        method: str,
        target: str,
        access: Access,
        until: float,
        *,
        headers: Mapping[str, str] | None = None,
        body: Body = None,
        read_timeout: float | None = None,
    ) -> Answer:
        """One try: log in if that is asked for, and follow where it leads.

        Raises:
            PassingError: There was no answer, or one of a status that passes.
            RemoteError: There will be none.
        """
        origin = self._find_origin(until)
        url = target if "://" in target else f"{origin}{target}"
        refused: str | None = None
        for is_last in (False, False, True):
            said = self._authority.header(access, origin) if _is_at(url, origin) else None
            answer = self._follow(method, url, said, until, headers or {}, body, read_timeout)
            if answer.status != 401 or not _is_at(answer.url, origin):
                return self._unless_passing(answer)
            if is_last or (said is not None and said == refused):
                return answer
            with answer:
                challenges = answer.headers.getlist("WWW-Authenticate")
                answer.words()
            self._authority.renew(access, origin, challenges, said)
            refused = said
        raise AssertionError("the last round returns")

    def _follow(
        self,
        method: str,
        url: str,
        said: str | None,
        until: float,
        headers: Mapping[str, str],
        body: Body,
        read_timeout: float | None,
    ) -> Answer:
        origin = self._origin
        for _ in range(_MOST_REDIRECTS + 1):
            own = {"Authorization": said} if said and _is_at(url, origin) else {}
            content = body() if callable(body) else body
            answer = self._wire.send(method, url, {**headers, **own}, content, until, read_timeout)
            if answer.status not in _REDIRECTS:
                return answer
            if method not in ("GET", "HEAD") and answer.status not in _WITH_BODY:
                return answer
            with answer:
                # So that the connection can be used again.
                answer.words()
                url = self.step(url, answer.headers.get("Location", ""))
        raise RemoteError(
            f"{self.host} cannot be used",
            f"it redirects more than {_MOST_REDIRECTS} times",
            "Ask who runs the registry.",
        )

    def step(self, url: str, location: str) -> str:
        """Where a ``Location`` leads from an address.

        Raises:
            RemoteError: Nowhere, or from TLS to plain HTTP.
        """
        why = ""
        try:
            found = urljoin(url, location)
            scheme, host, _ = origin_of(found)
        except ValueError:
            scheme, host, found = "", "", ""
        if not location or not host or scheme not in ("https", "http"):
            why = "it sends one to a place that is no address"
        elif scheme == "http" and url.startswith("https:") and not _is_at(found, self._origin):
            why = f"it sends one from TLS to plain http, at {harmless(host)}"
        if why:
            raise RemoteError(f"{self.host} cannot be used", why, "Ask who runs the registry.")
        return found.partition("#")[0]

    def _unless_passing(self, answer: Answer) -> Answer:
        if answer.status not in _PASSING:
            return answer
        with answer:
            after = _seconds(answer.headers.get("Retry-After", ""))
            why = reason(answer.status, answer.words(), self._authority.secrets)
        raise PassingError(why, mend_for(answer.status), after)

    def _ask_realm(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None
    ) -> Reply:
        until = time.monotonic() + self.patience.connect + self.patience.read
        with self._wire.send(method, url, headers, body, until) as answer:
            return answer.reply(_LARGEST_TOKEN, (200,))

    def _find_origin(self, until: float) -> str:
        """Scheme and host; of a loopback host the scheme that it speaks."""
        if self._origin:
            return self._origin
        with self._lock:
            if not self._origin:
                plain = f"http://{self._at}"
                with self._wire.send("GET", f"{plain}/v2/", {}, None, until) as answer:
                    said = answer.words()
                    wants_tls = answer.status == 400 and any(each in said for each in _WANTS_TLS)
                self._origin = f"https://{self._at}" if wants_tls else plain
        return self._origin


def _is_at(url: str, origin: str) -> bool:
    return origin_of(url) == origin_of(origin)


def _seconds(after: str) -> float:
    """``Retry-After``: seconds, or a date."""
    try:
        if (seconds := number_in(after.strip())) is not None:
            return float(seconds)
        return max(0.0, parsedate_to_datetime(after).timestamp() - time.time())
    except (ValueError, OverflowError, TypeError):
        return 0.0
