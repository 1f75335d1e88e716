"""What giving a text to something does: it is read as a variable, imported, run, or handed on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from modelops_bundle.source.use_sinks import MAPPINGS, SINKS, Sink

__all__ = ["READERS", "WRITING", "Effect", "Wrapper", "effects_of_attribute", "effects_of_external"]


class Wrapper(NamedTuple):
    """A function that hands an argument on as a name, perhaps with something put around it."""

    kind: str
    key: str
    qualname: str
    place: int
    parameter: str
    text: str
    line: int

    def takes(self, position: str) -> bool:
        """Whether the argument at ``position`` is the one."""
        if not position.isdigit():
            return position == self.parameter
        # Of a method it is not known here whether the call gives ``self``.
        places = (self.place, self.place - 1) if "." in self.qualname else (self.place,)
        return int(position) in places

    def filled(self, text: str) -> str:
        """The name when the argument is ``text``."""
        plain = self.text.replace(f"\x01@{self.parameter}\x02", text)
        return plain.replace(
            f"\x01@{self.parameter}^\x02", text if "\x01" in text else text.upper()
        )


class Effect(NamedTuple):
    """What giving a text to something does: reads or imports it, or hands it on."""

    kind: str
    sink: Sink | None = None
    wrapper: Wrapper | None = None

    def of(self, position: str) -> str:
        """The kind of name that a text at ``position`` is; empty when it is none."""
        if self.kind == "mapping":
            return "variable" if position == "[]" else ""
        if self.sink is not None and position in (*self.sink.arguments, "fromlist"):
            return self.sink.kind
        return (
            self.wrapper.kind if self.wrapper is not None and self.wrapper.takes(position) else ""
        )


_SOURCE_READERS = frozenset(
    {"getsource", "getsourcelines", "findsource", "getcomments", "getline", "getlines"}
)
#: Those that nothing else has as a method.
_UNMISTAKABLE = _SOURCE_READERS - {"getline", "getlines"}
_DOCSTRING_READERS = frozenset({"getdoc"})
#: Last names of what reads sources or docstrings.
READERS = _SOURCE_READERS | _DOCSTRING_READERS
_READING_MODULES = frozenset(
    {"inspect", "linecache", "pydoc", "dill.source", "IPython.core.oinspect"}
)
#: Methods of the environment that read nothing.
WRITING = frozenset({"update", "clear", "__setitem__", "__delitem__"})


def effects_of_external(name: str) -> Iterator[Effect]:
    """What has this dotted name, outside of the sources."""
    sink = SINKS.get(name)
    if sink is not None:
        yield Effect("sink", sink)
    elif name in MAPPINGS:
        yield Effect("mapping")
    else:
        head, _, last = name.rpartition(".")
        if head in MAPPINGS:
            if last not in WRITING:
                yield Effect("mapping")
        elif head in _READING_MODULES:
            yield from _effects_of_reader(last, _SOURCE_READERS)


def effects_of_attribute(name: str) -> Iterator[Effect]:
    """What an attribute of this name does, of whichever object."""
    yield from _effects_of_reader(name, _UNMISTAKABLE)


def _effects_of_reader(name: str, source_readers: frozenset[str]) -> Iterator[Effect]:
    if name in source_readers:
        yield Effect("bytes")
    if name in _DOCSTRING_READERS:
        yield Effect("documents")
