"""Whose a file is: the project's, declared or not, the environment's, or somebody else's."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from .imports import library_folders

__all__ = ["Places", "Undeclared", "environment_folders", "is_within"]

#: What belongs to the system rather than to anybody's data.
_SYSTEM = (
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib32", "/lib64", "/opt", "/proc", "/run", "/sbin", "/snap",
    "/sys", "/usr", "/var/cache", "/var/lib", "/var/run",
    "/Applications", "/Library", "/System", "/private/etc", "/private/var/db",
)  # fmt: skip
_STATE = ".modelops-bundle"
_OURS = os.path.dirname(os.path.abspath(__file__))


class Undeclared(NamedTuple):
    """A file that a model read without declaring it.

    Attributes:
        kind: ``data``, ``code`` or ``outside``.
        name: Path relative to the project, with ``/``; absolute outside.
    """

    kind: str
    name: str


def environment_folders() -> tuple[str, ...]:
    """Folders of the interpreter and of what is installed for it, also as links lead to them."""
    prefixes = (sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix)
    executables = {os.path.dirname(os.path.realpath(sys.executable))}
    folders = [*library_folders(), *prefixes, *executables]
    return tuple(dict.fromkeys(path for each in folders for path in (each, os.path.realpath(each))))


class Places:
    """Judges paths for one run.

    Args:
        spec: The specification of the run.
        scratch: The folder of temporary files.
    """

    def __init__(self, spec: Mapping[str, Any], scratch: str) -> None:
        self.root = os.path.abspath(spec["root"])
        self._roots = tuple(dict.fromkeys((self.root, os.path.realpath(self.root))))
        readable = spec["readable"]
        self._readable = {*readable, *map(os.path.realpath, readable)}
        environment = environment_folders()
        # A prefix that holds the project, such as /usr, is no environment inside of it.
        self._inside = tuple(each for each in environment if self._is_in_project(each))
        self._libraries = tuple(library_folders())
        home = os.path.expanduser("~")
        self._foreign = (
            *(each for each in environment if not is_within(self.root, (each,))),
            *_SYSTEM,
            *_both((scratch, _OURS, spec["package"], *spec["allow"])),
        )
        self._hidden = tuple(os.path.join(each, ".") for each in _both((home,)))
        self._code: dict[str, bool] = {}

    def judge(self, path: str) -> Undeclared | None:
        """What a file is if it is not declared and counts; ``None`` for all others.

        Args:
            path: Absolute, normalised.
        """
        if is_within(path, self._libraries) or path in self._readable:
            return None
        real = os.path.realpath(path)
        if real in self._readable:
            return None
        for place in (path, real):
            for root in self._roots:
                if is_within(place, (root,)):
                    return self._of_project(place, root)
        return self._outside(path, real)

    def is_readable(self, path: str) -> bool:
        """Whether a file is declared."""
        return path in self._readable or os.path.realpath(path) in self._readable

    def is_code_of_user(self, filename: str) -> bool:
        """Whether a source is the project's or lies outside of it, rather than being installed."""
        known = self._code.get(filename)
        if known is None:
            path = os.path.abspath(filename)
            # A frame of compiled code names a source that is not here.
            known = not is_within(path, (*self._libraries, _OURS)) and os.path.isfile(path)
            self._code[filename] = known
        return known

    def is_installed(self, filename: str) -> bool:
        """Whether a source belongs to an installed package, rather than to the standard library."""
        return "site-packages" in filename or "dist-packages" in filename

    def shown(self, filename: str) -> str:
        """A source as it is recorded where it is the project's."""
        path = os.path.abspath(filename)
        for root in self._roots:
            if is_within(path, (root,)):
                return os.path.relpath(path, root).replace(os.sep, "/")
        return path

    def _is_in_project(self, path: str) -> bool:
        return any(path != root and is_within(path, (root,)) for root in self._roots)

    def _of_project(self, path: str, root: str) -> Undeclared | None:
        name = os.path.relpath(path, root)
        parts = name.split(os.sep)
        if is_within(path, self._inside) or "__pycache__" in parts or parts[0] == _STATE:
            return None
        if os.path.isdir(path):
            return None
        return Undeclared("code" if name.endswith(".py") else "data", name.replace(os.sep, "/"))

    def _outside(self, path: str, real: str) -> Undeclared | None:
        if any(is_within(each, self._foreign) for each in (path, real)):
            return None
        # Configurations and caches of programs; and what is not there has not been read.
        if real.startswith(self._hidden) or not os.path.isfile(real):
            return None
        return Undeclared("outside", path)


def _both(paths: Iterable[str]) -> tuple[str, ...]:
    return tuple(each for path in paths if path for each in (path, os.path.realpath(path)))


def is_within(path: str, folders: Iterable[str]) -> bool:
    """Whether a path is one of some folders or lies below it."""
    return any(path == each or path.startswith(each.rstrip(os.sep) + os.sep) for each in folders)
