"""The catalog's server: which catalog it answers from, and what lets it read that again."""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import modelops_bundle
from modelops_bundle.catalog.loading import (
    load,
    project_folder,
    reload,
    reload_on_sighup,
    shipped,
)
from modelops_bundle.errors import MopsError, UsageError

if TYPE_CHECKING:
    from modelops_bundle.adapters.catalog_server import Service
    from modelops_bundle.catalog.documents import Document
    from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["serve_catalog"]

Tell = Callable[[MopsError], None]


def serve_catalog(
    folder: str,
    host: str,
    port: int,
    *,
    workers: int,
    tell: Tell,
    begin: Callable[[str], None],
) -> int:
    """Serve the catalog until SIGINT or SIGTERM.

    Args:
        folder: Any folder of the project.
        host: Where to listen.
        port: 0 for any that is free.
        workers: Processes that answer.
        tell: Given what is wrong with a document that was to be read again.
        begin: Given the server's address once it takes connections.

    Returns:
        The number of the signal.

    Raises:
        UsageError: The extra is not installed, or nothing can listen there.
        CatalogError: The project's document cannot be used.
        WorkerError: A process cannot be started.
    """
    try:
        from modelops_bundle.adapters.catalog_server.running import address_of, listening
        from modelops_bundle.adapters.catalog_server.workers import run_workers
    except ImportError as error:
        raise UsageError(
            "`catalog serve` needs FastAPI and uvicorn",
            str(error),
            'Install them: `uv add "modelops-bundle[serve]"`.',
        ) from error
    project = project_folder(folder)
    sound = load(project).document
    with listening(host, port) as taken:
        begin(address_of(taken))
        if workers == 1:
            return _serve(project, tell, taken)
        one = _OneOfSeveral(project, sound)
        # A document that cannot be used is told once, here, rather than by each of them.
        return run_workers(one, taken, workers, partial(one.check, tell))


@dataclass
class _OneOfSeveral:
    """What each of several processes does; pickled when one is started.

    Attributes:
        project: The project.
        sound: Its document as it was when it could last be used, so that a process that takes the place of
            another one serves what that served, whatever has become of the file.
    """

    project: Path
    sound: Document

    def __call__(self, taken: socket.socket) -> int:
        return _serve(self.project, None, taken, self.sound)

    def check(self, tell: Tell) -> None:
        """See whether the document can be used; where not, say why."""
        try:
            self.sound = reload(self.project).document
        except MopsError as error:
            tell(error)


def _serve(
    project: Path, tell: Tell | None, taken: socket.socket, sound: Document | None = None
) -> int:
    """Serve on a socket; one of several processes tells nothing."""
    from modelops_bundle.adapters.addresses import is_loopback
    from modelops_bundle.adapters.catalog_server import Service, create_app
    from modelops_bundle.adapters.catalog_server.running import run_app

    catalog, is_outdated = _first(project, sound)
    service = Service(
        lambda: catalog,
        partial(reload, project),
        version=modelops_bundle.__version__,
        announce=_wake_all if tell is None else None,
    )
    service.is_outdated = is_outdated
    reload_on_sighup(partial(_told, service, tell), project, service.replace)
    only_here = is_loopback(taken.getsockname()[0])
    return run_app(create_app(service, only_here=only_here), taken)


def _told(service: Service, tell: Tell | None, error: MopsError) -> None:
    service.is_outdated = True
    if tell is not None:
        tell(error)


def _wake_all() -> None:
    # The process that started this one passes it on.
    os.kill(os.getppid(), signal.SIGHUP)


def _first(project: Path, sound: Document | None) -> tuple[Catalog, bool]:
    """What a process serves first, and whether that is older than the file, which cannot be used."""
    try:
        return load(project), False
    except MopsError:
        if sound is None:
            raise
        return shipped(sound), True
