"""A study as the ModelOps ecosystem writes it: parameter sets, replicates, and what they are run with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelops_bundle.errors import UsageError
from modelops_bundle.results.seeds import MOST_SEEDS

__all__ = ["Study", "agreed", "is_study", "read_study"]


@dataclass(frozen=True, slots=True)
class Study:
    """What a study says beside its parameter sets.

    Attributes:
        model: Module of the model, or ``module:Class``; empty when it names none.
        scenario: Name of the scenario, if any.
        outputs: Names of the outputs asked for; ``None`` for all.
        replicates: Simulations of each parameter set.
    """

    model: str = ""
    scenario: str | None = None
    outputs: tuple[str, ...] | None = None
    replicates: int = 1


def is_study(value: object) -> bool:
    """Whether a document has the shape of a study."""
    return isinstance(value, Mapping) and type(value.get("parameter_sets")) is list


def read_study(
    document: Mapping[str, Any],
) -> tuple[Study, Sequence[Mapping[str, Any]], Sequence[str]]:
    """The study, its parameter sets, and what is wrong with it in words.

    Sets may stand under ``params``, as the ecosystem writes them, or plain.
    """
    problems = [*_wrong(document), *_beside_params(document["parameter_sets"])]
    sets: list[Any] = [_unwrapped(each) for each in document["parameter_sets"]]
    if problems:
        return Study(), sets, problems
    outputs = document.get("outputs")
    study = Study(
        model=document.get("model") or "",
        scenario=document.get("scenario"),
        outputs=None if outputs is None else tuple(outputs),
        replicates=document.get("n_replicates", 1),
    )
    return study, sets, problems


def agreed(
    study: Study,
    *,
    names: Sequence[str],
    scenario: str | None,
    outputs: Sequence[str] | None,
) -> tuple[str | None, tuple[str, ...] | None]:
    """Scenario and outputs to run, from the study and what was asked for beside it.

    Args:
        study: The study.
        names: What the model that is asked for may be called: its id and its entrypoint.
        scenario: The scenario asked for; ``None`` to take the study's.
        outputs: The outputs asked for; ``None`` to take the study's.

    Raises:
        UsageError: The two contradict each other.
    """
    asked = None if outputs is None else tuple(outputs)
    contradictions = []
    if study.model and not any(_is_called(name, study.model) for name in names):
        contradictions.append(f"it is a study of {study.model}, not of {' or '.join(names)}")
    if None not in (scenario, study.scenario) and scenario != study.scenario:
        contradictions.append(f"its scenario is {study.scenario}, not {scenario}")
    if asked is not None and study.outputs is not None and set(asked) != set(study.outputs):
        wanted = ", ".join(study.outputs) or "none"
        contradictions.append(f"its outputs are {wanted}, not {', '.join(asked)}")
    if contradictions:
        raise UsageError(
            "the study says something else than the command",
            "; ".join(contradictions),
            "Leave out what the study says already, or edit the study.",
        )
    return (
        study.scenario if scenario is None else scenario,
        study.outputs if asked is None else asked,
    )


def _is_called(name: str, said: str) -> bool:
    # The ecosystem's samplers write the module alone, of a file's path where one was given.
    name, said = _dotted(name), _dotted(said)
    return said == name or said == name.partition(":")[0] or said == name.replace(":", ".")


def _dotted(name: str) -> str:
    module, colon, rest = name.partition(":")
    if module.endswith(".py"):
        module = module.removesuffix(".py").replace("/", ".")
    return module.removeprefix("src.") + colon + rest


def _wrong(document: Mapping[str, Any]) -> Iterator[str]:
    kind = document.get("kind", "SimulationStudy")
    if kind != "SimulationStudy":
        yield f"kind is {kind!r}, expected SimulationStudy"
    for key in ("model", "scenario", "sampling_method"):
        if type(document.get(key, "")) is not str and document[key] is not None:
            yield f"{key} is no text"
    for key in ("outputs", "targets"):
        names = document.get(key)
        if names is not None and not _are_texts(names):
            yield f"{key} is no list of names"
    replicates = document.get("n_replicates", 1)
    if type(replicates) is not int or not 1 <= replicates <= MOST_SEEDS:
        yield f"n_replicates is {replicates!r:.40}, expected 1 to {MOST_SEEDS}"
    if not isinstance(document.get("metadata") or {}, Mapping):
        yield "metadata is no mapping"


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(type(item) is str for item in value)


def _is_wrapped(each: object) -> bool:
    return isinstance(each, Mapping) and isinstance(each.get("params"), Mapping)


def _unwrapped(each: Any) -> Any:
    return each["params"] if _is_wrapped(each) else each


def _beside_params(sets: Sequence[Any]) -> Iterator[str]:
    for number, each in enumerate(sets, 1):
        if _is_wrapped(each) and (beside := each.keys() - {"params", "param_id"}):
            yield f"set {number} holds {', '.join(map(repr, beside))} beside params"
