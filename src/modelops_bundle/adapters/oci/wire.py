"""One HTTP request to one server: connections, proxies, TLS, and limits of time.

Nothing is followed, repeated or decoded here. TLS is verified by the system's authorities, or those of
``SSL_CERT_FILE``; proxies are those of ``HTTPS_PROXY``, ``HTTP_PROXY`` and ``NO_PROXY``, and never stand
between this machine and itself.
"""

from __future__ import annotations

import contextlib
import ssl
import threading
import time
import urllib.request
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import Any, NoReturn, Self
from urllib.parse import unquote, urlsplit

import urllib3
from urllib3 import exceptions

from modelops_bundle.adapters.addresses import is_loopback
from modelops_bundle.adapters.oci.connections import WATCH, HTTPPool, HTTPSPool, Watch
from modelops_bundle.adapters.oci.words import PassingError, Reply, harmless
from modelops_bundle.errors import RemoteError

__all__ = ["PIECE", "Answer", "Patience", "Wire"]

PIECE = 1 << 20
"""Bytes that are read at most at a time."""

_WORDS = 65_536
_NETWORK = "Check the network and the address, then run it again."
_CERTIFICATE = (
    "If an authority of your own has signed it, name the authority's file in SSL_CERT_FILE."
)
_NO_TLS = "If it is a registry without TLS that you trust, allow plain http for this host."
#: Of OpenSSL, for a server that answers a TLS greeting with something else.
_NOT_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "RECORD_LAYER_FAILURE", "UNKNOWN_PROTOCOL")


@dataclass(frozen=True)
class Patience:
    """How long and how often. All times are in seconds.

    Attributes:
        connect: For a connection.
        read: For the next bytes of an answer, and for some bytes to be taken from here.
        verdict: For the answer to a whole blob, which some registries copy before they answer.
        tries: How often a thing is tried at most.
        pause: Before the second try; doubled before each further one.
        longest_pause: Before any try, also where a server asks for more.
        total: For one thing with all its tries, besides what its size takes at ``slowest``.
        slowest: Bytes a second that a connection must have.
    """

    connect: float = 10.0
    read: float = 60.0
    verdict: float = 300.0
    tries: int = 5
    pause: float = 0.5
    longest_pause: float = 30.0
    total: float = 120.0
    slowest: float = 16_384.0


class Answer:
    """An answer whose body has not been read. To be used in a ``with`` block.

    Attributes:
        status: Its status.
        headers: Its headers.
        url: Who gave it.
    """

    def __init__(
        self, response: urllib3.BaseHTTPResponse, url: str, watch: Watch, until: float
    ) -> None:
        self.status = response.status
        self.headers = response.headers
        self.url = url
        self._response = response
        self._watch = watch
        self._until = until

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
        """Let the connection be used again, if there is nothing left on it; else close it."""
        self._watch.end()
        with contextlib.suppress(Exception):
            self._response.close()
            self._response.release_conn()

    def pieces(self) -> Iterator[bytes]:
        """The body, as it came, in pieces of at most :data:`PIECE` bytes.

        Raises:
            PassingError: The connection broke.
            RemoteError: It is compressed, or takes too long.
        """
        encoding = self.headers.get("Content-Encoding", "identity")
        if encoding.strip().lower() not in ("", "identity"):
            raise RemoteError(
                f"what {_host(self.url)} sends cannot be used",
                f"it is encoded ({harmless(encoding)}), though that was asked not to be",
                "Ask who runs the registry, or the proxy before it.",
            )
        while piece := self._piece():
            yield piece

    def _piece(self) -> bytes:
        if time.monotonic() > self._until:
            _give_up(self.url)
        try:
            return self._response.read1(PIECE, decode_content=False)
        except (exceptions.HTTPError, OSError, ValueError, AttributeError) as error:
            # An AttributeError is what some versions of urllib3 have for a body that was cut off.
            _fail(error, self.url, self._watch)

    def read(self, limit: int) -> bytes:
        """The body, or somewhat more than ``limit`` bytes of it."""
        found = bytearray()
        for piece in self.pieces():
            found += piece
            if len(found) > limit:
                break
        return bytes(found)

    def reply(self, limit: int, hoped: Collection[int]) -> Reply:
        """The whole answer: its body as far as ``limit``, or what it says if it was not hoped for."""
        data = self.read(limit) if self.status in hoped else self.words()
        return Reply(self.status, self.headers, data, self.url)

    def words(self) -> bytes:
        """The beginning of a body that matters little: nothing, where it cannot be read."""
        with contextlib.suppress(PassingError, RemoteError):
            return self.read(_WORDS)
        return b""


class Wire:
    """Sends requests. Safe to use from several threads.

    Args:
        patience: How long.
        connections: How many connections to a host are kept.
    """

    def __init__(self, patience: Patience, connections: int) -> None:
        self.patience = patience
        self._connections = connections
        self._managers: dict[tuple[str, str], urllib3.PoolManager] = {}
        self._lock = threading.Lock()

    def send(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | Iterable[bytes] | None,
        until: float,
        read_timeout: float | None = None,
    ) -> Answer:
        """Send a request and await the head of the answer.

        Args:
            method: The verb.
            url: Where to.
            headers: What besides the usual; of a body that is no ``bytes``, also its length.
            body: What to send.
            until: When :func:`time.monotonic` says that, it is given up, also while the body is read.
            read_timeout: For the head of the answer, if another than the usual.

        Raises:
            PassingError: There was no answer; there may be one the next time.
            RemoteError: There was none, and will be none, or it took too long.
        """
        remaining = until - time.monotonic()
        if remaining <= 0:
            _give_up(url)
        watch = Watch(remaining, self.patience.read)
        token = WATCH.set(watch)
        timeout = urllib3.Timeout(
            connect=self.patience.connect, read=read_timeout or self.patience.read
        )
        answer = None
        try:
            response = self._manager(url).urlopen(
                method,
                url,
                body=body,
                headers={"Accept-Encoding": "identity", "User-Agent": "modelops-bundle", **headers},
                redirect=False,
                retries=False,
                preload_content=False,
                decode_content=False,
                timeout=timeout,
            )
            answer = Answer(response, url, watch, until)
            return answer
        except (exceptions.HTTPError, OSError, ValueError) as error:
            _fail(error, url, watch)
        finally:
            WATCH.reset(token)
            if answer is None:
                watch.end()

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            for manager in self._managers.values():
                manager.clear()

    def _manager(self, url: str) -> urllib3.PoolManager:
        scheme, host = urlsplit(url).scheme, urlsplit(url).hostname or ""
        proxy = _proxy(scheme, host)
        with self._lock:
            if (scheme, proxy) not in self._managers:
                self._managers[scheme, proxy] = self._new_manager(scheme, proxy)
            return self._managers[scheme, proxy]

    def _new_manager(self, scheme: str, proxy: str) -> urllib3.PoolManager:
        options: dict[str, Any] = {"maxsize": self._connections}
        if scheme == "https":
            options["ssl_context"] = self._tls
        manager: urllib3.PoolManager
        if proxy:
            manager = urllib3.ProxyManager(proxy, proxy_headers=_proxy_headers(proxy), **options)
        else:
            manager = urllib3.PoolManager(**options)
        manager.pool_classes_by_scheme = {"http": HTTPPool, "https": HTTPSPool}
        return manager

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context()


def _proxy(scheme: str, host: str) -> str:
    """The proxy for a host, or nothing."""
    if is_loopback(host) or urllib.request.proxy_bypass(host):
        return ""
    proxies = urllib.request.getproxies()
    proxy = proxies.get(scheme) or proxies.get("all") or ""
    return proxy if not proxy or "://" in proxy else f"http://{proxy}"


def _proxy_headers(proxy: str) -> dict[str, str]:
    login = urlsplit(proxy).netloc.rpartition("@")[0]
    return urllib3.make_headers(proxy_basic_auth=unquote(login)) if login else {}


def _host(url: str) -> str:
    """The host of an address, which another server may have made up."""
    return harmless(urlsplit(url).netloc.rpartition("@")[2])


def _give_up(url: str) -> NoReturn:
    raise RemoteError(f"{_host(url)} was given up", "it takes too long", _NETWORK)


def _fail(error: Exception, url: str, watch: Watch) -> NoReturn:
    """Say why there is no answer. What urllib3 says is left out: it repeats the address."""
    if watch.is_over:
        raise RemoteError(f"{_host(url)} was given up", "it takes too long", _NETWORK) from None
    host = _host(url)
    cause = error.args[0] if error.args else None
    if isinstance(cause, ssl.SSLCertVerificationError):
        why = f"its certificate is not accepted ({harmless(cause.verify_message)})"
        raise RemoteError(f"{host} cannot be trusted", why, _CERTIFICATE) from None
    if isinstance(cause, ssl.SSLError) and cause.reason in _NOT_TLS:
        raise RemoteError(f"{host} cannot be trusted", "it does not speak TLS", _NO_TLS) from None
    for kinds, why in _WHY:
        if isinstance(error, kinds):
            raise PassingError(f"{host}: {why}", _NETWORK) from None
    raise RemoteError(f"{host} cannot be used", "what it answers is no HTTP", _NETWORK) from None


#: The first kind that fits counts.
_WHY: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((exceptions.NameResolutionError,), "its name is not known"),
    ((exceptions.NewConnectionError,), "nobody answers there"),
    ((exceptions.TimeoutError, TimeoutError), "it does not answer in time"),
    ((exceptions.ProxyError,), "the proxy does not let it be reached"),
    ((exceptions.SSLError,), "the encrypted connection cannot be used"),
    ((exceptions.ProtocolError, OSError, AttributeError), "the connection broke"),
)
