"""Blobs in object stores: a folder in the quick tests; SeaweedFS for S3 and Azurite in the slow ones."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from tests.support.remotes import BlobStoreContract, blob_of, noise, put_bytes, reader_of
from tests.support.servers import Server

from modelops_bundle.adapters.blob_storage import BlobStorage
from modelops_bundle.adapters.object_stores import StoreAccess
from modelops_bundle.errors import DamagedBundleError, InputsChangedError, RemoteError, UsageError

ONE = blob_of(b"one")
HEX = ONE.digest.hex
KEY = f"{HEX[:2]}/{HEX[2:4]}/{HEX}"
LARGE = 40_000_000
on_servers = [pytest.mark.slow, pytest.mark.needs_servers, pytest.mark.timeout(300)]


@pytest.fixture
def remote(tmp_path: Path) -> BlobStorage:
    return BlobStorage(f"file://{tmp_path}/blobs")


class TestFolder(BlobStoreContract):
    """A folder keeps the promises."""


def test_keys_and_addresses(remote: BlobStorage, tmp_path: Path) -> None:
    put_bytes(remote, b"one")
    assert (tmp_path / "blobs" / KEY).read_bytes() == b"one"
    assert remote.uri(ONE) == f"fs://{tmp_path}/blobs/{KEY}"


@pytest.mark.parametrize(
    ("url", "uri"),
    [
        ("s3://bucket", f"s3://bucket/{KEY}"),
        ("s3://bucket/", f"s3://bucket/{KEY}"),
        ("s3://bucket/some/prefix/", f"s3://bucket/some/prefix/{KEY}"),
        ("az://container/prefix", f"azure://container/prefix/{KEY}"),
        ("gs://bucket/prefix", f"gcs://bucket/prefix/{KEY}"),
        ("file:///a%20folder/", f"fs:///a folder/{KEY}"),
    ],
)
def test_addresses(url: str, uri: str) -> None:
    assert BlobStorage(url).uri(ONE) == uri


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bucket",
        "s3://",
        "s3:///prefix",
        "ftp://bucket/prefix",
        "https://bucket/prefix",
        "file://",
        "file:///",
        "file://host/folder",
        "file:relative",
        "s3://bucket/../other",
        "s3://bucket/a/./b",
        "s3://user:secret-word@bucket/prefix",
        "az://container/prefix?sig=secret-word",
        "az://container/prefix#secret-word",
        "s3://[bucket",
    ],
)
def test_addresses_that_are_none(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        BlobStorage(url)
    assert caught.value.mend
    assert "secret-word" not in str(caught.value)


def test_folders_with_odd_names(tmp_path: Path) -> None:
    folder = tmp_path / "50% of #1, ä b"
    remote = BlobStorage(folder.as_uri())
    put_bytes(remote, b"one")
    assert (folder / KEY).read_bytes() == b"one"
    assert b"".join(remote.get(ONE)) == b"one"
    assert remote.uri(ONE) == f"fs://{folder}/{KEY}"


def test_what_is_not_there(remote: BlobStorage) -> None:
    with pytest.raises(RemoteError, match="is not in") as caught:
        list(remote.get(ONE))
    assert caught.value.mend
    empty = blob_of(b"")
    with pytest.raises(RemoteError, match="is not in"):
        list(remote.get(empty))


def test_what_was_damaged_is_told_and_what_has_another_size_replaced(
    remote: BlobStorage, tmp_path: Path
) -> None:
    data = noise(3_000_000)
    blob = put_bytes(remote, data)
    (path,) = (each for each in (tmp_path / "blobs").rglob("*") if each.is_file())
    path.write_bytes(data[:-1] + b"\xff")
    with pytest.raises(DamagedBundleError, match="another digest"):
        list(remote.get(blob))
    path.write_bytes(data[:-1])
    assert not remote.holds(blob)
    for ask in (lambda: list(remote.get(blob)), lambda: remote.get_range(blob, 2_999_999, 1)):
        with pytest.raises(DamagedBundleError, match="2999999 bytes instead of 3000000"):
            ask()
    assert remote.put(blob, reader_of(data)) is True
    assert b"".join(remote.get(blob)) == data


def test_large_blobs(remote: BlobStorage, tmp_path: Path) -> None:
    check_large(remote)
    assert len([each for each in (tmp_path / "blobs").rglob("*") if each.is_file()]) == 1


def check_large(remote: BlobStorage) -> None:
    data = noise(LARGE)
    blob = blob_of(data)
    for changed in (data[:-1], data + b"x", data[:-1] + b"\xff"):
        with pytest.raises(InputsChangedError):
            remote.put(blob, reader_of(changed))
        assert not remote.holds(blob)

    def broken() -> Iterator[bytes]:
        yield data[:30_000_000]
        raise InputsChangedError("a file is gone")

    with pytest.raises(InputsChangedError, match="a file is gone"):
        remote.put(blob, broken)
    assert not remote.holds(blob)
    assert remote.put(blob, reader_of(data)) is True
    assert remote.put(blob, broken) is False
    assert b"".join(remote.get(blob)) == data
    assert remote.get_range(blob, 20_000_000, 17) == data[20_000_000:20_000_017]


MEASURED = """
import resource, sys
from modelops_bundle.adapters.blob_storage import BlobStorage
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.identity.streams import (Sha256Stream)
size = 400 << 20
def read():
    for number in range(size >> 20):
        yield number.to_bytes(4, "big") * (1 << 18)
stream = Sha256Stream()
for piece in read():
    stream.update(piece)
blob = Blob(stream.digest(), size, "x")
remote = BlobStorage(sys.argv[1])
remote.holds(blob)
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
remote.put(blob, read)
assert sum(map(len, remote.get(blob))) == size
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def growth(url: str, variables: dict[str, str] | None = None) -> int:
    """KiB of memory that a blob of 400 MiB takes, to and fro."""
    command = [sys.executable, "-c", MEASURED, url]
    env = {**os.environ, **(variables or {})}
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=True)
    return int(done.stdout)


@pytest.mark.slow
def test_memory_does_not_grow_with_a_blob(tmp_path: Path) -> None:
    assert growth(f"file://{tmp_path}/blobs") < 200 << 10


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    remote = BlobStorage(f"file://{tmp_path}/file/below")
    for ask in (lambda: remote.holds(ONE), lambda: put_bytes(remote, b"one")):
        with pytest.raises(RemoteError, match="cannot be used"):
            ask()


def test_without_obstore(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['obstore'] = None; sys.modules['obstore.store'] = None\n"
        "from modelops_bundle.adapters.blob_storage import BlobStorage\n"
        "from modelops_bundle.adapters.results_shared import SharedResults\n"
        "from modelops_bundle.errors import UsageError\n"
        "from tests.support.remotes import put_bytes, blob_of\n"
        "from tests.support.result_stores import key_of, result_of\n"
        "remote = BlobStorage(sys.argv[1])\n"
        "results = SharedResults(sys.argv[1])\n"
        "for ask in (\n"
        "    lambda: remote.holds(blob_of(b'')),\n"
        "    lambda: put_bytes(remote, b'one'),\n"
        "    lambda: results.get(key_of(1)),\n"
        "    lambda: results.put([result_of(1)]),\n"
        "):\n"
        "    try: ask()\n"
        "    except UsageError as error: print(error)\n"
    )
    command = [sys.executable, "-c", code, f"file://{tmp_path}/blobs"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.count("modelops-bundle[stores]") == 4


def test_credentials_of_another_kind() -> None:
    for url, access in (
        ("gs://bucket", StoreAccess(access_key="a", secret_key="secret-word")),
        ("s3://bucket", StoreAccess(connection_string="AccountKey=secret-word")),
    ):
        with pytest.raises(UsageError) as caught:
            BlobStorage(url, access).holds(ONE)
        assert "secret-word" not in str(caught.value) + repr(access)


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modelops_bundle.adapters.object_stores._RETRY_SECONDS", 1)
    access = StoreAccess("http://127.0.0.1:9", "key", "c2VjcmV0LXdvcmQ=")
    for url in ("s3://bucket", "az://container"):
        with pytest.raises(RemoteError, match="nobody answers there") as caught:
            BlobStorage(url, access).holds(ONE)
        assert "c2VjcmV0LXdvcmQ=" not in str(caught.value)


def test_secrets_are_not_repeated() -> None:
    secret = "c2VjcmV0LXdvcmQ="
    access = StoreAccess(
        connection_string=f"AccountName=a b;AccountKey={secret};BlobEndpoint=no url {secret}"
    )
    with pytest.raises(RemoteError) as caught:
        BlobStorage("az://container", access).holds(ONE)
    assert secret not in str(caught.value)


# --- real servers ---------------------------------------------------------------------------


def access_of(server: Server) -> StoreAccess:
    """How a pinned environment says it."""
    said = server.variables
    if server.url.startswith("s3:"):
        key, endpoint = said["AWS_ACCESS_KEY_ID"], said["AWS_ENDPOINT_URL"]
        return StoreAccess(endpoint, key, said["AWS_SECRET_ACCESS_KEY"])
    return StoreAccess(
        connection_string="DefaultEndpointsProtocol=http;"
        f"AccountName={said['AZURE_STORAGE_ACCOUNT_NAME']};"
        f"AccountKey={said['AZURE_STORAGE_ACCOUNT_KEY']};"
        f"BlobEndpoint={said['AZURE_STORAGE_ENDPOINT']};"
    )


class TestServers(BlobStoreContract):
    """Each server keeps the promises."""

    pytestmark = on_servers

    @pytest.fixture
    def remote(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> BlobStorage:
        for name, value in server.variables.items():
            monkeypatch.setenv(name, value)
        return BlobStorage(f"{server.url}/{uuid4().hex}")

    def test_large_blobs(self, remote: BlobStorage) -> None:
        check_large(remote)

    def test_memory_does_not_grow_with_a_blob(self, remote: BlobStorage, server: Server) -> None:
        assert growth(remote.url, dict(server.variables)) < 200 << 10

    def test_many_writers_of_one_blob(self, remote: BlobStorage) -> None:
        stores = [BlobStorage(remote.url) for _ in range(12)]
        with ThreadPoolExecutor(12) as pool:
            sent = list(pool.map(lambda each: each.put(ONE, lambda: [b"one"]), stores))
        assert sent.count(True) == 1
        assert b"".join(remote.get(ONE)) == b"one"

    def test_what_has_another_size_is_replaced(self, remote: BlobStorage) -> None:
        import obstore

        obstore.put(remote._store, remote._key(ONE), b"on")
        assert not remote.holds(ONE)
        assert remote.put(ONE, lambda: [b"one"]) is True
        assert b"".join(remote.get(ONE)) == b"one"

    def test_its_address(self, remote: BlobStorage, server: Server) -> None:
        put_bytes(remote, b"one")
        provider = "s3" if server.url.startswith("s3:") else "azure"
        prefix = remote.url.rpartition("/")[2]
        assert remote.uri(ONE) == f"{provider}://results/{prefix}/{KEY}"


class TestPinned:
    """What a pinned environment says counts more than what the variables do."""

    pytestmark = on_servers

    @pytest.fixture
    def url(self, server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
        for name in list(os.environ):
            if name.startswith(("AWS_", "AZURE_")):
                monkeypatch.delenv(name)
        return f"{server.url}/{uuid4().hex}"

    def test_credentials_that_are_given(self, url: str, server: Server) -> None:
        remote = BlobStorage(url, access_of(server))
        put_bytes(remote, b"one")
        assert b"".join(remote.get(ONE)) == b"one"

    def test_the_environment_says_something_else(
        self, url: str, server: Server, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        wrong = {
            "AWS_ACCESS_KEY_ID": "other",
            "AWS_SECRET_ACCESS_KEY": "other",
            "AWS_SESSION_TOKEN": "other",
            "AWS_ENDPOINT_URL": "http://127.0.0.1:9",
            "AWS_ENDPOINT_URL_S3": "http://127.0.0.1:9",
            "AZURE_STORAGE_ACCOUNT_NAME": "other",
            "AZURE_STORAGE_ACCOUNT_KEY": "b3RoZXI=",
            "AZURE_STORAGE_TOKEN": "other",
            "AZURE_STORAGE_SAS_TOKEN": "sig=other",
            "AZURE_STORAGE_ENDPOINT": "http://127.0.0.1:9/other",
        }
        for name, value in wrong.items():
            monkeypatch.setenv(name, value)
        remote = BlobStorage(url, access_of(server))
        put_bytes(remote, b"one")
        assert b"".join(remote.get(ONE)) == b"one"

    def test_what_is_given_is_wrong(self, url: str, server: Server) -> None:
        right = access_of(server)
        wrong: dict[str, Any] = {"endpoint": right.endpoint, "access_key": "tester"}
        if server.url.startswith("az:"):
            wrong = {
                "endpoint": server.variables["AZURE_STORAGE_ENDPOINT"],
                "access_key": server.variables["AZURE_STORAGE_ACCOUNT_NAME"],
            }
        remote = BlobStorage(url, StoreAccess(**wrong, secret_key="c2VjcmV0LXdvcmQ="))
        with pytest.raises(RemoteError, match=r"denied|not accepted") as caught:
            put_bytes(remote, b"one")
        assert "in what was given" in caught.value.mend
        assert "c2VjcmV0LXdvcmQ=" not in str(caught.value)

    def test_a_container_that_is_not_there(self, azure: Server) -> None:
        # SeaweedFS makes a bucket that is asked for.
        remote = BlobStorage(f"az://missing-{uuid4().hex}", access_of(azure))
        with pytest.raises(RemoteError) as caught:
            put_bytes(remote, b"one")
        assert caught.value.why == "it is not there"

    def test_no_encryption_must_be_allowed(self, url: str, server: Server) -> None:
        access = access_of(server)
        strict = StoreAccess(
            access.endpoint,
            access.access_key,
            access.secret_key,
            access.connection_string,
            allow_http=False,
        )
        with pytest.raises(RemoteError):
            BlobStorage(url, strict).holds(ONE)


def test_a_negative_part(remote: BlobStorage) -> None:
    put_bytes(remote, b"one")
    for start, length in ((-1, 1), (0, -1)):
        with pytest.raises(DamagedBundleError):
            remote.get_range(ONE, start, length)
