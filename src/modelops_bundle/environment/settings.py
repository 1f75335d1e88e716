"""What counts beside packages: container image, CUDA version, random number algorithm and threads.

Each is what the configuration says, else what a variable of its own says, else what the usual variable says:

===================== ============================== ========================
configuration         variable                       usual variable
===================== ============================== ========================
``container_image``   ``MODELOPS_CONTAINER_IMAGE``
``cuda_version``      ``MODELOPS_CUDA_VERSION``      ``CUDA_VERSION``
``rng_algorithm``     ``MODELOPS_RNG_ALGORITHM``
``thread_count``      ``MODELOPS_THREADS``           ``OMP_NUM_THREADS``
===================== ============================== ========================
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from modelops_bundle.environment.interpreter import Interpreter
from modelops_bundle.environment.record import EnvironmentDigest
from modelops_bundle.project.config import EnvironmentConfig

__all__ = ["SETTING_VARIABLES", "Settings", "environment_of", "read_settings"]

#: Variables of each setting, the first that is set counts.
SETTING_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "container_image": ("MODELOPS_CONTAINER_IMAGE",),
    "cuda_version": ("MODELOPS_CUDA_VERSION", "CUDA_VERSION"),
    "rng_algorithm": ("MODELOPS_RNG_ALGORITHM",),
    "thread_count": ("MODELOPS_THREADS", "OMP_NUM_THREADS"),
}
_DEFAULT_RNG = "PCG64"
_MOST_DIGITS = 9


class Settings(NamedTuple):
    """The settings in force.

    Attributes:
        container_image: Container image, if any.
        cuda_version: CUDA version, if any.
        rng_algorithm: Random number algorithm.
        thread_count: Number of threads, at least 1.
        warnings: Values that make no sense and were ignored; a sentence each.
    """

    container_image: str | None
    cuda_version: str | None
    rng_algorithm: str
    thread_count: int
    warnings: tuple[str, ...] = ()


def read_settings(config: EnvironmentConfig, variables: Mapping[str, str]) -> Settings:
    """The settings that the configuration and the environment variables give."""
    threads, warnings = _threads(config.thread_count, variables)
    return Settings(
        container_image=config.container_image or _first("container_image", variables),
        cuda_version=config.cuda_version or _first("cuda_version", variables),
        rng_algorithm=config.rng_algorithm or _first("rng_algorithm", variables) or _DEFAULT_RNG,
        thread_count=threads,
        warnings=warnings,
    )


def environment_of(
    interpreter: Interpreter, dependencies: Mapping[str, str], settings: Settings
) -> EnvironmentDigest:
    """The environment as it is recorded.

    Args:
        interpreter: The project's interpreter.
        dependencies: Distributions in scope, names to versions.
        settings: What counts beside packages.
    """
    return EnvironmentDigest(
        python_version=interpreter.version,
        platform=interpreter.platform,
        dependencies=dependencies,
        container_image=settings.container_image,
        cuda_version=settings.cuda_version,
        rng_algorithm=settings.rng_algorithm,
        thread_count=settings.thread_count,
    )


def _first(setting: str, variables: Mapping[str, str]) -> str | None:
    for name in SETTING_VARIABLES[setting]:
        value = variables.get(name, "").strip()
        if value:
            # A value that is no Unicode keeps its bytes visible: a digest takes only text.
            return value.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return None


def _threads(configured: int | None, variables: Mapping[str, str]) -> tuple[int, tuple[str, ...]]:
    if configured is not None:
        return configured, ()
    warnings: list[str] = []
    for name in SETTING_VARIABLES["thread_count"]:
        value = variables.get(name, "").strip()
        # OpenMP takes a list, one number for each level of nesting.
        outermost = value.partition(",")[0].strip()
        usable = outermost.isascii() and outermost.isdigit() and len(outermost) <= _MOST_DIGITS
        if usable and int(outermost) >= 1:
            return int(outermost), tuple(warnings)
        if value:
            warnings.append(f"{name} is {value!r}, which is no number of threads; it was ignored.")
    return 1, tuple(warnings)
