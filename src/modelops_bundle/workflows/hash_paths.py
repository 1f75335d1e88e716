"""``hash``: digests of any paths, in the project or not."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from modelops_bundle.errors import UsageError
from modelops_bundle.hashing import hash_folder
from modelops_bundle.identity.digest import Digest
from modelops_bundle.ports import Unreadable
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Hashed", "hash_paths"]

_MOST_NAMED = 5
_AT_ONCE = 500


class Hashed(NamedTuple):
    """The digest of one path.

    Attributes:
        path: As it was typed.
        kind: ``token`` (what a Python source means), ``file`` (bytes) or ``tree`` (a folder's files).
        digest: With its algorithm.
        exact: Whether the digest is of the bytes, so that every byte counts: true of files and trees, and of
            sources that do not parse.
        problem: Why a source does not parse.
    """

    path: str
    kind: str
    digest: str
    exact: bool
    problem: str | None = None


def hash_paths(workspace: Workspace, paths: Sequence[str]) -> list[Hashed]:
    """Digests of paths, in their order. All are answered, or none.

    Raises:
        UsageError: One cannot be read, is no file or folder, or is a folder with such a file in it.
    """
    places = {text: os.path.normpath(os.path.join(workspace.cwd, text)) for text in paths}
    folders = {text for text, path in places.items() if os.path.isdir(path)}
    contents = _contents(workspace, [places[text] for text in places if text not in folders])
    problems: list[str] = []
    found = []
    for text in paths:
        path = places[text]
        content = None if text in folders else contents[path]
        if isinstance(content, Unreadable):
            problems.append(f"{text}: {content.reason}")
        elif content is None:
            found += _folder(workspace, text, path, problems)
        elif path.endswith(".py"):
            found += _source(workspace, text, path, problems)
        else:
            found.append(Hashed(text, "file", str(content), exact=True))
    if problems:
        more = f" and {len(problems) - _MOST_NAMED} more" if len(problems) > _MOST_NAMED else ""
        raise UsageError(
            "cannot hash",
            "; ".join(problems[:_MOST_NAMED]) + more,
            "Name regular files and folders.",
        )
    return found


def _contents(workspace: Workspace, paths: Sequence[str]) -> dict[str, Digest | Unreadable]:
    """Many at once, so that thousands cost little, and not all at once, so that one can see how far it is."""
    contents: dict[str, Digest | Unreadable] = {}
    for start in range(0, len(paths), _AT_ONCE):
        if workspace.progress:
            workspace.progress("hashing", start, len(paths))
        contents.update(workspace.files.contents(paths[start : start + _AT_ONCE]))
    return contents


def _folder(workspace: Workspace, text: str, path: str, problems: list[str]) -> list[Hashed]:
    found = hash_folder(workspace.files, path)
    if found.digest is None:
        problems += [f"{each.path}: {each.reason}" for each in found.unreadable]
        return []
    return [Hashed(text, "tree", str(found.digest), exact=True)]


def _source(workspace: Workspace, text: str, path: str, problems: list[str]) -> list[Hashed]:
    said = workspace.facts.facts(path)
    if isinstance(said, Unreadable):
        problems.append(f"{text}: {said.reason}")
        return []
    if said.prints is None:
        digest = str(workspace.files.content(path))
        return [Hashed(text, "token", digest, exact=True, problem=said.error and said.error.reason)]
    return [Hashed(text, "token", said.prints.token, exact=False)]
