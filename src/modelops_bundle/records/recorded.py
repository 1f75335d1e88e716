"""Between an entry of the registry and the leaves that it records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

from modelops_bundle.digests.leaves import HostedModel, Leaves
from modelops_bundle.environment import EnvironmentDigest
from modelops_bundle.records.entries import EnvironmentEntry, LlmEntry, ModelEntry, TargetEntry

__all__ = ["environment_entry", "environment_key", "recorded_leaves", "with_leaves"]

_PREFIX = "blake2b:"


def environment_key(leaves: Leaves) -> str:
    """The name under which the registry keeps the environment of these leaves."""
    return _PREFIX + leaves.environment_digest


def environment_entry(environment: EnvironmentDigest) -> EnvironmentEntry:
    """The environment as the registry keeps it."""
    return EnvironmentEntry(
        python_version=environment.python_version,
        platform=environment.platform,
        dependencies=dict(sorted(environment.dependencies.items())),
        container_image=environment.container_image,
        cuda_version=environment.cuda_version,
        rng_algorithm=environment.rng_algorithm,
        thread_count=environment.thread_count,
    )


def recorded_leaves(
    entry: ModelEntry | TargetEntry, environments: Mapping[str, EnvironmentEntry]
) -> Leaves:
    """What an entry says that it depended on."""
    kept = environments.get(entry.environment)
    is_target = isinstance(entry, TargetEntry)
    return Leaves(
        kind="TARGET" if is_target else "MODEL",
        path=entry.path,
        own=entry.target_digest if isinstance(entry, TargetEntry) else entry.model_digest,
        code=entry.code_digests,
        data=entry.data_digests,
        external=entry.external,
        distributions=entry.distributions,
        variables=entry.variables,
        llms={} if isinstance(entry, TargetEntry) else _meanings(entry.llms),
        environment=_environment(kept) if kept is not None else None,
        environment_digest=entry.environment.removeprefix(_PREFIX),
    )


def _meanings(llms: Iterable[LlmEntry]) -> dict[str, HostedModel]:
    return {each.path: HostedModel(each.provider, each.id, each.digest) for each in llms}


def _environment(kept: EnvironmentEntry) -> EnvironmentDigest:
    return EnvironmentDigest(
        python_version=kept.python_version,
        platform=kept.platform,
        dependencies=kept.dependencies,
        container_image=kept.container_image,
        cuda_version=kept.cuda_version,
        rng_algorithm=kept.rng_algorithm,
        thread_count=kept.thread_count,
    )


def with_leaves(
    entry: ModelEntry | TargetEntry, leaves: Leaves, digest: str, today: str = ""
) -> ModelEntry | TargetEntry:
    """The entry with the present leaves recorded in it.

    Args:
        entry: What is declared of it stays.
        leaves: What it depends on now.
        digest: ``leaves.digest()``.
        today: The day, ISO 8601, on which the names of hosted models were looked up.
    """
    recorded: dict[str, Any] = {
        "data": tuple(leaves.data),
        "data_digests": leaves.data,
        "code": tuple(leaves.code),
        "code_digests": leaves.code,
        "external": leaves.external,
        "distributions": leaves.distributions,
        "variables": leaves.variables,
        "environment": environment_key(leaves),
        "digest": digest,
    }
    if isinstance(entry, TargetEntry):
        return replace(entry, target_digest=leaves.own, **recorded)
    llms = tuple(_llms(entry.llms, leaves, today))
    return replace(entry, model_digest=leaves.own, llms=llms, **recorded)


def _llms(known: Iterable[LlmEntry], leaves: Leaves, today: str) -> Iterator[LlmEntry]:
    """A row for each hosted model; one that means what it meant stays as it is, with its date."""
    rows = {each.path: each for each in known}
    meant = _meanings(rows.values())
    for path, model in sorted(leaves.llms.items()):
        if meant.get(path) == model:
            yield rows[path]
        else:
            name = path.removeprefix(f"{model.provider}/")
            old = rows.get(path)
            yield LlmEntry(
                name=name,
                provider=model.provider,
                id=model.id,
                resolved_on=today,
                digest=model.digest,
                extra=old.extra if old is not None else {},
            )
