"""What to do about an entry whose file was renamed, or whose data was, without losing what was declared.

To forget an entry, or to register it with ``--reset``, throws away every declaration of it: that is the last
thing to advise.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from functools import cached_property

from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.ports import Unreadable
from modelops_bundle.project.files import expand, python_files
from modelops_bundle.project.patterns import is_pattern
from modelops_bundle.records.entries import BundleRegistry, ModelEntry, TargetEntry
from modelops_bundle.staleness import State
from modelops_bundle.workflows.candidates import Entry, declared_of, models_in, targets_in
from modelops_bundle.workflows.declarations import Declared
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Mends", "mend_of_dependencies"]


class Mends:
    """Knows what is where in a project; sources are searched only when an entry's file is gone.

    Args:
        workspace: The project.
        registry: What is recorded.
    """

    def __init__(self, workspace: Workspace, registry: BundleRegistry) -> None:
        self._workspace = workspace
        self._registry = registry

    def of(self, entry: Entry, state: State) -> str:
        """What to do about an entry, in a sentence; empty where there is nothing special to it."""
        if state is State.MISSING:
            return self._moved(entry)
        if state is State.INVALID:
            return mend_of_dependencies(self._workspace, entry, declared_of(entry))
        return ""

    def _moved(self, entry: Entry) -> str:
        if _names(self._workspace, entry.path):
            return ""  # what is left of the file says that its class has gone, and not where to
        places = list(self._places(entry))
        if len(places) != 1:
            return ""
        here = self._workspace.layout.for_user(places[0], self._workspace.cwd)
        command = _register(entry, here)
        name = split_entrypoint(entry.entrypoint)[1]
        if isinstance(entry, TargetEntry) and not entry.discovered:
            command += f" {shlex.join(('--target', name, '--output', entry.model_output))}"
        return (
            f"What was in {entry.path} is in {places[0]} now:"
            f" `{command}` takes over what was declared of it."
        )

    def _places(self, entry: Entry) -> Iterator[str]:
        """Recorded paths of other sources that define what an entry names, and have no entry for it."""
        name = split_entrypoint(entry.entrypoint)[1]
        sources = [source for source in self._sources if self._defines(source, name)]
        for _, other in self._registry.entries():
            if other.path in sources and split_entrypoint(other.entrypoint)[1] == name:
                sources.remove(other.path)
        if isinstance(entry, ModelEntry):
            found = models_in(self._workspace, sources)
        else:
            named = () if entry.discovered else (name,)
            found = targets_in(self._workspace, sources, named, entry.model_output)
        for each in found.candidates:
            if each.name == name and not each.abstract:
                yield each.entry.path

    def _defines(self, source: str, name: str) -> bool:
        path = self._workspace.layout.absolute(source)
        text = self._workspace.files.read(path)
        # Most sources need not be parsed for that. A registry may hold any text for a name.
        last = name.rpartition(".")[2].encode("utf-8", "replace")
        if isinstance(text, Unreadable) or last not in text:
            return False
        return name in self._workspace.defined(path)

    @cached_property
    def _sources(self) -> tuple[str, ...]:
        layout, exclude = self._workspace.layout, self._workspace.config.exclude
        found = python_files(self._workspace.files, layout, layout.root, exclude)
        return tuple(map(layout.recorded, found))


def mend_of_dependencies(workspace: Workspace, entry: Entry, declared: Declared) -> str:
    """What to do where a dependency that is declared of an entry is gone, in a sentence; else empty."""
    mend = _mend_of_data(workspace, entry, declared)
    return mend or (workspace.hosted.mend(declared.llms) if declared.llms else "")


def _mend_of_data(workspace: Workspace, entry: Entry, declared: Declared) -> str:
    """What to do where data that is declared of an entry is gone, in a sentence; empty where none is."""
    gone = [pattern for pattern in declared.data if not _names(workspace, pattern)]
    if not gone:
        return ""
    register = _register(entry, workspace.layout.for_user(entry.path, workspace.cwd))
    anew = "add --reset, and declare the rest once more (`mops-bundle list ID` shows it)"
    if isinstance(entry, TargetEntry):
        anew = "unregister it first"
    if any(map(is_pattern, gone)):
        return f"Bring it back, or register it again with `{register} --data NEW`: {anew}."
    return (
        "Bring it back, or register it again with what it is called now:"
        f" `{register} --data NEW` puts NEW in the place of {gone[0]} where both hold the same;"
        f" else {anew}."
    )


def _register(entry: Entry, path: str) -> str:
    kind = "target" if isinstance(entry, TargetEntry) else "model"
    return f"mops-bundle register-{kind} {path}"


def _names(workspace: Workspace, pattern: str) -> list[str]:
    return expand(workspace.files, workspace.layout, pattern, workspace.config.exclude)
