"""One project as one command sees it: everything that is read is read at most once, and only when asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from functools import cached_property
from typing import Protocol

from modelops_bundle.digests.survey import Surveyor
from modelops_bundle.discovery.closure import ClosureFinder
from modelops_bundle.ports import Files, ObjectStore
from modelops_bundle.project.config import Config
from modelops_bundle.project.layout import Layout
from modelops_bundle.registry.entries import BundleRegistry

__all__ = ["RegistryStore", "Workspace"]


class RegistryStore(Protocol):
    """Where the registry is kept."""

    def load(self) -> BundleRegistry:
        """Read it.

        Raises:
            RegistryError: The file is broken.
            StorageError: It cannot be read.
        """
        ...

    def edit(self) -> AbstractContextManager[BundleRegistry]:
        """Hold the lock, yield a fresh draft, and save it if the block ends well."""
        ...
