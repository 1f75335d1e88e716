"""``why``: every reason for which an entry is not current, down to definitions, columns and packages."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterator, Sequence
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
from modelops_bundle.project.layout import STATE_FOLDER
from modelops_bundle.staleness import Change, State
from modelops_bundle.workflows.lacking import lost_packages, not_installed
from modelops_bundle.workflows.mending import Mends
from modelops_bundle.workflows.recording import (
    code_record,
    data_record,
    kept_record,
    kept_source,
    untold,
)
from modelops_bundle.workflows.status import EntryStatus, entry_status, select
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
    """An entry's state and every reason for it.

    Attributes:
        status: The state.
        reasons: What differs.
        warnings: What should be known, in words.
        mend: What to do about it, in a sentence; empty where there is nothing special to it.
    """

    status: EntryStatus
    reasons: tuple[Reason, ...]
    warnings: tuple[str, ...]
    mend: str = ""


def why(workspace: Workspace, name: str, with_diff: bool) -> WhyReport:
    """Explain one entry's state.

    Raises:
        UsageError: The name is no entry's.
    """
    registry = workspace.registry.load()
    (entry_id,) = select(registry, [name])
    judged = entry_status(workspace, registry, entry_id)
    kept = kept_record(workspace, judged.entry.digest) if judged.entry.digest else None
    reasons = [
        _explained(workspace, judged, kept, change, with_diff)
        for dependency in judged.verdict.changes
        for change in _opened(workspace, judged, kept, dependency)
    ]
    # What only follows from another change comes after it.
    reasons.sort(key=lambda reason: reason.note == _ORDER_COUNTS)
    warnings = (*workspace.environment_warnings, *lost_packages(workspace, [judged]))
    code_changed = any(reason.change.kind in ("code", "target") for reason in reasons)
    if kept is None and code_changed and judged.verdict.state is not State.CURRENT:
        missing = (
            "the recorded sources are not here, so reasons stay at file level:"
            f" {STATE_FOLDER}/objects, where it was registered, holds them"
        )
        warnings = (*warnings, missing)
    mend = Mends(workspace, registry).of(judged.entry, judged.verdict.state)
    return WhyReport(judged, tuple(reasons), warnings, mend)


def _opened(
    workspace: Workspace, judged: EntryStatus, kept: EntryRecord | None, change: Change
) -> Sequence[Change]:
    """The changes of its sources in place of one of a distribution that is hashed by content, where known."""
    survey, name = judged.survey, change.path
    if survey is None or kept is None or change.change != "modified" or change.kind != "code":
        return (change,)
    if name not in survey.shares:
        return (change,)
    now = survey.shares[name]
    changes = [
        _source_change(workspace, survey, kept, path) for path in (*now, *_lost(judged, kept, now))
    ]
    return [each for each in changes if each is not None] or (change,)


def _lost(judged: EntryStatus, kept: EntryRecord, now: Collection[str]) -> Iterator[str]:
    """Sources that a distribution had when the entry was recorded: what lies beside those that it has now."""
    entry, survey = judged.entry, judged.survey
    assert survey is not None
    others = {entry.path, *entry.code_digests, *entry.external, *survey.sources}
    tops = {path.partition("/")[0] for path in now}
    return (path for path in kept.code if path not in others and path.partition("/")[0] in tops)


def _source_change(
    workspace: Workspace, survey: Survey, kept: EntryRecord, path: str
) -> Change | None:
    """How a source of a distribution differs in what counts of it; ``None`` when it does not."""
    old, place = kept.code.get(path), survey.sources.get(path)
    new = code_record(workspace, place) if place else None
    if old is None or new is None:
        change = "removed" if old else "added"
        return Change("code", path, change, old and old.source, new and new.source)
    counts = survey.exact or path in survey.unparsable or not (old.definitions and new.definitions)
    docstrings = survey.docstrings.get(path, frozenset())
    if old.source != new.source and (counts or definition_changes(old, new, docstrings)):
        return Change("code", path, "modified", old.source, new.source)
    return None


def _explained(
    workspace: Workspace,
    judged: EntryStatus,
    kept: EntryRecord | None,
    change: Change,
    with_diff: bool,
) -> Reason:
    survey = judged.survey
    if survey is None or change.kind in ("environment", "variable", "llm"):
        return Reason(change)
    if change.kind == "data":
        return _data_reason(workspace, kept, change)
    if (change.before, change.after) == (judged.entry.digest, survey.digest):
        return Reason(change, note=_REGISTRY_DIFFERS)  # stands for the entry as a whole
    note = not_installed(judged, kept, change)
    if note:
        return Reason(change, note=note)
    return _code_reason(workspace, survey, kept, change, with_diff)


def _data_reason(workspace: Workspace, kept: EntryRecord | None, change: Change) -> Reason:
    before = kept.data.get(change.path) if kept else None
    after = None
    if change.after is not None:
        after = data_record(workspace, workspace.layout.absolute(change.path))
    columns = column_changes(before, after) if before and after else ()
    note = untold(workspace, change.path, before, after) if before and after else ""
    return Reason(change, before=before, after=after, columns=columns, note=note)


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


_REGISTRY_DIFFERS = (
    "not the file, but what is recorded: the entry's digest is not that of the dependencies beside it, as"
    " after a merge of the registry by hand"
)
_ORDER_COUNTS = (
    "not its own text, but whether the order of its imports counts:"
    " what they load began, or ceased, to do more than define"
)


def _note(survey: Survey, path: str, same: bool) -> str:
    if survey.exact:
        return "the text itself counts, because code reads sources (inspect.getsource and the like)"
    if path in survey.unparsable:
        return "it does not parse, so its bytes count"
    if same:
        return _ORDER_COUNTS
    return "the order of imports, or how they are bound, changed"


def _unified(path: str, before: bytes, after: bytes) -> Iterator[str]:
    old, new = (
        text.decode("utf-8", "backslashreplace").splitlines(keepends=False)
        for text in (before, after)
    )
    return difflib.unified_diff(old, new, f"recorded/{path}", f"present/{path}", lineterm="")
