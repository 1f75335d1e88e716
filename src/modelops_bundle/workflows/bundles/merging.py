"""The registry and the list of what is tracked, where both sides changed them: put together by a pull.

Everybody who registers or adds something writes into these two files, so that two people who work on
different models would be in each other's way at every turn.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents, Entry, FileEntry
from modelops_bundle.bundle.paths import REGISTRY_PATH, TRACKED_PATH
from modelops_bundle.bundle.pulling import PullPlan, step_to
from modelops_bundle.bundle.sides import Sides
from modelops_bundle.bundle.tracked_text import dump_tracked, merge_tracked, parse_tracked
from modelops_bundle.errors import MopsError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.streams import digest_of_bytes
from modelops_bundle.records.document import dump_document, load_document
from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.records.merging import Side, merge_registries
from modelops_bundle.workflows.bundles.ancestry import Ancestry, base_bundle
from modelops_bundle.workflows.bundles.bridging import algorithm_of
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle

__all__ = ["Compared", "Merged", "merge_documents"]

_DOCUMENTS = (REGISTRY_PATH, TRACKED_PATH)
_MOST = 5


class Compared(NamedTuple):
    """What a plan was made from.

    Attributes:
        local: What is in the folder.
        paths: Every path that was compared.
        disputed: Those that both sides have changed.
    """

    local: Contents
    paths: Collection[str]
    disputed: Collection[str]


class Merged(NamedTuple):
    """A plan without the conflicts that could be settled.

    Attributes:
        plan: The plan.
        texts: What is written that neither side has as it is, by path.
        settled: Documents that hold everything of the user's afterwards.
    """

    plan: PullPlan
    texts: Mapping[str, bytes]
    settled: frozenset[str]


class _Texts(NamedTuple):
    """One document three times: as both had it, as the user has it, as the bundle has it."""

    base: bytes
    ours: bytes
    theirs: bytes


class _UnmergeableError(Exception):
    """Why a document stays in the way; never leaves this module."""


def merge_documents(
    exchange: Exchange,
    bundle: RemoteBundle,
    plan: PullPlan,
    compared: Compared,
    sides: Sides,
    ancestry: Ancestry,
) -> Merged:
    """Settle what both sides did to the registry and to the list of what is tracked.

    Args:
        exchange: The project.
        bundle: What is pulled.
        plan: What a pull would do.
        compared: What the plan was made from.
        sides: Whose a path shall be; whose entries, where both changed the same one. The list of what is
            tracked is looked at as well where only one side changed it, as lines go with their files.
        ancestry: What both come from.

    Raises:
        RemoteError: The bundle's documents could not be fetched.
    """
    texts: dict[str, bytes] = {}
    settled = set()
    kept = {each.path for each in plan.ours}

    def side(path: str) -> Side | None:
        """A line goes with its file. One's own is kept only where both have changed it."""
        if path in kept:
            return "ours"
        return "theirs" if sides.is_theirs(path) and path in compared.paths else None

    for path in _DOCUMENTS:
        here, there = compared.local.get(path), bundle.index.contents.get(path)
        # Of files that somebody chose, the lines go with them.
        is_chosen = path == TRACKED_PATH and any(sides) and here != there
        if not (path in compared.disputed or is_chosen) or not _is_text(path, here, there):
            continue
        try:
            merged = _merge(path, _texts(exchange, bundle, ancestry.base, path, here), side)
        except _UnmergeableError as error:
            plan = _explained(plan, path, str(error))
            continue
        after = _entry(bundle, merged, there)
        if after is not None and after not in (here, there):
            texts[path] = merged
        if not sides.is_theirs(path):
            settled.add(path)
        plan = _settled(plan, path, here, after)
    return Merged(plan, texts, frozenset(settled))


def _is_text(path: str, *entries: Entry | None) -> bool:
    """Whether there are two texts to merge. A list of nothing may be no file at all."""
    may_lack = path == TRACKED_PATH
    return all(isinstance(each, FileEntry) or (each is None and may_lack) for each in entries)


def _entry(bundle: RemoteBundle, text: bytes, there: Entry | None) -> FileEntry | None:
    if not text and there is None:
        return None
    executable = isinstance(there, FileEntry) and there.executable
    algorithm = algorithm_of(bundle.index)
    return FileEntry(digest_of_bytes(text, algorithm), len(text), executable)


def _explained(plan: PullPlan, path: str, why: str) -> PullPlan:
    obstacles = (each._replace(why=why) if each.path == path else each for each in plan.obstacles)
    return replace(plan, obstacles=tuple(obstacles))


def _settled(plan: PullPlan, path: str, here: Entry | None, after: FileEntry | None) -> PullPlan:
    others = [step for step in plan.steps if step.path != path]
    return replace(
        plan,
        steps=tuple(sorted((*others, *step_to(path, here, after)), key=lambda step: step.path)),
        obstacles=tuple(each for each in plan.obstacles if each.path != path),
        kept=tuple(each for each in plan.kept if each.path != path),
        ours=tuple(each for each in plan.ours if each.path != path),
    )


def _texts(
    exchange: Exchange,
    bundle: RemoteBundle,
    base: Digest | None,
    path: str,
    here: Entry | None,
) -> _Texts:
    ours = b""
    if isinstance(here, FileEntry):
        ours = b"".join(exchange.tree.reader([(path, 0, here.size + 1)])())
        if digest_of_bytes(ours, here.digest.algorithm) != here.digest:
            raise _UnmergeableError("it was edited at this moment")
    return _Texts(_base(exchange, bundle, base, path), ours, _read(bundle, path))


def _base(exchange: Exchange, bundle: RemoteBundle, base: Digest | None, path: str) -> bytes:
    """What both sides come from; nothing where they have no such document in common."""
    if base is None:
        return b""
    found = base_bundle(exchange, bundle, base)
    if found is None:
        raise _UnmergeableError("what both come from is not to be had any more")
    return _read(found, path)


def _read(bundle: RemoteBundle, path: str) -> bytes:
    return read_file(bundle, path) if path in bundle.index.contents else b""


def _merge(path: str, texts: _Texts, side: Callable[[str], Side | None]) -> bytes:
    try:
        if path == REGISTRY_PATH:
            return _registry(texts, side(path))
        return _tracked(texts, side)
    except MopsError as error:
        raise _UnmergeableError(error.summary) from error


def _registry(texts: _Texts, side: Side | None) -> bytes:
    loaded = [load_document(text, REGISTRY_PATH) for text in (texts.ours, texts.theirs)]
    if any(each.comment_line is not None for each in loaded):
        raise _UnmergeableError("it has comments, which would be lost")
    ours, theirs = (each.registry for each in loaded)
    nothing = BundleRegistry()
    base = load_document(texts.base, REGISTRY_PATH).registry if texts.base else nothing
    merged = merge_registries(base, ours, theirs, side)
    if merged.conflicts:
        more = f" and {len(merged.conflicts) - _MOST} more" * (len(merged.conflicts) > _MOST)
        raise _UnmergeableError(f"both changed {', '.join(merged.conflicts[:_MOST])}{more}")
    written = dump_document(merged.registry)
    # A side that says it already is taken as it is, however it is written.
    if dump_document(ours) == written:
        return texts.ours
    return texts.theirs if dump_document(theirs) == written else written


def _tracked(texts: _Texts, side: Callable[[str], Side | None]) -> bytes:
    base, ours, theirs = (parse_tracked(text, TRACKED_PATH) for text in texts)
    return dump_tracked(merge_tracked(base, ours, theirs, side)).encode()
