"""``status``: is each entry what was recorded? Answers without running anything."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from modelops_bundle.digests.survey import Survey
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.records.entries import BundleRegistry, TargetEntry
from modelops_bundle.records.recorded import recorded_leaves
from modelops_bundle.staleness import State, Verdict, judge
from modelops_bundle.workflows.candidates import (
    Entry,
    declared_of,
    status_warnings,
    survey_entry,
    withdrawn,
)
from modelops_bundle.workflows.lacking import lost_packages
from modelops_bundle.workflows.mending import Mends
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["EntryStatus", "StatusReport", "entry_status", "judged", "select", "status"]


@dataclass(frozen=True, slots=True)
class EntryStatus:
    """One entry's state.

    Attributes:
        id: Its id.
        kind: ``model`` or ``target``.
        entry: As recorded.
        verdict: The state and what changed.
        digest: The present digest; ``None`` when there is no present state to speak of: the file, the class
            or a dependency is gone, or does not parse.
        reason: Why it is missing or invalid, in words.
        survey: What the entry depends on now; ``None`` when its file or class is gone.
    """

    id: str
    kind: str
    entry: Entry
    verdict: Verdict
    digest: str | None
    reason: str
    survey: Survey | None


@dataclass(frozen=True, slots=True)
class StatusReport:
    """The state of every entry asked for.

    Attributes:
        entries: Their states.
        warnings: What should be known, in words.
        is_whole: Whether every entry was asked for.
        mends: By id, what to do about an entry, in a sentence; empty where there is nothing special to it.
    """

    entries: tuple[EntryStatus, ...]
    warnings: tuple[str, ...]
    is_whole: bool = True
    mends: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_current(self) -> bool:
        """Whether every entry is current."""
        return all(entry.verdict.state is State.CURRENT for entry in self.entries)


def status(workspace: Workspace, names: Sequence[str]) -> StatusReport:
    """Judge the named entries, or all.

    Raises:
        UsageError: A name is no entry's.
    """
    registry = workspace.registry.load()
    chosen = select(registry, names)
    entries = tuple(judged(workspace, registry, chosen))
    warnings = (
        *workspace.environment_warnings,
        *lost_packages(workspace, entries),
        *dict.fromkeys(
            text
            for each in entries
            if each.survey
            for text in status_warnings(workspace, each.survey)
        ),
    )
    mends = Mends(workspace, registry)
    told = {each.id: mends.of(each.entry, each.verdict.state) for each in entries}
    return StatusReport(entries, warnings, is_whole=not names, mends=told)


def select(registry: BundleRegistry, names: Iterable[str]) -> list[str]:
    """Ids for names, which are ids, class or function names, or entrypoints; all ids when there are no names.

    Raises:
        UsageError: A name is nobody's, or several entries'.
    """
    known = dict(registry.entries())
    chosen = [_id_of(known, name) for name in names]
    return list(dict.fromkeys(chosen)) if chosen else list(known)


def _id_of(known: dict[str, Entry], name: str) -> str:
    if name in known:
        return name
    matches = [
        entry_id
        for entry_id, entry in known.items()
        if name in (entry.entrypoint, split_entrypoint(entry.entrypoint)[1])
    ]
    if len(matches) == 1:
        return matches[0]
    if matches:
        raise UsageError(f"{name} names several entries", ", ".join(matches), "Name one by its id.")
    close = _close_to(name, known)
    hint = f"Did you mean {close}?" if close else "`mops-bundle list` shows what is registered."
    raise UsageError(f"no entry {name}", "", hint)


def _close_to(name: str, known: dict[str, Entry]) -> str | None:
    """The id or class that somebody may have meant."""
    names = [*known, *(split_entrypoint(entry.entrypoint)[1] for entry in known.values())]
    folded = {each.lower(): each for each in reversed(names)}
    close = difflib.get_close_matches(name.lower(), folded, 1)
    close += [each for each in folded if name.lower() in each]
    return folded[close[0]] if close else None


def judged(
    workspace: Workspace, registry: BundleRegistry, ids: Sequence[str]
) -> Iterator[EntryStatus]:
    """Judge entries, telling how far that is."""
    for done, entry_id in enumerate(ids):
        if workspace.progress:
            workspace.progress("looking at entries", done, len(ids))
        yield entry_status(workspace, registry, entry_id)


def entry_status(workspace: Workspace, registry: BundleRegistry, entry_id: str) -> EntryStatus:
    """Judge one entry."""
    entry = registry.models.get(entry_id) or registry.targets[entry_id]
    kind = "target" if isinstance(entry, TargetEntry) else "model"
    gone = workspace.surveyor.gone(entry.path, split_entrypoint(entry.entrypoint)[1])
    if gone:
        verdict = Verdict(State.MISSING, ())
        return EntryStatus(entry_id, kind, entry, verdict, None, gone, None)
    recorded = recorded_leaves(entry, registry.environments)
    survey = survey_entry(workspace, entry, declared_of(entry))
    verdict = judge(
        recorded, entry.digest or None, survey.leaves, survey.digest, bool(survey.problems)
    )
    reason = "; ".join(survey.problems)
    if _may_be_withdrawn(verdict):
        reason = withdrawn(workspace, entry)
        verdict = replace(verdict, state=State.INVALID) if reason else verdict
    digest = None if reason else survey.digest
    verdict = _without_guesses(verdict, survey)
    return EntryStatus(entry_id, kind, entry, verdict, digest, reason, survey)


def _may_be_withdrawn(verdict: Verdict) -> bool:
    """While its code stays as it is, a class stays what it is: to look again would take time."""
    kinds = {change.kind for change in verdict.changes}
    return verdict.state is State.STALE and not kinds <= {"data", "variable", "llm"}


def _without_guesses(verdict: Verdict, survey: Survey) -> Verdict:
    """Leave out what only seems to be gone: a source that does not parse does not say what it imports."""
    if verdict.state is not State.INVALID or not survey.unparsable:
        return verdict
    certain = tuple(
        change
        for change in verdict.changes
        if change.change != "removed" or change.kind in ("data", "target")
    )
    return replace(verdict, changes=certain) if certain else verdict
