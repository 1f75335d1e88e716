"""Notes installed packages that a model loads, or looks for in vain, and that its digest does not name.

The digest names what the model's code imports and what that requires. Packages use others that happen to be
there (pandas uses bottleneck and pyarrow), and code may import under a name that it works out.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import os
import re
import sys
from collections.abc import Mapping
from types import FrameType
from typing import Any, Protocol

from .environment import installed_version, normalised
from .imports import library_folders
from .places import Owner, Places, is_within
from .variables import frames, reader

__all__ = ["METADATA_FILES", "Packages"]

#: How the names of files end that tell of an installed distribution.
METADATA_FILES = (".dist-info/METADATA", ".egg-info/PKG-INFO")
#: Shows, measures and examines programs, and has no part in what they compute.
_NO_PART = frozenset({
    "IPython", "_pytest", "colorama", "coverage", "debugpy", "ipykernel", "ipywidgets", "pydevd", "pytest",
    "rich", "tqdm",
})  # fmt: skip
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class Noting(Protocol):
    """Keeps what was found; see :class:`modelops_bundle.worker.watch.Watcher`."""

    def note(self, kind: str, name: str, frame: FrameType | None) -> None:
        """Note a package."""
        ...

    def innermost(self) -> FrameType | None:
        """The innermost code of the user."""
        ...


class Packages:
    """Takes imports, and reads of what tells of an installed distribution.

    What is loaded counts. What is not there counts where the user's code asks for it, or a package that names
    it among its requirements, under whatever condition: others may look for it to no effect.

    Args:
        spec: The specification of the run.
        places: Whose a source is.
        noting: Who is told.

    Attributes:
        is_storing: Whether outputs are being stored: what is loaded for that has no part in them.
    """

    def __init__(self, spec: Mapping[str, Any], places: Places, noting: Noting) -> None:
        self._owners: Mapping[str, list[str]] = spec["packages"]
        self._counted = frozenset((*spec["dependencies"], *spec["counted"]))
        self._places = places
        self._noting = noting
        self._settled = set(sys.stdlib_module_names)
        self._states: dict[str, str | None] = {}
        self._required: dict[str, frozenset[str]] = {}
        self.is_storing = False

    def imported(self, module: str) -> None:
        """Take the import of a module that was not loaded yet, whether it is there or not."""
        if module.partition(".")[0] in self._settled or self.is_storing:
            return
        name = self._root(module)
        if name in self._settled:
            return
        if self._counted.issuperset(self._owners_of(name)):
            self._settled.add(name)
        elif self._counts(name):
            self._settled.add(name)
            self._noting.note("package", name, self._noting.innermost())

    def asked(self, path: str) -> None:
        """Take the reading of a file of :data:`METADATA_FILES`."""
        if reader(self._places) is not None:
            folder = os.path.basename(os.path.dirname(path))
            name = normalised(folder.rpartition(".")[0].partition("-")[0])
            if name not in self._counted:
                self._noting.note("package", name, self._noting.innermost())

    def state(self, name: str) -> str | None:
        """Version of what was noted; empty where it is not there, ``None`` where it is no installed package.

        Args:
            name: Import name of a package, or name of a distribution.
        """
        if name not in self._states:
            self._states[name] = self._look(name)
        return self._states[name]

    def _look(self, name: str) -> str | None:
        file = _file_of(name)
        if name not in self._owners and file is not None and not is_within(file, library_folders()):
            return None  # the project's own, say
        versions = (installed_version(each, sys.path) for each in self._owners_of(name))
        found = "|".join(each for each in versions if each is not None)
        return found if found or name in self._owners or file is None else None

    def _owners_of(self, name: str) -> list[str]:
        return self._owners.get(name) or [normalised(name)]

    def _root(self, module: str) -> str:
        """The part of a module's name that distributions go by; its first where that is none's."""
        name = module
        while name not in self._owners and "." in name:
            name = name.rpartition(".")[0]
        return name

    def _counts(self, name: str) -> bool:
        """Whether what is imported may change what is computed, by who imports it."""
        for frame in frames():
            code = frame.f_code
            owner = self._places.owner(code.co_filename)
            if owner is Owner.USER:
                return True
            if owner is Owner.INSTALLED:
                by = self._root(_module_of(code.co_filename))
                return _NO_PART.isdisjoint((name, by)) and self._is_known_to(by, name)
            # The standard library imports for others, and a few for itself (pickle asks for Jython's).
            if owner is Owner.STANDARD and any(_is_of(name, each) for each in code.co_names):
                return False
        return name in self._owners

    def _is_known_to(self, package: str, name: str) -> bool:
        """Whether a package can do something with another: that is installed, or it names it."""
        owners = self._owners.get(package, ())
        return name in self._owners or any(
            normalised(name) in self._requirements(each) for each in owners
        )

    def _requirements(self, distribution: str) -> frozenset[str]:
        if distribution not in self._required:
            try:
                texts = importlib.metadata.requires(distribution) or ()
            except importlib.metadata.PackageNotFoundError:
                texts = ()
            found = (match[1] for text in texts if (match := _NAME.match(text)))
            self._required[distribution] = frozenset(map(normalised, found))
        return self._required[distribution]


def _is_of(name: str, module: str) -> bool:
    return module == name or module.startswith(f"{name}.")


def _module_of(filename: str) -> str:
    """Dotted name of an installed source."""
    folders = [folder for folder in sys.path if folder and is_within(filename, (folder,))]
    folder = max(folders, key=len, default="")
    return os.path.relpath(filename, folder or None).removesuffix(".py").replace(os.sep, ".")


def _file_of(name: str) -> str | None:
    """The file that a module is or would be loaded from, empty where it has none; ``None`` for no module."""
    if name in sys.modules:
        return getattr(sys.modules[name], "__file__", None) or ""
    try:
        found = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return None
    return None if found is None else found.origin or ""
