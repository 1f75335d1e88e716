"""``results`` for people and for programs, from the same reports."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.words import duration, short, size
from modelops_bundle.identity.recipes import content_digest
from modelops_bundle.results.envelope import pack, read_header
from modelops_bundle.results.record import Level

if TYPE_CHECKING:
    from modelops_bundle.results.record import Failure
    from modelops_bundle.results.store import Stored
    from modelops_bundle.workflows.rerun import Rerun
    from modelops_bundle.workflows.stored import (
        Collected,
        ContextSummary,
        Listing,
        Shown,
        Verified,
    )

__all__ = [
    "collected_document",
    "listing_document",
    "result_document",
    "show_collected",
    "show_listing",
    "show_result",
    "show_verified",
    "verified_document",
]

_MOST_ROWS = 50
_MOST_FAILURES = 5
_KEY_DIGITS = 12


# --- for programs -------------------------------------------------------------------------------


def listing_document(report: Listing) -> dict[str, Any]:
    """The JSON of ``results list``."""
    return {
        "schema": 1,
        "contexts": [
            {
                "context": each.digest,
                "model": each.record.model_id,
                "digest": each.record.context.model,
                "scenario": each.record.context.scenario,
                "outputs": _names(each.record.context.outputs),
                "current": each.current,
                "results": each.count,
                "unsound": each.unsound,
                "bytes": each.size,
                "seconds": each.seconds,
                "newest": _time(each.newest),
            }
            for each in report.contexts
        ],
        "results": [
            {
                "key": row.key,
                "context": row.context,
                "param_id": row.param_id,
                "seed": row.seed,
                "sound": row.sound,
                "enforcement": row.level.name.lower(),
                "seconds": row.duration,
                "stored": _time(row.created),
                "bytes": row.size,
            }
            for row in report.results
        ],
        "failures": list(map(_failure, report.failures)),
        "warnings": list(report.warnings),
    }


def _failure(each: Failure) -> dict[str, Any]:
    return {
        "key": each.key.digest,
        "context": each.key.context.digest,
        "param_id": each.key.param_id,
        "seed": each.key.seed,
        "error": each.error,
        "traceback": each.traceback,
        "started": each.started,
    }


def result_document(report: Shown) -> dict[str, Any]:
    """The JSON of ``results show``."""
    header = read_header(pack(report.result))
    record = report.record
    return {
        "schema": 1,
        "key": report.key,
        "current": report.current,
        "sound": report.result.sound,
        "document": header["key"],
        "provenance": header["provenance"],
        "outputs": header["outputs"],
        "components": []
        if record is None
        else [
            {"kind": kind, "path": path, "digest": digest}
            for kind, path, digest in record.components
        ],
        "environment": None if record is None else dict(record.environment),
        "llms": {} if record is None else dict(record.llms),
    }


def verified_document(report: Verified, again: Rerun | None) -> dict[str, Any]:
    """The JSON of ``results verify``."""
    return {
        "schema": 1,
        "read": report.read,
        "damaged": list(report.damaged),
        "problems": list(report.problems),
        "compared": again.compared if again else 0,
        "differing": [
            {
                "key": each.key,
                "model": each.model,
                "outputs": list(each.outputs),
                "error": each.error or None,
            }
            for each in (again.differing if again else ())
        ],
        "refused": list(again.refused) if again else [],
    }


def collected_document(report: Collected) -> dict[str, Any]:
    """The JSON of ``results gc``."""
    return {
        "schema": 1,
        "deleted": report.done,
        "results": [row.key for row in report.dropped],
        "removed": report.removed,
        "kept": report.kept,
        "bytes": sum(row.size for row in report.dropped),
    }


def _names(outputs: Sequence[str] | None) -> list[str] | None:
    return None if outputs is None else list(outputs)


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")


# --- for people ---------------------------------------------------------------------------------


def show_listing(report: Listing) -> None:
    """Print one line a context, and of one model one line a result."""
    warn(report.warnings)
    if not report.contexts and not report.failures:
        say("No result is stored yet.")
        say("Next: `mops-bundle run MODEL` computes some.")
        return
    show_lines(columns([_context_row(each) for each in report.contexts]))
    if report.results:
        show()
        current = {each.digest for each in report.contexts if each.current}
        rows = report.results[-_MOST_ROWS:]
        show_lines(columns([_result_row(row, row.context in current) for row in rows]))
        hidden = len(report.results) - len(rows)
        if hidden:
            say(f"and {plural(hidden, 'older result')}; --json lists them all")
    for failure in report.failures[-_MOST_FAILURES:]:
        where = f" params {failure.key.param_id[:8]} seed {failure.key.seed}: {failure.error}"
        show(("failed", "bad"), where)
    if len(report.failures) > _MOST_FAILURES:
        say(f"{plural(len(report.failures), 'simulation')} failed; --json lists them all")


#: What a simulation did that looked for files.
_SURROUNDINGS = {
    "absent": "looked for {}, which was not there",
    "present": "looked whether {} is there",
    "listed": "listed {}",
    "no package": "looked for the package {}, which was not installed",
    "package": "used the package {}, which the model's digest does not name",
}


def show_result(report: Shown) -> None:
    """Print where a result comes from, and what it is."""
    show((report.key, "strong"))
    show_lines(columns([[label, text] for label, text in _facts(report)], indent="  "))
    for read in report.result.provenance.undeclared:
        if read.is_surrounding:
            name = f"{read.name} {read.state}".strip() if read.kind == "package" else read.name
            kind = "no package" if read.kind == "package" and not read.state else read.kind
            show(f"  {read.place or 'somewhere'} {_SURROUNDINGS[kind].format(name)}")
        elif read.kind == "withheld":
            show(f"  {read.place} asked for {read.name}, which was set and not given to it")
        else:
            show(("not declared: ", "warn"), f"{read.place or 'somewhere'} read {read.name}")


def show_verified(report: Verified, again: Rerun | None) -> None:
    """Print what is damaged and what did not come out the same."""
    warn(report.problems)
    damaged = len(report.damaged)
    show(f"{plural(report.read, 'result')} read, {damaged or 'none'} damaged.")
    if damaged:
        say("A damaged result is computed again by the next run that asks for it.")
    if again is None:
        return
    warn(again.refused)
    for each in again.differing:
        what = each.error or f"{', '.join(each.outputs)} came out different"
        show(("differs", "bad"), f" {each.key[:_KEY_DIGITS]} of {each.model}: {what}")
    show(
        f"{plural(again.compared, 'result')} computed again, {len(again.differing) or 'none'} came out"
        " different."
    )
    if again.differing:
        say(
            "Such a model is not deterministic under its seed, or depends on something that is not"
            " declared: look for unseeded random numbers, times, sets that are walked through, and"
            " what one simulation leaves in a module for the next."
        )


def show_collected(report: Collected) -> None:
    """Print what is, or would be, dropped."""
    if not report.dropped:
        show("Nothing to drop.")
        return
    groups: dict[str, list[Stored]] = {}
    for row in report.dropped:
        groups.setdefault(row.context, []).append(row)
    rows: list[list[Piece]] = [
        [
            report.contexts[digest].model_id if digest in report.contexts else "unknown",
            short(report.contexts[digest].context.model) if digest in report.contexts else "",
            plural(len(group), "result"),
            size(sum(row.size for row in group)),
        ]
        for digest, group in groups.items()
    ]
    show_lines(columns(rows))
    total = size(sum(row.size for row in report.dropped))
    if report.done:
        show(f"{plural(report.removed, 'result')} dropped ({total}), {report.kept} kept.")
        held = len(report.dropped) - report.removed
        if held:
            say(f"{plural(held, 'result')} stay: a run is using them.")
        return
    show(f"{plural(len(report.dropped), 'result')} would be dropped ({total}), {report.kept} kept.")
    say("Next: the same with --delete drops them.")


def _context_row(each: ContextSummary) -> list[Piece]:
    state: Piece = ("current", "good") if each.current else ("stale", "warn")
    notes = [each.record.context.scenario or "", ", ".join(each.record.context.outputs or ())]
    if each.unsound:
        notes.append(f"{each.unsound} unsound")
    return [
        state,
        each.record.model_id,
        short(each.record.context.model),
        plural(each.count, "result"),
        size(each.size),
        f"{duration(each.seconds)} of computing",
        _time(each.newest),
        "; ".join(filter(None, notes)),
    ]


def _result_row(row: Stored, current: bool) -> list[Piece]:
    state: Piece = ("current", "good") if current else ("stale", "warn")
    return [
        row.key[:_KEY_DIGITS],
        state if row.sound else ("unsound", "warn"),
        f"params {row.param_id[:8]}",
        f"seed {row.seed}",
        duration(row.duration),
        size(row.size),
        _time(row.created),
    ]


def _facts(report: Shown) -> Iterator[tuple[str, str]]:
    result, provenance = report.result, report.result.provenance
    context = result.key.context
    yield "model", f"{provenance.model_id} ({context.entrypoint})"
    yield "state", _state(report)
    yield "digest", context.model
    if context.scenario is not None:
        yield "scenario", context.scenario
    if context.outputs is not None:
        yield "asked for", ", ".join(context.outputs)
    yield "params", json.dumps(provenance.params, ensure_ascii=False)
    yield "param id", result.key.param_id
    yield "seed", str(result.key.seed)
    yield "computed", f"{provenance.started} in {duration(provenance.duration)}"
    yield "on", f"{provenance.host}, Python {provenance.python}, modelops-bundle {provenance.tool}"
    yield "reads", _LEVELS[provenance.level]
    if provenance.bundle:
        yield "bundle", provenance.bundle
    for output in result.outputs:
        told = f"{output.kind}, {size(len(output.data))}, {content_digest(output.data)}"
        yield "output", f"{output.name} ({told})"
    for kind, path, digest in report.record.components if report.record else ():
        yield kind.lower(), f"{path} ({digest})"
    for path, meant in report.record.llms.items() if report.record else ():
        yield "hosted model", f"{path} meant {meant}"


_LEVELS = {
    Level.OFF: "watched, not enforced (--no-enforce)",
    Level.AUDIT: "watched, not enforced (no Landlock there)",
    Level.ENFORCED: "undeclared files of the project refused",
    Level.HERMETIC: "everything undeclared refused (--hermetic)",
}


def _state(report: Shown) -> str:
    if not report.result.sound:
        return "unsound: it read what is not declared, and is not reused"
    return "current" if report.current else "stale: the model has changed since"
