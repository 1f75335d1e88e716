"""``unregister`` and ``target-set``: edits of the registry that look at no file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from modelops_bundle.errors import UsageError
from modelops_bundle.identity.names import check_id
from modelops_bundle.records.entries import BundleRegistry, TargetSet
from modelops_bundle.workflows.status import select
from modelops_bundle.workflows.workspace import Workspace

__all__ = ["Forgotten", "delete_target_set", "read_weights", "set_target_set", "unregister"]


class Forgotten(NamedTuple):
    """What was forgotten: ids of entries, and what target sets lost by that, in words."""

    ids: list[str]
    losses: list[str]


def unregister(workspace: Workspace, names: Sequence[str]) -> Forgotten:
    """Forget entries; sets that hold one of them lose it.

    Raises:
        UsageError: A name is no entry's. Nothing was written.
    """
    with workspace.registry.edit() as registry:
        chosen = select(registry, names) if names else []
        members = {name: each.targets for name, each in registry.target_sets.items()}
        registry.forget(chosen)
        losses = [
            _loss(name, [target for target in targets if target in chosen], registry)
            for name, targets in members.items()
            if targets != registry.target_sets[name].targets
        ]
    return Forgotten(chosen, losses)


def _loss(name: str, lost: Sequence[str], registry: BundleRegistry) -> str:
    # It goes on to rank, by fewer targets or by none.
    left = "" if registry.target_sets[name].targets else ": it is empty now"
    return f"the target set {name} has no {', '.join(lost)} any more{left}"


def set_target_set(
    workspace: Workspace, name: str, targets: Sequence[str], weights: dict[str, float]
) -> TargetSet:
    """Make or replace a set of targets.

    Raises:
        UsageError: A target is not registered, or a weight is for none of them. Nothing was written.
    """
    check_id(name)
    with workspace.registry.edit() as registry:
        for target in (*targets, *weights):
            if target not in registry.targets:
                listed = ", ".join(sorted(registry.targets)) or "none"
                raise UsageError(
                    f"{target} is not a registered target",
                    f"there are: {listed}",
                    "Name one of these, or register it with `mops-bundle register-target`.",
                )
        stray = [target for target in weights if target not in targets]
        if stray:
            raise UsageError(
                f"a weight for {stray[0]}, which is not in the set",
                f"the set is {', '.join(targets)}",
                f"Name {stray[0]} among the targets, or leave out its weight.",
            )
        made = TargetSet(targets=tuple(dict.fromkeys(targets)), weights=weights)
        registry.target_sets[name] = made
    return made


def delete_target_set(workspace: Workspace, name: str) -> None:
    """Forget a set; its targets stay.

    Raises:
        UsageError: There is no such set.
    """
    with workspace.registry.edit() as registry:
        if name not in registry.target_sets:
            listed = ", ".join(sorted(registry.target_sets)) or "none"
            raise UsageError(
                f"no target set {name}",
                f"there are: {listed}",
                "`mops-bundle target-set list` shows them.",
            )
        del registry.target_sets[name]


def read_weights(texts: Sequence[str]) -> dict[str, float]:
    """Weights from ``target=number`` texts.

    Raises:
        UsageError: One is not in that form, or not a finite number.
    """
    weights = {}
    for text in texts:
        target, equals, number = text.partition("=")
        try:
            weights[target] = float(number)
        except ValueError:
            equals = ""
        if not equals or not math.isfinite(weights[target]):
            raise UsageError(
                f"--weight {text} is not target=number",
                "a weight is a finite number",
                "Write --weight prevalence_fit=2.5, say.",
            )
    return weights
