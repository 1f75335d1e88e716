"""How changes, digests and sizes are worded for people, in every command alike."""

from __future__ import annotations

import re
from collections.abc import Iterable

from modelops_bundle.cli.drawing import plural
from modelops_bundle.staleness import Change, State

__all__ = [
    "STATE_STYLES",
    "change_text",
    "duration",
    "environment_texts",
    "moved",
    "named_change",
    "short",
    "size",
    "some",
    "verb",
]

STATE_STYLES = {
    State.CURRENT: "good",
    State.STALE: "warn",
    State.MISSING: "bad",
    State.INVALID: "bad",
}
_DIGEST = re.compile(r"(?:[a-z0-9]+:)?([0-9a-f]{64})")
_FEW = 5
_UNITS = ("kB", "MB", "GB", "TB")


def short(text: str) -> str:
    """A digest by its first 12 digits; any other text as it is."""
    match = _DIGEST.fullmatch(text)
    return match[1][:12] if match else text


def size(number: int) -> str:
    """A number of bytes: ``512 bytes``, ``1.5 MB``."""
    if number < 1000:
        return plural(number, "byte")
    amount, units = number / 1000, iter(_UNITS)
    unit = next(units)
    while amount >= 999.95 and unit != _UNITS[-1]:
        amount, unit = amount / 1000, next(units)
    return f"{amount:.1f} {unit}"


def duration(seconds: float) -> str:
    """A time: ``0.3 s``, ``12 s``, ``5 min 20 s``, ``3 h 10 min``, ``2 d 4 h``."""
    if seconds < 10:
        return f"{seconds:.1f} s" if seconds >= 0.05 or seconds == 0 else f"{seconds * 1000:.1f} ms"
    whole = round(seconds)
    for unit, smaller, size_, part in (
        ("d", "h", 86400, 3600),
        ("h", "min", 3600, 60),
        ("min", "s", 60, 1),
    ):
        if whole >= size_:
            rest = whole % size_ // part
            return f"{whole // size_} {unit}" + (f" {rest} {smaller}" if rest else "")
    return f"{whole} s"


def moved(before: str, after: str) -> str:
    """``before -> after``, or once where they read the same."""
    return before if before == after else f"{before} -> {after}"


def some(names: Iterable[str], most: int = 4) -> str:
    """Names with commas; the last ones as a number where there are many."""
    listed = list(names)
    if len(listed) <= most + 1:
        return ", ".join(listed)
    return f"{', '.join(listed[:most])} and {len(listed) - most} more"


def named_change(name: str, change: str, before: str | None, after: str | None) -> str:
    """What happened to something that has a name and a value: ``R0 changed 2.5 -> 3.0``.

    A value that is a digest says nothing to a person and is left out.
    """
    old = None if before is None or _DIGEST.fullmatch(before) else before
    new = None if after is None or _DIGEST.fullmatch(after) else after
    if change == "added":
        return f"{name} added" + (f": {new}" if new else "")
    if change == "removed":
        return f"{name} removed" + (f", was {old}" if old else "")
    if old is None and new is None:
        return f"{name} changed"
    return f"{name} changed {old or '(longer)'} -> {new or '(longer)'}"


def change_text(change: Change) -> str:
    """One changed dependency in a few words."""
    if change.kind == "environment":
        return _environment_text(change)
    if change.kind == "variable":
        said = {
            "modified": "has another value",
            "added": "counts now",
            "removed": "does not count any more",
        }
        return f"variable {change.path} {said[change.change]}"
    if change.kind == "llm":
        return _llm_text(change)
    return f"{change.path} {verb(change)}"


def _llm_text(change: Change) -> str:
    """What a hosted model's name means; the digest of its content where nothing else differs."""
    before, after = (
        text and "@".join(short(part) for part in text.split("@"))
        for text in (change.before, change.after)
    )
    if before is None:
        return f"{change.path} is now declared, and means {after}"
    if after is None:
        return f"{change.path} is no longer declared, meant {before}"
    return f"{change.path} means {after}, was {before}"


def verb(change: Change) -> str:
    """What happened to a file that an entry depended on, which may still be there."""
    if change.change == "removed":
        if change.kind == "code" and not ("/" in change.path or "." in change.path):
            return "no longer imported, or not installed any more"  # a distribution, not a file
        return {"code": "no longer imported", "data": "gone, or no longer declared"}.get(
            change.kind, "removed"
        )
    return "changed" if change.change == "modified" else change.change


def environment_texts(changes: Iterable[Change]) -> list[str]:
    """Changes of the environment, one text each; many that came or went are told together.

    Where a whole environment is another one, a line for each package would hide everything else.
    """
    listed = list(changes)
    texts = []
    for kind in ("added", "removed"):
        names = [change.path for change in listed if change.change == kind]
        if len(names) > _FEW:
            listed = [change for change in listed if change.change != kind]
            texts.append(f"{len(names)} packages {kind}: {some(names)}")
    return [*map(_environment_text, listed), *texts]


def _environment_text(change: Change) -> str:
    if change.before is None:
        return f"{change.path} added: {change.after}"
    if change.after is None:
        return f"{change.path} removed, was {change.before}"
    return f"{change.path} {short(change.before)} -> {short(change.after)}"
