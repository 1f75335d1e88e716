"""Opening a project: files, caches, registry and interpreters of this machine."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from functools import partial

from modelops_bundle import __version__
from modelops_bundle.adapters.atomic import write_text
from modelops_bundle.adapters.cachefile import CacheFile
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.interpreters import StartedInterpreters
from modelops_bundle.adapters.objects import DiskObjectStore
from modelops_bundle.adapters.registry_file import RegistryFile
from modelops_bundle.adapters.version_control import git_standing
from modelops_bundle.errors import ConfigError, ProjectNotFoundError
from modelops_bundle.ports import Progress, Unreadable
from modelops_bundle.project.config import Config, read_config
from modelops_bundle.project.layout import Layout, find_project
from modelops_bundle.wiring.hosted import manifest_digest, read_catalog, this_instant
from modelops_bundle.workflows.workspace import Workspace

__all__ = [
    "git_standing",
    "has_bundles",
    "open_around",
    "open_folder",
    "open_project",
    "write_text",
]


@contextmanager
def open_project(
    start: str | None = None,
    *,
    python: str | None = None,
    trust_cache: bool = True,
    progress: Progress | None = None,
    config_later: bool = False,
    now: datetime | None = None,
) -> Iterator[Workspace]:
    """The project that a folder lies in, for the length of one command.

    Args:
        start: A folder in the project, which paths are relative to; the current one by default.
        python: The project's interpreter, if the user named one.
        trust_cache: Whether to believe what earlier runs found out about files.
        progress: Told how far long work is.
        config_later: See :func:`open_folder`.
        now: See :func:`open_folder`.

    Raises:
        ProjectNotFoundError: There is no project.
        ConfigError: Its configuration cannot be used.
    """
    cwd = _folder(start)
    layout = find_project(cwd)
    with open_folder(
        layout,
        cwd=cwd,
        python=python,
        trust_cache=trust_cache,
        progress=progress,
        config_later=config_later,
        now=now,
    ) as opened:
        yield opened


def open_around(
    start: str | None = None,
    *,
    python: str | None = None,
    trust_cache: bool = True,
    progress: Progress | None = None,
) -> AbstractContextManager[Workspace]:
    """The project that a folder lies in, or else the folder itself, for questions that need no registry.

    Its configuration is read when something asks for it.
    """
    cwd = _folder(start)
    try:
        layout = find_project(cwd)
    except ProjectNotFoundError:
        layout = Layout(cwd)
    return open_folder(
        layout,
        cwd=cwd,
        python=python,
        trust_cache=trust_cache,
        progress=progress,
        config_later=True,
    )


@contextmanager
def open_folder(
    layout: Layout,
    *,
    cwd: str | None = None,
    python: str | None = None,
    trust_cache: bool = True,
    progress: Progress | None = None,
    config_later: bool = False,
    now: datetime | None = None,
) -> Iterator[Workspace]:
    """A workspace over a folder, whether it is a project or not; what is none gets nothing written into it.

    Args:
        layout: The folder.
        cwd: The folder that paths are relative to; the current one by default.
        python: The project's interpreter, if the user named one.
        trust_cache: Whether to believe what earlier runs found out about files.
        progress: Told how far long work is.
        config_later: Whether its configuration is read only when something asks for it. What replaces a
            broken file, or makes nothing of it, is not stopped by that file then.
        now: The instant for which names of hosted models are resolved; the present one by default.

    Raises:
        ConfigError: Its configuration cannot be used.
    """
    cache = CacheFile(layout.cache) if os.path.isdir(layout.state) else None
    with (
        # A release may read more out of a source than the one before it did.
        DiskFiles(layout.root, cache, trust=trust_cache, maker=__version__) as files,
        DiskObjectStore(layout.objects) as objects,
    ):
        opened = Workspace(
            layout=layout,
            read_config=partial(_config, files, layout),
            cwd=_folder(cwd),
            files=files,
            registry=RegistryFile(layout.registry, memo=files),
            objects=objects,
            starter=StartedInterpreters(),
            variables=os.environ,
            python=python,
            running=sys.executable,
            now=now or this_instant(),
            read_catalog=read_catalog,
            manifest_digest=manifest_digest,
            progress=progress,
            reopen=partial(
                open_folder, layout, cwd=cwd, python=python, trust_cache=trust_cache, now=now
            ),
        )
        if not config_later:
            # Before anything is done: what stands there wrongly may decide it.
            _ = opened.config
        yield opened


def has_bundles(workspace: Workspace) -> bool:
    """Whether a project was pushed or pulled, or something was added for that."""
    layout = workspace.layout
    return any(map(os.path.lexists, (layout.sync_state, layout.tracked, layout.settings)))


def _folder(start: str | None) -> str:
    return os.path.abspath(start or os.getcwd())


def _config(files: DiskFiles, layout: Layout) -> Config:
    if "pyproject.toml" not in files.entries(layout.root):
        return Config()
    data = files.read(layout.pyproject)
    if isinstance(data, Unreadable):
        raise ConfigError(f"{layout.pyproject} cannot be read", data.reason)
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{layout.pyproject} is not UTF-8", str(error)) from error
    return read_config(text, layout.pyproject)
