"""``show-registry``: what is recorded, and on demand by which imports a model reaches its code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from modelops_bundle.records.entries import BundleRegistry
from modelops_bundle.workflows.status import entry_status, select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["RegistryReport", "show_registry"]

Chains = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class RegistryReport:
    """What is recorded.

    Attributes:
        registry: All of it.
        chosen: Ids of the entries to show.
        in_full: Whether one entry was asked for.
        chains: By id, for each source the imports that lead to it now, from the entry's own file on; empty
            where that was not asked for or the file is gone.
        warnings: What the user should know, in words.
    """

    registry: BundleRegistry
    chosen: tuple[str, ...]
    in_full: bool
    chains: Mapping[str, Chains] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()


def show_registry(workspace: Workspace, name: str | None, *, with_chains: bool) -> RegistryReport:
    """Look up one entry, or all.

    Raises:
        UsageError: The name is no entry's.
    """
    registry = workspace.registry.load()
    chosen = tuple(select(registry, () if name is None else (name,)))
    chains: dict[str, Chains] = {}
    if with_chains:
        for entry_id in chosen:
            survey = entry_status(workspace, registry, entry_id).survey
            chains[entry_id] = {} if survey is None else survey.chains
    return RegistryReport(registry, chosen, name is not None, chains)
