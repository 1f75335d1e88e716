"""``why`` for people and for programs, from the same report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import Node, plural, tree
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.words import (
    STATE_STYLES,
    change_text,
    duration,
    environment_texts,
    moved,
    named_change,
    short,
    size,
    some,
    verb,
)
from modelops_bundle.staleness import State

if TYPE_CHECKING:
    from modelops_bundle.explanation import DataRecord
    from modelops_bundle.workflows.outdated import Outdated
    from modelops_bundle.workflows.why import Reason, WhyReport

__all__ = ["show_why", "why_document"]

_ARROW = " -> "


def why_document(report: WhyReport, stored: Outdated | None = None) -> dict[str, Any]:
    """The JSON of ``why``, with what is stored where that was asked for."""
    judged = report.status
    document = {
        "schema": 1,
        "id": judged.id,
        "kind": judged.kind,
        "state": judged.verdict.state.value,
        "digest": judged.digest,
        "recorded_digest": judged.entry.digest or None,
        "reason": judged.reason or None,
        "reasons": [_reason_document(reason) for reason in report.reasons],
        "warnings": list(report.warnings),
    }
    if stored is not None:
        document["results"] = {
            "current": stored.current,
            "made_stale": stored.last,
            "seconds_made_stale": stored.last_seconds,
            "stale_before": stored.older,
        }
    return document


def _reason_document(reason: Reason) -> dict[str, Any]:
    change = reason.change
    document: dict[str, Any] = {
        "kind": change.kind,
        "path": change.path,
        "change": change.change,
        "definitions": [each._asdict() for each in reason.definitions],
        "chain": list(reason.chain),
        "before": change.before,
        "after": change.after,
    }
    if change.kind == "data":
        document["columns"] = [column._asdict() for column in reason.columns]
        for when, record in (("before", reason.before), ("after", reason.after)):
            document[f"size_{when}"] = record and record.size
            document[f"rows_{when}"] = record and record.rows
    if reason.diff:
        document["diff"] = "\n".join(reason.diff) + "\n"
    if reason.note:
        document["note"] = reason.note
    return document


def show_why(report: WhyReport, stored: Outdated | None = None) -> None:
    """Print the tree of reasons, the differences where they were asked for, and what is stored."""
    warn(report.warnings)
    _show_reasons(report)
    if stored is not None:
        _show_stored(stored)


def _show_stored(stored: Outdated) -> None:
    show(f"results: {stored.current} are true now")
    if stored.last:
        many = plural(stored.last, "result")
        show(f"  the last change made {many} stale ({duration(stored.last_seconds)} of computing)")
    if stored.older:
        show(f"  {stored.older} were stale before; `mops-bundle results gc` shows them")


def _show_reasons(report: WhyReport) -> None:
    judged = report.status
    state = judged.verdict.state
    heading: list[Piece] = [(judged.id, "strong"), " is ", (state.value, STATE_STYLES[state])]
    if state is State.CURRENT:
        show(*heading, ": nothing that it depends on has changed since it was recorded.")
        return
    parts = [judged.reason] if judged.reason else []
    if report.reasons:
        parts.append(plural(len(report.reasons), "change"))
    root = Node((*heading, f": {'; '.join(parts)}"), tuple(_nodes(report.reasons)))
    show_lines(tree(root))
    for reason in report.reasons:
        _show_diff(reason)
    if state is State.STALE:
        say(
            f"When the results are made anew, `mops-bundle update {judged.id}` records the present state."
        )
    if report.mend:
        say(report.mend)


def _nodes(reasons: Iterable[Reason]) -> Iterator[Node]:
    environment = []
    for reason in reasons:
        if reason.change.kind == "environment":
            environment.append(reason.change)
        else:
            yield _node(reason)
    yield from (Node((text,)) for text in environment_texts(environment))


def _node(reason: Reason) -> Node:
    if reason.change.kind in ("variable", "llm"):
        return Node((change_text(reason.change),))
    if reason.change.kind == "data":
        return Node((reason.change.path, f": {_data_text(reason)}"))
    return _code_node(reason)


def _code_node(reason: Reason) -> Node:
    place = _ARROW.join(reason.chain or (reason.change.path,))
    said = [
        named_change(each.name, each.change, each.before, each.after) for each in reason.definitions
    ]
    if len(said) == 1:
        return Node((f"{place}: {said[0]}",))
    if said:
        heading = f"{place}: {plural(len(said), 'definition')} changed"
        return Node((heading,), tuple(Node((each,)) for each in said))
    if reason.note and reason.change.change == "removed":
        return Node((f"{place}: {reason.note}",))
    note = f": {reason.note}" if reason.note else ""
    return Node((f"{place}: {verb(reason.change)}{note}",))


def _data_text(reason: Reason) -> str:
    change, before, after = reason.change, reason.before, reason.after
    if change.before is None or change.after is None:
        record = before or after
        digest = f"digest {short(change.before or change.after or '')}"
        return ", ".join([verb(change), *_described(record), digest])
    parts = [_columns_text(reason)] if reason.columns else []
    if before and after:
        if before.rows is not None and after.rows is not None:
            parts.append(moved(plural(before.rows, "row"), plural(after.rows, "row")))
        parts.append(moved(size(before.size), size(after.size)))
    elif after:
        parts += [f"now {text}" for text in _described(after)[:1]]
    parts.append(f"digest {short(change.before)} -> {short(change.after)}")
    parts += [reason.note] if reason.note else []
    return ", ".join(parts)


def _described(record: DataRecord | None) -> list[str]:
    if record is None:
        return []
    rows = [] if record.rows is None else [plural(record.rows, "row")]
    return [*rows, size(record.size)]


def _columns_text(reason: Reason) -> str:
    parts = []
    for change, word in (("modified", "changed"), ("added", "added"), ("removed", "removed")):
        names = [column.name for column in reason.columns if column.change == change]
        if names:
            parts.append(f"{'column' if len(names) == 1 else 'columns'} {some(names)} {word}")
    return ", ".join(parts)


def _show_diff(reason: Reason) -> None:
    if not reason.diff:
        return
    show()
    styles = {"+": "good", "-": "bad", "@": "faint"}
    for line in reason.diff:
        show((line, styles.get(line[:1], "")))
