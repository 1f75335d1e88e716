"""Results shared through real servers: SeaweedFS for S3, Azurite for Azure Blob Storage."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from uuid import uuid4

import pytest

from modelops_bundle.adapters.results_shared import SharedResults
from modelops_bundle.errors import StorageError
from tests.support.command import DATA, Project
from tests.support.result_stores import StoreContract, result_of
from tests.support.servers import Server, seaweed, seaweed_program

pytestmark = [pytest.mark.slow, pytest.mark.needs_servers, pytest.mark.timeout(300)]

CONFIGURATION = '[tool.modelops-bundle.results]\nstore = "{url}"\n'
RUN = (
    "run",
    "StochasticSIR",
    "--set",
    "beta=0.3",
    "--set",
    "gamma=0.1",
    "--set",
    "days=10",
    "--seeds",
)


@pytest.fixture
def store(server: Server, monkeypatch: pytest.MonkeyPatch) -> SharedResults:
    for name, value in server.variables.items():
        monkeypatch.setenv(name, value)
    return SharedResults(f"{server.url}/{uuid4().hex}")


class TestContract(StoreContract):
    """On each server."""


def test_of_many_writers_of_one_key_exactly_one_wins(store: SharedResults) -> None:
    results = [result_of(0, data=str(number).encode()) for number in range(16)]
    with ThreadPoolExecutor(16) as pool:
        wrote = list(pool.map(lambda each: SharedResults(store.url).put([each]), results))
    assert sum(each.written for each in wrote) == 1
    assert sum(len(each.differing) for each in wrote) == 15


def test_refusals_are_worded_and_hold_no_secret(
    store: SharedResults, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_SECRET_ACCESS_KEY", "AZURE_STORAGE_ACCOUNT_KEY"):
        monkeypatch.setenv(name, "d3Jvbmctc2VjcmV0")
    with pytest.raises(
        StorageError, match=r"access is denied|credentials are not accepted"
    ) as caught:
        SharedResults(store.url).put([result_of(0)])
    for secret in (server.secret, "d3Jvbmctc2VjcmV0"):
        assert secret not in str(caught.value)


def checkout(folder: Path, name: str, server: Server, url: str) -> Project:
    """One of two machines' copies of the sample."""
    (folder / name).mkdir()
    Project(folder / name).run("sample-create", "epidemic")
    made = Project(folder / name / "epidemic", dict(server.variables))
    with (made.folder / "pyproject.toml").open("a") as file:
        file.write("\n" + CONFIGURATION.format(url=url))
    made.run("init")
    made.run("register-model", "src/model.py", *DATA)
    return made


def test_what_one_machine_computes_another_finds(server: Server, tmp_path: Path) -> None:
    url = f"{server.url}/{uuid4().hex}"
    first, second = (checkout(tmp_path, name, server, url) for name in ("first", "second"))
    assert first.json(*RUN, "0:20")["computed"] == 20
    found = second.json(*RUN, "0:25")
    assert (found["hits"], found["computed"]) == (20, 5)
    assert found["seconds_saved"] > 0
    assert second.json("results", "verify")["read"] == 25
    assert first.json(*RUN, "0:25")["hits"] == 25


def test_a_server_that_is_gone(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    if seaweed_program() is None:
        pytest.skip("SeaweedFS is not installed")
    with seaweed(tmp_path_factory.mktemp("seaweed")) as server:
        project = checkout(tmp_path, "one", server, f"{server.url}/{uuid4().hex}")
        assert project.json(*RUN, "0:3")["computed"] == 3
        server.process.kill()
        server.process.wait()
        refused = project.run(*RUN, "0:4", expect=1).stderr
    assert "nobody answers there" in refused
    assert server.secret not in refused
    project.edit("pyproject.toml", "store =", "# store =")
    assert project.json(*RUN, "0:3")["hits"] == 3
