"""Folders on a disk: of files in memory nothing is remembered, so there that cannot be tested."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from modelops_bundle.hashing.reading import _is_in_memory

__all__ = ["on_disk"]

_IGNORED_BY_GIT = Path(__file__).parents[2] / ".pytest_cache" / "disk"


@contextmanager
def on_disk(folder: Path) -> Iterator[Path]:
    """``folder``, or where that lies in memory an empty one below this checkout for the time of the block."""
    if not _is_in_memory(os.stat(folder).st_dev):
        yield folder
        return
    _IGNORED_BY_GIT.mkdir(parents=True, exist_ok=True)
    if _is_in_memory(os.stat(_IGNORED_BY_GIT).st_dev):
        pytest.skip("neither temporary files nor this checkout are on a disk")
    with tempfile.TemporaryDirectory(dir=_IGNORED_BY_GIT) as fresh:
        yield Path(fresh)
