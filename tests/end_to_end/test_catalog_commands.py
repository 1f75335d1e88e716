"""``catalog list``, ``show``, ``search``, ``validate``, ``diff``, ``convert`` and ``docs`` as programs."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from modelops_bundle.catalog.documents import read_document
from tests.support.command import Project

DOCUMENT = """\
providers:
  acme: {name: Acme, base_url: "https://llm.acme.example/v1"}
models:
  - id: large-1
    provider: acme
    developer: acme
    display_name: Large One
    status: deprecated
    replacement: large-2
    context_window: 32000
    aliases: [{name: large, valid_from: 2024-01-01, valid_to: 2025-01-01}]
    prices:
      - {meter: input, unit: 1m_tokens, amount: 3.00}
      - {meter: output, unit: 1m_tokens, amount: 12.00}
  - id: large-2
    provider: acme
    developer: acme
    display_name: Large | Two
    status: active
    context_window: 128000
    capabilities: {supports_vision: true, supports_function_calling: false}
    aliases: [{name: large, valid_from: 2025-01-01}]
    prices:
      - {meter: input, unit: 1m_tokens, amount: 2.50, valid_from: 2025-01-01}
      - {meter: output, unit: 1k_tokens, amount: 0.01, valid_from: 2025-01-01}
      - {meter: cache_read, unit: 1m_tokens, amount: 1.25, valid_from: 2025-01-01}
      - {meter: input, unit: 1m_tokens, amount: 1.25, when: {batch: true}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """A folder that only has a catalog document, with a folder inside."""
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "model_registry.yaml").write_text(DOCUMENT)
    (tmp_path / "src").mkdir()
    return Project(tmp_path)


@pytest.fixture
def empty(tmp_path: Path) -> Project:
    return Project(tmp_path)


def test_list_has_the_projects_models_from_any_folder_inside(project: Project) -> None:
    shown = project.run("-C", "src", "catalog", "list", "--provider", "acme")
    head, one, two = shown.stdout.splitlines()
    assert head.split()[:2] == ["model", "status"]
    assert one.split() == ["acme/large-1", "deprecated", "?", "32,000", "3", "12"]
    assert two.split() == ["acme/large-2", "production", "?", "128,000", "2.5", "10", "vision"]
    assert "? stands for what is not known" in shown.stderr
    before = project.json("catalog", "list", "--provider", "acme", "--on", "2024-06-01")
    assert [each["input_price"] for each in before["models"]] == [
        {"amount": "3", "currency": "USD"},
        None,
    ]


def test_nothing_found_tells_what_may_hide_it(empty: Project) -> None:
    (empty.folder / "models").mkdir()
    document = "models: [{id: a-1, provider: acme}, {id: b-1, provider: acme, status: beta}]\n"
    (empty.folder / "models" / "model_registry.yaml").write_text(document)
    wanted = ("catalog", "list", "--provider", "acme")
    told = empty.run(*wanted, "--status", "production").stderr
    assert "fits no filter" in told
    assert "1 model would fit, of which no source says the status" in told
    assert empty.run("catalog", "search", "--provider", "acme", "zzz").stderr == "No model fits.\n"
    told = empty.run("catalog", "search", "gpt4o").stderr
    assert "Names that are close: openai/gpt-4o," in told
    assert empty.json(*wanted, "--status", "beta")["total"] == 1


def test_a_row_without_a_source_is_from_where_the_model_is(empty: Project) -> None:
    (empty.folder / "models").mkdir()
    document = """\
models:
  - id: a-1
    provider: acme
    source: the contract
    aliases: [{name: a, valid_from: 2025-01-01}]
    prices: [{meter: input, unit: 1m_tokens, amount: 1}]
"""
    (empty.folder / "models" / "model_registry.yaml").write_text(document)
    shown = empty.run("catalog", "show", "acme/a").stdout
    assert shown.count("the contract") == 3
    assert "source unknown" not in shown


def test_list_outside_of_a_project_is_what_is_shipped(empty: Project) -> None:
    shown = empty.run("catalog", "list", "--limit", "3")
    assert len(shown.stdout.splitlines()) == 4
    assert "more models; --limit 0 lists them all" in shown.stderr
    some = empty.json("catalog", "search", "gpt-4o", "--provider", "openai", "--limit", "1")
    assert some["total"] > len(some["models"]) == 1


def test_show_resolves_for_the_date_and_tells_what_the_name_means_today(project: Project) -> None:
    old = project.run("catalog", "show", "large", "--on", "2024-06-01").stdout
    assert old.startswith("acme/large-1\n")
    assert "large means acme/large-2" in old
    assert "Answers still, and will be shut down." in old
    assert "unknown" in old
    assert "today it means" in project.run("catalog", "show", "large", "--on", "2025-06-01").stdout
    assert "today" not in project.run("catalog", "show", "large").stdout
    document = project.json("catalog", "show", "acme/large", "--on", "2024-06-01")
    assert (document["name"], document["now"]) == ("acme/large-1", "acme/large-2")
    assert [each["model_id"] for each in document["meanings"]] == ["large-1", "large-2"]
    assert document["model"]["release_date"] is None


def test_show_tells_what_a_call_cost_or_why_that_is_unknown(project: Project) -> None:
    call = ("catalog", "show", "large", "--on", "2025-06-01", "--usage")
    told = project.run(*call, "input=1000,cache_read=4000,output=200").stdout
    lines = [" ".join(line.split()) for line in told.splitlines()[-4:]]
    assert lines == [
        "input 1,000 x 2.5 USD per 1M tokens = 0.0025",
        "output 200 x 0.01 USD per 1k tokens = 0.002",
        "cache_read 4,000 x 1.25 USD per 1M tokens = 0.005",
        "total 0.0095 USD",
    ]
    assert project.json(*call, "input=1000", "--batch")["cost"]["amount"] == "0.00125"
    unknown = project.run(*call, "output=1", "--batch").stdout
    assert "unknown: no_price_for_circumstances (output)" in unknown
    said = project.refuse("catalog", "show", "large", "--on", "2023-01-01", "--usage", "input=1")
    assert (
        "unknown: no_price_at_date: nothing attests one meaning of acme/large on 2023-01-01" in said
    )


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("show", "acme/larg"), "acme/large"),
        (("show", "large", "--on", "2023-01-01"), "nothing attests one meaning of"),
        (("show", "large", "--on", "yesterday"), "is not a date"),
        (("show", "large", "--usage", "tokens=3"), "is no usage"),
        (("show", "large", "--usage", "input=-3"), "is no count"),
        (("show", "large", "--usage", ","), "counts nothing"),
        (("show", "large", "--batch"), "Give --usage"),
        (("list", "--provider", "acne"), "acme"),
        (("list", "--developer", "acne"), "names that are close: acme"),
        (("list", "--status", "old"), "is not a status"),
        (("search", "--max-price", "cheap"), "is no price in US dollars"),
        (("search", "--min-context", "lots"), "is no number of tokens"),
        (("validate", "none.yaml"), "there is no file none.yaml"),
        (("diff", "src"), "src is no file"),
        (("convert", "models/model_registry.yaml"), "Give --from"),
        (("convert", "models/model_registry.yaml", "--from", "xml"), "no format xml"),
        (("convert", "models/model_registry.yaml", "--from", "litellm"), "cannot read"),
    ],
)
def test_bad_input_is_refused_in_words(
    project: Project, arguments: tuple[str, ...], words: str
) -> None:
    assert words in project.refuse("catalog", *arguments)


def test_validate_tells_every_problem_with_its_place(project: Project) -> None:
    assert project.json("catalog", "validate")["problems"] == []
    project.edit("models/model_registry.yaml", "replacement: large-2", "replacement: large-3")
    (warning,) = project.json("catalog", "validate")["problems"]
    assert (warning["level"], warning["line"]) == ("warning", 9)
    assert warning["key"] == "models[0].replacement"
    project.edit("models/model_registry.yaml", "3.00", "-3")
    project.edit(
        "models/model_registry.yaml", "developer: acme\n    display_name: Large |", "dev: 1 #"
    )
    told = project.run("catalog", "validate", expect=1)
    assert "models/model_registry.yaml:13: error: models[0].prices[0].amount:" in told.stdout
    assert "models/model_registry.yaml:17: error: models[1].dev:" in told.stdout
    assert "2 errors" in told.stderr


def test_validate_without_a_document_and_with_several(empty: Project) -> None:
    assert "as it is shipped" in empty.run("catalog", "validate").stderr
    (empty.folder / "a.yaml").write_text(DOCUMENT)
    (empty.folder / "b.yaml").write_text("models: [")
    report = empty.json("catalog", "validate", "a.yaml", "b.yaml", expect=1)
    assert report["files"] == ["a.yaml", "b.yaml"]
    assert {each["file"] for each in report["problems"]} == {"b.yaml"}


def test_diff(project: Project) -> None:
    shipped = project.json("catalog", "diff")
    assert shipped["added"] == ["acme/large-1", "acme/large-2"]
    assert shipped["providers"]["added"] == ["acme"]
    other = project.folder / "other.yaml"
    other.write_text(
        DOCUMENT.replace("2.50", "2.00")
        .replace("status: active", "status: beta")
        .replace("Acme,", "A,")
    )
    own = "models/model_registry.yaml"
    told = project.run("catalog", "diff", own, "other.yaml", "--check", expect=3).stdout
    assert told.splitlines() == [
        "~ provider acme",
        "    name: Acme -> A",
        "~ acme/large-2",
        "    status: production -> beta",
        "    prices[input, from 2025-01-01].amount: 2.5 -> 2",
    ]
    other.write_text(
        DOCUMENT.replace("    status: active\n", "    status: beta\n    source: a blog\n")
    )
    told = project.run("catalog", "diff", own, "other.yaml").stdout
    assert told.splitlines() == ["~ acme/large-2", "    status: production -> beta"]
    other.write_text(
        DOCUMENT.replace("    status: active\n", "    status: active\n    source: a blog\n")
    )
    told = project.run("catalog", "diff", own, "other.yaml", "--check", expect=3).stdout
    assert told.splitlines() == ["~ acme/large-2", "    only sources of values"]
    same = project.run("catalog", "diff", own, own, "--check")
    assert "Nothing differs." in same.stderr


def test_diff_tells_of_a_shipped_model_that_loses_a_name(project: Project) -> None:
    moved = project.folder / "moved.yaml"
    moved.write_text(
        "models:\n- {id: gpt-4o-2024-11-20, provider: openai,"
        " aliases: [{name: gpt-4o, valid_from: 2026-11-25}]}\n"
    )
    told = project.run("catalog", "diff", "moved.yaml").stdout
    assert "~ openai/gpt-4o-2024-11-20\n    aliases[gpt-4o, from 2026-11-25]: nothing -> " in told
    assert (
        "~ openai/gpt-4o-2024-08-06\n"
        "    aliases[gpt-4o, from 2024-10-02].valid_to: nothing -> 2026-11-25\n" in told
    )


def test_docs_writes_the_page_and_check_tells_when_it_is_not_current(project: Project) -> None:
    page = project.folder / "models" / "model_registry.md"
    assert "is not there" in project.run("catalog", "docs", "--check", expect=3).stderr
    assert not page.exists()
    project.run("catalog", "docs")
    row = "| `acme` | `large-2` | Large \\| Two | production | 128000 | 2.5 | 10 | yes | no |"
    assert row in page.read_text()
    project.run("catalog", "docs", "--check")
    project.edit("models/model_registry.yaml", "0.01", "0.02")
    told = project.run("catalog", "docs", "--check", expect=3).stderr
    assert "`mops-bundle catalog docs` writes it" in told
    page.write_text("# My own words\n")
    assert "not written by this command" in project.refuse("catalog", "docs")
    told = project.run("catalog", "docs", "--check", expect=3).stderr
    assert "`mops-bundle catalog docs --force` replaces it" in told
    project.run("catalog", "docs", "--force")
    assert project.json("catalog", "docs", "--check")["current"] is True


def test_convert_guesses_the_format_and_replaces_nothing(project: Project) -> None:
    project.run("catalog", "docs")
    page = "models/model_registry.md"
    done = project.run("catalog", "convert", page)
    models = {tree["id"]: tree for tree in read_document(done.stdout.encode(), "x").models}
    assert models["large-2"]["display_name"] == "Large | Two"
    assert "2 models" in done.stderr
    assert "read as markdown" in done.stderr
    refused = project.refuse("catalog", "convert", page, "--output", "models/model_registry.yaml")
    assert "is there already" in refused
    project.run("catalog", "convert", page, "--output", "new/one.yaml")
    assert (project.folder / "new" / "one.yaml").read_text() == done.stdout
    project.run("catalog", "convert", page, "--output", "new/one.yaml", "--force")
    project.run("catalog", "validate", "new/one.yaml")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no named pipes")
def test_convert_replaces_no_device(project: Project) -> None:
    project.run("catalog", "docs")
    os.mkfifo(project.folder / "pipe")
    command = ["catalog", "convert", "models/model_registry.md", "--output", "pipe", "--force"]
    assert "it is no file" in project.run(*command, expect=1).stderr
    assert (project.folder / "pipe").is_fifo()


def test_a_file_that_is_too_large_is_not_read(project: Project) -> None:
    with (project.folder / "large.json").open("wb") as file:
        file.truncate(100 * 1024**3)
    command = ["catalog", "convert", "large.json", "--from", "litellm"]
    assert "has more than" in project.run(*command, expect=2).stderr


def test_convert_reads_the_json_of_others_and_tells_what_has_no_place(empty: Project) -> None:
    litellm = {
        "sample_spec": {"litellm_provider": "one of them"},
        "gpt-4o": {
            "litellm_provider": "openai",
            "input_cost_per_token": 2.5e-06,
            "max_input_tokens": 0,
            "tool_use_system_prompt_tokens": 159,
        },
    }
    (empty.folder / "prices.json").write_text(json.dumps(litellm))
    report = empty.json("catalog", "convert", "prices.json")
    assert report["format"] == "litellm"
    assert {each["key"] for each in report["unmapped"]} >= {"max_input_tokens"}
    (tree,) = read_document(report["document"].encode(), "x").models
    assert tree["prices"][0]["amount"] == "2.5"
    assert tree["source"]["*"] == "prices.json"
    absolute = empty.json("catalog", "convert", str(empty.folder / "prices.json"))
    assert absolute["document"] == report["document"]
    models_dev = {
        "acme": {
            "id": "acme",
            "name": "Acme",
            "models": {"a": {"id": "a", "name": "A", "limit": {"context": 8000, "output": 100}}},
        }
    }
    (empty.folder / "api.json").write_text(json.dumps(models_dev))
    done = empty.run("catalog", "convert", "api.json", "--output", "acme.yaml")
    assert "read as models-dev" in done.stderr
    assert empty.json("catalog", "validate", "acme.yaml")["models"] == 1
