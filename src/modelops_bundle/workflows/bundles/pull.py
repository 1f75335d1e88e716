"""``pull``: make the project's folder what a bundle holds, without losing what the user did."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents, FileEntry, links_of
from modelops_bundle.bundle.paths import (
    CATALOG_PATH,
    PYPROJECT_PATH,
    REGISTRY_PATH,
    TRACKED_PATH,
    way_of,
)
from modelops_bundle.bundle.pulling import Obstacle, PullPlan, plan_pull
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.sides import Sides
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.bundle.tree import Staging
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.ports import Progress
from modelops_bundle.records.document import load_document
from modelops_bundle.workflows.bundles.ancestry import (
    Ancestry,
    ancestry_of,
    base_bundle,
    files_of,
    united,
)
from modelops_bundle.workflows.bundles.bridging import algorithm_of, bridged
from modelops_bundle.workflows.bundles.clearing import cleared, in_the_way
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import fetch_files, read_file, size_to_fetch
from modelops_bundle.workflows.bundles.merging import Compared, Merged, merge_documents
from modelops_bundle.workflows.bundles.needing import without_needed
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle
from modelops_bundle.workflows.bundles.receiving import require_harmless
from modelops_bundle.workflows.bundles.scope import needs_of
from modelops_bundle.workflows.status import select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Pull", "Wish", "apply_pull", "plan_the_pull"]


@dataclass(frozen=True, slots=True)
class Pull:
    """What a pull would do.

    Attributes:
        reference: What was asked for.
        bundle: The bundle.
        plan: What would be done to the folder.
        wanted: What of the bundle was asked for.
        models: Ids of the models that were asked for; empty for everything.
        lineage: What the folder comes from afterwards, the bundle at the end.
        size: Bytes to fetch.
        replaced: Files of the user's that are replaced or deleted, because that was asked for.
        merged: What is written that neither side has as it is, by path.
        dropped: The bundle that the tag had when it was last pushed or pulled here, if what it has now does
            not come from that.
        ahead: The bundle of the folder, if it comes from what was asked for, which has nothing new then.
    """

    reference: Reference
    bundle: RemoteBundle
    plan: PullPlan
    wanted: Contents
    models: tuple[str, ...]
    lineage: tuple[Digest, ...]
    size: int = 0
    replaced: tuple[Obstacle, ...] = ()
    merged: Mapping[str, bytes] = field(default_factory=dict)
    dropped: Digest | None = None
    ahead: Digest | None = None


class Wish(NamedTuple):
    """What a user wants of a pull beside the bundle.

    Attributes:
        models: What of it is wanted; empty for everything.
        keep: Files and folders, as typed, that stay as the user has them where both have changed them.
        take: Those that become what the bundle holds, whatever the user did.
        overwrite: Whether everything does.
        restore_deleted: Whether files that the user deleted come back.
    """

    models: Sequence[str] = ()
    keep: Sequence[str] = ()
    take: Sequence[str] = ()
    overwrite: bool = False
    restore_deleted: bool = False

    def sides(self, workspace: Workspace) -> Sides:
        """Whose each path shall be.

        Raises:
            UsageError: A path leads out of the project.
        """
        ours, theirs = (
            tuple(workspace.layout.from_user(each, workspace.cwd) for each in typed)
            for typed in (self.keep, self.take)
        )
        return Sides(ours, (*theirs, ".") if self.overwrite else theirs)


_EVERYTHING = Wish()


def plan_the_pull(
    workspace: Workspace, exchange: Exchange, text: str | None, wish: Wish = _EVERYTHING
) -> Pull:
    """Say what a pull would do. Of the bundle only its index and small documents are fetched.

    Args:
        workspace: The project.
        exchange: Where its bundles are.
        text: Which bundle, as the user typed it.
        wish: What is wanted of it.

    Raises:
        UsageError: The reference is none, or a model or a path is not in the bundle.
        RemoteError: There is no such bundle, or it cannot be asked for.
        DamagedBundleError: It is not what its digest says.
    """
    reference = exchange.reference(text)
    state = exchange.state()
    _require_fitting(state, wish)
    bundle = open_bundle(exchange, reference)
    ids, wanted = _wanted(bundle, wish.models)
    ancestry = ancestry_of(exchange, reference, bundle)
    # A tag that the folder is ahead of is gone back to by its name, or where everything is to be its.
    sides = wish.sides(workspace)
    is_ahead = ancestry.is_behind and text is None and "." not in sides.theirs
    if is_ahead and any(wish) and (own := base_bundle(exchange, bundle, state.base)) is not None:
        # Files come back out of the folder's own bundle, which is the later one.
        return plan_the_pull(workspace, exchange, f"{own.remote.place}@{state.base}", wish)
    if ancestry.is_behind:
        ancestry = ancestry._replace(base=state.base)
    merged, replaced = (
        (Merged(PullPlan((), (), ()), {}, frozenset()), ())
        if is_ahead
        else _planned(exchange, bundle, wanted, ancestry, wish, sides)
    )
    if merged.plan.steps:
        require_harmless(bundle)
    fetched = [path for path in _files(merged.plan) if path not in merged.texts]
    return Pull(
        reference,
        bundle,
        merged.plan,
        wanted,
        ids,
        _lineage_after(state, ancestry, bundle.digest, wish),
        size_to_fetch(bundle, fetched),
        replaced,
        merged.texts,
        dropped=ancestry.dropped,
        ahead=state.base if is_ahead else None,
    )


def _require_fitting(state: SyncState, wish: Wish) -> None:
    """Refuse to mix a part of one bundle into all of another: the folder would be of neither."""
    if wish.models and state.lineage and not state.models:
        raise UsageError(
            "all of a bundle is here, so no part of another one can be pulled",
            "what is in the folder would belong to no bundle",
            "Pull without --model, or into a folder of its own.",
        )


def _lineage_after(
    state: SyncState, ancestry: Ancestry, digest: Digest, wish: Wish
) -> tuple[Digest, ...]:
    """What the folder comes from when the pull is done."""
    if ancestry.is_behind or wish.overwrite or wish.take:
        # What the folder had beside that may be gone.
        return united(ancestry.common, ancestry.named, digest)
    return united(state.lineage, ancestry.named, digest)


def _planned(
    exchange: Exchange,
    bundle: RemoteBundle,
    wanted: Contents,
    ancestry: Ancestry,
    wish: Wish,
    sides: Sides,
) -> tuple[Merged, tuple[Obstacle, ...]]:
    """What is done to the folder, and what of the user's is replaced by that because it was asked for."""
    # With nothing in common every difference is in the way, which is the safe side.
    base = files_of(exchange, bundle, ancestry.base) or {}
    if wish.models:
        base = {path: entry for path, entry in base.items() if path in wanted}
    sides.require_known({*base, *wanted})
    algorithm = algorithm_of(bundle.index)
    local = exchange.tree.look({*base, *wanted}, algorithm)
    base = bridged(exchange.tree, base, algorithm)
    restore = wish.restore_deleted
    careful = plan_pull(base, local, wanted, restore_deleted=restore)
    plan = plan_pull(base, local, wanted, restore_deleted=restore, side=sides.of)
    merged = Merged(plan, {}, frozenset())
    if not wish.overwrite:  # or something of the user's is put into what is the bundle's
        disputed = {each.path for each in careful.obstacles}
        compared = Compared(local, {*base, *wanted}, disputed)
        merged = merge_documents(exchange, bundle, plan, compared, sides, ancestry)
    plan = merged.plan
    if not wish.overwrite:
        plan = without_needed(exchange, bundle, plan, local, merged.texts)
    plan = cleared(exchange.tree, plan, sides.of)
    return merged._replace(plan=_told(plan, exchange.state())), _replaced(plan, careful, merged)


def _told(plan: PullPlan, state: SyncState) -> PullPlan:
    """A plan whose obstacles are called what they are to the user."""
    obstacles = (
        each._replace(state="modified")
        if each.state == "untracked" and each.path in state.files
        else each
        for each in plan.obstacles
    )
    return replace(plan, obstacles=tuple(obstacles))


def _replaced(plan: PullPlan, careful: PullPlan, merged: Merged) -> tuple[Obstacle, ...]:
    """What of the user's a plan replaces that a careful one would not."""
    states = {each.path: each for each in (*careful.obstacles, *careful.kept)}
    safe = {step.path for step in careful.steps} | merged.settled
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
        _stage(pull, staging, workspace.progress)
        paths = [each.path for each in pull.replaced]
        copies = staging.save(paths, _folder_name(exchange.now())) if paths else ""
        with exchange.registry_lock():
            staging.apply(steps)
        # Before the staging goes: an interrupted clone is known by it.
        _remember(exchange, pull)
    exchange.adopt_place(pull.reference)
    return copies


def _stage(pull: Pull, staging: Staging, progress: Progress | None) -> None:
    fetched = [path for path in _files(pull.plan) if path not in pull.merged]
    fetch_files(pull.bundle, fetched, staging, progress)
    after = {step.path: step.after for step in pull.plan.steps}
    for path, text in pull.merged.items():
        entry = after[path]
        assert isinstance(entry, FileEntry), "what is merged is a file"
        with staging.file(path, entry) as write:
            write(text)


def _folder_name(now: str) -> str:
    return now.partition("+")[0].replace(":", "")


def _remember(exchange: Exchange, pull: Pull) -> None:
    digest, reference, state = pull.bundle.digest, pull.reference, exchange.state()
    if pull.models:
        exchange.save_state(state.partly(digest, pull.wanted, pull.models, exchange.now()))
        return
    refs = {} if reference.digest else {f"{reference.place}:{reference.wanted}": digest}
    if pull.ahead is not None:
        exchange.save_state(state.looked_at(refs))
        return
    when = exchange.now()
    exchange.save_state(state.synced(pull.lineage, pull.wanted, refs, when, pushed=False))


def _wanted(bundle: RemoteBundle, models: Sequence[str]) -> tuple[tuple[str, ...], Contents]:
    """Ids of the models asked for, and what of the bundle they need."""
    contents = bundle.index.contents
    if not models:
        return (), contents
    data = read_file(bundle, REGISTRY_PATH)
    registry = load_document(data, f"{bundle.remote.place} {REGISTRY_PATH}").registry
    ids = tuple(select(registry, models))
    paths = {*needs_of(registry, ids), REGISTRY_PATH, TRACKED_PATH, PYPROJECT_PATH, CATALOG_PATH}
    links = links_of(contents)
    ways = (way_of(path, links) for path in paths)
    reached = {each for way in ways if way is not None for each in (*way.links, way.end)}
    return ids, {path: entry for path, entry in contents.items() if path in reached}


def _files(plan: PullPlan) -> list[str]:
    return [step.path for step in plan.steps if isinstance(step.after, FileEntry)]
