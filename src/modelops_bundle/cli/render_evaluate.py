"""``evaluate`` for people and for programs, from the same report."""

from __future__ import annotations

import json
import math
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.render_run import (
    read_document,
    run_code,
    show_differing,
    show_problems,
    show_reads,
    troubles_document,
)
from modelops_bundle.cli.session import NOT_CURRENT

if TYPE_CHECKING:
    from modelops_bundle.workflows.evaluate import EvaluationReport, Judged, TargetRun

__all__ = ["evaluation_code", "evaluation_document", "show_evaluation"]

_MOST_ROWS = 50


def evaluation_code(report: EvaluationReport) -> int:
    """As for ``run``, targets included."""
    tallies = [target.reused.tally for target in report.targets]
    if any(tally.failures or tally.differing for tally in tallies):
        return 1
    unsound = any("unsound" in target.reused.states for target in report.targets)
    return run_code(report.run) or (NOT_CURRENT if unsound else 0)


def evaluation_document(report: EvaluationReport) -> dict[str, Any]:
    """The JSON of ``evaluate``."""
    return {
        "schema": 1,
        "model": report.run.model,
        "hits": report.run.count("hit"),
        "dry_run": report.run.dry_run,
        "misses": len(report.run.states) - report.run.count("hit"),
        "computed": report.run.count("computed", "unsound"),
        "failed": len(report.run.tally.failures),
        **troubles_document(report.run),
        "differing": list(report.run.tally.differing),
        "targets": [_target_document(target) for target in report.targets],
        "rows": [
            {
                "params": dict(row.params),
                "param_id": row.param_id,
                "seeds": row.seeds,
                "losses": {name: _number(loss) for name, loss in row.losses.items()},
                "total": _number(row.total),
            }
            for row in report.rows
        ],
        "warnings": list(report.run.warnings),
    }


def _target_document(target: TargetRun) -> dict[str, Any]:
    states = target.reused.states
    reads = partial(read_document, path=target.path, name=target.name, target=True)
    return {
        "id": target.id,
        "weight": target.weight,
        "hits": states.count("hit"),
        "computed": states.count("computed") + states.count("unsound"),
        "failures": [
            {"error": failure.error, "traceback": failure.traceback}
            for failure in target.reused.tally.failures
        ],
        "differing": list(target.reused.tally.differing),
        "undeclared": [reads(read) for read in target.reused.tally.reads],
        "declared": [reads(read) for read in target.declared],
    }


def _number(value: float) -> float | None:
    # JSON has no word for it.
    return value if math.isfinite(value) else None


def show_evaluation(report: EvaluationReport) -> None:
    """Print parameter sets, the best first, and what went wrong."""
    warn(report.run.warnings)
    rows = list(report.rows)[:_MOST_ROWS]
    if rows:
        show_lines(columns([_head(report), *(_row(report, row) for row in rows)]))
    if len(report.rows) > len(rows):
        say(f"and {plural(len(report.rows) - len(rows), 'other set')}; --json lists them all")
    show_problems(report.run)
    for target in report.targets:
        _show_troubles(target)
    if report.run.dry_run:
        misses = plural(report.run.count("miss"), "simulation")
        say(f"{misses} and {plural(report.missing, 'loss', 'losses')} would be computed.")
        return
    _show_missing(report)
    computed = report.run.count("computed", "unsound")
    judged = sum(target.reused.states.count("computed") for target in report.targets)
    say(
        f"{plural(computed, 'simulation')} and {plural(judged, 'loss', 'losses')} computed,"
        f" {report.run.count('hit')} and {_hits(report)} reused."
    )


def _show_missing(report: EvaluationReport) -> None:
    """Print what the ranking lacks."""
    wanted = Counter(each.param_id for each in report.run.simulations)
    misses = report.run.count("miss")
    if misses:
        show(
            ("not run", "warn"),
            f" {plural(misses, 'simulation')}: --keep-going runs them in spite of failures",
        )
    partly = sum(row.seeds < wanted[row.param_id] for row in report.rows)
    if partly:
        say(f"{plural(partly, 'parameter set')} judged by fewer seeds than asked for.")
    lacking = len(wanted) - len(report.rows)
    if lacking:
        say(f"{plural(lacking, 'parameter set')} not judged: no simulation gave a result.")


def _hits(report: EvaluationReport) -> int:
    return sum(target.reused.states.count("hit") for target in report.targets)


def _head(report: EvaluationReport) -> list[Piece]:
    names = [target.id for target in report.targets]
    return [("loss", "strong"), *((name, "strong") for name in names if len(names) > 1),
            ("seeds", "strong"), ("parameters", "strong")]  # fmt: skip


def _row(report: EvaluationReport, row: Judged) -> list[Piece]:
    names = [target.id for target in report.targets]
    losses = [_shown(row.losses.get(name)) for name in names if len(names) > 1]
    params = json.dumps(row.params, ensure_ascii=False)
    return [_shown(None if math.isnan(row.total) else row.total), *losses, str(row.seeds), params]


def _shown(loss: float | None) -> str:
    return "none" if loss is None else f"{loss:.6g}"


def _show_troubles(target: TargetRun) -> None:
    for failure in list({each.error: each for each in target.reused.tally.failures}.values())[:3]:
        show(("failed", "bad"), f" {target.id}: {failure.error}")
        show_lines((f"    {line}",) for line in failure.traceback.splitlines())
    show_differing(target.reused.tally.differing)
    reads = target.reused.tally.reads
    show_reads(reads, target.declared, target.path, target.name, target=True)
