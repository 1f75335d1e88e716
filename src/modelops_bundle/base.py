"""The base class for models that belong to no framework."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

__all__ = ["BaseModel"]


class BaseModel(ABC):
    """A simulation model: parameters and a seed in, named tables out.

    Subclasses may state as literals in the class body what the registry then lists: ``PARAMS`` and
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
