"""Asking providers over HTTP: pages, faults, bounds, what is kept on disk, and where keys never go."""

from __future__ import annotations

import gzip
import json
import logging
import pickle
import sqlite3
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.support.model_servers import Asked, ModelServer, Reply, model_server

from modelops_bundle.adapters.model_hosts.access import (
    Address,
    Secret,
    address_of,
    find_secret,
    is_meant,
    read_variables,
)
from modelops_bundle.adapters.model_hosts.http import HttpModelHost
from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.catalog.entries import Authentication, Pagination, ProviderConfig
from modelops_bundle.errors import ModelHostError, StorageError, UsageError
from modelops_bundle.wiring.model_hosts import RealHosts, ollama_digest, refresh_catalog

KEY = "sk-very-secret-0123456789"
QUICK = Limits(retries=2, backoff_seconds=0.001, total_seconds=5, read_seconds=2)
TOKENS = Pagination(style="token", parameter="page", field="next", size_parameter="size", size=7)


@pytest.fixture
def server(usual_model_server: ModelServer) -> ModelServer:
    return usual_model_server


def config(**given: Any) -> ProviderConfig:
    return ProviderConfig(
        slug="example",
        name="Example",
        models_path="/models",
        credential_variables=("EXAMPLE_API_KEY",),
        **given,
    )


def host(
    server: ModelServer,
    limits: Limits = QUICK,
    cache: Path | None = None,
    key: str = KEY,
    **given: Any,
) -> HttpModelHost:
    return HttpModelHost(
        config(**given),
        Address(server.url("example")),
        Secret("EXAMPLE_API_KEY", key),
        None if cache is None else str(cache),
        limits,
    )


def answers(server: ModelServer, *replies: Reply | bytes) -> None:
    """One after the other, the last one ever after."""
    left = list(replies)
    server.behaviours["example"] = lambda _: left.pop(0) if len(left) > 1 else left[0]


def error(asked: HttpModelHost) -> ModelHostError:
    with pytest.raises(ModelHostError) as caught:
        list(asked.pages())
    assert KEY not in str(caught.value) + repr(caught.value)
    assert caught.value.__cause__ is None
    assert "Example" in caught.value.what
    assert caught.value.mend
    return caught.value


# --- pages ------------------------------------------------------------------------------------------


def test_pages_are_followed_to_the_end_also_over_an_empty_one(server: ModelServer) -> None:
    answers(
        server,
        b'{"data": [1], "next": "b"}',
        b'{"data": [], "next": "c"}',
        b'{"data": [3], "next": ""}',
    )
    pages = list(host(server, pagination=TOKENS).pages())
    assert [page["data"] for page in pages] == [[1], [], [3]]
    assert [each.query for each in server.asked] == [
        {"size": "7"},
        {"size": "7", "page": "b"},
        {"size": "7", "page": "c"},
    ]


def test_a_cursor_is_the_last_item_unless_the_page_says_that_there_are_no_more(
    server: ModelServer,
) -> None:
    answers(
        server,
        b'{"data": [{"id": "a"}], "has_more": true}',
        b'{"data": [{"id": "b"}], "has_more": false}',
    )
    cursor = Pagination(style="cursor", parameter="after")
    assert len(list(host(server, pagination=cursor).pages())) == 2
    assert [each.query for each in server.asked] == [{}, {"after": "a"}]


def test_a_page_that_leads_back_is_an_error_and_no_loop(server: ModelServer) -> None:
    answers(server, b'{"next": "b"}', b'{"next": "c"}', b'{"next": "b"}')
    assert "leads back" in error(host(server, pagination=TOKENS)).why
    assert len(server.asked) == 3


def test_pages_without_end_are_an_error(server: ModelServer) -> None:
    server.behaviours["example"] = lambda asked: json.dumps(
        {"next": str(int(asked.query.get("page", "0")) + 1)}
    ).encode()
    assert "5 pages" in error(host(server, replace(QUICK, pages=5), pagination=TOKENS)).why
    assert len(server.asked) == 5


def test_numbers_keep_their_digits(server: ModelServer) -> None:
    answers(server, b'{"price": 0.100000000000000000001}')
    (page,) = host(server).pages()
    assert str(page["price"]) == "0.100000000000000000001"


# --- faults -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
def test_what_passes_is_tried_again(server: ModelServer, status: int) -> None:
    answers(server, Reply(b"busy", status, {"Retry-After": "0"}), Reply(b"busy", status), b"[1]")
    assert list(host(server).pages()) == [[1]]
    assert len(server.asked) == 3


def test_what_stays_is_told_after_the_last_try(server: ModelServer) -> None:
    answers(server, Reply(f"no {KEY}".encode(), 503, {"X-Key": KEY}))
    assert "503 Service Unavailable" in error(host(server)).why
    assert len(server.asked) == 3


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (400, "400 Bad Request"),
        (401, "EXAMPLE_API_KEY"),
        (403, "EXAMPLE_API_KEY"),
        (404, "base URL"),
        (204, "204"),
        (299, "299"),
    ],
)
def test_a_refusal_is_not_tried_again(server: ModelServer, status: int, words: str) -> None:
    answers(server, Reply(b"" if status == 204 else f"bad key {KEY}".encode(), status))
    assert words in str(error(host(server)))
    assert len(server.asked) == 1


def test_a_wait_beyond_the_deadline_is_told_at_once(server: ModelServer) -> None:
    answers(server, Reply(b"", 429, {"Retry-After": "3600"}))
    found = error(host(server))
    assert "3600 seconds after 429" in found.why
    assert len(server.asked) == 1


def test_retry_after_is_kept(server: ModelServer) -> None:
    answers(server, Reply(b"", 429, {"Retry-After": "4"}), b"[]")
    # Longer than there is time: had the header been passed over, the second try would have been at once.
    assert "4 seconds" in error(host(server, replace(QUICK, total_seconds=3))).why


def test_silence_is_an_error(server: ModelServer) -> None:
    answers(server, Reply(b"[]", slow=0.5))
    assert "in time" in error(host(server, replace(QUICK, retries=0, read_seconds=0.1))).why


def test_the_deadline_holds_for_all_tries_together(server: ModelServer) -> None:
    answers(server, Reply(b"[]", slow=0.4))
    limits = replace(QUICK, retries=1000, read_seconds=0.1, total_seconds=0.3)
    error(host(server, limits))
    assert len(server.asked) < 20


def test_nobody_there(server: ModelServer) -> None:
    asked = HttpModelHost(config(), Address("http://127.0.0.1:1"), None, None, QUICK)
    assert "cannot be reached" in error(asked).why


def test_an_answer_that_breaks_off_is_none(server: ModelServer) -> None:
    answers(server, Reply(b'[{"id": "a"}]' + b" " * 1000, cut=900))
    assert "broke off" in error(host(server, replace(QUICK, retries=0))).why


def test_an_answer_that_is_too_long_is_not_read(server: ModelServer) -> None:
    answers(server, b"[" + b" " * 100_000 + b"]")
    assert "more than 1000 bytes" in error(host(server, replace(QUICK, page_bytes=1000))).why


def test_an_answer_that_unpacks_to_too_much_is_not_read(server: ModelServer) -> None:
    bomb = gzip.compress(b"[" + b" " * 10_000_000 + b"]")
    answers(server, Reply(bomb, headers={"Content-Encoding": "gzip"}))
    assert "bytes" in error(host(server, replace(QUICK, page_bytes=1_000_000))).why


def test_what_is_no_json_is_told_without_quoting_it(server: ModelServer) -> None:
    answers(server, Reply(f"<p>{KEY}</p>".encode(), headers={"Content-Type": f"text/{KEY}"}))
    assert "no JSON" in error(host(server)).why


# --- redirects --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_to_another_place_is_not_followed(server: ModelServer, status: int) -> None:
    with model_server() as other:
        answers(server, Reply(b"", status, {"Location": other.url("example") + "/models"}))
        assert "another place" in error(host(server)).why
        assert other.asked == []


@pytest.mark.parametrize("place", ["https://127.0.0.1/x", "//evil.example/", "ftp://a"])
def test_nor_one_to_another_scheme_or_to_nowhere(server: ModelServer, place: str) -> None:
    answers(server, Reply(b"", 302, {"Location": place}))
    assert "another place" in error(host(server)).why
    assert len(server.asked) == 1


def test_nor_one_that_is_no_address(server: ModelServer) -> None:
    answers(server, Reply(b"", 302, {"Location": "http://["}))
    error(host(server))
    assert len(server.asked) == 1


def test_a_redirect_to_the_same_server_is_followed(server: ModelServer) -> None:
    def answer(asked: Asked) -> Reply | bytes:
        return b"[1]" if asked.path == "/new" else Reply(b"", 307, {"Location": "new"})

    server.behaviours["example"] = answer
    assert list(host(server).pages()) == [[1]]
    assert server.asked[-1].headers["authorization"] == f"Bearer {KEY}"


def test_redirects_in_a_circle_end(server: ModelServer) -> None:
    answers(server, Reply(b"", 302, {"Location": "models"}))
    assert "302" in error(host(server)).why
    assert len(server.asked) < 10


# --- keys -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authentication", "expected"),
    [
        (Authentication(), {"authorization": f"Bearer {KEY}"}),
        (
            Authentication(scheme="header", header="X-Own", headers={"X-Version": "2"}),
            {"x-own": KEY, "x-version": "2"},
        ),
    ],
)
def test_where_the_key_goes(
    server: ModelServer, authentication: Authentication, expected: dict[str, str]
) -> None:
    answers(server, b"[]")
    list(host(server, authentication=authentication).pages())
    sent = server.asked[0].headers
    assert expected.items() <= sent.items()
    assert [name for name, value in sent.items() if KEY in value] == [next(iter(expected))]
    assert server.asked[0].query == {}


def test_no_other_key_is_taken_from_netrc(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password of-somebody-else\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    answers(server, b"[]")
    list(host(server).pages())
    assert server.asked[0].headers["authorization"] == f"Bearer {KEY}"
    list(HttpModelHost(config(), Address(server.url("example")), None, None, QUICK).pages())
    assert "authorization" not in server.asked[1].headers


def test_a_key_is_in_no_log_and_no_cache(
    server: ModelServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    own = Authentication(scheme="header", header="X-Own")
    for authentication in (Authentication(), own):
        for reply in (
            Reply(b'{"next": "b"}', headers={"ETag": '"1"'}),
            Reply(b"[]", headers={"X-Echo": KEY}),
        ):
            answers(server, reply, b"[]")
            asked = host(server, cache=tmp_path, authentication=authentication, pagination=TOKENS)
            list(asked.pages())
            assert KEY not in repr(asked) + repr(vars(asked))
    assert caplog.records
    assert KEY not in caplog.text
    files = [each for each in tmp_path.rglob("*") if each.is_file()]
    assert files
    assert not any(KEY.encode() in each.read_bytes() for each in files)


def test_a_secret_shows_nothing_and_is_not_stored() -> None:
    secret = Secret("EXAMPLE_API_KEY", KEY)
    assert KEY not in f"{secret} {secret!r}"
    with pytest.raises(TypeError):
        pickle.dumps(secret)


# --- what is kept -----------------------------------------------------------------------------------


def test_a_page_is_kept_for_a_time_and_then_asked_for_by_its_tag(
    server: ModelServer, tmp_path: Path
) -> None:
    def answer(asked: Asked) -> Reply:
        same = asked.headers.get("if-none-match") == '"1"'
        return Reply(b"" if same else b"[1]", 304 if same else 200, {"ETag": '"1"'})

    server.behaviours["example"] = answer
    for _ in range(2):
        assert list(host(server, cache=tmp_path).pages()) == [[1]]
    assert len(server.asked) == 1
    assert list(host(server, replace(QUICK, kept_seconds=0), tmp_path).pages()) == [[1]]
    assert server.asked[-1].headers["if-none-match"] == '"1"'
    assert len(server.asked) == 2


def test_a_page_that_changed_takes_the_place_of_the_kept_one(
    server: ModelServer, tmp_path: Path
) -> None:
    at_once = replace(QUICK, kept_seconds=0)
    answers(server, Reply(b"[1]", headers={"ETag": '"1"'}), Reply(b"[2]", headers={"ETag": '"2"'}))
    assert list(host(server, at_once, tmp_path).pages()) == [[1]]
    assert list(host(server, at_once, tmp_path).pages()) == [[2]]
    assert list(host(server, QUICK, tmp_path).pages()) == [[2]]


def test_a_page_without_a_tag_is_asked_for_anew(server: ModelServer, tmp_path: Path) -> None:
    answers(server, b"[1]", b"[2]")
    assert list(host(server, cache=tmp_path).pages()) == [[1]]
    assert list(host(server, replace(QUICK, kept_seconds=0), tmp_path).pages()) == [[2]]
    assert len(server.asked) == 2
    # The first one does not come back.
    assert list(host(server, cache=tmp_path).pages()) == [[2]]
    assert len(server.asked) == 2


def test_each_key_has_a_list_of_its_own(server: ModelServer, tmp_path: Path) -> None:
    server.behaviours["example"] = lambda asked: json.dumps(
        [asked.headers["authorization"][-1]]
    ).encode()
    assert list(host(server, cache=tmp_path, key="key-a").pages()) == [["a"]]
    assert list(host(server, cache=tmp_path, key="key-b").pages()) == [["b"]]
    assert list(host(server, cache=tmp_path, key="key-a").pages()) == [["a"]]
    assert len(server.asked) == 2


def test_garbage_and_errors_are_not_kept(server: ModelServer, tmp_path: Path) -> None:
    answers(server, b"<html>", Reply(b"", 404), b"[1]")
    error(host(server, cache=tmp_path))
    error(host(server, cache=tmp_path))
    assert list(host(server, cache=tmp_path).pages()) == [[1]]


@pytest.mark.parametrize("damage", [b"no database", b""])
def test_damage_to_what_is_kept_does_not_matter(
    server: ModelServer, tmp_path: Path, damage: bytes
) -> None:
    answers(server, b"[1]")
    list(host(server, cache=tmp_path).pages())
    (file,) = tmp_path.glob("*.sqlite")
    file.write_bytes(damage)
    assert list(host(server, cache=tmp_path).pages()) == [[1]]
    file.unlink()
    file.mkdir()
    assert list(host(server, cache=tmp_path).pages()) == [[1]]
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    assert list(host(server, cache=in_the_way).pages()) == [[1]]


@pytest.mark.parametrize(
    "kept",
    [
        b"[]",
        b"{}",
        b"7",
        b"{",
        b"[" * 100_000,
        b'{"_content": "!"}',
        b'{"_content": "W10=", "status_code": 500}',
        b'{"_content": "PGh0bWw+", "status_code": 200, "headers": {}, "request": {}}',
        b'{"status_code": 200, "created_at": "soon"}',
    ],
)
@pytest.mark.parametrize("seconds", [300, 0])
def test_a_damaged_answer_that_is_kept_is_asked_for_again(
    server: ModelServer, tmp_path: Path, kept: bytes, seconds: int
) -> None:
    answers(server, Reply(b"[1]", headers={"ETag": '"1"'}))
    list(host(server, cache=tmp_path).pages())
    (file,) = tmp_path.glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("update responses set value = ?", (kept,))
    assert list(host(server, replace(QUICK, kept_seconds=seconds), tmp_path).pages()) == [[1]]


def test_what_is_kept_is_not_waited_for_without_end(
    server: ModelServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modelops_bundle.adapters.model_hosts.http._MOST_WAIT", 0.01)
    answers(server, b"[1]")
    list(host(server, cache=tmp_path).pages())
    (file,) = tmp_path.glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("begin exclusive")
        assert list(host(server, cache=tmp_path).pages()) == [[1]]
    assert len(server.asked) == 2


def test_a_fault_while_something_is_kept_is_told_without_a_traceback(
    server: ModelServer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    answers(server, Reply(b"[1]", headers={"ETag": '"1"'}))
    list(host(server, cache=tmp_path).pages())
    answers(server, Reply(b"[1]" * 9, cut=9))
    assert "broke off" in error(host(server, replace(QUICK, kept_seconds=0), tmp_path)).why
    assert not [each for each in caplog.records if each.exc_info]


def test_requests_are_spread_as_the_configuration_says(server: ModelServer) -> None:
    answers(server, b'{"next": "b"}', b"[]")
    few = {"pagination": TOKENS, "requests_per_minute": 1}
    assert "longer than is waited for" in error(host(server, **few)).why
    assert len(server.asked) == 1
    server.asked.clear()
    answers(server, b'{"next": "b"}', b"[]")
    many = {"pagination": TOKENS, "requests_per_minute": 6000}
    assert len(list(host(server, **many).pages())) == 2


# --- keys and addresses -----------------------------------------------------------------------------


def test_a_missing_key_is_told_with_the_variable_to_set() -> None:
    with pytest.raises(ModelHostError) as caught:
        find_secret(config(), {"EXAMPLE_API_KEY": "  "})
    assert "EXAMPLE_API_KEY is not set" in caught.value.why
    assert "Set EXAMPLE_API_KEY" in caught.value.mend


def test_the_first_variable_that_is_set_counts() -> None:
    two = replace(config(), credential_variables=("A_KEY", "B_KEY"))
    secret = find_secret(two, {"B_KEY": " b ", "A_KEY": ""})
    assert secret is not None
    assert (secret.variable, secret.reveal()) == ("B_KEY", "b")


def test_a_key_that_no_header_can_hold_is_told_without_it() -> None:
    with pytest.raises(ModelHostError) as caught:
        find_secret(config(), {"EXAMPLE_API_KEY": "se\ncret"})
    assert "se" not in caught.value.why.split("EXAMPLE_API_KEY")[1].replace("characters", "")[:3]
    assert "cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("http://localhost:9/v1/", "http://localhost:9/v1"),
        ("0.0.0.0", "http://127.0.0.1:11434"),
        ("0.0.0.0:7", "http://127.0.0.1:7"),
        (":7", "http://localhost:7"),
        ("0.0.0.0.example.org", "http://0.0.0.0.example.org:11434"),
        ("box.lan", "http://box.lan:11434"),
        ("https://box.lan", "https://box.lan"),
        ("", "http://localhost:11434"),
    ],
)
def test_a_variable_says_where_to_ask(value: str, expected: str) -> None:
    ollama = ProviderConfig(
        slug="ollama", base_url="http://localhost:11434", base_url_variables=("OLLAMA_HOST",)
    )
    assert address_of(ollama, {"OLLAMA_HOST": value}).url == expected


@pytest.mark.parametrize(
    "value",
    [
        "https://me:pw@host",
        "http://h:port",
        "http://",
        "a b",
        "h?x",
        "sk-0123456789",
        "key-of-mine:9",
        "https://h/a\x1b[2J",
        "https://h/\u202e",
        "https://h/a\x7f",
    ],
)
def test_an_address_that_is_none_is_told_without_it(value: str) -> None:
    some = replace(config(), base_url="https://a.example", base_url_variables=("EXAMPLE_URL",))
    with pytest.raises(ModelHostError, match="EXAMPLE_URL holds no address") as caught:
        address_of(some, {"EXAMPLE_URL": value})
    assert value not in str(caught.value)


def test_an_address_has_to_come_from_somewhere() -> None:
    with pytest.raises(ModelHostError, match="no base_url"):
        address_of(config(), {})


def test_of_a_variable_s_address_the_server_alone_is_shown() -> None:
    some = replace(config(), base_url="https://a.example/v1", base_url_variables=("EXAMPLE_URL",))
    assert address_of(some, {}).cited("/models") == "https://a.example/v1/models"
    own = address_of(some, {"EXAMPLE_URL": "https://b.example:8443/TOKEN/v1"})
    assert own.url == "https://b.example:8443/TOKEN/v1"
    assert own.cited("/models") == "https://b.example:8443 (from EXAMPLE_URL)"
    assert "TOKEN" not in repr(own)
    assert "TOKEN" not in Address("https://me:TOKEN@b.example", "EXAMPLE_URL").cited("")


def test_what_says_that_a_provider_is_used() -> None:
    assert is_meant(config(), {"EXAMPLE_API_KEY": "k"})
    assert not is_meant(config(), {"EXAMPLE_API_KEY": ""})
    local = ProviderConfig(
        slug="x", authentication=Authentication(scheme="none"), base_url_variables=("X_HOST",)
    )
    assert is_meant(local, {"X_HOST": "a"})
    assert not is_meant(local, {})


def test_a_dotenv_file_s_variables_and_the_lines_that_set_none(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    assert read_variables(str(file)) == ({}, ())
    file.write_bytes(
        b"\xef\xbb\xbfA=2\nexport B='two words' # said so\nno line\nC=${A}\nD\nE=\n='x'\n"
    )
    found, unread = read_variables(str(file))
    assert found == {"A": "2", "B": "two words", "C": "${A}", "E": ""}
    assert unread == (3, 7)


def test_a_dotenv_file_that_cannot_be_read_is_not_quoted(tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_bytes(b"A=\xff" + KEY.encode())
    with pytest.raises(StorageError) as caught:
        read_variables(str(file))
    assert KEY not in repr(caught.value)


# --- Anthropic's SDK --------------------------------------------------------------------------------


def anthropic(server: ModelServer, **limits: Any) -> Any:
    from modelops_bundle.catalog.loading import shipped

    known = replace(
        shipped().providers["anthropic"], base_url=server.url("example"), base_url_variables=()
    )
    some = replace(QUICK, retries=0, **limits)
    return RealHosts({"ANTHROPIC_API_KEY": KEY}, None, some).host(known)


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        (Reply(f'{{"error": "{KEY}"}}'.encode(), 401), "ANTHROPIC_API_KEY"),
        (Reply(KEY.encode(), 404), "404"),
        (Reply(KEY.encode(), 500), "500"),
        (Reply(b"", 429, {"Retry-After": "1"}), "429"),
        (Reply(b"<html>", headers={"Content-Type": "text/html"}), "no list"),
        (Reply(b'{"data": [', cut=0), "no list"),
        (Reply(b"[]", slow=0.5), "in time"),
        (Reply(b"x" * 1000, cut=900), "broke off"),
    ],
)
def test_faults_of_anthropic(server: ModelServer, reply: Reply, words: str) -> None:
    answers(server, reply)
    with pytest.raises(ModelHostError) as caught:
        list(anthropic(server, read_seconds=0.2).pages())
    assert words in str(caught.value)
    assert KEY not in str(caught.value) + repr(caught.value)


@pytest.mark.parametrize("ask", [host, anthropic])
def test_an_answer_that_comes_in_drops_ends_in_time(server: ModelServer, ask: Any) -> None:
    answers(server, Reply(b" " * 60, drip=0.05))
    limits = replace(QUICK, retries=0, total_seconds=0.3)
    asked = ask(server, limits) if ask is host else ask(server, total_seconds=0.3)
    with pytest.raises(ModelHostError, match="does not answer in time"):
        list(asked.pages())


def test_a_page_of_anthropic_has_its_bounds(server: ModelServer) -> None:
    answers(server, b" " * 3000)
    with pytest.raises(ModelHostError, match="more than 2000 bytes"):
        list(anthropic(server, page_bytes=2000).pages())
    packed = gzip.compress(b'{"data": [{"id": "a"}]}')
    answers(server, Reply(packed, headers={"Content-Encoding": "gzip"}))
    with pytest.raises(ModelHostError, match="no list"):
        list(anthropic(server).pages())
    assert server.asked[-1].headers["accept-encoding"] == "identity"


def test_anthropic_is_sent_nothing_that_variables_of_the_sdk_hold(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_CUSTOM_HEADERS", "X-Gateway: secret-1\nx-api-key: secret-2")
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "secret-3")
    answers(server, b'{"data": [], "has_more": false}')
    list(anthropic(server).pages())
    (asked,) = server.asked
    assert "secret-" not in str(asked.headers).replace(KEY, "")
    assert asked.headers["x-api-key"] == KEY


@pytest.mark.parametrize("ask", [host, anthropic])
def test_a_wait_until_a_day_that_no_calendar_has_is_an_error(server: ModelServer, ask: Any) -> None:
    day = "Fri, 31 Dec 9999999999999999999999 23:59:59 GMT"
    answers(server, Reply(b"", 429, {"Retry-After": day}))
    with pytest.raises(ModelHostError, match="did not tell its models"):
        list(ask(server).pages())


@pytest.mark.parametrize("ask", [host, anthropic])
@pytest.mark.parametrize("item", [{"id": f"for-{KEY}"}, {"id": "a", "x": [{KEY: 1}]}])
def test_an_answer_that_repeats_the_key_is_not_used(
    server: ModelServer, ask: Any, item: dict[str, Any]
) -> None:
    body = json.dumps({"data": [item], "has_more": False}).replace("very", r"v\u0065ry")
    answers(server, body.encode())
    with pytest.raises(ModelHostError, match="repeats the key"):
        list(ask(server).pages())


def test_a_word_in_place_of_a_key_may_be_in_an_answer(server: ModelServer) -> None:
    answers(server, b'[{"id": "ollama/x"}]')
    assert list(host(server, key="ollama").pages()) == [[{"id": "ollama/x"}]]


def test_a_number_that_is_beyond_all_bounds_spoils_no_list(server: ModelServer) -> None:
    answers(
        server,
        b'[{"id": "a", "created": 1e99999999999999999999, "price": 1e-99999999999999999999}]',
    )
    ((item,),) = host(server).pages()
    assert item["created"].is_nan()
    assert item["price"].is_nan()


def test_anthropic_s_key_is_not_sent_elsewhere(server: ModelServer) -> None:
    with model_server() as other:
        answers(server, Reply(b"", 307, {"Location": other.url("example") + "/v1/models"}))
        with pytest.raises(ModelHostError, match="another place"):
            list(anthropic(server).pages())
        assert other.asked == []


def test_anthropic_s_pages_do_not_go_round(server: ModelServer) -> None:
    answers(server, b'{"data": [{"id": "a"}], "has_more": true, "last_id": "a", "first_id": "a"}')
    with pytest.raises(ModelHostError, match="leads back"):
        list(anthropic(server).pages())


def test_anthropic_without_its_sdk_says_how_to_get_it(
    server: ModelServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "modelops_bundle.adapters.model_hosts.anthropic_sdk", None)
    with pytest.raises(ModelHostError, match=r"modelops-bundle\[anthropic\]"):
        anthropic(server)


@pytest.mark.parametrize("module", ["dotenv", "requests_cache"])
def test_without_the_extra_it_is_named(
    module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UsageError, match=r"modelops-bundle\[providers\]"):
        refresh_catalog(str(tmp_path))


def test_without_the_extra_no_digest_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "modelops_bundle.adapters.model_hosts.http", None)
    with pytest.raises(UsageError, match=r"modelops-bundle\[providers\]"):
        ollama_digest(ProviderConfig(slug="ollama", base_url="http://127.0.0.1:1"), "gemma3")
