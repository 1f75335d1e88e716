"""What a result owes to the machine it was made on, as one record with one digest."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelops_bundle.identity.recipes import environment_digest

__all__ = ["EnvironmentDigest"]


@dataclass(frozen=True, slots=True)
class EnvironmentDigest:
    """The environment that a model runs in, as far as it counts for the model's results.

    Attributes:
        python_version: Full version of the interpreter (``3.11.7``).
        platform: Operating system and machine (``linux-x86_64``).
        dependencies: Normalised distribution names to versions.
        container_image: Container image, if any.
        cuda_version: CUDA version, if any.
        rng_algorithm: Random number algorithm.
        thread_count: Number of threads that results may depend on.
    """

    python_version: str
    platform: str
    # A mapping has no hash; leaving it out keeps equal records equal in hash.
    dependencies: Mapping[str, str] = field(default_factory=dict, hash=False)
    container_image: str | None = None
    cuda_version: str | None = None
    rng_algorithm: str = "PCG64"
    thread_count: int = 1

    def compute_digest(self) -> str:
        """The environment's digest, 64 hex digits, as the ModelOps ecosystem defines it."""
        return environment_digest(
            {
                "python": self.python_version,
                "platform": self.platform,
                "deps": sorted([name, version] for name, version in self.dependencies.items()),
                "container": self.container_image,
                "cuda": self.cuda_version,
                "rng": self.rng_algorithm,
                "threads": self.thread_count,
            }
        )
