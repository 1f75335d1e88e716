"""Blobs to and from a registry that fails or lies."""

from __future__ import annotations

import hashlib
import time
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace

import pytest
from tests.fakes.oci_registry import FakeRegistry, Fault, fake_registry
from tests.support.oci_clients import REPOSITORY, client
from tests.support.remotes import blob_of, noise, put_bytes, reader_of

from modelops_bundle.adapters.oci.registry import RegistryRemote
from modelops_bundle.bundle.media import PACK
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import DamagedBundleError, InputsChangedError, RemoteError
from modelops_bundle.identity.digest import Digest

DATA = noise(3_000_000)
BLOB = blob_of(DATA)
GET = "GET /v2/.*/blobs/sha256"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def remote(fake: FakeRegistry) -> Iterator[RegistryRemote]:
    with client(fake) as remote:
        yield remote


def whole(remote: RegistryRemote, blob: Blob = BLOB) -> bytes:
    return b"".join(remote.get(blob))


# --- getting --------------------------------------------------------------------------------


class TestGetting:
    @pytest.fixture(autouse=True)
    def kept(self, fake: FakeRegistry) -> None:
        fake.repository(REPOSITORY).blobs[str(BLOB.digest)] = DATA

    def test_a_broken_connection_is_resumed_where_it_was(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.fail(GET, Fault(times=1, cut=1_000_000))
        fake.fail(GET, Fault(times=1, cut=500_000))
        assert whole(remote) == DATA
        ranges = [each.headers.get("Range") for each in fake.requests if "/blobs/" in each.target]
        assert ranges == [None, "bytes=1000000-", "bytes=1500000-"]

    def test_a_server_without_ranges_sends_it_all_again(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.has_ranges = False
        fake.fail(GET, Fault(times=2, cut=1_000_001))
        assert whole(remote) == DATA
        assert remote.get_range(BLOB, 2_000_000, 77) == DATA[2_000_000:2_000_077]

    def test_a_connection_that_always_breaks_ends(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.fail(GET, Fault(cut=10))
        with pytest.raises(RemoteError, match="broke"):
            whole(remote)
        assert len(fake.lines(GET)) == 4
        with pytest.raises(RemoteError, match="broke"):
            remote.get_range(BLOB, 0, 100)

    @pytest.mark.parametrize("cut", [True, False])
    def test_a_body_whose_length_is_not_told(
        self, fake: FakeRegistry, remote: RegistryRemote, cut: bool
    ) -> None:
        # Nothing tells whether more should have come.
        fake.fail(GET, Fault(times=1, no_length=True, cut=1000 if cut else None))
        if cut:
            with pytest.raises(DamagedBundleError, match="ends at 1000"):
                whole(remote)
        else:
            assert whole(remote) == DATA

    def test_wrong_bytes_are_never_the_end(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.fail(GET, Fault(change=lambda data: data[:-1] + b"\xff"))
        with pytest.raises(DamagedBundleError, match="another digest"):
            whole(remote)
        # Asking again would give the same.
        assert len(fake.lines(GET)) == 1

    def test_wrong_bytes_behind_the_break_are_found(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.fail(GET, Fault(times=1, cut=1_000_000))
        fake.fail(GET, Fault(times=1, change=lambda data: b"\xff" + data[1:]))
        with pytest.raises(DamagedBundleError, match="another digest"):
            whole(remote)

    @pytest.mark.parametrize("length", [10, 3_000_001])
    def test_a_length_that_is_not_the_blobs(
        self, fake: FakeRegistry, remote: RegistryRemote, length: int
    ) -> None:
        fake.fail(GET, Fault(headers={"Content-Length": str(length)}))
        with pytest.raises(DamagedBundleError, match=f"{length} bytes are to come"):
            whole(remote)

    def test_a_body_without_end_is_left(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        fake.fail(GET, Fault(endless=True))
        with pytest.raises(DamagedBundleError, match="more than its 3000000 bytes"):
            whole(remote)
        assert len(remote.get_range(BLOB, 0, 100)) == 100

    def test_another_part_than_was_asked_for(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.fail(GET, Fault(headers={"Content-Range": "bytes 0-9/3000000"}))
        with pytest.raises(RemoteError, match="another part"):
            remote.get_range(BLOB, 100, 10)

    def test_a_part_that_is_too_short(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        fake.fail(GET, Fault(body=b"abc"))
        with pytest.raises(DamagedBundleError):
            remote.get_range(BLOB, 100, 10)

    @pytest.mark.parametrize("encoding", ["gzip", "br", "x\x1b[31m"])
    def test_what_is_compressed_is_refused(
        self, fake: FakeRegistry, remote: RegistryRemote, encoding: str
    ) -> None:
        fake.fail(GET, Fault(headers={"Content-Encoding": encoding}))
        with pytest.raises(RemoteError, match="encoded") as caught:
            whole(remote)
        assert "\x1b" not in str(caught.value)
        assert fake.requests[-1].headers["Accept-Encoding"] == "identity"

    def test_an_empty_blob(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        empty = blob_of(b"")
        with pytest.raises(RemoteError, match="not there"):
            whole(remote, empty)
        fake.repository(REPOSITORY).blobs[str(empty.digest)] = b""
        assert whole(remote, empty) == b""

    @pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
    def test_what_passes_is_asked_again(
        self, fake: FakeRegistry, remote: RegistryRemote, status: int
    ) -> None:
        fake.fail(GET, Fault(times=2, status=status))
        assert whole(remote) == DATA
        fake.fail(GET, Fault(times=2, status=status))
        assert remote.get_range(BLOB, 5, 5) == DATA[5:10]


# --- putting --------------------------------------------------------------------------------


class TestPutting:
    def test_it_is_one_request_of_a_known_length(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        assert remote.put(BLOB, reader_of(DATA))
        assert [line.partition("?")[0].split("/")[0] for line in fake.lines("blobs")] == [
            "HEAD ",
            "POST ",
            "PUT ",
        ]
        assert fake.requests[-1].headers["Content-Length"] == "3000000"
        assert "Transfer-Encoding" not in fake.requests[-1].headers

    def test_what_was_asked_about_is_not_asked_about_again(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        assert not remote.holds(BLOB)
        assert remote.put(BLOB, reader_of(DATA))
        assert len(fake.lines("HEAD ")) == 1
        # Only once: it may have come since.
        assert not remote.put(BLOB, reader_of(DATA))
        assert len(fake.lines("HEAD ")) == 2
        assert len(fake.lines("PUT ")) == 1

    def test_pieces(self, fake: FakeRegistry) -> None:
        data = noise(20_000_000)
        with client(fake, chunked=True) as remote:
            assert remote.put(blob_of(data), reader_of(data))
        patches = [each for each in fake.requests if each.method == "PATCH"]
        start = 0
        for each in patches:
            assert each.headers["Content-Range"] == f"{start}-{start + len(each.body) - 1}"
            start += len(each.body)
        assert len(patches) == 3
        assert fake.repository(REPOSITORY).blobs[str(blob_of(data).digest)] == data

    @pytest.mark.parametrize("chunked", [False, True])
    def test_what_changed_is_never_finished(self, fake: FakeRegistry, chunked: bool) -> None:
        with client(fake, chunked=chunked) as remote:
            for changed in (DATA[:-1] + b"\xff", DATA[:-1], DATA + b"x"):
                with pytest.raises(InputsChangedError):
                    remote.put(BLOB, reader_of(changed))
        # The body of a PUT never arrived whole, so it was not counted as a request.
        assert fake.lines("^PUT") == []
        assert fake.uploads == {}

    @pytest.mark.parametrize("chunked", [False, True])
    @pytest.mark.parametrize(
        "fault",
        [Fault(times=2, drop=True), Fault(times=2, status=503), Fault(times=1, status=404)],
        ids=["leaves", "503", "forgets"],
    )
    def test_an_upload_begins_anew(self, fake: FakeRegistry, chunked: bool, fault: Fault) -> None:
        fake.fail("^(PATCH|PUT)", replace(fault))
        with client(fake, chunked=chunked) as remote:
            assert remote.put(BLOB, reader_of(DATA)) is True
            assert whole(remote) == DATA
        assert len(fake.lines("^POST")) > 1

    def test_only_the_answer_was_lost(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        fake.fail("^PUT", Fault(times=1, change=lambda data: b"", headers={"Content-Length": "9"}))
        assert remote.put(BLOB, reader_of(DATA)) is True
        assert len(fake.lines("^PUT")) == 1

    def test_it_is_not_sent_for_ever(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        fake.fail("^PUT", Fault(drop=True))
        with pytest.raises(RemoteError, match="broke"):
            remote.put(BLOB, reader_of(DATA))
        assert len(fake.lines("^POST")) == 4

    def test_what_is_too_large_is_said(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        fake.fail("^PUT", Fault(status=413))
        with pytest.raises(RemoteError, match="too large"):
            put_bytes(remote, b"small")

    def test_no_place_to_send_it_to(self, fake: FakeRegistry, remote: RegistryRemote) -> None:
        for location in (None, "", "ftp://x/", "http://["):
            fake.heal()
            fake.fail("^POST", Fault(headers={"Location": location}))
            with pytest.raises(RemoteError, match="no address"):
                put_bytes(remote, b"small")

    def test_a_reader_that_fails_on_a_disk(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        def broken() -> Iterator[bytes]:
            yield DATA[:100_000]
            raise OSError(5, "a bad sector")

        # Not taken for a failure of the connection, which would be tried again.
        with pytest.raises(OSError, match="a bad sector"):
            remote.put(BLOB, broken)
        assert len(fake.lines("^POST")) == 1
        assert fake.uploads == {}


class TestMounting:
    def test_it_is_there_without_being_sent(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        fake.repository("team/base").blobs[str(BLOB.digest)] = DATA
        assert remote.mount(BLOB, "team/base") is True
        assert whole(remote) == DATA

    def test_a_session_that_is_not_wanted_is_ended(
        self, fake: FakeRegistry, remote: RegistryRemote
    ) -> None:
        assert remote.mount(BLOB, "team/base") is False
        assert len(fake.lines("^DELETE")) == 1
        assert fake.uploads == {}

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 405])
    def test_a_refusal_is_a_no(
        self, fake: FakeRegistry, remote: RegistryRemote, status: int
    ) -> None:
        fake.fail("^POST", Fault(status=status))
        assert remote.mount(BLOB, "team/base") is False


# --- memory ---------------------------------------------------------------------------------

SIZE = 200 << 20
LITTLE = 16 << 20


def test_large_blobs_are_never_in_memory(fake: FakeRegistry) -> None:
    block = noise(1 << 20)
    digest = hashlib.sha256(block * (SIZE >> 20)).hexdigest()
    large = Blob(Digest("sha256", digest), SIZE, PACK)
    arrived = 0

    def count(piece: bytes) -> None:
        nonlocal arrived
        arrived += len(piece)

    fake.sink = count
    fake.fail(GET, Fault(body=block * (SIZE >> 20)))
    with client(fake) as remote:
        tracemalloc.start()
        try:
            began = time.monotonic()
            assert remote.put(large, lambda: (block for _ in range(SIZE >> 20)))
            assert arrived == SIZE
            assert sum(map(len, remote.get(large))) == SIZE
            assert tracemalloc.get_traced_memory()[1] < LITTLE
            assert time.monotonic() - began < 60
        finally:
            tracemalloc.stop()
