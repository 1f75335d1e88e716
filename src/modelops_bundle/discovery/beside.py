"""What lies beside the files that may be run as scripts: Python looks there first.

A file in a package (its folder has an ``__init__``) is taken to be imported, or run with ``-m``: Python does
not put its folder on the path then, so what lies there is used only where nothing else of that name is found,
or a folder without an ``__init__``.
"""

from __future__ import annotations

import os

from modelops_bundle.discovery.graph import Source
from modelops_bundle.discovery.modules import Module, ModuleFinder, Origin
from modelops_bundle.discovery.search import is_within
from modelops_bundle.ports import Files

__all__ = ["Beside"]


class Beside:
    """The folders of the files that a walk starts from.

    Args:
        finder: Finds modules.
        files: File system.
    """

    def __init__(self, finder: ModuleFinder, files: Files) -> None:
        self._finder = finder
        self._files = files
        self._folders: dict[str, frozenset[str]] = {}

    def start(self, path: str) -> bool:
        """Note the folder of a file that may be run as a script; whether it is new."""
        folder = os.path.dirname(path)
        if folder in self._folders:
            return False
        names = (name.partition(".")[0] for name in self._files.entries(folder))
        self._folders[folder] = frozenset(names)
        return True

    def folders(self, source: Source, top: Module) -> list[str]:
        """Folders that may give ``source`` another module than ``top``, which the search finds.

        If it finds one, those of the start files that ``source`` lies beside or below: Python would look in
        them first.
        """
        if top.origin is Origin.MISSING:
            return self._last(source, top.name)
        if self._finder.is_unshadowed(top.name):
            return []
        # A folder without Python in it gives way to every module, wherever that is.
        gives_way = top.path is None and bool(top.folders)
        return [
            folder
            for folder in self._holding(top.name)
            if is_within(source.path, folder)
            and folder != top.root
            and (gives_way or not self._finder.init_of(folder))
        ]

    def _last(self, source: Source, name: str) -> list[str]:
        """Folders that hold a top-level module that is nowhere else: the nearest to ``source``, or all."""
        holding = self._holding(name)
        own = [folder for folder in holding if is_within(source.path, folder)]
        return sorted(own, key=len, reverse=True)[:1] or holding

    def _holding(self, name: str) -> list[str]:
        return [folder for folder, names in self._folders.items() if name in names]
