"""Contents of the two versions of the index side by side: one has BLAKE3 digests, the other SHA-256."""

from __future__ import annotations

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.bundle.index import BundleIndex
from modelops_bundle.bundle.tree import WorkTree

__all__ = ["algorithm_of", "bridged"]


def algorithm_of(index: BundleIndex | None) -> str:
    """Algorithm of the digests of files in an index."""
    return "sha256" if index is not None and index.version == 1 else "blake3"


def bridged(tree: WorkTree, base: Contents, algorithm: str) -> Contents:
    """What was last synced, in digests of one algorithm as far as that can be known.

    A file that is still in the folder as it was has both digests. Another one keeps the digest that it has,
    which is equal to none of the algorithm asked for: it counts as changed, which is the safe side.
    """
    others = [
        path
        for path, entry in base.items()
        if isinstance(entry, FileEntry) and entry.digest.algorithm != algorithm
    ]
    if not others:
        return base
    before = tree.look(others, "blake3" if algorithm == "sha256" else "sha256")
    now = tree.look(others, algorithm)
    same = {path: now[path] for path in others if path in now and before.get(path) == base[path]}
    return {**base, **same}
