"""What registering models and registering targets have in common: plan on a registry, then write it.

A plan is made twice. The first, without the lock, refuses bad requests and reads every file; the second,
under the lock and on a fresh registry, is quick because nothing is read again, and is the one that is
written. So concurrent registrations all survive, and no lock is held while gigabytes are hashed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from modelops_bundle.digests.survey import Survey
from modelops_bundle.errors import InvalidEntryError, UsageError
from modelops_bundle.identity.names import check_id, split_entrypoint, unique_id
from modelops_bundle.records.entries import BundleRegistry, TargetEntry
from modelops_bundle.records.recorded import (
    environment_entry,
    environment_key,
    recorded_leaves,
    with_leaves,
)
from modelops_bundle.staleness import Change, compare
from modelops_bundle.workflows.candidates import Candidate, Entry, survey_entry
from modelops_bundle.workflows.declarations import Declared
from modelops_bundle.workflows.mending import mend_of_dependencies
from modelops_bundle.workflows.recording import keep_records, prune
from modelops_bundle.workflows.workspace import Workspace

__all__ = [
    "Line",
    "Plan",
    "Registration",
    "apply_plan",
    "check_names",
    "declared_changes",
    "place",
    "place_of",
    "surveyed",
]


@dataclass(frozen=True, slots=True)
class Line:
    """What happens to one entry.

    Attributes:
        sign: ``+`` new, ``~`` changed, ``-`` pruned, ``=`` as it was, ``!`` not recorded.
        id: The entry's id.
        entrypoint: What it names.
        changes: Dependencies that differ from what was recorded.
        notes: What else changed, in words.
    """

    sign: str
    id: str
    entrypoint: str
    changes: tuple[Change, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Entries to put and ids to drop, with the line and the survey of each."""

    puts: Mapping[str, Entry]
    drops: tuple[str, ...]
    lines: tuple[Line, ...]
    surveys: tuple[Survey, ...]


@dataclass(frozen=True, slots=True)
class Registration:
    """What a registration did, or would do.

    Attributes:
        lines: One for each entry concerned.
        warnings: What the user should know, in words.
        written: Whether the registry was written.
    """

    lines: tuple[Line, ...]
    warnings: tuple[str, ...]
    written: bool


def check_names(asked: Iterable[str], known: Iterable[str], option: str, where: str) -> None:
    """Refuse names that nothing bears.

    Raises:
        UsageError: One of ``asked`` is not in ``known``.
    """
    available = sorted(set(known))
    for name in asked:
        if name not in available:
            listed = ", ".join(available) or "none"
            raise UsageError(
                f"{option} {name}: {where} has no such name",
                f"it has {listed}",
                "Name one of these; `mops-bundle discover` shows what each file has.",
            )


def surveyed(
    workspace: Workspace, entry: Entry, declared: Declared, auto_data: bool
) -> tuple[Declared, Survey]:
    """Survey an entry that is about to be recorded; what it then declares, and the survey.

    Args:
        workspace: The project.
        entry: Whose file is looked at.
        declared: What is declared of it.
        auto_data: Whether files that the code names are declared too.

    Raises:
        InvalidEntryError: Its file does not parse or a dependency is gone, so there is nothing to record.
    """
    survey = survey_entry(workspace, entry, declared)
    if survey.problems:
        mend = mend_of_dependencies(workspace, entry, declared)
        mend = mend or "Mend it, or forget it with `mops-bundle unregister`."
        raise InvalidEntryError(
            f"{entry.entrypoint} cannot be recorded",
            "; ".join(survey.problems),
            f"{mend} Nothing was written.",
        )
    if auto_data and survey.mentions:
        named = Declared(
            data=tuple(mention.names for mention in survey.mentions if not mention.is_code),
            code=tuple(mention.names for mention in survey.mentions if mention.is_code),
        )
        # Code that was not looked at before may name more.
        more = not set(named.code) <= set(declared.code)
        return surveyed(workspace, entry, declared.extended(named, None), auto_data=more)
    return declared, survey


class Placed(NamedTuple):
    """Where an entry goes: itself, the line that says so, and the id it had before if that differs."""

    entry: Entry
    line: Line
    renamed_from: str | None


def place(
    registry: BundleRegistry,
    candidate: Candidate,
    old_id: str | None,
    declared: Declared,
    taken: set[str],
    wanted: str | None,
    survey: Survey,
    notes: tuple[str, ...] = (),
    today: str = "",
) -> Placed:
    """Find an id and make the entry for one candidate; the registry is not changed.

    Args:
        registry: What is recorded.
        candidate: What was found in a source.
        old_id: The id of its entry, if it has one.
        declared: What is declared of it.
        taken: Ids that are not free.
        wanted: The id that the user asked for.
        survey: What it depends on now.
        notes: What to say of an entry that is new.
        today: The day on which hosted models were looked up, ISO 8601.

    Raises:
        UsageError: The wanted id belongs to another entry.
    """
    known: Mapping[str, Entry] = (
        registry.targets if isinstance(candidate.entry, TargetEntry) else registry.models
    )
    if wanted is not None and check_id(wanted) in taken and wanted != old_id:
        raise UsageError(
            f"the id {wanted} belongs to another entry",
            "an id is never taken over",
            "Choose another.",
        )
    new_id = wanted or old_id or unique_id(candidate.entry.path, candidate.name, taken)
    old = known[old_id] if old_id is not None else None
    entry = with_leaves(candidate.declaring(declared, old), survey.leaves, survey.digest, today)
    if old is None:
        return Placed(entry, Line("+", new_id, entry.entrypoint, notes=notes), None)
    changes = compare(recorded_leaves(old, registry.environments), survey.leaves)
    notes = tuple(declared_changes(old, entry))
    if old_id == new_id:
        sign = "=" if old == entry else "~"
        return Placed(entry, Line(sign, new_id, entry.entrypoint, changes, notes), None)
    notes = (f"was {old_id}", *notes)
    return Placed(entry, Line("~", new_id, entry.entrypoint, changes, notes), old_id)


def place_of(entry: Entry) -> tuple[str, str]:
    """File and qualified name of an entry's class or function: no two entries have the same."""
    return entry.path, split_entrypoint(entry.entrypoint)[1]


def declared_changes(old: Entry, new: Entry) -> Iterator[str]:
    """What differs between two entries beside their dependencies, in words."""
    words = {
        "data_patterns": "declared data",
        "code_patterns": "declared code",
        "declared_variables": "declared variables",
    }
    for key in (*words, "outputs", "scenarios", "parameters", "labels"):
        before, after = getattr(old, key, None), getattr(new, key, None)
        if before != after:
            yield f"{words.get(key, key)}: {_listed(before)} -> {_listed(after)}"


def _listed(value: object) -> str:
    if isinstance(value, Mapping):
        value = [f"{key}={item}" for key, item in value.items()]
    return ", ".join(map(str, value)) if isinstance(value, tuple | list) and value else "none"


def apply_plan(
    workspace: Workspace, make_plan: Callable[[BundleRegistry], Plan], dry_run: bool
) -> Plan:
    """Make a plan and carry it out; with ``dry_run``, only make it."""
    plan = make_plan(workspace.registry.load())
    if dry_run:
        return plan
    # Before the registry, so that it never speaks of what cannot be explained.
    keep_records(workspace, plan.surveys)
    if not plan.drops and all(line.sign in "=!" for line in plan.lines):
        return plan
    with workspace.registry.edit() as registry:
        plan = make_plan(registry)
        registry.forget(set(plan.drops) - set(plan.puts))
        for survey in plan.surveys:
            if survey.leaves.environment is not None:
                key = environment_key(survey.leaves)
                registry.environments[key] = environment_entry(survey.leaves.environment)
        for entry_id, entry in plan.puts.items():
            if isinstance(entry, TargetEntry):
                registry.targets[entry_id] = entry
            else:
                registry.models[entry_id] = entry
    prune(workspace, registry)
    return plan
