"""Which metadata counts, and which import names it stands for, for a whole search path.

What the installed files say is trusted only as far as it is looked at: a cached answer holds while the same
metadata is listed and every RECORD (which states the hashes of all other files) is unchanged. So an
unchanged environment costs one listing of each folder and one ``stat`` for each distribution.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import NamedTuple

from modelops_bundle.environment.found import (
    Found,
    Owned,
    evidence_of,
    find_all,
    metadata_entries,
    owned_by,
)
from modelops_bundle.environment.seals import Seal, decode_seal, make_seal, renewed_seal
from modelops_bundle.identity.streams import Blake2bStream
from modelops_bundle.ports import EntryKind, Files

__all__ = ["Index", "load_index"]

_MEMO = "owners1"


class Index(NamedTuple):
    """What is installed.

    Attributes:
        key: A text that changes with every installation, removal or upgrade.
        groups: By name; several for one name only where one folder holds several.
        owned: What each brings.
        roots: Import names to the names of their owners.
        folders: Folders that are linked to, and by which name.
    """

    key: str
    groups: dict[str, tuple[Found, ...]]
    owned: dict[Found, Owned]
    roots: dict[str, tuple[str, ...]]
    folders: tuple[tuple[str, str], ...]


class _Kept(NamedTuple):
    seal: Seal
    owned: dict[Found, Owned]


def load_index(files: Files, folders: tuple[str, ...], sites: tuple[str, ...]) -> Index:
    """The index of these folders, from the cache where nothing has changed.

    Args:
        files: File system and cache.
        folders: The search path.
        sites: Those of them that installers write to.
    """
    entries = metadata_entries(files, folders)
    key = _key(folders, sites, entries)
    kept = _decoded(files.memo_get(_MEMO, key))
    seal = renewed_seal(files, kept.seal) if kept is not None else None
    if kept is None or seal is None:
        found = find_all(files, entries)
        new = _looked_at(files, found, sites)
        # What a broken link leads to cannot be sealed.
        if _links(entry for _, entry, _ in entries) == _links(item.entry for item in found):
            files.memo_put(_MEMO, key, json.dumps([new.seal, list(new.owned.items())]))
    else:
        new = _Kept(seal, kept.owned)
        if seal != kept.seal:
            files.memo_put(_MEMO, key, json.dumps([seal, list(new.owned.items())]))
    return _assembled(files, f"{key} {new.seal.exact}", new.owned)


def _key(
    folders: tuple[str, ...], sites: tuple[str, ...], entries: list[tuple[str, str, EntryKind]]
) -> str:
    names = [f"{folder}\0{entry}\0{kind.value}" for folder, entry, kind in entries]
    stream = Blake2bStream("memo:owners:v1")
    for texts in (folders, sites, names):
        stream.add("\n\0".join(texts).encode("utf-8", "surrogateescape"))
    return stream.digest().hex


def _links(names: Iterable[str]) -> int:
    return sum(name.endswith(".egg-link") for name in names)


def _looked_at(files: Files, found: list[Found], sites: tuple[str, ...]) -> _Kept:
    evidence, empty = evidence_of(files, found)
    # An installed distribution's own record says more than what a build left in its source folder.
    found.sort(key=lambda item: item.form != "dist-info" and item.listed_in not in sites)
    firsts: dict[str, str] = {}
    owned = {}
    for item in found:
        if item not in empty and firsts.setdefault(item.name, item.listed_in) == item.listed_in:
            owned[item] = owned_by(files, item)
    return _Kept(make_seal(files, evidence), owned)


def _decoded(text: str | None) -> _Kept | None:
    try:
        seal, rows = json.loads(text or "null")
        owned = {
            Found(*item): Owned(tuple(roots), tuple(folders), bool(listed))
            for item, (roots, folders, listed) in rows
        }
        return _Kept(decode_seal(seal), owned)
    except (ValueError, TypeError):
        return None


def _assembled(files: Files, key: str, owned: dict[Found, Owned]) -> Index:
    groups: dict[str, tuple[Found, ...]] = {}
    roots: dict[str, dict[str, None]] = {}
    folders: list[tuple[str, str]] = []
    for item in sorted(owned):
        if not owned[item].listed:
            # Not from the cache: it is a guess from what lies there now.
            owned[item] = owned[item]._replace(roots=_guessed_roots(files, item))
        groups[item.name] = (*groups.get(item.name, ()), item)
        for root in owned[item].roots:
            roots.setdefault(root, {})[item.name] = None
        folders += [(folder, item.name) for folder in owned[item].folders]
    owners = {root: tuple(names) for root, names in roots.items()}
    return Index(key, groups, owned, owners, tuple(folders))


def _guessed_roots(files: Files, found: Found) -> tuple[str, ...]:
    """The module that is named like the distribution, for metadata that lists no files."""
    plain = found.name.replace("-", "_")
    for entry in sorted(files.entries(found.location)):
        stem = entry.partition(".")[0]
        if stem.lower() == plain and stem.isidentifier() and "-info" not in entry:
            return (stem,)
    return ()
