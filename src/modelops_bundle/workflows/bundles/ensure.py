"""``ensure``: a bundle's files in a folder that need not be the project's own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from modelops_bundle.bundle.contents import FileEntry
from modelops_bundle.bundle.pulling import PullPlan, plan_mirror
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.bundle.tree import WorkTree
from modelops_bundle.ports import Progress
from modelops_bundle.workflows.bundles.clearing import cleared, in_the_way
from modelops_bundle.workflows.bundles.exchange import Source
from modelops_bundle.workflows.bundles.fetching import fetch_files
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle
from modelops_bundle.workflows.bundles.receiving import require_harmless

__all__ = ["Ensured", "ensure"]


@dataclass(frozen=True, slots=True)
class Ensured:
    """A bundle whose files are in a folder.

    Attributes:
        reference: What was asked for.
        bundle: The bundle.
        plan: What was done to the folder.
    """

    reference: Reference
    bundle: RemoteBundle
    plan: PullPlan


def ensure(
    source: Source,
    reference: Reference,
    tree: WorkTree,
    others: Iterable[str] = (),
    progress: Progress | None = None,
    *,
    dry_run: bool = False,
) -> Ensured:
    """Make a folder hold what a bundle holds. Files that differ are replaced.

    Args:
        source: Where bundles come from.
        reference: Which one.
        tree: The folder.
        others: Paths in it that go if the bundle has them not.
        progress: Told how far it is.
        dry_run: Whether nothing is written.

    Raises:
        RemoteError: There is no such bundle, or it cannot be fetched.
        WorkInTheWayError: A folder that holds other files stands where a file belongs.
        DamagedBundleError: It is not what its digest says. Nothing was replaced.
        InputsChangedError: The folder changed meanwhile, or a link in it leads out.
        StorageError: The folder cannot be written.
    """
    bundle = open_bundle(source, reference)
    contents = bundle.index.contents
    with tree.lock():
        mirror = plan_mirror(tree.look({*contents, *others}), contents)
        plan = cleared(tree, mirror, lambda _: "theirs")
        if plan.obstacles:
            raise in_the_way(plan.obstacles)
        if plan.steps:
            require_harmless(bundle)
        if dry_run:
            return Ensured(reference, bundle, plan)
        with tree.staging(plan.steps) as staging:
            files = [step.path for step in plan.steps if isinstance(step.after, FileEntry)]
            fetch_files(bundle, files, staging, progress)
            staging.apply(plan.steps)
    return Ensured(reference, bundle, plan)
