"""``trace``: one simulation, to see what it reads. Its result is not kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelops_bundle.results.record import Level, UndeclaredRead
from modelops_bundle.results.tasks import Task
from modelops_bundle.workflows.asked import settled
from modelops_bundle.workflows.declare import declare
from modelops_bundle.workflows.hosted_status import refuse_retired
from modelops_bundle.workflows.machinery import Machinery, RunRequest
from modelops_bundle.workflows.subject import find_model, runner_spec
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["TraceReport", "trace"]


@dataclass(frozen=True, slots=True)
class TraceReport:
    """What one simulation read.

    Attributes:
        model: Id of the model.
        path: Recorded path of its file.
        class_name: Qualified name of its class.
        reads: What it read that is not declared.
        declared: Those of these that were declared now.
        outputs: Names of its outputs.
        error: Why it failed, in one line; empty when it did not.
        traceback: Where it failed.
        duration: How long it took, in seconds.
    """

    model: str
    path: str
    class_name: str
    reads: Sequence[UndeclaredRead]
    declared: Sequence[UndeclaredRead]
    outputs: Sequence[str]
    error: str
    traceback: str
    duration: float


def trace(workspace: Workspace, machinery: Machinery, request: RunRequest) -> TraceReport:
    """Run the first simulation that was asked for, watched and not enforced.

    With :attr:`RunRequest.declare`, what it read is declared.

    Raises:
        UsageError: The request names something that is not there.
        InvalidEntryError: The model's file or a dependency is gone, or does not parse.
        WorkerError: The model cannot be run at all, or a hosted model that it calls is retired.
    """
    subject, entry = find_model(workspace, request.model)
    simulations, record = settled(request, subject, entry)
    spec = runner_spec(workspace, subject, record, Level.OFF, machinery.package)
    first = simulations[0]
    if llms := subject.survey.leaves.llms:
        refuse_retired(workspace.hosted, llms, 1)
    with machinery.engine() as engine:
        (outcome,) = engine.execute(spec, iter([Task(0, first.params, first.seed)]))
    reads = tuple(dict.fromkeys(each for each in outcome.undeclared if each.spoils))
    return TraceReport(
        model=subject.id,
        path=subject.entry.path,
        class_name=entry.class_name,
        reads=reads,
        declared=tuple(declare(workspace, subject.id, reads)) if request.declare else (),
        outputs=tuple(output.name for output in outcome.outputs),
        error=outcome.error,
        traceback=outcome.traceback,
        duration=outcome.duration,
    )
