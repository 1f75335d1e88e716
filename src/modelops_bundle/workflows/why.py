"""``why``: every reason for which an entry is not current, down to definitions, columns and packages."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass

from modelops_bundle.digests.survey import Survey
from modelops_bundle.explanation import (
    ColumnChange,
    DataRecord,
    DefinitionChange,
    EntryRecord,
    column_changes,
    definition_changes,
)
from modelops_bundle.ports import Unreadable
from modelops_bundle.staleness import Change, State
from modelops_bundle.workflows.recording import code_record, data_record, kept_record, kept_source
from modelops_bundle.workflows.status import EntryStatus, entry_status, guess, select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Reason", "WhyReport", "why"]


@dataclass(frozen=True, slots=True)
class Reason:
    """One dependency that differs, explained.

    Attributes:
        change: What differs.
        chain: Recorded paths from the entry's file to this one, for code.
        definitions: Definitions that differ, for code.
        columns: Columns that differ, for a table.
        before: What the file was, for data.
        after: What it is, for data.
        diff: Unified diff of the source, when asked for.
        note: Why there is no more to tell.
    """

    change: Change
    chain: tuple[str, ...] = ()
    definitions: tuple[DefinitionChange, ...] = ()
    columns: tuple[ColumnChange, ...] = ()
    before: DataRecord | None = None
    after: DataRecord | None = None
    diff: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class WhyReport:
    """An entry's state and every reason for it."""

    status: EntryStatus
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]


def why(workspace: Workspace, name: str, with_diff: bool) -> WhyReport:
    """Explain one entry's state.

    Raises:
        UsageError: The name is no entry's.
    """
    registry = workspace.registry.load()
    (entry_id,) = select(registry, [name])
    judged = entry_status(workspace, registry, entry_id)
    kept = kept_record(workspace, judged.entry.digest) if judged.entry.digest else None
    reasons = tuple(
        _explained(workspace, judged, kept, change, with_diff) for change in judged.verdict.changes
    )
    warnings = (*workspace.environment_warnings, *guess(workspace, [judged]))
    code_changed = any(reason.change.kind in ("code", "target") for reason in reasons)
    if kept is None and code_changed and judged.verdict.state is not State.CURRENT:
        missing = "the recorded sources are not on this machine: reasons stay at file level"
        warnings = (*warnings, missing)
    return WhyReport(judged, reasons, warnings)


def _explained(
    workspace: Workspace,
    judged: EntryStatus,
    kept: EntryRecord | None,
    change: Change,
    with_diff: bool,
) -> Reason:
    survey = judged.survey
    if survey is None or change.kind in ("environment", "variable"):
        return Reason(change)
    if change.kind == "data":
        return _data_reason(workspace, kept, change)
    return _code_reason(workspace, survey, kept, change, with_diff)


def _data_reason(workspace: Workspace, kept: EntryRecord | None, change: Change) -> Reason:
    before = kept.data.get(change.path) if kept else None
    after = None
    if change.after is not None:
        after = data_record(workspace, workspace.layout.absolute(change.path))
    columns = column_changes(before, after) if before and after else ()
    return Reason(change, before=before, after=after, columns=columns)


def _code_reason(
    workspace: Workspace,
    survey: Survey,
    kept: EntryRecord | None,
    change: Change,
    with_diff: bool,
) -> Reason:
    chain = survey.chains.get(change.path, ())
    old = kept.code.get(change.path) if kept else None
    path = survey.sources.get(change.path)
    new = code_record(workspace, path) if path else None
    definitions: tuple[DefinitionChange, ...] = ()
    if old and new and change.path not in survey.unparsable:
        definitions = definition_changes(old, new, survey.docstrings.get(change.path, frozenset()))
    diff: tuple[str, ...] = ()
    if with_diff and kept:
        before = kept_source(workspace, old) if old else b""
        after = workspace.files.read(path) if path else b""
        if before is not None and not isinstance(after, Unreadable):
            diff = tuple(_unified(change.path, before, after))
    note = "" if definitions or not (old and new) else _note(survey, change.path, old == new)
    return Reason(change, chain, definitions, diff=diff, note=note)


def _note(survey: Survey, path: str, same: bool) -> str:
    if survey.exact:
        return "the text itself counts, because code reads sources (inspect.getsource and the like)"
    if path in survey.unparsable:
        return "it does not parse, so its bytes count"
    if same:
        return (
            "its text is as it was, but the order of its imports now counts otherwise:"
            " what they load began, or ceased, to do more than define"
        )
    return "the order of imports, or how they are bound, changed"


def _unified(path: str, before: bytes, after: bytes) -> Iterator[str]:
    old, new = (
        text.decode("utf-8", "backslashreplace").splitlines(keepends=False)
        for text in (before, after)
    )
    return difflib.unified_diff(old, new, f"recorded/{path}", f"present/{path}", lineterm="")
