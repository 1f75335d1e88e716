"""One project as one command sees it: what is read is read once, and only when it is asked for."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Protocol

from modelops_bundle.ports import Unreadable

if TYPE_CHECKING:
    from datetime import datetime

    # Each stage is loaded when it is asked for: a command that hashes a file needs none of them.
    from modelops_bundle.catalog.snapshot import Catalog
    from modelops_bundle.digests.notices import Mention
    from modelops_bundle.digests.survey import Surveyor
    from modelops_bundle.digests.trace import TracedFiles
    from modelops_bundle.discovery.closure import ClosureFinder
    from modelops_bundle.discovery.modules import ModuleFinder
    from modelops_bundle.discovery.resolve import Resolver
    from modelops_bundle.discovery.search import SearchPath, Warned
    from modelops_bundle.environment import Distributions, Interpreter, InterpreterStarter
    from modelops_bundle.environment.choice import Choice
    from modelops_bundle.explanation import CodeRecord
    from modelops_bundle.ports import Files, ObjectStore, Progress
    from modelops_bundle.project.config import Config
    from modelops_bundle.project.layout import Layout
    from modelops_bundle.records.entries import BundleRegistry
    from modelops_bundle.source.facts import FactsReader
    from modelops_bundle.workflows.hosted import HostedModels, ManifestDigest

__all__ = ["RegistryStore", "TextWriter", "Workspace"]


class RegistryStore(Protocol):
    """Where the registry is kept.

    Attributes:
        lost_comments: The line of the first comment that the last :meth:`edit` has removed, if it did.
    """

    lost_comments: int | None

    def load(self) -> BundleRegistry:
        """Read it.

        Raises:
            RegistryError: The file is broken, or there is none.
            StorageError: It cannot be read.
        """
        ...

    def create(self) -> bool:
        """Write an empty registry unless there is one; returns whether it was written.

        Raises:
            RegistryError: There is one, and it is broken.
            StorageError: The file system refuses.
        """
        ...

    def edit(self) -> AbstractContextManager[BundleRegistry]:
        """Hold the lock, yield a fresh draft, and save it if the block ends well."""
        ...


class TextWriter(Protocol):
    """Writes a small file whole or not at all; with ``keep``, only where there is none."""

    def __call__(self, path: str, text: str, *, keep: bool) -> bool:
        """Returns whether it was written.

        Raises:
            StorageError: It cannot be written.
        """
        ...


class Workspace:
    """A project, its configuration, and the stages over it.

    Args:
        layout: Where the project keeps what.
        read_config: Reads its configuration, when that is asked for.
        cwd: The folder that paths typed by the user are relative to.
        files: File system.
        registry: The recorded state.
        objects: What was recorded of dependencies.
        starter: Starts the project's interpreter.
        variables: The process's environment variables.
        python: ``--python``.
        running: The interpreter that runs this program.
        now: The instant, UTC, for which names of hosted models are resolved.
        read_catalog: Reads the catalog of hosted models that a project's folder has.
        manifest_digest: Asks a server for the digest of a hosted model's content.
        progress: Told how far long work is.
        reopen: Opens the project once more, as it is then.

    Attributes:
        now: The instant, UTC, for which names of hosted models are resolved.
        found_models: What workflows have found in a source, by its recorded path.
        kept_code: What was kept of sources, by their content digests, as far as it was asked for.
    """

    def __init__(
        self,
        *,
        layout: Layout,
        read_config: Callable[[], Config],
        cwd: str,
        files: Files,
        registry: RegistryStore,
        objects: ObjectStore,
        starter: InterpreterStarter,
        variables: Mapping[str, str],
        python: str | None,
        running: str,
        now: datetime,
        read_catalog: Callable[[str], Catalog],
        manifest_digest: ManifestDigest,
        progress: Progress | None = None,
        reopen: Callable[[], AbstractContextManager[Workspace]] | None = None,
    ) -> None:
        self.layout = layout
        self.cwd = cwd
        self.files = files
        self.registry = registry
        self.objects = objects
        self.variables = variables
        self.progress = progress
        self._read_config = read_config
        self._reopen = reopen
        self.found_models: dict[str, Any] = {}
        self.kept_code: dict[str, CodeRecord | None] = {}
        self._starter = starter
        self._python = python
        self._running = running
        self.now = now
        self._read_catalog = read_catalog
        self._manifest_digest = manifest_digest

    def reopened(self) -> AbstractContextManager[Workspace]:
        """The project as it is now: what was read for this workspace is read again."""
        assert self._reopen is not None, "this workspace was not opened from a folder"
        return self._reopen()

    def hint(self, mention: Mention) -> str:
        """What code names and nobody declared, and the option that declares it."""
        typed = self.layout.for_user(mention.names, self.cwd)
        return f"{mention.place} {mention.text}: add {mention.option} {typed}"

    @cached_property
    def config(self) -> Config:
        """Its configuration.

        Raises:
            ConfigError: It cannot be used.
        """
        return self._read_config()

    @cached_property
    def hosted(self) -> HostedModels:
        """What names of hosted models mean today. Most projects have none, and never ask."""
        from modelops_bundle.workflows.hosted import HostedModels

        read = partial(self._read_catalog, self.layout.root)
        return HostedModels(read, self.now, self.variables, self._manifest_digest)

    @cached_property
    def facts(self) -> FactsReader:
        """What sources say."""
        from modelops_bundle.source.facts import FactsReader

        return FactsReader(self._traced)

    @cached_property
    def _traced(self) -> TracedFiles:
        from modelops_bundle.digests.trace import TracedFiles

        return TracedFiles(self.files)

    @cached_property
    def _choice(self) -> Choice:
        from modelops_bundle.environment import choose_interpreter

        return choose_interpreter(
            self.files,
            root=self.layout.root,
            cwd=self.cwd,
            option=self._python,
            configured=self.config.environment.python,
            variables=self.variables,
            running=self._running,
        )

    @cached_property
    def interpreter(self) -> Interpreter:
        """The project's interpreter."""
        from modelops_bundle.environment import read_interpreter

        return read_interpreter(self.files, self._starter, self._choice, self.variables)

    @cached_property
    def _search(self) -> SearchPath:
        from modelops_bundle.discovery.search import build_search_path

        return build_search_path(
            self.files,
            self.layout.root,
            self.config.source_roots,
            self.variables.get("PYTHONPATH", "").split(os.pathsep),
            self.interpreter,
        )

    @property
    def import_folders(self) -> tuple[str, ...]:
        """Folders that imports are looked for in before the standard library, in order."""
        from modelops_bundle.discovery.search import STDLIB_ENTRY

        entries = self._search.entries
        return tuple(folder for folder, _ in entries[: entries.index(STDLIB_ENTRY)])

    @cached_property
    def distributions(self) -> Distributions:
        """What is installed for it."""
        from modelops_bundle.discovery.search import Origin
        from modelops_bundle.environment import Distributions

        folders = [
            folder
            for folder, origin in self._search.entries
            if origin in (Origin.OUTSIDE, Origin.INSTALLED)
        ]
        return Distributions(self.files, self.interpreter, folders)

    def version_of(self, package: str) -> str:
        """Version of what is installed under an import name or a distribution's; empty where nothing is."""
        return self.distributions.version_of(package)

    @cached_property
    def finder(self) -> ModuleFinder:
        """Where imports lead."""
        from modelops_bundle.discovery.modules import ModuleFinder

        return ModuleFinder(
            self._traced,
            self._search,
            self.interpreter,
            self.layout.root,
            self.distributions.owners,
        )

    @cached_property
    def resolver(self) -> Resolver:
        """What names stand for across files."""
        from modelops_bundle.discovery.resolve import Resolver
        from modelops_bundle.source.names_reader import NamesReader

        return Resolver(self.finder, NamesReader(self.files))

    @cached_property
    def surveyor(self) -> Surveyor:
        """What entries depend on."""
        from modelops_bundle.digests.reached import CodeReader
        from modelops_bundle.digests.survey import Surveyor

        return Surveyor(
            layout=self.layout,
            config=self.config,
            files=self.files,
            facts=self.facts,
            codes=CodeReader(self._traced, self.facts, self._closures, self._code_context),
            distributions=self.distributions,
            interpreter=self.interpreter,
            variables=self.variables,
            progress=self.progress,
        )

    def _closures(self) -> ClosureFinder:
        from modelops_bundle.discovery.closure import ClosureFinder

        return ClosureFinder(self.finder, self.facts, self._traced, self.layout.root)

    def _code_context(self) -> str:
        """What decides which code is reached beside the files that are asked for on the way."""
        search, python = self._search, self.interpreter
        places = [(folder, origin.value) for folder, origin in search.entries]
        names = (sorted(python.stdlib_names), sorted(python.builtin_names))
        version = (python.version, python.platform, python.site_folders, python.extension_suffixes)
        installed = self.distributions.key
        return json.dumps([self.layout.root, places, search.mapped, version, names, installed])

    def defined(self, path: str) -> frozenset[str]:
        """Qualified names of the classes and functions that a source defines; empty when it says nothing."""
        facts = self.facts.facts(path)
        if isinstance(facts, Unreadable) or facts.names is None:
            return frozenset()
        classes = (definition.qualname for definition in facts.names.classes)
        functions = (definition.qualname for definition in facts.names.functions)
        return frozenset((*classes, *functions))

    @property
    def environment_warnings(self) -> tuple[str, ...]:
        """What makes the environment ambiguous or partly invisible."""
        from modelops_bundle.environment import read_settings

        return (
            *self._choice.warnings,
            *read_settings(self.config.environment, self.variables).warnings,
            *self.located(self.finder.warnings),
        )

    def located(self, warnings: Iterable[Warned]) -> tuple[str, ...]:
        """Warnings as ``path:line text``, with paths of the project as they are recorded."""
        return tuple(f"{self._place(warned)} {warned.text}" for warned in warnings)

    def _place(self, warned: Warned) -> str:
        inside = self.layout.holds(warned.path)
        path = self.layout.recorded(warned.path) if inside else warned.path
        return f"{path}:{warned.line}" if warned.line else path
