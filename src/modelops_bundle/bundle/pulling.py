"""What a pull would do to a folder: three states of each path compared, and nothing done yet.

The three are what was last synced, what is in the folder now, and what the bundle holds. A path that only the
bundle has changed follows the bundle; one that only the user has changed stays as it is; where both did, the
user's work is in the way and the pull stops.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from modelops_bundle.bundle.contents import Contents, Entry
from modelops_bundle.bundle.sides import NOBODY
from modelops_bundle.records.merging import Side

__all__ = [
    "Action",
    "Obstacle",
    "PullPlan",
    "Step",
    "changes",
    "plan_mirror",
    "plan_pull",
    "step_to",
]


class Action(Enum):
    """What is done to a path."""

    CREATE = "create"
    UPDATE = "update"
    DELETE = "delete"


class Step(NamedTuple):
    """One change of the folder.

    Attributes:
        path: Recorded path.
        action: What is done.
        before: What is there now, if anything.
        after: What is there afterwards, if anything.
    """

    path: str
    action: Action
    before: Entry | None
    after: Entry | None


class Obstacle(NamedTuple):
    """A path where the user's work would be lost.

    Attributes:
        path: Recorded path.
        state: What the user's is: modified, deleted or untracked; needed by the user's own entries; or a
            file, link or folder that stands where something else belongs.
        why: What of it is in conflict, where that is known; else empty.
    """

    path: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class PullPlan:
    """What a pull does, path by path.

    Attributes:
        steps: Changes of the folder, sorted by path.
        obstacles: Paths in the way. While there are any, nothing is done.
        kept: Paths that the user has modified or deleted and the bundle has not: they stay as they are.
        ours: Paths that both have changed and that stay as they are, since that was asked for.
    """

    steps: tuple[Step, ...]
    obstacles: tuple[Obstacle, ...]
    kept: tuple[Obstacle, ...]
    ours: tuple[Obstacle, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do and nothing in the way."""
        return not self.steps and not self.obstacles


def plan_pull(
    base: Contents,
    local: Contents,
    remote: Contents,
    *,
    restore_deleted: bool = False,
    side: Callable[[str], Side | None] = NOBODY.of,
) -> PullPlan:
    """Compare what was synced, what is there, and what the bundle holds.

    Args:
        base: What was last synced; empty if nothing was.
        local: What is in the folder of all these paths.
        remote: What the bundle holds.
        restore_deleted: Whether files that the user deleted come back.
        side: Whose a path shall be: the bundle's whatever the user did, the user's where both changed it, or
            nobody has said.
    """
    steps: list[Step] = []
    obstacles: list[Obstacle] = []
    kept: list[Obstacle] = []
    ours: list[Obstacle] = []
    for path in sorted({*base, *remote}):
        old, here, new = base.get(path), local.get(path), remote.get(path)
        if here == new:
            continue
        if here == old or (here is None and restore_deleted) or side(path) == "theirs":
            steps.append(_step(path, here, new))
        elif old == new:
            kept.append(Obstacle(path, _state(old, here)))
        elif side(path) == "ours":
            ours.append(Obstacle(path, _state(old, here)))
        else:
            obstacles.append(Obstacle(path, _state(old, here)))
    return PullPlan(tuple(steps), tuple(obstacles), tuple(kept), tuple(ours))


def plan_mirror(local: Contents, remote: Contents) -> PullPlan:
    """Make the folder what the bundle holds, whatever is there.

    Args:
        local: What is there and may be replaced or deleted.
        remote: What the bundle holds.
    """
    paths = sorted({*local, *remote})
    steps = (
        _step(path, local.get(path), remote.get(path)) for path in _differing(local, remote, paths)
    )
    return PullPlan(tuple(steps), (), ())


def _differing(local: Contents, remote: Contents, paths: list[str]) -> Iterator[str]:
    return (path for path in paths if local.get(path) != remote.get(path))


def _step(path: str, before: Entry | None, after: Entry | None) -> Step:
    if after is None:
        return Step(path, Action.DELETE, before, None)
    return Step(path, Action.CREATE if before is None else Action.UPDATE, before, after)


def step_to(path: str, before: Entry | None, after: Entry | None) -> tuple[Step, ...]:
    """What makes a path what it should be: one step, or none."""
    return () if before == after else (_step(path, before, after),)


def _state(old: Entry | None, here: Entry | None) -> str:
    if here is None:
        return "deleted"
    return "untracked" if old is None else "modified"


def changes(old: Contents, new: Contents) -> Mapping[str, Action]:
    """How one state became the other, by path, sorted."""
    return {
        path: _step(path, old.get(path), new.get(path)).action
        for path in _differing(old, new, sorted({*old, *new}))
    }
