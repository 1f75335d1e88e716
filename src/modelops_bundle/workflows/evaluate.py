"""``evaluate``: run or reuse a model, and let targets judge what it gave.

A loss is a result like any other: its key is made of the target's own digest and of the keys and outputs of
the results that it judges. So an edit of the target judges anew and simulates nothing.
"""

from __future__ import annotations

import base64
import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from modelops_bundle.errors import StorageError, UsageError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest, evaluation_digest
from modelops_bundle.records.entries import BundleRegistry, ModelEntry, TargetEntry
from modelops_bundle.results.key import ResultKey
from modelops_bundle.results.record import Result, UndeclaredRead
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import ResultStore
from modelops_bundle.results.tables import decode
from modelops_bundle.workflows.declare import declaring
from modelops_bundle.workflows.machinery import Machinery, RunRequest
from modelops_bundle.workflows.reuse import Reused, reuse
from modelops_bundle.workflows.run import RunReport, run, withheld_warning
from modelops_bundle.workflows.status import select
from modelops_bundle.workflows.subject import find_subject
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Evaluation", "EvaluationReport", "Judged", "TargetRun", "evaluate"]


@dataclass(frozen=True, slots=True)
class TargetRun:
    """What one target did.

    Attributes:
        id: Its id.
        path: Recorded path of its file.
        name: Qualified name of its function.
        weight: Its weight in the sum.
        reused: Losses that were there, and those that were computed.
        declared: Reads that were declared by this evaluation.
        warnings: What should be known, in words.
    """

    id: str
    path: str
    name: str
    weight: float
    reused: Reused
    declared: Sequence[UndeclaredRead] = ()
    warnings: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class Judged:
    """One parameter set and its losses.

    Attributes:
        params: Parameter names to values.
        param_id: Their identity.
        seeds: How many simulations of it were judged.
        losses: The loss under each target, by its id; those that failed are not there.
        total: The weighted sum; NaN when one is not there.
    """

    params: Mapping[str, Any]
    param_id: str
    seeds: int
    losses: Mapping[str, float]
    total: float


@dataclass(frozen=True, slots=True)
class EvaluationReport:
    """What an evaluation found and did.

    Attributes:
        run: What was simulated; its warnings have those of targets as well.
        targets: What each target did.
        rows: Parameter sets, the best first; those without a loss last.
    """

    run: RunReport
    targets: Sequence[TargetRun]
    rows: Sequence[Judged]

    @property
    def missing(self) -> int:
        """How many losses are not there yet: those that a dry run would compute, or that failed."""
        sets = len({each.param_id for each in self.run.simulations})
        there = ("hit", "computed", "unsound")
        return sum(
            sets - sum(state in there for state in target.reused.states) for target in self.targets
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What the user asked for.

    Attributes:
        target: A target, or the name of a target set.
        model: Name of the model; empty for the one that has the output.
        run: How to run it; its model is filled in.
    """

    target: str
    model: str
    run: RunRequest


@dataclass(frozen=True, slots=True)
class _Group:
    """The results of one parameter set."""

    simulation: Simulation
    keys: tuple[ResultKey, ...]


def evaluate(workspace: Workspace, machinery: Machinery, asked: Evaluation) -> EvaluationReport:
    """Run or reuse the model, and evaluate targets on every parameter set.

    Raises:
        UsageError: The target, the set or the model is not there, or more than one model fits.
        MopsError: As for :func:`modelops_bundle.workflows.run.run`.
    """
    registry = workspace.registry.load()
    weights = _targets(registry, asked.target)
    model = _model(registry, list(weights), asked.model)
    ran = run(workspace, machinery, replace(asked.run, model=model))
    groups = list(_groups(ran, machinery.store))
    if asked.run.dry_run:
        wanted = Counter(each.param_id for each in ran.simulations)
        groups = [each for each in groups if len(each.keys) == wanted[each.keys[0].param_id]]
    targets = []
    for target, weight in weights.items():
        once = partial(_evaluated, machinery, asked.run, target, weight, groups)
        targets.append(_declaring(workspace, once) if asked.run.declare else once(workspace))
    warnings = dict.fromkeys((*ran.warnings, *(text for each in targets for text in each.warnings)))
    ran = replace(ran, warnings=tuple(warnings))
    rows = [_judged(group, targets, machinery.store) for group in groups]
    return EvaluationReport(ran, targets, sorted(rows, key=_order))


def _targets(registry: BundleRegistry, name: str) -> dict[str, float]:
    """Targets by id, each with its weight."""
    members = registry.target_sets.get(name)
    if members is not None and name not in registry.targets:
        if not members.targets:
            # The sum of no losses is 0 for every parameter set: the best there is.
            raise UsageError(
                f"the target set {name} is empty",
                "it was made so, or its targets were unregistered",
                f"`mops-bundle target-set set {name} TARGET...` says what is in it.",
            )
        return {
            target: members.weights.get(target, _own_weight(registry.targets.get(target)))
            for target in members.targets
        }
    (target_id,) = select(registry, [name])
    if target_id not in registry.targets:
        raise UsageError(
            f"{target_id} is a model",
            "targets and target sets are evaluated",
            f"`mops-bundle run {target_id}` runs it; `mops-bundle list` shows the targets.",
        )
    return {target_id: 1.0}


def _own_weight(target: TargetEntry | None) -> float:
    return 1.0 if target is None or target.weight is None else target.weight


def _model(registry: BundleRegistry, targets: Sequence[str], name: str) -> str:
    """The model whose outputs targets judge."""
    if name:
        return name
    wanted = {registry.targets[each].model_output for each in targets if each in registry.targets}
    fitting = [model_id for model_id, entry in registry.models.items() if _has(entry, wanted)]
    if len(fitting) == 1:
        return fitting[0]
    outputs = ", ".join(sorted(wanted))
    if not fitting:
        raise UsageError(
            f"no registered model has the output {outputs}", "", "Name one with --model."
        )
    raise UsageError(
        f"several models have the output {outputs}", ", ".join(fitting), "Name one with --model."
    )


def _has(entry: ModelEntry, outputs: set[str]) -> bool:
    return outputs <= set(entry.outputs)


def _groups(ran: RunReport, store: ResultStore) -> Iterator[_Group]:
    """The results of each parameter set."""
    judged: dict[str, list[tuple[ResultKey, list[tuple[str, Digest]]]]] = {}
    for key, result in store.get_many(ran.keys):
        if result is not None:
            outputs = [(each.name, content_digest(each.data)) for each in result.outputs]
            judged.setdefault(key.param_id, []).append((key, outputs))
    sets = {each.param_id: each for each in ran.simulations}
    for param_id, found in judged.items():
        keys = tuple(key for key, _ in found)
        params = {"params": dict(sets[param_id].params), "results": [key.digest for key in keys]}
        digest = evaluation_digest((key.digest, outputs) for key, outputs in found)
        yield _Group(Simulation(params, digest, 0), keys)


def _declaring(workspace: Workspace, once: Callable[[Workspace], TargetRun]) -> TargetRun:
    done, declared = declaring(workspace, once, lambda each: (each.id, each.reused.tally.reads))
    return replace(done, declared=tuple(declared))


def _evaluated(
    machinery: Machinery,
    request: RunRequest,
    target: str,
    weight: float,
    groups: Sequence[_Group],
    workspace: Workspace,
) -> TargetRun:
    subject = find_subject(workspace, target)
    record = subject.context(None, ("loss",))
    reused = reuse(
        workspace,
        machinery,
        request,
        subject,
        record,
        [group.simulation for group in groups],
        _outputs_of(groups, machinery.store),
    )
    name = subject.entry.entrypoint.partition(":")[2]
    warnings = [
        withheld_warning(workspace, each, is_target=True) for each in sorted(reused.tally.withheld)
    ]
    return TargetRun(subject.id, subject.entry.path, name, weight, reused, warnings=warnings)


def _outputs_of(
    groups: Sequence[_Group], store: ResultStore
) -> Callable[[Simulation], Mapping[str, Any]]:
    """What a worker is given of an evaluation: the outputs of every result, read when they are sent."""
    # The order of seeds is no part of what a loss is stored under.
    keys = {
        group.simulation.param_id: sorted(group.keys, key=lambda key: key.seed) for group in groups
    }

    def outputs(simulation: Simulation) -> Mapping[str, Any]:
        results = [_there(key, each) for key, each in store.get_many(keys[simulation.param_id])]
        return {
            "replicates": [
                [
                    {
                        "name": output.name,
                        "kind": output.kind,
                        "data": base64.b64encode(output.data).decode(),
                    }
                    for output in result.outputs
                ]
                for result in results
            ]
        }

    return outputs


def _there(key: ResultKey, result: Result | None) -> Result:
    if result is None:
        raise StorageError(
            f"the result {key.digest[:12]} cannot be read any more",
            "it was damaged or removed meanwhile",
            "Run the command again.",
        )
    return result


def _judged(group: _Group, targets: Sequence[TargetRun], store: ResultStore) -> Judged:
    losses: dict[str, float] = {}
    for target in targets:
        loss = _loss(group, target, store)
        if loss is not None:
            losses[target.id] = loss
    total = math.nan
    if len(losses) == len(targets):
        total = math.fsum(target.weight * losses[target.id] for target in targets)
    params = group.simulation.params["params"]
    return Judged(params, group.keys[0].param_id, len(group.keys), losses, total)


def _loss(group: _Group, target: TargetRun, store: ResultStore) -> float | None:
    key = ResultKey(target.reused.record.context, group.simulation.param_id, 0)
    found = store.get(key)
    return None if found is None else float(decode(found.outputs[0]))


def _order(row: Judged) -> tuple[bool, float]:
    # What is no number would otherwise stand anywhere.
    return (math.isnan(row.total), 0.0 if math.isnan(row.total) else row.total)
