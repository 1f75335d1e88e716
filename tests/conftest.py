"""What every test may ask for, and the rule that some skips are failures where a machine could do better."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.disk import on_disk
from tests.support.model_servers import running_model_server, usual_model_server
from tests.support.object_servers import azure, s3, server
from tests.support.required import pytest_configure, pytest_runtest_makereport

__all__ = [
    "azure",
    "disk_path",
    "pytest_configure",
    "pytest_runtest_makereport",
    "running_model_server",
    "s3",
    "server",
    "usual_model_server",
]


@pytest.fixture
def disk_path(tmp_path: Path) -> Iterator[Path]:
    """An empty folder that is on a disk, also where temporary files are kept in memory."""
    with on_disk(tmp_path) as folder:
        yield folder
