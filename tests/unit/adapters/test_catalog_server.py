"""The catalog's server, asked over HTTP: names, dates, lists, costs, conditions, refusals and reloads."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from tests.support.catalog_server import DOCUMENT, Kept, serving

from modelops_bundle.adapters.catalog_server import Service
from modelops_bundle.adapters.catalog_server.delivery import Delivery
from modelops_bundle.adapters.catalog_server.running import listening
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import UsageError

ODD = "meta-llama/Llama-3%2F?#8b"
NOW = datetime(2025, 3, 1, 12, 30, 15, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        return self.at


class Client:
    """Asks a server; what it answers is a problem document exactly where something is wrong."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._session = requests.Session()

    def ask(self, path: str, method: str = "GET", **headers: str) -> requests.Response:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self._session.request(method, self.address + path, headers=named, timeout=20)
        assert answer.headers["x-content-type-options"] == "nosniff"
        if answer.status_code >= 400:
            assert answer.headers["content-type"] == "application/problem+json"
            if method != "HEAD":
                assert answer.json()["status"] == answer.status_code
        return answer

    def get(self, path: str, **headers: str) -> Any:
        answer = self.ask(path, **headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def refused(self, path: str, status: int, method: str = "GET", **headers: str) -> Any:
        answer = self.ask(path, method, **headers)
        assert answer.status_code == status, answer.text
        return answer.json()

    def close(self) -> None:
        self._session.close()


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A server that nobody changes."""
    kept = Kept(tmp_path_factory.mktemp("served") / "c.yaml")
    with serving(Service(kept.read, kept.read, version="9", now=Clock())) as address:
        client = Client(address)
        yield client
        client.close()


class Bench:
    """A server of one test, whose document and clock it may change."""

    def __init__(self, folder: Path) -> None:
        self.kept = Kept(folder / "c.yaml")
        self.clock = Clock()
        self.service = Service(self.kept.read, self.kept.read, version="9", now=self.clock)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Bench, Client]]:
    bench = Bench(tmp_path)
    with serving(bench.service) as address:
        client = Client(address)
        yield bench, client
        client.close()


# --- one model ------------------------------------------------------------------------------------


def test_a_model_is_told_whole_with_what_is_in_force(client: Client) -> None:
    told = client.get("/models/openai/gpt-4o-2024-05-13?on=2024-06-01")
    assert told["name"] == "openai/gpt-4o-2024-05-13"
    assert told["model_id"] == "gpt-4o-2024-05-13"
    assert told["max_output_tokens"] is None
    assert len(told["prices"]) == 4
    at = told["at"]
    assert at["on"] == "2024-06-01"
    assert at["status"] == "production"
    assert at["reason"] is None
    in_force = [(row["meter"], row["amount"], row.get("when")) for row in at["prices"]]
    assert in_force == [
        ("input", "5", None),
        ("output", "15", None),
        ("input", "2.5", {"batch": True}),
    ]


@pytest.mark.parametrize(
    ("on", "amount"),
    [
        ("2024-12-31T23:59:59Z", "5"),
        ("2025-01-01", "4"),
        ("2025-01-01T00:30:00%2B01:00", "5"),
        ("2024-12-31T23:30:00-01:00", "4"),
    ],
)
def test_a_price_ends_at_its_instant(client: Client, on: str, amount: str) -> None:
    at = client.get(f"/models/openai/gpt-4o-2024-05-13?on={on}")["at"]
    assert at["prices"][0]["amount"] == amount


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("openai/gpt-4o-2024-05-13?on=2024-05-12", "no_price_at_date"),
        ("openai/gpt-4o-2024-08-06?on=2024-08-05", "no_price_at_date"),
        ("openai/one", "no_price"),
    ],
)
def test_no_price_has_a_reason(client: Client, path: str, reason: str) -> None:
    at = client.get(f"/models/{path}")["at"]
    assert (at["prices"], at["reason"]) == ([], reason)


def test_a_status_is_that_of_the_date(client: Client) -> None:
    told = client.get("/models/openai/gpt-4o-2024-05-13?on=2025-06-01")
    assert (told["status"], told["at"]["status"]) == ("production", "deprecated")


def test_an_alias_means_what_it_meant(client: Client) -> None:
    early = client.ask("/models/openai/gpt-4o?on=2024-10-01")
    late = client.ask("/models/openai/gpt-4o?on=2024-10-02")
    now = client.ask("/models/openai/gpt-4o")
    assert early.json()["model_id"] == "gpt-4o-2024-05-13"
    assert late.json()["model_id"] == "gpt-4o-2024-08-06"
    assert now.json()["at"]["on"] is None
    assert early.headers["content-location"] == "/models/openai/gpt-4o-2024-05-13?on=2024-10-01"
    assert now.headers["content-location"] == "/models/openai/gpt-4o-2024-08-06"
    assert client.get(now.headers["content-location"]) == now.json()
    assert "content-location" not in client.ask("/models/openai/one").headers


def test_another_name_of_a_provider_is_understood(client: Client) -> None:
    assert client.get("/models/azure-openai/one")["name"] == "openai/one"


@pytest.mark.parametrize("name", ["meta-llama/Llama-3:free", ODD])
@pytest.mark.parametrize("safe", ["/:", ""])
def test_ids_hold_slashes_colons_and_signs(client: Client, name: str, safe: str) -> None:
    assert client.get(f"/models/together/{quote(name, safe=safe)}")["model_id"] == name


def test_an_unknown_name_gets_suggestions(client: Client) -> None:
    problem = client.refused("/models/openai/gpt-4o-2024-05-31", 404)
    assert problem["reason"] == "unknown_model"
    assert "openai/gpt-4o-2024-05-13" in problem["suggestions"]


@pytest.mark.parametrize("path", ["meta-llama/Llama-3:free", "openai/together/Llama", "nobody/one"])
def test_what_others_offer_is_not_there(client: Client, path: str) -> None:
    assert client.refused(f"/models/{path}", 404)["reason"] == "unknown_model"


def test_the_provider_that_has_it_is_suggested(client: Client) -> None:
    problem = client.refused("/models/meta-llama/Llama-3:free", 404)
    assert problem["suggestions"] == ["together/meta-llama/Llama-3:free"]


def test_an_alias_outside_its_dates_is_not_guessed(client: Client) -> None:
    problem = client.refused("/models/openai/gpt-4o?on=2024-05-01", 404)
    assert problem["reason"] == "no_price_at_date"
    assert problem["suggestions"] == ["openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-08-06"]


def test_an_ambiguous_name_conflicts(client: Client) -> None:
    problem = client.refused("/models/openai/both", 409)
    assert problem["reason"] == "ambiguous_model"
    assert problem["suggestions"] == ["openai/one", "openai/two"]


def test_a_change_of_meaning_is_told_within_a_minute(own: tuple[Bench, Client]) -> None:
    bench, client = own
    bench.clock.at = datetime(2024, 10, 1, 23, 59, 59, tzinfo=UTC)
    before = client.ask("/models/openai/gpt-4o")
    bench.clock.at = datetime(2024, 10, 2, 0, 0, 1, tzinfo=UTC)
    after = client.ask("/models/openai/gpt-4o", if_none_match=before.headers["etag"])
    assert before.json()["model_id"] == "gpt-4o-2024-05-13"
    assert after.json()["model_id"] == "gpt-4o-2024-08-06"


# --- costs ----------------------------------------------------------------------------------------


def test_a_call_is_priced_at_its_date(client: Client) -> None:
    cost = client.get("/cost/openai/gpt-4o?on=2024-06-01&input=1000&output=10")
    assert cost["name"] == "openai/gpt-4o-2024-05-13"
    assert (cost["amount"], cost["currency"], cost["reason"]) == ("0.00515", "USD", None)
    assert [(line["meter"], line["count"], line["amount"]) for line in cost["lines"]] == [
        ("input", 1000, "0.005"),
        ("output", 10, "0.00015"),
    ]


def test_free_is_zero_only_where_a_source_says_so(client: Client) -> None:
    cost = client.get(f"/cost/together/{quote('meta-llama/Llama-3:free')}?input=7")
    assert (cost["amount"], cost["undated"]) == ("0", True)


@pytest.mark.parametrize(
    ("question", "reason", "meter"),
    [
        ("openai/one?input=5", "no_price", None),
        ("openai/gpt-4o?on=2024-01-01&input=5", "no_price_at_date", None),
        ("openai/gpt-4o-2024-08-06?on=2024-09-01&output=5", "no_price_for_meter", "output"),
        (
            "openai/gpt-4o?on=2024-06-01&input=5&service_tier=flex",
            "no_price_for_circumstances",
            "input",
        ),
    ],
)
def test_an_unknown_cost_has_a_reason(
    client: Client, question: str, reason: str, meter: str | None
) -> None:
    cost = client.get(f"/cost/{question}")
    assert (cost["amount"], cost["reason"], cost["meter"]) == (None, reason, meter)
    assert cost["detail"]


def test_a_batch_has_its_own_price(client: Client) -> None:
    cost = client.get("/cost/openai/gpt-4o?on=2024-06-01&input=1000000&batch=true")
    assert cost["amount"] == "2.5"


def test_no_model_no_cost(client: Client) -> None:
    assert client.refused("/cost/openai/x?input=1", 404)["reason"] == "unknown_model"
    assert client.refused("/cost/openai/both?input=1", 409)["reason"] == "ambiguous_model"


# --- lists ----------------------------------------------------------------------------------------


def ids(page: Any) -> set[str]:
    return {each["model_id"].removeprefix("meta-llama/") for each in page["models"]}


MAY, AUGUST = "gpt-4o-2024-05-13", "gpt-4o-2024-08-06"


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("provider=together", {"Llama-3:free", "Llama-3%2F?#8b"}),
        ("provider=azure-openai&developer=OpenAI", {MAY, AUGUST}),
        ("provider=nobody", set()),
        ("status=production", {MAY}),
        ("status=deprecated", set()),
        ("status=deprecated&on=2026-01-01", {MAY}),
        ("supports_vision=true", {MAY, AUGUST}),
        ("supports_function_calling=true", {MAY}),
        ("supports_structured_output=true", {AUGUST}),
        ("supports_reasoning=false", {MAY}),
        ("supports_streaming=true", set()),
        ("min_context=8192", {MAY, AUGUST, "Llama-3:free"}),
        ("min_context=8193", {MAY, AUGUST}),
        ("max_input_price=0", {"Llama-3:free"}),
        ("max_input_price=4.5", {MAY, AUGUST, "Llama-3:free"}),
        ("max_input_price=4.5&on=2024-09-01", {AUGUST, "Llama-3:free"}),
        ("q=GPT+may", {MAY}),
        ("q=gpt-4o", {MAY, AUGUST}),
    ],
)
def test_conditions(client: Client, question: str, expected: set[str]) -> None:
    page = client.get(f"/models?{question}")
    assert ids(page) == expected
    assert page["total"] == len(expected)


def test_pages_lead_to_every_model(client: Client) -> None:
    whole = client.get("/models")
    answer, seen = client.ask("/models?limit=4&on=2025-01-01"), []
    while True:
        seen += [each["name"] for each in answer.json()["models"]]
        assert answer.json()["total"] == whole["total"] == 6
        if "next" not in answer.links:
            break
        answer = client.ask(answer.links["next"]["url"])
    assert seen == [each["name"] for each in whole["models"]]
    assert "on=2025-01-01" in answer.links["first"]["url"]
    assert answer.links["prev"]["url"].endswith("offset=0")
    assert client.get("/models?offset=100")["models"] == []


def test_providers_are_counted(client: Client) -> None:
    told = client.get("/providers")
    assert told["total"] == 2
    assert told["providers"][0] == {
        "slug": "openai",
        "name": "OpenAI",
        "also_known_as": ["azure-openai"],
        "docs": "https://example.org/models",
        "models": 4,
    }


def test_the_index_leads_everywhere(client: Client) -> None:
    for path in client.get("/")["links"].values():
        client.get(path)


# --- conditions of HTTP ---------------------------------------------------------------------------

PAGE = "/models/openai/gpt-4o?on=2024-06-01"


def test_an_answer_that_is_there_already_is_not_sent_again(client: Client) -> None:
    first = client.ask(PAGE)
    tag = first.headers["etag"]
    assert first.headers["cache-control"] == "no-cache"
    assert tag.startswith('"')
    for asked in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        again = client.ask(PAGE, if_none_match=asked)
        assert (again.status_code, again.content) == (304, b""), asked
        assert again.headers["etag"] == tag
    for asked in ('"other"', tag.strip('"'), ""):
        assert client.ask(PAGE, if_none_match=asked).status_code == 200


def test_what_is_wrong_has_no_tag(client: Client) -> None:
    answer = client.ask("/models/openai/x", if_none_match="*")
    assert answer.status_code == 404
    assert "etag" not in answer.headers


def test_compressed_is_the_same_under_another_tag(client: Client) -> None:
    plain = client.ask(PAGE, accept_encoding="identity")
    packed = client.ask(PAGE, accept_encoding="br;q=1, gzip;q=0.5")
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == plain.headers["vary"] == "Accept-Encoding"
    assert int(packed.headers["content-length"]) < int(plain.headers["content-length"])
    assert packed.json() == plain.json()
    assert packed.headers["etag"] != plain.headers["etag"]
    asked = {"if_none_match": packed.headers["etag"]}
    assert client.ask(PAGE, accept_encoding="gzip", **asked).status_code == 304
    assert client.ask(PAGE, accept_encoding="gzip;q=0", **asked).status_code == 200
    assert "content-encoding" not in client.ask("/health", accept_encoding="gzip").headers


@pytest.mark.parametrize("path", [PAGE, "/health", "/openapi.json", "/models/openai/x"])
def test_head_is_get_without_the_body(client: Client, path: str) -> None:
    get, head = client.ask(path), client.ask(path, "HEAD")
    assert head.content == b""
    assert head.status_code == get.status_code
    for name in ("content-length", "content-type", "etag", "cache-control"):
        assert head.headers.get(name) == get.headers.get(name), name


def test_health_is_never_kept(client: Client) -> None:
    answer = client.ask("/health")
    assert answer.headers["cache-control"] == "no-store"
    assert answer.json() == {
        "status": "ok",
        "version": "9",
        "models": 6,
        "providers": 2,
        "read_at": "2025-03-01T12:30:15Z",
        "outdated": False,
    }


# --- refusals -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/models?limit=0", "limit"),
        ("/models?limit=501", "limit"),
        ("/models?limit=1&limit=2", "limit"),
        ("/models?limit=1e1", "limit"),
        ("/models?offset=-1", "offset"),
        ("/models?staus=beta", "staus"),
        ("/models?status=new", "status"),
        ("/models?supports_vision=yes", "supports_vision"),
        ("/models?max_input_price=NaN", "max_input_price"),
        ("/models?max_input_price=-1", "max_input_price"),
        (f"/models?q={'x' * 201}", "q"),
        ("/models?q=", "q"),
        ("/models/openai/one?on=2025-25-11", "on"),
        ("/models/openai/one?on=2025-05", "on"),
        ("/models/openai/one?on=0001-01-01T00:00:00%2B14:00", "on"),
        ("/models/openai/one?On=2025-05-01", "On"),
        (f"/models/openai/{'x' * 301}", "id"),
        (f"/models/{'x' * 101}/one", "provider"),
        ("/models/..%5C/one", "provider"),
        ("/models/openai/%0A", "id"),
        ("/models/openai/a%00b", "id"),
        ("/cost/openai/one?input=-1", "input"),
        ("/cost/openai/one?input=1.5", "input"),
        ("/cost/openai/one?tokens=1", "tokens"),
        ("/health?x=1", "x"),
    ],
)
def test_a_question_that_is_wrong_is_refused(client: Client, path: str, name: str) -> None:
    problem = client.refused(path, 422)
    assert [each["name"] for each in problem["errors"]] == [name]
    assert problem["errors"][0]["detail"]


def test_what_is_not_there(client: Client) -> None:
    for path in ("/nothing", "/docs", "/redoc", "/models/openai", "/models/", "/../etc/passwd"):
        client.refused(path, 404)


@pytest.mark.parametrize(("path", "allowed"), [("/models", "GET"), ("/reload", "POST")])
def test_other_methods_are_refused(client: Client, path: str, allowed: str) -> None:
    answer = client.ask(path, "DELETE")
    assert answer.status_code == 405
    assert allowed in answer.headers["allow"]


def test_a_question_that_is_too_long_is_refused(client: Client) -> None:
    client.refused(f"/models?q={'x' * 5000}", 400)


def test_markup_is_given_back_as_text(client: Client) -> None:
    answer = client.ask("/models/openai/%3Cscript%3E?x=%3Cb%3E")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


def test_a_host_of_another_name_is_not_served(client: Client) -> None:
    client.refused("/models", 421, host="attacker.example")
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]:80"):
        assert client.ask("/health", host=host).status_code == 200


def test_a_bug_is_told_without_its_traceback(tmp_path: Path) -> None:
    class Broken(Catalog):
        def ids(self, provider: str) -> list[str]:
            if self.__dict__.get("served"):
                raise RuntimeError("secret")
            return super().ids(provider)

    kept = Kept(tmp_path / "c.yaml")
    catalog = kept.read()
    broken = Broken(catalog._shelf)
    service = Service(lambda: broken, lambda: broken, version="9")
    broken.__dict__["served"] = True
    with serving(service) as address:
        client = Client(address)
        problem = client.refused("/providers", 500)
        assert "secret" not in json.dumps(problem)
        assert client.get("/models/openai/one")["model_id"] == "one"
        client.close()


# --- reading again --------------------------------------------------------------------------------


def test_a_good_edit_is_served(own: tuple[Bench, Client]) -> None:
    bench, client = own
    before = client.ask("/models/openai/one")
    other = client.ask("/models/openai/two")
    text = DOCUMENT.replace("id: one,", "id: one, developer: somebody,")
    bench.kept.file.write_text(text)
    assert client.get("/models/openai/one") == before.json()
    answer = client.ask("/reload", "POST")
    assert answer.status_code == 200
    assert answer.json()["models"] == 6
    after = client.ask("/models/openai/one", if_none_match=before.headers["etag"])
    assert after.json()["developer"] == "somebody"
    assert after.headers["etag"] != before.headers["etag"]
    unchanged = client.ask("/models/openai/two", if_none_match=other.headers["etag"])
    assert unchanged.status_code == 304


def test_a_bad_edit_is_told_and_changes_nothing(own: tuple[Bench, Client]) -> None:
    bench, client = own
    before = client.get("/models")
    bench.kept.file.write_text(DOCUMENT.replace("128000", "many", 1))
    problem = client.refused("/reload", 409, "POST")
    assert problem["reason"] == "broken_catalog"
    (error,) = problem["errors"]
    assert error["file"] == str(bench.kept.file)
    line = DOCUMENT.splitlines().index("    context_window: 128000") + 1
    assert (error["line"], error["key"]) == (line, "models[0].context_window")
    assert client.get("/models") == before
    assert client.get("/health")["outdated"] is True
    bench.kept.file.write_text(DOCUMENT)
    assert client.ask("/reload", "POST").status_code == 200
    assert client.get("/health")["outdated"] is False


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "https://attacker.example"},
        {"origin": "null"},
        {"origin": "http://localhost:1"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"x_forwarded_for": "127.0.0.1"},
        {"forwarded": "for=127.0.0.1"},
    ],
)
def test_pages_and_proxies_may_not_reload(client: Client, headers: dict[str, str]) -> None:
    client.refused("/reload", 403, "POST", **headers)


def test_its_own_origin_may_reload(client: Client) -> None:
    own = {"origin": client.address, "sec_fetch_site": "same-origin"}
    assert client.ask("/reload", "POST", **own).status_code == 200
    assert urlsplit(client.address).hostname == "127.0.0.1"


def test_a_foreign_host_may_not_reload_a_public_server(tmp_path: Path) -> None:
    kept = Kept(tmp_path / "c.yaml")
    service = Service(kept.read, kept.read, version="9")
    with serving(service, only_here=False) as address:
        client = Client(address)
        assert client.ask("/health", host="catalog.example").status_code == 200
        client.refused("/reload", 403, "POST", host="catalog.example")
        client.close()


# --- what is kept ---------------------------------------------------------------------------------


class Counting:
    """Routes that answer with the path, and count how often they are asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode() * 100})


def asked(delivery: Delivery, path: str, **headers: str) -> list[Any]:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    encoded = [(b"accept-encoding", b"gzip")]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": encoded}
    asyncio.run(delivery(scope, receive, send))
    return sent


def test_answers_are_made_once_and_the_oldest_is_forgotten(tmp_path: Path) -> None:
    bench, routes = Bench(tmp_path), Counting()
    delivery = Delivery(routes, bench.service, only_here=True, most_kept=11_000)
    for path in ("/aaaaaaaaa", "/aaaaaaaaa", "/bbbbbbbbb", "/aaaaaaaaa", "/ccccccccc"):
        _, body = asked(delivery, path)
        assert gzip.decompress(body["body"]) == path.encode() * 100
    assert routes.asked == ["/aaaaaaaaa", "/bbbbbbbbb", "/ccccccccc"]
    asked(delivery, "/aaaaaaaaa")
    asked(delivery, "/bbbbbbbbb")
    assert routes.asked[3:] == ["/bbbbbbbbb"]
    bench.service.reload()
    asked(delivery, "/bbbbbbbbb")
    assert routes.asked[4:] == ["/bbbbbbbbb"]


@pytest.mark.parametrize("fault", [RuntimeError("the handler is closed"), BrokenPipeError()])
def test_that_nobody_waits_for_an_answer_is_no_fault(tmp_path: Path, fault: Exception) -> None:
    delivery = Delivery(Counting(), Bench(tmp_path).service, only_here=True)

    async def gone(message: Any) -> None:
        raise fault

    scope = {"type": "http", "method": "GET", "path": "/a", "query_string": b"", "headers": []}
    asyncio.run(delivery(scope, gone, gone))


# --- the socket -----------------------------------------------------------------------------------


def test_a_port_in_use_is_told() -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        wrong = f"port {port} of 127.0.0.1: it is in use"
        with pytest.raises(UsageError, match=wrong) as told, listening("127.0.0.1", port):
            pass
    assert "--port" in told.value.mend


def test_no_address_of_this_machine_is_told() -> None:
    for host in ("192.0.2.1", "no such host"):
        with pytest.raises(UsageError) as told, listening(host, 0):
            pass
        assert "--host" in told.value.mend


def test_a_socket_is_closed_when_it_is_not_needed() -> None:
    with listening("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
    with listening("127.0.0.1", port):
        pass
