"""Which file an import would load, found the way Python finds it, without importing anything.

Inside one folder a package comes before an extension module, which comes before a source file; a folder
without ``__init__`` is a namespace package only if no later folder of the path has a real module of that
name. Folders are listed afresh by each command, so a new package that shadows a module is seen.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple, Protocol

from modelops_bundle.discovery.search import Origin, Platform, SearchPath, Warned, is_within
from modelops_bundle.ports import EntryKind, Files

__all__ = ["Module", "ModuleFinder", "Origin", "Owner", "SearchPath", "Warned"]


class Owner(Protocol):
    """What the finder needs to know of a distribution."""

    @property
    def name(self) -> str:
        """Normalised name."""
        ...

    @property
    def origin(self) -> str:
        """``index``, ``vcs``, ``archive``, ``local`` or ``editable``."""
        ...

    @property
    def location(self) -> str:
        """The site folder that holds its metadata."""
        ...


class Module(NamedTuple):
    """What a dotted name is found to be.

    Attributes:
        name: The dotted name that was looked for.
        path: Absolute path of its file; ``None`` for namespace packages, the standard library and what is
            missing.
        origin: Whose it is.
        is_package: Whether it can have submodules.
        root: The folder of the search path that it was found under.
        is_extension: Compiled, so that only its bytes can be compared.
        distribution: The distribution it belongs to, if any.
        folders: Where its submodules are looked for.
    """

    name: str
    path: str | None
    origin: Origin
    is_package: bool = False
    root: str = ""
    is_extension: bool = False
    distribution: str | None = None
    folders: tuple[str, ...] = ()


class _Place(NamedTuple):
    """A folder to look in: an entry of the search path, or a package's folder below one."""

    folder: str
    root: str
    origin: Origin


#: Loaded before any path is looked at (frozen into the interpreter, or imported by its start-up).
_FROZEN = frozenset(
    {"sys", "builtins", "abc", "codecs", "io", "_collections_abc", "_sitebuiltins", "genericpath"}
    | {"ntpath", "posixpath", "os", "site", "stat", "zipimport", "encodings", "marshal"}
)
_OURS = "modelops_bundle"
_DEEPEST = 64


class ModuleFinder:
    """Finds modules by name. Answers hold for the life of the object (one command).

    Args:
        files: File system.
        search: Where to look.
        platform: The project's interpreter.
        project_root: The project's folder, absolute.
        owners: The installed distributions that a dotted module name belongs to.
    """

    def __init__(
        self,
        files: Files,
        search: SearchPath,
        platform: Platform,
        project_root: str,
        owners: Callable[[str], Sequence[Owner]],
    ) -> None:
        self._files = files
        self._search = search
        self._platform = platform
        self._project_root = project_root
        self._owners = owners
        self._sites = tuple(os.path.normpath(site) for site in platform.site_folders)
        self._entries = tuple(_Place(folder, folder, origin) for folder, origin in search.entries)
        self._found: dict[str, Module] = {}
        self._portions: dict[str, tuple[_Place, ...]] = {}
        self._inits = _named("__init__", platform.extension_suffixes)

    @property
    def warnings(self) -> tuple[Warned, ...]:
        """What the search path holds that cannot be followed."""
        return self._search.warnings

    def find(self, name: str) -> Module:
        """The module that ``import name`` would load; origin ``MISSING`` when there is none."""
        found = self._found.get(name)
        if found is None:
            found = self._found[name] = self._look(name)
        return found

    def find_in(self, folder: str, name: str) -> Module:
        """The module ``name`` as it would be found if ``folder`` were the only entry of the search path.

        For folders that code adds to ``sys.path``. Only the project's and other uninstalled files are found.
        """
        if not _is_sound(name):
            return Module(name, None, Origin.MISSING)
        origin = Origin.PROJECT if self._is_project(folder) else Origin.OUTSIDE
        places: tuple[_Place, ...] = (_Place(folder, folder, origin),)
        parts = name.split(".")
        found = Module(name, None, Origin.MISSING)
        for index, part in enumerate(parts):
            found = self._scan(".".join(parts[: index + 1]), part, places)
            if found.origin is Origin.MISSING:
                break
            places = self._portions.pop(found.name, ()) or tuple(
                _Place(inner, folder, origin) for inner in found.folders
            )
        return found if found.name == name else Module(name, None, Origin.MISSING)

    def find_below(self, package: str, folder: str, name: str) -> Module:
        """The module ``name`` as it would be found if modules of ``package`` were in ``folder`` alone."""
        if name == package or package.startswith(f"{name}."):
            return self.find(name)
        if not name.startswith(f"{package}."):
            return Module(name, None, Origin.MISSING)
        found = self.find_in(folder, name[len(package) + 1 :])
        installed = found.origin is Origin.OUTSIDE and any(
            is_within(folder, site) for site in self._sites
        )
        return found._replace(name=name, origin=Origin.INSTALLED if installed else found.origin)

    def portions(self, package: str) -> list[str]:
        """Every folder that has the name of a package, below whichever folder of the search path."""
        places = (
            os.path.join(folder, *package.split("."))
            for folder, origin in self._search.entries
            if origin is not Origin.STDLIB and _is_sound(package)
        )
        return [place for place in places if self._files.entries(place)]

    def is_unshadowed(self, name: str) -> bool:
        """Whether a top-level name always means the interpreter's own module, whatever lies on the path."""
        return name in _FROZEN or name in self._platform.builtin_names

    def init_of(self, folder: str) -> str | None:
        """The file that makes a package of ``folder``; ``None`` where nothing does."""
        return self._first_file(folder, self._inits)

    def name_of(self, path: str) -> str | None:
        """The dotted name under which a file of the project is imported.

        Returns:
            The name below the first root through which the file is really found, else below the first root
            that holds it; ``None`` when no root holds it, its path is no dotted name, or a folder is no
            identifier. That of the file need not be one: ``import_module("models.sir-v2")`` finds it.
        """
        names = list(self._names_of(path))
        for name in names:
            if self.find(name).path == path:
                return name
        return names[0] if names else None

    def _names_of(self, path: str) -> Iterable[str]:
        for folder, origin in self._search.entries:
            if origin is Origin.STDLIB or not is_within(path, folder):
                continue
            parts = os.path.relpath(path, folder).split(os.sep)
            # The suffix of an extension module has dots; `a.b.py` has no dotted name.
            last = parts.pop()
            last = last.removesuffix(".py") if last.endswith(".py") else last.split(".")[0]
            if last and "." not in last and all(part.isidentifier() for part in parts):
                parts += [last] if last != "__init__" else []
                yield from [".".join(parts)] if parts else []

    def _look(self, name: str) -> Module:
        if not _is_sound(name):
            return Module(name, None, Origin.MISSING)
        parent, _, last = name.rpartition(".")
        if not parent:
            return self._look_at_top(name)
        above = self.find(parent)
        if above.origin is Origin.STDLIB:
            return Module(name, None, Origin.STDLIB, is_package=True)
        places = self._portions.get(parent) or tuple(
            _Place(folder, above.root, above.origin) for folder in above.folders
        )
        found = self._scan(name, last, places, None if parent in self._portions else above)
        return self._mapped(name) if found.origin is Origin.MISSING else found

    def _look_at_top(self, name: str) -> Module:
        if self.is_unshadowed(name):
            return Module(name, None, Origin.STDLIB, is_package=True)
        found = self._scan(name, name, self._entries)
        return self._mapped(name) if found.origin is Origin.MISSING else found

    def _scan(
        self, name: str, last: str, places: Iterable[_Place], above: Module | None = None
    ) -> Module:
        """Look through folders in order for a module whose last name is ``last``."""
        portions: list[_Place] = []
        for place in places:
            if place.origin is Origin.STDLIB:
                if name in self._platform.stdlib_names:
                    return Module(name, None, Origin.STDLIB, is_package=True)
                continue
            listing = self._files.entries(place.folder)
            if listing.get(last) is EntryKind.FOLDER:
                inner = os.path.join(place.folder, last)
                init = self._first_file(inner, self._inits)
                if init is not None:
                    return self._module(name, init, place, inner, above)
                portions.append(_Place(inner, place.root, place.origin))
            source = self._first_file(place.folder, _named(last, self._platform.extension_suffixes))
            if source is not None:
                # A namespace portion in the same folder gives way to a module file.
                return self._module(name, source, place, None, above)
        if not portions:
            return Module(name, None, Origin.MISSING)
        self._portions[name] = tuple(portions)
        folders = tuple(portion.folder for portion in portions)
        first = portions[0]
        return Module(name, None, first.origin, True, first.root, folders=folders)

    def _first_file(self, folder: str, names: Iterable[str]) -> str | None:
        listing = self._files.entries(folder)
        for name in names:
            if listing.get(name) is EntryKind.FILE:
                return os.path.join(folder, name)
        return None

    def _module(
        self, name: str, path: str, place: _Place, inner: str | None, above: Module | None
    ) -> Module:
        origin, distribution = self._whose(name, path, place, above)
        return Module(
            name,
            path,
            origin,
            is_package=inner is not None,
            root=place.root,
            is_extension=not path.endswith(".py"),
            distribution=distribution,
            folders=() if inner is None else (inner,),
        )

    def _whose(
        self, name: str, path: str, place: _Place, above: Module | None
    ) -> tuple[Origin, str | None]:
        if above is not None and above.origin is Origin.INSTALLED:
            return above.origin, above.distribution
        if place.origin is Origin.PROJECT or self._is_project(path):
            return Origin.PROJECT, None
        if name == _OURS or name.startswith(f"{_OURS}."):
            return Origin.INSTALLED, None
        owners = [owner for owner in self._owners(name) if self._vouches(owner, place)]
        for owner in owners:
            if owner.origin in ("local", "editable"):
                return Origin.OUTSIDE, owner.name
        return (Origin.INSTALLED, owners[0].name) if owners else (Origin.OUTSIDE, None)

    def _vouches(self, owner: Owner, place: _Place) -> bool:
        # A file that shadows an installed module of the same name from another folder is not its file.
        return owner.origin == "editable" or os.path.normpath(owner.location) == place.root

    def _is_project(self, path: str) -> bool:
        return is_within(path, self._project_root) and not any(
            is_within(path, site) for site in self._sites
        )

    def _mapped(self, name: str) -> Module:
        """A module of an editable install that only a finder knows."""
        path = self._search.mapped.get(name)
        if path is None:
            below = f"{name}."
            if any(known.startswith(below) for known in self._search.mapped):
                return Module(name, None, Origin.OUTSIDE, is_package=True)
            return Module(name, None, Origin.MISSING)
        folder, last = os.path.split(path)
        if not last.endswith(".py") and self._files.entries(path):
            return self._mapped_folder(name, path)
        source = path if last.endswith(".py") else f"{path}.py"
        if self._files.entries(folder).get(os.path.basename(source)) is not EntryKind.FILE:
            return Module(name, None, Origin.MISSING)
        return self._module(name, source, _Place(folder, folder, Origin.OUTSIDE), None, None)

    def _mapped_folder(self, name: str, path: str) -> Module:
        root = path
        for _ in name.split("."):
            root = os.path.dirname(root)
        place = _Place(os.path.dirname(path), root, Origin.OUTSIDE)
        init = self._first_file(path, self._inits)
        if init is not None:
            return self._module(name, init, place, path, None)
        self._portions[name] = (_Place(path, root, Origin.OUTSIDE),)
        return Module(name, None, Origin.OUTSIDE, True, root, folders=(path,))


def _named(last: str, extension_suffixes: Iterable[str]) -> tuple[str, ...]:
    return (*(f"{last}{suffix}" for suffix in extension_suffixes), f"{last}.py", f"{last}.pyc")


def _is_sound(name: str) -> bool:
    # A name may come from a string literal: bounded, and never a way out of the folder.
    return (
        0 < len(name) <= 1024
        and name.count(".") <= _DEEPEST
        and not {"/", "\\", "\0"}.intersection(name)
        and all(name.split("."))
    )
