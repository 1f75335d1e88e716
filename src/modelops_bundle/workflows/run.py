"""``run``: find the results that are there, compute the others, keep them while they are true."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from modelops_bundle.digests.overlooked import partly_declared
from modelops_bundle.results.key import ResultKey
from modelops_bundle.results.plan import Plan, expected_seconds
from modelops_bundle.results.record import Level, UndeclaredRead
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import ContextRecord
from modelops_bundle.workflows.asked import settled
from modelops_bundle.workflows.candidates import status_warnings
from modelops_bundle.workflows.declare import declaring
from modelops_bundle.workflows.execution import Tally
from modelops_bundle.workflows.machinery import Machinery, RunRequest
from modelops_bundle.workflows.reuse import reuse
from modelops_bundle.workflows.subject import find_model
from modelops_bundle.workflows.trace import trace
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["RunReport", "run", "withheld_warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RunReport:
    """What a run found and did.

    Attributes:
        model: Id of the model.
        path: Recorded path of its file.
        class_name: Qualified name of its class.
        record: The context.
        recorded: Whether the registry says of the model what is true now.
        dry_run: Whether nothing was run.
        level: How closely it was to be watched.
        simulations: What was asked for.
        states: What became of each, in the same order: ``hit``, ``miss`` (not run), ``computed``,
            ``unsound`` (computed, and not to be reused) or ``failed``.
        tally: What was computed: failures, undeclared reads, results that differ, time.
        declared: Reads that were declared by this run.
        saved: Seconds that the hits took when they were computed.
        elapsed: Seconds that the run took.
        expected: Seconds that the misses will take; ``None`` when no time is known.
        warnings: What the user should know, in words.
    """

    model: str
    path: str
    class_name: str
    record: ContextRecord
    recorded: bool
    dry_run: bool
    level: Level
    simulations: Sequence[Simulation]
    states: Sequence[str]
    tally: Tally
    declared: Sequence[UndeclaredRead]
    saved: float
    elapsed: float
    expected: float | None
    warnings: Sequence[str]

    def count(self, *states: str) -> int:
        """How many simulations are in one of some states."""
        return sum(map(self.states.count, states))

    @property
    def keys(self) -> list[ResultKey]:
        """Keys of the results that are there now, in the order asked for."""
        context = self.record.context
        return [
            ResultKey(context, simulation.param_id, simulation.seed)
            for simulation, state in zip(self.simulations, self.states, strict=True)
            if state not in ("miss", "failed")
        ]


def run(workspace: Workspace, machinery: Machinery, request: RunRequest) -> RunReport:
    """Run a model over parameter sets and seeds, reusing what is still true.

    Raises:
        UsageError: The request names something that is not there, or parameters that cannot be.
        InvalidEntryError: The model's file or a dependency is gone, or does not parse.
        InputsChangedError: What the model depends on changed meanwhile. Earlier results are kept.
        StorageError: Results cannot be stored. Earlier ones are kept.
        WorkerError: The model cannot be run at all.
    """
    if not request.declare or request.dry_run or not _lacks(workspace, machinery, request):
        report = _run_once(workspace, machinery, request)
        if not request.declare or not report.tally.reads:
            return report
    # All that one simulation reads is found at once where nothing is refused.
    traced = trace(workspace, machinery, request).declared
    report, declared = declaring(
        workspace,
        lambda again: _run_once(again, machinery, request),
        lambda report: (report.model, report.tally.reads),
    )
    return replace(report, declared=(*traced, *declared))


def _lacks(workspace: Workspace, machinery: Machinery, request: RunRequest) -> bool:
    """Whether anything is to be computed."""
    predicted = _run_once(workspace, machinery, replace(request, dry_run=True))
    return predicted.count("miss") > 0


def _run_once(workspace: Workspace, machinery: Machinery, request: RunRequest) -> RunReport:
    started = time.monotonic()
    subject, entry = find_model(workspace, request.model)
    simulations, record = settled(request, subject, entry)
    reused = reuse(workspace, machinery, request, subject, record, simulations)
    warnings = [
        *subject.survey.warnings,
        *map(workspace.hint, partly_declared(subject.survey)),
        *status_warnings(workspace, subject.survey),
        *workspace.environment_warnings,
        *machinery.warnings(),
        *machinery.store.damaged(),
        *(withheld_warning(workspace, each) for each in sorted(reused.tally.withheld)),
        *map(_moved, reused.moved),
    ]
    return RunReport(
        model=subject.id,
        path=subject.entry.path,
        class_name=entry.class_name,
        record=record,
        recorded=subject.recorded,
        dry_run=request.dry_run,
        level=request.level,
        simulations=simulations,
        states=reused.states,
        tally=reused.tally,
        declared=(),
        saved=reused.plan.saved,
        elapsed=time.monotonic() - started,
        expected=_expected(machinery, record, reused.plan) if request.dry_run else None,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _moved(name: str) -> str:
    return f"{name} has come, gone or changed since results were computed with regard to it: not reused"


def withheld_warning(workspace: Workspace, read: UndeclaredRead, *, is_target: bool = False) -> str:
    """That a variable is set and was not given to a model or target, and what to do about it."""
    provider = workspace.hosted.provider_at(read.name)
    declare = "Declare "
    if provider:
        # Targets cannot declare hosted models.
        declare = (
            "Let the model ask hosted models, or declare "
            if is_target
            else f"Declare the hosted model that is asked there with --llm {provider}/..., or "
        )
    return (
        f"{read.name} is set and {read.place or 'a package'} asks for it, but it is not declared: simulations"
        f" do not see it. {declare}it with --variable {read.name},"
        " or name it in environment.ignore_variables"
    )


def _expected(machinery: Machinery, record: ContextRecord, plan: Plan) -> float | None:
    durations = plan.durations or machinery.local.durations(record.context.entrypoint)
    workers = machinery.workers if plan.misses else 1  # a cluster has to be asked
    return expected_seconds(len(plan.misses), durations, workers)
