"""``add`` and ``remove``: which files are part of the bundle beside those that entries need."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from modelops_bundle.bundle.ignoring import IGNORE_FILE, Ignoring
from modelops_bundle.bundle.paths import path_problem
from modelops_bundle.errors import StorageError, UsageError, WorkInTheWayError
from modelops_bundle.ports import EntryKind, Unreadable
from modelops_bundle.project.files import expand
from modelops_bundle.project.patterns import is_pattern
from modelops_bundle.workflows.bundles.bridging import bridged
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.scope import needs_of
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Added", "Removed", "add", "remove", "untracked"]


class Added(NamedTuple):
    """What ``add`` did: paths that are new, how many were known, and what was passed over and why."""

    new: tuple[str, ...]
    known: int
    skipped: tuple[tuple[str, str], ...]


class Removed(NamedTuple):
    """What ``remove`` did: paths that are no longer tracked, and those of them that were deleted."""

    paths: tuple[str, ...]
    deleted: tuple[str, ...]


def add(workspace: Workspace, exchange: Exchange, typed: Sequence[str]) -> Added:
    """Track files, folders with all that is in them now, and what globs match.

    Raises:
        UsageError: A path is not there, or can be in no bundle. Nothing was added.
    """
    ignoring = _ignoring(workspace)
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
        exchange.tracked.write(before | found.keys())
    new = tuple(sorted(found.keys() - before))
    return Added(new, len(found) - len(new), tuple(skipped))


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
        UsageError: Something typed stands for nothing that was added, or an entry needs it.
        WorkInTheWayError: What would be deleted is in no bundle, and ``force`` is not set.
    """
    with exchange.lock():
        tracked = exchange.tracked.read()
        chosen: dict[str, None] = {}
        for text in typed:
            path = workspace.layout.from_user(text, workspace.cwd)
            chosen.update(dict.fromkeys(_chosen(workspace, tracked, path, text)))
        if delete:
            _refuse_needed(workspace, chosen)
        if delete and not force:
            _refuse_unsaved(exchange, chosen)
        exchange.tracked.write(tracked - chosen.keys())
        deleted = [path for path in chosen if delete and _unlink(workspace, path)]
    return Removed(tuple(sorted(chosen)), tuple(sorted(deleted)))


def untracked(workspace: Workspace, tracked: Iterable[str]) -> list[str]:
    """Files of the project that are in no bundle and that nobody said to pass over, sorted."""
    known = set(tracked)
    return [path for path in _walk(workspace, _ignoring(workspace), ".") if path not in known]


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


def _chosen(workspace: Workspace, tracked: frozenset[str], path: str, text: str) -> list[str]:
    if path == ".":
        return sorted(tracked)
    chosen = [each for each in tracked if each == path or each.startswith(f"{path}/")]
    if not chosen and is_pattern(path):
        chosen = [
            each for each in expand(workspace.files, workspace.layout, path) if each in tracked
        ]
    if not chosen:
        raise UsageError(
            f"{text} is not tracked",
            "",
            "`mops-bundle status --files` shows what is. What entries need is tracked by itself:"
            " `mops-bundle unregister` ends that.",
        )
    return chosen


def _refuse_needed(workspace: Workspace, chosen: Iterable[str]) -> None:
    registry = workspace.registry.load()
    for entry_id, _ in registry.entries():
        for path in sorted(needs_of(registry, (entry_id,)) & set(chosen)):
            raise UsageError(
                f"{path} is needed by {entry_id}",
                "nothing was removed",
                f"Leave out --rm, or run `mops-bundle unregister {entry_id}` first.",
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
