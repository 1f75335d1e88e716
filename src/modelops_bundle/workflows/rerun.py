"""``results verify --rerun``: compute stored results again and compare.

What differs is not deterministic, or depends on something that nobody declared or saw.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial

from modelops_bundle.errors import InputsChangedError, StorageError, UsageError
from modelops_bundle.results.key import Context
from modelops_bundle.results.record import Level, Output, Result
from modelops_bundle.results.store import ContextRecord, Stored
from modelops_bundle.results.tasks import Outcome, Task
from modelops_bundle.workflows.hosted_status import retired
from modelops_bundle.workflows.machinery import Machinery
from modelops_bundle.workflows.stored import chosen_contexts, current_contexts
from modelops_bundle.workflows.subject import differences, find_subject, inputs_of, runner_spec
from modelops_bundle.workflows.surroundings import Surroundings
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Compared", "Rerun", "rerun"]


@dataclass(frozen=True, slots=True)
class Compared:
    """One result that did not come out the same.

    Attributes:
        key: Its key, 64 hex digits.
        model: Id of its model.
        outputs: Names of the outputs that differ, or that only one side has.
        error: Why it could not be computed again; empty when it could.
    """

    key: str
    model: str
    outputs: Sequence[str]
    error: str


@dataclass(frozen=True, slots=True)
class Rerun:
    """What computing results again has shown.

    Attributes:
        compared: How many were computed again.
        differing: Those that did not come out the same.
        refused: Why results of some models were not computed again, in words: a hosted model is retired.
    """

    compared: int
    differing: Sequence[Compared]
    refused: Sequence[str] = ()


def rerun(workspace: Workspace, machinery: Machinery, model: str | None, number: int) -> Rerun:
    """Compute some stored results of current digests again, chosen at random.

    Raises:
        UsageError: The name is no model's.
        InputsChangedError: What a model depends on changed meanwhile.
        WorkerError: A model cannot be run at all.
    """
    store = machinery.local
    records = chosen_contexts(workspace, store, model)
    # A loss needs the results that it judges, which are computed again themselves.
    registry = workspace.registry.load()
    models = registry.models
    if model is not None and {each.model_id for each in records.values()} & registry.targets.keys():
        raise UsageError(
            f"{model} is a target",
            "losses are computed from results, which are those that are computed again",
            "`mops-bundle evaluate TARGET --refresh` computes losses again and compares them.",
        )
    current = {
        digest
        for digest in current_contexts(workspace, records)
        if records[digest].model_id in models
    }
    left_out = _retired(workspace, {digest: records[digest] for digest in current})
    current -= left_out.keys()
    with suppress(StorageError):  # where nothing can be written
        machinery.claims.hold(current)
    rows = [row for row in store.list(current) if row.sound]
    sample = random.sample(rows, min(number, len(rows)))
    by_context: dict[str, list[Stored]] = {}
    for row in sample:
        by_context.setdefault(row.context, []).append(row)
    compared, differing = 0, list[Compared]()
    surroundings = Surroundings(workspace.layout.root, workspace.version_of)
    for digest, group in by_context.items():
        stored = filter(None, (store.read(row.key) for row in group))
        results = sorted(
            (each for each in stored if not surroundings.changed(each)),
            key=lambda each: (each.provenance.started, each.key.seed),
        )
        compared += len(results)
        again = _computed(workspace, machinery, records[digest].model_id, results)
        for result, outcome in zip(results, again, strict=True):
            found = _compared(records[digest].model_id, result, outcome)
            differing += [found] if found is not None else []
    return Rerun(compared, differing, sorted({*left_out.values()}))


def _retired(workspace: Workspace, records: Mapping[str, ContextRecord]) -> dict[str, str]:
    """Contexts of models that call what does not answer any more, with what to tell of each."""
    told = {}
    for digest, record in records.items():
        why = retired(workspace.hosted, record.llms) if record.llms else ""
        if why:
            told[digest] = f"results of {record.model_id} are not computed again: {why}"
    return told


def _computed(
    workspace: Workspace, machinery: Machinery, model_id: str, results: Sequence[Result]
) -> list[Outcome]:
    """The outcome of each result's simulation, in the order of the results: that in which they began."""
    if not results:
        return []
    subject = find_subject(workspace, model_id)
    context: Context = results[0].key.context
    record = subject.context(context.scenario, context.outputs)
    spec = runner_spec(workspace, subject, record, Level.ENFORCED, machinery.package)
    tasks = [
        Task(number, result.provenance.params or {}, result.key.seed)
        for number, result in enumerate(results)
    ]
    outcomes: dict[int, Outcome] = {}
    look = partial(differences, workspace, subject.id, record)
    guarded = machinery.guard(inputs_of(workspace, subject), look)
    with guarded as guard, machinery.engine() as engine:
        # Backwards, so that what one simulation leaves behind for the next shows as well.
        for outcome in engine.execute(spec, reversed(tasks)):
            outcomes[outcome.number] = outcome
            if workspace.progress:
                workspace.progress("computing again", len(outcomes), len(tasks))
        changed = guard.changed()
    if changed:
        raise InputsChangedError(
            f"what {model_id} depends on changed meanwhile: {', '.join(changed)}",
            "its results cannot be compared",
            "Run the command again when the files are as you want them.",
        )
    return [outcomes[number] for number in range(len(tasks))]


def _compared(model_id: str, result: Result, outcome: Outcome) -> Compared | None:
    key = result.key.digest
    if outcome.error:
        return Compared(key, model_id, (), outcome.error)
    before, after = _by_name(result.outputs), _by_name(outcome.outputs)
    names = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    return Compared(key, model_id, names, "") if names else None


def _by_name(outputs: Sequence[Output]) -> dict[str, Output]:
    return {output.name: output for output in outputs}
