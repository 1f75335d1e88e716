"""Which stored results are dropped, and in which order."""

from __future__ import annotations

import pytest

from modelops_bundle.results.record import Level
from modelops_bundle.results.retention import Retention, choose_drops
from modelops_bundle.results.store import Stored

NOW = 1000.0


def stored(key: str, context: str, created: float) -> Stored:
    return Stored(key, context, "00", 0, True, Level.ENFORCED, 1.0, created, 10)


ROWS = [stored("a", "now", 100), stored("b", "old", 200), stored("c", "now", 300),
        stored("d", "old", 900)]  # fmt: skip


@pytest.mark.parametrize(
    ("retention", "dropped"),
    [
        (Retention(), "bd"),
        (Retention(older_than=500), "b"),
        (Retention(largest=30), "b"),
        (Retention(largest=0), "bd"),
        (Retention(everything=True), "bdac"),
        (Retention(everything=True, largest=10), "bda"),
        (Retention(everything=True, older_than=750), "ba"),
        (Retention(largest=40), ""),
    ],
)
def test_what_is_not_true_any_more_goes_first_and_then_what_is_old(
    retention: Retention, dropped: str
) -> None:
    assert "".join(row.key for row in choose_drops(ROWS, {"now"}, retention, NOW)) == dropped
