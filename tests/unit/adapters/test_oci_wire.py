"""Connections to registries: time, redirects, TLS, proxies, and servers that answer anything at all."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.fakes.oci_registry import FakeRegistry, Fault, fake_registry
from tests.support.oci_clients import PASSWORD, REPOSITORY, USER, client, logged_in
from tests.support.oci_servers import make_certificate
from tests.support.remotes import as_blob, blob_of, manifest_of, noise, put_bytes, put_manifest

from modelops_bundle.adapters.oci.registry import RegistryRemote
from modelops_bundle.bundle.media import RESULTS
from modelops_bundle.errors import MopsError, RemoteError

BLOB = blob_of(b"a blob of some bytes")
PROXIES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy")

EVERYTHING: dict[str, Callable[[RegistryRemote], object]] = {
    "holds": lambda remote: remote.holds(BLOB),
    "put": lambda remote: remote.put(BLOB, lambda: [b"a blob of some bytes"]),
    "get": lambda remote: list(remote.get(BLOB)),
    "get_range": lambda remote: remote.get_range(BLOB, 2, 3),
    "mount": lambda remote: remote.mount(BLOB, "team/base"),
    "tags": lambda remote: remote.tags(),
    "resolve": lambda remote: remote.resolve("v1"),
    "manifest": lambda remote: remote.manifest("v1"),
    "put_manifest": lambda remote: remote.put_manifest(manifest_of(), "v1"),
    "put_referrer": lambda remote: remote.put_manifest(
        manifest_of(artifact_type=RESULTS, subject=as_blob(manifest_of())), None
    ),
    "referrers": lambda remote: remote.referrers(BLOB.digest, RESULTS),
}


@pytest.fixture(autouse=True)
def no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PROXIES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def elsewhere() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def remote(fake: FakeRegistry) -> Iterator[RegistryRemote]:
    with client(fake) as remote:
        yield remote


# --- time -----------------------------------------------------------------------------------


@pytest.mark.parametrize("after", ["3600", "Thu, 31 Dec 2099 23:59:59 GMT"])
def test_a_server_that_wants_to_be_asked_much_later(
    fake: FakeRegistry, remote: RegistryRemote, after: str
) -> None:
    fake.fail("tags", Fault(times=1, status=429, headers={"Retry-After": after}))
    with pytest.raises(RemoteError, match="too often"):
        remote.tags()
    assert len(fake.lines("tags")) == 1


@pytest.mark.parametrize("after", ["1", "0", "soon"])
def test_a_server_that_wants_to_be_asked_later(
    fake: FakeRegistry, remote: RegistryRemote, after: str
) -> None:
    fake.fail("tags", Fault(times=2, status=429, headers={"Retry-After": after}))
    began = time.monotonic()
    assert list(remote.tags()) == []
    took = time.monotonic() - began
    assert took >= (2 if after == "1" else 0)
    assert took < 4


def test_it_is_not_asked_for_ever(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.fail("tags", Fault(status=503))
    with pytest.raises(RemoteError, match="status 503"):
        remote.tags()
    assert len(fake.lines("tags")) == 4


@pytest.mark.parametrize("name", EVERYTHING)
def test_a_server_that_does_not_answer(fake: FakeRegistry, name: str) -> None:
    fake.fail("", Fault(hang=0.5))
    remote = client(fake, patience={"read": 0.05, "tries": 2})
    with remote, pytest.raises(RemoteError, match="in time"):
        EVERYTHING[name](remote)


@pytest.mark.parametrize("name", ["tags", "get", "put"])
def test_a_server_that_answers_a_byte_now_and_then(fake: FakeRegistry, name: str) -> None:
    fake.fail("v2/.", Fault(drip=0.05))
    began = time.monotonic()
    with (
        client(fake, patience={"total": 0.4}) as remote,
        pytest.raises(RemoteError, match="too long"),
    ):
        EVERYTHING[name](remote)
    assert time.monotonic() - began < 3


def test_a_verdict_over_a_blob_may_take_longer(fake: FakeRegistry) -> None:
    fake.fail("^PUT", Fault(times=1, hang=0.4))
    with client(fake, patience={"read": 0.2, "verdict": 5.0}) as remote:
        assert put_bytes(remote, b"x")


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_server_that_stops_reading_for_a_while(fake: FakeRegistry, is_kept: bool) -> None:
    if not is_kept:
        fake.fail("^POST", Fault(no_length=True))
    # Longer than a connection may take, and more than the network holds for it.
    fake.fail("^PUT", Fault(times=1, wait=0.5))
    with client(fake, patience={"connect": 0.2, "tries": 1}) as remote:
        assert put_bytes(remote, noise(30_000_000))


def test_a_server_that_stops_reading_for_ever(fake: FakeRegistry) -> None:
    fake.fail("^PUT", Fault(wait=3))
    began = time.monotonic()
    remote = client(fake, patience={"read": 0.2, "tries": 2})
    with remote, pytest.raises(RemoteError, match=r"in time|broke"):
        put_bytes(remote, noise(30_000_000))
    remote = client(fake, patience={"total": 0.3, "slowest": 1e9})
    with remote, pytest.raises(RemoteError, match="too long"):
        put_bytes(remote, noise(30_000_000))
    assert time.monotonic() - began < 2.5


def test_nobody_is_there(fake: FakeRegistry) -> None:
    fake.server.server_close()
    for name in EVERYTHING:
        with client(fake) as remote, pytest.raises(RemoteError, match="nobody answers"):
            EVERYTHING[name](remote)


# --- redirects ------------------------------------------------------------------------------


def test_blobs_may_be_elsewhere(fake: FakeRegistry, elsewhere: FakeRegistry) -> None:
    data = b"a blob of some bytes"
    elsewhere.repository(REPOSITORY).blobs[str(BLOB.digest)] = data
    for status in (301, 302, 303, 307, 308):
        fake.heal()
        where = f"{elsewhere.url}/v2/{REPOSITORY}/blobs/{BLOB.digest}"
        fake.fail("/blobs/", Fault(status=status, headers={"Location": where}))
        with client(fake) as remote:
            assert b"".join(remote.get(BLOB)) == data
            assert remote.get_range(BLOB, 2, 4) == data[2:6]
            assert remote.holds(BLOB)


def test_an_upload_may_be_sent_on(fake: FakeRegistry, elsewhere: FakeRegistry) -> None:
    elsewhere.uploads = fake.uploads
    with client(fake) as remote:
        fake.fail(
            "^PUT",
            Fault(
                status=307, headers={"Location": f"{elsewhere.url}/v2/{REPOSITORY}/blobs/uploads/0"}
            ),
        )
        fake.uploads["0"] = bytearray()
        elsewhere.fail("^PUT", Fault(status=201))
        assert put_bytes(remote, b"sent on")
    assert elsewhere.requests[-1].body == b"sent on"


def test_a_redirect_that_would_change_the_verb(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.fail("^P(OS|U)T", Fault(status=302, headers={"Location": "/v2/"}))
    with pytest.raises(RemoteError, match="status 302"):
        put_bytes(remote, b"x")


def test_redirects_end(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.fail("tags", Fault(status=302, headers={"Location": "/v2/team/model/tags/list?again"}))
    with pytest.raises(RemoteError, match="more than 5 times"):
        remote.tags()
    assert len(fake.lines("tags")) == 6


@pytest.mark.parametrize(
    "location", [None, "", "file:///etc/passwd", "http://[", "//", "gopher://x"]
)
def test_redirects_to_nowhere(
    fake: FakeRegistry, remote: RegistryRemote, location: str | None
) -> None:
    fake.fail("tags", Fault(status=302, headers={"Location": location}))
    with pytest.raises(RemoteError, match=r"no address|more than 5"):
        remote.tags()


# --- TLS ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def secure(certificate: tuple[Path, Path]) -> Iterator[FakeRegistry]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    with fake_registry(context) as registry:
        yield registry


def trusting(monkeypatch: pytest.MonkeyPatch, certificate: tuple[Path, Path]) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate[0]))


def test_an_authority_of_ones_own(
    secure: FakeRegistry, certificate: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    trusting(monkeypatch, certificate)
    with client(secure) as remote:
        kept = put_manifest(remote, "v1", [b"one"])
        assert remote.manifest("v1") == kept


def test_a_certificate_that_nobody_vouches_for(secure: FakeRegistry) -> None:
    with client(secure) as remote, pytest.raises(RemoteError, match="certificate") as caught:
        remote.tags()
    assert "SSL_CERT_FILE" in caught.value.mend
    assert secure.requests == []


def test_a_certificate_of_another_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    certificate = make_certificate(tmp_path, "DNS:another.example")
    trusting(monkeypatch, certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*map(str, certificate))
    with fake_registry(context) as registry, client(registry) as remote:
        with pytest.raises(RemoteError, match="certificate"):
            remote.tags()
        assert registry.requests == []


def test_nothing_leads_from_tls_to_plain_http(
    secure: FakeRegistry,
    elsewhere: FakeRegistry,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusting(monkeypatch, certificate)
    for pattern, status in (("^GET", 307), ("^POST", 202)):
        secure.fail(pattern, Fault(status=status, headers={"Location": f"{elsewhere.url}/x?a=b"}))
    with client(secure) as remote:
        for name in ("tags", "get", "put"):
            with pytest.raises(RemoteError, match="from TLS to plain http"):
                EVERYTHING[name](remote)
    assert elsewhere.requests == []


def test_a_realm_without_tls(
    secure: FakeRegistry,
    elsewhere: FakeRegistry,
    certificate: tuple[Path, Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    trusting(monkeypatch, certificate)
    secure.bearer, secure.basic = True, (USER, PASSWORD)
    secure.realm = f"{elsewhere.url}/token"
    with logged_in(secure) as remote, pytest.raises(RemoteError, match="without TLS"):
        remote.tags()
    assert elsewhere.requests == []
    # With TLS, the registry says who issues its tokens, whatever the host.
    secure.realm = f"{secure.url.replace('127.0.0.1', 'localhost')}/token"
    with logged_in(secure) as remote:
        assert list(remote.tags()) == []


@pytest.mark.parametrize(
    "words",
    [
        b"Client sent an HTTP request to an HTTPS server.\n",
        b"<html>400 The plain HTTP request was sent to HTTPS port</html>",
    ],
)
def test_this_machine_is_asked_in_the_clear_first(fake: FakeRegistry, words: bytes) -> None:
    fake.fail("/v2/$", Fault(raw=b"HTTP/1.0 400 Bad Request\r\n\r\n" + words))
    for host in (fake.host, fake.host.replace("127.0.0.1", "localhost")):
        with client(host) as remote, pytest.raises(RemoteError, match="does not speak TLS"):
            remote.tags()
        # Who says that it is to be plain gets it plain.
        with client(host, insecure=True) as remote:
            assert list(remote.tags()) == []


@pytest.mark.parametrize(
    ("host", "asked"),
    [
        ("registry.example", "registry.example:443"),
        ("docker.io", "registry-1.docker.io:443"),
        ("127.0.0.1.example:5000", "127.0.0.1.example:5000"),
    ],
)
def test_other_hosts_are_spoken_to_by_tls(
    fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, host: str, asked: str
) -> None:
    monkeypatch.setenv("https_proxy", f"http://{fake.host}")
    with client(host) as remote, pytest.raises(RemoteError, match="proxy"):
        remote.tags()
    assert set(fake.lines()) == {f"CONNECT {asked}"}


# --- proxies --------------------------------------------------------------------------------


def test_a_proxy(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{USER}:{PASSWORD}@{fake.host}")
    with client("registry.invalid", insecure=True) as remote:
        assert list(remote.tags()) == []
        put_bytes(remote, b"x")
    assert fake.lines("tags")[0].startswith("GET http://registry.invalid/v2/")
    assert fake.requests[0].headers["proxy-authorization"].startswith("Basic ")


def test_hosts_without_a_proxy(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", f"http://{fake.host}")
    monkeypatch.setenv("no_proxy", "registry.invalid")
    remote = client("registry.invalid", insecure=True, patience={"tries": 1})
    with remote, pytest.raises(RemoteError, match=r"not known|nobody answers"):
        remote.tags()
    assert fake.requests == []


def test_this_machine_is_not_reached_by_a_proxy(
    fake: FakeRegistry, elsewhere: FakeRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", f"http://{elsewhere.host}")
    with client(fake) as remote:
        remote.tags()
    assert elsewhere.requests == []


@pytest.mark.parametrize("proxy", ["http://{host}", "junk://{host}", "http://{user}@127.0.0.1:1"])
def test_proxies_that_fail(fake: FakeRegistry, monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    login = f"{USER}:{PASSWORD}"
    monkeypatch.setenv("https_proxy", proxy.format(host=fake.host, user=login))
    with client("registry.invalid") as remote, pytest.raises(RemoteError) as caught:
        remote.tags()
    assert PASSWORD not in str(caught.value)


# --- anything at all ------------------------------------------------------------------------

OK = b"HTTP/1.1 200 OK\r\n"
RAW: dict[str, bytes] = {
    "nothing": b"",
    "an empty line": b"\r\n\r\n",
    "words": b"SSH-2.0-OpenSSH_9.2\r\n\r\n",
    "no end": OK + b"Content-Length: 2",
    "zero": b"\0" * 1000,
    "a status of letters": b"HTTP/1.1 abc x\r\n\r\n",
    "a large status": b"HTTP/1.1 99999 x\r\n\r\n",
    "100 without end": b"HTTP/1.1 100 Continue\r\n\r\n" * 50,
    "204": b"HTTP/1.1 204 x\r\n\r\n",
    "206": b"HTTP/1.1 206 x\r\nContent-Range: bytes 9-1/2\r\nContent-Length: 1\r\n\r\nx",
    "304": b"HTTP/1.1 304 x\r\n\r\n",
    "401": b"HTTP/1.1 401 x\r\nWWW-Authenticate: \xff\xfe\r\nContent-Length: 0\r\n\r\n",
    "a length of letters": OK + b"Content-Length: abc\r\n\r\n{}",
    "a length below zero": OK + b"Content-Length: -5\r\n\r\n{}",
    "a length of other digits": OK + b"Content-Length: \xb2\r\n\r\n{}",
    "a length of many digits": OK + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n{}",
    "two lengths": OK + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    "a huge length": OK + b"Content-Length: 99999999999999999999\r\n\r\n{}",
    "a long line": OK + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    "many headers": OK + b"X: y\r\n" * 500 + b"\r\n",
    "odd headers": OK + b"no colon\r\n: x\r\n\r\n{}",
    "bad chunks": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n",
    "cut chunks": OK + b"Transfer-Encoding: chunked\r\n\r\n50\r\n{}",
    "a long chunk size": OK + b"Transfer-Encoding: chunked\r\n\r\n" + b"1" * 100_000,
    "chunks below zero": OK + b"Transfer-Encoding: chunked\r\n\r\n-5\r\n{}\r\n0\r\n\r\n",
    "gzip": OK + b"Content-Encoding: gzip\r\nContent-Length: 4\r\n\r\njunk",
    "deep JSON": OK + b"\r\n" + b'{"a":' * 50_000,
    "odd UTF-8": OK + b"\r\n" + b'{"tags": "\xff\xff"}',
    "odd JSON": OK + b'\r\n{"tags": {"a": 1}, "manifests": 7, "token": [], "errors": {"a": 1}}',
    "odd errors": b'HTTP/1.1 400 x\r\n\r\n{"errors": [7, {"code": 7, "message": []}, {}]}',
    "odd location": b"HTTP/1.1 307 x\r\nLocation: http://\xff\x01/\r\nContent-Length: 0\r\n\r\n",
    "a location with a port": b"HTTP/1.1 307 x\r\nLocation: http://x:99999/\r\n\r\n",
    "a location with blanks": b"HTTP/1.1 202 x\r\nLocation: http://a b/\r\nContent-Length: 0\r\n\r\n",
    "odd digest": OK + b"Docker-Content-Digest: sha256:xyz\r\nContent-Length: 2\r\n\r\n{}",
    "odd link": OK + b"Link: <http://[>; rel=next\r\nContent-Length: 2\r\n\r\n{}",
    "created": b"HTTP/1.1 201 x\r\nContent-Length: 0\r\n\r\n",
    "accepted": b"HTTP/1.1 202 x\r\nLocation: /v2/x\r\nContent-Length: 0\r\n\r\n",
}  # fmt: skip


@pytest.mark.parametrize("raw", RAW.values(), ids=RAW.keys())
def test_whatever_a_server_answers_is_no_more_than_a_failure(
    fake: FakeRegistry, raw: bytes
) -> None:
    fake.fail("", Fault(raw=raw))
    patience = {"tries": 2, "pause": 0.001, "connect": 0.5, "total": 5}
    for name, do in EVERYTHING.items():
        with client(fake, patience=patience) as remote:
            text = failure(remote, do)
        assert text.replace("\n", "").isprintable(), name
        assert len(text) < 1000


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b'{"manifests": [[]]}'])
def test_bodies_of_nothing(fake: FakeRegistry, remote: RegistryRemote, body: bytes) -> None:
    fake.fail("", Fault(status=200, body=body))
    for do in EVERYTHING.values():
        failure(remote, do)


@pytest.mark.parametrize("headers", [{"Content-Encoding": "gzip"}, {"Content-Length": "99"}])
def test_a_refusal_that_cannot_be_read_is_one(
    fake: FakeRegistry, remote: RegistryRemote, headers: dict[str, str | None]
) -> None:
    fake.fail("", Fault(status=403, headers=headers, change=lambda data: data))
    for name, do in EVERYTHING.items():
        assert name == "mount" or "access is denied" in failure(remote, do)


def test_connections_are_used_again(fake: FakeRegistry, elsewhere: FakeRegistry) -> None:
    where = f"{elsewhere.url}/v2/{REPOSITORY}/blobs/{BLOB.digest}"
    elsewhere.repository(REPOSITORY).blobs[str(BLOB.digest)] = b"a blob of some bytes"
    fake.bearer = True
    with client(fake) as remote:
        put_manifest(remote, "v1", [b"one", b"two"])
        fake.fail("GET .*/blobs/", Fault(status=307, headers={"Location": where}, body=b"there"))
        for _ in range(5):
            list(remote.get(BLOB))
            remote.get_range(BLOB, 1, 2)
            remote.resolve("v1")
            remote.resolve("v2")
            remote.manifest("v1")
    assert (fake.connections, elsewhere.connections) == (1, 1)


def failure(remote: RegistryRemote, do: Callable[[RegistryRemote], object]) -> str:
    """How doing something fails, if it does."""
    try:
        do(remote)
    except MopsError as error:
        return str(error)
    return ""


# --- what is logged -------------------------------------------------------------------------


def test_nothing_secret_is_logged(fake: FakeRegistry, caplog: pytest.LogCaptureFixture) -> None:
    fake.bearer, fake.basic = True, (USER, PASSWORD)
    with caplog.at_level(logging.DEBUG), logged_in(fake) as remote:
        kept = put_manifest(remote, "v1", [b"one"])
        assert remote.manifest("v1") == kept
    logged = "\n".join(record.getMessage() for record in caplog.records)
    assert "blobs/uploads" in logged
    for secret in (*fake.tokens, PASSWORD, "signed-secret", "scope="):
        assert secret not in logged
