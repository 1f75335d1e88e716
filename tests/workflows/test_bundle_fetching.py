"""Files of a bundle come right whatever the cache says."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from modelops_bundle.adapters.blob_cache import BlobCache
from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.oci.layout import LayoutRemote
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.manifest import read_manifest
from modelops_bundle.bundle.pulling import plan_mirror
from modelops_bundle.bundle.remote import Blob, BlobStore
from modelops_bundle.bundle.settings import StorageSettings
from modelops_bundle.errors import DamagedBundleError, MopsError
from modelops_bundle.project.layout import Layout
from modelops_bundle.workflows.bundles.fetching import fetch_files, read_file, size_to_fetch
from modelops_bundle.workflows.bundles.making import make_bundle
from modelops_bundle.workflows.bundles.reading import RemoteBundle

FILES = {"a": b"small", "b": b"other", "big": random.Random(1).randbytes(2 << 20)}


def no_storage(url: str) -> BlobStore:
    raise AssertionError(f"nothing is in {url}")


@pytest.fixture
def bundle(tmp_path: Path) -> RemoteBundle:
    """A bundle of three files in a layout folder, with an empty cache."""
    source = tmp_path / "source"
    source.mkdir()
    for path, data in FILES.items():
        (source / path).write_bytes(data)
    tree = DiskTree(Layout(str(source)), DiskFiles(str(source)))
    made = make_bundle(tree, tree.gather(FILES).contents, StorageSettings())
    remote = LayoutRemote(str(tmp_path / "remote"))
    remote.put(made.index_blob, lambda: [made.index_data])
    for blob in made.registry_blobs:
        remote.put(blob, made.reader(blob))
    said = read_manifest(made.manifest, remote.place)
    return RemoteBundle(
        remote, made.manifest, said, made.index, BlobCache(str(tmp_path / "cache")), {}, no_storage
    )


def pulled(bundle: RemoteBundle, root: Path) -> dict[str, bytes]:
    root.mkdir()
    tree = DiskTree(Layout(str(root)), DiskFiles(str(root)))
    plan = plan_mirror(tree.look(FILES), bundle.index.contents)
    with tree.staging(plan.steps) as staging:
        fetch_files(bundle, list(FILES), staging)
        staging.apply(plan.steps)
    return {path: (root / path).read_bytes() for path in FILES}


def in_cache(tmp_path: Path, blob: Blob) -> Path:
    return next((tmp_path / "cache").rglob(blob.digest.hex))


def test_what_was_fetched_is_not_fetched_again(bundle: RemoteBundle, tmp_path: Path) -> None:
    assert size_to_fetch(bundle, list(FILES)) == sum(map(len, FILES.values()))
    assert pulled(bundle, tmp_path / "one") == FILES
    assert size_to_fetch(bundle, list(FILES)) == 0
    assert pulled(bundle, tmp_path / "two") == FILES


def flip(place: Path) -> None:
    data = bytearray(place.read_bytes())
    data[0] ^= 1
    place.write_bytes(data)


@pytest.mark.parametrize("damage", [flip, Path.unlink, lambda place: place.write_bytes(b"")])
def test_a_damaged_cache_is_mended_from_the_place(
    bundle: RemoteBundle, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    pulled(bundle, tmp_path / "one")
    for blob in bundle.index.blobs():
        damage(in_cache(tmp_path, blob))
    assert pulled(bundle, tmp_path / "two") == FILES
    for blob in bundle.index.blobs():
        damage(in_cache(tmp_path, blob))
    assert [read_file(bundle, path) for path in FILES] == list(FILES.values())


def test_blobs_that_go_while_they_are_needed_are_fetched_again(
    bundle: RemoteBundle, tmp_path: Path
) -> None:
    class Forgetful(BlobCache):
        """Loses every blob once, right after it was fetched."""

        lost: set[Blob] = set()  # noqa: RUF012

        def fetch(self, blob: Blob, get: object) -> bool:
            done = super().fetch(blob, get)  # type: ignore[arg-type]
            if blob not in self.lost:
                self.lost.add(blob)
                self.drop(blob)
            return done

    for number in range(2):
        cache = Forgetful(str(tmp_path / f"cache {number}"))
        cache.lost = set()
        forgetful = RemoteBundle(
            bundle.remote, bundle.manifest, bundle.said, bundle.index, cache, {}, no_storage
        )
        if number:
            assert read_file(forgetful, "big") == FILES["big"]
        else:
            assert pulled(forgetful, tmp_path / "one") == FILES


def test_a_place_that_is_damaged_is_said_to_be(bundle: RemoteBundle, tmp_path: Path) -> None:
    for blob in bundle.index.blobs():
        flip(next((tmp_path / "remote").rglob(blob.digest.hex)))
    for path in FILES:
        with pytest.raises(DamagedBundleError):
            read_file(bundle, path)
    with pytest.raises(MopsError):
        pulled(bundle, tmp_path / "one")
    assert [place.name for place in (tmp_path / "one").iterdir()] == [".modelops-bundle"]


def test_a_file_that_the_bundle_lacks_is_no_crash(bundle: RemoteBundle) -> None:
    with pytest.raises(DamagedBundleError, match="has no gone"):
        read_file(bundle, "gone")
