"""Packages that an entry was recorded with and its code imports, and that the interpreter does not have.

To record the present state then would forget what the results depend on, most often because another
environment is active.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from modelops_bundle.digests.overlooked import absent
from modelops_bundle.digests.survey import Survey
from modelops_bundle.environment.choice import RUNNING
from modelops_bundle.environment.metadata import normalise
from modelops_bundle.explanation import EntryRecord
from modelops_bundle.staleness import Change, Verdict
from modelops_bundle.workflows.candidates import Entry
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["lost_packages", "not_installed"]

_FEW = 4


class _Judged(Protocol):
    """What is known of an entry: as recorded, what changed, and what it depends on now."""

    @property
    def entry(self) -> Entry: ...

    @property
    def verdict(self) -> Verdict: ...

    @property
    def survey(self) -> Survey | None: ...


def lost_packages(workspace: Workspace, entries: Iterable[_Judged]) -> Iterator[str]:
    """A warning where recorded packages seem to be gone, with the interpreter that was asked."""
    losers = [each for each in entries if any(_is_package(each, c) for c in each.verdict.changes)]
    if not losers:
        return
    interpreter = workspace.interpreter
    surveys = (each.survey for each in losers if each.survey is not None)
    names = [each.name for each in absent(surveys) if not each.is_inside]
    if interpreter.chosen_by == RUNNING and (names or any(map(_lacks_versions, losers))):
        yield (
            f"nothing names the project's environment, so that of {interpreter.executable} counts,"
            " which runs this program: make .venv, or name one with --python"
        )
    elif names:
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        yield (
            f"{', '.join(names[:_FEW])}{more}: recorded, still imported, and not installed for"
            f" {interpreter.executable} ({interpreter.chosen_by}): name the project's interpreter"
            " with --python, or install what it lacks; `update` would forget it"
        )


def _lacks_versions(judged: _Judged) -> bool:
    return any(map(_is_version, judged.verdict.changes))


def _is_package(judged: _Judged, change: Change) -> bool:
    """Whether a change says that a package is gone."""
    return _is_version(change) or (change.change == "removed" and _is_outside(judged, change))


def _is_version(change: Change) -> bool:
    return change.kind == "environment" and change.change == "removed"


def _is_outside(judged: _Judged, change: Change) -> bool:
    entry = judged.entry
    return change.kind == "code" and (
        change.path in entry.distributions or change.path in entry.external
    )


def not_installed(judged: _Judged, kept: EntryRecord | None, change: Change) -> str:
    """Where code imports what a change says is gone, and that it is not installed; empty if it does not."""
    if judged.survey is None or change.change != "removed" or not _is_outside(judged, change):
        return ""
    entry = judged.entry
    tops = {_top(change.path)}
    if change.path in entry.distributions and kept is not None:
        # A distribution may be imported by another name than its own.
        own = {entry.path, *entry.code_digests, *entry.external}
        tops |= {_top(path) for path in kept.code if path not in own}
    for each in judged.survey.absent:
        if not each.is_inside and normalise(each.name) in tops:
            return f"not installed for {each.executable}; {each.place} imports it"
    return ""


def _top(path: str) -> str:
    return normalise(path.partition("/")[0].removesuffix(".py"))
