"""A registry of the OCI distribution specification 1.1 in this process, which can be made to misbehave.

It is honest unless it is told otherwise: :meth:`FakeRegistry.fail` adds a :class:`Fault` to the requests that
fit a pattern of ``VERB /path``.
"""

from __future__ import annotations

import base64
import json
import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

__all__ = ["FakeRegistry", "Fault", "Request", "fake_registry"]

_TLS_GREETING = b"\x16"
#: As servers written in Go say it.
_WANTS_TLS = b"HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"
_INDEX = "application/vnd.oci.image.index.v1+json"
_Answer = tuple[int, dict[str, str], bytes]
_BLOB = re.compile(r"/v2/(.+)/blobs/(sha256:[0-9a-f]{64})")
_UPLOADS = re.compile(r"/v2/(.+)/blobs/uploads/")
_UPLOAD = re.compile(r"/v2/(.+)/blobs/uploads/([0-9]+)")
_MANIFEST = re.compile(r"/v2/(.+)/manifests/(.+)")
_TAGS = re.compile(r"/v2/(.+)/tags/list")
_REFERRERS = re.compile(r"/v2/(.+)/referrers/(sha256:[0-9a-f]{64})")
_NAME = re.compile(r"/v2/(.+)/(?:blobs|manifests|tags|referrers)/")


@dataclass
class Fault:
    """What goes wrong with a request.

    Attributes:
        times: With how many of them; the others are answered as they should be.
        status: Answered instead, with ``headers`` and ``body``.
        headers: Replace or add to those of the answer; ``None`` takes one away.
        body: Another body, whose length is declared rightly.
        change: Makes another body of the right one; the length declared is that of the right one.
        cut: The connection ends after so many bytes of the body.
        hang: Seconds before anything is answered.
        wait: Seconds before the body of the request is read.
        drip: Seconds between the bytes of the answer, its head included.
        endless: The body never ends, and has no length.
        drop: The connection ends before the body of the request was read.
        raw: These bytes are all that is answered.
        no_length: The body ends with the connection.
    """

    times: int = 1_000_000
    status: int | None = None
    headers: Mapping[str, str | None] = field(default_factory=dict)
    body: bytes | None = None
    change: Callable[[bytes], bytes] | None = None
    cut: int | None = None
    hang: float = 0
    wait: float = 0
    drip: float = 0
    endless: bool = False
    drop: bool = False
    raw: bytes | None = None
    no_length: bool = False


@dataclass
class Request:
    """A request as it came."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes

    @property
    def line(self) -> str:
        """``VERB /path?query``."""
        return f"{self.method} {self.target}"


@dataclass
class _Repository:
    blobs: dict[str, bytes] = field(default_factory=dict)
    manifests: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)


class FakeRegistry:
    """What the registry has, what it was asked, and how it behaves.

    Attributes:
        repositories: What it has.
        requests: What it was asked, in order.
        has_referrers: Whether it knows the list of referrers.
        has_ranges: Whether it sends parts of blobs.
        page: Entries of a list that it sends at a time.
        basic: A user and a password that it wants.
        bearer: Whether it wants tokens; with ``basic`` set, the realm wants that, or a refresh token.
        refresh_token: What the realm takes as well.
        expires_in: Seconds that a token holds.
        says_expires: Whether the realm says so.
        realm: Where tokens are issued, if elsewhere.
        tokens_issued: Scopes of each token that was issued.
        before_tag: Called with the tag before one is put.
        locations: Begins the addresses of uploads, if they are elsewhere.
        connections: How many were made.
        sink: Gets the bodies of requests piece by piece, which are then not kept, nor verified.
    """

    def __init__(self, context: ssl.SSLContext | None = None) -> None:
        self.repositories: dict[str, _Repository] = {}
        self.requests: list[Request] = []
        self.uploads: dict[str, bytearray] = {}
        self.has_referrers = True
        self.has_ranges = True
        self.page = 2
        self.basic: tuple[str, str] | None = None
        self.bearer = False
        self.refresh_token = ""
        self.expires_in: float = 300
        self.says_expires = True
        self.realm = ""
        self.tokens_issued: list[tuple[str, ...]] = []
        self.before_tag: Callable[[str], None] = lambda tag: None
        self.locations = ""
        self.sink: Callable[[bytes], None] | None = None
        self.tokens: dict[str, tuple[tuple[str, ...], float]] = {}
        self.lock = threading.RLock()
        self.connections = 0
        self._faults: list[tuple[re.Pattern[str], Fault]] = []
        registry = self

        class Handler(_Handler):
            fake = registry

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

            def handle_error(self, request: Any, address: Any) -> None:
                """Clients that leave in the middle are part of the game."""

            def finish_request(self, request: Any, address: Any) -> None:
                with registry.lock:
                    registry.connections += 1
                if context is None:
                    super().finish_request(request, address)
                elif request.recv(1, socket.MSG_PEEK) == _TLS_GREETING:
                    with context.wrap_socket(request, server_side=True) as wrapped:
                        super().finish_request(wrapped, address)
                else:
                    request.recv(65_536)
                    request.sendall(_WANTS_TLS)

        self.server = Server(("127.0.0.1", 0), Handler)
        self.scheme = "http" if context is None else "https"

    @property
    def host(self) -> str:
        """Where it is."""
        return f"127.0.0.1:{self.server.server_address[1]}"

    @property
    def url(self) -> str:
        """Where it is, with the scheme."""
        return f"{self.scheme}://{self.host}"

    def fail(self, pattern: str, fault: Fault) -> Fault:
        """Let requests fail whose ``VERB /path?query`` fits a pattern."""
        self._faults.append((re.compile(pattern), fault))
        return fault

    def heal(self) -> None:
        """Let nothing fail any more."""
        self._faults.clear()

    def fault_for(self, line: str) -> Fault | None:
        """What is to go wrong with a request."""
        with self.lock:
            for pattern, fault in self._faults:
                if fault.times > 0 and pattern.search(line):
                    fault.times -= 1
                    return fault
        return None

    def lines(self, pattern: str = "") -> list[str]:
        """The requests that fit a pattern, as ``VERB /path?query``."""
        with self.lock:
            return [each.line for each in self.requests if re.search(pattern, each.line)]

    def repository(self, name: str) -> _Repository:
        """What is in a repository."""
        return self.repositories.setdefault(name, _Repository())

    def issue(self, scopes: tuple[str, ...]) -> str:
        """A new token."""
        with self.lock:
            token = f"token-{len(self.tokens)}-never-to-be-shown"
            self.tokens[token] = (scopes, time.monotonic() + self.expires_in)
            self.tokens_issued.append(scopes)
            return token


@contextmanager
def fake_registry(context: ssl.SSLContext | None = None) -> Iterator[FakeRegistry]:
    """A registry that answers while the block runs."""
    registry = FakeRegistry(context)
    thread = threading.Thread(target=registry.server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield registry
    finally:
        registry.server.shutdown()
        registry.server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    fake: FakeRegistry
    protocol_version = "HTTP/1.1"
    # Otherwise small answers wait for an acknowledgement.
    disable_nagle_algorithm = True
    timeout = 20

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def handle_one_request(self) -> None:
        try:
            super().handle_one_request()
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        self._serve()

    do_CONNECT = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_GET  # noqa: N815

    # --- one request ------------------------------------------------------------------------

    def _serve(self) -> None:
        fault = self.fake.fault_for(f"{self.command} {self.path}")
        if fault is not None and fault.drop:
            self.rfile.read(1)
            self._end()
            return
        if fault is not None and fault.wait:
            time.sleep(fault.wait)
        body = self._body()
        with self.fake.lock:
            self.fake.requests.append(
                Request(self.command, self.path, dict(self.headers.items()), body)
            )
        if fault is not None and fault.hang:
            time.sleep(fault.hang)
        if fault is not None and fault.raw is not None:
            self.wfile.write(fault.raw)
            self._end()
            return
        if fault is not None and fault.status is not None:
            self._answer(fault.status, {}, b"", fault)
            return
        status, headers, answer = self._route(body)
        self._answer(status, headers, answer, fault)

    def _body(self) -> bytes:
        length = int(self.headers.get("Content-Length") or 0)
        if self.fake.sink is None:
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                raise ConnectionError("the client left")
            return body
        # For what is too large to be kept.
        while length > 0:
            piece = self.rfile.read(min(length, 1 << 20))
            if not piece:
                raise ConnectionError("the client left")
            self.fake.sink(piece)
            length -= len(piece)
        return b""

    def _answer(
        self, status: int, headers: Mapping[str, str], body: bytes, fault: Fault | None
    ) -> None:
        fault = fault or Fault()
        sent = body if fault.body is None else fault.body
        length = len(sent)
        if fault.change is not None:
            sent = fault.change(sent)
        all_headers: dict[str, str | None] = {**headers}
        if status != 204:
            all_headers.setdefault("Content-Length", str(length))
        if fault.endless or fault.no_length:
            all_headers["Content-Length"] = None
            all_headers["Connection"] = "close"
            self.close_connection = True
        all_headers.update(fault.headers)
        head = f"HTTP/1.1 {status} x\r\n" + "".join(
            f"{name}: {value}\r\n" for name, value in all_headers.items() if value is not None
        )
        if self.command == "HEAD":
            sent = b""
        start = head.encode("latin-1") + b"\r\n"
        # Not copied, since tests measure the memory of this process.
        rest = memoryview(sent)[: fault.cut]
        if fault.drip:
            for byte in start + bytes(rest):
                self.wfile.write(bytes([byte]))
                time.sleep(fault.drip)
        else:
            self.wfile.write(start)
            self.wfile.write(rest)
        while fault.endless:
            self.wfile.write(b"x" * 65_536)
        if fault.cut is not None or fault.change is not None:
            self._end()

    def _end(self) -> None:
        self.close_connection = True
        self.wfile.flush()
        with suppress(OSError):
            self.connection.shutdown(socket.SHUT_RDWR)

    # --- what a registry does ---------------------------------------------------------------

    def _route(self, body: bytes) -> _Answer:
        parts = urlsplit(self.path)
        query = parse_qs(parts.query)
        if parts.path == "/token":
            return self._issue(query, body)
        refusal = self._refusal(parts.path, query)
        if refusal is not None:
            return refusal
        for pattern, handle in (
            (_UPLOADS, self._begin),
            (_UPLOAD, self._upload),
            (_BLOB, self._blob),
            (_TAGS, self._tags),
            (_REFERRERS, self._referrers),
            (_MANIFEST, self._manifest),
        ):
            if (match := pattern.fullmatch(parts.path)) is not None:
                with self.fake.lock:
                    return handle(query, body, *match.groups())
        return (200, {}, b"{}") if parts.path == "/v2/" else _error(404, "NOT_FOUND")

    def _begin(self, query: dict[str, list[str]], body: bytes, name: str) -> _Answer:
        repository = self.fake.repository(name)
        if "mount" in query:
            (digest,) = query["mount"]
            (other,) = query.get("from", [""])
            found = self.fake.repositories.get(other, _Repository()).blobs.get(digest)
            if found is not None:
                repository.blobs[digest] = found
                return 201, {"Location": f"/v2/{name}/blobs/{digest}"}, b""
        upload = str(len(self.fake.uploads) + len(self.fake.requests) * 1000)
        self.fake.uploads[upload] = bytearray()
        return 202, {"Location": self._location(name, upload)}, b""

    def _location(self, name: str, upload: str) -> str:
        return f"{self.fake.locations}/v2/{name}/blobs/uploads/{upload}?_state=signed-secret"

    def _upload(self, query: dict[str, list[str]], body: bytes, name: str, upload: str) -> _Answer:
        held = self.fake.uploads.get(upload)
        if held is None:
            return _error(404, "BLOB_UPLOAD_UNKNOWN")
        if self.command == "DELETE":
            del self.fake.uploads[upload]
            return 204, {}, b""
        if self.command == "PATCH":
            start = int(self.headers.get("Content-Range", "0-").partition("-")[0])
            if start != len(held):
                return _error(416, "BLOB_UPLOAD_INVALID")
            held += body
            return 202, {"Location": self._location(name, upload), "Range": f"0-{len(held)}"}, b""
        held += body
        (digest,) = query["digest"]
        if self.fake.sink is None and _digest(held) != digest:
            return _error(400, "DIGEST_INVALID")
        del self.fake.uploads[upload]
        self.fake.repository(name).blobs[digest] = bytes(held)
        where = {"Location": f"/v2/{name}/blobs/{digest}", "Docker-Content-Digest": digest}
        return 201, where, b""

    def _blob(self, query: dict[str, list[str]], body: bytes, name: str, digest: str) -> _Answer:
        data = self.fake.repository(name).blobs.get(digest)
        if data is None:
            return _error(404, "BLOB_UNKNOWN")
        match = re.fullmatch(r"bytes=([0-9]+)-([0-9]*)", self.headers.get("Range", ""))
        if match is None or not self.fake.has_ranges:
            return 200, {"Docker-Content-Digest": digest}, data
        start = int(match[1])
        end = min(int(match[2] or len(data) - 1), len(data) - 1)
        if start >= len(data):
            return _error(416, "RANGE_INVALID")
        part = {"Content-Range": f"bytes {start}-{end}/{len(data)}"}
        return 206, part, data[start : end + 1]

    def _manifest(
        self, query: dict[str, list[str]], body: bytes, name: str, wanted: str
    ) -> _Answer:
        repository = self.fake.repository(name)
        if self.command == "PUT":
            return self._put_manifest(repository, body, name, wanted)
        digest = repository.tags.get(wanted, wanted)
        if digest not in repository.manifests:
            return _error(404, "MANIFEST_UNKNOWN")
        media_type, data = repository.manifests[digest]
        return 200, {"Content-Type": media_type, "Docker-Content-Digest": digest}, data

    def _put_manifest(
        self, repository: _Repository, body: bytes, name: str, wanted: str
    ) -> _Answer:
        digest = _digest(body)
        headers = {"Location": f"/v2/{name}/manifests/{digest}", "Docker-Content-Digest": digest}
        if wanted.startswith("sha256:"):
            if wanted != digest:
                return _error(400, "DIGEST_INVALID")
        else:
            self.fake.before_tag(wanted)
            repository.tags[wanted] = digest
        repository.manifests[digest] = (self.headers["Content-Type"], body)
        subject = json.loads(body).get("subject")
        if subject and self.fake.has_referrers:
            headers["OCI-Subject"] = subject["digest"]
        return 201, headers, b""

    def _tags(self, query: dict[str, list[str]], body: bytes, name: str) -> _Answer:
        if name not in self.fake.repositories or not self.fake.repository(name).manifests:
            return _error(404, "NAME_UNKNOWN")
        names = sorted(self.fake.repository(name).tags)
        (last,) = query.get("last", [""])
        rest = [each for each in names if each > last]
        page = rest[: self.fake.page]
        headers = {"Content-Type": "application/json"}
        if len(rest) > len(page):
            link = f"/v2/{name}/tags/list?last={quote(page[-1])}&n={self.fake.page}"
            headers["Link"] = f'<{link}>; rel="next"'
        return 200, headers, json.dumps({"name": name, "tags": page}).encode()

    def _referrers(
        self, query: dict[str, list[str]], body: bytes, name: str, digest: str
    ) -> _Answer:
        if not self.fake.has_referrers:
            return _error(404, "NOT_FOUND")
        entries = []
        for own, (media_type, data) in self.fake.repository(name).manifests.items():
            document = json.loads(data)
            if (document.get("subject") or {}).get("digest") == digest:
                entry = {"mediaType": media_type, "digest": own, "size": len(data)}
                entries.append({**entry, "artifactType": document.get("artifactType")})
        (start,) = query.get("start", ["0"])
        begin = int(start)
        page = entries[begin : begin + self.fake.page]
        headers = {"Content-Type": _INDEX}
        if begin + len(page) < len(entries):
            link = f"{self.fake.url}/v2/{name}/referrers/{digest}?start={begin + len(page)}"
            headers["Link"] = f'<{link}>; rel="next"'
        document = {"schemaVersion": 2, "mediaType": _INDEX, "manifests": page}
        return 200, headers, json.dumps(document).encode()

    # --- who asks ---------------------------------------------------------------------------

    def _refusal(self, path: str, query: dict[str, list[str]]) -> _Answer | None:
        fake, said = self.fake, self.headers.get("Authorization", "")
        if fake.bearer:
            scopes, until = fake.tokens.get(said.removeprefix("Bearer "), ((), 0.0))
            if time.monotonic() < until and self._needed(path, query) <= set(_rights(scopes)):
                return None
            realm = fake.realm or f"{fake.url}/token"
            challenge = f'Bearer realm="{realm}",service="fake",error="invalid_token"'
            return _error(401, "UNAUTHORIZED", {"WWW-Authenticate": challenge})
        if fake.basic is not None and said != _basic(*fake.basic):
            return _error(401, "UNAUTHORIZED", {"WWW-Authenticate": 'Basic realm="fake"'})
        return None

    def _needed(self, path: str, query: dict[str, list[str]]) -> set[str]:
        match = _NAME.match(path)
        if match is None:
            return set()
        needed = {f"{match[1]}:pull"}
        if self.command not in ("GET", "HEAD"):
            needed.add(f"{match[1]}:push")
        return needed | {f"{other}:pull" for other in query.get("from", [])}

    def _issue(self, query: dict[str, list[str]], body: bytes) -> _Answer:
        fake, said = self.fake, self.headers.get("Authorization", "")
        if self.command == "POST":
            form = parse_qs(body.decode())
            if not fake.refresh_token or form.get("refresh_token") != [fake.refresh_token]:
                return _error(401, "UNAUTHORIZED")
            scopes = tuple(form["scope"][0].split(" "))
            answer: dict[str, Any] = {"access_token": fake.issue(scopes)}
        else:
            if fake.basic is not None and said != _basic(*fake.basic):
                return _error(401, "UNAUTHORIZED")
            answer = {"token": fake.issue(tuple(query.get("scope", [])))}
        if fake.says_expires:
            answer["expires_in"] = fake.expires_in
        return 200, {"Content-Type": "application/json"}, json.dumps(answer).encode()


def _error(status: int, code: str, headers: dict[str, str] | None = None) -> _Answer:
    body = json.dumps({"errors": [{"code": code, "message": code.lower().replace("_", " ")}]})
    return status, {"Content-Type": "application/json", **(headers or {})}, body.encode()


def _digest(data: bytes | bytearray) -> str:
    return f"sha256:{sha256(data).hexdigest()}"


def _basic(user: str, password: str) -> str:
    return f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"


def _rights(scopes: tuple[str, ...]) -> Iterator[str]:
    for scope in scopes:
        _, name, actions = scope.split(":")
        yield from (f"{name}:{action}" for action in actions.split(","))
