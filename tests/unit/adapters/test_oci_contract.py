"""The client of registries keeps the promises of every place for bundles, with each kind of registry."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.fakes.oci_registry import FakeRegistry, fake_registry
from tests.support.oci_servers import (
    PASSWORD,
    USER,
    RealRegistry,
    docker_registry,
    docker_registry_program,
)
from tests.support.remotes import RemoteContract, blob_of, put_bytes

from modelops_bundle.adapters.oci.credentials import EnvironmentCredentials, NoCredentials
from modelops_bundle.adapters.oci.registry import Patience, RegistryRemote

QUICK = Patience(connect=2, read=5, tries=4, pause=0.01, longest_pause=0.1, total=60)
LOGIN = {"MODELOPS_BUNDLE_USERNAME": USER, "MODELOPS_BUNDLE_PASSWORD": PASSWORD}


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


class TestFake(RemoteContract):
    @pytest.fixture
    def remote(self, fake: FakeRegistry) -> Iterator[RegistryRemote]:
        with RegistryRemote(
            fake.host, "team/model", credentials=NoCredentials(), patience=QUICK
        ) as remote:
            yield remote


class TestFakeOfVersion10(RemoteContract):
    """No list of referrers, no ranges, digests in no header; blobs are sent in pieces; tokens are wanted."""

    @pytest.fixture
    def remote(self, fake: FakeRegistry) -> Iterator[RegistryRemote]:
        fake.has_referrers = fake.has_ranges = False
        fake.bearer, fake.basic = True, (USER, PASSWORD)
        with RegistryRemote(
            fake.host,
            "team/model",
            credentials=EnvironmentCredentials(fake.host, LOGIN),
            chunked=True,
            patience=QUICK,
        ) as remote:
            yield remote


class _Real(RemoteContract):
    """Every test has a repository of its own, since the registry is started once."""

    chunked = False

    @pytest.fixture
    def remote(
        self, server: RealRegistry, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[RegistryRemote]:
        if server.certificate is not None:
            monkeypatch.setenv("SSL_CERT_FILE", str(server.certificate))
        name = f"team/{abs(hash(request.node.nodeid))}"
        with RegistryRemote(
            server.host,
            name,
            credentials=EnvironmentCredentials(server.host, LOGIN),
            chunked=self.chunked,
            patience=QUICK,
        ) as remote:
            yield remote

    def test_a_blob_is_mounted_from_another_repository(self, remote: RegistryRemote) -> None:
        blob = put_bytes(remote, b"to be mounted")
        host, _, name = remote.place.partition("/")
        with RegistryRemote(
            host,
            f"{name}-other",
            credentials=EnvironmentCredentials(host, LOGIN),
            patience=QUICK,
        ) as other:
            assert other.mount(blob, name) is True
            assert other.holds(blob)
            assert b"".join(other.get(blob)) == b"to be mounted"
            assert other.mount(blob_of(b"nowhere"), name) is False


def _server(tmp_path_factory: pytest.TempPathFactory, secure: bool) -> Iterator[RealRegistry]:
    if docker_registry_program() is None:
        pytest.skip("docker-registry is not installed")
    folder: Path = tmp_path_factory.mktemp("registry")
    with docker_registry(folder, tls=secure, login=secure) as server:
        yield server


@pytest.fixture(scope="module")
def plain_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    yield from _server(tmp_path_factory, secure=False)


@pytest.fixture(scope="module")
def secure_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RealRegistry]:
    yield from _server(tmp_path_factory, secure=True)


@pytest.mark.needs_servers
class TestDockerRegistry(_Real):
    @pytest.fixture
    def server(self, plain_server: RealRegistry) -> RealRegistry:
        return plain_server


@pytest.mark.needs_servers
class TestDockerRegistryWithLogin(_Real):
    """With TLS and a login, and in several requests."""

    chunked = True

    @pytest.fixture
    def server(self, secure_server: RealRegistry) -> RealRegistry:
        return secure_server
