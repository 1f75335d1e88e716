"""Files of the project that code names in its texts: likely data, whether declared or not."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from modelops_bundle.discovery.graph import Graph, Source
from modelops_bundle.discovery.modules import Origin
from modelops_bundle.discovery.search import is_within
from modelops_bundle.ports import EntryKind, Files
from modelops_bundle.project.layout import STATE_FOLDER

__all__ = ["Mentioned", "find_mentions"]


class Mentioned(NamedTuple):
    """A text that names an existing regular file of the project.

    Attributes:
        path: Absolute path of the source.
        line: Where the text stands.
        named: Absolute path of the file.
    """

    path: str
    line: int
    named: str


def find_mentions(
    graph: Graph, sources: Iterable[Source], files: Files, project_root: str
) -> tuple[Mentioned, ...]:
    """Every such file with the first place that names it, in the order of their paths.

    A relative text is looked for from the project's folder, from the source's folder and those between, and
    from the folders that the same source names.
    """
    search = _Search(graph, files, project_root)
    found: dict[str, Mentioned] = {}
    for source in sources:
        if source.module.origin is Origin.PROJECT and source.uses is not None:
            for mentioned in search.of(source):
                found.setdefault(mentioned.named, mentioned)
    return tuple(found[named] for named in sorted(found))


class _Search:
    def __init__(self, graph: Graph, files: Files, project_root: str) -> None:
        self._graph = graph
        self._files = files
        self._root = project_root

    def of(self, source: Source) -> Iterator[Mentioned]:
        texts = [
            (text, line)
            for template, line in (source.uses.mentions if source.uses is not None else ())
            for text in self._graph.expand(source, template)
        ]
        bases = self._bases(source.path)
        folders = [
            path
            for text, _ in texts
            for path in self._places(text, bases)
            if self._files.entries(path)
        ]
        everywhere = list(dict.fromkeys([*bases, *folders]))
        for text, line in texts:
            for path in self._places(text, everywhere):
                if self._is_file(path) and path != source.path:
                    yield Mentioned(source.path, line, path)

    def _bases(self, path: str) -> list[str]:
        bases = [self._root]
        folder = os.path.dirname(path)
        while is_within(folder, self._root) and folder != self._root:
            bases.append(folder)
            folder = os.path.dirname(folder)
        return bases

    def _places(self, text: str, bases: list[str]) -> Iterator[str]:
        tail = text.rpartition("\x02")[2]
        known = "\x01" not in text
        if not tail.strip("/. ") or "\0" in tail:
            return
        if known and posixpath.isabs(text):
            candidates = [text]
        else:
            candidates = [os.path.join(base, tail.lstrip("/")) for base in bases]
        for candidate in candidates:
            path = os.path.normpath(candidate)
            if is_within(path, self._root) and path != self._root and not self._is_state(path):
                yield path

    def _is_state(self, path: str) -> bool:
        # What commands write there is no input: declared, it would change with every registration.
        return is_within(path, os.path.join(self._root, STATE_FOLDER))

    def _is_file(self, path: str) -> bool:
        folder, name = os.path.split(path)
        return self._files.entries(folder).get(name) is EntryKind.FILE
