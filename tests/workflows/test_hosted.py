"""Hosted models as dependencies: what a change in the catalog, of the day or of a variable does to an entry.

The catalog is the shipped one with a document of the project over it, the day is given, and nothing is run.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.dates import as_instant
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import ProviderConfig
from modelops_bundle.catalog.loading import load, read, shipped
from modelops_bundle.catalog.overlay import overlay_entry, overlay_provider
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.digests.leaves import HostedModel
from modelops_bundle.errors import (
    HostedModelError,
    InvalidEntryError,
    ModelHostError,
    RemoteError,
    UsageError,
    WorkerError,
)
from modelops_bundle.project.layout import Layout
from modelops_bundle.staleness import Change
from modelops_bundle.wiring import open_folder, open_project, write_text
from modelops_bundle.workflows.hosted import HostedModels
from modelops_bundle.workflows.hosted_status import hosted_warnings, refuse_retired
from modelops_bundle.workflows.init import init
from modelops_bundle.workflows.register import RegisterRequest, register_models
from modelops_bundle.workflows.status import StatusReport, status
from modelops_bundle.workflows.unregister import unregister
from modelops_bundle.workflows.update import update
from modelops_bundle.workflows.why import why
from modelops_bundle.workflows.workspace import Workspace

REGISTERED = date(2024, 6, 1)
CATALOG = """\
providers:
  acme:
    base_url: https://api.acme.example/v1
    credential_variables: [ACME_API_KEY, ACME_TOKEN]
    base_url_variables: [ACME_BASE_URL]
models:
  - id: talk-1
    provider: acme
    status: production
    aliases: [{name: talk, valid_from: 2024-01-01, valid_to: 2024-10-02}]
    prices: [{meter: input, unit: 1m_tokens, amount: '1'}]
  - id: talk-2
    provider: acme
    status: production
    aliases: [{name: talk, valid_from: 2024-10-02}]
  - id: sing
    provider: acme
    status: production
"""
SOURCE = """\
import os
from modelops_bundle import BaseModel

class Asks(BaseModel):
    def simulate(self, params, seed): return {"n": len(os.environ.get("ACME_API_KEY", ""))}
"""


@pytest.fixture(scope="module")
def registered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("asks")
    (folder / "models").mkdir()
    (folder / "models" / "model_registry.yaml").write_text(CATALOG)
    (folder / "asks.py").write_text(SOURCE)
    with open_folder(Layout(str(folder)), cwd=str(folder)) as workspace:
        init(workspace, write_text)
    with opened(folder) as workspace:
        register_models(workspace, RegisterRequest(path="asks.py", llms=["acme/talk"]))
    return folder


@pytest.fixture
def folder(registered: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(registered, tmp_path / "asks"))


@contextmanager
def opened(folder: Path, today: date | datetime = REGISTERED) -> Iterator[Workspace]:
    with open_project(str(folder), now=as_instant(today)) as workspace:
        yield workspace


def judged(folder: Path, today: date | datetime = REGISTERED) -> StatusReport:
    with opened(folder, today) as workspace:
        return status(workspace, [])


def state(folder: Path, today: date | datetime = REGISTERED) -> str:
    return judged(folder, today).entries[0].verdict.state.value


def edited(folder: Path, before: str, after: str) -> None:
    file = folder / "models" / "model_registry.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after, 1))


EDITS: dict[str, tuple[str, Callable[[Path, pytest.MonkeyPatch], None]]] = {
    "nothing": ("current", lambda folder, patch: None),
    "another price": (
        "current",
        lambda folder, patch: edited(folder, "amount: '1'", "amount: '2'"),
    ),
    "another status": (
        "current",
        lambda folder, patch: edited(folder, "status: production", "status: beta"),
    ),
    "it is deprecated": (
        "current",
        lambda folder, patch: edited(folder, "status: production", "deprecation_date: 2024-02-01"),
    ),
    "it is retired": (
        "current",
        lambda folder, patch: edited(folder, "status: production", "status: retired"),
    ),
    "another model comes": (
        "current",
        lambda folder, patch: edited(
            folder, "  - id: sing", "  - id: dance\n    provider: acme\n  - id: sing"
        ),
    ),
    "the alias moves": (
        "stale",
        lambda folder, patch: (
            edited(folder, "2024-10-02}]\n    prices", "2024-05-13}]\n    prices")
            or edited(folder, "valid_from: 2024-10-02", "valid_from: 2024-05-13")
        ),
    ),
    "the configuration's address changes": (
        "current",
        lambda folder, patch: edited(folder, "api.acme.example", "eu.acme.example"),
    ),
    "the variable of the address is set": (
        "stale",
        lambda folder, patch: patch.setenv("ACME_BASE_URL", "http://127.0.0.1:1"),
    ),
    "another address becomes known": (
        "current",
        lambda folder, patch: edited(
            folder,
            "    base_url_v",
            "    other_base_urls: [https://eu.acme.example]\n    base_url_v",
        ),
    ),
    "another variable of the address becomes known": (
        "current",
        lambda folder, patch: edited(folder, "[ACME_BASE_URL]", "[ACME_BASE_URL, ACME_HOST]"),
    ),
    "another variable of the address becomes known, and is set": (
        "stale",
        lambda folder, patch: (
            edited(folder, "[ACME_BASE_URL]", "[ACME_BASE_URL, ACME_HOST]")
            or patch.setenv("ACME_HOST", "http://127.0.0.1:1")
        ),
    ),
    "the key changes": ("current", lambda folder, patch: patch.setenv("ACME_API_KEY", "k")),
    "another key is set": ("current", lambda folder, patch: patch.setenv("ACME_TOKEN", "k")),
    "the alias goes": (
        "invalid",
        lambda folder, patch: edited(folder, "{name: talk, valid_from: 2024-01-01", "{name: gone"),
    ),
    "the provider goes": (
        "invalid",
        lambda folder, patch: (folder / "models" / "model_registry.yaml").unlink(),
    ),
    "the catalog breaks": (
        "invalid",
        lambda folder, patch: edited(folder, "provider: acme", "provider: [acme]"),
    ),
}


@pytest.mark.parametrize("name", EDITS)
def test_what_an_edit_makes_of_an_entry(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    expected, edit = EDITS[name]
    monkeypatch.delenv("ACME_BASE_URL", raising=False)
    edit(folder, monkeypatch)
    assert state(folder) == expected


def test_a_broken_document_is_told_in_a_line_with_what_to_do(folder: Path) -> None:
    edited(folder, "status: production\n    aliases", "status: produced\n    price: 1\n    aliases")
    told = "models/model_registry.yaml cannot be used: it has 2 errors, the first in line 9"
    (entry,) = judged(folder).entries
    assert entry.reason == f"what acme/talk means is not known: {told}"
    mend = "`mops-bundle catalog validate` shows every error."
    assert judged(folder).mends == {entry.id: mend}
    with opened(folder) as workspace:
        assert why(workspace, entry.id, False).mend == mend


def test_a_registry_that_was_merged_by_hand_is_told_and_no_file_is_blamed(folder: Path) -> None:
    registry = folder / ".modelops-bundle" / "registry.yaml"
    with opened(folder) as workspace:
        digest = workspace.registry.load().models["asks_asks"].digest or ""
    registry.write_text(registry.read_text().replace(digest, f"blake2b:{'0' * 64}"))
    with opened(folder) as workspace:
        (reason,) = why(workspace, "asks_asks", False).reasons
    assert reason.note.startswith("not the file, but what is recorded")


def test_looking_at_a_project_reloads_no_catalog_of_the_process(folder: Path) -> None:
    before = load(folder)
    edited(folder, "  - id: sing", "  - {id: dance, provider: acme}\n  - id: sing")
    with opened(folder) as workspace:
        assert workspace.hosted.path_of("dance") == "acme/dance"
    assert load(folder) is before


def test_a_document_cannot_call_any_variable_a_key(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "asks.py").write_text(SOURCE.replace('"ACME_API_KEY"', '"BETA"'))
    monkeypatch.setenv("BETA", "1")
    with opened(folder) as workspace:
        update(workspace, [], False)
    monkeypatch.setenv("BETA", "2")
    assert state(folder) == "stale"
    edited(folder, "ACME_TOKEN]", "BETA]")
    (entry,) = judged(folder).entries
    assert (entry.verdict.state.value, entry.digest) == ("invalid", None)
    assert entry.reason == (
        "BETA is said to hold a key of acme, and would not count, but no key is called so"
    )
    with opened(folder) as workspace:
        assert "providers.acme.credential_variables" in workspace.hosted.mend(["acme/talk"])
        assert workspace.hosted.credentials(["acme/talk"]) == ("ACME_API_KEY",)


def test_all_keys_of_the_shipped_catalog_are_called_so() -> None:
    models = HostedModels(shipped, as_instant(REGISTERED), {}, lambda config, name: "")
    for slug, config in shipped().providers.items():
        assert {*models.credentials([f"{slug}/x"])} == {*config.credential_variables}, slug


def test_the_day_decides_what_an_alias_means(folder: Path) -> None:
    assert state(folder, date(2024, 10, 1)) == "current"
    later = date(2024, 10, 2)
    with opened(folder, later) as workspace:
        report = why(workspace, "Asks", False)
    (reason,) = report.reasons
    assert reason.change == Change("llm", "acme/talk", "modified", "talk-1", "talk-2")
    with opened(folder, later) as workspace:
        update(workspace, [], False)
        (row,) = workspace.registry.load().models["asks_asks"].llms
    assert (row.name, row.provider, row.id, row.resolved_on) == (
        "talk", "acme", "talk-2", "2024-10-02",
    )  # fmt: skip
    assert state(folder, later) == "current"
    assert state(folder, date(2023, 1, 1)) == "invalid"  # nobody says what it meant then


def test_the_date_stays_while_the_meaning_does(folder: Path) -> None:
    with opened(folder, date(2024, 9, 1)) as workspace:
        (line,) = register_models(workspace, RegisterRequest(path="asks.py")).lines
        (row,) = workspace.registry.load().models["asks_asks"].llms
    assert (line.sign, row.resolved_on) == ("=", "2024-06-01")


def test_another_one_is_added_and_reset_forgets(folder: Path) -> None:
    with opened(folder) as workspace:
        before = workspace.registry.load().models["asks_asks"].digest
        request = RegisterRequest(path="asks.py", llms=["sing"])
        (line,) = register_models(workspace, request).lines
        entry = workspace.registry.load().models["asks_asks"]
    assert [change.kind for change in line.changes] == ["llm"]
    assert [each.path for each in entry.llms] == ["acme/sing", "acme/talk"]
    assert entry.digest != before
    with opened(folder) as workspace:
        register_models(workspace, RegisterRequest(path="asks.py", reset=True))
        entry = workspace.registry.load().models["asks_asks"]
    assert entry.llms == ()
    # Read by the code itself, and no key of a declared provider any more.
    assert list(entry.variables) == ["ACME_API_KEY"]


def test_names_follow_a_class_that_is_renamed(folder: Path) -> None:
    (folder / "asks.py").write_text(SOURCE.replace("Asks", "Begs"))
    with opened(folder) as workspace:
        lines = register_models(workspace, RegisterRequest(path="asks.py")).lines
        (entry,) = workspace.registry.load().models.values()
    assert [each.path for each in entry.llms] == ["acme/talk"]
    assert any("acme/talk" in note for line in lines for note in line.notes)
    with opened(folder) as workspace:
        unregister(workspace, ["asks_begs"])
        assert workspace.registry.load().models == {}


def test_an_unknown_name_is_refused_and_nothing_is_written(folder: Path) -> None:
    registry = folder / ".modelops-bundle" / "registry.yaml"
    before = registry.read_bytes()
    with opened(folder) as workspace, pytest.raises(HostedModelError, match="acme/tal is known"):
        register_models(workspace, RegisterRequest(path="asks.py", llms=["acme/tal"]))
    edited(folder, "{name: talk, valid_from: 2024-01-01", "{name: gone")
    with opened(folder) as workspace, pytest.raises(InvalidEntryError, match="acme/talk means"):
        register_models(workspace, RegisterRequest(path="asks.py"))
    assert registry.read_bytes() == before


@pytest.mark.parametrize(
    ("status_", "dates", "told"),
    [
        ("beta", "", None),
        ("experimental", "", "acme/talk (talk-1) is experimental"),
        (
            "production",
            "deprecation_date: 2024-06-01, replacement: talk-2",
            "acme/talk (talk-1) is deprecated, since 2024-06-01, its replacement is talk-2",
        ),
        ("production", "deprecation_date: 2024-06-02", None),
        (
            "retired",
            "shutdown_date: 2024-06-02",
            "acme/talk (talk-1) is retired, to be shut down on 2024-06-02, no replacement is named;"
            " what is not stored is refused",
        ),
        (
            "deprecated",
            "shutdown_date: 2025-01",
            "acme/talk (talk-1) is deprecated, to be shut down on 2025-01, no replacement is named",
        ),
        (
            "production",
            "shutdown_date: 2024-05-31",
            "acme/talk (talk-1) is retired, shut down on 2024-05-31, no replacement is named;"
            " what is not stored is refused",
        ),
    ],
)
def test_statuses_are_told_and_never_make_stale(
    folder: Path, status_: str, dates: str, told: str | None
) -> None:
    more = "".join(f"    {each}\n" for each in dates.split(", ") if each)
    edited(folder, "    status: production\n", f"    status: {status_}\n{more}")
    report = judged(folder)
    assert report.entries[0].verdict.state.value == "current"
    hosted = [text for text in report.warnings if "acme" in text]
    assert hosted == ([told] if told else [])


def catalog() -> Catalog:
    document = read_document(
        CATALOG.encode()
        + b"""\
  - {id: old, provider: acme, status: retired, replacement: sing}
  - {id: 'tiny:1b', provider: ollama}
""",
        "catalog",
    )
    providers = [overlay_provider(slug, None, tree) for slug, tree in document.providers.items()]
    providers.append(
        ProviderConfig(
            slug="ollama", base_url="http://localhost:11434", base_url_variables=("OLLAMA_HOST",)
        )
    )
    entries = [overlay_entry(None, tree) for tree in document.models]
    return Catalog(Shelf(compile_catalog(providers, entries)))


def hosted(
    digest: Callable[[ProviderConfig, str], str] = lambda config, name: "d" * 64, **variables: str
) -> HostedModels:
    return HostedModels(catalog, as_instant(REGISTERED), variables, digest)


@pytest.mark.parametrize(("hour", "expected"), [(11, "current"), (13, "stale")])
def test_an_alias_that_moves_in_the_middle_of_a_day_moves_then(
    folder: Path, hour: int, expected: str
) -> None:
    edited(folder, "valid_to: 2024-10-02", "valid_to: 2024-10-02T12:00Z")
    edited(folder, "valid_from: 2024-10-02", "valid_from: 2024-10-02T12:00Z")
    assert state(folder, datetime(2024, 10, 2, hour, tzinfo=UTC)) == expected


def test_an_alias_that_was_first_seen_today_means_something_today(folder: Path) -> None:
    edited(
        folder,
        "  - id: sing",
        "  - {id: sing-2, provider: acme, aliases: [{name: hum, "
        "valid_from: 2024-06-01T09:00Z}]}\n  - id: sing",
    )
    with opened(folder, datetime(2024, 6, 1, 15, tzinfo=UTC)) as workspace:
        assert workspace.hosted.meaning("acme/hum") == HostedModel("acme", "sing-2")


def test_names_that_their_provider_moves_are_told() -> None:
    def floating() -> Catalog:
        text = b"""\
models:
  - {id: hum-latest, provider: acme}
  - {id: hum, provider: acme}
  - {id: hum-2024-05-01, provider: acme}
  - {id: whistle, provider: acme}
  - {id: whistle-mini, provider: acme}
  - {id: whistle-17, provider: acme}
  - {id: rap, provider: acme}
  - {id: rap-08-2024, provider: acme}
  - {id: hip, provider: acme}
  - {id: hip-05-06, provider: acme}
  - {id: hop, provider: acme}
  - {id: hop@001, provider: acme}
"""
        trees = read_document(text, "catalog").models
        entries = [overlay_entry(None, tree) for tree in trees]
        return Catalog(Shelf(compile_catalog([], entries)))

    models = HostedModels(floating, as_instant(REGISTERED), {}, lambda config, name: "")
    moved = ["hum-latest", "hum", "rap", "hip", "hop"]
    stay = ["hum-2024-05-01", "whistle", "rap-08-2024", "hop@001"]
    told = list(hosted_warnings(models, [f"acme/{each}" for each in (*moved, *stay)]))
    assert [text.partition(" is a name that its provider moves")[0] for text in told] == [
        f"acme/{each}" for each in moved
    ]


def test_a_retired_model_is_refused_with_its_replacement() -> None:
    refuse_retired(hosted(), ["acme/talk", "acme/sing"], 3)
    with pytest.raises(WorkerError) as caught:
        refuse_retired(hosted(), ["acme/talk", "acme/old"], 3)
    assert caught.value.what == "3 simulations cannot be computed"
    assert caught.value.why == "acme/old is retired, its replacement is sing"
    assert "Declare sing with --llm" in caught.value.mend


def test_the_provider_behind_a_variable_is_named() -> None:
    assert hosted().provider_at("OLLAMA_HOST") == "ollama"
    assert hosted().provider_at("ACME_TOKEN") == "acme"
    assert hosted().provider_at("HOME") is None

    def broken() -> Catalog:
        raise UsageError("no catalog", "", "Mend it.")

    unread = HostedModels(broken, as_instant(REGISTERED), {}, lambda config, name: "")
    assert unread.provider_at("OLLAMA_HOST") is None


def test_a_server_is_asked_once() -> None:
    asked = []

    def digest(config: ProviderConfig, name: str) -> str:
        asked.append((config.slug, name))
        return "d" * 64

    models = hosted(digest, OLLAMA_HOST="10.0.0.7:1234")
    expected = HostedModel("ollama", "tiny:1b", "d" * 64)
    assert models.meaning("ollama/tiny:1b") == models.meaning("ollama/tiny:1b") == expected
    assert asked == [("ollama", "tiny:1b")]
    # Another server may have another model of that name.
    assert models.hosts(["ollama/tiny:1b"]) == ("10.0.0.7:1234",)
    assert hosted(digest).hosts(["ollama/tiny:1b"]) == ("localhost:11434",)


def test_a_document_does_not_say_which_server_is_looked_at(folder: Path) -> None:
    document = folder / "models" / "model_registry.yaml"
    overrides = "{base_url: 'http://10.0.0.7', models_path: /x, base_url_variables: [BETA]}"
    document.write_text(CATALOG.replace("  acme:", f"  ollama: {overrides}\n  acme:", 1))
    asked = []

    def digest(config: ProviderConfig, name: str) -> str:
        asked.append((config.base_url, config.models_path, config.base_url_variables))
        return "d" * 64

    models = HostedModels(lambda: read(folder), as_instant(REGISTERED), {}, digest)
    assert models.inputs(["ollama/x"], {}, []).variables == ()
    assert models.addressing(["ollama/x"]) == ("OLLAMA_HOST",)
    assert models.hosts(["ollama/x"]) == ("localhost:11434",)
    assert asked == [("http://localhost:11434", "/api/tags", ("OLLAMA_HOST",))]


def test_a_document_does_not_say_what_a_name_means_to_a_server() -> None:
    def aliased() -> Catalog:
        trees = read_document(
            b"models: [{id: 'tiny:1b', provider: ollama, aliases: [tiny]}]", "catalog"
        ).models
        entries = [overlay_entry(None, tree) for tree in trees]
        return Catalog(Shelf(compile_catalog([], entries)))

    # Ollama takes a name without a tag for its `latest`, whatever else it has.
    digests = {"tiny": "a" * 64, "tiny:1b": "b" * 64}
    now = as_instant(REGISTERED)
    models = HostedModels(aliased, now, {}, lambda config, name: digests[name])
    assert models.path_of("tiny") == "ollama/tiny"
    assert models.meaning("ollama/tiny") == HostedModel("ollama", "tiny", "a" * 64)


@pytest.mark.parametrize("told", ["", "\x1b[31m" + "a" * 64, "a@b" * 20, "none"])
def test_what_is_no_digest_of_a_manifest_is_not_recorded(told: str) -> None:
    with pytest.raises(ModelHostError, match="was not told by Ollama"):
        hosted(lambda config, name: told).meaning("ollama/tiny:1b")


def test_a_digest_of_a_manifest_is_the_same_however_it_is_written() -> None:
    told = hosted(lambda config, name: f"sha256:{'d' * 64}").meaning("ollama/tiny:1b")
    assert told == hosted().meaning("ollama/tiny:1b")


def test_what_a_server_has_needs_no_place_in_the_catalog() -> None:
    models = hosted()
    assert models.path_of("ollama/mine") == "ollama/mine"
    assert models.meaning("ollama/mine") == HostedModel("ollama", "mine", "d" * 64)
    with pytest.raises(HostedModelError):
        models.path_of("acme/mine")
    with pytest.raises(HostedModelError):
        models.path_of("ollama/")


def test_a_server_that_does_not_answer_keeps_what_was_recorded() -> None:
    def digest(config: ProviderConfig, name: str) -> str:
        raise RemoteError("ollama does not answer", "connection refused", "Start it.")

    models = hosted(digest)
    recorded = {"ollama/tiny:1b": HostedModel("ollama", "tiny:1b", "e" * 64)}
    inputs = models.inputs(["ollama/tiny:1b", "acme/sing"], recorded, ["OLLAMA_HOST"])
    assert inputs.llms["ollama/tiny:1b"] == recorded["ollama/tiny:1b"]
    assert inputs.llms["acme/sing"] == HostedModel("acme", "sing")
    assert inputs.problems == (
        "what ollama/tiny:1b means is not known: ollama does not answer: connection refused",
    )
    assert inputs.only == {"OLLAMA_HOST"}
    assert models.mend(["acme/sing", "ollama/tiny:1b"]) == "Start it."


@pytest.mark.parametrize(
    ("value", "host"),
    [
        ("", None),
        ("http://127.0.0.1:8080/v1", "127.0.0.1:8080"),
        ("https://proxy.example/v1", "proxy.example:443"),
        ("http://[::1]:8080", "::1:8080"),
        ("proxy.example:99", "proxy.example:99"),
        ("proxy.example", "proxy.example:443"),
        ("http://proxy.example:port", None),
        (" http://proxy.example ", "proxy.example:80"),
        ("HTTP://Proxy.Example", "proxy.example:80"),
        ("https://gate.example/https://proxy.example/v1", "gate.example:443"),
        ("0.0.0.0:99", "127.0.0.1:99"),
        ("http://[::]:99", "::1:99"),
        (":99", "api.acme.example:99"),
        ("   ", None),
    ],
)
def test_hosts_are_those_of_the_configuration_and_of_variables(
    value: str, host: str | None
) -> None:
    found = hosted(ACME_BASE_URL=value).hosts(["acme/talk"])
    assert found == tuple(sorted({"api.acme.example:443", *([host] if host else [])}))


def test_the_other_addresses_of_a_provider_are_its_hosts_too() -> None:
    models = HostedModels(shipped, as_instant(REGISTERED), {}, lambda config, name: "")
    assert models.hosts(["togetherai/any"]) == ("api.together.ai:443", "api.together.xyz:443")


@pytest.mark.parametrize(
    ("name", "path"),
    [("talk", "acme/talk"), ("acme/talk", "acme/talk"), ("tiny:1b", "ollama/tiny:1b")],
)
def test_a_name_gets_its_provider(name: str, path: str) -> None:
    assert hosted().path_of(name) == path
