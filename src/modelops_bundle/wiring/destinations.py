"""Folders that bundles are put into for programs that run them."""

from __future__ import annotations

import os

from modelops_bundle.adapters.atomic import write_text
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.errors import UsageError
from modelops_bundle.ports import Progress
from modelops_bundle.workflows.bundles.ensure import Ensured, ensure
from modelops_bundle.workflows.bundles.exchange import Source
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["put_bundle"]

#: In the state folder of a folder that holds nothing but a bundle's files: the bundle's digest.
_ENSURED = "ensured"


def put_bundle(
    source: Source,
    reference: Reference,
    folder: Workspace,
    progress: Progress | None,
    *,
    mirror: bool,
    dry_run: bool,
) -> Ensured:
    """Make a folder hold a bundle's files.

    Args:
        source: Where bundles come from.
        reference: Which one.
        folder: The folder.
        progress: Told how far it is.
        mirror: Whether files go that the bundle has not. Only a folder that was empty once is such a mirror.
        dry_run: Whether nothing is written.

    Raises:
        UsageError: It is no folder, or is to be a mirror and holds files of somebody's.
        MopsError: As :func:`ensure`.
    """
    root = folder.layout.root
    if os.path.lexists(root) and not os.path.isdir(root):
        raise UsageError(f"{root} is not a folder", "", "Name a folder; it is made if need be.")
    if os.path.lexists(folder.layout.sync_state):
        raise UsageError(
            f"{root} is a project that bundles are pushed or pulled in",
            "`ensure` would replace what was changed there",
            "Run `mops-bundle pull` there, or name another folder.",
        )
    tree = DiskTree(folder.layout, folder.files)
    mark = os.path.join(folder.layout.state, _ENSURED)
    is_mirror = os.path.isfile(mark) or not any(tree.everything())
    if mirror and not is_mirror:
        raise UsageError(
            f"{root} is not made a mirror of a bundle",
            "it holds files, and no earlier `ensure` has made it",
            "Name a new or empty folder, or leave out --mirror, which deletes nothing.",
        )
    others = list(tree.everything()) if mirror else []
    done = ensure(source, reference, tree, others, progress, dry_run=dry_run)
    if is_mirror and not dry_run:
        write_text(mark, f"{done.bundle.digest}\n")
    return done
