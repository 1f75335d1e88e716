"""``register-model`` and ``register-target``: from sources to entries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from modelops_bundle.digests.overlooked import absent, undeclared
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.project.files import expand
from modelops_bundle.records.entries import BundleRegistry, TargetEntry
from modelops_bundle.workflows.candidates import (
    Candidate,
    Entry,
    Found,
    declared_of,
    models_in,
    status_warnings,
    targets_in,
)
from modelops_bundle.workflows.declarations import (
    Declared,
    labels_of,
    outputs_of,
    patterns_of,
    sources_in,
    variables_of,
)
from modelops_bundle.workflows.heritage import inherited, moved
from modelops_bundle.workflows.registration import (
    Line,
    Plan,
    Registration,
    apply_plan,
    check_names,
    place,
    place_of,
    surveyed,
)
from modelops_bundle.workflows.undeclared_llms import undeclared_llms
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["RegisterRequest", "register_models", "register_targets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRequest:
    """What the user asked for, as typed.

    Attributes:
        path: A file or folder; ``None`` only with ``regen_all``.
        names: Classes or functions to register; all when empty.
        exclude: Classes or functions to leave out.
        data: ``--data`` texts.
        code: ``--code`` texts.
        variables: ``--variable`` names.
        llms: ``--llm`` names.
        outputs: ``--output`` names.
        labels: ``--label`` texts.
        entry_id: The id for the one class.
        auto_code: Whether imports are followed; ``None`` leaves it as it was.
        auto_data: Whether files that the code names are declared.
        reset: Whether what was declared before is forgotten.
        regen_all: Whether every known file is registered again.
        dry_run: Whether nothing is written.
    """

    path: str | None
    names: Sequence[str] = ()
    exclude: Sequence[str] = ()
    data: Sequence[str] = ()
    code: Sequence[str] = ()
    variables: Sequence[str] = ()
    llms: Sequence[str] = ()
    outputs: Sequence[str] = ()
    labels: Sequence[str] = ()
    entry_id: str | None = None
    auto_code: bool | None = None
    auto_data: bool = False
    reset: bool = False
    regen_all: bool = False
    dry_run: bool = False


def register_models(workspace: Workspace, request: RegisterRequest) -> Registration:
    """Register every concrete model of a file or folder, all with the same declared dependencies.

    Raises:
        UsageError: The request names something that is not there; nothing was written.
        InvalidEntryError: A dependency is gone; nothing was written.
    """
    known = workspace.registry.load().models
    sources = _sources(workspace, request, known)
    found = models_in(workspace, sources)
    return _register(workspace, request, _Family("models", "--class", "model"), found)


def register_targets(workspace: Workspace, request: RegisterRequest) -> Registration:
    """Register every target of a file or folder.

    Raises:
        UsageError: The request names something that is not there; nothing was written.
        InvalidEntryError: A dependency is gone; nothing was written.
    """
    known = workspace.registry.load().targets
    sources = _sources(workspace, request, known)
    outputs = outputs_of(request.outputs)
    found = targets_in(workspace, sources, request.names, outputs[0] if outputs else None)
    return _register(workspace, request, _Family("targets", "--target", "target"), found)


class _Family(NamedTuple):
    """What differs between models and targets in words: section of the registry, option, noun."""

    section: str
    option: str
    noun: str


def _sources(
    workspace: Workspace, request: RegisterRequest, known: Mapping[str, Entry]
) -> tuple[str, ...]:
    """Recorded paths of the sources to look into, a file that is named first being checked."""
    sources: dict[str, None] = {}
    if request.path is not None:
        found = sources_in(
            workspace.files,
            workspace.layout,
            workspace.cwd,
            request.path,
            workspace.config.exclude,
        )
        sources.update(dict.fromkeys(found))
    elif not request.regen_all:
        raise UsageError("no file or folder was named", "", "Name one, or use --regen-all.")
    if request.regen_all:
        there = [entry.path for entry in known.values() if _exists(workspace, entry.path)]
        sources.update(dict.fromkeys(sorted(there)))
    return tuple(sources)


def _exists(workspace: Workspace, recorded: str) -> bool:
    return bool(expand(workspace.files, workspace.layout, recorded))


def _register(
    workspace: Workspace,
    request: RegisterRequest,
    family: _Family,
    found: Found,
) -> Registration:
    chosen = _chosen(request, family, found)
    if request.entry_id is not None and len(chosen) != 1:
        raise UsageError(
            f"--id {request.entry_id} needs exactly one {family.noun}",
            f"{len(chosen)} were found: {', '.join(item.name for item in chosen)}",
            f"Choose one with {family.option}.",
        )
    more = _declared(workspace, request)

    def make_plan(registry: BundleRegistry) -> Plan:
        return _plan(workspace, request, family, registry, found, chosen, more)

    plan = apply_plan(workspace, make_plan, request.dry_run)
    warnings = (*found.warnings, *_hints(workspace, plan))
    return Registration(plan.lines, warnings, not request.dry_run)


def _chosen(request: RegisterRequest, family: _Family, found: Found) -> list[Candidate]:
    where = request.path or "the project"
    if not found.readable and found.warnings:
        raise UsageError(f"{where} cannot be read", found.warnings[0], "Nothing was registered.")
    names = [item.name for item in found.candidates]
    abstract = {item.name for item in found.candidates if item.abstract}
    check_names(request.names, names, family.option, where)
    check_names(request.exclude, names, "--exclude", where)
    for name in request.names:
        if name in abstract:
            raise UsageError(
                f"{family.option} {name}: the class is abstract",
                "it leaves methods to its subclasses",
                "Register a subclass that implements them.",
            )
        if name in request.exclude:
            raise UsageError(
                f"{family.option} {name} and --exclude {name} contradict each other",
                "",
                "Leave one of them out.",
            )
    return [
        item
        for item in found.candidates
        if not item.abstract
        and item.name not in request.exclude
        and (not request.names or item.name in request.names)
    ]


def _declared(workspace: Workspace, request: RegisterRequest) -> Declared:
    def patterns(texts: Sequence[str], option: str) -> tuple[str, ...]:
        return patterns_of(
            workspace.files,
            workspace.layout,
            workspace.cwd,
            texts,
            option,
            workspace.config.exclude,
        )

    return Declared(
        data=patterns(request.data, "--data"),
        code=patterns(request.code, "--code"),
        variables=variables_of(request.variables),
        llms=tuple(workspace.hosted.path_of(name) for name in request.llms),
        outputs=outputs_of(request.outputs),
        labels=labels_of(request.labels),
    )


def _plan(
    workspace: Workspace,
    request: RegisterRequest,
    family: _Family,
    registry: BundleRegistry,
    found: Found,
    chosen: Sequence[Candidate],
    more: Declared,
) -> Plan:
    entries: Mapping[str, Entry] = getattr(registry, family.section)
    gone = _gone(entries, found)
    refused = list(_refused(entries, found, request))
    if not (chosen or gone or refused or request.regen_all):
        raise _nothing(request, family, found)
    taken = {*registry.models, *registry.targets} - set(gone)
    puts: dict[str, Entry] = {}
    lines, drops, surveys = [], list(gone), []
    ids = {place_of(entry): entry_id for entry_id, entry in entries.items()}
    for candidate in chosen:
        old_id = ids.get(place_of(candidate.entry))
        old = entries[old_id] if old_id is not None else None
        before, notes = _before(workspace, request, entries, gone, candidate.entry, old, more)
        declared = before.extended(more, request.auto_code)
        wanted = candidate.entry if request.reset else _with_known_code(candidate.entry, old)
        declared, survey = surveyed(workspace, wanted, declared, request.auto_data)
        placed = place(
            registry, candidate, old_id, declared, taken, request.entry_id, survey, notes,
            workspace.now.date().isoformat(),
        )  # fmt: skip
        taken.add(placed.line.id)
        puts[placed.line.id] = placed.entry
        drops += [placed.renamed_from] if placed.renamed_from else []
        lines.append(placed.line)
        surveys.append(survey)
    return Plan(puts, tuple(drops), (*lines, *_pruned(registry, gone), *refused), tuple(surveys))


def _before(
    workspace: Workspace,
    request: RegisterRequest,
    entries: Mapping[str, Entry],
    gone: Mapping[str, Entry],
    new: Entry,
    old: Entry | None,
    more: Declared,
) -> tuple[Declared, tuple[str, ...]]:
    """What is declared of an entry already, and notes of what it takes over from others."""
    if request.reset:
        return Declared(), ()
    if old is not None:
        return moved(workspace, old, declared_of(old), more), ()
    return inherited(workspace, entries, gone, new, of_file=not request.names)


def _with_known_code(new: Entry, old: Entry | None) -> Entry:
    """``new`` with the code recorded of ``old``: what is gone and still imported is no silent loss."""
    if old is None:
        return new
    return replace(new, code=old.code, code_digests=old.code_digests, external=old.external)


def _pruned(registry: BundleRegistry, gone: Mapping[str, Entry]) -> Iterator[Line]:
    for entry_id, entry in gone.items():
        left = tuple(f"left the target set {name}" for name in registry.sets_with(entry_id))
        yield Line("-", entry_id, entry.entrypoint, notes=left)


def _refused(
    entries: Mapping[str, Entry], found: Found, request: RegisterRequest
) -> Iterator[Line]:
    """Entries of the sources that were read whose class or function is no model or target any more."""
    for entry_id, entry in entries.items():
        reason = found.withdrawn(entry)
        asked = not request.names and split_entrypoint(entry.entrypoint)[1] not in request.exclude
        if asked and reason:
            keeps = ", --target keeps it" if isinstance(entry, TargetEntry) else ""
            mend = f"`mops-bundle unregister {entry_id}` forgets it{keeps}"
            yield Line("!", entry_id, entry.entrypoint, notes=(reason, mend))


def _nothing(request: RegisterRequest, family: _Family, found: Found) -> UsageError:
    what = f"{request.path} has no {family.noun} to register"
    if any(not item.abstract for item in found.candidates):
        return UsageError(what, "--exclude names them all", "Leave one of them out.")
    return UsageError(what, found.nothing, found.mend)


def _gone(entries: Mapping[str, Entry], found: Found) -> dict[str, Entry]:
    """Entries of the sources that were read whose class or function is no longer defined there."""
    return {
        entry_id: entry
        for entry_id, entry in entries.items()
        if entry.path in found.readable
        and (entry.path, split_entrypoint(entry.entrypoint)[1]) not in found.defined
    }


def _hints(workspace: Workspace, plan: Plan) -> list[str]:
    hints: dict[str, None] = {}
    for survey in plan.surveys:
        hints.update(dict.fromkeys(survey.warnings))
        hints.update(dict.fromkeys(status_warnings(workspace, survey)))
    hints.update(dict.fromkeys(each.hint for each in absent(plan.surveys)))
    for mention in undeclared(plan.surveys):
        hints[workspace.hint(mention)] = None
    for survey in plan.surveys:
        hints.update(dict.fromkeys(each.hint for each in undeclared_llms(workspace, survey)))
    hints.update(dict.fromkeys(workspace.environment_warnings))
    return list(hints)
