"""Bundles in a layout folder: as other tools see it, when writers die or race, and when it is hostile."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from tests.support import injection, mounts
from tests.support.remotes import (
    EMPTY_CONFIG,
    RemoteContract,
    as_blob,
    blob_of,
    manifest_of,
    noise,
    put_bytes,
    put_manifest,
    reader_of,
)

from modelops_bundle.adapters.oci.layout import LOCK_NAME, LayoutRemote
from modelops_bundle.bundle.media import (
    EMPTY,
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    LARGEST_MANIFEST,
    PROVENANCE,
)
from modelops_bundle.bundle.remote import Blob, Manifest, Remote
from modelops_bundle.errors import DamagedBundleError, RemoteError, StaleRemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest

TAG = "org.opencontainers.image.ref.name"
needs_skopeo = [
    pytest.mark.needs_servers,
    pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed"),
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "layout"


@pytest.fixture
def remote(folder: Path) -> LayoutRemote:
    return LayoutRemote(os.fspath(folder))


def path_of(folder: Path, digest: Digest) -> Path:
    return folder / "blobs/sha256" / digest.hex


def index_of(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / "index.json").read_bytes())
    return found


def write_index(folder: Path, **changes: Any) -> None:
    document = {**index_of(folder), **changes}
    (folder / "index.json").write_text(json.dumps(document))


def descriptor(blob: Blob, tag: str | None = None, **more: Any) -> dict[str, Any]:
    made = {"mediaType": blob.media_type, "digest": str(blob.digest), "size": blob.size, **more}
    return made if tag is None else {**made, "annotations": {TAG: tag}}


def files_of(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob("*") if path.is_file() and path.name != LOCK_NAME]


class TestContract(RemoteContract):
    def test_a_tag_moves_and_what_it_left_stays(self, remote: Remote) -> None:
        first = put_manifest(remote, "latest", [b"one"])
        second = put_manifest(remote, "latest", [b"two"], expected=first.digest)
        assert remote.manifest("latest") == second
        assert remote.manifest(str(first.digest)) == first
        assert list(remote.tags()) == ["latest"]


# --- what is in the folder ------------------------------------------------------------------


def test_the_place_is_as_a_user_writes_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    remote = LayoutRemote("some/layout")
    assert remote.place == "oci-layout:some/layout"
    monkeypatch.chdir("/")
    put_bytes(remote, b"one")
    assert (tmp_path / "some/layout/oci-layout").exists()


def test_a_layout_has_what_the_specification_says(folder: Path, remote: LayoutRemote) -> None:
    kept = put_manifest(remote, "v1", [b"one"])
    assert json.loads((folder / "oci-layout").read_bytes()) == {"imageLayoutVersion": "1.0.0"}
    assert index_of(folder) == {
        "schemaVersion": 2,
        "mediaType": IMAGE_INDEX,
        "manifests": [descriptor(as_blob(kept), "v1")],
    }
    assert path_of(folder, kept.digest).read_bytes() == kept.data
    names = {"oci-layout", "index.json", kept.digest.hex}
    names |= {sha256_digest(data).hex for data in (b"one", EMPTY_CONFIG)}
    assert set(files_of(folder)) == names


def test_nothing_is_made_by_asking(folder: Path, remote: LayoutRemote) -> None:
    blob = blob_of(b"one")
    assert not remote.holds(blob)
    assert list(remote.tags()) == []
    assert remote.manifest("latest") is None
    with pytest.raises(RemoteError, match="is not in oci-layout"):
        list(remote.get(blob))
    assert not folder.exists()


def test_a_layout_that_cannot_be_written_can_be_read(folder: Path, remote: LayoutRemote) -> None:
    kept = put_manifest(remote, "v1", [b"one"])
    (folder / LOCK_NAME).unlink()
    assert LayoutRemote(os.fspath(folder)).manifest("v1") == kept
    assert not (folder / LOCK_NAME).exists()


def test_a_folder_with_other_files_is_left_alone(folder: Path, remote: LayoutRemote) -> None:
    folder.mkdir()
    (folder / "thesis.txt").write_text("mine")
    with pytest.raises(RemoteError, match="no OCI layout"):
        put_bytes(remote, b"one")
    for ask in (remote.tags, lambda: remote.resolve("v1"), lambda: remote.manifest("v1")):
        with pytest.raises(RemoteError, match="no OCI layout"):
            ask()
    assert os.listdir(folder) == ["thesis.txt"]


def test_an_empty_folder_is_a_place_without_bundles(folder: Path, remote: LayoutRemote) -> None:
    folder.mkdir()
    assert list(remote.tags()) == []
    assert remote.manifest("v1") is None
    assert os.listdir(folder) == []


def test_what_others_have_written_into_the_index_stays(folder: Path, remote: LayoutRemote) -> None:
    first = put_manifest(remote, "v1", note="1")
    theirs = descriptor(blob_of(b"never here"), "docker.io/library/x:1", platform={"os": "linux"})
    longer = {"mediaType": IMAGE_MANIFEST, "digest": f"sha512:{'0' * 128}", "size": 3}
    write_index(
        folder,
        extra={"kept": [1, None]},
        manifests=[theirs, longer, descriptor(as_blob(first), "v1", more="kept")],
    )
    assert list(remote.tags()) == ["v1"]
    second = put_manifest(remote, "v1", note="2", expected=first.digest)
    index = index_of(folder)
    assert index["extra"] == {"kept": [1, None]}
    assert index["manifests"] == [
        theirs,
        longer,
        descriptor(as_blob(first), more="kept"),
        descriptor(as_blob(second), "v1"),
    ]


def test_an_entry_is_not_repeated(folder: Path, remote: LayoutRemote) -> None:
    kept = put_manifest(remote, None)
    before = (folder / "index.json").stat()
    remote.put_manifest(kept, None)
    assert (folder / "index.json").stat() == before
    assert index_of(folder)["manifests"] == [descriptor(as_blob(kept))]
    remote.put_manifest(kept, "a")
    remote.put_manifest(kept, "b")
    remote.put_manifest(kept, None)
    assert index_of(folder)["manifests"] == [
        descriptor(as_blob(kept), "a"),
        descriptor(as_blob(kept), "b"),
    ]
    other = put_manifest(remote, "a", note="2", expected=kept.digest)
    put_manifest(remote, "b", note="2", expected=kept.digest)
    assert index_of(folder)["manifests"] == [
        descriptor(as_blob(kept)),
        descriptor(as_blob(other), "a"),
        descriptor(as_blob(other), "b"),
    ]


def test_no_tag_is_there_or_elsewhere_than_was_expected(remote: LayoutRemote) -> None:
    first = put_manifest(remote, "v1", note="1")
    with pytest.raises(StaleRemoteError, match=f"points to {first.digest.short}.*to nothing"):
        put_manifest(remote, "v1", note="2")
    missing = sha256_digest(b"x")
    with pytest.raises(StaleRemoteError, match=f"is gone.*to {missing.short}"):
        put_manifest(remote, "v2", note="2", expected=missing)
    assert list(remote.tags()) == ["v1"]


def test_a_manifest_whose_blobs_are_missing_is_not_taken(remote: LayoutRemote) -> None:
    put_bytes(remote, EMPTY_CONFIG, EMPTY)
    with pytest.raises(RemoteError, match=blob_of(b"never put").digest.short):
        remote.put_manifest(manifest_of([blob_of(b"never put")]), "v1")
    for data in (b"no JSON", b'{"layers": 1}', b'{"config": {}}'):
        with pytest.raises(RemoteError, match="takes no such manifest"):
            remote.put_manifest(Manifest(sha256_digest(data), IMAGE_MANIFEST, data), "v1")
    assert list(remote.tags()) == []


def test_an_index_does_not_grow_until_it_cannot_be_read(folder: Path, remote: LayoutRemote) -> None:
    put_manifest(remote, "v1")
    write_index(folder, extra="x" * (LARGEST_MANIFEST - 400))
    before = (folder / "index.json").read_bytes()
    with pytest.raises(RemoteError, match="too many manifests"):
        put_manifest(remote, "v2", note="2")
    assert (folder / "index.json").read_bytes() == before
    assert list(remote.tags()) == ["v1"]


def test_a_damaged_blob_is_told_and_mended(folder: Path, remote: LayoutRemote) -> None:
    data = noise(3_000_000)
    blob = put_bytes(remote, data)
    path = path_of(folder, blob.digest)
    path.write_bytes(data[:-1] + b"\xff")
    with pytest.raises(DamagedBundleError, match="another digest"):
        list(remote.get(blob))
    path.write_bytes(data[:-1])
    assert not remote.holds(blob)
    with pytest.raises(DamagedBundleError, match="2999999 bytes"):
        list(remote.get(blob))
    assert remote.put(blob, reader_of(data))
    assert b"".join(remote.get(blob)) == data


# --- indexes in the index -------------------------------------------------------------------


def nest(folder: Path, tag: str | None, *inner: dict[str, Any]) -> Blob:
    """List an index of manifests in the index of a layout, instead of what is there."""
    data = json.dumps({"schemaVersion": 2, "manifests": list(inner)}).encode()
    blob = blob_of(data, IMAGE_INDEX)
    path_of(folder, blob.digest).write_bytes(data)
    write_index(folder, manifests=[descriptor(blob, tag)])
    return blob


def test_a_manifest_in_an_index_of_its_own(folder: Path, remote: LayoutRemote) -> None:
    kept = put_manifest(remote, None, note="1")
    nested = nest(folder, "v1", descriptor(as_blob(kept)))
    assert list(remote.tags()) == ["v1"]
    assert remote.manifest("v1") == kept
    assert remote.manifest(str(kept.digest)) == kept
    second = put_manifest(remote, "v1", note="2", expected=kept.digest)
    assert remote.manifest("v1") == second
    assert remote.manifest(str(kept.digest)) == kept
    assert descriptor(nested) in index_of(folder)["manifests"]


def test_tags_in_a_nested_index_count_less(folder: Path, remote: LayoutRemote) -> None:
    first, second = (put_manifest(remote, None, note=note) for note in "12")
    nest(folder, None, descriptor(as_blob(first), "a"), descriptor(as_blob(second), "b"))
    assert list(remote.tags()) == ["a", "b"]
    assert remote.resolve("b") == second.digest
    remote.put_manifest(first, "b", second.digest)
    assert (remote.resolve("a"), remote.resolve("b")) == (first.digest, first.digest)


def test_an_index_of_several_is_itself_what_its_tag_means(
    folder: Path, remote: LayoutRemote
) -> None:
    both = [descriptor(as_blob(put_manifest(remote, None, note=note))) for note in "12"]
    nested = nest(folder, "v1", *both)
    found = remote.manifest("v1")
    assert found is not None
    assert (found.digest, found.media_type) == (nested.digest, IMAGE_INDEX)


def test_an_index_that_is_not_there_or_lists_itself(folder: Path, remote: LayoutRemote) -> None:
    put_manifest(remote, "v1")
    write_index(folder, manifests=[descriptor(blob_of(b"{}x", IMAGE_INDEX), "v1")])
    assert list(remote.tags()) == ["v1"]
    with pytest.raises(RemoteError, match="is not in"):
        remote.manifest("v1")
    nest(folder, "v1", descriptor(blob_of(b"whatever", IMAGE_INDEX)))
    assert list(remote.tags()) == ["v1"]


def test_one_index_listed_ten_thousand_times(folder: Path, remote: LayoutRemote) -> None:
    kept = as_blob(put_manifest(remote, None))
    nested = nest(folder, None, *(descriptor(kept, f"t{number}") for number in range(5000)))
    write_index(folder, manifests=[descriptor(nested)] * 10_000)
    began = time.monotonic()
    assert len(remote.tags()) == 5000
    assert time.monotonic() - began < 5


# --- hostile layouts ------------------------------------------------------------------------


def make_link(path: Path) -> None:
    outside = path.parents[2].parent / "outside"
    outside.write_bytes(path.read_bytes())
    path.unlink()
    path.symlink_to(outside)


def make_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def make_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def make_device(path: Path) -> None:
    path.unlink()
    try:
        os.mknod(path, 0o600 | 0o020000, os.makedev(1, 5))
    except PermissionError:
        pytest.skip("making devices needs root")


STRANGE = [
    pytest.param(make_link, id="link"),
    pytest.param(make_pipe, id="pipe"),
    pytest.param(make_folder, id="folder"),
    pytest.param(make_device, id="device", marks=pytest.mark.needs_root),
]


@pytest.mark.parametrize("make", STRANGE)
def test_only_files_are_blobs(
    folder: Path, remote: LayoutRemote, make: Callable[[Path], None]
) -> None:
    blob = put_bytes(remote, b"one")
    path = path_of(folder, blob.digest)
    make(path)
    assert not remote.holds(blob)
    for read in (lambda: list(remote.get(blob)), lambda: remote.get_range(blob, 0, 1)):
        with pytest.raises(DamagedBundleError) as caught:
            read()
        assert caught.value.why
        assert caught.value.mend
    if path.is_dir() and not path.is_symlink():
        with pytest.raises(RemoteError):
            put_bytes(remote, b"one")
        return
    # What is put takes the place of what is there, and goes through no link.
    (folder.parent / "outside").write_bytes(b"mine")
    put_bytes(remote, b"one")
    assert b"".join(remote.get(blob)) == b"one"
    assert (folder.parent / "outside").read_bytes() == b"mine"


@pytest.mark.parametrize("make", STRANGE)
@pytest.mark.parametrize("name", ["index.json", "oci-layout"])
def test_only_files_are_documents(
    folder: Path, remote: LayoutRemote, name: str, make: Callable[[Path], None]
) -> None:
    kept = put_manifest(remote, "v1")
    outside = folder.parent / "outside"
    if make is make_link:
        os.replace(folder / name, outside)
        (folder / name).symlink_to(outside)
        before = outside.read_bytes()
    else:
        make(folder / name)
    with pytest.raises(DamagedBundleError):
        remote.tags()
    with pytest.raises(DamagedBundleError):
        put_manifest(remote, "v1", note="2", expected=kept.digest)
    if make is make_link:
        assert outside.read_bytes() == before


HASH = f"sha256:{'0' * 64}"
ENTRY = f'"mediaType": "{IMAGE_MANIFEST}", "digest": "{HASH}", "size": 1'
HOSTILE_INDEXES = {
    "empty": "",
    "no JSON": "{",
    "no Unicode": '{"manifests": "\udcff"}',
    "a list": "[]",
    "deep": "[" * 100_000,
    "deep in a key": '{"manifests": [], "x": ' + '{"a":' * 100_000,
    "manifests is a table": '{"manifests": {}}',
    "manifests is a text": '{"manifests": "x"}',
    "an entry is a number": '{"manifests": [1]}',
    "no digest": f'{{"manifests": [{{"mediaType": "{IMAGE_MANIFEST}", "size": 1}}]}}',
    "a digest is a way out": '{"manifests": [{"digest": "sha256:../../../etc/passwd"}]}',
    "a digest is a number": '{"manifests": [{"digest": 1}]}',
    "a size is a text": f'{{"manifests": [{{{ENTRY}, "size": "1"}}]}}'.replace('"size": 1, ', ""),
    "a size is negative": f'{{"manifests": [{{{ENTRY}}}]}}'.replace('"size": 1', '"size": -1'),
    "a size is a fraction": f'{{"manifests": [{{{ENTRY}}}]}}'.replace('"size": 1', '"size": 1e3'),
    "no media type": f'{{"manifests": [{{"digest": "{HASH}", "size": 1}}]}}',
    "annotations are a list": f'{{"manifests": [{{{ENTRY}, "annotations": [1]}}]}}',
    "a tag is a number": f'{{"manifests": [{{{ENTRY}, "annotations": {{"{TAG}": 1}}}}]}}',
    "a key stands twice": '{"manifests": [], "manifests": []}',
    "NaN": '{"manifests": [], "x": NaN}',
    "a long number": '{"manifests": [], "x": ' + "1" * 10_000 + "}",
    "large": '{"manifests": []' + " " * LARGEST_MANIFEST + "}",
}


@pytest.mark.parametrize("text", HOSTILE_INDEXES.values(), ids=HOSTILE_INDEXES.keys())
def test_hostile_indexes(folder: Path, remote: LayoutRemote, text: str) -> None:
    kept = put_manifest(remote, "v1")
    data = text.encode("utf-8", "surrogateescape")
    (folder / "index.json").write_bytes(data)
    asked: list[Callable[[], object]] = [
        remote.tags,
        lambda: remote.resolve("v1"),
        lambda: remote.manifest("v1"),
        lambda: remote.manifest(str(kept.digest)),
        lambda: remote.referrers(kept.digest, PROVENANCE),
        lambda: remote.put_manifest(kept, "v1"),
    ]
    for ask in asked:
        with pytest.raises(DamagedBundleError) as caught:
            ask()
        assert caught.value.why
        assert caught.value.mend
    assert (folder / "index.json").read_bytes() == data


def test_a_huge_index_is_not_read(folder: Path, remote: LayoutRemote) -> None:
    put_manifest(remote, "v1")
    os.truncate(folder / "index.json", 1 << 40)
    with pytest.raises(DamagedBundleError, match="too many"):
        remote.tags()


def test_numbers_that_json_cannot_hold_are_not_written(folder: Path, remote: LayoutRemote) -> None:
    put_manifest(remote, "v1")
    text = (folder / "index.json").read_text()
    (folder / "index.json").write_text(text.replace("{", '{"x": 1e999, ', 1))
    with pytest.raises(RemoteError, match="none of JSON"):
        put_manifest(remote, "v2", note="2")
    assert list(remote.tags()) == ["v1"]


@pytest.mark.parametrize("text", ['{"imageLayoutVersion": "2.0.0"}', "{}", "[]", "x", "[" * 9999])
def test_another_version_of_layouts(folder: Path, remote: LayoutRemote, text: str) -> None:
    put_manifest(remote, "v1")
    (folder / "oci-layout").write_text(text)
    with pytest.raises(DamagedBundleError):
        remote.tags()


def test_a_go_program_may_have_written_null(folder: Path, remote: LayoutRemote) -> None:
    put_manifest(remote, "v1")
    (folder / "index.json").write_text('{"schemaVersion": 2, "manifests": null}')
    assert list(remote.tags()) == []
    kept = put_manifest(remote, "v2")
    assert remote.manifest("v2") == kept


def test_sizes_that_lie(folder: Path, remote: LayoutRemote) -> None:
    kept = as_blob(put_manifest(remote, "v1"))
    for size in (kept.size - 1, kept.size + 1, LARGEST_MANIFEST + 1, 2**50):
        write_index(folder, manifests=[{**descriptor(kept, "v1"), "size": size}])
        with pytest.raises(DamagedBundleError):
            remote.manifest("v1")
        with pytest.raises(DamagedBundleError):
            remote.referrers(kept.digest, PROVENANCE)


def test_a_tag_that_points_to_two(folder: Path, remote: LayoutRemote) -> None:
    first, second = (put_manifest(remote, None, note=note) for note in "12")
    write_index(folder, manifests=[descriptor(as_blob(each), "v1") for each in (first, second)])
    for ask in (lambda: remote.resolve("v1"), lambda: remote.manifest("v1")):
        with pytest.raises(DamagedBundleError, match="several"):
            ask()
    with pytest.raises(DamagedBundleError, match="several"):
        remote.put_manifest(first, "v1", first.digest)
    write_index(folder, manifests=[descriptor(as_blob(first), "v1")] * 2)
    assert remote.resolve("v1") == first.digest


def test_a_manifest_that_was_exchanged(folder: Path, remote: LayoutRemote) -> None:
    kept = put_manifest(remote, "v1", note="1")
    path_of(folder, kept.digest).write_bytes(manifest_of(note="2").data)
    with pytest.raises(DamagedBundleError, match="another digest"):
        remote.manifest("v1")


def test_what_is_no_manifest_refers_to_nothing(folder: Path, remote: LayoutRemote) -> None:
    kept = put_manifest(remote, "v1")
    texts = [
        f'{{"subject": "{kept.digest}"}}',
        f'["{kept.digest}"]',
        f'{{"subject": {{"digest": "{kept.digest}"}}, "artifactType": [1]}}',
        f'{{"subject": {{"digest": "{kept.digest}"}}, "config": 1}}',
        f"{kept.digest}" + "[" * 5000,
    ]
    blobs = [put_bytes(remote, text.encode(), IMAGE_MANIFEST) for text in texts]
    missing = blob_of(b"missing", IMAGE_MANIFEST)
    write_index(folder, manifests=[descriptor(blob) for blob in (*blobs, missing)])
    assert list(remote.referrers(kept.digest, PROVENANCE)) == []


def test_the_type_of_an_older_artifact_is_that_of_its_config(remote: LayoutRemote) -> None:
    kept = put_manifest(remote, "v1")
    config = put_bytes(remote, b"config", PROVENANCE)
    document = {"config": descriptor(config), "subject": descriptor(as_blob(kept)), "layers": []}
    data = json.dumps(document).encode()
    older = Manifest(sha256_digest(data), IMAGE_MANIFEST, data)
    remote.put_manifest(older, None)
    assert list(remote.referrers(kept.digest, PROVENANCE)) == [as_blob(older)]


# --- several writers ------------------------------------------------------------------------

MOVER = """
import sys
from modelops_bundle.adapters.oci.layout import LayoutRemote
from modelops_bundle.errors import StaleRemoteError
from tests.support.remotes import manifest_of
remote = LayoutRemote(sys.argv[1])
sys.stdin.readline()
done = 0
while done < 8:
    expected = remote.resolve("latest")
    made = manifest_of(note=f"{sys.argv[2]} {done}")
    try:
        remote.put_manifest(made, "latest", expected)
    except StaleRemoteError:
        continue
    done += 1
    print(expected, made.digest)
"""


def test_of_eight_processes_none_loses_what_another_did(folder: Path, remote: LayoutRemote) -> None:
    put_bytes(remote, EMPTY_CONFIG, EMPTY)
    movers = [
        subprocess.Popen(
            [sys.executable, "-c", MOVER, os.fspath(folder), str(number)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(8)
    ]
    outputs: list[str] = []
    # All of them begin when the last one does.
    for mover in movers:
        assert mover.stdin is not None
        mover.stdin.write("go\n")
        mover.stdin.flush()
    for mover in movers:
        outputs.append(mover.communicate()[0])
        assert mover.returncode == 0
    moves = dict(line.split() for output in outputs for line in output.splitlines())
    assert len(moves) == 64  # no two came from the same state
    at, steps = "None", 0
    while at in moves:
        at, steps = moves[at], steps + 1
    assert (at, steps) == (str(remote.resolve("latest")), 64)
    # None was lost: all are still listed, and not one twice.
    listed = [entry["digest"] for entry in index_of(folder)["manifests"]]
    assert sorted(listed) == sorted(moves.values())
    assert not [name for name in files_of(folder) if name.endswith(".tmp")]


def test_threads_that_make_the_folder_together(folder: Path) -> None:
    data = [b"%d" % number for number in range(16)]
    gate = threading.Barrier(16)

    def put(each: bytes) -> Blob:
        gate.wait()
        return put_bytes(LayoutRemote(os.fspath(folder)), each)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(put, data))
    remote = LayoutRemote(os.fspath(folder))
    assert all(remote.holds(blob_of(each)) for each in data)


# --- faults ---------------------------------------------------------------------------------


def test_a_writer_that_is_killed_leaves_nothing_to_be_seen(
    folder: Path, remote: LayoutRemote
) -> None:
    data = noise(4_000_000)
    blob = blob_of(data)

    def dying() -> Any:
        yield data[:3_000_000]
        os.kill(os.getpid(), signal.SIGKILL)

    child = os.fork()
    if child == 0:
        try:
            remote.put(blob, dying)
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
    assert not remote.holds(blob)
    with pytest.raises(RemoteError):
        list(remote.get(blob))
    (left,) = path_of(folder, blob.digest).parent.iterdir()
    put_bytes(LayoutRemote(os.fspath(folder)), b"soon after")
    assert left.exists()  # it may still be written, on another machine
    os.utime(left, (0, 0))
    assert remote.put(blob, reader_of(data))
    put_bytes(LayoutRemote(os.fspath(folder)), b"long after")
    assert not left.exists()
    assert b"".join(remote.get(blob)) == data


PUSH = """
import sys
from modelops_bundle.adapters.oci.layout import LayoutRemote
from tests.support.remotes import put_manifest
remote = LayoutRemote(sys.argv[1])
put_manifest(remote, "v1", [b"new" * 100], note="new", expected=remote.resolve("v1"))
"""
WRITES = {"write", "fsync", "rename", "renameat2", "openat", "unlink", "mkdir"}


@pytest.mark.slow
@pytest.mark.needs_strace
@pytest.mark.skipif(bool(injection.available()), reason=injection.available() or "available")
@pytest.mark.timeout(600)
@pytest.mark.parametrize("kind", [injection.KILL, "EIO", "ENOSPC"])
def test_faults_at_every_call(tmp_path: Path, kind: str) -> None:
    root = tmp_path / "root"
    root.mkdir()
    folder, scratch = root / "layout", tmp_path / "scratch"
    scratch.mkdir()
    remote = LayoutRemote(os.fspath(folder))
    old = put_manifest(remote, "v1", [b"old"])
    new = manifest_of([blob_of(b"new" * 100)], note="new")
    command = [sys.executable, "-c", PUSH, os.fspath(folder)]
    # Run in the project's folder, where `tests` is found.
    bench = injection.Bench(command, root, scratch=scratch)
    struck = 0
    for fault in injection.faults(bench.calls, kinds=(kind,)):
        if fault.call.name not in WRITES:
            continue
        outcome = bench.run(fault)
        struck += outcome.struck
        found = remote.manifest("v1")
        assert found in (old, new), str(fault)
        if outcome.code == 0:
            assert found == new, str(fault)
        for path in (folder / "blobs/sha256").iterdir():
            if not path.name.startswith("."):
                assert sha256_digest(path.read_bytes()).hex == path.name, str(fault)
        assert bench.again(command).returncode == 0, str(fault)
        assert remote.manifest("v1") == new, str(fault)
        assert remote.manifest(str(old.digest)) == old, str(fault)
    assert struck > 5


@pytest.mark.needs_root
@pytest.mark.skipif(bool(mounts.available()), reason=mounts.available() or "available")
def test_a_full_disk(tmp_path: Path) -> None:
    with mounts.tmpfs(tmp_path / "small", size="256k") as disk:
        folder = disk / "layout"
        remote = LayoutRemote(os.fspath(folder))
        kept = put_manifest(remote, "v1", [b"small"])
        large = noise(1_000_000)
        with pytest.raises(RemoteError, match="No space") as caught:
            put_bytes(remote, large)
        assert "Free some space" in caught.value.mend
        assert not remote.holds(blob_of(large))
        with (disk / "rest").open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(b"x" * 1000)
        with pytest.raises(RemoteError, match="No space"):
            put_manifest(remote, "v1", [b"x" * 5000], note="2", expected=kept.digest)
        assert remote.manifest("v1") == kept
        assert not [name for name in files_of(folder) if name.endswith(".tmp")]
        (disk / "rest").unlink()
        second = put_manifest(remote, "v1", [b"x" * 5000], note="2", expected=kept.digest)
        assert remote.manifest("v1") == second


def test_a_file_where_the_folder_should_be(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(RemoteError, match="it is a file") as caught:
        LayoutRemote(f"{tmp_path}/file").tags()
    assert f"`mops-bundle import {tmp_path}/file oci-layout:DIR`" in caught.value.mend
    assert list(LayoutRemote(f"{tmp_path}/file/below").tags()) == []
    for remote in (LayoutRemote(f"{tmp_path}/file"), LayoutRemote(f"{tmp_path}/file/below")):
        assert not remote.holds(blob_of(b"one"))
        with pytest.raises(RemoteError):
            put_bytes(remote, b"one")


# --- other tools ----------------------------------------------------------------------------


def skopeo(*arguments: str) -> bytes:
    command = ["skopeo", "--insecure-policy", *arguments]
    done = subprocess.run(command, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


class TestSkopeo:
    pytestmark = needs_skopeo

    def test_it_reads_what_we_write(self, folder: Path, remote: LayoutRemote) -> None:
        kept = put_manifest(remote, "v1", [b"one", noise(200_000)])
        assert skopeo("inspect", "--raw", f"oci:{folder}:v1") == kept.data

    def test_it_copies_and_keeps_the_digest(
        self, folder: Path, remote: LayoutRemote, tmp_path: Path
    ) -> None:
        kept = put_manifest(remote, "v1", [b"one"], note="1")
        put_manifest(remote, "v1", [b"two"], note="2", expected=kept.digest)
        remote.put_manifest(kept, "old")
        skopeo("copy", f"oci:{folder}:old", f"oci:{tmp_path}/other:old")
        other = LayoutRemote(f"{tmp_path}/other")
        assert other.manifest("old") == kept
        assert b"".join(other.get(blob_of(b"one"))) == b"one"

    def test_both_write_into_one_folder(
        self, folder: Path, remote: LayoutRemote, tmp_path: Path
    ) -> None:
        first = put_manifest(remote, "v1", [b"one"], note="1")
        theirs = LayoutRemote(f"{tmp_path}/other")
        second = put_manifest(theirs, "v2", [b"two"], note="2")
        skopeo("copy", f"oci:{tmp_path}/other:v2", f"oci:{folder}:v2")
        third = put_manifest(remote, "v3", [b"three"], note="3")
        assert [remote.manifest(tag) for tag in ("v1", "v2", "v3")] == [first, second, third]
