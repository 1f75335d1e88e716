"""Hosted models in the registry's document: written where there are some, read strictly, kept whole."""

from __future__ import annotations

import pytest

from modelops_bundle.records.document import dump_document, load_document
from modelops_bundle.records.entries import BundleRegistry, LlmEntry, ModelEntry
from modelops_bundle.records.memo import from_memo, to_memo
from modelops_bundle.records.problems import BrokenRegistryError

ROW = LlmEntry(name="talk", provider="acme", id="talk-1", resolved_on="2024-06-01")
LOCAL = LlmEntry(
    name="tiny",
    provider="ollama",
    id="tiny:1b",
    resolved_on="2024-06-01",
    digest="d" * 64,
    extra={"note": "kept"},
)


def registry(*llms: LlmEntry) -> BundleRegistry:
    entry = ModelEntry(entrypoint="m:M", path="m.py", class_name="M", llms=llms)
    return BundleRegistry(models={"m": entry})


def test_what_is_written_is_read_again_with_what_nobody_here_knows() -> None:
    made = registry(ROW, LOCAL)
    text = dump_document(made)
    loaded = load_document(text, "registry.yaml")
    assert loaded.registry == made
    assert dump_document(loaded.registry) == text
    assert from_memo(to_memo(loaded)) == loaded


def test_an_entry_without_any_has_no_such_key() -> None:
    assert b"llms" not in dump_document(registry())
    assert b"digest: \n" not in dump_document(registry(ROW))


@pytest.mark.parametrize(
    ("text", "where", "what"),
    [
        ("talk", "models.m.llms", "a list of mappings"),
        ("[talk]", "models.m.llms.0", "expected a mapping"),
        ("[{name: a, provider: b, id: c}]", "models.m.llms.0", "resolved_on"),
        (
            "[{name: a, provider: b, id: c, resolved_on: '2024-06-01', digest: [x]}]",
            "models.m.llms.0.digest",
            "expected text",
        ),
        ("[{name: [a], provider: b, id: c, resolved_on: x}]", "models.m.llms.0.name", "text"),
    ],
)
def test_what_does_not_fit_is_told_with_its_place(text: str, where: str, what: str) -> None:
    whole = (
        f"models:\n  m:\n    entrypoint: m:M\n    path: m.py\n    class_name: M\n    llms: {text}\n"
    )
    with pytest.raises(BrokenRegistryError) as caught:
        load_document(whole.encode(), "registry.yaml")
    (problem,) = caught.value.problems
    assert problem.line == 6
    assert problem.key == where
    assert what in problem.what


def test_one_that_is_listed_twice_contradicts_itself() -> None:
    assert registry(ROW, LOCAL).validate() == []
    assert registry(ROW, ROW).validate() == ["models.m: the hosted model acme/talk is listed twice"]
