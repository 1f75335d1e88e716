"""``add`` and ``remove``: which files are part of the bundle beside those that entries need."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from modelops_bundle.bundle.contents import FileEntry
from modelops_bundle.bundle.ignoring import IGNORE_FILE, Ignoring
from modelops_bundle.bundle.paths import path_problem
from modelops_bundle.errors import StorageError, UsageError, WorkInTheWayError
from modelops_bundle.ports import EntryKind, Unreadable
from modelops_bundle.project.files import expand
from modelops_bundle.project.patterns import is_pattern
from modelops_bundle.workflows.bundles.bridging import bridged
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.scope import Scope, needs_of
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Added", "Removed", "add", "remove", "renamed", "untracked"]

_MOST_IDS = 5


class Added(NamedTuple):
    """What ``add`` did.

    Attributes:
        new: Paths that are tracked now and were not before.
        known: How many were tracked before.
        needed: Paths that are in the bundle anyway because entries need them. They are not tracked, so that
            they leave the bundle with the entry, or follow it when it is recorded under another path.
        skipped: What was passed over, each with the reason.
    """

    new: tuple[str, ...]
    known: int
    needed: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]


class Removed(NamedTuple):
    """What ``remove`` did.

    Attributes:
        paths: Paths that are no longer tracked.
        deleted: Those of them that were deleted.
        staying: Those that stay in the bundle all the same, each with the ids of the entries that need it.
    """

    paths: tuple[str, ...]
    deleted: tuple[str, ...]
    staying: Mapping[str, tuple[str, ...]]


def add(workspace: Workspace, exchange: Exchange, typed: Sequence[str]) -> Added:
    """Track files, folders with all that is in them now, and what globs match, less what entries need.

    Raises:
        RegistryError: The registry is broken.
        UsageError: A path is not there, or can be in no bundle. Nothing was added.
    """
    ignoring = _ignoring(workspace)
    needing = _needing(workspace)
    found: dict[str, None] = {}
    skipped: list[tuple[str, str]] = []
    for text in typed:
        path = workspace.layout.from_user(text, workspace.cwd)
        for each in _files_of(workspace, ignoring, path, text):
            problem = path_problem(each) or _place_problem(workspace, each)
            if problem is None:
                found[each] = None
            elif each == path:
                raise UsageError(f"{text} cannot be added", problem)
            else:
                skipped.append((each, problem))
    with exchange.lock():
        before = exchange.tracked.read()
        new = found.keys() - before - needing.keys()
        exchange.tracked.write(before | new)
    needed = found.keys() - before - new
    known = len(found) - len(new) - len(needed)
    return Added(tuple(sorted(new)), known, tuple(sorted(needed)), tuple(skipped))


def remove(
    workspace: Workspace,
    exchange: Exchange,
    typed: Sequence[str],
    *,
    delete: bool,
    force: bool = False,
) -> Removed:
    """Stop tracking what paths, folders and globs stand for; with ``delete`` the files go as well.

    Raises:
        RegistryError: The registry is broken.
        UsageError: Something typed stands for nothing that was added, or an entry needs it.
        WorkInTheWayError: What would be deleted is in no bundle, and ``force`` is not set.
    """
    needing = _needing(workspace)
    with exchange.lock():
        tracked = exchange.tracked.read()
        chosen: dict[str, None] = {}
        for text in typed:
            path = workspace.layout.from_user(text, workspace.cwd)
            found = _standing_for(workspace, tracked, path)
            if not found and path != ".":
                needed = _standing_for(workspace, needing, path)
                raise _not_tracked(text, {each: needing[each] for each in needed})
            chosen.update(dict.fromkeys(found))
        staying = {path: needing[path] for path in sorted(chosen) if path in needing}
        if delete and staying:
            raise _needed(staying, "nothing was removed", "Leave out --rm")
        if delete and not force:
            _refuse_unsaved(exchange, chosen)
        exchange.tracked.write(tracked - chosen.keys())
        deleted = [path for path in chosen if delete and _unlink(workspace, path)]
    return Removed(tuple(sorted(chosen)), tuple(sorted(deleted)), staying)


def untracked(workspace: Workspace, tracked: Iterable[str]) -> list[str]:
    """Files of the project that are in no bundle and that nobody said to pass over, sorted."""
    known = set(tracked)
    return [path for path in _walk(workspace, _ignoring(workspace), ".") if path not in known]


def renamed(workspace: Workspace, exchange: Exchange, scope: Scope) -> dict[str, str]:
    """For tracked files that are gone, the file in no bundle that has what they had when last synced.

    Only untracked files of the same size are read, and none where no tracked file is gone.
    """
    lost = [path for path, _ in scope.missing if path not in scope.needed]
    if not lost:
        return {}
    saved = bridged(exchange.tree, exchange.state().files, "blake3")
    gone = {
        path: entry
        for path in lost
        if isinstance(entry := saved.get(path), FileEntry)
        and not os.path.lexists(workspace.layout.absolute(path))
    }
    if not gone:
        return {}
    sizes = {entry.size for entry in gone.values()}
    near = [
        path for path in untracked(workspace, scope.contents) if _size(workspace, path) in sizes
    ]
    by_digest: dict[object, str] = {}
    for path, entry in sorted(exchange.tree.look(near).items()):
        if isinstance(entry, FileEntry):
            by_digest.setdefault(entry.digest, path)
    return {
        path: by_digest[entry.digest] for path, entry in gone.items() if entry.digest in by_digest
    }


def _size(workspace: Workspace, path: str) -> int | None:
    try:
        return os.stat(workspace.layout.absolute(path)).st_size
    except OSError:  # gone meanwhile, or a link to nowhere
        return None


def _ignoring(workspace: Workspace) -> Ignoring:
    if IGNORE_FILE not in workspace.files.entries(workspace.layout.root):
        return Ignoring("")
    data = workspace.files.read(workspace.layout.absolute(IGNORE_FILE))
    if isinstance(data, Unreadable):
        raise UsageError(f"{IGNORE_FILE} cannot be read", data.reason)
    return Ignoring(data.decode("utf-8", "surrogateescape"))


def _files_of(workspace: Workspace, ignoring: Ignoring, path: str, text: str) -> Iterator[str]:
    """What is typed stands for. A file that is named is meant, whatever is passed over otherwise."""
    place = workspace.layout.absolute(path)
    if os.path.isdir(place) and not os.path.islink(place):
        yield from _walk(workspace, ignoring, path)
        return
    if os.path.lexists(place):
        yield path
        return
    matched = expand(workspace.files, workspace.layout, path) if is_pattern(path) else []
    if not matched:
        what = "matches no file" if is_pattern(path) else "is not there"
        raise UsageError(f"{text} {what}", "", "Nothing was added. Check the path.")
    yield from (each for each in matched if not _is_ignored(ignoring, each))


def _is_ignored(ignoring: Ignoring, path: str) -> bool:
    parts = path.split("/")
    above = ("/".join(parts[:end]) for end in range(1, len(parts)))
    return any(ignoring.passes(each, is_folder=True) for each in above) or ignoring.passes(path)


def _walk(workspace: Workspace, ignoring: Ignoring, folder: str) -> Iterator[str]:
    """Files and links below a folder, sorted within each folder; links to folders are not entered."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        place = workspace.layout.absolute(here)
        prefix = "" if here == "." else f"{here}/"
        inner = []
        for name, kind in sorted(workspace.files.entries(place).items()):
            path = f"{prefix}{name}"
            is_folder = kind is EntryKind.FOLDER and not os.path.islink(os.path.join(place, name))
            if kind is EntryKind.OTHER or ignoring.passes(path, is_folder=is_folder):
                continue
            if is_folder:
                inner.append(path)
            else:
                yield path
        waiting.extend(reversed(inner))


def _place_problem(workspace: Workspace, path: str) -> str | None:
    """Why what is at a path cannot be added."""
    place = workspace.layout.absolute(path)
    if os.path.islink(place) and not workspace.layout.holds_really(place):
        return "it is a link that leads out of the project"
    if not os.path.islink(place) and not os.path.isfile(place):
        return "it is no regular file"
    return None


def _standing_for(workspace: Workspace, paths: Collection[str], path: str) -> list[str]:
    """Those of ``paths`` that a path, a folder or a glob stands for."""
    if path == ".":
        return sorted(paths)
    found = [each for each in paths if each == path or each.startswith(f"{path}/")]
    if not found and is_pattern(path):
        matched = expand(workspace.files, workspace.layout, path)
        found = [each for each in matched if each in paths]
    return sorted(found)


def _needing(workspace: Workspace) -> dict[str, tuple[str, ...]]:
    """For each path that entries need as they are recorded, their ids."""
    registry = workspace.registry.load()
    needing: dict[str, list[str]] = {}
    for entry_id, _ in registry.entries():
        for path in needs_of(registry, (entry_id,)):
            needing.setdefault(path, []).append(entry_id)
    return {path: tuple(ids) for path, ids in needing.items()}


def _not_tracked(text: str, needed: Mapping[str, tuple[str, ...]]) -> UsageError:
    if needed:
        return _needed(needed, "it was not added, and is in the bundle for that alone", "")
    return UsageError(
        f"{text} is not tracked",
        "",
        "`mops-bundle status --files` shows what is. What entries need is tracked by itself:"
        " `mops-bundle unregister` ends that.",
    )


def _needed(needed: Mapping[str, tuple[str, ...]], why: str, instead: str) -> UsageError:
    """The refusal to take from entries what they need; the first path stands for all."""
    path, ids = next(iter(needed.items()))
    more = f" and {len(ids) - _MOST_IDS} more" if len(ids) > _MOST_IDS else ""
    mend = f"`mops-bundle unregister {'ID...' if more else ' '.join(ids)}`"
    return UsageError(
        f"{path} is needed by {', '.join(ids[:_MOST_IDS])}{more}",
        why,
        f"{instead}, or run {mend} first." if instead else f"{mend} ends that.",
    )


def _refuse_unsaved(exchange: Exchange, chosen: Iterable[str]) -> None:
    """Refuse to delete what is in no bundle that was pushed or pulled: nobody else has it."""
    saved = bridged(exchange.tree, exchange.state().files, "blake3")
    for path, entry in sorted(exchange.tree.look(chosen).items()):
        if saved.get(path) != entry:
            raise WorkInTheWayError(
                f"{path} would be lost",
                "as it is now it is in no bundle that was pushed or pulled here",
                "Leave out --rm, push it first, or delete it all the same with --force.",
            )


def _unlink(workspace: Workspace, path: str) -> bool:
    try:
        os.unlink(workspace.layout.absolute(path))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StorageError(f"cannot remove {path}", error.strerror or "") from error
    return True
