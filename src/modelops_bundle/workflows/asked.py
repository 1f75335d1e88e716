"""What a run asks for, once its model is known: simulations, and the context of their results."""

from __future__ import annotations

from collections.abc import Sequence

from modelops_bundle.records.entries import ModelEntry
from modelops_bundle.results.parameters import plan_simulations
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.results.store import ContextRecord
from modelops_bundle.results.study import agreed
from modelops_bundle.workflows.machinery import RunRequest
from modelops_bundle.workflows.subject import Subject

__all__ = ["settled"]


def settled(
    request: RunRequest, subject: Subject, entry: ModelEntry
) -> tuple[Sequence[Simulation], ContextRecord]:
    """The simulations, and the context of their results, a study's own statements included.

    Args:
        request: What was asked for.
        subject: The model.
        entry: What its source states of it.

    Raises:
        UsageError: Parameters cannot be used, the model has no such scenario or output, or the study that the
            parameters come from is of another model or says otherwise.
    """
    asked = request.parameters
    scenario, outputs = request.scenario, request.outputs
    study = asked.source.study
    if study is not None:
        names = (subject.id, entry.entrypoint)
        scenario, outputs = agreed(study, names=names, scenario=scenario, outputs=outputs)
    simulations = plan_simulations(
        asked.source,
        settings=asked.settings,
        grid=asked.grid,
        seeds=asked.seeds,
        known_parameters=entry.parameters,
    )
    return simulations, subject.context(scenario, outputs)
