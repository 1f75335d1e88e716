"""``pull``: make the project's folder what a bundle holds, without losing what the user did."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from modelops_bundle.bundle.contents import Contents, FileEntry, links_of
from modelops_bundle.bundle.paths import PYPROJECT_PATH, REGISTRY_PATH, TRACKED_PATH, way_of
from modelops_bundle.bundle.pulling import Obstacle, PullPlan, plan_mirror, plan_pull
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.identity.streams import digest_stream
from modelops_bundle.records.document import dump_document, load_document
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.workflows.bundles.bridging import algorithm_of, bridged
from modelops_bundle.workflows.bundles.clearing import cleared, in_the_way
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import fetch_files, read_file, size_to_fetch
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle
from modelops_bundle.workflows.bundles.receiving import require_harmless
from modelops_bundle.workflows.bundles.scope import needs_of
from modelops_bundle.workflows.status import select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Pull", "apply_pull", "plan_the_pull"]


@dataclass(frozen=True, slots=True)
class Pull:
    """What a pull would do.

    Attributes:
        reference: What was asked for.
        bundle: The bundle.
        plan: What would be done to the folder.
        wanted: What of the bundle was asked for.
        models: Ids of the models that were asked for; empty for everything.
        size: Bytes to fetch.
        replaced: Files of the user's that are replaced or deleted, because that was asked for.
    """

    reference: Reference
    bundle: RemoteBundle
    plan: PullPlan
    wanted: Contents
    models: tuple[str, ...]
    size: int
    replaced: tuple[Obstacle, ...] = ()


def plan_the_pull(
    exchange: Exchange,
    text: str | None,
    *,
    overwrite: bool = False,
    restore_deleted: bool = False,
    models: Sequence[str] = (),
) -> Pull:
    """Say what a pull would do. Of the bundle only its index is fetched, and with ``models`` its registry.

    Raises:
        UsageError: The reference is none, or a model is not in the bundle.
        RemoteError: There is no such bundle, or it cannot be asked for.
        DamagedBundleError: It is not what its digest says.
    """
    reference = exchange.reference(text)
    bundle = open_bundle(exchange, reference)
    ids, wanted = _wanted(bundle, models)
    base = exchange.state().files
    if ids:
        base = {path: entry for path, entry in base.items() if path in wanted}
    algorithm = algorithm_of(bundle.index)
    local = exchange.tree.look({*base, *wanted}, algorithm)
    if REGISTRY_PATH not in base:
        local = _work(local)
    base = bridged(exchange.tree, base, algorithm)
    careful = plan_pull(base, local, wanted, restore_deleted=restore_deleted)
    plan = plan_mirror(local, wanted) if overwrite else careful
    plan = cleared(exchange.tree, plan, overwrite=overwrite)
    if plan.steps:
        require_harmless(bundle)
    replaced = _replaced(plan, careful) if overwrite else ()
    size = size_to_fetch(bundle, _files(plan))
    return Pull(reference, bundle, plan, wanted, ids, size, replaced)


def _work(local: Contents) -> Contents:
    """What is in the folder, less a registry as ``init`` writes it: nobody's work is in that."""
    entry = local.get(REGISTRY_PATH)
    empty = dump_document(BundleRegistry())
    if isinstance(entry, FileEntry) and entry.size == len(empty):
        stream = digest_stream(entry.digest.algorithm)
        stream.update(empty)
        if stream.digest() == entry.digest:
            return {path: each for path, each in local.items() if path != REGISTRY_PATH}
    return local


def _replaced(plan: PullPlan, careful: PullPlan) -> tuple[Obstacle, ...]:
    """What of the user's a plan replaces that a careful one would not."""
    states = {each.path: each for each in (*careful.obstacles, *careful.kept)}
    safe = {step.path for step in careful.steps}
    steps = (step for step in plan.steps if step.before is not None and step.path not in safe)
    return tuple(states.get(step.path, Obstacle(step.path, "untracked")) for step in steps)


def apply_pull(workspace: Workspace, exchange: Exchange, pull: Pull) -> str:
    """Fetch what a plan needs, verify it, and put it in place.

    Interrupted at any moment, it can be done again: what is in place already needs no step then.

    Returns:
        The folder with copies of what was replaced of the user's; empty where nothing was.

    Raises:
        WorkInTheWayError: There are obstacles.
        DamagedBundleError: A file is not what the bundle's index says. Nothing was replaced.
        InputsChangedError: The folder changed since the plan was made.
        RemoteError: Something could not be fetched.
        StorageError: Something could not be written.
    """
    if pull.plan.obstacles:
        raise in_the_way(pull.plan.obstacles)
    steps = pull.plan.steps
    with exchange.tree.staging(steps) as staging:
        fetch_files(pull.bundle, _files(pull.plan), staging, workspace.progress)
        paths = [each.path for each in pull.replaced]
        copies = staging.save(paths, _folder_name(exchange.now())) if paths else ""
        with exchange.registry_lock():
            staging.apply(steps)
        # Before the staging goes: an interrupted clone is known by it.
        _remember(exchange, pull)
    exchange.adopt_place(pull.reference)
    return copies


def _folder_name(now: str) -> str:
    return now.partition("+")[0].replace(":", "")


def _remember(exchange: Exchange, pull: Pull) -> None:
    digest, reference, state = pull.bundle.digest, pull.reference, exchange.state()
    if pull.models:
        exchange.save_state(state.partly(digest, pull.wanted, pull.models, exchange.now()))
        return
    refs = {} if reference.digest else {f"{reference.place}:{reference.wanted}": digest}
    exchange.save_state(state.synced(digest, pull.wanted, refs, exchange.now(), pushed=False))


def _wanted(bundle: RemoteBundle, models: Sequence[str]) -> tuple[tuple[str, ...], Contents]:
    """Ids of the models asked for, and what of the bundle they need."""
    contents = bundle.index.contents
    if not models:
        return (), contents
    data = read_file(bundle, REGISTRY_PATH)
    registry = load_document(data, f"{bundle.remote.place} {REGISTRY_PATH}").registry
    ids = tuple(select(registry, models))
    paths = {*needs_of(registry, ids), REGISTRY_PATH, TRACKED_PATH, PYPROJECT_PATH}
    links = links_of(contents)
    ways = (way_of(path, links) for path in paths)
    reached = {each for way in ways if way is not None for each in (*way.links, way.end)}
    return ids, {path: entry for path, entry in contents.items() if path in reached}


def _files(plan: PullPlan) -> list[str]:
    return [step.path for step in plan.steps if isinstance(step.after, FileEntry)]
