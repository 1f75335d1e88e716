"""Keeping what is recorded of entries that came from elsewhere, so that changes to them can be explained."""

from __future__ import annotations

from dataclasses import replace

from modelops_bundle.errors import MopsError
from modelops_bundle.staleness import State
from modelops_bundle.workflows.recording import keep_records, kept_record
from modelops_bundle.workflows.status import EntryStatus, judged
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["keep_current_records"]


def keep_current_records(workspace: Workspace) -> None:
    """Keep the sources of entries whose code and data are as recorded, where they are not kept yet.

    What is not kept is only less explained, so nothing that goes wrong here is an error. Where the
    configuration names an interpreter, nothing is kept: looking at entries would start it, and a bundle that
    was only fetched shall start nothing.

    Args:
        workspace: The project, whose files may have been replaced since it was opened.
    """
    try:
        with workspace.reopened() as fresh:
            if fresh.config.environment.python is not None:
                return
            fresh.progress = workspace.progress
            registry = fresh.registry.load()
            ids = [
                entry_id
                for entry_id, entry in registry.entries()
                if entry.digest and kept_record(fresh, entry.digest) is None
            ]
            keep_records(
                fresh,
                [
                    # Under the digest that the registry names: elsewhere the environment is another one.
                    replace(each.survey, digest=each.entry.digest)
                    for each in judged(fresh, registry, ids)
                    if each.survey is not None and _is_as_recorded(each)
                ],
            )
    except MopsError:
        return


def _is_as_recorded(status: EntryStatus) -> bool:
    """Whether all that is kept of an entry is what was recorded of it."""
    kinds = {change.kind for change in status.verdict.changes}
    return status.verdict.state in (State.CURRENT, State.STALE) and kinds <= {
        "environment",
        "variable",
        "llm",
    }
