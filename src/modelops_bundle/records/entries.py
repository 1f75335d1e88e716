"""What was recorded: frozen entries for models, targets, target sets and environments.

The keys that the ModelOps ecosystem reads keep their names, meaning and type; ours stand beside them.
Recorded paths are relative to the project and use ``/``; digests are text exactly as read, so that those of
other tools survive. Keys that nobody here knows are kept in ``extra``, at every level.

``validate`` judges records alone: it opens no file.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import check_id, split_entrypoint

__all__ = [
    "REGISTRY_VERSION",
    "BundleRegistry",
    "EnvironmentEntry",
    "Extra",
    "LlmEntry",
    "ModelEntry",
    "TargetEntry",
    "TargetSet",
]

REGISTRY_VERSION = "1.0"

#: Keys that are kept without being understood, and their values as the document gave them.
Extra = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmEntry:
    """A hosted language model that a registered model calls, and what its name meant.

    Attributes:
        name: The name as it was declared, in the id space of the provider: an id or an alias.
        provider: Slug of the provider.
        id: The provider's id of the model that the name meant.
        resolved_on: Day since when it is known to mean that, ISO 8601.
        digest: Digest of the model's content where the provider tells one, as Ollama does; empty elsewhere.
        extra: Unknown keys.
    """

    name: str
    provider: str
    id: str
    resolved_on: str
    digest: str = ""
    extra: Extra = field(default_factory=dict)

    @property
    def path(self) -> str:
        """``provider/name``, which names it among the dependencies."""
        return f"{self.provider}/{self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelEntry:
    """A registered model and what it depended on when it was recorded.

    Attributes:
        entrypoint: ``module:Qualified.Name``, without a leading ``src.``.
        path: Recorded path of the file that defines the class.
        class_name: Qualified name of the class.
        scenarios: Names of scenarios.
        parameters: Names of parameters.
        outputs: Names of outputs.
        declared_outputs: Those of them that were declared beyond what the class states.
        data: Recorded path of every data file, those that patterns name included.
        data_digests: Digest of each of ``data``.
        data_patterns: Files, folders and globs as they were declared.
        code: Recorded path of every project file that the model's code imports or that was declared.
        code_digests: Digest of each of ``code``.
        code_patterns: Files, folders and globs that were declared as code.
        declared_variables: Names of environment variables that were declared.
        llms: Hosted language models that were declared, with what their names meant.
        auto_code: Whether imports are followed.
        discovered: Whether the source says what the class is. ``False`` for one that another tool registered
            and that derives from no root base, so that nobody misses the base later.
        external: Digest of each file outside the project, by its path below its import root.
        distributions: Digest of each distribution that is hashed by content, by name.
        variables: Keyed digest of each environment variable that the code reads or that was declared, by
            name.
        environment: Digest of the environment, a key of :attr:`BundleRegistry.environments`; empty if none.
        model_digest: Digest of the model's own file.
        digest: The composite of everything above; empty if the entry was never recorded by this tool.
        labels: Free text by name.
        extra: Unknown keys.
    """

    entrypoint: str
    path: str
    class_name: str
    scenarios: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    outputs: tuple[str, ...] = ()
    declared_outputs: tuple[str, ...] = ()
    data: tuple[str, ...] = ()
    data_digests: Mapping[str, str] = field(default_factory=dict)
    data_patterns: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    code_digests: Mapping[str, str] = field(default_factory=dict)
    code_patterns: tuple[str, ...] = ()
    declared_variables: tuple[str, ...] = ()
    llms: tuple[LlmEntry, ...] = ()
    auto_code: bool = True
    discovered: bool = True
    external: Mapping[str, str] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    model_digest: str = ""
    digest: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    extra: Extra = field(default_factory=dict)

    def validate(self) -> list[str]:
        """What contradicts itself in this entry, in words; empty when nothing does."""
        problems = [*_dependency_problems(self), *_entrypoint_problems(self.entrypoint)]
        counts = Counter(each.path for each in self.llms)
        problems += [
            f"the hosted model {path} is listed twice" for path in counts if counts[path] > 1
        ]
        qualname = split_entrypoint(self.entrypoint)[1]
        if self.class_name != qualname and not qualname.endswith(f".{self.class_name}"):
            problems.append(f"class_name {self.class_name!r} is not what the entrypoint names")
        return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetEntry:
    """A registered calibration target. What it shares with :class:`ModelEntry` means the same here.

    Attributes:
        entrypoint: ``module:function``.
        path: Recorded path of the file that defines the function.
        model_output: The model's output that the target is compared with.
        discovered: ``False`` for a function that was named, and is not decorated as a target.
        target_digest: Digest of the target's own file.
        weight: Weight in a calibration, if one was given.
    """

    entrypoint: str
    path: str
    model_output: str
    data: tuple[str, ...] = ()
    data_digests: Mapping[str, str] = field(default_factory=dict)
    data_patterns: tuple[str, ...] = ()
    code: tuple[str, ...] = ()
    code_digests: Mapping[str, str] = field(default_factory=dict)
    code_patterns: tuple[str, ...] = ()
    declared_variables: tuple[str, ...] = ()
    auto_code: bool = True
    discovered: bool = True
    external: Mapping[str, str] = field(default_factory=dict)
    distributions: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)
    environment: str = ""
    target_digest: str = ""
    digest: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    weight: float | None = None
    extra: Extra = field(default_factory=dict)

    def validate(self) -> list[str]:
        """What contradicts itself in this entry, in words; empty when nothing does."""
        problems = [*_dependency_problems(self), *_entrypoint_problems(self.entrypoint)]
        if not self.model_output:
            problems.append("model_output is empty")
        if self.weight is not None and not math.isfinite(self.weight):
            problems.append(f"weight {self.weight} is not a finite number")
        return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetSet:
    """Targets that are used together, with the weight of each where one is given."""

    targets: tuple[str, ...] = ()
    weights: Mapping[str, float] = field(default_factory=dict)
    extra: Extra = field(default_factory=dict)

    def validate(self) -> list[str]:
        """What contradicts itself in this set, in words; empty when nothing does."""
        counts = Counter(self.targets)
        problems = [
            f"target {name!r} is listed twice"
            for name, count in sorted(counts.items())
            if count > 1
        ]
        for name, weight in self.weights.items():
            if name not in counts:
                problems.append(f"weight for {name!r}, which is not in the set")
            if not math.isfinite(weight):
                problems.append(f"weight {weight} of {name!r} is not a finite number")
        return problems


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentEntry:
    """An environment as it was recorded, kept under its digest; fields as in ``EnvironmentDigest``."""

    python_version: str
    platform: str
    dependencies: Mapping[str, str] = field(default_factory=dict)
    container_image: str | None = None
    cuda_version: str | None = None
    rng_algorithm: str = "PCG64"
    thread_count: int = 1
    extra: Extra = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class BundleRegistry:
    """The whole registry. The entries are frozen; its five mappings may be edited in place.

    Attributes:
        version: Version of the format, ``"1.0"``.
        models: Models by id.
        targets: Targets by id.
        target_sets: Target sets by name.
        environments: Environments by digest. Those that no entry names are dropped when it is saved.
        extra: Unknown keys of the document.
    """

    version: str = REGISTRY_VERSION
    models: dict[str, ModelEntry] = field(default_factory=dict)
    targets: dict[str, TargetEntry] = field(default_factory=dict)
    target_sets: dict[str, TargetSet] = field(default_factory=dict)
    environments: dict[str, EnvironmentEntry] = field(default_factory=dict)
    extra: dict[str, Any] = field(default_factory=dict)

    def validate(self) -> list[str]:
        """What contradicts itself, as ``key: what``, sorted by key; empty when nothing does."""
        return [
            *_entry_problems("models", self.models, self.environments),
            *_entry_problems("targets", self.targets, self.environments),
            *self._set_problems(),
        ]

    def entries(self) -> Iterator[tuple[str, ModelEntry | TargetEntry]]:
        """Id and entry of every model, then of every target, sorted by id."""
        yield from sorted(self.models.items())
        yield from sorted(self.targets.items())

    def forget(self, ids: Collection[str]) -> None:
        """Drop entries; target sets that hold one of them lose it, and its weight."""
        for entry_id in ids:
            self.models.pop(entry_id, None)
            self.targets.pop(entry_id, None)
        for name, members in self.target_sets.items():
            kept = tuple(target for target in members.targets if target not in ids)
            if kept != members.targets:
                weights = {key: value for key, value in members.weights.items() if key in kept}
                self.target_sets[name] = replace(members, targets=kept, weights=weights)

    def sets_with(self, target: str) -> list[str]:
        """Names of the target sets that hold a target."""
        return [name for name, members in self.target_sets.items() if target in members.targets]

    def used_environments(self) -> dict[str, EnvironmentEntry]:
        """The environments that an entry names, sorted by digest."""
        used = {entry.environment for _, entry in self.entries()}
        return {key: self.environments[key] for key in sorted(used & self.environments.keys())}

    def _set_problems(self) -> Iterator[str]:
        for name, target_set in sorted(self.target_sets.items()):
            unknown = [target for target in target_set.targets if target not in self.targets]
            problems = [
                *target_set.validate(),
                *(f"target {target!r} is not registered" for target in unknown),
            ]
            yield from (f"target_sets.{name}: {problem}" for problem in problems)


def _entry_problems(
    section: str,
    entries: Mapping[str, ModelEntry | TargetEntry],
    environments: Mapping[str, EnvironmentEntry],
) -> Iterator[str]:
    for name in sorted(entries):
        entry = entries[name]
        problems = [*_id_problems(name), *entry.validate()]
        if entry.environment and entry.environment not in environments:
            problems.append(f"environment {entry.environment!r} is not recorded")
        yield from (f"{section}.{name}: {problem}" for problem in problems)


def _id_problems(name: str) -> Iterator[str]:
    try:
        check_id(name)
    except UsageError as error:
        yield error.what


def _entrypoint_problems(entrypoint: str) -> Iterator[str]:
    module, qualname = split_entrypoint(entrypoint)
    # A module may have any name that a file can have; only an import statement needs an identifier.
    modules_fit = all(module.split(".")) and "/" not in module
    if not modules_fit or not all(part.isidentifier() for part in qualname.split(".")):
        yield f"entrypoint {entrypoint!r} is not `module:Name`"


def _dependency_problems(entry: ModelEntry | TargetEntry) -> Iterator[str]:
    for key, paths in (("path", (entry.path,)), ("data", entry.data), ("code", entry.code)):
        yield from (f"{key} {path!r} {why}" for path in paths if (why := _path_fault(path)))
    for key, paths, digests in (
        ("data", entry.data, entry.data_digests),
        ("code", entry.code, entry.code_digests),
    ):
        if entry.digest:
            yield from (f"{key} {path!r} has no digest" for path in paths if path not in digests)
        known = set(paths)
        yield from (
            f"{key}_digests names {path!r}, which is not in {key}"
            for path in digests
            if path not in known
        )


def _path_fault(path: str) -> str:
    if not path or "\0" in path:
        return "is not a path"
    if path.startswith("/") or path[1:3] in (":/", ":\\"):
        return "is absolute"
    return "leads out of the project" if ".." in path.split("/") else ""
