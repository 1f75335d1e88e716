"""Tells which environment variables are read, and by whom."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator
from types import FrameType
from typing import Any, Protocol

from .places import Owner, Places

__all__ = ["WHOLE", "Variables", "frames", "reader", "watch_variables"]

#: The name that stands for all of them.
WHOLE = "*"

#: What reads for whoever calls it.
_GO_BETWEEN = ("<frozen os>", "<frozen posixpath>", "<frozen ntpath>", "<frozen _collections_abc>")
_GO_BETWEEN_FILES = ("/os.py", "/posixpath.py", "/ntpath.py", "/_collections_abc.py")
_ASKING = frozenset({"environ", "environb", "getenv", "getenvb"})
_OF_ONE_KEY = frozenset({"get", "__contains__", "setdefault", "pop"})
_SOMEBODY = (Owner.USER, Owner.INSTALLED)
_MAPPINGS = "_collections_abc"


class Noting(Protocol):
    """Keeps what was read."""

    def note(self, kind: str, name: str, frame: FrameType | None) -> None:
        """Note a read.

        Args:
            kind: As in the answers of a worker.
            name: What was read.
            frame: The user's code that read it; ``None`` if that is unknown.
        """
        ...


class Variables:
    """Judges each use of the mapping of the environment variables.

    Args:
        places: Whose a source is.
        declared: Names that may be read.
        withheld: Names of those that are set outside and are not there.
        noting: Who is told of the others.
    """

    def __init__(
        self, places: Places, declared: Iterable[str], withheld: Iterable[str], noting: Noting
    ) -> None:
        self._places = places
        self._declared = frozenset(declared)
        self._withheld = frozenset(withheld)
        self._own: set[str] = set()
        self._own_of_import: frozenset[str] | None = None
        self._wholes: set[tuple[str, int]] = set()
        self._noted: set[str] = set()
        self._noting = noting

    def renew(self) -> None:
        """Forget what a simulation has set; what was set when the model was imported stays its own."""
        if self._own_of_import is None:
            self._own_of_import = frozenset(self._own)
        self._own = set(self._own_of_import)

    def read(self, name: str) -> None:
        """Take the reading of a variable, or of all."""
        if name in self._declared or name in self._own or name in self._noted:
            return
        frame = reader(self._places, _ASKING)
        if frame is None:
            if name in self._withheld:
                self._noting.note("withheld", name, self._package())
            return
        line = (frame.f_code.co_filename, frame.f_lineno)
        # Who copies the mapping asks for each of its keys as well.
        if name == WHOLE:
            self._wholes.add(line)
        elif line in self._wholes:
            return
        else:
            self._noted.add(name)
        self._noting.note("variable", name, frame)

    def _package(self) -> FrameType | None:
        return next((each for each in frames() if self._is_package(each)), None)

    def _is_package(self, frame: FrameType) -> bool:
        return self._places.owner(frame.f_code.co_filename) is Owner.INSTALLED

    def set(self, name: str) -> None:
        """Take the setting of a variable: what the model sets is its own."""
        # When it is put back between simulations, that is nobody's.
        if any(self._places.owner(each.f_code.co_filename) in _SOMEBODY for each in frames()):
            self._own.add(name)


def frames() -> Iterator[FrameType]:
    """The frames of this thread, the innermost first."""
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def reader(places: Places, asking: frozenset[str] = frozenset()) -> FrameType | None:
    """The user's code that does something, unless an installed package does it for itself.

    Args:
        places: Whose a source is.
        asking: Names by which the standard library does it for itself, when its code has one of them.
    """
    for frame in frames():
        name = frame.f_code.co_filename
        owner = places.owner(name)
        if owner is Owner.USER:
            return frame
        if owner is Owner.INSTALLED:
            return None
        asks = not asking.isdisjoint(frame.f_code.co_names)
        if asks and owner is Owner.STANDARD and not _goes_between(name):
            return None
    return None


def _goes_between(filename: str) -> bool:
    return filename in _GO_BETWEEN or filename.endswith(_GO_BETWEEN_FILES)


def watch_variables(variables: Variables) -> None:
    """Have the mapping tell of each use; all else of it rests on these four methods."""
    kind: Any = type(os.environ)
    get, iterate, put, show = kind.__getitem__, kind.__iter__, kind.__setitem__, kind.__repr__

    def getitem(self: Any, key: Any) -> Any:
        caller = sys._getframe(1).f_code
        # The views of a mapping ask for each key after walking through them all, which is told once.
        if _MAPPINGS not in caller.co_filename or caller.co_name in _OF_ONE_KEY:
            variables.read(os.fsdecode(key) if isinstance(key, str | bytes) else str(key))
        return get(self, key)

    def iter_(self: Any) -> Any:
        variables.read(WHOLE)
        return iterate(self)

    def repr_(self: Any) -> Any:
        variables.read(WHOLE)
        return show(self)

    def setitem(self: Any, key: Any, value: Any) -> None:
        put(self, key, value)
        variables.set(os.fsdecode(key))

    kind.__getitem__, kind.__iter__, kind.__setitem__ = getitem, iter_, setitem
    kind.__repr__ = repr_
