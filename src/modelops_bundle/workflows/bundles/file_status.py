"""``status --files``: how the project's files differ from the last bundle that was pushed or pulled here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from modelops_bundle.bundle.pulling import Action, changes
from modelops_bundle.identity.digest import Digest
from modelops_bundle.workflows.bundles.bridging import bridged
from modelops_bundle.workflows.bundles.checks import Finding, missing
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.scope import scope_of
from modelops_bundle.workflows.bundles.tracking import renamed, untracked
from modelops_bundle.workflows.status import StatusReport
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["FilesReport", "file_status"]


@dataclass(frozen=True, slots=True)
class FilesReport:
    """Files of a project as its bundle would have them. No place is asked.

    Attributes:
        synced: The last bundle that was pushed or pulled here, if any.
        when: When that was.
        tracked: How many files belong to the bundle now.
        changed: What became of them since, by path.
        missing: What belongs to it and cannot be read, each with its mend: until then nothing can be pushed.
        renamed: For those that are gone, the file in no bundle that has the same content, where there is one.
        untracked: Files that belong to no bundle; ``None`` where nobody asked.
        models: Ids of the models that a part of the bundle was pulled for; empty where all of it is here.
        left_out: Ids of entries of which files are not here for that reason.
    """

    synced: Digest | None
    when: str
    tracked: int
    changed: Mapping[str, Action]
    missing: tuple[Finding, ...]
    renamed: Mapping[str, str]
    untracked: tuple[str, ...] | None
    models: tuple[str, ...] = ()
    left_out: frozenset[str] = frozenset()


def file_status(
    workspace: Workspace, exchange: Exchange, report: StatusReport, *, with_untracked: bool
) -> FilesReport:
    """Compare the files with what was last synced.

    Args:
        workspace: The project.
        exchange: What it exchanges bundles with.
        report: The state of its entries, which say what belongs to the bundle.
        with_untracked: Whether to look for files that belong to no bundle.

    Raises:
        UsageError: What was tracked or synced cannot be read.
    """
    scope = scope_of(workspace, exchange, report.entries)
    state = exchange.state()
    found = untracked(workspace, scope.contents) if with_untracked else None
    moved = renamed(workspace, exchange, scope)
    return FilesReport(
        synced=state.last_pull if scope.models else state.base,
        when=state.timestamp,
        tracked=len(scope.contents),
        changed=changes(bridged(exchange.tree, state.files, "blake3"), scope.contents),
        missing=tuple(missing(scope, moved)),
        renamed=moved,
        untracked=None if found is None else tuple(found),
        models=scope.models,
        left_out=scope.left_out,
    )
