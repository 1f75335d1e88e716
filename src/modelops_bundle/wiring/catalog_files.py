"""Writing what the catalog commands make: whole or not at all."""

from __future__ import annotations

import os

from modelops_bundle.adapters.atomic import make_folder, write_atomically
from modelops_bundle.errors import StorageError

__all__ = ["write_document"]


def write_document(path: str, data: bytes) -> None:
    """Write a file, replacing the one that is there, and make its folder if need be.

    Raises:
        StorageError: The file system refuses, or no file is there; what was there is as it was.
    """
    if os.path.exists(path) and not os.path.isfile(path):
        # A device such as /dev/null would be gone.
        raise StorageError(f"cannot write {path}", "it is no file", "Name another one.")
    make_folder(os.path.dirname(path))
    write_atomically(path, data)
