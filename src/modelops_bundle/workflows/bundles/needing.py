"""Files that a bundle does without and that the user's own entries need: a pull leaves them."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import replace

from modelops_bundle.bundle.contents import Contents, FileEntry
from modelops_bundle.bundle.paths import REGISTRY_PATH, TRACKED_PATH
from modelops_bundle.bundle.pulling import Action, Obstacle, PullPlan
from modelops_bundle.bundle.tracked_text import parse_tracked
from modelops_bundle.errors import MopsError
from modelops_bundle.records.document import load_document
from modelops_bundle.workflows.bundles.exchange import Exchange
from modelops_bundle.workflows.bundles.fetching import read_file
from modelops_bundle.workflows.bundles.reading import RemoteBundle
from modelops_bundle.workflows.bundles.scope import needs_of

__all__ = ["without_needed"]


def without_needed(
    exchange: Exchange,
    bundle: RemoteBundle,
    plan: PullPlan,
    local: Contents,
    texts: Mapping[str, bytes],
) -> PullPlan:
    """A plan that deletes nothing which the registry or the list of what is tracked names afterwards.

    Args:
        exchange: The project.
        bundle: What is pulled.
        plan: What a pull would do.
        local: What is in the folder.
        texts: Documents that are written as neither side has them.
    """
    deleted = {step.path for step in plan.steps if step.action is Action.DELETE}
    if not deleted:
        return plan

    def after(path: str) -> bytes:
        step = next((step for step in plan.steps if step.path == path), None)
        entry = local.get(path) if step is None else step.after
        if path in texts or not isinstance(entry, FileEntry):
            return texts.get(path, b"")
        if step is not None:
            return read_file(bundle, path)
        return b"".join(exchange.tree.reader([(path, 0, entry.size)])())

    needed = deleted & _named(after(REGISTRY_PATH), after(TRACKED_PATH))
    return replace(
        plan,
        steps=tuple(step for step in plan.steps if step.path not in needed),
        ours=(*plan.ours, *(Obstacle(path, "needed") for path in sorted(needed))),
    )


def _named(registry_text: bytes, tracked_text: bytes) -> set[str]:
    """Paths that the two documents name. One that cannot be read is told of elsewhere."""
    named: set[str] = set()
    with contextlib.suppress(MopsError):
        named |= parse_tracked(tracked_text, TRACKED_PATH)
    with contextlib.suppress(MopsError):
        if registry_text:
            registry = load_document(registry_text, REGISTRY_PATH).registry
            named |= needs_of(registry, tuple(entry_id for entry_id, _ in registry.entries()))
    return named
