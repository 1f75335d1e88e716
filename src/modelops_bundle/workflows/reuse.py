"""Simulations or evaluations, looked up first and computed only where nothing true is there."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial

from modelops_bundle.errors import StorageError
from modelops_bundle.project.files import without
from modelops_bundle.results.key import Context, ResultKey
from modelops_bundle.results.plan import Plan, make_plan
from modelops_bundle.results.record import Level, UndeclaredRead
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import ContextRecord
from modelops_bundle.worker.inputs import contents_of
from modelops_bundle.workflows.execution import Execution, Tally, TaskParams
from modelops_bundle.workflows.hosted_status import refuse_retired
from modelops_bundle.workflows.machinery import Machinery, RunRequest
from modelops_bundle.workflows.subject import Subject, differences, inputs_of, runner_spec
from modelops_bundle.workflows.surroundings import Surroundings
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Reused", "reuse"]

_TOLD_EACH = 100
#: Hits that a prediction reads as well; of more it believes the index.
_FEW = 2_000


@dataclass(frozen=True, slots=True)
class Reused:
    """What was found and what was computed.

    Attributes:
        record: The context.
        plan: Hits and misses.
        tally: What became of the misses; empty in a dry run.
        states: What became of each, in the order asked for: ``hit``, ``miss`` (not run), ``computed``,
            ``unsound`` (computed, and not to be reused) or ``failed``.
        moved: What has come or gone since stored results looked for it: paths and patterns.
    """

    record: ContextRecord
    plan: Plan
    tally: Tally
    states: Sequence[str]
    moved: Sequence[str] = ()


def reuse(
    workspace: Workspace,
    machinery: Machinery,
    request: RunRequest,
    subject: Subject,
    record: ContextRecord,
    simulations: Sequence[Simulation],
    task_params: TaskParams = lambda simulation: simulation.params,
) -> Reused:
    """Look up, and compute what is missing unless it is a dry run.

    Args:
        workspace: The project.
        machinery: The world outside.
        request: How closely to watch, whether to go on after failures, and the like.
        subject: What is run.
        record: Its context.
        simulations: What is wanted.
        task_params: What a worker is given of one.

    Raises:
        InputsChangedError: What it depends on changed meanwhile. Earlier results are kept.
        StorageError: Results cannot be stored. Earlier ones are kept.
        WorkerError: It cannot be run at all, or a hosted model that it calls is retired.
    """
    if not request.dry_run:
        # Until the command ends: a target judges what was found here. Where nothing can be written, results
        # can be read all the same.
        with suppress(StorageError):
            machinery.claims.hold([record.context.digest])
    known = machinery.store.scan(record.context)
    plan = make_plan(simulations, known, request.least)
    tally, surroundings = Tally(), Surroundings(workspace.layout.root, workspace.version_of)
    lost: Sequence[Simulation] = ()
    if not request.dry_run:
        machinery.local.put_context(record)
        machinery.catch_up()
    if not request.dry_run or len(plan.hits) <= _FEW:
        plan, lost = _verified(
            workspace, machinery, record.context, plan, request.least, surroundings
        )
    if request.refresh:
        plan = Plan((), simulations, 0.0, plan.durations)
    if plan.misses and not request.dry_run:
        given = (workspace, machinery, request, subject, record, plan)
        tally = _compute(*given, lost, task_params)
    return Reused(record, plan, tally, _states(simulations, plan, tally), surroundings.moved)


def _is_input(ignored: tuple[str, ...], read: UndeclaredRead) -> bool:
    """Whether a read counts: the configuration may say that a file is no input."""
    is_file = read.kind in ("absent", "present", "code", "data")
    return not is_file or bool(without([read.name], ignored))


def _verified(
    workspace: Workspace,
    machinery: Machinery,
    context: Context,
    plan: Plan,
    least: Level,
    surroundings: Surroundings,
) -> tuple[Plan, Sequence[Simulation]]:
    """The plan with each hit read, so that shared ones are here; and those that are misses after all.

    That is a result which is damaged or worth less than was said, or found other files when it looked.
    """
    keys = [ResultKey(context, each.param_id, each.seed) for each in plan.hits]
    hits, lost, saved = [], [], 0.0
    found = machinery.store.get_many(keys)
    for done, (simulation, (_, result)) in enumerate(zip(plan.hits, found, strict=True)):
        if workspace.progress and done % _TOLD_EACH == 0:
            workspace.progress("looking at results", done, len(keys))
        # An index, or the name of an object, may say more than the result itself.
        if result is None or not result.may_be_taken(least) or surroundings.changed(result):
            lost.append(simulation)
        else:
            hits.append(simulation)
            saved += result.provenance.duration
    return Plan(hits, [*plan.misses, *lost], saved, plan.durations), lost


def _states(simulations: Sequence[Simulation], plan: Plan, tally: Tally) -> list[str]:
    """What became of each simulation, in the order asked for."""
    missing = {each[1:] for each in plan.misses}
    return [
        tally.states.get(each[1:], "miss") if each[1:] in missing else "hit" for each in simulations
    ]


def _compute(
    workspace: Workspace,
    machinery: Machinery,
    request: RunRequest,
    subject: Subject,
    record: ContextRecord,
    plan: Plan,
    untrue: Sequence[Simulation],
    task_params: TaskParams,
) -> Tally:
    llms = subject.survey.leaves.llms
    if llms:
        refuse_retired(workspace.hosted, llms, len(plan.misses))
    spec = runner_spec(workspace, subject, record, request.level, machinery.package)
    look = partial(differences, workspace, subject.id, record)
    guarded = machinery.guard(inputs_of(workspace, subject), look)
    with guarded as guard, machinery.engine() as engine:
        machinery.store.put_context(record)
        if machinery.elsewhere:
            spec = replace(spec, inputs=contents_of(inputs_of(workspace, subject)))
        execution = Execution(
            context=record.context,
            model_id=subject.id,
            task_params=task_params,
            tool=machinery.tool,
            spec=spec,
            engine=engine,
            local=machinery.local,
            store=machinery.store,
            claims=machinery.claims,
            guard=guard,
            least=request.least,
            keep_going=request.keep_going,
            progress=workspace.progress,
            is_input=partial(_is_input, workspace.config.ignore_files),
            label=f"computing ({len(plan.hits)} hits)" if plan.hits else "computing",
        )
        return execution.run(plan.misses, plan.misses if request.refresh else (), untrue)
