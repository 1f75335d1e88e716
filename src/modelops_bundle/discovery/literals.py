"""Names and texts that a source states as literals: parameters, outputs, scenarios, data of targets.

A literal may name a variable of another module, or splice one in; those are looked up where they are defined.
What is computed states nothing: it is left out, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from modelops_bundle.discovery.modules import Module
from modelops_bundle.discovery.resolve import Resolver
from modelops_bundle.discovery.sources import Source
from modelops_bundle.source.names import Literal, Ref

__all__ = ["Literals"]

#: References followed for one literal; more than this is a cycle.
MAX_FOLLOWED = 100

_CONTAINERS = frozenset({"list", "map", "sum"})


class Literals:
    """Reads literals of any module.

    Args:
        resolver: What the names in them stand for.
    """

    def __init__(self, resolver: Resolver) -> None:
        self._resolver = resolver

    def text(self, module: Module, value: Literal) -> str | None:
        """The text that ``value`` is, followed through variables."""
        _, value = self._settled(module, value)
        return value[1] if value[0] == "text" else None

    def names(self, module: Module, value: Literal) -> tuple[str, ...]:
        """The names that ``value`` lists, in order and each once.

        Items of a sequence, keys of a mapping; an item that is a call or a sequence is named by its first
        text or its ``name``; a call around a sequence or mapping (``ParameterSpace((...))``) is looked into.
        """
        return tuple(dict.fromkeys(self._names(module, value)))

    def pairs(self, module: Module, value: Literal) -> tuple[tuple[str, str], ...]:
        """Keys and values of a mapping of texts; a sequence of texts has its places as keys."""
        where, value = self._settled(module, value)
        found = []
        if value[0] == "map":
            for key, item in value[1:]:
                found.append((self.text(where, key), self.text(where, item)))
        elif value[0] == "list":
            found = [(str(place), self.text(where, item)) for place, item in enumerate(value[1:])]
        return tuple([(key, text) for key, text in found if key is not None and text is not None])

    @staticmethod
    def argument(call: Literal, position: int, keyword: str) -> Literal:
        """An argument of a ``("call", ...)`` literal, by keyword or else by position; empty without one."""
        if not call:
            return ()
        _, _, arguments, keywords = call
        for name, value in keywords:
            if name == keyword:
                return _literal(value)
        return _literal(arguments[position]) if len(arguments) > position else ()

    def _names(self, module: Module, value: Literal) -> Iterator[str]:
        waiting = [(module, value)]
        left = MAX_FOLLOWED
        while waiting and left:
            where, item = self._settled(*waiting.pop())
            kind = item[0]
            if kind == "text":
                yield item[1]
            elif kind == "list":
                yield from self._listed(where, item)
            elif kind == "map":
                yield from self._keys(where, item)
            elif kind in {"sum", "star"}:
                left -= 1
                waiting.extend((where, _literal(part)) for part in reversed(item[1:]))
            elif kind == "call":
                left -= 1
                waiting.extend(self._inside(where, item))
                yield from _keywords_of_dict(item)

    def _listed(self, module: Module, value: Literal) -> Iterator[str]:
        for part in value[1:]:
            if part[0] == "star":
                yield from self._names(module, part)
            else:
                label = self._label(module, part)
                if label is not None:
                    yield label

    def _keys(self, module: Module, value: Literal) -> Iterator[str]:
        for key, _ in value[1:]:
            if key[0] == "star":
                yield from self._names(module, key)
            else:
                text = self.text(module, key)
                if text is not None:
                    yield text

    def _inside(self, module: Module, call: Literal) -> list[tuple[Module, Literal]]:
        """The first argument of a call that is a container, through variables."""
        _, _, arguments, keywords = call
        for argument in [*arguments, *(value for _, value in keywords)]:
            where, settled = self._settled(module, argument)
            if settled[0] in _CONTAINERS:
                return [(where, settled)]
        return []

    def _label(self, module: Module, value: Literal) -> str | None:
        where, value = self._settled(module, value)
        if value[0] == "text":
            return str(value[1])
        if value[0] == "list":
            return self.text(where, value[1]) if len(value) > 1 else None
        if value[0] == "call":
            named = self.argument(value, 0, "name")
            return self.text(where, named) if named else None
        return None

    def _settled(self, module: Module, value: Any) -> tuple[Module, Literal]:
        """``value`` with variables replaced by what they are, and the module where that is written."""
        value = _literal(value)
        for _ in range(MAX_FOLLOWED):
            if value[0] != "ref":
                return module, value
            found = self._constant(module, value)
            if found is None:
                break
            module, value = found
        return module, ("unknown",)

    def _constant(self, module: Module, value: Literal) -> tuple[Module, Literal] | None:
        refs = [Ref(*ref) for ref in value[1]]
        found = self._resolver.resolve(module, refs)
        if len(found) != 1 or found[0].kind != "value":
            return None
        where = self._resolver.home(found[0])
        source = self._resolver.sources.source(where)
        constant = source.constants.get(found[0].qualname) if isinstance(source, Source) else None
        return None if constant is None else (where, constant)


def _literal(value: Any) -> Literal:
    return tuple(value) or ("unknown",)


def _keywords_of_dict(call: Literal) -> Iterator[str]:
    refs = [Ref(*ref) for ref in call[1]]
    if any(ref.kind == "free" and ref.name == "dict" for ref in refs):
        yield from (name for name, _ in call[3] if name)
