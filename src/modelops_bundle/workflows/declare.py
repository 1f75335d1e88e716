"""What a simulation was seen to read becomes part of what its model declares."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from modelops_bundle.identity.names import split_entrypoint
from modelops_bundle.results.record import UndeclaredRead
from modelops_bundle.workflows.register import RegisterRequest, register_models
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["OPTIONS", "declare"]

#: The option of ``register-model`` that declares a read of each kind. What has none cannot be declared.
OPTIONS: Mapping[str, str] = MappingProxyType(
    {"data": "--data", "code": "--code", "variable": "--variable"}
)


def declare(
    workspace: Workspace, model_id: str, reads: Iterable[UndeclaredRead]
) -> Sequence[UndeclaredRead]:
    """Add to a model's registration what can be declared of some reads; returns what was added.

    Raises:
        UsageError: The model is gone from the registry.
        InvalidEntryError: A dependency of it is gone.
    """
    fresh = [read for read in reads if _can_be_declared(workspace, read)]
    if not fresh:
        return ()
    entry = workspace.registry.load().models[model_id]
    names = {
        kind: [_typed(workspace, each) for each in fresh if each.kind == kind] for kind in OPTIONS
    }
    request = RegisterRequest(
        path=_from_here(workspace, entry.path),
        names=(split_entrypoint(entry.entrypoint)[1],),
        data=names["data"],
        code=names["code"],
        variables=names["variable"],
    )
    register_models(workspace, request)
    return fresh


def _can_be_declared(workspace: Workspace, read: UndeclaredRead) -> bool:
    if read.kind == "variable":
        return read.name != "*"
    return read.kind in OPTIONS and os.path.isfile(workspace.layout.absolute(read.name))


def _typed(workspace: Workspace, read: UndeclaredRead) -> str:
    return read.name if read.kind == "variable" else _from_here(workspace, read.name)


def _from_here(workspace: Workspace, recorded: str) -> str:
    """A recorded path as the user would type it, relative to where he is."""
    return os.path.relpath(workspace.layout.absolute(recorded), workspace.cwd)
