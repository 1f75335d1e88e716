"""A layout as a tar: the same bytes each time, read by other tools, and nothing taken from a hostile one."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import subprocess
import tarfile
import threading
import tracemalloc
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.support import mounts
from tests.support.remotes import (
    EMPTY_CONFIG,
    as_blob,
    blob_of,
    manifest_of,
    noise,
    put_bytes,
    put_manifest,
)

from modelops_bundle.adapters.oci.layout import LayoutRemote
from modelops_bundle.adapters.oci.layout_tar import Imported, read_layout_tar, write_layout_tar
from modelops_bundle.bundle.media import IMAGE_INDEX, LARGEST_MANIFEST, PROVENANCE
from modelops_bundle.bundle.remote import Blob, Manifest
from modelops_bundle.errors import (
    DamagedBundleError,
    InputsChangedError,
    RemoteError,
    StaleRemoteError,
    StorageError,
)

TAG = "org.opencontainers.image.ref.name"
BLOBS = "blobs/sha256/"
MARKER = b'{"imageLayoutVersion":"1.0.0"}'
Spoil = Callable[[tarfile.TarInfo], None]


@pytest.fixture
def source(tmp_path: Path) -> LayoutRemote:
    return LayoutRemote(f"{tmp_path}/source")


@pytest.fixture
def target(tmp_path: Path) -> LayoutRemote:
    return LayoutRemote(f"{tmp_path}/target")


def written(remote: LayoutRemote, *manifests: tuple[Manifest, str | None]) -> bytes:
    file = io.BytesIO()
    write_layout_tar(remote, manifests, file)
    return file.getvalue()


# --- writing --------------------------------------------------------------------------------


def test_what_is_written_is_read_again(
    source: LayoutRemote, target: LayoutRemote, tmp_path: Path
) -> None:
    data = noise(2_500_000)
    kept = put_manifest(source, "v1", [b"one", data])
    origin = put_manifest(source, None, artifact_type=PROVENANCE, subject=as_blob(kept))
    (tmp_path / "a.tar").write_bytes(written(source, (kept, "v1"), (origin, None)))
    found = read_layout_tar(f"{tmp_path}/a.tar", target)
    assert list(found) == [Imported(origin.digest, None), Imported(kept.digest, "v1")]
    assert target.manifest("v1") == kept
    assert b"".join(target.get(blob_of(data))) == data
    assert list(target.referrers(kept.digest, PROVENANCE)) == [as_blob(origin)]
    assert list(target.tags()) == ["v1"]


def test_the_same_bytes_each_time(source: LayoutRemote, target: LayoutRemote) -> None:
    pairs: list[tuple[Manifest, str | None]] = [
        (put_manifest(source, f"v{number}", [b"%d" % number]), f"v{number}") for number in range(4)
    ]
    first = written(source, *pairs)
    assert written(source, *reversed(pairs), pairs[0]) == first
    for number in (3, 1, 0, 2):
        put_manifest(target, "other", [b"%d" % number], expected=target.resolve("other"))
    assert written(target, *pairs) == first
    with tarfile.open(fileobj=io.BytesIO(first)) as tar:
        members = tar.getmembers()
    assert [each.name for each in members] == sorted(each.name for each in members)
    assert {(each.mtime, each.uid, each.gid, each.uname, each.mode) for each in members} == {
        (0, 0, 0, "", 0o644)
    }
    assert len(first) % 10240 == 0


class Short(io.RawIOBase):
    """A file that takes a few bytes at a time."""

    def __init__(self) -> None:
        self.data = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.data += data[:1000]
        return min(len(data), 1000)


def test_a_file_that_takes_little_at_a_time(source: LayoutRemote) -> None:
    kept = put_manifest(source, "v1", [noise(50_000)])
    file = Short()
    write_layout_tar(source, [(kept, "v1")], file)
    assert bytes(file.data) == written(source, (kept, "v1"))


def test_sizes_beyond_what_octal_digits_hold(source: LayoutRemote, tmp_path: Path) -> None:
    """Such a header is read again; the bytes themselves are a hole that nobody hashes here."""
    from modelops_bundle.adapters.oci.layout_tar import _header
    from modelops_bundle.adapters.oci.tar_members import members_of

    size = 9 << 30
    for form in (tarfile.PAX_FORMAT, tarfile.GNU_FORMAT):
        header = _header(BLOBS + "0" * 64, size)
        if form == tarfile.GNU_FORMAT:
            info = tarfile.TarInfo(BLOBS + "0" * 64)
            info.size = size
            header = info.tobuf(form)
        with (tmp_path / "large.tar").open("w+b") as file:
            file.write(header)
            file.truncate(len(header) + size + 1024)
            (member,) = members_of(file)
        assert (member.size, member.start) == (size, len(header))


def test_what_cannot_be_written_is_an_error(source: LayoutRemote) -> None:
    put_bytes(source, EMPTY_CONFIG)
    lacking = manifest_of([blob_of(b"never kept")])
    with pytest.raises(RemoteError, match="is not in"):
        written(source, (lacking, "v1"))
    both = [(put_manifest(source, None, note=note), "v1") for note in "12"]
    with pytest.raises(DamagedBundleError, match="several"):
        written(source, *both)
    odd = b"no manifest"
    with pytest.raises(DamagedBundleError):
        written(source, (Manifest(blob_of(odd).digest, "x", odd), "v1"))


# --- reading what others have written -------------------------------------------------------


def content(data: bytes = b"one", tag: str | None = "v1") -> dict[str, bytes]:
    """The files of a layout with one manifest."""
    manifest = manifest_of([blob_of(data)])
    entry = described(as_blob(manifest), tag)
    return {
        "index.json": json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode(),
        **{BLOBS + blob_of(each).digest.hex: each for each in (data, EMPTY_CONFIG, manifest.data)},
        "oci-layout": MARKER,
    }


def described(blob: Blob, tag: str | None = None) -> dict[str, Any]:
    made = {"mediaType": blob.media_type, "digest": str(blob.digest), "size": blob.size}
    return made if tag is None else {**made, "annotations": {TAG: tag}}


def packed(
    files: Iterable[tuple[str, bytes]],
    form: int = tarfile.GNU_FORMAT,
    spoil: dict[str, Spoil] | None = None,
    pax: dict[str, dict[str, str]] | None = None,
) -> bytes:
    """A tar of files in the order that they come in; folders end in a slash."""
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form) as tar:
        for name, text in files:
            info = tarfile.TarInfo(name.rstrip("/"))
            info.size, info.mtime, info.uname = len(text), 1.5, "somebody"
            info.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            info.pax_headers = (pax or {}).get(name, {})
            (spoil or {}).get(name, lambda _: None)(info)
            tar.addfile(info, io.BytesIO(text))
    return data.getvalue()


def read(path: Path, data: bytes, target: LayoutRemote, **options: Any) -> Sequence[Imported]:
    path.write_bytes(data)
    return read_layout_tar(os.fspath(path), target, **options)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a.tar"


@pytest.mark.parametrize("form", [tarfile.GNU_FORMAT, tarfile.PAX_FORMAT, tarfile.USTAR_FORMAT])
@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("before", ["", "./"])
@pytest.mark.parametrize("compress", [bytes, gzip.compress])
def test_every_order_and_form(
    path: Path,
    target: LayoutRemote,
    form: int,
    order: int,
    before: str,
    compress: Callable[[bytes], bytes],
) -> None:
    files = content()
    names = ["./", f"{before}blobs/", f"{before}blobs/sha256/", *files][::order]
    data = packed(
        ((name if name.endswith("/") else before + name, files.get(name, b"")) for name in names),
        form,
    )
    (found,) = read(path, compress(data), target)
    assert found.tag == "v1"
    assert target.resolve("v1") == found.digest
    assert b"".join(target.get(blob_of(b"one"))) == b"one"


def test_a_folder_of_ours_packed_by_tar(
    source: LayoutRemote, target: LayoutRemote, tmp_path: Path
) -> None:
    kept = put_manifest(source, "v1", [b"one"])
    put_manifest(source, "v2", [b"two"])
    if shutil.which("tar") is None:
        pytest.skip("tar is not installed")
    for options in (["-c"], ["-cz"], ["-c", "--format=posix"]):
        subprocess.run(
            ["tar", *options, "-f", "a.tar", "-C", "source", "."], cwd=tmp_path, check=True
        )
        found = read_layout_tar(f"{tmp_path}/a.tar", target)
        assert [each.tag for each in found] == ["v1", "v2"]
        assert target.manifest("v1") == kept


def test_a_pipe_can_be_read(path: Path, target: LayoutRemote) -> None:
    os.mkfifo(path)
    writer = threading.Thread(target=path.write_bytes, args=(packed(content().items()),))
    writer.start()
    (found,) = read_layout_tar(os.fspath(path), target)
    writer.join()
    assert target.resolve("v1") == found.digest


def test_a_tag_that_was_elsewhere_moves(path: Path, target: LayoutRemote) -> None:
    old = put_manifest(target, "v1", note="old")
    (found,) = read(path, packed(content().items()), target)
    assert target.resolve("v1") == found.digest != old.digest
    assert target.manifest(str(old.digest)) == old
    assert list(read(path, packed(content().items()), target)) == [found]


class Moving(LayoutRemote):
    """A layout in which somebody else moves the tag as soon as it was looked at."""

    def resolve(self, tag: str) -> Any:
        found = super().resolve(tag)
        self.other = put_manifest(LayoutRemote(self.place[11:]), tag, note="theirs", expected=found)
        return found


def test_a_tag_that_moves_meanwhile_is_not_moved(path: Path, tmp_path: Path) -> None:
    target = Moving(f"{tmp_path}/target")
    with pytest.raises(StaleRemoteError):
        read(path, packed(content().items()), target)
    assert target.manifest("v1") == target.other


def test_names_that_are_no_tags_are_left_out(path: Path, target: LayoutRemote) -> None:
    for tag in ("docker.io/library/x:1", "\x1b[31m", "", None):
        (found,) = read(path, packed(content(tag=tag).items()), target)
        assert found.tag is None
        assert target.manifest(str(found.digest))
    assert list(target.tags()) == []


def test_blobs_that_are_there_need_not_be_in_the_tar(path: Path, target: LayoutRemote) -> None:
    files = content()
    del files[BLOBS + blob_of(b"one").digest.hex]
    with pytest.raises(DamagedBundleError, match="it lacks the blob"):
        read(path, packed(files.items()), target)
    put_bytes(target, b"one")
    (found,) = read(path, packed(files.items()), target)
    assert target.resolve("v1") == found.digest


def nested(*inner: dict[str, Any], tag: str | None = "v1") -> dict[str, bytes]:
    """A layout whose index lists an index."""
    files = content()
    text = json.dumps({"schemaVersion": 2, "manifests": list(inner)}).encode()
    entry = described(blob_of(text, IMAGE_INDEX), tag)
    index = json.dumps({"schemaVersion": 2, "manifests": [entry]}).encode()
    return {**files, BLOBS + blob_of(text).digest.hex: text, "index.json": index}


def test_an_index_in_the_index(path: Path, target: LayoutRemote) -> None:
    manifest = as_blob(manifest_of([blob_of(b"one")]))
    (found,) = read(path, packed(nested(described(manifest)).items()), target)
    assert found == (manifest.digest, "v1")
    assert target.resolve("v1") == manifest.digest
    (found,) = read(path, packed(nested(described(manifest, "v2"), tag=None).items()), target)
    assert found == (manifest.digest, "v2")


# --- hostile tars ---------------------------------------------------------------------------


def typed(kind: bytes, link: str = "") -> Spoil:
    def spoil(info: tarfile.TarInfo) -> None:
        info.type, info.linkname, info.size = kind, link, 0

    return spoil


def with_text(name: str, text: bytes) -> list[tuple[str, bytes]]:
    return [*{**content(), name: text}.items()]


def without(name: str) -> list[tuple[str, bytes]]:
    return [pair for pair in content().items() if pair[0] != name]


def raw(change: Callable[[bytearray], None], name: str = "oci-layout") -> bytes:
    """A tar in which one header was changed, its sum being right again."""
    data = bytearray(packed(content().items()))
    at = data.rindex(name.encode().ljust(100, b"\0"))
    header = data[at : at + 512]
    change(header)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    data[at : at + 512] = header
    return bytes(data)


def field(start: int, value: bytes) -> Callable[[bytearray], None]:
    def change(header: bytearray) -> None:
        header[start : start + len(value)] = value

    return change


def manifest_with(**changes: Any) -> list[tuple[str, bytes]]:
    """A layout with a manifest that says something else."""
    text = json.dumps({**json.loads(manifest_of([blob_of(b"one")]).data), **changes}).encode()
    entry = described(Blob(blob_of(text).digest, len(text), "x"), "v1")
    files = {**content(), BLOBS + blob_of(text).digest.hex: text}
    return [*{**files, "index.json": json.dumps({"manifests": [entry]}).encode()}.items()]


ONE = blob_of(b"one")
NAME = BLOBS + ONE.digest.hex
FILES = [*content().items()]
BOTH = [manifest_of([ONE]), manifest_of([ONE], note="2")]
OTHERS = [described(blob_of(b"{%d}" % number)) for number in range(2)]
HOSTILE: dict[str, bytes] = {
    "nothing": b"",
    "no tar": b"It is a text and no tar. " * 100,
    "zeros only": bytes(10240),
    "a symbolic link": packed(FILES, spoil={NAME: typed(tarfile.SYMTYPE, "/etc/passwd")}),
    "a hard link": packed(FILES, spoil={NAME: typed(tarfile.LNKTYPE, "index.json")}),
    "a device": packed(FILES, spoil={NAME: typed(tarfile.CHRTYPE)}),
    "a pipe": packed(FILES, spoil={NAME: typed(tarfile.FIFOTYPE)}),
    "a sparse file": packed(FILES, spoil={NAME: typed(tarfile.GNUTYPE_SPARSE)}),
    "a sparse file of posix": packed(
        FILES, tarfile.PAX_FORMAT, pax={NAME: {"GNU.sparse.major": "1", "GNU.sparse.minor": "0"}}
    ),
    "a contiguous file": packed(FILES, spoil={NAME: typed(tarfile.CONTTYPE)}),
    "a linked folder": packed(
        [("blobs", b""), *FILES], spoil={"blobs": typed(tarfile.SYMTYPE, "/tmp")}
    ),
    "a blob twice": packed([*FILES, (NAME, b"one")]),
    "a blob twice, once with a dot": packed([*FILES, (f"./{NAME}", b"one")]),
    "an index twice": packed([*FILES, FILES[0]]),
    "an absolute name": packed([*FILES, ("/etc/passwd", b"x")]),
    "an absolute blob": packed([*FILES, (f"/{NAME}", b"one")]),
    "a way out": packed([*FILES, ("../evil", b"x")]),
    "a way out through blobs": packed([*FILES, ("blobs/sha256/../../../evil", b"x")]),
    "a dot too many": packed([*FILES, (f"././{NAME}x", b"x")]),
    "a folder out": packed([*FILES, ("../", b"")]),
    "another folder": packed([*FILES, ("evil/", b"")]),
    "another file": packed([*FILES, ("README", b"x")]),
    "a blob in capitals": packed([*FILES, (NAME.upper(), b"one")]),
    "a blob of another kind": packed([*FILES, (f"blobs/sha512/{'0' * 128}", b"x")]),
    "a line behind a name": packed([*FILES, (f"{NAME}\n", b"one")]),
    "a name by posix": packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"path": "../evil"}}),
    "a lock with something in it": packed([*FILES, (".modelops-bundle.lock", b"x")]),
    "other bytes": packed(with_text(NAME, b"two")),
    "fewer bytes": packed(with_text(NAME, b"on")),
    "a manifest exchanged": packed(
        with_text(BLOBS + manifest_of([ONE]).digest.hex, manifest_of([]).data)
    ),
    "cut in a blob": packed(FILES)[: 512 * 4 + 3],
    "cut behind a blob": packed(FILES)[: 512 * 4],
    "cut in a header": packed(FILES)[: 512 * 4 + 100],
    "a size beyond the end": raw(field(124, b"77777777777\0")),
    "a huge size": raw(field(124, b"\x80" + b"\xff" * 11)),
    "a negative size": raw(field(124, b"\xff" * 12)),
    "a size with a sign": raw(field(124, b"-0000000030\0")),
    "a size in words": raw(field(124, b"thirty     \0")),
    "an unknown kind": raw(field(156, b"V")),
    "a long name of GNU's": raw(field(156, b"L")),
    "a long link of GNU's": raw(field(156, b"K")),
    "a prefix": raw(lambda h: (field(257, b"ustar\x0000")(h), field(345, b"..")(h), None)[-1]),
    "a wrong sum": packed(FILES).replace(b"0000644\0", b"0000755\0", 1),
    "a folder with bytes": packed(
        [("blobs", b"x"), *FILES],
        spoil={"blobs": lambda info: setattr(info, "type", tarfile.DIRTYPE)},
    ),
    "posix: a negative size": packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"size": "-512"}}),
    "posix: a size in words": packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"size": "x"}}),
    "posix: a long size": packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"size": "9" * 5000}}),
    "posix: a size beyond": packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"size": "999999"}}),
    "posix: too much": packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"comment": "x" * 70_000}}),
    "no index": packed(without("index.json")),
    "no marker": packed(without("oci-layout")),
    "another version": packed(with_text("oci-layout", b'{"imageLayoutVersion": "2.0.0"}')),
    "an index that is none": packed(with_text("index.json", b"[]")),
    "a deep index": packed(with_text("index.json", b"[" * 100_000)),
    "a large index": packed(
        with_text("index.json", b'{"manifests": []' + b" " * LARGEST_MANIFEST + b"}")
    ),
    "a manifest that is not there": packed(
        with_text("index.json", json.dumps({"manifests": OTHERS[:1]}).encode())
    ),
    "an index of several": packed(
        {
            **nested(*(described(as_blob(each)) for each in BOTH)),
            BLOBS + BOTH[1].digest.hex: BOTH[1].data,
        }.items()
    ),
    "a tag that points to two": packed(
        with_text(
            "index.json",
            json.dumps({"manifests": [{**each, "annotations": {TAG: "v1"}} for each in OTHERS]}).encode(),
        )
    ),
    "a size that lies": packed(manifest_with(layers=[{**described(ONE), "size": 4}])),
    "a size of more than all": packed(manifest_with(layers=[{**described(ONE), "size": 2**60}])),
    "a digest of another kind": packed(
        manifest_with(layers=[{**described(ONE), "digest": f"blake3:{'0' * 64}"}])
    ),
    "layers that are none": packed(manifest_with(layers={"a": 1})),
    "a manifest that is none": packed(manifest_with(config=[1])),
    "gzip: cut": gzip.compress(packed(FILES))[:-20],
    "gzip: damaged": gzip.compress(packed(FILES))[:100] + b"x" * 200,
    "gzip: nothing": b"\x1f\x8b",
    "gzip: no tar": gzip.compress(b"x" * 5000),
    "gzip twice": gzip.compress(gzip.compress(packed(FILES))),
}  # fmt: skip


@pytest.mark.parametrize("data", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_tars(path: Path, target: LayoutRemote, data: bytes, tmp_path: Path) -> None:
    kept = put_manifest(target, "v1", note="kept")
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DamagedBundleError) as caught:
        read(path, data, target)
    assert caught.value.why
    assert caught.value.mend
    assert target.manifest("v1") == kept
    assert list(target.tags()) == ["v1"]
    # Nothing was put at all, and nothing was left.
    assert sorted(tmp_path.rglob("*")) == sorted([*before, path])


def test_the_hostile_ones_would_be_read_if_they_were_not(path: Path, target: LayoutRemote) -> None:
    assert read(path, packed(FILES), target)
    assert read(path, raw(lambda header: None), target)
    assert read(path, packed(manifest_with()), target)
    assert read(path, packed(FILES, tarfile.PAX_FORMAT, pax={NAME: {"comment": "x"}}), target)
    assert read(path, packed([*FILES, (".modelops-bundle.lock", b"")]), target)


def test_a_bomb_is_not_unpacked(path: Path, target: LayoutRemote, tmp_path: Path) -> None:
    large = bytes(50_000_000)
    bomb = gzip.compress(packed(content(large).items()), compresslevel=1)
    assert len(bomb) < 1_000_000
    spool = tmp_path / "spool"
    spool.mkdir()
    with pytest.raises(DamagedBundleError, match="more than 1000000 bytes"):
        read(path, bomb, target, largest=1_000_000, spool=os.fspath(spool))
    assert os.listdir(spool) == []
    assert read(path, bomb, target, largest=60_000_000, spool=os.fspath(spool))
    assert os.listdir(spool) == []


def test_memory_does_not_grow_with_the_tar(path: Path, target: LayoutRemote) -> None:
    data = noise(40_000_000)
    path.write_bytes(packed(content(data).items()))
    tracemalloc.start()
    try:
        read_layout_tar(os.fspath(path), target)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 10_000_000
    assert target.holds(blob_of(data))


@pytest.mark.needs_root
@pytest.mark.skipif(bool(mounts.available()), reason=mounts.available() or "available")
def test_no_room_to_unpack(path: Path, target: LayoutRemote, tmp_path: Path) -> None:
    bomb = gzip.compress(packed(content(bytes(5_000_000)).items()))
    with (
        mounts.tmpfs(tmp_path / "small", size="256k") as disk,
        pytest.raises(DamagedBundleError, match="unpacked it has more than"),
    ):
        read(path, bomb, target, spool=os.fspath(disk))
    assert list(target.tags()) == []


@pytest.mark.needs_root
@pytest.mark.skipif(bool(mounts.available()), reason=mounts.available() or "available")
@pytest.mark.parametrize(
    ("begin", "why"), [(bytes(512), "empty tar"), (b"0" * 512, "no tar"), (b"", "too short")]
)
def test_what_does_not_begin_like_a_tar_is_not_unpacked(
    path: Path, target: LayoutRemote, tmp_path: Path, begin: bytes, why: str
) -> None:
    bomb = gzip.compress(begin + bytes(5_000_000 if begin else 0))
    # Where nothing can be kept, nothing was.
    with (
        mounts.tmpfs(tmp_path / "small", size="64k") as disk,
        pytest.raises(DamagedBundleError, match=why),
    ):
        read(path, bomb, target, spool=os.fspath(disk))


def test_a_file_that_cannot_be_read(tmp_path: Path, target: LayoutRemote) -> None:
    for name in ("missing.tar", "."):
        with pytest.raises(StorageError, match="cannot read"):
            read_layout_tar(f"{tmp_path}/{name}", target)


class Spoiling(LayoutRemote):
    """A layout that sees to it that the tar is changed when the first blob is put."""

    spoil: Callable[[], object]

    def holds(self, blob: Blob) -> bool:
        self.spoil()
        return super().holds(blob)


def test_a_tar_that_changes_meanwhile(path: Path, tmp_path: Path) -> None:
    data = packed(content(noise(100_000)).items())
    target = Spoiling(f"{tmp_path}/target")
    target.spoil = lambda: path.write_bytes(data.replace(noise(100_000), noise(100_000, 1)))
    with pytest.raises(InputsChangedError):
        read(path, data, target)
    assert list(target.tags()) == []


# --- other tools ----------------------------------------------------------------------------


@pytest.mark.needs_servers
@pytest.mark.skipif(shutil.which("skopeo") is None, reason="skopeo is not installed")
def test_skopeo_reads_and_writes_them(
    source: LayoutRemote, target: LayoutRemote, tmp_path: Path
) -> None:
    kept = put_manifest(source, "v1", [b"one", noise(100_000)])
    (tmp_path / "a.tar").write_bytes(written(source, (kept, "v1")))
    skopeo = ["skopeo", "--insecure-policy"]
    raw_text = subprocess.run(
        [*skopeo, "inspect", "--raw", f"oci-archive:{tmp_path}/a.tar:v1"],
        check=True,
        capture_output=True,
    )
    assert raw_text.stdout == kept.data
    copy = ["copy", f"oci:{tmp_path}/source:v1", f"oci-archive:{tmp_path}/b.tar:v2"]
    subprocess.run([*skopeo, *copy], check=True, capture_output=True)
    assert list(read_layout_tar(f"{tmp_path}/b.tar", target)) == [Imported(kept.digest, "v2")]
    assert target.manifest("v2") == kept
