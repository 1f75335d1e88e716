"""Documents of the catalog on disk: a project's one, and a maintainer's one for each provider."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from modelops_bundle.adapters.atomic import (
    make_folder,
    remove_leftovers,
    storage_errors,
    write_atomically,
)
from modelops_bundle.adapters.locking import hold_lock
from modelops_bundle.catalog.documents import Document
from modelops_bundle.catalog.snapshot import Catalog

__all__ = ["DiskCatalogFile", "DiskTextFile"]


class DiskTextFile:
    """See :class:`modelops_bundle.workflows.catalog_refresh.TextFile`.

    Args:
        path: Absolute path.
        shown: The same for people.
    """

    def __init__(self, path: str, shown: str) -> None:
        self._path = path
        self.shown = shown

    def read(self) -> bytes:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.TextFile.read`."""
        if not os.path.lexists(self._path):
            return b""
        with storage_errors(f"cannot read {self.shown}"), open(self._path, "rb") as file:  # noqa: PTH123
            return file.read()

    def write(self, data: bytes) -> None:
        """See :meth:`modelops_bundle.workflows.catalog_refresh.TextFile.write`."""
        make_folder(os.path.dirname(self._path))
        write_atomically(self._path, data)


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
