"""What newer versions of the sources say no more: it stays in the shipped catalog, with an end."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from dev.catalog_build import keep_past
from dev.catalog_past import lay_past, past_of

from modelops_bundle.catalog.compiled import compile_catalog
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.trees import entry_from_tree, entry_tree

FIRST, SECOND, THIRD = date(2026, 12, 1), date(2027, 2, 1), date(2027, 4, 1)
Past = list[dict[str, Any]]


def entry(read_on: date, *prices: tuple[str, str], **more: Any) -> ModelEntry:
    """A model as the sources state it on a day: prices of meters, without dates."""
    rows = [{"meter": meter, "unit": "1m_tokens", "amount": amount} for meter, amount in prices]
    tree = {"provider": "acme", "id": "m", "checked_on": str(read_on), "prices": rows, **more}
    return entry_from_tree(tree)


def named(read_on: date) -> dict[str, Any]:
    return {"aliases": [{"name": "latest", "valid_from": str(read_on), "source": "a list"}]}


def laid(now: ModelEntry | None, past: Past) -> ModelEntry:
    (tree,) = past
    return lay_past(now, tree)


def rows(model: ModelEntry) -> list[tuple[str, str, str | None, str | None]]:
    return [
        (row["meter"], row["amount"], row.get("valid_from"), row.get("valid_to"))
        for row in entry_tree(model)["prices"]
    ]


def test_a_model_that_is_not_listed_any_more_is_as_it_was_known_last() -> None:
    old = entry(FIRST, ("input", "2"))
    past = past_of([old], [], [], SECOND)
    assert laid(None, past) == old
    # Once more, from what is shipped then or from the document alone.
    assert past_of([old], [old], past, SECOND) == past
    assert past_of([], [], past, THIRD) == past


def test_a_price_that_changed_ends_on_the_day_of_the_reading_and_others_go_on() -> None:
    old = entry(FIRST, ("input", "2"), ("output", "8"))
    new = entry(SECOND, ("input", "3"), ("output", "8"))
    past = past_of([old], [new], [], SECOND)
    second = laid(new, past)
    assert sorted(rows(second)) == [
        ("input", "2", None, "2027-02-01"),
        ("input", "3", "2027-02-01", None),
        ("output", "8", None, None),
    ]
    # What is shipped then changes nothing, on the same reading.
    assert past_of([second], [second], past, SECOND) == past

    newest = entry(THIRD, ("input", "1"), ("output", "8"))
    third = laid(newest, past_of([second], [laid(newest, past)], past, THIRD))
    assert sorted(rows(third)) == [
        ("input", "1", "2027-04-01", None),
        ("input", "2", None, "2027-02-01"),
        ("input", "3", "2027-02-01", "2027-04-01"),
        ("output", "8", None, None),
    ]


def test_a_correction_on_the_same_reading_is_no_history() -> None:
    assert past_of([entry(FIRST, ("input", "2"))], [entry(FIRST, ("input", "3"))], [], FIRST) == []


def test_a_name_is_attested_from_its_first_reading_on() -> None:
    old, new = entry(FIRST, **named(FIRST)), entry(SECOND, **named(SECOND))
    spans = [
        (alias.get("valid_from"), alias.get("valid_to"))
        for alias in entry_tree(laid(new, past_of([old], [new], [], SECOND)))["aliases"]
    ]
    assert sorted(spans) == [("2026-12-01", "2027-02-01"), ("2027-02-01", None)]


def test_a_model_that_is_listed_again_is_as_it_is_listed() -> None:
    old = entry(FIRST, ("input", "2"), display_name="Old")
    past = past_of([old], [], [], SECOND)
    new = entry(THIRD, ("input", "3"), display_name="New")
    again = laid(new, past_of([old], [laid(new, past)], past, THIRD))
    assert again.display_name == "New"
    assert sorted(rows(again)) == [
        ("input", "2", None, "2027-04-01"),
        ("input", "3", "2027-04-01", None),
    ]


def test_it_is_kept_in_a_document(tmp_path: Path) -> None:
    past, compiled = tmp_path / "past.yaml", tmp_path / "compiled.jsonl"
    old = entry(FIRST, ("input", "2"))
    assert not keep_past(past, compiled, [old], [])
    compiled.write_bytes(compile_catalog([], [old]))
    assert not keep_past(past, compiled, [old], [])
    assert keep_past(past, compiled, [], [])
    known: list[Mapping[str, Any]] = [*read_document(past.read_bytes(), past.name).models]
    assert laid(None, [dict(tree) for tree in known]) == old
    assert not keep_past(past, compiled, [old], known)
