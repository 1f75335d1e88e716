"""What a status means is decided in one table, and the documentation says the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelops_bundle.catalog.statuses import Status, read_status

REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "catalog.md"


def test_the_documentation_has_the_table_of_the_code() -> None:
    documented = [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for line in REFERENCE.read_text(encoding="utf-8").splitlines()
        if line.startswith(tuple(f"| `{status}`" for status in Status))
    ]
    yes_no = {True: "yes", False: "no"}
    assert documented == [
        [
            f"`{status}`",
            status.rule.meaning,
            status.rule.consequence,
            yes_no[status.rule.warns],
            yes_no[status.rule.runs],
        ]
        for status in Status
    ]


def test_only_what_is_retired_does_not_run() -> None:
    assert [status for status in Status if not status.rule.runs] == [Status.RETIRED]


def test_who_warns() -> None:
    warning = {status for status in Status if status.rule.warns}
    assert warning == {Status.EXPERIMENTAL, Status.DEPRECATED, Status.RETIRED}


@pytest.mark.parametrize("status", list(Status))
def test_a_status_is_read_as_it_is_written(status: Status) -> None:
    assert read_status(str(status)) is status


def test_active_is_production() -> None:
    assert read_status("active") is Status.PRODUCTION


@pytest.mark.parametrize("text", ["live", "", "Production", "unknown"])
def test_another_status_is_refused_with_those_that_there_are(text: str) -> None:
    with pytest.raises(ValueError, match="production, beta, experimental, deprecated, retired"):
        read_status(text)
