"""Making a plan one that can be carried out as a whole: what is in the way is part of it."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace

from modelops_bundle.bundle.pulling import Action, Obstacle, PullPlan, Step
from modelops_bundle.bundle.sides import is_within
from modelops_bundle.bundle.tree import WorkTree
from modelops_bundle.errors import WorkInTheWayError
from modelops_bundle.records.merging import Side

__all__ = ["cleared", "in_the_way"]


def cleared(tree: WorkTree, plan: PullPlan, side: Callable[[str], Side | None]) -> PullPlan:
    """A plan with what stands in its way.

    Args:
        tree: The folder.
        plan: What is to be done to it.
        side: Whose a path shall be. A file or link where a folder is needed is deleted as one more step if
            that shall be as in the bundle; what shall stay as it is stays, and nothing is done below it. A
            folder that holds files which are in no bundle is never deleted.
    """
    found = tree.barriers(plan.steps)
    kept = [each for each in found if side(each.path) == "ours"]
    going = {
        each.path
        for each in found
        if each.state in ("file", "link") and side(each.path) == "theirs"
    }
    steps = {
        step.path: step
        for step in plan.steps
        if not any(is_within(step.path, each.path) for each in kept)
    }
    # A link in the place of a file is replaced by the step that is there already.
    in_front = going - steps.keys()
    there = tree.look(in_front)
    steps |= {path: Step(path, Action.DELETE, there.get(path), None) for path in in_front}
    others = [each for each in found if each.path not in going and each not in kept]
    return replace(
        plan,
        steps=tuple(steps[path] for path in sorted(steps)),
        obstacles=tuple(dict.fromkeys((*plan.obstacles, *others))),
        ours=(*plan.ours, *kept),
    )


def in_the_way(obstacles: Collection[Obstacle]) -> WorkInTheWayError:
    """The error for a plan with obstacles."""
    lines = [
        f"  {each.state} {each.path}{f' ({each.why})' if each.why else ''}" for each in obstacles
    ]
    mend = (
        "`mops-bundle pull --keep PATH` leaves a file or folder as you have it, `--take PATH` takes the"
        " bundle's and keeps a copy of yours; `--overwrite` takes the whole bundle."
    )
    if any(each.state == "deleted" for each in obstacles):
        mend += " `--restore-deleted` brings back what you deleted."
    if any(each.state == "folder" for each in obstacles):
        mend = f"Move a folder that is in the way: it holds files that are in no bundle. {mend}"
    return WorkInTheWayError(
        "work would be lost",
        "",
        "\n".join(
            ("These are in the way of the bundle's files:", *lines, "Nothing was changed.", mend)
        ),
    )
