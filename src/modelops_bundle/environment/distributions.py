"""Which distributions are installed, and which one a module belongs to.

Names are found as ``importlib.metadata`` finds them: the first folder of the search path that holds one
wins.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from modelops_bundle.environment.found import Found
from modelops_bundle.environment.index import Index, load_index
from modelops_bundle.environment.interpreter import Interpreter
from modelops_bundle.environment.metadata import (
    Headers,
    Source,
    listed_files,
    modules_of,
    normalise,
    read_headers,
    read_requires_txt,
    read_source,
)
from modelops_bundle.ports import EntryKind, Files

__all__ = ["Distribution", "Distributions"]

_BY_CONTENT = ("editable", "local")
_NO_MODULES = frozenset({"conftest", "fabfile", "noxfile", "setup", "tasks", "versioneer"})


class Distribution(NamedTuple):
    """An installed distribution.

    Attributes:
        name: Normalised name, after its metadata's folder.
        version: Its version; joined with the commit or hash it was installed from, where that is recorded
            (``1.0+git.<commit>``, ``1.0+sha256.<hash>``).
        requires: Its requirements as written, with markers.
        roots: Import names it owns (``numpy``, ``google.cloud.storage``).
        origin: ``index``, ``vcs``, ``archive``, ``local`` or ``editable``.
        folder: Where its metadata is.
        location: The folder it is imported from.
        source: The local folder it was installed from, for ``local`` and ``editable``.
        problem: What is wrong with its metadata, as a sentence; empty when nothing is.
    """

    name: str
    version: str
    requires: tuple[str, ...]
    roots: tuple[str, ...]
    origin: str
    folder: str
    location: str
    source: str | None = None
    problem: str = ""

    @property
    def by_content(self) -> bool:
        """Whether its version does not say what it holds, so that its code must be looked at."""
        return self.origin in _BY_CONTENT


class Distributions:
    """The distributions on an interpreter's search path. Answers hold for the life of the object."""

    def __init__(
        self, files: Files, interpreter: Interpreter, folders: Sequence[str] | None = None
    ) -> None:
        """Look nowhere yet.

        Args:
            files: File system and cache.
            interpreter: Whose packages.
            folders: Folders outside the project that imports are looked for in, in order (PYTHONPATH, site
                folders, those of ``.pth`` files); by default the interpreter's site folders.
        """
        self.files = files
        self.interpreter = interpreter
        self._folders = tuple(interpreter.site_folders if folders is None else folders)
        self._loaded: Index | None = None
        self._read: dict[str, Distribution] = {}
        self._modules: dict[str, dict[str, bool]] = {}

    @property
    def key(self) -> str:
        """A text that changes with every installation, removal or upgrade."""
        return self._index.key

    def names(self) -> list[str]:
        """Normalised names of all distributions, sorted."""
        return sorted(self._index.groups)

    def __contains__(self, name: str) -> bool:
        """Whether a distribution of that normalised name is installed."""
        return name in self._index.groups

    def owner_names(self, module: str) -> tuple[str, ...]:
        """Names of the distributions that a dotted module belongs to: several may own one import name."""
        index = self._index
        prefix = module
        while prefix:
            names = index.roots.get(prefix)
            if names:
                shared = len(names) > 1 and prefix != module
                return self._narrowed(names, module) if shared else names
            prefix = prefix.rpartition(".")[0]
        return self._linked_owners(module.partition(".")[0])

    def owners(self, module: str) -> tuple[Distribution, ...]:
        """The distributions that a dotted module belongs to, sorted by name; empty when it is nobody's."""
        return tuple(self._distribution(name) for name in self.owner_names(module))

    def get(self, name: str) -> Distribution | None:
        """The distribution of that name in any spelling, if it is installed."""
        plain = normalise(name)
        return self._distribution(plain) if plain in self._index.groups else None

    def version_of(self, name: str) -> str:
        """Version of the distributions that an import name belongs to, or else of the one that is called so.

        Several are joined by ``|``; empty where nothing is installed.
        """
        owners = self._index.roots.get(name) or (normalise(name),)
        found = [self.get(each) for each in owners]
        return "|".join(each.version for each in found if each is not None)

    @property
    def roots(self) -> Mapping[str, tuple[str, ...]]:
        """Import names to the normalised names of the distributions that own them."""
        return self._index.roots

    def all(self) -> tuple[Distribution, ...]:
        """All distributions, sorted by name."""
        return tuple(self._distribution(name) for name in self.names())

    def evidence(self, names: Iterable[str]) -> list[str]:
        """The files that the records of these distributions were read from, whether they exist or not."""
        paths: list[str] = []
        for name in sorted(names):
            for found in self._index.groups.get(name, ()):
                paths += _read_from(found)
        return paths

    @property
    def _index(self) -> Index:
        if self._loaded is None:
            self._loaded = load_index(self.files, self._folders, self.interpreter.site_folders)
        return self._loaded

    def _narrowed(self, names: tuple[str, ...], module: str) -> tuple[str, ...]:
        """Those of several owners of a shared package that list the module, or the nearest package to it.

        And those that list no files at all: nothing says that it is not theirs.
        """
        silent = {name for name in names if not self._modules_of(name)}
        prefix = module
        while prefix:
            holders = {name for name in names if prefix in self._modules_of(name)}
            if holders:
                return tuple(name for name in names if name in holders | silent)
            prefix = prefix.rpartition(".")[0]
        return names

    def _modules_of(self, name: str) -> dict[str, bool]:
        if name not in self._modules:
            modules: dict[str, bool] = {}
            for found in self._index.groups[name]:
                record = self.files.read(os.path.join(found.path, "RECORD"))
                if isinstance(record, bytes):
                    paths = listed_files(record)
                    modules.update(modules_of(paths))
            self._modules[name] = modules
        return self._modules[name]

    def _linked_owners(self, top: str) -> tuple[str, ...]:
        """Owners of a module that lies in a folder which an editable distribution links to."""
        return tuple(
            dict.fromkeys(
                name
                for folder, name in self._index.folders
                if _holds_module(self.files, folder, top)
            )
        )

    def _distribution(self, name: str) -> Distribution:
        if name not in self._read:
            index = self._index
            records = [self._record(found) for found in index.groups[name]]
            self._read[name] = _merged(records)
        return self._read[name]

    def _record(self, found: Found) -> Distribution:
        headers = _headers(self.files, found)
        source = self._source(found)
        version = headers.version or found.version or "unknown"
        roots = set(self._index.owned[found].roots)
        for folder in self._index.owned[found].folders:
            roots |= _modules_in(self.files, folder)
        return Distribution(
            name=found.name,
            version=f"{version}+{source.suffix}" if source.suffix else version,
            requires=headers.requires,
            roots=tuple(sorted(roots)),
            origin=source.origin,
            folder=found.path,
            location=found.location,
            source=source.folder,
            problem=""
            if headers.version
            else f"The metadata of {found.name} in {found.path} is missing or damaged; reinstall it.",
        )

    def _source(self, found: Found) -> Source:
        if found.form != "dist-info":
            # An egg's metadata beside packages that were not installed lies in a source folder.
            installed = found.listed_in in self.interpreter.site_folders
            if found.form == "egg-link" or not installed:
                return Source("editable", "", found.location)
            return Source("index", "", None)
        data = self.files.read(os.path.join(found.path, "direct_url.json"))
        if not isinstance(data, bytes):
            return Source("index", "", None)
        source = read_source(data)
        if source.origin in _BY_CONTENT:
            installer = self.files.read(os.path.join(found.path, "INSTALLER"))
            if isinstance(installer, bytes) and installer.strip() == b"conda":
                # Conda builds its packages from local folders; what it installs is a published one.
                return Source("index", "", None)
        return source


def _holds_module(files: Files, folder: str, top: str) -> bool:
    entries = files.entries(folder)
    return entries.get(top) is EntryKind.FOLDER or f"{top}.py" in entries


def _modules_in(files: Files, folder: str) -> set[str]:
    """Top-level modules of a source folder that is on the search path."""
    names = set()
    for entry, kind in files.entries(folder).items():
        stem = entry.removesuffix(".py") if kind is EntryKind.FILE else entry
        if not stem.isidentifier() or stem in _NO_MODULES:
            continue
        if kind is EntryKind.FILE and entry.endswith(".py"):
            names.add(stem)
        elif kind is EntryKind.FOLDER:
            inner = files.entries(os.path.join(folder, entry))
            if "__init__.py" in inner:
                names.add(stem)
    return names


def _read_from(found: Found) -> list[str]:
    """The files that a record is read from."""
    if found.form == "egg-file":
        return [found.path]
    dist_info = ("METADATA", "direct_url.json", "INSTALLER")
    names = dist_info if found.form == "dist-info" else ("PKG-INFO", "requires.txt")
    return [os.path.join(found.path, name) for name in names]


def _headers(files: Files, found: Found) -> Headers:
    data = files.read(_read_from(found)[0])
    headers = read_headers(data) if isinstance(data, bytes) else Headers(None, ())
    if found.form in ("egg-info", "egg-link") and not headers.requires:
        listed = files.read(os.path.join(found.path, "requires.txt"))
        if isinstance(listed, bytes):
            return headers._replace(requires=read_requires_txt(listed))
    return headers


def _merged(records: list[Distribution]) -> Distribution:
    """One record for the metadata folders of one name; damaged ones count only when there is no other."""
    whole = [record for record in records if not record.problem] or records
    first = next((record for record in whole if record.by_content), whole[0])
    roots = tuple(sorted({root for record in records for root in record.roots}))
    if len(whole) == 1:
        return first._replace(roots=roots)
    versions = sorted({record.version for record in whole})
    requires = dict.fromkeys(text for record in whole for text in record.requires)
    return first._replace(
        version="|".join(versions),
        requires=tuple(requires),
        roots=roots,
        problem=f"{first.location} records {first.name} more than once ({', '.join(versions)});"
        " reinstall it.",
    )
