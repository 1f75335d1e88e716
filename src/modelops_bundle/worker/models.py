"""How a model is run: which of the ways fits it, found before the first simulation.

1. Its class belongs to a framework that registered a function under ``modelops.wire``: that function runs it.
2. It has a method ``simulate(params, seed)``, or is itself a function of these.
3. Some function under ``modelops_bundle.runners`` runs it: each is asked, in the order of their names.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, NamedTuple

from . import BASELINE
from .environment import Offer
from .failures import FailedError, RefusedError
from .outputs import Encoded, chosen_names, encode_outputs

__all__ = ["RUNNERS", "WIRE", "Way", "choose", "load_model"]

WIRE = "modelops.wire"
RUNNERS = "modelops_bundle.runners"

_ARROW = (b"ARROW1", b"\xff\xff\xff\xff")
_NO_SCENARIO = (
    "Run it without a scenario, or let the model take one: simulate(params, seed, scenario)."
)


class Way(NamedTuple):
    """How a model is run.

    Attributes:
        simulate: One simulation, from parameters and a seed.
        encode: What it returned as bytes; its time is not the model's.
    """

    simulate: Callable[[dict[str, Any], int], Any]
    encode: Callable[[Any], list[Encoded]]


class Asked(NamedTuple):
    """What is wanted of a model."""

    entrypoint: str
    scenario: str | None
    outputs: Sequence[str] | None
    scenarios: Sequence[str]

    @property
    def is_default(self) -> bool:
        """Whether the scenario is the one that a model runs which takes none."""
        return self.scenario is None or (
            self.scenario == BASELINE and BASELINE not in self.scenarios
        )


def load_model(entrypoint: str, path: str) -> Any:
    """Import the module and find the model in it.

    Args:
        entrypoint: ``module:Qualified.Name``.
        path: The file that is to define the module; empty for any.

    Raises:
        RefusedError: The module is another one, or has no such model.
        BaseException: Whatever the module raises.
    """
    name, _, qualified = entrypoint.partition(":")
    module = importlib.import_module(name)
    _check_file(module, path)
    try:
        return functools.reduce(getattr, qualified.split("."), module)
    except AttributeError as error:
        raise RefusedError(
            f"{name} has no {qualified}", str(error), "Run mops-bundle update, or register it anew."
        ) from error


def _check_file(module: ModuleType, path: str) -> None:
    found = getattr(module, "__file__", None) or ""
    if path and os.path.realpath(found) != os.path.realpath(path):
        raise RefusedError(
            f"{module.__name__} was imported from {found or 'no file'}, not from {path}",
            "something of the same name comes before it",
            "Rename one of them, or set source_roots in pyproject.toml.",
        )


def choose(
    model: Any, asked: Asked, wires: Sequence[Offer], runners: Sequence[tuple[Offer, str]]
) -> Way:
    """The way to run a model.

    Args:
        model: The model: a class, a function, or an object with a method ``simulate``.
        asked: What is wanted of it.
        wires: What frameworks offer.
        runners: What else is offered, each with what would make it part of the model's digest, or nothing.

    Raises:
        RefusedError: None fits, or the one that does cannot do what is wanted.
    """
    wire = _wire_of(model, wires)
    if wire is not None:
        return _wired(wire, asked)
    simulate = _simulated(model, asked)
    if simulate is not None:
        return simulate
    if runners:
        return _offered(model, asked, runners)
    raise RefusedError(*_nobody(asked))


def _nobody(asked: Asked) -> tuple[str, str, str]:
    return (
        f"nobody knows how to run {asked.entrypoint}",
        f"its framework registers no function under {WIRE}, it has no simulate(params, seed), and no function"
        f" under {RUNNERS} takes it",
        "Give it a method simulate(self, params, seed) that returns its outputs by name.",
    )


# --- frameworks -----------------------------------------------------------------------------------


def _wire_of(model: Any, wires: Sequence[Offer]) -> Offer | None:
    if not isinstance(model, type):
        return None
    for base in model.__mro__:
        top = base.__module__.partition(".")[0]
        for offer in wires:
            if top in offer.tops:
                return offer
    return None


def _wired(offer: Offer, asked: Asked) -> Way:
    wire = offer.load()
    options = {}
    if asked.scenario is not None and "scenario" in _parameters(wire):
        options["scenario"] = asked.scenario
    elif not asked.is_default:
        raise RefusedError(
            f"the scenario {asked.scenario} cannot be run",
            f"{offer.entry_point.value}, which runs {asked.entrypoint}, takes no scenario",
            "Run it without a scenario: a model of its own for each is one way.",
        )

    def simulate(params: dict[str, Any], seed: int) -> Any:
        return wire(asked.entrypoint, params, seed, **options)

    return Way(simulate, lambda answer: _received(answer, asked.outputs))


def _received(answer: Any, outputs: Sequence[str] | None) -> list[Encoded]:
    """What a framework answered, looked over."""
    if not isinstance(answer, Mapping):
        raise FailedError(f"the framework answered with a {type(answer).__qualname__}, no mapping")
    metadata = _metadata(answer.get("metadata"))
    if isinstance(metadata, dict) and metadata.get("error"):
        raise FailedError(str(metadata["error"]))
    there = [name for name in answer if name != "metadata" or "metadata" in (outputs or ())]
    return [_part(name, answer[name]) for name in chosen_names(there, outputs)]


def _metadata(data: Any) -> Any:
    if data is None:
        return None
    try:
        return json.loads(data)
    except (TypeError, ValueError) as error:
        raise FailedError(f"the framework's metadata is no JSON: {error}") from error


def _part(name: Any, data: Any) -> Encoded:
    if not isinstance(name, str) or not isinstance(data, (bytes, bytearray, memoryview)):
        raise FailedError(
            f"the framework's output {name} is a {type(data).__qualname__}, not bytes"
        )
    content = bytes(data)
    if name == "metadata":
        return Encoded(name, "json", content)
    if not content.startswith(_ARROW):
        raise FailedError(f"the framework's output {name} is no table in Arrow's format")
    return Encoded(name, "table", content)


# --- simulate(params, seed) -----------------------------------------------------------------------


def _simulated(model: Any, asked: Asked) -> Way | None:
    if isinstance(model, type):
        static = inspect.getattr_static(model, "simulate", None)
        function, bound = (
            getattr(model, "simulate", None),
            isinstance(static, (staticmethod, classmethod)),
        )
    else:
        function, bound = getattr(model, "simulate", model), True
    if not callable(function):
        return None
    arguments: tuple[Any, ...] = ({}, 0) if bound else (None, {}, 0)
    if not _takes(function, *arguments):
        return None
    options = {} if asked.scenario is None else {"scenario": asked.scenario}
    if not _takes(function, *arguments, **options):
        if not asked.is_default:
            why = f"simulate of {asked.entrypoint} has no parameter called scenario"
            raise RefusedError(f"the scenario {asked.scenario} cannot be run", why, _NO_SCENARIO)
        options = {}
    if isinstance(model, type):
        _check_instances(model, asked.entrypoint)

    def simulate(params: dict[str, Any], seed: int) -> Any:
        # A new one for each, so that none sees what another has left in it.
        owner = model() if isinstance(model, type) else model
        return getattr(owner, "simulate", owner)(params, seed, **options)

    return _returning(simulate, model, asked)


def _check_instances(model: type, entrypoint: str) -> None:
    abstract = sorted(getattr(model, "__abstractmethods__", ()))
    if abstract:
        why = f"it leaves {', '.join(abstract)} to subclasses"
        raise RefusedError(f"{entrypoint} cannot be made", why, "Register a subclass of it.")
    if not _takes(model):
        raise RefusedError(
            f"{entrypoint} cannot be made",
            f"its __init__ needs arguments: {', '.join(_needed(model))}",
            "Give them defaults: what varies between simulations belongs into the parameters.",
        )


def _needed(model: type) -> list[str]:
    optional = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
    return [
        name
        for name, parameter in _parameters(model).items()
        if parameter.default is parameter.empty and parameter.kind not in optional
    ]


def _takes(function: Callable[..., Any], *arguments: Any, **options: Any) -> bool:
    """Whether it can be called so, as far as it says."""
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        return True  # written in C, some do not say
    try:
        signature.bind(*arguments, **options)
    except TypeError:
        return False
    return True


def _parameters(function: Callable[..., Any]) -> Mapping[str, inspect.Parameter]:
    try:
        return inspect.signature(function).parameters
    except (TypeError, ValueError):
        return {}


def _returning(simulate: Callable[[dict[str, Any], int], Any], model: Any, asked: Asked) -> Way:
    declared = _declared(model)
    return Way(simulate, lambda value: encode_outputs(value, declared, asked.outputs))


def _declared(model: Any) -> tuple[str, ...]:
    outputs = getattr(model, "OUTPUTS", ())
    if isinstance(outputs, str):
        return (outputs,)
    if not isinstance(outputs, (Sequence, Mapping, set, frozenset)):
        return ()
    return tuple(name for name in outputs if isinstance(name, str))


# --- our own entry points -------------------------------------------------------------------------


def _offered(model: Any, asked: Asked, runners: Sequence[tuple[Offer, str]]) -> Way:
    functions = []
    for offer, mend in runners:
        if mend:
            raise RefusedError(
                f"{offer.distribution} offers to run {asked.entrypoint}, and is not part of its digest",
                "a change of it would leave old results standing",
                mend,
            )
        functions.append(offer.load())

    def simulate(params: dict[str, Any], seed: int) -> Any:
        for function in functions:
            value = function(model, params, seed, asked.scenario, asked.outputs)
            if value is not NotImplemented:
                return value
        raise FailedError(": ".join(_nobody(asked)[:2]))

    return _returning(simulate, model, asked)
