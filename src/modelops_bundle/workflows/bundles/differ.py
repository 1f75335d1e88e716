"""``diff``: what one state of the bundle has and another has not; for code, which definitions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.bundle.pulling import Action, changes
from modelops_bundle.bundle.reference import Reference
from modelops_bundle.errors import UsageError
from modelops_bundle.explanation import DefinitionChange, definition_changes, describe_source
from modelops_bundle.ports import Unreadable
from modelops_bundle.workflows.bundles.bridging import algorithm_of
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle, open_bundle
from modelops_bundle.workflows.bundles.scope import scope_of
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Difference", "FileDifference", "differ"]

_LARGEST_SOURCE = 1 << 20

_Reader = Callable[[str], bytes]


class FileDifference(NamedTuple):
    """A path that differs.

    Attributes:
        action: What became of it.
        definitions: What changed in a Python source, where both sides are one.
        note: ``meaning unchanged`` for a source of which only layout or comments differ, ``permission``
            where only that does; else empty.
    """

    action: Action
    definitions: tuple[DefinitionChange, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Difference:
    """How one state became another.

    Attributes:
        before: What is compared, in words.
        after: What it is compared with.
        files: What differs, by path.
    """

    before: str
    after: str
    files: Mapping[str, FileDifference]


class _Side(NamedTuple):
    name: str
    contents: Contents
    algorithm: str
    read: _Reader


def differ(
    workspace: Workspace, exchange: Exchange, old: str | None, new: str | None
) -> Difference:
    """Compare two bundles, or a bundle with what a push would send now.

    Args:
        workspace: The project.
        exchange: What it exchanges bundles with.
        old: The bundle that is compared; the project's own by default.
        new: The bundle that it is compared with; the folder by default.

    Raises:
        UsageError: A reference is none.
        RemoteError: There is no such bundle, or it cannot be asked for.
        DamagedBundleError: It is not what its digest says.
    """
    before = _bundle_side(exchange, exchange.reference(old))
    after = (
        _bundle_side(exchange, exchange.reference(new))
        if new is not None
        else _local_side(workspace, exchange, before.algorithm)
    )
    if before.algorithm != after.algorithm:
        raise UsageError(
            f"{before.name} and {after.name} cannot be compared",
            "one has index version 1 and the other version 2, which have other digests",
            "Compare each with the folder: `mops-bundle diff REF`.",
        )
    found = changes(before.contents, after.contents)
    files = {path: _difference(path, action, before, after) for path, action in found.items()}
    return Difference(before.name, after.name, files)


def _bundle_side(exchange: Exchange, reference: Reference) -> _Side:
    bundle: RemoteBundle = open_bundle(exchange, reference)
    name = f"{reference.place}:{reference.wanted}" if reference.digest is None else str(reference)
    algorithm = algorithm_of(bundle.index)
    return _Side(name, bundle.index.contents, algorithm, lambda path: read_file(bundle, path))


def _local_side(workspace: Workspace, exchange: Exchange, algorithm: str) -> _Side:
    def read(path: str) -> bytes:
        data = workspace.files.read(workspace.layout.absolute(path))
        if isinstance(data, Unreadable):
            raise UsageError(f"{path} cannot be read", data.reason)
        return data

    contents = scope_of(workspace, exchange).contents
    if algorithm == "sha256":
        contents = exchange.tree.look(contents, algorithm)
    return _Side(workspace.layout.root, contents, algorithm, read)


def _difference(path: str, action: Action, before: _Side, after: _Side) -> FileDifference:
    old, new = before.contents.get(path), after.contents.get(path)
    if not isinstance(old, FileEntry) or not isinstance(new, FileEntry):
        return FileDifference(action, (), "")
    if old.digest == new.digest:
        return FileDifference(action, (), "permission")
    if not path.endswith(".py") or max(old.size, new.size) > _LARGEST_SOURCE:
        return FileDifference(action, (), "")
    one, other = (describe_source(side.read(path), "") for side in (before, after))
    docstrings = {each.name for each in (*one.docstrings, *other.docstrings)}
    found = definition_changes(one, other, docstrings)
    parsed = bool(one.definitions or other.definitions)
    return FileDifference(action, found, "" if found or not parsed else "meaning unchanged")
