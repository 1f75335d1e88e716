"""How a target judges what a model gave: which of the ways fits it.

1. A function without parameters, or with ``data_paths`` alone, gives objects that evaluate replicates
   themselves (Calabaria's targets): these get all replicates of a parameter set at once, each a mapping of
   output names to polars tables. Their own weights count.
2. Any other takes ``(simulated, observed)``, once for each replicate, and the mean of its losses counts.
   ``simulated`` is the output it judges; ``observed`` its data: the one table, or tables by name, or, where
   the parameter is called ``data_paths``, the paths of the files by name.

Tables are pandas tables where pandas is installed, else mappings of names to columns.
"""

from __future__ import annotations

import base64
import csv
import inspect
import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from .failures import FailedError, RefusedError
from .models import Way
from .outputs import encode

__all__ = ["choose_target"]

LOSS = "loss"
_PATHS = ("data_paths", "paths")
_ANY_NUMBER = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)


def choose_target(function: Any, spec: Mapping[str, Any]) -> Way:
    """The way to evaluate a target.

    Args:
        function: The target.
        spec: The specification of the run.

    Raises:
        RefusedError: It takes something else.
    """
    try:
        parameters = [
            each
            for each in inspect.signature(function).parameters.values()
            if each.kind not in _ANY_NUMBER
        ]
    except (TypeError, ValueError) as error:
        raise RefusedError(f"{spec['entrypoint']} is no target", str(error)) from error
    needed = [each for each in parameters if each.default is each.empty]
    paths = _paths(function, spec)
    if not needed:
        judge: Callable[[list[Any]], float] = _own_evaluation(function)
    elif len(parameters) == 1 and parameters[0].name in _PATHS:
        # A decorator that knows the paths hands them on itself.
        known = hasattr(function, "__wrapped__")
        judge = _own_evaluation(function if known else lambda: function(dict(paths)))
    elif len(needed) == 2 or len(parameters) == 2:
        judge = _plain(function, parameters[1].name, paths, spec["judges"])
    else:
        raise RefusedError(
            f"{spec['entrypoint']} takes {len(needed)} values",
            "a target takes (simulated, observed), or data_paths or nothing where it evaluates by itself",
            "Give it these two parameters.",
        )

    def evaluate(params: dict[str, Any], _seed: int) -> float:
        return judge(params["replicates"])

    return Way(evaluate, lambda value: [encode(LOSS, value)])


def _own_evaluation(function: Callable[[], Any]) -> Callable[[list[Any]], float]:
    def judge(replicates: list[Any]) -> float:
        found = function()
        targets = getattr(found, "targets", found)
        many = targets if isinstance(targets, Sequence) else [targets]
        outputs = [
            {each["name"]: _polars(each) for each in replicate if each["kind"] == "table"}
            for replicate in replicates
        ]
        if not all(hasattr(each, "evaluate") for each in many):
            raise FailedError(
                f"the target gave a {type(found).__name__}, which evaluates nothing;"
                " a plain target takes (simulated, observed)"
            )
        return sum(_own_loss(each.evaluate(outputs)) for each in many)

    return judge


def _own_loss(evaluation: Any) -> float:
    weighted = getattr(evaluation, "weighted_loss", None)
    return _loss(evaluation.loss if weighted is None else weighted)


def _plain(
    function: Callable[[Any, Any], Any], second: str, paths: Mapping[str, str], output: str
) -> Callable[[list[Any]], float]:
    def judge(replicates: list[Any]) -> float:
        losses = []
        for replicate in replicates:
            found = next((each for each in replicate if each["name"] == output), None)
            if found is None:
                raise LookupError(f"the model has no output {output}")
            simulated = _decoded(found)
            losses.append(_loss(function(simulated, _observed(paths, second))))
        return sum(losses) / len(losses)

    return judge


def _paths(function: Any, spec: Mapping[str, Any]) -> dict[str, str]:
    """The target's data, by the names that it states or those of the files."""
    named = getattr(function, "data", None)
    if isinstance(named, Mapping):
        return {name: os.path.join(spec["root"], path) for name, path in named.items()}
    return {os.path.splitext(os.path.basename(each))[0]: each for each in spec["data"]}


def _observed(paths: Mapping[str, str], second: str) -> Any:
    if second in _PATHS:
        return dict(paths)
    tables = {name: _read(path) for name, path in paths.items()}
    return next(iter(tables.values())) if len(tables) == 1 else tables


def _loss(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError) as error:
        raise FailedError(
            f"the target gave a {type(value).__name__}; a loss is a number"
        ) from error


# --- tables ---------------------------------------------------------------------------------------


def _decoded(output: Mapping[str, Any]) -> Any:
    data = base64.b64decode(output["data"])
    if output["kind"] == "json":
        return json.loads(data)
    if output["kind"] == "array":
        return _arrow(data)["value"].to_numpy()
    table = _arrow(data)
    try:
        import pandas  # noqa: F401
    except ImportError:
        return table.to_pydict()
    return table.to_pandas()


def _arrow(data: bytes) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise FailedError(
            "targets need pyarrow in the project's environment: uv add pyarrow"
        ) from error
    # A file begins with its name, a stream does not.
    is_file = data.startswith(b"ARROW1")
    opened = pyarrow.ipc.open_file(data) if is_file else pyarrow.ipc.open_stream(data)
    return opened.read_all()


def _polars(output: Mapping[str, Any]) -> Any:
    import polars

    return polars.from_arrow(_arrow(base64.b64decode(output["data"])))


def _read(path: str) -> Any:
    """A file of observed data, by its name's ending; the path of what is no table."""
    suffix = os.path.splitext(path)[1].lower()
    if suffix == ".json":
        with open(path, encoding="utf-8") as file:  # noqa: PTH123 - no import for one file
            return json.load(file)
    try:
        import pandas
    except ImportError:
        return _columns(path) if suffix in (".csv", ".tsv") else path
    if suffix in (".csv", ".tsv"):
        return pandas.read_csv(path, sep="\t" if suffix == ".tsv" else ",")
    return pandas.read_parquet(path) if suffix == ".parquet" else path


def _columns(path: str) -> dict[str, list[Any]]:
    with open(path, newline="", encoding="utf-8-sig") as file:  # noqa: PTH123 - as above
        rows = list(csv.reader(file, delimiter="\t" if path.endswith(".tsv") else ","))
    names, *values = rows or [[]]
    return {name: [_number(row[at]) for row in values] for at, name in enumerate(names)}


def _number(text: str) -> Any:
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return text
