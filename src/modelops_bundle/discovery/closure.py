"""All code that a model reaches: the files whose change may change its results.

The search goes breadth first from the model's file over every import that may happen when the code runs
(:mod:`modelops_bundle.discovery.walk`). What is found in the project, or outside of it where no
distribution vouches for it, is hashed by content and followed; what is installed is noted. The chains that
are kept are the shortest, and the order is always the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from modelops_bundle.discovery.closure_records import Closure, CodeFile, Reading
from modelops_bundle.discovery.imports import SourceReader
from modelops_bundle.discovery.missing import Missing
from modelops_bundle.discovery.modules import ModuleFinder, Origin
from modelops_bundle.discovery.walk import Walk
from modelops_bundle.ports import Files
from modelops_bundle.source.facts import FactsReader

__all__ = ["Closure", "ClosureFinder", "CodeFile", "Reading"]


class ClosureFinder:
    """Finds closures; what is found out about a file is shared between them.

    Args:
        finder: Finds modules.
        facts: Reads sources.
        files: File system.
        project_root: The project's folder, absolute.
    """

    def __init__(
        self, finder: ModuleFinder, facts: FactsReader, files: Files, project_root: str
    ) -> None:
        self._finder = finder
        self._files = files
        self._project_root = project_root
        self._reader = SourceReader(finder, facts, project_root)
        self._known: dict[tuple[str, tuple[str, ...], bool, tuple[str, ...]], Closure] = {}

    def find(
        self,
        path: str,
        declared: Iterable[str] = (),
        auto_code: bool = True,
        modules: Iterable[str] = (),
    ) -> Closure:
        """The closure of the file at an absolute path.

        Args:
            path: The model's file.
            declared: Absolute paths of code that belongs to it whether it is imported or not.
            auto_code: Whether imports are followed to other files.
            modules: Modules that are loaded though nothing here imports them: those of distributions hashed
                by content that only an installed package imports.
        """
        key = (path, tuple(sorted(declared)), auto_code, tuple(sorted(modules)))
        known = self._known.get(key)
        if known is None:
            walk = Walk(self._finder, self._reader, self._files, self._project_root, auto_code)
            known = self._known[key] = walk.closure(path, key[1], key[3])
        return known

    def absent(self, closure: Closure) -> Iterator[tuple[str, Missing]]:
        """What is nowhere, with the first import of it, unless the code expects that it may be.

        A package goes by its top-level name, a module of a package of the project by its whole name.
        """
        told = {"modelops_bundle"}  # may be a tool of its own, and never counts
        for missing in closure.missing:
            if not (missing.guarded or missing.is_file):
                lacks = self._lacking(missing.module)
                if lacks and lacks not in told:
                    told.add(lacks)
                    yield lacks, missing

    def _lacking(self, module: str) -> str:
        """The first part of a dotted name that is nowhere; empty where that says nothing."""
        above, *rest = module.split(".")
        if not above.isidentifier():
            return ""  # some other text, where the name of a module may stand
        package = self._finder.find(above)
        if package.origin is Origin.MISSING:
            return above
        for part in rest:
            inner = self._finder.find(f"{package.name}.{part}")
            if inner.origin is Origin.MISSING:
                # What is installed may make modules when it is imported; its version says that it is whole.
                ours = package.is_package and package.origin is Origin.PROJECT
                return inner.name if ours else ""
            package = inner
        return ""
