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
from collections.abc import Callable, Iterable, Mapping
from importlib.metadata import Distribution
from itertools import dropwhile
from types import FrameType
from typing import Any, Protocol

from .environment import installed_version, normalised
from .imports import library_folders
from .places import Owner, Places, is_within
from .variables import frames, reader

__all__ = ["Packages"]

#: What installs packages that are imported under a name of their own, without hyphens.
_INSTALLED_BY = {
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencvpython",
    "git": "gitpython",
    "skimage": "scikitimage",
    "sklearn": "scikitlearn",
    "yaml": "pyyaml",
}
#: Shows, measures and examines programs, and has no part in what they compute.
_NO_PART = frozenset({
    "IPython", "_pytest", "colorama", "coverage", "debugpy", "ipykernel", "ipywidgets", "pydevd", "pytest",
    "rich", "tqdm",
})  # fmt: skip
_HERE = os.path.dirname(os.path.abspath(__file__)) + os.sep
_LOOKING = (os.path.join("importlib", "util.py"), "<frozen importlib.util>")
_NAME = re.compile(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)")


class Noting(Protocol):
    """Keeps what was found; see :class:`modelops_bundle.worker.watch.Watcher`."""

    def note(self, kind: str, name: str, frame: FrameType | None) -> None:
        """Note a package."""
        ...

    def unseen(self, do: Callable[[str], None], name: str) -> None:
        """Do something that is not watched itself."""
        ...

    def innermost(self) -> FrameType | None:
        """The innermost code of the user."""
        ...


class Packages:
    """Takes imports, and questions for distributions, as the first of ``sys.meta_path``.

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

    def find_spec(self, module: str, *_: Any) -> None:
        """Take the import of a module that was not loaded yet, and leave it to others to find it.

        ``importlib.import_module`` raises no audit event.
        """
        self._noting.unseen(self.imported, module)

    def find_distributions(self, context: Any = None) -> Iterable[Distribution]:
        """Take a question for a distribution, and leave it to others to find it."""
        name = getattr(context, "name", None)
        if isinstance(name, str):
            self._noting.unseen(self.asked, name)
        return ()

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

    def asked(self, distribution: str) -> None:
        """Take a question for a distribution, its version say, whether it is there or not."""
        name = normalised(distribution)
        if name not in self._counted and reader(self._places) is not None:
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
        only_looked = False
        for frame in dropwhile(_is_here, frames()):
            code = frame.f_code
            only_looked |= code.co_filename.endswith(_LOOKING)
            owner = self._places.owner(code.co_filename)
            if owner is Owner.USER:
                return True
            if owner is Owner.INSTALLED and only_looked:
                return False  # to know what it could load; it tells when it does
            if owner is Owner.INSTALLED:
                by = self._root(_module_of(code.co_filename))
                return _NO_PART.isdisjoint((name, by)) and self._is_known_to(by, name)
            # The standard library imports for others, and a few for itself (pickle asks for Jython's).
            if owner is Owner.STANDARD and any(_is_of(name, each) for each in code.co_names):
                return False
            if _is_here(frame):
                return True  # targets get tables of pandas where it is installed
        return name in self._owners

    def _is_known_to(self, package: str, name: str) -> bool:
        """Whether a package can do something with another: that is installed, or it names it."""
        by = _INSTALLED_BY.get(name, name).lower().replace("_", "")
        owners = self._owners.get(package, ())
        return name in self._owners or any(by in self._requirements(each) for each in owners)

    def _requirements(self, distribution: str) -> frozenset[str]:
        """What it names under any condition, without hyphens."""
        if distribution not in self._required:
            try:
                texts = importlib.metadata.requires(distribution) or ()
            except importlib.metadata.PackageNotFoundError:
                texts = ()
            found = (match[1] for text in texts if (match := _NAME.match(text)))
            # Many differ from the name that they are imported under by a hyphen alone.
            self._required[distribution] = frozenset(
                normalised(name).replace("-", "") for name in found
            )
        return self._required[distribution]


def _is_here(frame: FrameType) -> bool:
    return frame.f_code.co_filename.startswith(_HERE)


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
