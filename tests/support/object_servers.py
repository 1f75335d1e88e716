"""Object stores that the tests of one module share, for those that ask for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support.servers import Server, azurite, azurite_program, seaweed, seaweed_program

__all__ = ["azure", "s3", "server"]


@pytest.fixture(scope="module")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """SeaweedFS."""
    if seaweed_program() is None:
        pytest.skip("SeaweedFS is not installed")
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        yield server


@pytest.fixture(scope="module")
def azure(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Azurite."""
    if azurite_program() is None:
        pytest.skip("Azurite is not installed, and there is no npm to install it")
    with azurite(tmp_path_factory.mktemp("azurite")) as server:
        yield server


@pytest.fixture(params=["s3", "azure"])
def server(request: pytest.FixtureRequest) -> Server:
    """One after the other."""
    server: Server = request.getfixturevalue(request.param)
    return server
