"""What a model or target was seen to read becomes part of what it declares."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeVar

from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.results.record import UndeclaredRead
from modelops_bundle.worker.mends import OPTIONS
from modelops_bundle.workflows.register import (
    RegisterRequest,
    register_models,
    register_targets,
)
from modelops_bundle.workflows.subject import find_subject
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["declare", "declaring"]

_Done = TypeVar("_Done")

#: How often something is begun anew because more was declared; each time at least one read is new.
_MOST_ROUNDS = 20


def declaring(
    workspace: Workspace,
    once: Callable[[Workspace], _Done],
    seen: Callable[[_Done], tuple[str, Iterable[UndeclaredRead]]],
) -> tuple[_Done, list[UndeclaredRead]]:
    """Do something, declare what it reads, and do it again until it reads nothing new.

    Args:
        workspace: The project.
        once: Does it, in the project as it is then.
        seen: Whose reads it saw, and which.

    Returns:
        What came out at last, and all that was declared.

    Raises:
        MopsError: As for ``once`` and :func:`declare`.
    """
    declared: list[UndeclaredRead] = []
    for _ in range(_MOST_ROUNDS):
        # Under another digest now: what was computed before belongs to nothing that is registered.
        with workspace.reopened() as again:
            done = once(again)
            fresh = declare(again, *seen(done))
        declared += fresh
        if not fresh:
            break
    return done, declared


def declare(
    workspace: Workspace, entry_id: str, reads: Iterable[UndeclaredRead]
) -> Sequence[UndeclaredRead]:
    """Add to an entry's registration what can be declared of some reads; returns what was added.

    Where the code names a folder or pattern that a file belongs to, that is declared, so that its next file
    counts as well.

    Raises:
        UsageError: The model or target is gone from the registry.
        InvalidEntryError: A dependency of it is gone.
    """
    fresh = [read for read in reads if _can_be_declared(workspace, read)]
    if not fresh:
        return ()
    registry = workspace.registry.load()
    is_model = entry_id in registry.models
    entry = registry.models[entry_id] if is_model else registry.targets[entry_id]
    named = _named(workspace, entry_id)
    names = {
        kind: [_typed(workspace, each, named) for each in fresh if each.kind == kind]
        for kind in OPTIONS
    }
    request = RegisterRequest(
        path=_from_here(workspace, entry.path),
        names=(split_entrypoint(entry.entrypoint)[1],),
        data=names["data"],
        code=names["code"],
        variables=names["variable"],
    )
    (register_models if is_model else register_targets)(workspace, request)
    return fresh


def _can_be_declared(workspace: Workspace, read: UndeclaredRead) -> bool:
    if read.kind == "variable":
        return read.name != "*"
    return read.kind in OPTIONS and os.path.isfile(workspace.layout.absolute(read.name))


def _named(workspace: Workspace, entry_id: str) -> Mapping[str, str]:
    """Files that the code of an entry names, each with the text that names it: a path, folder or pattern."""
    mentions = find_subject(workspace, entry_id).survey.mentions
    # A folder or pattern comes after the file itself, and what stands for more last.
    ranked = sorted(mentions, key=lambda each: (each.names not in each.files, len(each.files)))
    return {file: mention.names for mention in ranked for file in mention.files}


def _typed(workspace: Workspace, read: UndeclaredRead, named: Mapping[str, str]) -> str:
    if read.kind == "variable":
        return read.name
    return _from_here(workspace, named.get(read.name, read.name))


def _from_here(workspace: Workspace, recorded: str) -> str:
    """A recorded path as the user would type it, relative to where he is."""
    return os.path.relpath(workspace.layout.absolute(recorded), workspace.cwd)
