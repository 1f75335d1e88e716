"""Whose a file is: the project's, declared or not, the environment's, or somebody else's."""

from __future__ import annotations

import glob
import os
import sys
import sysconfig
from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any, NamedTuple

from .imports import library_folders

__all__ = [
    "Owner",
    "Places",
    "Undeclared",
    "environment_folders",
    "is_metadata",
    "is_passing",
    "is_within",
    "our_folders",
]

#: What belongs to the system rather than to anybody's data.
_SYSTEM = (
    "/bin", "/boot", "/etc", "/gnu/store", "/lib", "/lib32", "/lib64", "/nix/store", "/proc", "/sbin",
    "/snap", "/sys", "/usr", "/var/cache", "/var/lib",
    "/Applications", "/Library", "/System", "/private/etc", "/private/var/db",
)  # fmt: skip
_STATE = ".modelops-bundle"
_OURS = os.path.dirname(os.path.abspath(__file__))
_INSTALLED = frozenset({"site-packages", "dist-packages"})
_METADATA = (".egg-info", ".dist-info")
_VERSION_CONTROL = frozenset({".git", ".hg", ".svn"})


class Undeclared(NamedTuple):
    """A file that a model read, or a folder that it asked for, without declaring it.

    Attributes:
        kind: ``data``, ``code``, ``folder`` or ``outside``.
        name: Path relative to the project, with ``/``; absolute outside.
    """

    kind: str
    name: str


class Owner(Enum):
    """Whose code a source is."""

    USER = "user"  # the project's, or from outside of it without being installed
    INSTALLED = "installed"
    STANDARD = "standard"  # the standard library's
    NOBODY = "nobody"  # made while running, or the worker's own


def environment_folders() -> tuple[str, ...]:
    """Folders of the interpreter and of what is installed for it, also as links lead to them."""
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    executables = {os.path.dirname(os.path.realpath(sys.executable))}
    return _both([*library_folders(), *prefixes, *executables])


def our_folders(package: str) -> tuple[str, ...]:
    """Folders of the worker and of the package that models may import.

    Args:
        package: The folder that the package is imported from, or its own; empty for none.
    """
    name = "modelops_bundle"
    own = package if os.path.basename(package) == name else os.path.join(package, name)
    return _both((_OURS, own) if package else (_OURS,))


class Places:
    """Judges paths for one run.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.

    Attributes:
        root: The project's folder, absolute.
        roots: The same as it is given and as links lead to it.
    """

    def __init__(self, spec: Mapping[str, Any], scratch: str) -> None:
        self.root = os.path.abspath(spec["root"])
        self.roots = _both((self.root,))
        self._readable = set(_both(spec["readable"]))
        self._holding = self._with_folders_above((*self._readable, *spec["search"]))
        environment = environment_folders()
        self._ours = our_folders(spec["package"])
        # A prefix that holds the project, such as /usr, is no environment inside of it.
        holding = {each for each in environment if self._holds_project(each)}
        self._scratch = _both((scratch,))
        self._fine = (
            *self._scratch,
            *_both(spec["allow"]),
            *(each for each in self._ours if not self._holds_project(each)),
            *(each for each in environment if each not in holding),
        )
        self._system = (*_SYSTEM, *holding)
        self._hidden = tuple(os.path.join(each, ".") for each in _both((os.path.expanduser("~"),)))
        names = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib")]
        self._standard = _both([os.path.dirname(os.__file__), *names])
        self._installed = tuple(set(library_folders()) - set(self._standard))
        self._owners: dict[str, Owner] = {}

    def judge(self, path: str) -> Undeclared | None:
        """What a file is if it is not declared and counts; ``None`` for all others.

        Args:
            path: Absolute, normalised.
        """
        # What a model puts into its temporary folder may be a link to what lies elsewhere.
        is_temporary = is_within(path, self._scratch)
        if path in self._readable or (is_within(path, self._fine) and not is_temporary):
            return None
        real = os.path.realpath(path)
        if real in self._readable or is_within(real, self._fine):
            return None
        if is_temporary:
            path = real
        for place in (path, real):
            for root in self.roots:
                if is_within(place, (root,)):
                    return self._of_project(place, root)
        return self._outside(path, real)

    def judge_folder(self, path: str) -> Undeclared | None:
        """What a folder of the project is that may go without anything declared going with it.

        Args:
            path: Absolute, normalised; something is there.
        """
        if path in self._holding or is_within(path, self._fine) or not os.path.isdir(path):
            return None
        for root in self.roots:
            if is_within(path, (root,)) and not _is_own(name := os.path.relpath(path, root)):
                return Undeclared("folder", name.replace(os.sep, "/"))
        return None

    def pattern(self, folder: str, pattern: str) -> str | None:
        """A pattern as it is recorded where it is for names of the project that count, else ``None``.

        Args:
            folder: Where it begins, absolute.
            pattern: Relative to it.
        """
        if is_within(folder, self._fine):
            return None
        for root in self.roots:
            if is_within(folder, (root,)):
                below = os.path.normpath(os.path.relpath(folder, root))
                parts = [glob.escape(part) for part in below.split(os.sep) if part != "."]
                parts += pattern.split(os.sep)
                name = "/".join(parts) or "*"
                # What other programs put beside the project itself (.git, .pytest_cache) is not looked at.
                return (
                    None if _is_own(name) or is_passing(name) or parts[0].startswith(".") else name
                )
        return None

    def is_of_program(self, path: str) -> bool:
        """Whether a file is where programs keep their configurations."""
        return path.startswith(self._hidden) or os.path.realpath(path).startswith(self._hidden)

    def owner(self, filename: str) -> Owner:
        """Whose the code of a source is."""
        known = self._owners.get(filename)
        if known is None:
            known = self._owners[filename] = self._find_owner(filename)
        return known

    def shown(self, filename: str) -> str:
        """A source as it is recorded where it is the project's."""
        path = os.path.abspath(filename)
        for root in self.roots:
            if is_within(path, (root,)):
                return os.path.relpath(path, root).replace(os.sep, "/")
        return path

    def _find_owner(self, filename: str) -> Owner:
        if filename.startswith("<frozen "):
            return Owner.STANDARD
        path = os.path.abspath(filename)
        if is_within(path, (_OURS,)):
            return Owner.NOBODY
        # Of the project's own path nothing follows: it may lie in such a folder itself.
        if _INSTALLED & set(self.shown(path).split("/")) or is_within(
            path, (*self._installed, *self._ours)
        ):
            return Owner.INSTALLED
        if is_within(path, self._standard):
            return Owner.STANDARD
        # Compiled code and code that was made while running name a source that is not here.
        return Owner.USER if os.path.isfile(path) else Owner.NOBODY

    def _with_folders_above(self, paths: Iterable[str]) -> set[str]:
        known = set(self.roots)
        for path in paths:
            while path not in known and is_within(path, self.roots):
                known.add(path)
                path = os.path.dirname(path)
        return known

    def _holds_project(self, folder: str) -> bool:
        return any(is_within(root, (folder,)) for root in self.roots)

    def _of_project(self, path: str, root: str) -> Undeclared | None:
        name = os.path.relpath(path, root)
        if _is_own(name) or os.path.isdir(path):
            return None
        return Undeclared("code" if name.endswith(".py") else "data", name.replace(os.sep, "/"))

    def _outside(self, path: str, real: str) -> Undeclared | None:
        if is_within(path, self._system) or is_within(real, self._system):
            return None
        # What is not there has not been read.
        return Undeclared("outside", path) if os.path.isfile(real) else None


def _is_own(name: str) -> bool:
    """Whether a path of the project is Python's or this program's own."""
    parts = name.split(os.sep)
    return "__pycache__" in parts or parts[0] == _STATE


def is_metadata(name: str) -> bool:
    """Whether a file tells of a distribution that was installed in place, beside the project's code."""
    folder, _, file = name.rpartition("/")
    return folder.endswith(_METADATA) or file.endswith(_METADATA)


def is_passing(name: str) -> bool:
    """Whether a file comes and goes with what is done to the project, whatever is looked for in it."""
    return is_metadata(name) or not _VERSION_CONTROL.isdisjoint(name.split("/"))


def is_within(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of some folders or lies below it."""
    return any(path == each or path.startswith(each.rstrip(os.sep) + os.sep) for each in folders)


def _both(paths: Iterable[str]) -> tuple[str, ...]:
    """Each path as it is and as links lead to it."""
    return tuple(
        dict.fromkeys(each for path in paths if path for each in (path, os.path.realpath(path)))
    )
