"""What the options of a run ask for, together with what a study says itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from modelops_bundle.errors import UsageError
from modelops_bundle.results.parameter_source import ParameterSource
from modelops_bundle.results.parameters import plan_simulations
from modelops_bundle.results.simulations import Simulation
from modelops_bundle.workflows.machinery import RunRequest

__all__ = ["asked_simulations", "with_study"]


def asked_simulations(
    source: object,
    settings: Sequence[str],
    grid: Sequence[str],
    seeds: Iterable[int] | str | int | None,
) -> Callable[[Sequence[str]], Sequence[Simulation]]:
    """Makes the simulations, given the names of the model's parameters; see :func:`plan_simulations`."""
    return partial(_planned, source, settings, grid, seeds)


def _planned(
    source: object,
    settings: Sequence[str],
    grid: Sequence[str],
    seeds: Iterable[int] | str | int | None,
    known_parameters: Sequence[str],
) -> Sequence[Simulation]:
    return plan_simulations(
        source, settings=settings, grid=grid, seeds=seeds, known_parameters=known_parameters
    )


def with_study(request: RunRequest, source: ParameterSource | None) -> RunRequest:
    """The request with the scenario and the outputs of the study that parameters came from, if it is one.

    Raises:
        UsageError: The study says otherwise than the request.
    """
    study = None if source is None else source.study
    if study is None:
        return request
    _agree("--scenario", request.scenario, study.scenario)
    _agree("--output", request.outputs, study.outputs)
    return replace(
        request,
        scenario=study.scenario if request.scenario is None else request.scenario,
        outputs=study.outputs if request.outputs is None else request.outputs,
    )


def _agree(option: str, given: object, stated: object) -> None:
    if given is not None and stated is not None and given != stated:
        raise UsageError(
            f"{option} says {given}, and the study says {stated}", "", "Leave the option out."
        )
