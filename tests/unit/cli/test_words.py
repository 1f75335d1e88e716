"""How changes are worded."""

from __future__ import annotations

import pytest

from modelops_bundle.cli.words import change_text, moved, named_change, short, size, some
from modelops_bundle.staleness import Change

DIGEST = "0123456789abcdef" * 4


def test_a_digest_is_cut_and_anything_else_is_not() -> None:
    assert short(f"blake2b:{DIGEST}") == "0123456789ab"
    assert short(DIGEST) == "0123456789ab"
    assert short("2.1.3") == "2.1.3"
    assert short("") == ""


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "0 bytes"),
        (1, "1 byte"),
        (999, "999 bytes"),
        (1000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (2_000_000_000, "2.0 GB"),
        (5 * 10**15, "5000.0 TB"),
    ],
)
def test_sizes(number: int, text: str) -> None:
    assert size(number) == text


def test_what_reads_the_same_is_said_once() -> None:
    assert moved("3 rows", "3 rows") == "3 rows"
    assert moved("3 rows", "4 rows") == "3 rows -> 4 rows"


def test_many_names_end_in_a_number() -> None:
    assert some(["a", "b"]) == "a, b"
    assert some(list("abcde")) == "a, b, c, d, e"
    assert some(list("abcdef")) == "a, b, c, d and 2 more"


@pytest.mark.parametrize(
    ("change", "before", "after", "text"),
    [
        ("modified", "2.5", "3.0", "R0 changed 2.5 -> 3.0"),
        ("modified", DIGEST, DIGEST, "R0 changed"),
        ("modified", None, None, "R0 changed"),
        ("modified", "2.5", DIGEST, "R0 changed 2.5 -> (longer)"),
        ("added", None, "3.0", "R0 added: 3.0"),
        ("added", None, DIGEST, "R0 added"),
        ("removed", "2.5", None, "R0 removed, was 2.5"),
        ("removed", DIGEST, None, "R0 removed"),
    ],
)
def test_a_definition(change: str, before: str | None, after: str | None, text: str) -> None:
    assert named_change("R0", change, before, after) == text


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (Change("environment", "numpy", "modified", "2.1.3", "2.2.6"), "numpy 2.1.3 -> 2.2.6"),
        (Change("environment", "numpy", "added", None, "2.2.6"), "numpy added: 2.2.6"),
        (Change("environment", "numpy", "removed", "2.1.3", None), "numpy removed, was 2.1.3"),
        (Change("variable", "SCALE", "modified", "a", "b"), "variable SCALE has another value"),
        (Change("variable", "SCALE", "added", None, "b"), "variable SCALE counts now"),
        (
            Change("variable", "SCALE", "removed", "a", None),
            "variable SCALE does not count any more",
        ),
        (
            Change("llm", "ollama/t:1b", "modified", f"t:1b@{'a' * 64}", f"t:1b@{'b' * 64}"),
            f"ollama/t:1b means t:1b@{'b' * 12}, was t:1b@{'a' * 12}",
        ),
        (
            Change("llm", "vertex/m", "added", None, "m@20250514"),
            "vertex/m is now declared, and means m@20250514",
        ),
        (Change("code", "a.py", "modified", "a", "b"), "a.py changed"),
        (Change("data", "a.csv", "removed", "a", None), "a.csv gone, or no longer declared"),
    ],
)
def test_a_change(change: Change, text: str) -> None:
    assert change_text(change) == text
