"""Documents of the catalog on disk: a project's one, and a maintainer's one for each provider."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from modelops_bundle.adapters.atomic import (
    atomic_file,
    make_folder,
    remove_leftovers,
    storage_errors,
)
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.catalog.documents import Document
from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["DiskCatalogFile", "DiskTextFile"]

_BINARY = getattr(os, "O_BINARY", 0)


class _ChangedError(Exception):
    """Somebody else has changed a file in the meantime."""


class DiskTextFile:
    """See :class:`modelops_bundle.workflows.catalog_files.TextFile`.

    Args:
        path: Absolute path.
        shown: The same for people.
    """

    def __init__(self, path: str, shown: str) -> None:
        self._path = path
        self.shown = shown

    def read(self) -> bytes:
        """See :meth:`modelops_bundle.workflows.catalog_files.TextFile.read`."""
        if not os.path.lexists(self._path):
            return b""
        with storage_errors(f"cannot read {self.shown}"):
            # Opening a pipe would wait for somebody to write into it.
            handle = os.open(self._path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    raise OSError(errno.EINVAL, "it is no file")
                return file.read()

    def write(self, data: bytes, before: bytes) -> bool:
        """See :meth:`modelops_bundle.workflows.catalog_files.TextFile.write`."""
        make_folder(os.path.dirname(self._path))
        with suppress(_ChangedError):
            with atomic_file(self._path) as file:
                view = memoryview(data)
                while view:
                    view = view[file.write(view) or 0 :]
                # What takes long is over now, so that little time is left for somebody to save it.
                os.fsync(file.fileno())
                if self.read() != before:
                    raise _ChangedError
            return True
        return False


class DiskCatalogFile(DiskTextFile):
    """See :class:`modelops_bundle.workflows.catalog_refresh.CatalogFile`.

    Args:
        path: Absolute path.
        shown: The same for people.
        lock: The lock file.
        catalog: What is known with a document.
        slug: The only provider that belongs there; ``None`` for all.
    """

    def __init__(
        self,
        path: str,
        shown: str,
        lock: str,
        catalog: Callable[[Document], Catalog],
        slug: str | None = None,
    ) -> None:
        super().__init__(path, shown)
        self._lock = lock
        self._make = catalog
        self._slug = slug

    @contextmanager
    def lock(self) -> Iterator[None]:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.CatalogFile.lock`."""
        make_folder(os.path.dirname(self._lock))
        with hold_lock(self._lock):
            remove_leftovers(self._path)
            yield

    def is_for(self, slug: str) -> bool:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.CatalogFile.is_for`."""
        return self._slug in (None, slug)

    def catalog(self, document: Document) -> Catalog:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.CatalogFile.catalog`."""
        return self._make(document)
