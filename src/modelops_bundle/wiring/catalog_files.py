"""Writing what the catalog commands make: whole or not at all."""

from __future__ import annotations

import os

from modelops_bundle.adapters.atomic import make_folder, write_atomically

__all__ = ["write_document"]


def write_document(path: str, data: bytes) -> None:
    """Write a file, replacing the one that is there, and make its folder if need be.

    Raises:
        StorageError: The file system refuses; what was there is as it was.
    """
    make_folder(os.path.dirname(path))
    write_atomically(path, data)
