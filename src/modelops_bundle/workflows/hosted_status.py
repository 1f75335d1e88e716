"""What follows from the status of hosted models: what is told, and what may not be computed any more.

What a status means is said in :mod:`modelops_bundle.catalog.statuses`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from modelops_bundle.catalog.floating import is_floating
from modelops_bundle.errors import WorkerError
from modelops_bundle.workflows.hosted import LOCAL, HostedModels

if TYPE_CHECKING:
    from modelops_bundle.catalog.entries import ModelEntry

__all__ = ["hosted_warnings", "refuse_retired", "retired"]


def hosted_warnings(hosted: HostedModels, paths: Iterable[str]) -> Iterator[str]:
    """What should be known of hosted models, of their status above all, in words."""
    for path, entry in hosted.entries(paths):
        status = entry.status_on(hosted.now)
        if status is not None and status.rule.warns:
            follows = "" if status.rule.runs else "; what is not stored is refused"
            yield f"{_named(path, entry)} {_standing(entry, hosted.now)}{follows}"
        if entry.provider != LOCAL and is_floating(entry.id, hosted.catalog.ids(entry.provider)):
            yield (
                f"{path} is a name that its provider moves, and the catalog does not say which model it"
                " means: a change goes unnoticed. Declare a dated id where there is one"
            )


def refuse_retired(hosted: HostedModels, paths: Iterable[str], count: int) -> None:
    """Refuse to compute with a hosted model that does not answer any more.

    Args:
        hosted: What names mean.
        paths: What is declared of the model that would be run.
        count: How many simulations are not stored.

    Raises:
        WorkerError: One of them is retired.
    """
    for path, entry in _retired(hosted, paths):
        what = "1 simulation" if count == 1 else f"{count} simulations"
        to = entry.replacement
        raise WorkerError(
            f"{what} cannot be computed",
            f"{_named(path, entry)} {_standing(entry, hosted.now)}",
            f"What is stored is reused. Declare {to or 'another model'} with --llm, and call that.",
        )


def retired(hosted: HostedModels, paths: Iterable[str]) -> str:
    """Which of these do not answer any more, in words; empty when all may."""
    found = _retired(hosted, paths)
    return "; ".join(
        f"{_named(path, entry)} {_standing(entry, hosted.now)}" for path, entry in found
    )


def _retired(hosted: HostedModels, paths: Iterable[str]) -> Iterator[tuple[str, ModelEntry]]:
    for path, entry in hosted.entries(paths):
        status = entry.status_on(hosted.now)
        if status is not None and not status.rule.runs:
            yield path, entry


def _named(path: str, entry: ModelEntry) -> str:
    return path if path == entry.name else f"{path} ({entry.id})"


def _standing(entry: ModelEntry, now: datetime) -> str:
    """How far its provider stands behind a model, with the dates, and what to go over to."""
    status = entry.status_on(now)
    assert status is not None
    word = status.value
    is_over = entry.shutdown_date is not None and entry.shutdown_date.last <= now.date()
    when = [
        f"{text} {moment}"
        for text, moment in (
            ("deprecated since" if word == "retired" else "since", entry.deprecation_date),
            ("shut down on" if is_over else "to be shut down on", entry.shutdown_date),
        )
        if moment is not None
    ]
    parts = [f"is {word}", *when]
    if entry.replacement:
        parts.append(f"its replacement is {entry.replacement}")
    elif word in ("deprecated", "retired"):
        parts.append("no replacement is named")
    return ", ".join(parts)
