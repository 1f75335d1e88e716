"""``status`` for people and for programs, from the same report."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Line, Piece, say, show, show_lines, warn
from modelops_bundle.cli.words import STATE_STYLES, environment_texts, some
from modelops_bundle.staleness import Change, State

if TYPE_CHECKING:
    from modelops_bundle.workflows.status import EntryStatus, StatusReport

__all__ = ["show_status", "status_document"]


def status_document(report: StatusReport) -> dict[str, Any]:
    """The JSON of ``status``."""
    return {
        "schema": 1,
        "entries": [
            {
                "id": entry.id,
                "kind": entry.kind,
                "state": entry.verdict.state.value,
                "digest": entry.digest,
                "recorded_digest": entry.entry.digest or None,
                "changes": len(entry.verdict.changes),
                "reason": entry.reason or None,
            }
            for entry in report.entries
        ],
        "warnings": list(report.warnings),
    }


def show_status(report: StatusReport, left_out: Collection[str] = ()) -> None:
    """Print one line an entry, a summary, and what to do next.

    Args:
        report: The entries.
        left_out: Ids of those of which files are not here, since only a part of a bundle was pulled.
    """
    warn(report.warnings)
    if not report.entries:
        say("Nothing is registered yet.")
        say("Next: `mops-bundle register-model PATH` registers the models of a file or folder.")
        return
    shared = _shared_changes(report)
    show_lines(columns([_row(entry, shared, left_out) for entry in report.entries]))
    told: dict[int, list[Change]] = {}
    for change, number in shared.items():
        told.setdefault(number, []).append(change)
    for number, changes in told.items():
        everywhere = (
            "every entry" if number == len(report.entries) else plural(number, "entry", "entries")
        )
        for text in environment_texts(changes):
            show(("environment", "strong"), f": {text}, for {everywhere}")
    show()
    show(_summary(report))
    for line in _next_steps(report, left_out):
        say(*line)


def _shared_changes(report: StatusReport) -> dict[Change, int]:
    """Changes of the environment that concern several entries: they are told once, not once an entry."""
    counted = Counter(
        change
        for entry in report.entries
        for change in entry.verdict.changes
        if change.kind == "environment"
    )
    return {change: number for change, number in counted.items() if number > 1}


def _row(entry: EntryStatus, shared: dict[Change, int], left_out: Collection[str]) -> list[Piece]:
    state = entry.verdict.state
    detail = "it was not pulled" if entry.id in left_out else _detail(entry, shared)
    return [(state.value, STATE_STYLES[state]), entry.id, detail]


def _detail(entry: EntryStatus, shared: dict[Change, int]) -> str:
    if entry.reason:
        return entry.reason
    changes = entry.verdict.changes
    if not changes:
        return ""
    names = [change.path for change in changes if change not in shared]
    hidden = len(changes) - len(names)
    if hidden:
        names.append("environment" if hidden == 1 else f"environment ({hidden} changes)")
    return f"{plural(len(changes), 'change')}: {some(names)}"


def _summary(report: StatusReport) -> str:
    total = len(report.entries)
    counted = Counter(entry.verdict.state for entry in report.entries)
    if counted[State.CURRENT] == total:
        only = report.entries[0].id
        return f"{only} is current." if total == 1 else f"All {total} entries are current."
    others = (f"{counted[state]} {state.value}" for state in State if counted[state])
    return f"{plural(total, 'entry', 'entries')}: {', '.join(others)}."


def _next_steps(report: StatusReport, left_out: Collection[str]) -> Iterator[Line]:
    by_state: dict[State, list[str]] = {}
    here = [each for each in report.entries if each.id not in left_out]
    for entry in here:
        by_state.setdefault(entry.verdict.state, []).append(entry.id)
    stale = by_state.get(State.STALE) or by_state.get(State.INVALID)
    if stale:
        yield (f"Next: `mops-bundle why {stale[0]}` shows every reason.",)
    if State.STALE in by_state:
        yield ("When the results are made anew, `mops-bundle update` records the present state.",)
    if State.INVALID in by_state:
        yield (
            "An invalid entry has no present state to record until what is named above is mended.",
        )
    mends = dict.fromkeys(report.mends.get(each.id, "") for each in here)
    yield from ((mend,) for mend in mends if mend)
    if State.MISSING in by_state:
        missing = by_state[State.MISSING][0]
        yield (
            f"If what is missing is gone for good, `mops-bundle unregister {missing}` forgets it"
            " and what was declared of it.",
        )
