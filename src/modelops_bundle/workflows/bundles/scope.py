"""What belongs to a project's bundle: what the user added, and what registered entries need."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from modelops_bundle.bundle.contents import Contents
from modelops_bundle.bundle.paths import CATALOG_PATH, PYPROJECT_PATH, REGISTRY_PATH, TRACKED_PATH
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.errors import StorageError
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.staleness import State
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.mending import Mends
from modelops_bundle.workflows.status import EntryStatus, judged
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Scope", "needs_of", "scope_of"]


@dataclass(frozen=True, slots=True)
class Scope:
    """What is to be in a bundle now.

    Attributes:
        contents: Entry by path.
        missing: Paths that belong to it and cannot be read, each with the reason.
        added: Paths that the user added.
        needed: For each path that entries need, their ids.
        entries: The state of every registered entry.
        left_out: Ids of entries of which files are not here, since only a part of a bundle was pulled.
        models: Ids of the models that it was pulled for; empty where all of it was.
        named: Files, and patterns of files, that pyproject.toml names for a build of the project.
        mends: What to do about entries that are missing or invalid, by id, where that is known.
    """

    contents: Contents
    missing: tuple[tuple[str, str], ...]
    added: frozenset[str]
    needed: Mapping[str, tuple[str, ...]]
    entries: tuple[EntryStatus, ...]
    left_out: frozenset[str] = frozenset()
    models: tuple[str, ...] = ()
    named: tuple[str, ...] = ()
    mends: Mapping[str, str] = field(default_factory=dict)


def scope_of(
    workspace: Workspace, exchange: Exchange, entries: tuple[EntryStatus, ...] | None = None
) -> Scope:
    """Look at everything that belongs to the bundle.

    Args:
        workspace: The project.
        exchange: What it exchanges bundles with.
        entries: The state of every entry, where it is known already.

    Raises:
        RegistryError: The registry is broken.
        StorageError: The disk does not tell.
    """
    registry = workspace.registry.load()
    if entries is None:
        ids = [entry_id for entry_id, _ in registry.entries()]
        entries = tuple(judged(workspace, registry, ids))
    needed = _needed(registry, entries)
    added = exchange.tracked.read()
    own = [REGISTRY_PATH, TRACKED_PATH, PYPROJECT_PATH]
    # Without it, names of hosted models may mean something else where the bundle goes.
    own += [CATALOG_PATH] if any(each.llms for each in registry.models.values()) else []
    there = [path for path in own if _is_there(workspace, path)]
    gathered = exchange.tree.gather({*added, *needed, *there})
    state = exchange.state()
    missing = gathered.missing
    if state.models:
        missing = tuple(each for each in missing if each[0] in state.files)
    left_out = _left_out(registry, entries, state)
    mends = Mends(workspace, registry)
    return Scope(
        contents=gathered.contents,
        missing=missing,
        added=added,
        needed=needed,
        entries=entries,
        left_out=left_out,
        models=state.models,
        named=workspace.config.project_files,
        mends={each.id: mends.of(each.entry, each.verdict.state) for each in entries},
    )


def _left_out(
    registry: BundleRegistry, entries: tuple[EntryStatus, ...], state: SyncState
) -> frozenset[str]:
    if not state.models:
        return frozenset()
    broken = {each.id for each in entries if each.verdict.state in (State.MISSING, State.INVALID)}
    return frozenset(each for each in broken if needs_of(registry, (each,)) - state.files.keys())


def needs_of(registry: BundleRegistry, ids: Mapping[str, object] | tuple[str, ...]) -> set[str]:
    """Paths that entries need as they are recorded."""
    paths: set[str] = set()
    for entry_id, entry in registry.entries():
        if entry_id in ids:
            paths.update((entry.path, *entry.data, *entry.code))
    return paths


def _needed(
    registry: BundleRegistry, entries: tuple[EntryStatus, ...]
) -> dict[str, tuple[str, ...]]:
    """What is recorded, and what the code reaches and the declarations stand for now."""
    needed: dict[str, dict[str, None]] = {}
    for each in entries:
        for path in (*needs_of(registry, (each.id,)), *_surveyed(each)):
            needed.setdefault(path, {})[each.id] = None
    return {path: tuple(ids) for path, ids in needed.items()}


def _surveyed(status: EntryStatus) -> Iterator[str]:
    if status.survey is not None:
        yield from status.survey.leaves.code
        yield from status.survey.leaves.data


def _is_there(workspace: Workspace, path: str) -> bool:
    try:
        found = os.stat(workspace.layout.absolute(path))
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError as error:
        # A bundle without it would be another one.
        raise StorageError(f"cannot look at {path}", error.strerror or "") from error
    return stat.S_ISREG(found.st_mode)
