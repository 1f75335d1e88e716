"""Blobs and manifests to keep, and what every place for bundles must do with them.

A class that derives from a contract gives the fixture ``remote``: an empty place.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from modelops_bundle.bundle.media import (
    ARTIFACT_TYPE,
    EMPTY,
    IMAGE_MANIFEST,
    LARGEST_MANIFEST,
    PACK,
    PROVENANCE,
    RESULTS,
)
from modelops_bundle.bundle.remote import Blob, BlobReader, BlobStore, Manifest, Remote
from modelops_bundle.errors import (
    DamagedBundleError,
    InputsChangedError,
    RemoteError,
    StaleRemoteError,
)
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest

__all__ = [
    "EMPTY_CONFIG",
    "BlobStoreContract",
    "RemoteContract",
    "as_blob",
    "blob_of",
    "manifest_of",
    "noise",
    "put_bytes",
    "put_manifest",
    "reader_of",
]

EMPTY_CONFIG = b"{}"
_PIECE = 300_000


def noise(size: int, seed: int = 0) -> bytes:
    """Bytes that repeat nowhere near, the same ones each time."""
    block = bytes((seed + 7 * number * number + number) % 251 for number in range(9973))
    counted = b"".join(
        number.to_bytes(4, "big") + block for number in range(size // len(block) + 1)
    )
    return counted[:size]


def blob_of(data: bytes, media_type: str = PACK) -> Blob:
    """The descriptor of bytes."""
    return Blob(sha256_digest(data), len(data), media_type)


def reader_of(data: bytes, piece: int = _PIECE) -> BlobReader:
    """Gives bytes piece by piece, as views of them, and an empty one at the end."""

    def read() -> Iterator[bytes | memoryview]:
        view = memoryview(data)
        for start in range(0, len(data), piece):
            yield view[start : start + piece]
        yield b""

    return read


def put_bytes(remote: BlobStore, data: bytes, media_type: str = PACK) -> Blob:
    """Keep bytes as a blob."""
    blob = blob_of(data, media_type)
    remote.put(blob, reader_of(data))
    return blob


def manifest_of(
    layers: Iterable[Blob] = (),
    *,
    artifact_type: str = ARTIFACT_TYPE,
    subject: Blob | None = None,
    note: str = "",
) -> Manifest:
    """A manifest of an artifact; its config is :data:`EMPTY_CONFIG`."""
    document: dict[str, object] = {
        "schemaVersion": 2,
        "mediaType": IMAGE_MANIFEST,
        "artifactType": artifact_type,
        "config": _descriptor(blob_of(EMPTY_CONFIG, EMPTY)),
        "layers": [_descriptor(layer) for layer in layers],
        "annotations": {"note": note},
    }
    if subject is not None:
        document["subject"] = _descriptor(subject)
    data = json.dumps(document).encode()
    return Manifest(sha256_digest(data), IMAGE_MANIFEST, data)


def put_manifest(
    remote: Remote,
    tag: str | None,
    layers: Sequence[bytes] = (),
    *,
    artifact_type: str = ARTIFACT_TYPE,
    subject: Blob | None = None,
    note: str = "",
    expected: Digest | None = None,
) -> Manifest:
    """Keep blobs and a manifest of them."""
    put_bytes(remote, EMPTY_CONFIG, EMPTY)
    blobs = [put_bytes(remote, layer) for layer in layers]
    manifest = manifest_of(blobs, artifact_type=artifact_type, subject=subject, note=note)
    remote.put_manifest(manifest, tag, expected)
    return manifest


def as_blob(manifest: Manifest) -> Blob:
    """The descriptor of a manifest."""
    return Blob(manifest.digest, len(manifest.data), manifest.media_type)


def _descriptor(blob: Blob) -> dict[str, object]:
    return {"mediaType": blob.media_type, "digest": str(blob.digest), "size": blob.size}


class BlobStoreContract:
    """Tests that every place for blobs passes."""

    @pytest.mark.parametrize("size", [0, 1, 65_536, 3_000_001])
    def test_what_is_kept_comes_back(self, remote: BlobStore, size: int) -> None:
        data = noise(size)
        blob = blob_of(data)
        assert not remote.holds(blob)
        assert remote.put(blob, reader_of(data)) is True
        assert remote.holds(blob)
        assert b"".join(remote.get(blob)) == data

    def test_what_is_there_is_not_sent_again(self, remote: BlobStore) -> None:
        blob = put_bytes(remote, b"once")

        def never() -> Iterator[bytes]:
            raise AssertionError("read again")

        assert remote.put(blob, never) is False
        assert b"".join(remote.get(blob)) == b"once"

    def test_pieces_are_small(self, remote: BlobStore) -> None:
        data = noise(5_000_000)
        blob = blob_of(data)
        remote.put(blob, lambda: [data])
        pieces = list(remote.get(blob))
        assert b"".join(pieces) == data
        assert max(map(len, pieces)) <= 1 << 20

    def test_a_blob_need_not_be_read_to_its_end(self, remote: BlobStore) -> None:
        blob = put_bytes(remote, noise(3_000_000))
        pieces = remote.get(blob)
        assert next(pieces)
        close: Callable[[], None] = getattr(pieces, "close", lambda: None)
        close()
        assert remote.holds(blob)

    @pytest.mark.parametrize(
        "read",
        [b"other bytes", b"right byte", b"right bytes and more", b""],
        ids=["others", "fewer", "more", "none"],
    )
    def test_what_changed_is_not_kept(self, remote: BlobStore, read: bytes) -> None:
        blob = blob_of(b"right bytes")
        with pytest.raises(InputsChangedError):
            remote.put(blob, lambda: [read])
        assert not remote.holds(blob)
        assert not remote.holds(blob_of(read)) or read == b""
        assert remote.put(blob, lambda: [b"right bytes"])
        assert b"".join(remote.get(blob)) == b"right bytes"

    def test_large_ones_that_changed_are_not_kept(self, remote: BlobStore) -> None:
        data = noise(2_000_000)
        blob = blob_of(data)
        for changed in (data[:-1], data + b"x", data[:-1] + b"\xff"):
            with pytest.raises(InputsChangedError):
                remote.put(blob, reader_of(changed))
            assert not remote.holds(blob)

    def test_what_the_reader_raises_is_passed_on(self, remote: BlobStore) -> None:
        blob = blob_of(b"right bytes")

        def broken() -> Iterator[bytes]:
            yield b"right"
            raise InputsChangedError("a file is gone")

        with pytest.raises(InputsChangedError, match="a file is gone"):
            remote.put(blob, broken)
        assert not remote.holds(blob)

    def test_what_is_not_there_cannot_be_read(self, remote: BlobStore) -> None:
        put_bytes(remote, b"another one")
        blob = blob_of(b"never kept")
        with pytest.raises(RemoteError):
            list(remote.get(blob))
        with pytest.raises(RemoteError):
            remote.get_range(blob, 0, 1)

    @pytest.mark.parametrize("difference", [-1, 1, 1000])
    def test_a_blob_of_another_size_is_damaged(self, remote: BlobStore, difference: int) -> None:
        blob = put_bytes(remote, noise(50_000))
        wrong = Blob(blob.digest, blob.size + difference, blob.media_type)
        with pytest.raises(DamagedBundleError):
            list(remote.get(wrong))

    @pytest.mark.parametrize(
        ("start", "length"), [(0, 1), (0, 200_000), (199_999, 1), (70_000, 65_536), (5, 0)]
    )
    def test_parts(self, remote: BlobStore, start: int, length: int) -> None:
        data = noise(200_000)
        blob = put_bytes(remote, data)
        assert remote.get_range(blob, start, length) == data[start : start + length]

    @pytest.mark.parametrize(("start", "length"), [(0, 101), (99, 2), (100, 1), (5000, 10)])
    def test_no_part_reaches_past_the_end(self, remote: BlobStore, start: int, length: int) -> None:
        blob = put_bytes(remote, noise(100))
        with pytest.raises(DamagedBundleError):
            remote.get_range(blob, start, length)

    def test_several_threads_at_once(self, remote: BlobStore) -> None:
        contents = [noise(50_000 + number, number) for number in range(24)] * 2

        def both(data: bytes) -> bytes:
            return b"".join(remote.get(put_bytes(remote, data)))

        with ThreadPoolExecutor(8) as pool:
            assert list(pool.map(both, contents)) == contents


class RemoteContract(BlobStoreContract):
    """Tests that every place for bundles passes."""

    def test_an_empty_place(self, remote: Remote) -> None:
        assert list(remote.tags()) == []
        assert remote.resolve("latest") is None
        assert remote.manifest("latest") is None
        assert remote.manifest(f"sha256:{'0' * 64}") is None
        assert list(remote.referrers(Digest("sha256", "0" * 64), PROVENANCE)) == []

    def test_a_manifest_is_found_by_tag_and_digest(self, remote: Remote) -> None:
        kept = put_manifest(remote, "v1", [b"one", b"two"])
        assert remote.resolve("v1") == kept.digest
        assert remote.manifest("v1") == kept
        assert remote.manifest(str(kept.digest)) == kept
        assert list(remote.tags()) == ["v1"]

    def test_a_manifest_without_a_tag(self, remote: Remote) -> None:
        kept = put_manifest(remote, None, [b"one"])
        assert remote.manifest(str(kept.digest)) == kept
        assert list(remote.tags()) == []

    def test_what_is_not_there_is_none(self, remote: Remote) -> None:
        put_manifest(remote, "v1", [b"one"])
        assert remote.resolve("v2") is None
        assert remote.manifest("v2") is None
        assert remote.manifest(f"sha256:{'0' * 64}") is None

    def test_tags_are_sorted(self, remote: Remote) -> None:
        names = ["v10", "v2", "_x", "latest", "A.b-c", "0"]
        kept = put_manifest(remote, None)
        for name in names:
            remote.put_manifest(kept, name)
        assert list(remote.tags()) == sorted(names)
        assert {remote.resolve(name) for name in names} == {kept.digest}

    def test_a_tag_moves_and_what_it_left_stays(self, remote: Remote) -> None:
        first = put_manifest(remote, "latest", [b"one"])
        second = put_manifest(remote, "latest", [b"two"])
        assert remote.manifest("latest") == second
        assert remote.manifest(str(first.digest)) == first
        assert list(remote.tags()) == ["latest"]

    def test_a_manifest_is_kept_again_and_again(self, remote: Remote) -> None:
        kept = put_manifest(remote, "latest", [b"one"])
        remote.put_manifest(kept, "latest", kept.digest)
        remote.put_manifest(kept, None)
        assert remote.manifest("latest") == kept

    def test_a_tag_moves_only_from_where_it_was_expected(self, remote: Remote) -> None:
        first = put_manifest(remote, "latest", note="1")
        second = put_manifest(remote, "latest", note="2", expected=first.digest)
        assert remote.resolve("latest") == second.digest
        if not remote.is_atomic:
            third = put_manifest(remote, "latest", note="3", expected=first.digest)
            assert remote.resolve("latest") == third.digest
            return
        with pytest.raises(StaleRemoteError):
            put_manifest(remote, "latest", note="3", expected=first.digest)
        with pytest.raises(StaleRemoteError):
            put_manifest(remote, "new", note="3", expected=first.digest)
        assert remote.resolve("latest") == second.digest
        assert remote.resolve("new") is None

    def test_of_writers_that_expect_the_same_one_wins(self, remote: Remote) -> None:
        first = put_manifest(remote, "latest", note="first")
        others = [manifest_of(note=str(number)) for number in range(8)]

        def move(manifest: Manifest) -> bool:
            try:
                remote.put_manifest(manifest, "latest", first.digest)
            except StaleRemoteError:
                return False
            return True

        with ThreadPoolExecutor(8) as pool:
            moved = list(pool.map(move, others))
        winners = [each.digest for each, has in zip(others, moved, strict=True) if has]
        assert len(winners) == (1 if remote.is_atomic else 8)
        assert remote.resolve("latest") in winners

    def test_large_manifests(self, remote: Remote) -> None:
        kept = put_manifest(remote, "large", note="x" * (LARGEST_MANIFEST - 10_000))
        assert remote.manifest("large") == kept

    def test_a_blob_of_another_repository_is_mounted_or_not(self, remote: Remote) -> None:
        blob = blob_of(b"it is nowhere")
        assert remote.mount(blob, "nobody/has-this") is False
        assert not remote.holds(blob)

    def test_referrers_are_found_by_type(self, remote: Remote) -> None:
        bundle = put_manifest(remote, "v1", [b"one"])
        other = put_manifest(remote, "v2", [b"two"])
        subject = as_blob(bundle)
        runs = [
            put_manifest(remote, None, artifact_type=RESULTS, subject=subject, note=str(number))
            for number in range(3)
        ]
        origin = put_manifest(remote, None, artifact_type=PROVENANCE, subject=subject)
        put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(other))
        found = remote.referrers(bundle.digest, RESULTS)
        assert sorted(found) == sorted(map(as_blob, runs))
        assert list(remote.referrers(bundle.digest, RESULTS)) == list(found)
        assert list(remote.referrers(bundle.digest, PROVENANCE)) == [as_blob(origin)]
        assert list(remote.referrers(runs[0].digest, RESULTS)) == []
        assert list(remote.tags()) == ["v1", "v2"]

    def test_a_referrer_is_listed_once(self, remote: Remote) -> None:
        subject = as_blob(put_manifest(remote, "v1"))
        for _ in range(2):
            origin = put_manifest(remote, None, artifact_type=PROVENANCE, subject=subject)
        assert list(remote.referrers(subject.digest, PROVENANCE)) == [as_blob(origin)]

    def test_a_referrer_may_come_first(self, remote: Remote) -> None:
        bundle = manifest_of(note="later")
        origin = put_manifest(remote, None, artifact_type=PROVENANCE, subject=as_blob(bundle))
        assert list(remote.referrers(bundle.digest, PROVENANCE)) == [as_blob(origin)]
        remote.put_manifest(bundle, "v1")
        assert list(remote.referrers(bundle.digest, PROVENANCE)) == [as_blob(origin)]

    def test_threads_that_refer_to_one_bundle(self, remote: Remote) -> None:
        subject = as_blob(put_manifest(remote, "v1"))
        runs = [manifest_of(artifact_type=RESULTS, subject=subject, note=str(n)) for n in range(6)]
        with ThreadPoolExecutor(6) as pool:
            list(pool.map(lambda run: remote.put_manifest(run, None), runs))
        assert sorted(remote.referrers(subject.digest, RESULTS)) == sorted(map(as_blob, runs))
