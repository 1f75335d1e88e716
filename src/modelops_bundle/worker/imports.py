"""Where the worker imports from, and how.

The order is the one that the model's digest was made for: the project's folders, ``PYTHONPATH``, the standard
library, installed packages. Whatever is not installed is compiled from its source each time and never loaded
from ``__pycache__``: an edit that leaves size and time stamp of a file as they were leaves its old bytecode
valid, and the result would be stored under the digest of the new source.
"""

from __future__ import annotations

import functools
import importlib
import os
import site
import sys
import sysconfig
from collections.abc import Iterable, Sequence
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType

__all__ = [
    "compile_from_source",
    "forget_replaced",
    "library_folders",
    "serve_ourselves",
    "set_path",
]

_OURSELVES = "modelops_bundle"


def library_folders() -> tuple[str, ...]:
    """Folders of the standard library and of installed packages, also as links lead to them."""
    prefixes = [sys.prefix, sys.exec_prefix, sys.base_prefix, sys.base_exec_prefix]
    names = ("stdlib", "platstdlib", "purelib", "platlib")
    folders = [os.path.dirname(os.__file__), *(sysconfig.get_path(name) for name in names)]
    folders += [*site.getsitepackages(prefixes), site.getusersitepackages()]
    both = [path for folder in folders for path in (folder, os.path.realpath(folder))]
    return tuple(dict.fromkeys(both))


def set_path(search: Sequence[str], libraries: Iterable[str]) -> None:
    """Put the project's search folders first, in the place of this process's own ``PYTHONPATH``.

    Args:
        search: Folders of the project and of its ``PYTHONPATH``, in order.
        libraries: Folders of the standard library and of installed packages, which stay.
    """
    own = os.environ.get("PYTHONPATH", "").split(os.pathsep)
    foreign = {os.path.abspath(part) for part in own if part} - set(libraries) | {"", *search}
    sys.path[:] = [*search, *(entry for entry in sys.path if entry not in foreign)]
    importlib.invalidate_caches()


def compile_from_source(libraries: Sequence[str]) -> None:
    """Have sources that are neither installed nor of the standard library compiled each time.

    The finders of editable installs choose a loader by themselves, so it is the usual loader that learns it.
    """

    @functools.cache
    def is_installed(folder: str) -> bool:
        real = os.path.realpath(folder)
        return any(_is_within(real, library) for library in libraries) or any(
            # Environments can be put together from links to where each package was installed.
            f"{os.sep}{name}{os.sep}" in real + os.sep
            for name in ("site-packages", "dist-packages")
        )

    with_bytecode = SourceFileLoader.get_code

    def get_code(self: SourceFileLoader, fullname: str) -> CodeType | None:
        path = self.get_filename(fullname)
        if is_installed(os.path.dirname(path)):
            return with_bytecode(self, fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


class _Ourselves:
    """Finds our own package, for models whose base class is there, where nothing else finds it."""

    def __init__(self, folder: str) -> None:
        self._folder = folder

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The package; its modules are found in its folder in the usual way."""
        del path, target
        return PathFinder.find_spec(fullname, [self._folder]) if fullname == _OURSELVES else None


def serve_ourselves(folder: str) -> None:
    """Let our own package be imported from a folder where the project has it not installed.

    Args:
        folder: The folder that holds it, or its own; empty for none.
    """
    if os.path.basename(folder) == _OURSELVES and os.path.isfile(f"{folder}/__init__.py"):
        folder = os.path.dirname(folder)
    if folder:
        sys.meta_path.append(_Ourselves(folder))


def forget_replaced(search: Sequence[str], at_start: frozenset[str]) -> None:
    """Forget modules of the standard library that the worker has loaded and the project has its own of.

    Args:
        search: Folders that come before the standard library.
        at_start: Modules that the interpreter loads by itself: nothing can stand in for them.
    """
    names = {name.partition(".")[0] for name in sys.modules} - set(sys.builtin_module_names)
    for name in names - {top.partition(".")[0] for top in at_start} - {__name__.partition(".")[0]}:
        found = PathFinder.find_spec(name, list(search))
        if found is not None and found.loader is not None:
            for module in [each for each in sys.modules if each.partition(".")[0] == name]:
                del sys.modules[module]
