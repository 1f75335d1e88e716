"""Digests of all the data that an entry declares."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from modelops_bundle.identity.digest import Digest
from modelops_bundle.ports import Files, Progress, Snapshots, Unreadable
from modelops_bundle.project.files import expand
from modelops_bundle.project.layout import Layout
from modelops_bundle.project.patterns import is_pattern

__all__ = ["DataDigests", "DeclaredData"]

#: Files that are looked at between two reports of progress.
_STEP = 500
#: Fewer files are not worth a text of their own in the cache.
_MANY = 500
_MEMO = "data1"


class DeclaredData(NamedTuple):
    """Digest of every data file by recorded path, sorted; and what is wrong, in words."""

    digests: dict[str, str]
    problems: list[str]


class DataDigests:
    """Looks at declared data. Files that nothing has touched are vouched for all at once.

    Args:
        files: File system.
        layout: The project.
        exclude: Patterns of what is passed over.
        progress: Told how far long work is.
    """

    def __init__(
        self,
        files: Files,
        layout: Layout,
        exclude: tuple[str, ...] = (),
        progress: Progress | None = None,
    ) -> None:
        self._files = files
        self._layout = layout
        self._exclude = exclude
        self._progress = progress
        self._looked: dict[tuple[str, ...], DeclaredData] = {}

    def look(self, patterns: Sequence[str]) -> DeclaredData:
        """Digests of what recorded paths and patterns stand for now."""
        key = tuple(patterns)
        if key not in self._looked:
            self._looked[key] = self._look(key)
        return self._looked[key]

    def _look(self, patterns: tuple[str, ...]) -> DeclaredData:
        members: dict[str, None] = {}
        problems = []
        for pattern in dict.fromkeys(patterns):
            found = expand(self._files, self._layout, pattern, self._exclude)
            if not found:
                what = "matches no file" if is_pattern(pattern) else "is gone"
                problems.append(f"the data {pattern} {what}")
            members.update(dict.fromkeys(found))
        names = sorted(members)
        prefix = self._layout.root + os.sep
        paths = [prefix + (name if os.sep == "/" else name.replace("/", os.sep)) for name in names]
        known = self._known(patterns, paths)
        if known is not None:
            return DeclaredData(dict(zip(names, known, strict=True)), problems)
        digests: dict[str, str] = {}
        for name, answer in zip(names, self._contents(paths), strict=True):
            if isinstance(answer, Unreadable):
                problems.append(f"the data {name} cannot be read: {answer.reason}")
            else:
                digests[name] = str(answer)
        self._keep(patterns, paths, list(digests.values()))
        return DeclaredData(digests, problems)

    def _known(self, patterns: Sequence[str], paths: Sequence[str]) -> list[str] | None:
        """Digests from an earlier run, if nothing has touched any of the files since."""
        if not isinstance(self._files, Snapshots) or len(paths) < _MANY:
            return None
        kept = self._files.memo_get(_MEMO, "\0".join(patterns))
        if kept is None:
            return None
        snapshot, *digests = kept.split("\n")
        unchanged = len(digests) == len(paths) and snapshot == self._files.snapshot(paths)
        return digests if unchanged else None

    def _keep(self, patterns: Sequence[str], paths: Sequence[str], digests: Sequence[str]) -> None:
        if not isinstance(self._files, Snapshots) or not _MANY <= len(paths) == len(digests):
            return
        snapshot = self._files.settled_snapshot(paths)
        if snapshot is not None:
            self._files.memo_put(_MEMO, "\0".join(patterns), "\n".join((snapshot, *digests)))

    def _contents(self, paths: Sequence[str]) -> list[Digest | Unreadable]:
        answers: list[Digest | Unreadable] = []
        for start in range(0, len(paths), _STEP):
            if self._progress is not None:
                self._progress("looking at data", start, len(paths))
            answers += self._files.contents(paths[start : start + _STEP]).values()
        return answers
