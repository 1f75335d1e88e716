"""``doctor``: what is wrong with a project, or will be noticed too late, each with its mend."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from typing import NamedTuple

from modelops_bundle.bundle.paths import PYPROJECT_PATH
from modelops_bundle.digests.notices import Mention
from modelops_bundle.digests.overlooked import absent, undeclared
from modelops_bundle.digests.survey import Survey
from modelops_bundle.discovery.models import DEFAULT_BASES, discover_model_classes
from modelops_bundle.errors import MopsError
from modelops_bundle.project.layout import STATE_FOLDER
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.records.problems import BrokenRegistryError
from modelops_bundle.records.recorded import recorded_leaves
from modelops_bundle.staleness import State
from modelops_bundle.workflows.bundles.checks import findings_of
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.scope import Scope, scope_of
from modelops_bundle.workflows.candidates import status_warnings
from modelops_bundle.workflows.mending import Mends
from modelops_bundle.workflows.recording import kept_record
from modelops_bundle.workflows.status import EntryStatus, judged
from modelops_bundle.workflows.undeclared_llms import NamedModel, undeclared_llms
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Ailment", "Standing", "examine"]

_REGISTRY = f"{STATE_FOLDER}/registry.yaml"
_CACHE = f"{STATE_FOLDER}/cache"

#: What version control says of a path: ``tracked``, ``untracked``, ``ignored``; ``None`` where there is none.
Standing = Callable[[str], str | None]


class Ailment(NamedTuple):
    """One problem: where it is, what it is, and what to do about it."""

    where: str
    what: str
    mend: str


def examine(
    workspace: Workspace, standing: Standing, exchange: Exchange | None = None
) -> list[Ailment]:
    """Look at everything; nothing is written.

    Args:
        workspace: The project.
        standing: Asks version control about an absolute path.
        exchange: What bundles are exchanged with, for a project that has some.
    """
    found = [*_state_folder(workspace, standing), *_environment(workspace)]
    try:
        registry = workspace.registry.load()
    except BrokenRegistryError as error:
        return found + [
            Ailment(f"{_REGISTRY}, {each.place}", each.what, each.mend) for each in error.problems
        ]
    except MopsError as error:
        return [
            *found,
            Ailment(_REGISTRY, error.summary, error.mend),
        ]
    found += [*_contradictions(registry), *_edited(registry), *_empty_sets(registry)]
    found += _bases(workspace, registry)
    entries = list(judged(workspace, registry, [entry_id for entry_id, _ in registry.entries()]))
    scope = scope_of(workspace, exchange, tuple(entries)) if exchange is not None else None
    entries = [each for each in entries if scope is None or each.id not in scope.left_out]
    found += _broken(entries, Mends(workspace, registry))
    found += _undeclared(workspace, entries)
    found += _hosted(workspace, entries)
    found += _overlooked([each.survey for each in entries if each.survey is not None])
    found += _objects(workspace, entries)
    if scope is not None:
        found += _bundle(scope)
    # What several entries share is told once.
    return list(dict.fromkeys(found))


def _state_folder(workspace: Workspace, standing: Standing) -> Iterator[Ailment]:
    layout = workspace.layout
    if not os.path.lexists(layout.ignore_file):
        yield Ailment(
            f"{STATE_FOLDER}/.gitignore",
            "is missing, so version control sees caches that belong to this machine",
            "Run `mops-bundle init`; it writes what is missing and changes nothing else.",
        )
    elif standing(os.path.join(layout.cache, "x")) in ("tracked", "untracked"):
        yield Ailment(
            f"{STATE_FOLDER}/.gitignore",
            f"does not keep {_CACHE} out of version control",
            "Add the line `cache/`, or remove the file and run `mops-bundle init`.",
        )
    registry_standing = standing(layout.registry)
    if registry_standing == "ignored":
        yield Ailment(
            _REGISTRY,
            "is ignored by git, so nobody else sees what is recorded",
            "Take the rule that ignores it out of .gitignore, then `git add` it.",
        )
    elif registry_standing == "untracked":
        yield Ailment(
            _REGISTRY,
            "is not in git, so nobody else sees what is recorded",
            f"Run `git add {STATE_FOLDER}`.",
        )


def _environment(workspace: Workspace) -> Iterator[Ailment]:
    try:
        warnings = workspace.environment_warnings
    except MopsError as error:
        yield Ailment("environment", error.summary, error.mend)
        return
    for text in warnings:
        yield Ailment("environment", text, "`mops-bundle env show` says what counts now.")


def _contradictions(registry: BundleRegistry) -> Iterator[Ailment]:
    for text in registry.validate():
        where, _, what = text.partition(": ")
        yield Ailment(
            f"{_REGISTRY}, {where}",
            what,
            "Mend the line by hand, or register the file again, which writes the entry anew.",
        )


def _edited(registry: BundleRegistry) -> Iterator[Ailment]:
    """Entries whose digest is not that of what is recorded below it: an edit has mixed two states."""
    for entry_id, entry in registry.entries():
        if entry.digest and recorded_leaves(entry, registry.environments).digest() != entry.digest:
            yield Ailment(
                f"{_REGISTRY}, {entry_id}",
                "its digest is not that of the dependencies recorded with it, as after a merge by hand",
                f"Look at `mops-bundle status {entry_id}`; `mops-bundle update {entry_id}` records it anew.",
            )


def _empty_sets(registry: BundleRegistry) -> Iterator[Ailment]:
    for name, members in sorted(registry.target_sets.items()):
        if not members.targets:
            yield Ailment(
                f"{_REGISTRY}, target_sets.{name}",
                "is empty, so nothing can be ranked by it",
                f"Fill it with `mops-bundle target-set set {name} TARGET...`,"
                f" or run `mops-bundle target-set delete {name}`.",
            )


def _bases(workspace: Workspace, registry: BundleRegistry) -> Iterator[Ailment]:
    """Root bases of the configuration that are nowhere; the usual ones need not be there."""
    bases = [base for base in workspace.config.model_bases if base not in DEFAULT_BASES]
    if not bases:
        return
    # What is not installed is still known by the classes that derive from it.
    recorded = {entry.path for entry in registry.models.values()}
    paths = [workspace.layout.absolute(path) for path in sorted(recorded)]
    for each in discover_model_classes(paths, resolver=workspace.resolver, bases=bases).unfound:
        yield Ailment(
            "pyproject.toml, model_bases",
            each.text,
            "Mend its name in [tool.modelops-bundle], or install its package.",
        )


def _broken(entries: list[EntryStatus], mends: Mends) -> Iterator[Ailment]:
    """What makes entries missing or invalid; one cause of several is told once."""
    causes: dict[tuple[State, str], list[EntryStatus]] = {}
    for each in entries:
        if each.verdict.state in (State.MISSING, State.INVALID):
            causes.setdefault((each.verdict.state, each.reason), []).append(each)
    for (state, reason), those in causes.items():
        ids = [each.id for each in those]
        forget = f"run `mops-bundle unregister {' '.join(ids)}`."
        special = " ".join(
            filter(None, dict.fromkeys(mends.of(each.entry, state) for each in those))
        )
        if state is State.MISSING:
            mend = f"{special} Then {forget}" if special else f"Bring it back, or {forget}"
        elif any(each.survey is not None and not each.survey.problems for each in those):
            mend = f"Undo that, or {forget}"
        else:
            mend = special or "Mend it, or register again without what is gone (--reset)."
        yield Ailment(", ".join(ids), reason, mend)


def _undeclared(workspace: Workspace, entries: list[EntryStatus]) -> Iterator[Ailment]:
    """Files that code names and that entries which reach it do not declare."""
    lacking: dict[Mention, list[EntryStatus]] = {
        mention: [] for mention in undeclared(each.survey for each in entries if each.survey)
    }
    for each in entries:
        for mention in each.survey.mentions if each.survey else ():
            if mention in lacking:
                lacking[mention].append(each)
    for mention, those in lacking.items():
        source, name = (
            workspace.layout.for_user(path, workspace.cwd)
            for path in (those[0].entry.path, mention.names)
        )
        declares = f"register-{those[0].kind} {source} {mention.option} {name}"
        yield Ailment(
            mention.place,
            f"{mention.text} for {', '.join(each.id for each in those)}",
            f"If results depend on it: `mops-bundle {declares}`."
            " If not, name it in ignore_files of [tool.modelops-bundle].",
        )


def _hosted(workspace: Workspace, entries: list[EntryStatus]) -> Iterator[Ailment]:
    """Hosted models that code names and nobody declared, and those that go or are gone."""
    lacking: dict[NamedModel, list[EntryStatus]] = {}
    for each in entries:
        for named in undeclared_llms(workspace, each.survey) if each.survey else ():
            lacking.setdefault(named, []).append(each)
    for named, those in lacking.items():
        paths = [each.entry.path for each in those]
        own = named.source if named.source in paths else paths[0]
        source = workspace.layout.for_user(own, workspace.cwd)
        yield Ailment(
            named.place,
            f"{named.what} for {', '.join(each.id for each in those)}",
            f"If results depend on it: `mops-bundle register-model {source} --llm {named.path}`."
            " If not, name it in ignore_llms of [tool.modelops-bundle].",
        )
    for each in entries:
        for text in status_warnings(workspace, each.survey) if each.survey else ():
            name = text.partition(" ")[0]
            yield Ailment(
                each.id, text, f"`mops-bundle catalog show {name}` says what is known of it."
            )


def _overlooked(surveys: list[Survey]) -> Iterator[Ailment]:
    """What the digests may miss."""
    for each in absent(surveys):
        yield Ailment(each.place, each.text, each.mend)
    told = {problem for survey in surveys for problem in survey.problems}
    for survey in surveys:
        for text in survey.warnings:
            if text not in told:
                where, _, what = text.partition(" ")
                yield Ailment(
                    where, what, "What cannot be seen can be declared with --code or --data."
                )


def _bundle(scope: Scope) -> Iterator[Ailment]:
    """What would stop a push, or let nobody install what was pushed.

    What is wrong with entries is told already, and so is what they lack.
    """
    if scope.models:
        yield Ailment(
            STATE_FOLDER,
            f"of the bundle, only what {', '.join(scope.models)} needs is here",
            "`mops-bundle pull` brings the rest; until then nothing can be pushed.",
        )
    ids = {entry.id for entry in scope.entries}
    for each in findings_of(scope):
        counts = each.stops or each.where == PYPROJECT_PATH
        if counts and each.where not in ids and each.where not in scope.needed:
            yield Ailment(each.where, each.what, each.mend)


def _objects(workspace: Workspace, entries: list[EntryStatus]) -> Iterator[Ailment]:
    lost = [
        each.id
        for each in entries
        if each.entry.digest and kept_record(workspace, each.entry.digest) is None
    ]
    if lost:
        yield Ailment(
            f"{STATE_FOLDER}/objects",
            f"what was recorded of {', '.join(lost)} is not on this machine: `why` can name files only",
            "While an entry is current, `mops-bundle update` keeps it again.",
        )
