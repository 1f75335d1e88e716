"""Whether the files that an answer was read from are still what they were.

A seal holds the content of some files, and the absence of others. Checking it by content costs a look at each
in the stat cache; a file system that can vouch for many files by ``stat`` alone is asked that first.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from modelops_bundle.identity.streams import Blake2bStream
from modelops_bundle.ports import Files, Snapshots, Unreadable

__all__ = ["Seal", "decode_seal", "make_seal", "renewed_seal"]


class Seal(NamedTuple):
    """The state of some files.

    Attributes:
        there: Those that can be read.
        gone: Those that cannot.
        quick: Their state by ``stat``; empty where that does not settle it.
        exact: Their state by content.
    """

    there: tuple[str, ...]
    gone: tuple[str, ...]
    quick: str
    exact: str


def make_seal(files: Files, paths: Iterable[str]) -> Seal:
    """The state of these files now."""
    contents = files.contents(sorted(set(paths)))
    there = tuple(path for path, found in contents.items() if not isinstance(found, Unreadable))
    gone = tuple(path for path, found in contents.items() if isinstance(found, Unreadable))
    stream = Blake2bStream("memo:seal:v1")
    for path, found in contents.items():
        state = "" if isinstance(found, Unreadable) else str(found)
        stream.add(f"{path}\0{state}".encode("utf-8", "surrogateescape"))
    quick = ""
    if isinstance(files, Snapshots):
        settled = files.settled_snapshot(there)
        quick = f"{settled} {files.snapshot(gone)}" if settled is not None else ""
    return Seal(there, gone, quick, stream.digest().hex)


def renewed_seal(files: Files, seal: Seal) -> Seal | None:
    """The seal, brought up to date, if the files are what they were; ``None`` if they are not."""
    if seal.quick and isinstance(files, Snapshots):
        now = f"{files.snapshot(seal.there)} {files.snapshot(seal.gone)}"
        if now == seal.quick:
            return seal
    new = make_seal(files, (*seal.there, *seal.gone))
    return new if new.exact == seal.exact else None


def decode_seal(value: Any) -> Seal:
    """A seal that went through JSON.

    Raises:
        TypeError, ValueError: It is none.
    """
    there, gone, quick, exact = value
    if not all(isinstance(text, str) for text in (*there, *gone, quick, exact)):
        raise TypeError("a seal holds strings")
    return Seal(tuple(there), tuple(gone), quick, exact)
