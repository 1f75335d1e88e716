"""How answers go out: kept as bytes, revalidated by entity tags, compressed, and only to those who may ask.

An answer to a read is made once by its route and kept until the catalog is read again or the minute changes,
for what holds now may not hold then. The entity tag is a digest of the content; the compressed form, being
other bytes, has another one.
"""

from __future__ import annotations

import gzip
import logging
from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property, lru_cache
from http import HTTPStatus
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from modelops_bundle.adapters.addresses import is_loopback
from modelops_bundle.adapters.catalog_server.guard import host_of
from modelops_bundle.adapters.catalog_server.problems import PROBLEM_TYPE, problem_body
from modelops_bundle.adapters.catalog_server.service import Service
from modelops_bundle.identity.recipes import content_digest

__all__ = ["Delivery"]

_LOG = logging.getLogger(__name__)

Headers = list[tuple[bytes, bytes]]

#: Characters of a path and its query at most: more than any question needs.
MOST_ASKED = 4_000
#: Bytes that kept answers take at most, and that of one which is kept.
MOST_KEPT = 64_000_000
MOST_KEPT_OF_ONE = 1_000_000
#: What an answer takes besides its body, about.
ALL_BESIDES = 3_000
#: Below this, compressing saves no packet.
LEAST_COMPRESSED = 1_000

_OF_ALL: Headers = [
    (b"x-content-type-options", b"nosniff"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
]


@dataclass(frozen=True)
class _Answer:
    """A complete answer of a route.

    Attributes:
        status: Its status.
        headers: What the route said of it.
        body: The content.
    """

    status: int
    headers: Headers
    body: bytes

    @cached_property
    def is_tagged(self) -> bool:
        """Whether it is one that clients may keep and revalidate."""
        return self.status == HTTPStatus.OK and (b"cache-control", b"no-store") not in self.headers

    @property
    def weight(self) -> int:
        """Bytes that it takes at most, compressed form included."""
        return 2 * len(self.body) + ALL_BESIDES

    @cached_property
    def plain(self) -> _Form:
        """It as it is."""
        own = [each for each in self.headers if each[0] != b"content-length"]
        if not self.is_tagged:
            return _Form(self.status, [*own, *_OF_ALL], self.body, b"")
        return _Form(self.status, [*own, *_OF_ALL, *_REVALIDATED], self.body, self._tag)

    @cached_property
    def compressed(self) -> _Form:
        """It as gzip, where that is worth it."""
        if not self.is_tagged or len(self.body) < LEAST_COMPRESSED:
            return self.plain
        body = gzip.compress(self.body, 6, mtime=0)
        headers = [*self.plain.told, (b"content-encoding", b"gzip")]
        return _Form(self.status, headers, body, self._tag + b"-gzip")

    @cached_property
    def _tag(self) -> bytes:
        return content_digest(self.body).hex[:32].encode("ascii")


_REVALIDATED: Headers = [(b"cache-control", b"no-cache"), (b"vary", b"Accept-Encoding")]


class _Form:
    """One form of an answer, ready to be sent.

    Args:
        status: Of the answer.
        told: Its headers but for length and tag.
        body: Its bytes.
        tag: Its entity tag without quotation marks; empty for none.
    """

    def __init__(self, status: int, told: Headers, body: bytes, tag: bytes) -> None:
        self.told = told
        self.tag = b'"' + tag + b'"' if tag else b""
        tagged = [*told, (b"etag", self.tag)] if tag else told
        length = (b"content-length", str(len(body)).encode("ascii"))
        self.start = {
            "type": "http.response.start",
            "status": status,
            "headers": [*tagged, length],
        }
        self.body = {"type": "http.response.body", "body": body}
        kept = [each for each in tagged if each[0] not in (b"content-type", b"content-encoding")]
        self.unchanged = {"type": "http.response.start", "status": 304, "headers": kept}


_NOTHING: dict[str, Any] = {"type": "http.response.body", "body": b""}


class Delivery:
    """Middleware around the routes; see the module."""

    def __init__(
        self, app: ASGIApp, service: Service, *, only_here: bool, most_kept: int = MOST_KEPT
    ) -> None:
        """Wrap the routes.

        Args:
            app: The routes.
            service: Tells when answers have to be made anew.
            only_here: Whether the server listens on this machine alone. A request that names another host
                then was led here by a foreign name, and is refused.
            most_kept: Bytes that kept answers take at most.
        """
        self._app = app
        self._service = service
        self._only_here = only_here
        self._most_kept = most_kept
        self._kept: OrderedDict[tuple[str, bytes], _Answer] = OrderedDict()
        self._size = 0
        self._stamp: tuple[Any, ...] = ()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        method = scope["method"]
        answer = self._refusal(scope, headers)
        if answer is None and method in ("GET", "HEAD"):
            answer = self._find(scope) or await self._ask(scope, receive)
        elif answer is None:
            answer = await _collected(self._app, scope, receive)
        wants_gzip = _takes_gzip(headers.get(b"accept-encoding", b""))
        form = answer.compressed if wants_gzip else answer.plain
        asked = headers.get(b"if-none-match")
        if asked is not None and answer.is_tagged and _matches(asked, form.tag):
            await _deliver(send, form.unchanged, _NOTHING)
            return
        await _deliver(send, form.start, _NOTHING if method == "HEAD" else form.body)

    def _refusal(self, scope: Scope, headers: dict[bytes, bytes]) -> _Answer | None:
        if len(scope["path"]) + len(scope["query_string"]) > MOST_ASKED:
            detail = f"A question has {MOST_ASKED} characters at most."
            return _problem(HTTPStatus.BAD_REQUEST, detail)
        if self._only_here and not _is_here(headers.get(b"host", b"localhost")):
            return _problem(HTTPStatus.MISDIRECTED_REQUEST, "This host is not served here.")
        return None

    def _find(self, scope: Scope) -> _Answer | None:
        stamp = (self._service.snapshot.number, self._service.minute)
        if stamp != self._stamp:
            self._kept.clear()
            self._size, self._stamp = 0, stamp
        key = (scope["path"], scope["query_string"])
        found = self._kept.get(key)
        if found is not None:
            self._kept.move_to_end(key)
        return found

    async def _ask(self, scope: Scope, receive: Receive) -> _Answer:
        stamp = self._stamp
        answer = await _collected(self._app, {**scope, "method": "GET"}, receive)
        # A name that is not there is asked for again as well, and looking for the likes of it takes long.
        lasts = answer.is_tagged or answer.status == HTTPStatus.NOT_FOUND
        if lasts and len(answer.body) <= MOST_KEPT_OF_ONE and stamp == self._stamp:
            self._keep((scope["path"], scope["query_string"]), answer)
        return answer

    def _keep(self, key: tuple[str, bytes], answer: _Answer) -> None:
        before = self._kept.pop(key, None)
        self._size += answer.weight - (before.weight if before else 0)
        self._kept[key] = answer
        while self._size > self._most_kept:
            _, oldest = self._kept.popitem(last=False)
            self._size -= oldest.weight


async def _deliver(send: Send, *messages: Message) -> None:
    try:
        for message in messages:
            await send(message)
    except (OSError, RuntimeError) as error:
        # Whoever asked is gone, which event loops say in their own ways.
        _LOG.debug("an answer was not wanted any more", exc_info=error)


async def _collected(app: ASGIApp, scope: Scope, receive: Receive) -> _Answer:
    start: Message = {}
    parts: list[bytes] = []

    async def collect(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        elif message["type"] == "http.response.body":
            parts.append(message.get("body", b""))

    try:
        await app(scope, receive, collect)
    except Exception as error:  # noqa: BLE001
        _LOG.error("an answer failed: %s", type(error).__name__)
        _LOG.debug("so it failed", exc_info=error)
        return _problem(
            HTTPStatus.INTERNAL_SERVER_ERROR, "This is a bug of the server, not of the question."
        )
    return _Answer(start["status"], list(start["headers"]), b"".join(parts))


def _problem(status: HTTPStatus, detail: str) -> _Answer:
    headers = [(b"content-type", PROBLEM_TYPE.encode()), (b"cache-control", b"no-store")]
    return _Answer(status, headers, problem_body(status, detail))


@lru_cache(maxsize=64)
def _is_here(host: bytes) -> bool:
    return is_loopback(host_of(host.decode("latin-1")))


@lru_cache(maxsize=64)
def _takes_gzip(accepted: bytes) -> bool:
    for each in accepted.decode("latin-1").lower().split(","):
        coding, _, quality = each.partition(";")
        if coding.strip() in ("gzip", "x-gzip"):
            return quality.replace(" ", "") not in ("q=0", "q=0.0", "q=0.00", "q=0.000")
    return False


def _matches(asked: bytes, tag: bytes) -> bool:
    """Whether an ``If-None-Match`` names a tag, compared weakly as RFC 9110 has it."""
    if asked.strip() == b"*":
        return True
    return any(each.strip().removeprefix(b"W/") == tag for each in asked.split(b","))
