"""Texts that names of the sources stand for, and what other files put into collections of theirs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from modelops_bundle.discovery.graph_records import Meaning, Source
from modelops_bundle.source.use_records import UNKNOWN

__all__ = ["Texts"]

#: Texts of an attribute in other files; more are not told apart.
MAX_OTHERS = 32

#: A template and the source that it is to be read in.
_Text = tuple[Source, str]


class Texts:
    """Texts by name, over all sources.

    Args:
        sources: The sources, which may become more: see :meth:`forget`.
        meanings: What a target of a source may stand for.
    """

    def __init__(
        self,
        sources: Mapping[str, Source],
        meanings: Callable[[Source, str], Iterable[Meaning]],
    ) -> None:
        self._sources = sources
        self._meanings = meanings
        self._known = False
        self._named: dict[tuple[str, str], list[_Text]] = {}
        self._attributes: dict[str, list[_Text]] = {}
        self._put: dict[tuple[str, str], list[_Text]] = {}

    def forget(self) -> None:
        """Read the sources anew when next asked, since there are more of them."""
        self._known = False

    def of(self, home: Source, meaning: Meaning) -> Iterator[_Text]:
        """Templates that may be meant by a name in ``home``, each with the source it stands in."""
        self._read()
        tail = meaning.name.rpartition(".")[2]
        if meaning.kind == "definition":
            yield from self._named.get((home.key, meaning.name), ())
            yield from self.put_into(meaning)
            if "." in meaning.name:
                # A class variable, which objects of the class may hide.
                yield from self._named.get((home.key, f".{tail}"), ())
        elif meaning.kind == "attribute" and tail:
            every = self._attributes.get(tail, ())
            yield from (item for item in every if item[0] is home)
            yield from self._of_others(home, every)

    def _of_others(self, home: Source, every: Iterable[_Text]) -> list[_Text]:
        # A class of another file may set the attribute to another text; what such a file leaves open is
        # mostly about another class.
        others = [item for item in every if item[0] is not home and item[1] != UNKNOWN]
        return others if len(others) <= MAX_OTHERS else [(home, UNKNOWN)]

    def put_into(self, meaning: Meaning) -> list[_Text]:
        """What other files put into the collection that is meant."""
        self._read()
        return self._put.get((meaning.module, meaning.name), [])

    def _read(self) -> None:
        if self._known:
            return
        self._known = True
        self._named, self._attributes, self._put = {}, {}, {}
        for source in self._sources.values():
            if source.uses is None:
                continue
            for name, text in source.uses.constants:
                self._named.setdefault((source.key, name), []).append((source, text))
                if "." in name:
                    tail = name.rpartition(".")[2]
                    self._attributes.setdefault(tail, []).append((source, text))
            for target, text in source.uses.grown:
                self._read_grown(source, target, text)

    def _read_grown(self, source: Source, target: str, text: str) -> None:
        for meaning in self._meanings(source, target):
            if meaning.kind == "definition":
                place = self._put.setdefault((meaning.module, meaning.name), [])
                place.append((source, text))
            elif meaning.kind == "attribute":
                tail = meaning.name.rpartition(".")[2]
                self._attributes.setdefault(tail, []).append((source, text))
                self._named.setdefault((source.key, f".{tail}"), []).append((source, text))
