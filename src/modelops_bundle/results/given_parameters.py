"""Parameter sets as a program gives them: mappings, lists, tables."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from modelops_bundle.errors import ParameterError
from modelops_bundle.results.parameter_source import ParameterSource, source_of_document
from modelops_bundle.results.parameter_tables import source_of_frame

__all__ = ["AskedParameters", "source_of"]

_DEEPEST = 100


def source_of(params: Any, name: str = "params") -> ParameterSource:
    """Parameter sets that a program gives.

    Args:
        params: One mapping; a sequence of them; a study's mapping; a table (pandas, polars, pyarrow); or
            ``None`` for one empty set. Numbers of numpy become those of Python, tuples lists.
        name: What to call them in errors.

    Raises:
        ParameterError: It is something else, or a table that pyarrow cannot take.
    """
    if isinstance(params, ParameterSource):
        return params
    if hasattr(params, "__arrow_c_stream__"):
        return source_of_frame(params, name)
    if params is None:
        params = {}
    if not isinstance(params, str | bytes) and isinstance(params, Iterable):
        if not isinstance(params, Mapping):
            params = list(params)
        return source_of_document(_plain(params, 0), name)
    raise ParameterError(
        f"{name} cannot be used",
        f"expected a mapping, a list of mappings or a table, got {type(params).__name__}",
    )


def _plain(value: Any, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ParameterError("parameters are nested too deeply", f"more than {_DEEPEST} levels")
    if isinstance(value, Mapping):
        return {key: _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item, depth + 1) for item in value]
    if type(value).__module__ == "numpy":
        return value.tolist()
    return value


@dataclass(frozen=True, slots=True)
class AskedParameters:
    """Parameters as they were given; see :func:`plan_simulations`.

    Attributes:
        source: Parameter sets.
        settings: ``name=value`` texts.
        grid: ``name=value,value`` texts.
        seeds: Seeds to run every set with.
    """

    source: ParameterSource
    settings: Sequence[str] = ()
    grid: Sequence[str] = ()
    seeds: Iterable[int] | str | int | None = None

    @classmethod
    def of(
        cls,
        params: object,
        settings: Sequence[str],
        grid: Sequence[str],
        seeds: Iterable[int] | str | int | None,
    ) -> AskedParameters:
        """Parameters from whatever :func:`source_of` takes.

        Raises:
            ParameterError: It is something else.
        """
        return cls(source_of(params), settings, grid, seeds)
