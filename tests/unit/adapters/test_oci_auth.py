"""Who we are to a registry: challenges and tokens, and where credentials never go."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.fakes.oci_registry import FakeRegistry, Fault, fake_registry
from tests.support.oci_clients import PASSWORD, QUICK, REPOSITORY, USER, client, logged_in
from tests.support.remotes import blob_of, noise, put_bytes, put_manifest, reader_of

from modelops_bundle.adapters.oci.auth import Challenge, parse_challenges
from modelops_bundle.adapters.oci.credentials import Credentials
from modelops_bundle.adapters.oci.registry import check_login
from modelops_bundle.errors import RemoteError

AZURE = "00000000-0000-0000-0000-000000000000"


class Fixed:
    """Credentials that are always the same, and how often they were asked for."""

    def __init__(self, credentials: Credentials | None) -> None:
        self.credentials = credentials
        self.asked = 0

    def for_host(self, host: str) -> Credentials | None:
        self.asked += 1
        return self.credentials


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def elsewhere() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def bearer(fake: FakeRegistry) -> FakeRegistry:
    fake.bearer, fake.basic = True, (USER, PASSWORD)
    return fake


def said(fake: FakeRegistry) -> list[str]:
    return [
        each.headers["Authorization"] for each in fake.requests if "Authorization" in each.headers
    ]


# --- challenges -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        (['Basic realm="x"'], [("basic", {"realm": "x"})]),
        (
            ['Bearer realm="https://a/t",service="s, \\"q\\"",scope="repository:a:pull,push"'],
            [
                (
                    "bearer",
                    {
                        "realm": "https://a/t",
                        "service": 's, "q"',
                        "scope": "repository:a:pull,push",
                    },
                )
            ],
        ),
        (
            ['Basic realm="a b", BEARER Realm=https://a/t , Service = s'],
            [("basic", {"realm": "a b"}), ("bearer", {"realm": "https://a/t", "service": "s"})],
        ),
        (["Negotiate", 'Basic realm=""'], [("negotiate", {}), ("basic", {"realm": ""})]),
        (['Bearer realm="never closed'], [("bearer", {})]),
        (['realm="of nobody"', "", ",,,", "\x00\xff", '"'], []),
        (["Basic", "Bearer"], [("basic", {}), ("bearer", {})]),
        (['Bearer realm="first",realm="second"'], [("bearer", {"realm": "first"})]),
    ],
)
def test_challenges(headers: list[str], expected: list[tuple[str, dict[str, str]]]) -> None:
    found = parse_challenges(headers)
    assert [each.scheme for each in found] == [scheme for scheme, _ in expected]
    for each, (scheme, parameters) in zip(found, expected, strict=True):
        if "never closed" not in headers[0]:
            assert each == Challenge(scheme, parameters)


def test_long_challenges_are_read_in_no_time() -> None:
    began = time.monotonic()
    for text in ('Bearer a="' + "\\" * 100_000, "a," * 100_000, " " * 100_000, "a=" * 100_000):
        parse_challenges([text])
    assert time.monotonic() - began < 2


# --- what is said ---------------------------------------------------------------------------


def test_a_name_and_a_password(fake: FakeRegistry) -> None:
    fake.basic = (USER, PASSWORD)
    with logged_in(fake) as remote:
        put_manifest(remote, "v1", [b"one"])
        assert list(remote.tags()) == ["v1"]
    # Once it was asked for, it is said at once.
    assert len([each for each in fake.requests if "Authorization" not in each.headers]) == 2


def test_without_credentials_it_is_said_how_to_get_some(fake: FakeRegistry) -> None:
    fake.basic = (USER, PASSWORD)
    with client(fake) as remote, pytest.raises(RemoteError) as caught:
        remote.tags()
    assert f"mops-bundle login {fake.host}" in caught.value.mend
    assert "MODELOPS_BUNDLE_PASSWORD" in caught.value.mend


def test_a_wrong_password_is_not_tried_again_and_again(bearer: FakeRegistry) -> None:
    for is_bearer in (False, True):
        bearer.bearer = is_bearer
        bearer.requests.clear()
        source = Fixed(Credentials(USER, "a-wrong-password"))
        with client(bearer, credentials=source) as remote, pytest.raises(RemoteError) as caught:
            remote.tags()
        assert "a-wrong-password" not in str(caught.value)
        assert len(bearer.requests) <= 4


def test_tokens_are_for_what_is_done(bearer: FakeRegistry) -> None:
    with logged_in(bearer) as remote:
        remote.tags()
        put_manifest(remote, "v1", [b"one", b"two"])
        remote.mount(blob_of(b"x"), "team/base")
        list(remote.get(blob_of(b"one")))
    pull, push = f"repository:{REPOSITORY}:pull", f"repository:{REPOSITORY}:pull,push"
    assert sorted(bearer.tokens_issued) == [
        (pull,), (push,), (push, "repository:team/base:pull"),
    ]  # fmt: skip


def test_anonymous_tokens(fake: FakeRegistry) -> None:
    fake.bearer = True
    with client(fake) as remote:
        assert list(remote.tags()) == []
    (token,) = [each for each in fake.requests if each.target.startswith("/token")]
    assert "Authorization" not in token.headers
    assert "service=fake" in token.target


@pytest.mark.parametrize(
    "credentials",
    [Credentials(identity_token="refresh-secret"), Credentials(AZURE, "refresh-secret")],
    ids=["identity token", "Azure"],
)
def test_refresh_tokens(bearer: FakeRegistry, credentials: Credentials) -> None:
    bearer.refresh_token = "refresh-secret"
    with client(bearer, credentials=Fixed(credentials)) as remote:
        put_manifest(remote, "v1")
    assert bearer.lines("^GET /token") == []
    assert len(bearer.lines("^POST /token")) == 1


def test_a_token_for_the_registry_itself(bearer: FakeRegistry) -> None:
    token = bearer.issue((f"repository:{REPOSITORY}:pull,push",))
    source = Fixed(Credentials(registry_token=token))
    with client(bearer, credentials=source) as remote:
        put_manifest(remote, "v1")
    assert bearer.lines("/token") == []


def test_tokens_are_renewed_before_they_end(bearer: FakeRegistry) -> None:
    bearer.expires_in = 0.4
    with logged_in(bearer) as remote:
        for number in range(3):
            put_bytes(remote, str(number).encode())
            time.sleep(0.45)
    # The very first request, and no other, was without a token or with an old one.
    assert len(bearer.lines("/blobs/")) == 3 * 3 + 1
    assert len(bearer.tokens_issued) == 3


def test_a_token_that_ends_in_the_middle_of_a_push(bearer: FakeRegistry) -> None:
    # The realm says nothing of how long a token holds, so it is thought to hold for a minute.
    bearer.expires_in, bearer.says_expires = 0.3, False
    data = noise(500_000)

    def slow() -> Iterator[bytes]:
        yield data[:100_000]
        time.sleep(0.4)
        yield data[100_000:]

    tries = iter([slow, reader_of(data)])
    with logged_in(bearer) as remote:
        assert remote.put(blob_of(data), lambda: next(tries)())
        assert b"".join(remote.get(blob_of(data))) == data


def test_threads_share_a_token(bearer: FakeRegistry) -> None:
    with logged_in(bearer) as remote, ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: remote.resolve(f"v{number}"), range(32)))
    assert len(bearer.tokens_issued) == 1


def test_credentials_are_looked_up_when_they_are_asked_for(fake: FakeRegistry) -> None:
    source = Fixed(Credentials(USER, PASSWORD))
    with client(fake, credentials=source) as remote:
        remote.tags()
        assert source.asked == 0
        fake.basic = (USER, PASSWORD)
        remote.tags()
        remote.tags()
        assert source.asked == 1


def test_credentials_that_changed_meanwhile(fake: FakeRegistry) -> None:
    fake.basic = (USER, PASSWORD)
    source = Fixed(Credentials(USER, PASSWORD))
    with client(fake, credentials=source) as remote:
        remote.tags()
        fake.basic = (USER, "another")
        source.credentials = Credentials(USER, "another")
        assert list(remote.tags()) == []


@pytest.mark.parametrize("is_bearer", [True, False])
def test_a_login_is_tried_before_it_is_kept(fake: FakeRegistry, is_bearer: bool) -> None:
    check_login(fake.host, Credentials("any", "body"), patience=QUICK)
    fake.bearer, fake.basic = is_bearer, (USER, PASSWORD)
    check_login(fake.host, Credentials(USER, PASSWORD), patience=QUICK)
    with pytest.raises(RemoteError, match="cannot log in") as caught:
        check_login(fake.host, Credentials(USER, "a-wrong-password"), patience=QUICK)
    assert "a-wrong-password" not in str(caught.value)
    fake.fail("/v2/", Fault(status=404))
    with pytest.raises(RemoteError, match="not there"):
        check_login(fake.host, Credentials(USER, PASSWORD), patience=QUICK)


# --- where it is said -----------------------------------------------------------------------


def test_nothing_is_said_to_another_host_in_the_clear(
    bearer: FakeRegistry, elsewhere: FakeRegistry
) -> None:
    # By its other name it is another host: anybody on the way may have written this challenge.
    bearer.realm = f"http://localhost:{elsewhere.host.partition(':')[2]}/token"
    with logged_in(bearer) as remote, pytest.raises(RemoteError):
        remote.tags()
    assert len(elsewhere.lines("/token")) >= 1
    assert said(elsewhere) == []
    assert PASSWORD not in str([each.body for each in elsewhere.requests])


def test_a_realm_on_another_port_of_the_same_host(
    bearer: FakeRegistry, elsewhere: FakeRegistry
) -> None:
    elsewhere.basic = (USER, PASSWORD)
    elsewhere.tokens = bearer.tokens
    bearer.realm = f"{elsewhere.url}/token"
    with logged_in(bearer) as remote:
        assert list(remote.tags()) == []
    assert len(elsewhere.tokens_issued) == 1


def test_a_realm_that_redirects_is_not_followed(
    bearer: FakeRegistry, elsewhere: FakeRegistry
) -> None:
    bearer.fail("/token", Fault(status=307, headers={"Location": f"{elsewhere.url}/token"}))
    with logged_in(bearer) as remote, pytest.raises(RemoteError, match="status 307"):
        remote.tags()
    assert elsewhere.requests == []


def test_who_asks_is_not_told_where_the_registry_redirects_to(
    bearer: FakeRegistry, elsewhere: FakeRegistry
) -> None:
    blob = blob_of(b"kept elsewhere")
    elsewhere.repository(REPOSITORY).blobs[str(blob.digest)] = b"kept elsewhere"
    where = f"{elsewhere.url}/v2/{REPOSITORY}/blobs/{blob.digest}?signature=secret"
    with logged_in(bearer) as remote:
        remote.tags()
        bearer.fail("GET .*/blobs/", Fault(status=307, headers={"Location": where}))
        assert b"".join(remote.get(blob)) == b"kept elsewhere"
        assert said(bearer)[-1].startswith("Bearer ")
        assert said(elsewhere) == []
        # What another host wants to know, it is not told.
        elsewhere.bearer, elsewhere.basic = True, (USER, PASSWORD)
        with pytest.raises(RemoteError):
            list(remote.get(blob))
    assert said(elsewhere) == []
    assert elsewhere.lines("/token") == []


def test_an_upload_to_another_host_does_not_say_who_sends(
    bearer: FakeRegistry, elsewhere: FakeRegistry
) -> None:
    bearer.locations = elsewhere.url
    elsewhere.uploads = bearer.uploads
    with logged_in(bearer) as remote:
        put_bytes(remote, b"sent elsewhere")
    assert len(elsewhere.lines("^PUT")) == 1
    assert said(elsewhere) == []


@pytest.mark.parametrize(
    "realm", ["", "ftp://x/token", "http://[", "https://user:pass@x/", "/token", "http://\x01/"]
)
def test_realms_that_are_none(bearer: FakeRegistry, realm: str) -> None:
    headers: dict[str, str | None] = {"WWW-Authenticate": f'Bearer realm="{realm}"'}
    bearer.fail("tags", Fault(status=401, headers=headers))
    with logged_in(bearer) as remote, pytest.raises(RemoteError, match="no address"):
        remote.tags()


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (Fault(status=500), "no token is issued"),
        (Fault(status=403), "does not let in"),
        (Fault(status=200, body=b"[]"), "status 200"),
        (Fault(status=200, body=b'{"token": 7}'), "no token"),
        (Fault(status=200, body=b'{"token": "a\\r\\nX-Evil: 1"}'), "no token"),
        (Fault(raw=b"junk\r\n\r\n"), "broke"),
    ],
)
def test_realms_that_fail(bearer: FakeRegistry, fault: Fault, words: str) -> None:
    bearer.fail("/token", fault)
    with logged_in(bearer) as remote, pytest.raises(RemoteError, match=words):
        remote.tags()


@pytest.mark.parametrize("seconds", [b'"x"', b"-5", b"1e999", b"9" * 400, b"null", b"NaN"])
def test_odd_times_that_a_token_holds(bearer: FakeRegistry, seconds: bytes) -> None:
    with logged_in(bearer) as remote:
        token = bearer.issue((f"repository:{REPOSITORY}:pull",)).encode()
        body = b'{"token": "%s", "expires_in": %s}' % (token, seconds)
        bearer.fail("/token", Fault(status=200, body=body))
        assert list(remote.tags()) == []


def test_a_way_of_logging_in_that_is_not_known(fake: FakeRegistry) -> None:
    for challenge in ("Negotiate", None):
        fake.heal()
        fake.fail("tags", Fault(status=401, headers={"WWW-Authenticate": challenge}))
        with logged_in(fake) as remote, pytest.raises(RemoteError, match="not known"):
            remote.tags()


def test_what_is_secret_is_never_repeated(bearer: FakeRegistry) -> None:
    with logged_in(bearer) as remote:
        remote.tags()
        (token,) = bearer.tokens
        basic = said(bearer)[0]
        words = f"{token} {PASSWORD} {basic} https://x/?X-Amz-Signature=signed"
        body = json.dumps({"errors": [{"code": "DENIED", "message": words}]}).encode()
        for status in (400, 403, 500):
            bearer.heal()
            bearer.fail("tags", Fault(status=status, body=body))
            with pytest.raises(RemoteError, match="DENIED") as caught:
                remote.tags()
            for secret in (token, PASSWORD, basic.partition(" ")[2], "signed"):
                assert secret not in str(caught.value)
