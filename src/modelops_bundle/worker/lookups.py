"""Notes which names of the project a model asks for: by listing folders, and by patterns."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from functools import partial
from types import FrameType
from typing import Any, Protocol

from .listing import found_by
from .places import Owner, Places
from .variables import frames, reader

__all__ = ["Lookups", "path_of"]

#: What the standard library looks for names with.
_IMPORTING = ("<frozen importlib", "<frozen zipimport")
_METADATA = os.path.join("importlib", "metadata")
_GLOB = os.sep + "glob.py"
_PATHLIB = os.sep + "pathlib"
_SEEKING = frozenset({"glob", "rglob"})
#: Of ``glob`` itself, and of what ``pathlib`` searches with since Python 3.13.
_GLOBBING = ("_iglob", "_Globber", "_StringGlobber", "_PathGlobber")


class Noting(Protocol):
    """Keeps what was found; see :class:`modelops_bundle.worker.watch.Watcher`."""

    def note(self, kind: str, name: str, frame: FrameType | None, state: str = "") -> None:
        """Note a look at something."""
        ...

    def whole(self, path: Any) -> str:
        """A path that the model gave, absolute."""
        ...

    def innermost(self) -> FrameType | None:
        """The innermost code of the user."""
        ...


class Lookups:
    """Takes the events of listing folders: a name more or less may change what the model does.

    Args:
        places: Whose a file is.
        search: Folders that imports are looked for in.
        noting: Who is told.

    Attributes:
        events: What takes each event.
    """

    def __init__(self, places: Places, search: Collection[str], noting: Noting) -> None:
        self._places = places
        self._search = frozenset(search)
        self._noting = noting
        self._known: set[str] = set()
        self.events: Mapping[str, Callable[[tuple[Any, ...]], None]] = {
            "os.listdir": self._listed,
            "os.scandir": self._listed,
            "glob.glob/2": self._globbed,
            "pathlib.Path.glob": partial(self._globbed_below, ""),
            "pathlib.Path.rglob": partial(self._globbed_below, "**"),
        }

    def is_importing(self) -> bool:
        """Whether it is Python that looks, for what can be imported or is installed."""
        for frame in frames():
            filename = frame.f_code.co_filename
            if filename.startswith(_IMPORTING) or _METADATA in filename:
                return True
            if self._places.owner(filename) in (Owner.USER, Owner.INSTALLED):
                return False
        return False

    def is_loading(self) -> bool:
        """Whether a package is being imported, by whomever."""
        for frame in frames():
            if frame.f_code.co_filename.startswith(_IMPORTING):
                return True
            if self._places.owner(frame.f_code.co_filename) is Owner.USER:
                return False
        return False

    def _listed(self, values: tuple[Any, ...]) -> None:
        path = "." if values[0] is None else values[0]
        folder = path_of(path) if isinstance(path, int) else self._noting.whole(path)
        if not folder or _is_globbing() or self.is_importing():
            return
        # Packages look through what can be imported for what is installed.
        if folder not in self._search or reader(self._places) is not None:
            self._sought(folder, "")

    def _globbed(self, values: tuple[Any, ...]) -> None:
        pattern, _, root, _ = values
        self._sought(self._noting.whole(root or "."), os.fsdecode(pattern))

    def _globbed_below(self, below: str, values: tuple[Any, ...]) -> None:
        folder, pattern = values[:2]
        self._sought(self._noting.whole(folder), os.path.join(below, os.fsdecode(pattern)))

    def _sought(self, folder: str, pattern: str) -> None:
        start, rest = _split(pattern)
        name = self._places.pattern(os.path.normpath(os.path.join(folder, start)), rest)
        if name is not None and name not in self._known:
            self._known.add(name)
            found = found_by(self._places.root, name)
            self._noting.note("listed", name, self._noting.innermost(), found)


def path_of(descriptor: int) -> str | None:
    """The path that an open file or folder has."""
    try:
        return os.readlink(f"/proc/self/fd/{descriptor}")
    except OSError:
        return None


def _split(pattern: str) -> tuple[str, str]:
    """The folder that a pattern begins with, and the rest."""
    folder, rest = os.path.split(pattern)
    while glob.has_magic(folder):
        folder, name = os.path.split(folder)
        rest = os.path.join(name, rest)
    return folder, rest


def _is_globbing() -> bool:
    """Whether a folder is listed for a pattern, which has been taken already."""
    for filename, name in _running():
        is_glob, is_pathlib = filename.endswith(_GLOB), _PATHLIB in filename
        seeks = is_pathlib and name.rpartition(".")[2] in _SEEKING
        if seeks or (is_glob and name.startswith(_GLOBBING)):
            return True
        if not (is_glob or is_pathlib):
            return False
    return False


def _running() -> Iterator[tuple[str, str]]:
    """File and qualified name of each function that is run, the innermost first, the worker's own aside."""
    here = os.path.dirname(__file__) + os.sep
    for frame in frames():
        if not frame.f_code.co_filename.startswith(here):
            yield frame.f_code.co_filename, frame.f_code.co_qualname
