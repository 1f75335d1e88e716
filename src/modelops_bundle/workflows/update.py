"""``update``: record the present state of entries, as after their results were made anew."""

from __future__ import annotations

from collections.abc import Sequence

from modelops_bundle.errors import InvalidEntryError
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.records.recorded import with_leaves
from modelops_bundle.staleness import State
from modelops_bundle.workflows.candidates import Entry, declared_of, restated
from modelops_bundle.workflows.lacking import lost_packages
from modelops_bundle.workflows.mending import Mends
from modelops_bundle.workflows.registration import (
    Line,
    Plan,
    Registration,
    apply_plan,
    declared_changes,
)
from modelops_bundle.workflows.status import EntryStatus, entry_status, select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["update"]

_UNFIT = (State.MISSING, State.INVALID)


def update(workspace: Workspace, names: Sequence[str], dry_run: bool) -> Registration:
    """Record the present state of the named entries, or of all.

    An entry whose file, class or dependency is gone cannot be recorded. It stops the command when it was
    named; among all entries it gets a line with the sign ``!`` and the others are recorded.

    Raises:
        UsageError: A name is no entry's.
        InvalidEntryError: A named entry cannot be recorded. Nothing was written.
    """

    warnings: list[str] = []

    def make_plan(registry: BundleRegistry) -> Plan:
        judged = [
            entry_status(workspace, registry, entry_id) for entry_id in select(registry, names)
        ]
        warnings[:] = lost_packages(workspace, judged)
        broken = [one for one in judged if one.verdict.state in _UNFIT]
        if names and broken:
            mend = Mends(workspace, registry).of(broken[0].entry, broken[0].verdict.state)
            mend = mend or "Mend it, or forget it with `mops-bundle unregister`."
            raise InvalidEntryError(
                f"{broken[0].id} cannot be recorded",
                broken[0].reason,
                f"{mend} Nothing was written.",
            )
        puts = {
            one.id: _recorded(workspace, one) for one in judged if one.verdict.state not in _UNFIT
        }
        return Plan(
            puts=puts,
            drops=(),
            lines=tuple(_line(one, puts.get(one.id)) for one in judged),
            surveys=tuple(one.survey for one in judged if one.survey and one.id in puts),
        )

    plan = apply_plan(workspace, make_plan, dry_run)
    return Registration(plan.lines, (*workspace.environment_warnings, *warnings), not dry_run)


def _recorded(workspace: Workspace, judged: EntryStatus) -> Entry:
    assert judged.survey is not None
    candidate = restated(workspace, judged.entry)
    fresh = candidate.declaring(declared_of(judged.entry), judged.entry)
    today = workspace.now.date().isoformat()
    return with_leaves(fresh, judged.survey.leaves, judged.survey.digest, today)


def _line(judged: EntryStatus, new: Entry | None) -> Line:
    if new is None:
        return Line("!", judged.id, judged.entry.entrypoint, notes=(judged.reason,))
    sign = "=" if new == judged.entry else "~"
    notes = tuple(declared_changes(judged.entry, new))
    return Line(sign, judged.id, new.entrypoint, judged.verdict.changes, notes)
