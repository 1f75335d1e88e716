"""Where modules are looked for: the project's folders, ``PYTHONPATH``, ``.pth`` files, installed packages.

The order is the project's own folders first (configured roots, ``src/``, the root), then ``PYTHONPATH``, the
standard library, and each site folder followed by what its ``.pth`` files add. Nothing of the environment
runs: a ``.pth`` line that would be executed is read where its form is known (the finders that setuptools
writes for editable installs) and warned about otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple, Protocol

from modelops_bundle.ports import EntryKind, Files

if TYPE_CHECKING:
    import ast

__all__ = ["STDLIB_ENTRY", "Origin", "Platform", "SearchPath", "Warned", "build_search_path"]


class Origin(Enum):
    """Whose a module is, which decides how a change of it is noticed."""

    PROJECT = "project"  # hashed by content
    OUTSIDE = "outside"  # hashed by content too: no distribution vouches for it
    INSTALLED = "installed"  # stands for its distribution's version
    STDLIB = "stdlib"  # stands for the interpreter's version
    MISSING = "missing"


class Platform(Protocol):
    """What the search needs to know of the project's interpreter."""

    @property
    def site_folders(self) -> tuple[str, ...]:
        """Folders of installed packages, in order."""
        ...

    @property
    def stdlib_names(self) -> frozenset[str]:
        """Top-level names of the standard library."""
        ...

    @property
    def builtin_names(self) -> frozenset[str]:
        """Modules compiled into the interpreter: no file can shadow them."""
        ...

    @property
    def extension_suffixes(self) -> tuple[str, ...]:
        """What extension modules end in, in order of preference."""
        ...


class Warned(NamedTuple):
    """Something that may be missed, and where: absolute path, line (0: the whole file), what and why."""

    path: str
    line: int
    text: str


class SearchPath(NamedTuple):
    """Folders in the order in which they are looked through, and whose modules they hold.

    Attributes:
        entries: Absolute folder and origin; :data:`STDLIB_ENTRY` marks the standard library's place.
        mapped: Modules of editable installs that a finder maps: dotted name to file or package folder.
            They are found only where nothing else is.
        warnings: Lines of ``.pth`` files that cannot be followed.
    """

    entries: tuple[tuple[str, Origin], ...]
    mapped: Mapping[str, str]
    warnings: tuple[Warned, ...]


STDLIB_ENTRY = ("", Origin.STDLIB)

#: Executable lines that add no module: import hooks of packaging tools and of coverage measurement, and
#: namespace packages in the old form, which are found by their folders.
_HARMLESS = ("distutils-precedence.pth", "_virtualenv.pth", "a1_coverage.pth", "-nspkg.pth")
_FINDER = ("import __editable___", "_finder")


def build_search_path(
    files: Files,
    project_root: str,
    source_roots: Iterable[str],
    pythonpath: Iterable[str],
    platform: Platform,
) -> SearchPath:
    """The search path of a project, read afresh.

    Args:
        files: File system.
        project_root: The project's folder, absolute.
        source_roots: Configured roots, absolute or relative to the project.
        pythonpath: The parts of ``PYTHONPATH``; relative ones mean the project's folder.
        platform: The project's interpreter.
    """
    reader = _PthReader(files)
    entries: dict[str, Origin] = {}
    for root in (*source_roots, "src", "."):
        entries.setdefault(_absolute(project_root, root), Origin.PROJECT)
    for part in pythonpath:
        if part:
            folder = _absolute(project_root, part)
            entries.setdefault(folder, _owner(project_root, folder, platform))
            reader.check_folder(folder)
    before = tuple(entries.items())
    for site in platform.site_folders:
        entries.setdefault(site, Origin.INSTALLED)
        for folder in reader.folders_of(site):
            entries.setdefault(folder, _owner(project_root, folder, platform))
    after = tuple(entries.items())[len(before) :]
    return SearchPath((*before, STDLIB_ENTRY, *after), reader.mapped, tuple(reader.warnings))


def _absolute(project_root: str, path: str) -> str:
    return os.path.normpath(os.path.join(project_root, path))


def is_within(path: str, folder: str) -> bool:
    """Whether ``path`` is ``folder`` or lies below it, as both are written."""
    return path == folder or path.startswith(folder.rstrip(os.sep) + os.sep)


def _owner(project_root: str, folder: str, platform: Platform) -> Origin:
    if any(is_within(folder, site) for site in platform.site_folders):
        return Origin.INSTALLED
    return Origin.PROJECT if is_within(folder, project_root) else Origin.OUTSIDE


class _PthReader:
    """Reads the ``.pth`` files of site folders the way ``site`` does, without executing anything."""

    def __init__(self, files: Files) -> None:
        self._files = files
        self.mapped: dict[str, str] = {}
        self.warnings: list[Warned] = []

    def folders_of(self, site: str) -> list[str]:
        """The folders that are added behind ``site``, in order."""
        listing = self._files.entries(site)
        folders: list[str] = []
        for name in sorted(listing):
            # `site` passes over hidden ones as well.
            if name.endswith(".pth") and listing[name] is EntryKind.FILE and name[0] != ".":
                folders += self._read_file(site, name)
        return folders

    def _read_file(self, site: str, name: str) -> Iterator[str]:
        path = os.path.join(site, name)
        data = self._files.read(path)
        if not isinstance(data, bytes):
            self.warnings.append(Warned(path, 0, f"cannot be read ({data.reason})"))
            return
        text = data.decode("utf-8-sig", "surrogateescape")
        for number, line in enumerate(text.splitlines(), 1):
            if line.startswith(("import ", "import\t")):
                self._executable(site, path, number, line)
            elif line.strip() and not line.startswith("#"):
                folder = os.path.normpath(os.path.join(site, line.rstrip()))
                if "\0" not in folder and self._files.entries(folder):
                    yield folder

    def check_folder(self, folder: str) -> None:
        """Warn about an entry of the path that is a file: an archive of modules."""
        kind = self._files.entries(os.path.dirname(folder)).get(os.path.basename(folder))
        if kind is EntryKind.FILE:
            self.warnings.append(Warned(folder, 0, "modules in an archive are not followed"))

    def _executable(self, site: str, path: str, number: int, line: str) -> None:
        if path.endswith(_HARMLESS):
            return
        module = line.removeprefix("import").split(";")[0].strip()
        if line.startswith(_FINDER[0]) and module.endswith(_FINDER[1]):
            mapping = self._finder_mapping(os.path.join(site, f"{module}.py"))
            if mapping is not None:
                for name, place in mapping.items():
                    self.mapped.setdefault(name, os.path.normpath(place))
                return
        self.warnings.append(
            Warned(
                path,
                number,
                f"is executed when Python starts and not followed: {line.strip()[:80]}",
            )
        )

    def _finder_mapping(self, path: str) -> dict[str, str] | None:
        """The literal ``MAPPING`` and ``NAMESPACES`` of a finder that setuptools wrote."""
        data = self._files.read(path)
        if not isinstance(data, bytes) or len(data) > _FINDER_LIMIT:
            return None
        from modelops_bundle.source.parse import with_room

        mapping, namespaces = with_room(lambda: _literals(data, "MAPPING", "NAMESPACES"))
        if not isinstance(mapping, dict):
            return None
        found = {name: place for name, place in mapping.items() if _are_texts(name, place)}
        for name, places in namespaces.items() if isinstance(namespaces, dict) else ():
            for place in places if isinstance(places, list) else ():
                if _are_texts(name, place):
                    found.setdefault(name, place)
        return found


_FINDER_LIMIT = 1 << 20


def _literals(data: bytes, *names: str) -> list[object]:
    from modelops_bundle.source.parse import Unparsable, parse

    tree = parse(data)
    return [None if isinstance(tree, Unparsable) else _literal(tree, name) for name in names]


def _are_texts(name: object, place: object) -> bool:
    return isinstance(name, str) and isinstance(place, str) and "\0" not in place


def _literal(tree: ast.Module, name: str) -> object:
    import ast

    for node in tree.body:
        targets: Sequence[ast.expr]
        if isinstance(node, ast.AnnAssign):
            targets, value = [node.target], node.value
        elif isinstance(node, ast.Assign):
            targets, value = node.targets, node.value
        else:
            continue
        if value is not None and any(isinstance(to, ast.Name) and to.id == name for to in targets):
            try:
                return ast.literal_eval(value)
            except (ValueError, TypeError, RecursionError, MemoryError):
                return None  # TypeError: `{[]: 1}`
    return None
