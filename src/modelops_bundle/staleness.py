"""Recorded against current: is a result still true, and if not, which dependencies changed.

Pure: both sides are given. Anything that makes the recorded and the current digest differ comes out as at
least one change, so that no entry is stale without a reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum

from modelops_bundle.digests.leaves import Leaves
from modelops_bundle.environment import EnvironmentDigest

__all__ = ["Change", "State", "Verdict", "compare", "judge"]


class State(Enum):
    """Whether what was recorded of an entry still holds."""

    CURRENT = "current"
    STALE = "stale"  # something that it depends on changed
    MISSING = "missing"  # its file or class is gone
    INVALID = "invalid"  # its file does not parse, a dependency is gone, or its class is no model any more


@dataclass(frozen=True, slots=True)
class Change:
    """One dependency that differs.

    Attributes:
        kind: ``code``, ``data``, ``environment``, ``variable``, ``llm`` or ``target``.
        path: Recorded path, or the name of a package, variable, hosted model or property of the environment.
        change: ``modified``, ``added`` or ``removed``.
        before: Digest, version or meaning as recorded; ``None`` when added.
        after: The same now; ``None`` when removed.
    """

    kind: str
    path: str
    change: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """The state of one entry and what makes it so."""

    state: State
    changes: tuple[Change, ...]


def judge(
    recorded: Leaves, recorded_digest: str | None, current: Leaves, digest: str, broken: bool
) -> Verdict:
    """Judge an entry whose file and class are there.

    Args:
        recorded: What was recorded.
        recorded_digest: The digest that results are kept under; ``None`` in a registry of another tool.
        current: What is there now, as far as it can be read.
        digest: ``current.digest()``.
        broken: Whether the entry's file does not parse or a dependency is gone.
    """
    if not broken and recorded_digest == digest:
        return Verdict(State.CURRENT, ())
    changes = compare(recorded, current)
    if not changes and recorded_digest != digest:
        # Only a registry that was edited or merged by hand has a digest that its own parts do not give.
        changes = (Change("code", recorded.path, "modified", recorded_digest, digest),)
    return Verdict(State.INVALID if broken else State.STALE, changes)


def compare(recorded: Leaves, current: Leaves) -> tuple[Change, ...]:
    """Every dependency that differs: code, data, variables, hosted models and environment, each by name."""
    own_kind = "target" if current.kind == "TARGET" else "code"
    own_before, own_after = {recorded.path: recorded.own}, {current.path: current.own}
    return (
        *_differences(own_kind, own_before, own_after),
        *_differences("code", recorded.code, current.code),
        *_differences("code", recorded.external, current.external),
        *_differences("code", recorded.distributions, current.distributions),
        *_differences("data", recorded.data, current.data),
        *_differences("variable", recorded.variables, current.variables),
        *_differences("llm", _meanings(recorded), _meanings(current)),
        *_environment_differences(recorded, current),
    )


def _meanings(leaves: Leaves) -> dict[str, str]:
    # A name has its provider before it, so that only the model can differ.
    return {path: model.text for path, model in leaves.llms.items()}


def _differences(
    kind: str, before: Mapping[str, str], after: Mapping[str, str]
) -> Iterator[Change]:
    if before == after:
        return
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old != new:
            change = "added" if old is None else "removed" if new is None else "modified"
            yield Change(kind, path, change, old, new)


def _environment_differences(recorded: Leaves, current: Leaves) -> Iterator[Change]:
    if recorded.environment_digest == current.environment_digest:
        return
    before, after = recorded.environment, current.environment
    if before is None or after is None:
        digests = (recorded.environment_digest or None, current.environment_digest or None)
        yield Change("environment", "environment", "modified", *digests)
        return
    yield from _differences("environment", _properties(before), _properties(after))
    yield from _differences("environment", before.dependencies, after.dependencies)


def _properties(environment: EnvironmentDigest) -> dict[str, str]:
    named = {
        "python": environment.python_version,
        "platform": environment.platform,
        "container image": environment.container_image,
        "CUDA": environment.cuda_version,
        "RNG algorithm": environment.rng_algorithm,
        "threads": str(environment.thread_count),
    }
    return {name: value for name, value in named.items() if value is not None}
