"""Where the catalog is read from, and when: at the first question, once, until a reload is asked for.

The shipped part is compiled and lies in the package. A project adds ``models/model_registry.yaml``. A reload
that fails leaves the snapshot as it was.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import CatalogError, MopsError

__all__ = ["PROJECT_FILE", "find_project_file", "load", "reload", "reload_on_sighup", "resolve"]

#: Where a project keeps what it adds, below its root.
PROJECT_FILE = "models/model_registry.yaml"

#: Any of these ends the way up from a folder to the root of its project.
_ROOTS = (".modelops-bundle", ".git", "pyproject.toml")

_snapshots: dict[Path | None, Catalog] = {}
_lock = threading.Lock()


def load(project: str | Path | None = None) -> Catalog:
    """The catalog: what is shipped, and what the project adds or overrides.

    It is read at the first call and kept; see :func:`reload`.

    Args:
        project: A project's folder; by default the one that the current folder lies in, if any.

    Raises:
        CatalogError: The project's document cannot be used; the message names file, line and key.
    """
    file = find_project_file(project)
    snapshot = _snapshots.get(file)
    if snapshot is None:
        with _lock:
            snapshot = _snapshots.get(file)
            if snapshot is None:
                snapshot = _snapshots[file] = _read(file)
    return snapshot


def reload(project: str | Path | None = None) -> Catalog:
    """Read the project's document again.

    Raises:
        CatalogError: It cannot be used. What :func:`load` returns stays as it was.
    """
    file = find_project_file(project)
    fresh = _read(file)
    with _lock:
        _snapshots[file] = fresh
    return fresh


def resolve(name: str, on: date | datetime | None = None) -> ModelEntry:
    """The model that a name means at a date, now by default; see :meth:`Catalog.resolve`."""
    return load().resolve(name, on)


def reload_on_sighup(tell: Callable[[MopsError], None], project: str | Path | None = None) -> None:
    """Reload whenever the process gets SIGHUP; ``tell`` is given what is wrong with a document.

    Where the system has no such signal, nothing happens.
    """
    if not hasattr(signal, "SIGHUP"):
        return

    def handle(_number: int, _frame: Any) -> None:
        try:
            reload(project)
        except MopsError as error:
            tell(error)

    signal.signal(signal.SIGHUP, handle)


def find_project_file(project: str | Path | None) -> Path | None:
    """The document of a project, if it has one.

    Args:
        project: The project's folder; ``None`` looks from the current folder up to the root of its project.
    """
    if project is not None:
        candidates = [Path(project).absolute()]
    else:
        here = Path.cwd()
        candidates = [here, *here.parents]
    for folder in candidates:
        file = folder / PROJECT_FILE
        if file.is_file():
            return file
        if any((folder / name).exists() for name in _ROOTS):
            return None
    return None


@cache
def _shelf() -> Shelf:
    return Shelf((files("modelops_bundle.catalog") / "data" / "compiled.jsonl").read_bytes())


def _read(file: Path | None) -> Catalog:
    if file is None:
        return Catalog(_shelf())
    try:
        data = file.read_bytes()
    except OSError as error:
        raise CatalogError(
            f"cannot read the catalog {file}", error.strerror or str(error), "Make it readable."
        ) from error
    return Catalog(_shelf(), read_document(data, str(file)))
