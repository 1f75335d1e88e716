"""``run`` and ``trace`` for people and for programs, from the same reports."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from modelops_bundle.cli.drawing import columns, plural
from modelops_bundle.cli.output import Piece, say, show, show_lines, warn
from modelops_bundle.cli.session import NOT_CURRENT
from modelops_bundle.cli.words import duration, some
from modelops_bundle.results.key import ResultKey
from modelops_bundle.results.record import Level
from modelops_bundle.worker.mends import OPTIONS, mend

if TYPE_CHECKING:
    from modelops_bundle.results.record import Failure, UndeclaredRead
    from modelops_bundle.results.simulations import Simulation
    from modelops_bundle.workflows.run import RunReport
    from modelops_bundle.workflows.trace import TraceReport

__all__ = [
    "read_document",
    "run_code",
    "run_document",
    "show_differing",
    "show_problems",
    "show_reads",
    "show_run",
    "show_trace",
    "trace_code",
    "trace_document",
    "troubles_document",
]

_MOST_FAILURES = 3
_LEVELS = {
    Level.OFF: "not enforced (--no-enforce): what C, C++ and Rust code reads is not noticed",
    Level.AUDIT: "not enforced, because the kernel has no Landlock: what C, C++ and Rust code"
    " reads is not noticed",
}


def run_code(report: RunReport) -> int:
    """1 when a simulation failed, 3 when results may not be reused, else 0."""
    if report.tally.failures or report.tally.differing:
        return 1
    return NOT_CURRENT if report.count("unsound") else 0


def trace_code(report: TraceReport) -> int:
    """1 when the simulation failed, 3 when it read what is not declared, else 0."""
    if report.error:
        return 1
    return NOT_CURRENT if set(report.reads) - set(report.declared) else 0


# --- for programs -------------------------------------------------------------------------------


def run_document(report: RunReport) -> dict[str, Any]:
    """The JSON of ``run``."""
    context = report.record.context
    return {
        "schema": 1,
        "model": report.model,
        "digest": context.model,
        "scenario": context.scenario,
        "outputs": None if context.outputs is None else list(context.outputs),
        "dry_run": report.dry_run,
        "enforcement": sorted(level.name.lower() for level in report.tally.levels),
        "hits": report.count("hit"),
        "misses": len(report.states) - report.count("hit"),
        "computed": report.count("computed", "unsound"),
        "unsound": report.count("unsound"),
        "failed": len(report.tally.failures),
        "seconds_saved": report.saved,
        "seconds_spent": report.tally.spent,
        "seconds_expected": report.expected,
        "seconds_elapsed": report.elapsed,
        "simulations": [
            {
                "key": ResultKey(context, simulation.param_id, simulation.seed).digest,
                "params": dict(simulation.params),
                "param_id": simulation.param_id,
                "seed": simulation.seed,
                "state": state,
            }
            for simulation, state in zip(report.simulations, report.states, strict=True)
        ],
        **troubles_document(report),
        "differing": list(report.tally.differing),
        "warnings": list(report.warnings),
    }


def trace_document(report: TraceReport) -> dict[str, Any]:
    """The JSON of ``trace``."""
    return {
        "schema": 1,
        "model": report.model,
        "outputs": list(report.outputs),
        "error": report.error or None,
        "traceback": report.traceback or None,
        "seconds": report.duration,
        "undeclared": [
            read_document(each, report.path, report.class_name) for each in report.reads
        ],
        "declared": [
            read_document(each, report.path, report.class_name) for each in report.declared
        ],
    }


def troubles_document(report: RunReport) -> dict[str, Any]:
    """What failed, and what was read and not declared, as JSON."""
    return {
        "failures": [
            {
                "key": failure.key.digest,
                "params": dict(simulation.params),
                "param_id": failure.key.param_id,
                "seed": failure.key.seed,
                "error": failure.error,
                "traceback": failure.traceback,
            }
            for simulation, failure in _failures(report)
        ],
        "undeclared": [
            {**read_document(read, report.path, report.class_name), "simulations": number}
            for read, number in report.tally.reads.items()
        ],
        "declared": [
            read_document(read, report.path, report.class_name) for read in report.declared
        ],
    }


def _failures(report: RunReport) -> list[tuple[Simulation, Failure]]:
    """Failures with their simulations, in the order asked for."""
    failed = {(each.key.param_id, each.key.seed): each for each in report.tally.failures}
    return [(each, failed[each[1:]]) for each in report.simulations if each[1:] in failed]


def read_document(
    read: UndeclaredRead, path: str, name: str, *, target: bool = False
) -> dict[str, Any]:
    """An undeclared read as JSON.

    Args:
        read: The read.
        path: Recorded path of the file that the model or target is in.
        name: Its name in there.
        target: Whether it is a target.
    """
    return {
        "kind": read.kind,
        "name": read.name,
        "place": read.place or None,
        "mend": mend(read.kind, read.name, path, name, is_target=target),
    }


# --- for people ---------------------------------------------------------------------------------


def show_run(report: RunReport) -> None:
    """Print what was found and done, what failed, and what to do next."""
    warn(report.warnings)
    show((report.model, "strong"), f": {plural(len(report.states), 'simulation')}")
    show_lines(columns(list(_rows(report)), indent="  "))
    show_problems(report)
    if not report.recorded and report.count("computed"):
        say(
            f"The registry records an earlier state: `mops-bundle update {report.model}` records"
            " this one."
        )


def show_problems(report: RunReport) -> None:
    """Print what failed, was read and not declared, or came out different."""
    _show_failures(report)
    show_reads(report.tally.reads, report.declared, report.path, report.class_name)
    if report.tally.failures and _declarable(report.tally.reads):
        say(f"`mops-bundle trace {report.model} --declare` finds and declares all that it reads.")
    if report.count("unsound"):
        many = plural(report.count("unsound"), "result")
        say(f"not reused, because of what is not declared: {many}, marked unsound.")
    show_differing(report.tally.differing)
    for level in sorted(report.tally.levels & _LEVELS.keys()):
        say(("note: ", "warn"), _LEVELS[level])


def show_differing(keys: Sequence[str]) -> None:
    """Print that results came out different from those that are stored."""
    if keys:
        say(
            ("not deterministic: ", "bad"),
            f"{plural(len(keys), 'result')} came out different from what was stored before, which stays;"
            f" see `mops-bundle results show {keys[0][:12]}`.",
        )


def show_trace(report: TraceReport) -> None:
    """Print what one simulation read that is not declared."""
    if report.error:
        show((report.model, "strong"), ": ", ("failed", "bad"), f": {report.error}")
        show_lines((f"    {line}",) for line in report.traceback.splitlines())
    else:
        gave = some(report.outputs) or "nothing"
        show((report.model, "strong"), f": gave {gave} in {duration(report.duration)}")
    show_reads(report.reads, report.declared, report.path, report.class_name)
    if not report.reads and not report.error:
        say("It read nothing that is not declared.")


def _rows(report: RunReport) -> Iterator[list[Piece]]:
    hits, misses = report.count("hit"), report.count("miss")
    yield [
        ("hits", "good" if hits else ""),
        str(hits),
        f"{duration(report.saved)} of computing saved" if hits else "",
    ]
    if report.dry_run:
        told = "" if report.expected is None else f"about {duration(report.expected)} to compute"
        yield ["misses", str(misses), told if misses else ""]
        return
    computed = report.count("computed", "unsound")
    yield ["computed", str(computed), f"in {duration(report.elapsed)}" if computed else ""]
    if report.tally.failures:
        yield [("failed", "bad"), str(len(report.tally.failures)), ""]
    if misses:
        yield [("not run", "warn"), str(misses), "--keep-going runs them in spite of failures"]


def _show_failures(report: RunReport) -> None:
    by_error: dict[str, list[tuple[Simulation, Failure]]] = {}
    for simulation, failure in _failures(report):
        by_error.setdefault(failure.error, []).append((simulation, failure))
    for (simulation, failure), *others in list(by_error.values())[:_MOST_FAILURES]:
        likewise = f" (and {plural(len(others), 'other simulation')})" if others else ""
        show(("failed", "bad"), f" {_worded(simulation)}{likewise}: {failure.error}")
        show_lines((f"    {line}",) for line in failure.traceback.splitlines())
    if len(by_error) > _MOST_FAILURES:
        show(f"and {plural(len(by_error) - _MOST_FAILURES, 'other error')}; --json lists them all")


def _worded(simulation: Simulation) -> str:
    text = json.dumps(simulation.params, ensure_ascii=False)
    return f"seed {simulation.seed} of {text if len(text) <= 200 else text[:200] + '...'}"


def show_reads(
    reads: Iterable[UndeclaredRead],
    declared: Sequence[UndeclaredRead],
    path: str,
    name: str,
    *,
    target: bool = False,
) -> None:
    """Print what was read and declared now, and what was read and is not declared."""
    for read in declared:
        show(("declared", "good"), f" {read.name}", f", read at {read.place}" if read.place else "")
    left = [read for read in reads if read not in declared]
    if not left:
        return
    show(("not declared, but read:", "warn"))
    for read in left:
        show(f"  {read.place or 'somewhere'} {_what(read)}")
    if _declarable(left):
        say("Declare it:" if len(left) == 1 else "Declare them:")
    else:
        say("No option declares that. What helps:")
    for each in dict.fromkeys(
        mend(read.kind, read.name, path, name, is_target=target) for read in left
    ):
        say(f"  {each}")


def _declarable(reads: Iterable[UndeclaredRead]) -> bool:
    return any(read.kind in OPTIONS for read in reads)


def _what(read: UndeclaredRead) -> str:
    return {
        "variable": f"the environment variable {read.name}",
        "network": f"the network: {read.name}",
        "written": f"{read.name}, which the simulation wrote itself",
        "process": f"what another program reads: {read.name}",
    }.get(read.kind, read.name)
