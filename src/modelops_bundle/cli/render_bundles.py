"""Pushes and pulls for people and for programs, from the same report."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from modelops_bundle.bundle.contents import Entry, LinkEntry
from modelops_bundle.bundle.pulling import Action
from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show, warn
from modelops_bundle.cli.words import size

if TYPE_CHECKING:
    from modelops_bundle.bundle.pinned import Pinned
    from modelops_bundle.workflows.bundles.carrying import Carried
    from modelops_bundle.workflows.bundles.ensure import Ensured
    from modelops_bundle.workflows.bundles.pull import Pull
    from modelops_bundle.workflows.bundles.push import PushPlan

__all__ = [
    "SIGNS",
    "counted",
    "entry_document",
    "environment_document",
    "pull_document",
    "push_document",
    "say_carried",
    "show_changes",
    "show_ensured",
    "show_pull",
    "show_push",
]

_MOST_NEW = 20
SIGNS = {Action.CREATE: ("+", "good"), Action.UPDATE: ("~", "warn"), Action.DELETE: ("-", "bad")}


def show_changes(changes: Mapping[str, Action]) -> None:
    """One line a path."""
    for path, action in changes.items():
        show(SIGNS[action], f" {path}")


def push_document(
    plan: PushPlan, pushed: bool, warnings: Iterable[str], results: int | None
) -> dict[str, Any]:
    """The JSON of ``push``."""
    return {
        "schema": 1,
        "digest": str(plan.digest),
        "place": plan.place.place,
        "tags": {tag: str(digest) if digest else None for tag, digest in plan.tags.items()},
        "parent": str(plan.parent) if plan.parent else None,
        "pushed": pushed,
        "changes": {path: action.value for path, action in plan.changed.items()},
        "dropped": {path: action.value for path, action in plan.dropped.items()},
        "blobs": [{"digest": str(blob.digest), "size": blob.size} for blob in plan.blobs],
        "bytes": plan.size,
        "findings": [
            {"where": each.where, "what": each.what, "mend": each.mend} for each in plan.findings
        ],
        "warnings": list(warnings),
        "results": results,
    }


def show_push(plan: PushPlan, pushed: bool, warnings: Iterable[str], results: int | None) -> None:
    """Print what is sent, and the bundle's digest."""
    warn(f"{each.where}: {each.what}. {each.mend}" for each in plan.findings)
    warn(warnings)
    tags = ", ".join(f"{plan.place.place}:{tag}" for tag in plan.tags)
    if pushed or plan.is_empty:
        # First, as other programs take the first digest that they see.
        show(f"{tags}@{plan.digest}")
    if results is not None:
        say(f"{plural(results, 'result')} that are still true went with it.")
    if plan.is_empty:
        say("Nothing to push: everything is there.")
        return
    if plan.dropped:
        say(f"{'Dropped' if pushed else 'Would drop'} what others changed:")
        show_changes(plan.dropped)
        say(f"It stays there as @{plan.parent}.")
    if not pushed:
        show_changes(plan.changed)
        show(f"{tags}@{plan.digest}")
    elif plan.parent is not None:
        _show_new([path for path, action in plan.changed.items() if action is Action.CREATE])
    sent = f"{plural(len(plan.blobs) - len(plan.elsewhere), 'blob')}, {size(plan.size)}"
    known = f", {len(plan.elsewhere)} taken over from another repository" if plan.elsewhere else ""
    say(f"{'Sent' if pushed else 'Would send'} {sent}{known} for {counted(plan.changed)}.")


def _show_new(paths: Sequence[str]) -> None:
    """Files that nobody may have meant to send: what a registered pattern matches is sent unnamed."""
    for path in paths[:_MOST_NEW]:
        show(SIGNS[Action.CREATE], f" {path}")
    if len(paths) > _MOST_NEW:
        show(f"  and {len(paths) - _MOST_NEW} more new files")


def pull_document(pull: Pull, pulled: bool, results: Carried | None) -> dict[str, Any]:
    """The JSON of ``pull``."""
    return {
        "schema": 1,
        "digest": str(pull.bundle.digest),
        "place": pull.reference.place,
        "models": list(pull.models),
        "pulled": pulled,
        "steps": [
            {"path": step.path, "action": step.action.value, **entry_document(step.after)}
            for step in pull.plan.steps
        ],
        "obstacles": [each._asdict() for each in pull.plan.obstacles],
        "kept": [each._asdict() for each in pull.plan.kept],
        "replaced": [each._asdict() for each in pull.replaced],
        "bytes": pull.size,
        "results": results._asdict() if results is not None else None,
    }


def show_ensured(done: Ensured, folder: str, *, dry_run: bool) -> None:
    """Print what was done to a folder, and with ``dry_run`` what would be."""
    steps = {step.path: step.action for step in done.plan.steps}
    if dry_run:
        show_changes(steps)
    show(f"{done.reference.place}@{done.bundle.digest}")
    number = plural(len(done.bundle.index.contents), "file")
    what = f"{'would be ' if dry_run else ''}{counted(steps)}" if steps else "as they were"
    say(f"{number} in {folder}: {what}.")


def say_carried(results: Carried | None) -> None:
    """Say how many results came with a bundle, if any did that are new."""
    if results is not None and results.new:
        known = f", {results.known} were here already" if results.known else ""
        say(f"{plural(results.new, 'new result')} came with it{known}.")


def show_pull(pull: Pull, pulled: bool, results: Carried | None, copies: str) -> None:
    """Print what is written."""
    say_carried(results)
    if not pulled:
        show_changes({step.path: step.action for step in pull.plan.steps})
        for each in pull.plan.obstacles:
            show(("!", "bad"), f" {each.path} ({each.state} here: in the way)")
    for each in pull.replaced:
        said = f"a copy is in {copies}" if copies else "would be replaced, and a copy kept"
        say(("yours: ", "warn"), f"{each.path} ({each.state} here): {said}")
    for each in pull.plan.kept:
        say(f"kept: {each.path} is {each.state} here and unchanged in the bundle")
    show(f"{pull.reference.place}@{pull.bundle.digest}")
    if pull.plan.is_empty:
        say("Nothing to pull: everything is here.")
        return
    if pull.plan.obstacles:
        say("Would be refused: what is marked with ! is in the way.")
        return
    steps = counted({step.path: step.action for step in pull.plan.steps})
    say(f"{'Pulled' if pulled else 'Would pull'} {steps}, {size(pull.size)} to fetch.")


def entry_document(entry: Entry | None) -> dict[str, Any]:
    """An entry's fields; none for what is deleted."""
    if entry is None:
        return {}
    if isinstance(entry, LinkEntry):
        return {"link": entry.target}
    return {
        "digest": str(entry.digest),
        "size": entry.size,
        "executable": entry.executable,
    }


def environment_document(pinned: Pinned | None, names: Iterable[str], place: str) -> dict[str, Any]:
    """The JSON of ``dev env``; no secret is in it."""
    return {
        "schema": 1,
        "environment": pinned.name if pinned else None,
        "place": place,
        "registry": pinned.registry.login_server if pinned and pinned.registry else None,
        "storage": pinned.storage.url if pinned and pinned.storage else None,
        "environments": list(names),
    }


def counted(changes: Mapping[str, Action]) -> str:
    """How many files became what."""
    names = {Action.CREATE: "new", Action.UPDATE: "changed", Action.DELETE: "deleted"}
    numbers = [
        f"{number} {names[action]}"
        for action in Action
        if (number := sum(each is action for each in changes.values()))
    ]
    return (
        f"{', '.join(numbers)} {'file' if len(changes) == 1 else 'files'}" if numbers else "no file"
    )
