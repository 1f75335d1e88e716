"""What ``register-model``, ``register-target`` and ``update`` did, for people and for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.words import change_text

if TYPE_CHECKING:
    from modelops_bundle.staleness import Change
    from modelops_bundle.workflows.registration import Line, Registration

__all__ = ["change_document", "registration_document", "show_registration"]

_STYLES = {"+": "good", "~": "warn", "-": "bad", "=": "faint", "!": "bad"}
_DONE = {
    "+": "registered",
    "~": "recorded anew",
    "-": "pruned",
    "=": "unchanged",
    "!": "not recorded",
}
_MOST_DETAILS = 8


def change_document(change: Change) -> dict[str, Any]:
    """One changed dependency in JSON."""
    return {
        "kind": change.kind,
        "path": change.path,
        "change": change.change,
        "before": change.before,
        "after": change.after,
    }


def registration_document(report: Registration) -> dict[str, Any]:
    """The JSON of a registration."""
    return {
        "schema": 1,
        "written": report.written,
        "entries": [
            {
                "sign": line.sign,
                "id": line.id,
                "entrypoint": line.entrypoint,
                "changes": [change_document(change) for change in line.changes],
                "notes": list(line.notes),
            }
            for line in report.lines
        ],
        "warnings": list(report.warnings),
    }


def show_registration(report: Registration) -> None:
    """Print one line an entry with what changed below it, and a summary."""
    warn(report.warnings)
    rows: list[list[Piece]] = [
        [(line.sign, _STYLES[line.sign]), line.id, line.entrypoint] for line in report.lines
    ]
    for line, row in zip(report.lines, columns(rows), strict=True):
        show_lines([row])
        _show_details(line)
    counted = Counter(line.sign for line in report.lines)
    done = ", ".join(f"{counted[sign]} {verb}" for sign, verb in _DONE.items() if counted[sign])
    if not report.written:
        say(f"Nothing was written. Without --dry-run: {done or 'nothing to do'}.")
    elif done:
        say(f"{done[0].upper()}{done[1:]}.")


def _show_details(line: Line) -> None:
    details = [*line.notes, *map(change_text, line.changes)]
    if line.sign == "+":
        details = list(line.notes)
    for detail in details[:_MOST_DETAILS]:
        show("     ", detail)
    if len(details) > _MOST_DETAILS:
        show("     ", f"and {plural(len(details) - _MOST_DETAILS, 'more change')}")
