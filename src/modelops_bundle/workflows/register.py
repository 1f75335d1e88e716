"""``register-model`` and ``register-target``: from sources to entries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from modelops_bundle.digests.survey import Survey
from modelops_bundle.discovery.models import ModelClass
from modelops_bundle.discovery.targets import TargetFunction
from modelops_bundle.errors import InvalidEntryError, UsageError
from modelops_bundle.registry.entries import BundleRegistry, ModelEntry, TargetEntry
from modelops_bundle.workflows.declarations import Declared, labels_of, patterns_of, sources_in
from modelops_bundle.workflows.registration import (
    Candidate,
    Entry,
    Line,
    Plan,
    Registration,
    apply_plan,
    check_names,
    find_entry,
    put,
    surveyed,
)
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["RegisterRequest", "register_models", "register_targets"]


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterRequest:
    """What the user asked for, as typed.

    Attributes:
        path: A file or folder; ``None`` only with ``regen_all``.
        names: Classes or functions to register; all when empty.
        exclude: Classes or functions to leave out.
        data: ``--data`` texts.
        code: ``--code`` texts.
        outputs: ``--output`` names.
        labels: ``--label`` texts.
        entry_id: The id for the one class.
        auto_code: Whether imports are followed; ``None`` leaves it as it was.
        auto_data: Whether data files that the code names are declared.
        reset: Whether what was declared before is forgotten.
        regen_all: Whether every known file is registered again.
        dry_run: Whether nothing is written.
    """

    path: str | None
    names: Sequence[str] = ()
    exclude: Sequence[str] = ()
    data: Sequence[str] = ()
    code: Sequence[str] = ()
    outputs: Sequence[str] = ()
    labels: Sequence[str] = ()
    entry_id: str | None = None
    auto_code: bool | None = None
    auto_data: bool = False
    reset: bool = False
    regen_all: bool = False
    dry_run: bool = False


class _Found(NamedTuple):
    """What the sources define, and which of them could be read."""

    selected: tuple[ModelClass | TargetFunction, ...]
    defined: frozenset[tuple[str, str]]  # recorded path and qualified name of all, selected or not
    readable: frozenset[str]
    warnings: tuple[str, ...]


def register_models(workspace: Workspace, request: RegisterRequest) -> Registration:
    """Register every concrete model of a file or folder, all with the same declared dependencies.

    Raises:
        UsageError: The request names something that is not there; nothing was written.
        InvalidEntryError: A dependency is gone; nothing was written.
    """
    sources = _sources(workspace, request, workspace.registry.load().models)
    discovery = workspace.discover(sources)
    models = {model.name: model for model in discovery.models}
    check_names(request.names, models, "--class", request.path or "the project")
    check_names(request.exclude, models, "--exclude", request.path or "the project")
    chosen = [model for model in discovery.models if _is_chosen(model.name, request)]
    for model in chosen:
        if model.abstract and model.name in request.names:
            raise UsageError(
                f"--class {model.name}: the class is abstract",
                f"it does not implement {', '.join(model.abstract_methods)}",
                "Register a class that does.",
            )
    return _register(workspace, request, sources, discovery, [m for m in chosen if not m.abstract])
