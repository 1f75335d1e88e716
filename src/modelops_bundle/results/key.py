"""What makes two results the same: the key, and the document that it is the digest of.

A key holds no path of a machine, so that a project that moved, or another checkout of it, finds its results.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from modelops_bundle.identity.recipes import result_context_digest, result_digest

__all__ = ["LARGEST_SEED", "Context", "ResultKey"]

LARGEST_SEED = 2**64 - 1


@dataclass(frozen=True)
class Context:
    """What all results of one model under one set of circumstances have in common.

    Attributes:
        model: The model's digest: code, data and environment (``blake2b:`` and 64 hex digits).
        entrypoint: ``module:Qualified.Name``.
        scenario: Name of the scenario; ``None`` for the model's default.
        outputs: Names of the outputs that were asked for, sorted; ``None`` for all that it gives.
    """

    model: str
    entrypoint: str
    scenario: str | None = None
    outputs: tuple[str, ...] | None = None

    def document(self) -> dict[str, Any]:
        """The context as JSON."""
        return {
            "model": self.model,
            "entrypoint": self.entrypoint,
            "scenario": self.scenario,
            "outputs": None if self.outputs is None else list(self.outputs),
        }

    @cached_property
    def digest(self) -> str:
        """64 hex digits that stand for the context."""
        return result_context_digest(self.document())


class ResultKey(NamedTuple):
    """Identity of one result.

    Attributes:
        context: Whose result it is.
        param_id: Identity of the parameter set, 64 hex digits.
        seed: Seed of the random numbers, 0 to 2**64 - 1.
    """

    context: Context
    param_id: str
    seed: int

    def document(self) -> dict[str, Any]:
        """What the key is the digest of, as JSON. It is stored with the result."""
        return {**self.context.document(), "param_id": self.param_id, "seed": self.seed}

    @property
    def digest(self) -> str:
        """The key, 64 hex digits."""
        return result_digest(self.context.digest, self.param_id, self.seed)
