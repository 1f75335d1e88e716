"""Files of the project that code names in its texts: likely data, whether declared or not."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.discovery.modules import Origin
from modelops_bundle.discovery.search import is_within
from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.project.layout import STATE_FOLDER
from modelops_bundle.project.patterns import is_pattern

__all__ = ["Mentioned", "find_mentions"]

#: What patterns of texts hold, and those of paths hardly.
_NO_PATH = re.compile(r"[\s\\^$()<>|\"']")


class Mentioned(NamedTuple):
    """A text that names an existing regular file of the project, or a pattern of such.

    Attributes:
        path: Absolute path of the source.
        line: Where the text stands.
        named: Absolute path of the file, or the pattern.
        is_pattern: Which of both. A pattern may match nothing; all files of a folder are ``folder/**``.
    """

    path: str
    line: int
    named: str
    is_pattern: bool = False


def find_mentions(
    graph: Graph, sources: Iterable[Source], files: Files, project_root: str
) -> tuple[Mentioned, ...]:
    """Every such file with the first place that names it, in the order of their paths.

    A relative text is looked for from the project's folder, from the source's folder and those between, and
    from the folders that any of the sources names.
    """
    search = _Search(files, project_root)
    ours = [source for source in sources if source.module.origin is Origin.PROJECT]
    texts = [(source, text, line) for source in ours for text, line in _texts(graph, source)]
    for source, text, _ in texts:
        search.learn(source, text)
    found: dict[str, Mentioned] = {}
    for source, text, line in texts:
        for mentioned in search.named(source, text, line):
            found.setdefault(mentioned.named, mentioned)
    return tuple(found[named] for named in sorted(found))


def _texts(graph: Graph, source: Source) -> Iterator[tuple[str, int]]:
    for template, line in source.uses.mentions if source.uses is not None else ():
        for text in graph.expand(source, template):
            yield text, line


class _Search:
    def __init__(self, files: Files, project_root: str) -> None:
        self._files = files
        self._root = project_root
        self._folders: dict[str, None] = {}

    def learn(self, source: Source, text: str) -> None:
        """Note the folders that a text names."""
        if "*" not in text:
            for path in self._places(text, self._bases(source)):
                if self._files.entries(path):
                    self._folders[path] = None

    def named(self, source: Source, text: str, line: int) -> Iterator[Mentioned]:
        """The files that a text names, or the patterns."""
        if "*" in text:
            for path in self._patterns(source, text):
                yield Mentioned(source.path, line, path, True)
            return
        for path in self._places(text, [*self._bases(source), *self._holding(text)]):
            if self._is_file(path) and path != source.path:
                yield Mentioned(source.path, line, path)

    def _bases(self, source: Source) -> list[str]:
        bases = [self._root]
        folder = os.path.dirname(source.path)
        while is_within(folder, self._root) and folder != self._root:
            bases.append(folder)
            folder = os.path.dirname(folder)
        return bases

    def _holding(self, text: str) -> Iterator[str]:
        """Folders that are named somewhere and hold what the text starts with."""
        first = posixpath.normpath(_tail(text).strip("/") or ".").split("/")[0]
        for folder in self._folders:
            if first == ".." or first in self._files.entries(folder):
                yield folder

    def _patterns(self, source: Source, text: str) -> Iterator[str]:
        bases = self._bases(source)
        tail = _tail(text)
        if "\x01" in text:
            # Of a folder that is not known: any that some text names may be meant, unless that says nothing.
            anywhere = is_pattern(tail.split("/")[1]) if tail.startswith("/") else True
            if tail[:1] != "/" or tail == "/**" or (anywhere and tail.endswith(".py")):
                return
            bases = list(self._folders) if anywhere else bases
        for path in self._places(text, bases):
            head, rest = _split(path)
            everything = not rest.strip("*/")
            # Code that lists the folder it lies in looks for code, and says so otherwise.
            own = everything and is_within(source.path, head)
            if self._files.entries(head) and not own and not _NO_PATH.search(rest):
                yield path

    def _places(self, text: str, bases: Iterable[str]) -> Iterator[str]:
        tail = _tail(text)
        known = "\x01" not in text
        if not tail.strip("/. ") or "\0" in tail:
            return
        if known and posixpath.isabs(text):
            candidates = [text]
        else:
            candidates = [os.path.join(base, tail.lstrip("/")) for base in bases]
        for candidate in dict.fromkeys(candidates):
            path = os.path.normpath(candidate)
            if is_within(path, self._root) and path != self._root and not self._is_state(path):
                yield path

    def _is_state(self, path: str) -> bool:
        # What commands write there is no input: declared, it would change with every registration.
        return is_within(path, os.path.join(self._root, STATE_FOLDER))

    def _is_file(self, path: str) -> bool:
        folder, name = os.path.split(path)
        return self._files.entries(folder).get(name) is EntryKind.FILE


def _tail(text: str) -> str:
    """What follows the last part that is not known."""
    return text.rpartition("\x02")[2]


def _split(pattern: str) -> tuple[str, str]:
    """The folders of a pattern that are literal, and the rest."""
    parts = pattern.split(os.sep)
    literal = next((index for index, part in enumerate(parts) if is_pattern(part)), len(parts))
    return os.sep.join(parts[:literal]), os.sep.join(parts[literal:])
