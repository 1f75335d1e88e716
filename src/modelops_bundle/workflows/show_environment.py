"""``env show`` and ``env diff``: the environment that counts, and what moved in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from modelops_bundle.environment import EnvironmentDigest, environment_of, read_settings, scope
from modelops_bundle.errors import InvalidEntryError
from modelops_bundle.staleness import Change, State
from modelops_bundle.workflows.status import EntryStatus, entry_status, select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["EnvironmentDifference", "EnvironmentReport", "diff_environment", "show_environment"]


@dataclass(frozen=True, slots=True)
class EnvironmentReport:
    """The present environment.

    Attributes:
        id: The entry whose environment it is; ``None`` for everything that is installed.
        environment: As it would be recorded.
        executable: The project's interpreter.
        chosen_by: What named it.
        by_content: Distributions that count by their content rather than a version.
        variables: Environment variables that the entry's code reads, and whether they are set now.
        warnings: What the user should know, in words.
    """

    id: str | None
    environment: EnvironmentDigest
    executable: str
    chosen_by: str
    by_content: tuple[str, ...]
    variables: Mapping[str, bool]
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EnvironmentDifference:
    """What moved in an entry's environment since it was recorded: packages, settings, variables."""

    id: str
    changes: tuple[Change, ...]
    warnings: tuple[str, ...]


def show_environment(workspace: Workspace, name: str | None) -> EnvironmentReport:
    """The environment of one entry, or all that is installed.

    Raises:
        UsageError: The name is no entry's.
        InvalidEntryError: The entry's file or class is gone.
    """
    if name is None:
        return _everything(workspace)
    judged = _judged(workspace, name)
    assert judged.survey is not None
    leaves = judged.survey.leaves
    assert leaves.environment is not None
    return EnvironmentReport(
        judged.id,
        leaves.environment,
        workspace.interpreter.executable,
        workspace.interpreter.chosen_by,
        tuple(leaves.distributions),
        {variable: variable in workspace.variables for variable in leaves.variables},
        (*_in_part(judged), *workspace.environment_warnings),
    )


def diff_environment(workspace: Workspace, name: str) -> EnvironmentDifference:
    """What moved in an entry's environment.

    Raises:
        UsageError: The name is no entry's.
        InvalidEntryError: The entry's file or class is gone.
    """
    judged = _judged(workspace, name)
    moved = [
        change for change in judged.verdict.changes if change.kind in ("environment", "variable")
    ]
    warnings = (*_in_part(judged), *workspace.environment_warnings)
    return EnvironmentDifference(judged.id, tuple(moved), warnings)


def _in_part(judged: EntryStatus) -> Iterator[str]:
    """A warning where what an invalid entry imports can be seen in part only."""
    if judged.verdict.state is State.INVALID:
        yield f"{judged.id} is invalid, so that this may not be all: {judged.reason}"


def _judged(workspace: Workspace, name: str) -> EntryStatus:
    registry = workspace.registry.load()
    (entry_id,) = select(registry, [name])
    judged = entry_status(workspace, registry, entry_id)
    if judged.survey is None:
        raise InvalidEntryError(
            f"{entry_id} has no environment now", judged.reason, "`mops-bundle doctor` says more."
        )
    return judged


def _everything(workspace: Workspace) -> EnvironmentReport:
    config = workspace.config
    whole = replace(config, environment=replace(config.environment, scope="all"))
    found = scope(workspace.distributions, (), config=whole, root=workspace.layout.root)
    settings = read_settings(config.environment, workspace.variables)
    return EnvironmentReport(
        None,
        environment_of(workspace.interpreter, found.dependencies, settings),
        workspace.interpreter.executable,
        workspace.interpreter.chosen_by,
        tuple(item.name for item in found.content_hashed),
        {},
        (*workspace.environment_warnings, *found.warnings, *settings.warnings),
    )
