"""Which results are taken from which pack, and which artifacts say something new."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from modelops_bundle.bundle.json_text import NotAsPromisedError
from modelops_bundle.bundle.media import RESULTS_PACK
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.bundle.results_index import (
    PackedResult,
    ResultsIndex,
    ResultsPack,
    additions,
    choose_results,
    dump_results,
    parse_results,
)
from modelops_bundle.identity.recipes import sha256_digest


def index(name: str, levels: Mapping[str, int], context: str = "mine") -> ResultsIndex:
    """One pack with a result for each letter."""
    blob = Blob(sha256_digest(name.encode()), 1000, RESULTS_PACK)
    found = (
        PackedResult(key * 64, place, 1, context, level)
        for place, (key, level) in enumerate(levels.items())
    )
    return ResultsIndex((ResultsPack(blob, tuple(found)),), ("theirs", "mine"))


SMALL, LARGE = index("small", {"a": 2, "b": 2}), index("large", {"a": 2, "b": 2, "c": 2})


def chosen(*indexes: ResultsIndex) -> dict[Blob, str]:
    found = choose_results(indexes, {"mine"})
    return {blob: "".join(each.key[0] for each in results) for blob, results in found.items()}


def test_each_is_taken_once_and_from_where_most_is() -> None:
    assert chosen(SMALL, LARGE, SMALL) == {LARGE.packs[0].blob: "abc"}


def test_the_most_closely_watched_is_taken() -> None:
    better = index("better", {"b": 3})
    assert chosen(better, LARGE) == {LARGE.packs[0].blob: "ac", better.packs[0].blob: "b"}


def test_those_of_other_contexts_are_not() -> None:
    assert chosen(index("theirs", {"a": 2}, "theirs")) == {}


@pytest.mark.parametrize(
    ("old", "there", "added"),
    [
        ([SMALL, LARGE], [], {1: 3}),
        ([SMALL, LARGE], [SMALL], {1: 1}),
        ([SMALL, LARGE, LARGE], [LARGE], {}),
        ([SMALL, index("other", {"d": 0})], [], {0: 2, 1: 1}),
        ([LARGE, index("better", {"a": 3})], [], {0: 3, 1: 1}),
        ([index("theirs", {"a": 2}, "theirs")], [], {}),
    ],
)
def test_only_what_adds_is_taken_over(
    old: list[ResultsIndex], there: list[ResultsIndex], added: dict[int, int]
) -> None:
    assert additions(old, there, {"mine"}) == added


def test_there_and_back() -> None:
    assert parse_results(dump_results(LARGE)) == LARGE


@pytest.mark.parametrize(
    "row",
    [
        ["a" * 64, 0, 1],
        ["a" * 63, 0, 1, 0, 2],
        ["g" * 64, 0, 1, 0, 2],
        [1, 0, 1, 0, 2],
        ["a" * 64, 0, 1001, 0, 2],
        ["a" * 64, -1, 1, 0, 2],
        ["a" * 64, 0, 1, 2, 2],
        ["a" * 64, 0, 1, -1, 2],
        ["a" * 64, 0, 1, 0, 4],
        ["a" * 64, 0, 1, 0, True],
    ],
)
def test_what_cannot_be_is_refused(row: list[Any]) -> None:
    document = json.loads(dump_results(LARGE))
    document["packs"][0]["results"] = [row]
    with pytest.raises(NotAsPromisedError):
        parse_results(json.dumps(document).encode())
