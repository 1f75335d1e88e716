"""A project in memory whose closures can be asked for, with a small environment beside it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from textwrap import dedent

from tests.fakes.memory_files import MemoryFiles

from modelops_bundle.discovery.closure import Closure, ClosureFinder
from modelops_bundle.discovery.modules import ModuleFinder
from modelops_bundle.discovery.search import build_search_path
from modelops_bundle.source.facts import FactsReader

__all__ = ["SITE", "CodeProject", "InterpreterFacts"]

SITE = "/env/site-packages"


@dataclass(frozen=True)
class InterpreterFacts:
    """What the search asks of an interpreter."""

    site_folders: tuple[str, ...] = (SITE,)
    stdlib_names: frozenset[str] = frozenset(sys.stdlib_module_names)
    builtin_names: frozenset[str] = frozenset({"time"})
    extension_suffixes: tuple[str, ...] = (".cpython-311-x86_64-linux-gnu.so", ".so")


@dataclass(frozen=True)
class _Installed:
    name: str
    origin: str
    location: str = SITE


class CodeProject:
    """Files below ``/p`` by relative path; others by absolute path.

    Args:
        sources: What the files hold, indentation aside.
        pythonpath: Parts of ``PYTHONPATH``.
        installed: Origin (``index``, ``local``, ``editable``) by name of top-level module.
    """

    def __init__(
        self,
        sources: Mapping[str, str | bytes],
        *,
        pythonpath: tuple[str, ...] = (),
        installed: Mapping[str, str] | None = None,
    ) -> None:
        self.files = MemoryFiles()
        for path, text in sources.items():
            data = dedent(text).encode() if isinstance(text, str) else text
            self.files.write(path if path.startswith("/") else f"/p/{path}", data)
        self._pythonpath = pythonpath
        self._installed = installed or {}

    def owners(self, module: str) -> tuple[_Installed, ...]:
        """The distribution named like the top-level module, if it is installed."""
        top = module.partition(".")[0]
        return (_Installed(top, self._installed[top]),) if top in self._installed else ()

    def finder(self) -> ModuleFinder:
        """A finder that sees the files as they are now."""
        python = InterpreterFacts()
        search = build_search_path(self.files, "/p", (), self._pythonpath, python)
        return ModuleFinder(self.files, search, python, "/p", self.owners)

    def closure(
        self, start: str = "m.py", declared: Iterable[str] = (), auto_code: bool = True
    ) -> Closure:
        """The closure of a file, by relative path."""
        found = ClosureFinder(self.finder(), FactsReader(self.files), self.files, "/p")
        return found.find(f"/p/{start}", [f"/p/{path}" for path in declared], auto_code)
