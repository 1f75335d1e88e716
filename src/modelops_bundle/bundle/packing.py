"""Which small files share a pack: a rule that paths and sizes alone decide.

A registry takes about as long for a small blob as for one of a megabyte, and counts blobs. So small files are
laid one behind the other, in the order of their paths, and packs end where the rule says. An added or changed
file moves no boundary but those beside it: a pack that holds only files that stayed has its old digest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.identity.recipes import pack_boundary

__all__ = ["LARGE_FILE", "packs_of"]

LARGE_FILE = 1 << 20
"""Files from this size on are cut into chunks; those below share packs. Part of the format."""

# Part of the format: packs have 1 MiB at least, 8 MiB at most, and about 3 MiB in the mean.
_SMALLEST = 1 << 20
_LARGEST = 8 << 20
_STEP = 2 << 20


def packs_of(contents: Contents) -> list[list[str]]:
    """Paths of the small files, pack by pack, in the order in which their bytes follow each other.

    Empty files are in no pack: there is nothing of them to keep.
    """
    sizes = {
        path: entry.size
        for path, entry in contents.items()
        if isinstance(entry, FileEntry) and 0 < entry.size < LARGE_FILE
    }
    return [list(pack) for pack in _cut(sizes)]


def _cut(sizes: Mapping[str, int]) -> Iterator[Sequence[str]]:
    pack: list[str] = []
    filled = 0
    for path in sorted(sizes, key=str.encode):
        if filled + sizes[path] > _LARGEST:
            yield pack
            pack, filled = [], 0
        pack.append(path)
        filled += sizes[path]
        # The larger a file, the likelier it ends a pack, so that packs of few and of many files are alike.
        if filled >= _SMALLEST and pack_boundary(path) * _STEP < sizes[path]:
            yield pack
            pack, filled = [], 0
    if pack:
        yield pack
