"""Pushes and pulls for people and for programs, from the same report."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from modelops_bundle.bundle.contents import Entry, LinkEntry
from modelops_bundle.bundle.pulling import Action, Obstacle
from modelops_bundle.cli.drawing import plural
from modelops_bundle.cli.output import say, show, warn
from modelops_bundle.cli.words import size

if TYPE_CHECKING:
    from modelops_bundle.bundle.pinned import Pinned
    from modelops_bundle.workflows.bundles.archives import Exported
    from modelops_bundle.workflows.bundles.carrying import Carried, Sent
    from modelops_bundle.workflows.bundles.ensure import Ensured
    from modelops_bundle.workflows.bundles.pull import Pull
    from modelops_bundle.workflows.bundles.push import PushPlan
    from modelops_bundle.workflows.bundles.tracking import Added, Removed

__all__ = [
    "SIGNS",
    "added_document",
    "cloned_document",
    "counted",
    "ensured_document",
    "entry_document",
    "environment_document",
    "exported_document",
    "pull_document",
    "push_document",
    "removed_document",
    "say_carried",
    "show_added",
    "show_changes",
    "show_ensured",
    "show_exported",
    "show_pull",
    "show_push",
    "show_removed",
]

_MOST_SHOWN = 20
_MOST_STAYING = 5
SIGNS = {Action.CREATE: ("+", "good"), Action.UPDATE: ("~", "warn"), Action.DELETE: ("-", "bad")}


def show_changes(changes: Mapping[str, Action]) -> None:
    """One line a path."""
    for path, action in changes.items():
        show(SIGNS[action], f" {path}")


def push_document(
    plan: PushPlan, pushed: bool, warnings: Iterable[str], results: Sent
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
        "results": results.current,
        "results_sent": results.sent,
        "results_kept": results.kept,
    }


def show_push(
    plan: PushPlan, pushed: bool, warnings: Iterable[str], results: Sent, usual: str
) -> None:
    """Print what is sent, and the bundle's digest.

    Args:
        plan: What was planned.
        pushed: Whether it was done.
        warnings: What should be known of that.
        results: What became of results.
        usual: Where a push goes that names no place.
    """
    warn(f"{each.where}: {each.what}. {each.mend}" for each in plan.findings)
    warn(warnings)
    tags = ", ".join(f"{plan.place.place}:{tag}" for tag in plan.tags)
    if pushed or plan.is_empty:
        # First, as other programs take the first digest that they see.
        show(f"{tags}@{plan.digest}")
    _say_sent(results)
    if plan.place.place != usual:
        say(f"A push that names no place goes to {usual}, as `mops-bundle dev env` says.")
    if plan.is_empty:
        also = " else" if results.sent else ""
        say(f"Nothing{also} to push: everything{also} is there.")
        return
    if plan.dropped:
        say(f"{'Dropped' if pushed else 'Would drop'} what others changed:")
        show_changes(plan.dropped)
        say(f"It stays there as @{plan.parent}.")
    if not pushed:
        show_changes(plan.changed)
        show(f"{tags}@{plan.digest}")
    elif plan.parent is not None:
        _show_some(plan.changed)
    sent = f"{plural(len(plan.blobs) - len(plan.elsewhere), 'blob')}, {size(plan.size)}"
    known = f", {len(plan.elsewhere)} taken over from another repository" if plan.elsewhere else ""
    say(f"{'Sent' if pushed else 'Would send'} {sent}{known} for {counted(plan.changed)}.")


def _say_sent(results: Sent) -> None:
    """What became of results."""
    if results.current is not None:
        is_there = results.current > 0 and not results.sent
        say(f"{_still_true(results.current)} {'there already' if is_there else 'sent with it'}.")
    if results.kept:
        what = "of the bundle before"
        say(f"{plural(results.kept, f'result {what} stays', f'results {what} stay')} with it.")


def _still_true(number: int) -> str:
    return plural(number, "result that is still true was", "results that are still true were")


def _show_some(changes: Mapping[str, Action]) -> None:
    """What became of files, if they are not too many. New ones first: nobody may have meant to send them."""
    order = (Action.CREATE, Action.UPDATE, Action.DELETE)
    paths = sorted(changes, key=lambda path: order.index(changes[path]))
    show_changes({path: changes[path] for path in paths[:_MOST_SHOWN]})
    if len(paths) > _MOST_SHOWN:
        show(f"  and {len(paths) - _MOST_SHOWN} more")


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
        "kept": _states(pull.plan.kept),
        "ours": _states(pull.plan.ours),
        "replaced": _states(pull.replaced),
        "merged": sorted(pull.merged),
        "dropped": str(pull.dropped) if pull.dropped else None,
        "ahead": str(pull.ahead) if pull.ahead else None,
        "bytes": pull.size,
        "results": results._asdict() if results is not None else None,
    }


def cloned_document(pull: Pull, folder: str, results: Carried | None) -> dict[str, Any]:
    """The JSON of ``clone``."""
    return {
        "schema": 1,
        "digest": str(pull.bundle.digest),
        "place": pull.reference.place,
        "folder": folder,
        "files": len(pull.bundle.index.contents),
        "results": results._asdict() if results is not None else None,
    }


def exported_document(done: Exported, file: str) -> dict[str, Any]:
    """The JSON of ``export``."""
    return {
        "schema": 1,
        "file": file,
        "digest": str(done.digest),
        "tag": done.tag,
        "exported": str(done.bundle.digest),
        "files": len(done.bundle.index.contents),
    }


def show_exported(done: Exported, file: str) -> None:
    """Print what is in a file now."""
    show(f"{file}:{done.tag}@{done.digest}")
    if done.digest != done.bundle.digest:
        say(f"It holds what was in blob storage, too: in its place it is {done.bundle.digest}.")
    say(f"{plural(len(done.bundle.index.contents), 'file')} in {file}.")


def ensured_document(done: Ensured, folder: str, *, dry_run: bool) -> dict[str, Any]:
    """The JSON of ``ensure``."""
    return {
        "schema": 1,
        "digest": str(done.bundle.digest),
        "place": done.reference.place,
        "folder": folder,
        "ensured": not dry_run,
        "files": len(done.bundle.index.contents),
        "steps": [
            {"path": step.path, "action": step.action.value, **entry_document(step.after)}
            for step in done.plan.steps
        ],
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


def added_document(added: Added) -> dict[str, Any]:
    """The JSON of ``add``."""
    return {
        "schema": 1,
        "added": list(added.new),
        "known": added.known,
        "needed": list(added.needed),
        "skipped": [{"path": path, "reason": reason} for path, reason in added.skipped],
    }


def show_added(added: Added) -> None:
    """Print what is tracked now, and why the rest is not."""
    warn(f"{path} was not added: {why}" for path, why in added.skipped)
    for path in added.new:
        show(SIGNS[Action.CREATE], f" {path}")
    known = f"; {added.known} were there already" if added.known else ""
    say(f"{plural(len(added.new), 'file')} added{known}.")
    if len(added.needed) == 1:
        say(f"{added.needed[0]} is in the bundle already: models or targets need it.")
    elif added.needed:
        say(f"{len(added.needed)} files are in the bundle already: models or targets need them.")


def removed_document(removed: Removed) -> dict[str, Any]:
    """The JSON of ``remove``."""
    staying = [{"path": path, "entries": list(ids)} for path, ids in removed.staying.items()]
    return {
        "schema": 1,
        "removed": list(removed.paths),
        "deleted": list(removed.deleted),
        "staying": staying,
    }


def show_removed(removed: Removed, *, delete: bool) -> None:
    """Print what is no longer tracked, and what of it stays in the bundle all the same."""
    for path in removed.paths:
        show(SIGNS[Action.DELETE], f" {path}")
    deleted = f", {len(removed.deleted)} deleted" if delete else ""
    say(f"{plural(len(removed.paths), 'file')} taken out{deleted}.")
    for path, ids in list(removed.staying.items())[:_MOST_STAYING]:
        verb = "needs" if len(ids) == 1 else "need"
        say(f"{path} stays in the bundle: {', '.join(ids)} {verb} it.")
    if len(removed.staying) > _MOST_STAYING:
        say(f"So do {len(removed.staying) - _MOST_STAYING} more.")
    if removed.staying:
        say("`mops-bundle unregister ID` ends that.")


def say_carried(results: Carried | None) -> None:
    """Say how many results came with a bundle, if any did that are new."""
    if results is not None and results.new:
        known = f", {results.known} were here already" if results.known else ""
        say(f"{plural(results.new, 'new result')} came with it{known}.")


def show_pull(pull: Pull, pulled: bool, results: Carried | None, copies: str) -> None:
    """Print what is written."""
    say_carried(results)
    warn(_dropped(pull))
    if not pulled:
        show_changes({step.path: step.action for step in pull.plan.steps})
        for each in pull.plan.obstacles:
            why = each.why or f"{each.state} here: in the way"
            show(("!", "bad"), f" {each.path} ({why})")
    _say_of_yours(pull, copies)
    show(f"{pull.reference.place}@{pull.bundle.digest}")
    if pulled:
        _show_some({step.path: step.action for step in pull.plan.steps})
    if pull.ahead is not None:
        say(
            f"Nothing to pull: the folder is of sha256:{pull.ahead.short}, which comes from that."
            f" `mops-bundle pull {pull.reference.wanted}` goes back to it."
        )
    elif pull.plan.is_empty:
        say("Nothing to pull: everything is here.")
    elif pull.plan.obstacles:
        say("Would be refused: what is marked with ! is in the way.")
    else:
        steps = counted({step.path: step.action for step in pull.plan.steps})
        say(f"{'Pulled' if pulled else 'Would pull'} {steps}, {size(pull.size)} to fetch.")


def _states(paths: Iterable[Obstacle]) -> list[dict[str, str]]:
    return [{"path": each.path, "state": each.state} for each in paths]


def _dropped(pull: Pull) -> Iterator[str]:
    if pull.dropped is not None:
        yield (
            f"{pull.reference} was at sha256:{pull.dropped.short} when it was last pushed or pulled here,"
            " and what it has now does not come from that: somebody pushed with --force."
            f" It stays there as @{pull.dropped}"
        )


def _say_of_yours(pull: Pull, copies: str) -> None:
    """What becomes of what the user did."""
    for path in sorted(pull.merged):
        say(f"merged: {path} has your entries and the bundle's")
    for each in pull.replaced:
        said = f"a copy is in {copies}" if copies else "would be replaced, and a copy kept"
        say(("yours: ", "warn"), f"{each.path} ({each.state} here): {said}")
    for each in pull.plan.ours:
        say(f"kept: {each.path} is {each.state} here, and the next push sends that")
    for each in pull.plan.kept:
        back = "; --restore-deleted brings it back" if each.state == "deleted" else ""
        say(f"kept: {each.path} is {each.state} here and unchanged in the bundle{back}")


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


def environment_document(
    pinned: Pinned | None, names: Iterable[str], place: str, decided_by: str
) -> dict[str, Any]:
    """The JSON of ``dev env``; no secret is in it."""
    return {
        "schema": 1,
        "environment": pinned.name if pinned else None,
        "place": place,
        "decided_by": decided_by,
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
