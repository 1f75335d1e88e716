"""``discover``: which classes and functions of sources are models and targets, in a project or anywhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from modelops_bundle.discovery.models import (
    DEFAULT_BASES,
    Discovery,
    ModelClass,
    discover_model_classes,
)
from modelops_bundle.discovery.targets import TargetFunction, discover_targets
from modelops_bundle.errors import MopsError, UsageError
from modelops_bundle.identity.names import is_dotted_name, split_entrypoint, unique_id
from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.project.files import python_files
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["DiscoveryReport", "discover"]


@dataclass(frozen=True, slots=True)
class DiscoveryReport:
    """What was found.

    Attributes:
        models: Each model with the id that it has, or would get if it were registered.
        targets: Likewise.
        discovery: The models as found, with what is unresolved and skipped. Its paths are absolute.
        root: The folder that paths are shown relative to.
        searched: Number of sources that were looked into.
        warnings: What was asked for and is not there, in words.
    """

    models: tuple[tuple[str, ModelClass], ...]
    targets: tuple[tuple[str, TargetFunction], ...]
    discovery: Discovery
    root: str
    searched: int
    warnings: tuple[str, ...] = ()

    def shown(self, path: str) -> str:
        """A path as people read it: relative to the root with ``/``, absolute outside."""
        inside = path.startswith(self.root.rstrip(os.sep) + os.sep)
        return os.path.relpath(path, self.root).replace(os.sep, "/") if inside else path


def discover(
    workspace: Workspace, paths: Sequence[str], bases: Sequence[str], targets: Sequence[str]
) -> DiscoveryReport:
    """Find models and targets.

    Args:
        workspace: The project, or a folder that is none.
        paths: Files and folders as typed; the whole project when empty.
        bases: Dotted names of root bases; those of the configuration when empty.
        targets: Functions that are targets without a decorator.

    Raises:
        UsageError: A path does not exist, or a base cannot be one.
    """
    _check_bases(bases)
    places = [os.path.normpath(os.path.join(workspace.cwd, path)) for path in paths]
    sources = _sources(workspace, places or [workspace.layout.root])
    # What lies in a package that the project's own roots do not lead to is imported from its own root.
    roots = dict.fromkeys(_foreign_roots(workspace.files, workspace.layout.root, sources))
    config = workspace.config
    workspace.config = replace(config, source_roots=(*config.source_roots, *roots))
    found = discover_model_classes(
        sources, resolver=workspace.resolver, bases=bases or config.model_bases
    )
    marked = discover_targets(sources, resolver=workspace.resolver, named=targets).targets
    root = workspace.layout.root
    report = DiscoveryReport((), (), found, root, len(sources))
    known = _known_ids(workspace)
    ids = _ids(
        known,
        [
            *((report.shown(each.path), each.class_name) for each in found.models),
            *((report.shown(each.path), each.name) for each in marked),
        ],
    )
    return replace(
        report,
        models=tuple(zip(ids, found.models, strict=False)),
        targets=tuple(zip(ids[len(found.models) :], marked, strict=True)),
        warnings=(
            # The usual ones need not be there.
            *(each.text for each in found.unfound if bases or each.name not in DEFAULT_BASES),
            *_unknown(targets, marked),
        ),
    )


def _check_bases(bases: Iterable[str]) -> None:
    for base in bases:
        if not is_dotted_name(base):
            raise UsageError(
                f"--base {base!r} cannot be a class",
                "a base is a dotted name",
                "Write it with its module: --base models.base.Model, say.",
            )


def _unknown(named: Iterable[str], marked: Iterable[TargetFunction]) -> Iterator[str]:
    known = {target.name for target in marked}
    for name in dict.fromkeys(named):
        if name not in known:
            yield f"no function is called {name} where it was looked for (--target {name})"


def _sources(workspace: Workspace, places: Iterable[str]) -> list[str]:
    found: list[str] = []
    for place in places:
        kind = _kind(workspace.files, place)
        if kind is None:
            raise UsageError(
                f"{place} does not exist", "", "Name Python files, or folders that hold some."
            )
        if kind is EntryKind.FOLDER:
            found += python_files(
                workspace.files, workspace.layout, place, workspace.config.exclude
            )
        else:
            found.append(place)
    return list(dict.fromkeys(found))


def _kind(files: Files, path: str) -> EntryKind | None:
    folder, name = os.path.split(path)
    return files.entries(folder).get(name) if name else EntryKind.FOLDER


def _foreign_roots(files: Files, root: str, sources: Iterable[str]) -> Iterator[str]:
    usual = {root, os.path.join(root, "src")}
    for folder in dict.fromkeys(os.path.dirname(source) for source in sources):
        top = folder
        while "__init__.py" in files.entries(top):
            top = os.path.dirname(top)
        inside = folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)
        if top not in usual and (top != folder or not inside):
            yield top


def _known_ids(workspace: Workspace) -> dict[tuple[str, str], str]:
    """Ids in the registry by recorded path and name; none where there is no registry that can be read."""
    try:
        entries = list(workspace.registry.load().entries())
    except MopsError:
        return {}
    return {
        (entry.path, split_entrypoint(entry.entrypoint)[1]): entry_id for entry_id, entry in entries
    }


def _ids(known: dict[tuple[str, str], str], found: Iterable[tuple[str, str]]) -> list[str]:
    taken = set(known.values())
    ids = []
    for path, name in found:
        entry_id = known.get((path, name)) or unique_id(path, name, taken)
        taken.add(entry_id)
        ids.append(entry_id)
    return ids
