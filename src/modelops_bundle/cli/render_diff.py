"""Differences of bundles for people and for programs."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from modelops_bundle.bundle.pulling import Action
from modelops_bundle.cli.output import say, show
from modelops_bundle.cli.render_bundles import SIGNS
from modelops_bundle.cli.words import named_change

if TYPE_CHECKING:
    from modelops_bundle.workflows.bundles.differ import Difference

__all__ = ["diff_document", "show_diff"]


def diff_document(found: Difference) -> dict[str, Any]:
    """The JSON of ``diff``."""
    return {
        "schema": 1,
        "before": found.before,
        "after": found.after,
        "files": {
            path: {
                "action": each.action.value,
                "note": each.note or None,
                "definitions": [change._asdict() for change in each.definitions],
            }
            for path, each in found.files.items()
        },
    }


def show_diff(found: Difference) -> None:
    """Print a line for each file, and below it what changed in it."""
    say(f"From {found.before} to {found.after}:")
    for path, each in found.files.items():
        show(SIGNS[each.action], f" {path}", f"  ({each.note})" if each.note else "")
        for change in each.definitions:
            text = named_change(change.name, change.change, change.before, change.after)
            show(f"    {text}")
    if not found.files:
        say("Nothing differs.")
        return
    counted = Counter(each.action for each in found.files.values())
    names = {Action.CREATE: "new", Action.UPDATE: "changed", Action.DELETE: "deleted"}
    say(", ".join(f"{counted[action]} {names[action]}" for action in Action if counted[action]))
