"""What models and targets are made from where no framework provides it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

__all__ = ["BaseModel", "calibration_target"]

_Function = TypeVar("_Function", bound=Callable[..., Any])


class BaseModel(ABC):
    """A simulation model: parameters and a seed in, named tables out.

    Subclasses may state as literals in the class body what the registry then lists: ``PARAMS``,
    ``OUTPUTS`` and ``SCENARIOS``, each a sequence of names (or a mapping with the names as keys).
    """

    @abstractmethod
    def simulate(self, params: Mapping[str, Any], seed: int) -> Any:
        """Run once.

        Args:
            params: Parameter names to JSON values.
            seed: Seed of the run's random numbers, 0 to 2**64 - 1.

        Returns:
            A table (pandas, polars or pyarrow), or a mapping of output names to tables.
        """


def calibration_target(
    *, model_output: str, data: Mapping[str, str] | None = None
) -> Callable[[_Function], _Function]:
    """Mark a function as a target: what a good model must reproduce.

    Args:
        model_output: Name of the model output that it judges.
        data: Names to paths of the observed data, relative to the project.

    Returns:
        A decorator that gives the function back with ``model_output`` and ``data`` as attributes.
    """

    def mark(function: _Function) -> _Function:
        function.model_output = model_output  # type: ignore[attr-defined]
        function.data = dict(data or {})  # type: ignore[attr-defined]
        return function

    return mark
