"""Where the catalog is read from, and when: at the first question, once, until a reload is asked for.

The shipped part is compiled and lies in the package. A project adds ``models/model_registry.yaml``, of which
the validated form is kept. A reload that fails leaves the snapshot as it was.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
import threading
from collections.abc import Callable
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.documents import Document, read_document
from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.kept import keep, read_kept
from modelops_bundle.catalog.overlay import PROJECT_FILE
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import CatalogError, MopsError

__all__ = [
    "PROJECT_FILE",
    "find_project_file",
    "load",
    "project_folder",
    "read",
    "reload",
    "reload_on_sighup",
    "resolve",
    "shipped",
]

#: The folder of a project has this one in it.
_STATE_FOLDER = ".modelops-bundle"
#: Where no folder is a project's, any of these ends the way up to what is taken for one.
_ROOTS = (PROJECT_FILE, ".git", "pyproject.toml")

#: One byte more than is ever read of a document, so that the reader sees that it is too large.
_MOST_READ = 64 * 1024 * 1024 + 1

_files: dict[str, Path | None] = {}
_snapshots: dict[Path | None, Catalog] = {}
# A program's own handler of a signal may reload while the same thread loads.
_lock = threading.RLock()


def load(project: str | Path | None = None) -> Catalog:
    """The catalog: what is shipped, and what the project adds or overrides.

    It is read at the first call and kept; see :func:`reload`.

    Args:
        project: A project's folder; by default the one that the current folder lies in, if any.

    Raises:
        CatalogError: The project's document cannot be used; the message names file, line and key.
    """
    folder = _folder(project)
    if folder in _files:
        snapshot = _snapshots.get(_files[folder])
        if snapshot is not None:
            return snapshot
    with _lock:
        file = _files[folder] = find_project_file(project)
        snapshot = _snapshots.get(file)
        if snapshot is None:
            # One that a signal's handler has read in the meantime is the newer one, and stays.
            snapshot = _snapshots.setdefault(file, _read(file))
        return snapshot


def reload(project: str | Path | None = None) -> Catalog:
    """Look for the project's document again, and read it again.

    Raises:
        CatalogError: It cannot be used. What :func:`load` returns stays as it was.
    """
    with _lock:
        file = find_project_file(project)
        before = _snapshots.get(file)
        fresh = _read(file)
        if _snapshots.get(file) is before:
            _snapshots[file] = fresh
        _files[_folder(project)] = file
        return _snapshots[file]


def read(project: str | Path) -> Catalog:
    """The catalog of a project as it is now. What :func:`load` returns stays as it was.

    Raises:
        CatalogError: The project's document cannot be used.
    """
    return _read(find_project_file(project))


def _folder(project: str | Path | None) -> str:
    """What a project's snapshot is remembered by; empty where the current folder was deleted."""
    try:
        return os.getcwd() if project is None else os.path.abspath(project)
    except FileNotFoundError:
        return "" if project is None else str(project)


def shipped(document: Document | None = None) -> Catalog:
    """The catalog as the package brings it, with another document than the project's laid over it, if any."""
    return Catalog(_shelf(), document)


def resolve(name: str, on: date | datetime | None = None) -> ModelEntry:
    """The model that a name means at a date, now by default; see :meth:`Catalog.resolve`."""
    return load().resolve(name, on)


def reload_on_sighup(
    tell: Callable[[MopsError], None],
    project: str | Path | None = None,
    done: Callable[[Catalog], None] | None = None,
) -> None:
    """Reload whenever the process gets SIGHUP. Where the system has no such signal, nothing happens.

    It happens in a thread of its own, one reload after the other: what the signal interrupts may hold a lock
    that reading needs, or be in the middle of an import.

    Args:
        tell: Given what is wrong with a document that cannot be used.
        project: See :func:`load`.
        done: Given the new snapshot.
    """
    if not hasattr(signal, "SIGHUP"):
        return
    turn = threading.Lock()

    def read_again() -> None:
        with turn:
            try:
                fresh = reload(project)
            except MopsError as error:
                tell(error)
                return
            if done is not None:
                done(fresh)

    def handle(_number: int, _frame: Any) -> None:
        threading.Thread(target=read_again, name="catalog-reload", daemon=True).start()

    signal.signal(signal.SIGHUP, handle)


def find_project_file(project: str | Path | None) -> Path | None:
    """The document of a project, if it has one.

    Args:
        project: The project's folder; ``None`` looks from the current folder up to the root of its project.
    """
    try:
        folder = project_folder(Path.cwd()) if project is None else Path(project).absolute()
    except FileNotFoundError:
        # The current folder was deleted, and its project with it.
        return None
    file = folder / PROJECT_FILE
    try:
        os.lstat(file)
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError | NotADirectoryError):
            return None
        raise _unreadable(file, error) from error
    return file


def project_folder(start: str | Path) -> Path:
    """The project that ``start`` lies in, the same one that registered models are of.

    Where there is none, the nearest folder upwards that has a document or is the root of something; else
    ``start`` itself.
    """
    here = Path(start).absolute()
    folders = (here, *here.parents)
    for folder in folders:
        if os.path.isdir(folder / _STATE_FOLDER):
            return folder
    for folder in folders:
        if any(os.path.lexists(folder / name) for name in _ROOTS):
            return folder
    return here


@cache
def _shelf() -> Shelf:
    file = Path(__file__).with_name("data") / "compiled.jsonl"
    try:
        return Shelf(file.read_bytes())
    except (OSError, ValueError, KeyError) as error:
        raise CatalogError(
            "cannot read the catalog in the package", str(error), "Install modelops-bundle again."
        ) from error


def _read(file: Path | None) -> Catalog:
    if file is None:
        return Catalog(_shelf())
    data = _bytes_of(file)
    project = file.parents[1]
    document = read_kept(project, data)
    if document is None:
        document = read_document(data, str(file))
        keep(project, data, document)
    return Catalog(_shelf(), document)


def _bytes_of(file: Path) -> bytes:
    try:
        # Opening a pipe would wait for somebody to write into it.
        handle = os.open(file, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
        with os.fdopen(handle, "rb") as stream:
            if not stat.S_ISREG(os.fstat(handle).st_mode):
                raise OSError(errno.EINVAL, "it is no file")
            return stream.read(_MOST_READ)
    except (OSError, ValueError) as error:
        raise _unreadable(file, error) from error


def _unreadable(file: Path, error: Exception) -> CatalogError:
    why = getattr(error, "strerror", None) or str(error)
    shown = str(file).encode("utf-8", "backslashreplace").decode()
    return CatalogError(f"cannot read the catalog {shown}", why, "Make it a readable file.")
