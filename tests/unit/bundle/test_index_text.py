"""The text of an index, and what comes from somebody who means harm or whose disk is broken."""

from __future__ import annotations

import copy
import json
import threading
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelops_bundle.bundle.chunking import LARGEST_CHUNK
from modelops_bundle.bundle.contents import Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.index import BundleIndex, InChunks, InPack, Place
from modelops_bundle.bundle.index_text import dump_index, parse_index
from modelops_bundle.bundle.media import CHUNK, LARGEST_INDEX, PACK
from modelops_bundle.bundle.paths import MAX_FILES
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.errors import DamagedBundleError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import content_digest, sha256_digest


def file(text: str, size: int, *, executable: bool = False) -> FileEntry:
    return FileEntry(content_digest(text.encode()), size, executable)


PACKED = Blob(sha256_digest(b"pack"), 30, PACK)
CHUNKS = tuple(Blob(sha256_digest(b"%d" % n), 1 << 20, CHUNK) for n in range(2))
INDEX = BundleIndex(
    {
        "data/big.bin": file("big", 2 << 20),
        "models/sir.py": file("sir", 10),
        "run.sh": file("run", 20, executable=True),
        "leer/é": file("", 0),
        "latest": LinkEntry("data/big.bin"),
    },
    {
        "data/big.bin": InChunks(CHUNKS),
        "models/sir.py": InPack(PACKED, 0),
        "run.sh": InPack(PACKED, 10),
    },
)
DIGEST = "blake3:" + "0" * 64
HEX = "1" * 64


def good() -> dict[str, Any]:
    return dict(json.loads(dump_index(INDEX)))


def with_file(**said: Any) -> dict[str, Any]:
    return {**good(), "files": {"f": {"digest": DIGEST, "size": 0, **said}}}


def refused(document: Any) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(DamagedBundleError) as caught:
        parse_index(data)
    assert len(caught.value.summary) < 2000
    return caught.value.why


def test_what_is_written_is_read_and_written_the_same() -> None:
    data = dump_index(INDEX)
    read = parse_index(data)
    assert (read.contents, read.places, read.version) == (INDEX.contents, INDEX.places, 2)
    assert dump_index(read) == data
    assert read.blobs() == [PACKED, *CHUNKS]
    assert parse_index(dump_index(BundleIndex({}, {}))) == BundleIndex({}, {})


def test_the_text_is_the_same_whatever_the_order_of_making() -> None:
    turned = BundleIndex(
        dict(reversed(INDEX.contents.items())), dict(reversed(INDEX.places.items()))
    )
    assert dump_index(turned) == dump_index(INDEX)


def test_the_text_of_a_small_index_stays_as_it_is() -> None:
    pack = Blob(Digest("sha256", HEX), 3, PACK)
    index = BundleIndex(
        {"é": FileEntry(Digest("blake3", "2" * 64), 3, True), "l": LinkEntry("é")},
        {"é": InPack(pack, 0)},
    )
    assert dump_index(index).decode() == (
        '{"files":{"l":{"link":"é"},"é":{"digest":"blake3:' + "2" * 64 + '","executable":true,'
        '"pack":[0,0],"size":3}},"packs":[["' + HEX + '",3]],"version":"2.0"}'
    )


def test_what_a_later_minor_version_adds_is_passed_over() -> None:
    document = {**good(), "version": "2.7", "more": [1.5, {"a": None}]}
    document["files"]["run.sh"]["mode"] = "0755"
    assert parse_index(json.dumps(document).encode()).contents == INDEX.contents


@pytest.mark.parametrize(
    "data",
    [
        b"", b"null", b"1", b"[]", b'"x"', b"{", b"{}", b"\xff\xfe", b'\xef\xbb\xbf{}', b"{'a': 1}",
        b'{"a":1,}',
        b'{"version":"2.0"}', b'{"version":"2.0","packs":[]}', b'{"version":"2.0","files":{}}',
        b'{"version":"2.0","version":"2.0","packs":[],"files":{}}',
        b'{"version":"2.0","packs":[],"files":{"a":{"link":"b"},"a":{"link":"b"}}}',
        b'{"version":"2.0","packs":[],"files":{"a":{"link":"b","link":"b"}}}',
        b'{"version":"2.0","packs":[],"files":{},"x":NaN}',
        b'{"version":"2.0","packs":[],"files":{},"x":-Infinity}',
        b'{"version":"2.0","packs":[],"files":{},"x":' + b"9" * 5000 + b"}",
        b"[" * 1_000_000, b'{"a":' * 1_000_000, b'{"version":' + b"[" * 100_000,
    ],
)  # fmt: skip
def test_what_is_no_index_is_said_to_be_damaged(data: bytes) -> None:
    assert refused(data)


@pytest.mark.parametrize(
    "version", [None, 2, 2.0, "2", "1.0", "3.0", "20", "", [], True, "x" * 10_000]
)
def test_other_versions_are_refused(version: Any) -> None:
    assert "version" in refused({**good(), "version": version})


@pytest.mark.parametrize(
    "packs",
    [
        None, {}, "x", [1], [[]], [[HEX]], [[HEX, 1, 2]], [[1, HEX]], [[HEX, "1"]], [[HEX, 0]], [[HEX, -1]],
        [[HEX, 1.0]], [[HEX, True]], [[HEX, 1 << 60]], [[HEX, 65 << 20]], [[HEX[1:], 1]], [["g" * 64, 1]],
        [[HEX.upper().replace("1", "A"), 1]], [[f"sha256:{HEX}", 1]], [[HEX, 1], [HEX, 1]],
        [[HEX, 1], [HEX, 2]],
    ],
)  # fmt: skip
def test_packs_that_are_none_are_refused(packs: Any) -> None:
    assert refused({"version": "2.0", "files": {}, "packs": packs})


@pytest.mark.parametrize(
    "said",
    [
        {"digest": None}, {"digest": 1}, {"digest": []}, {"digest": ""}, {"digest": "0" * 64},
        {"digest": "sha256:" + "0" * 64}, {"digest": DIGEST + "0"}, {"digest": DIGEST + "\n"},
        {"size": None}, {"size": -1}, {"size": "0"}, {"size": 0.0}, {"size": False}, {"size": 10**30},
        {"size": 2**53 + 1}, {"size": [[]]},
        {"executable": 1}, {"executable": None}, {"executable": "true"},
        {"size": 1}, {"chunks": None}, {"chunks": {}}, {"chunks": [[HEX, 1]]}, {"size": 1,
        "chunks": [[HEX, 2]]},
        {"size": 2, "chunks": [[HEX, 1]]}, {"size": 1, "chunks": [[HEX, 1], [HEX, 0]]},
        {"size": 0, "chunks": [[HEX, 1], [HEX, -1]]}, {"size": 1, "chunks": [[HEX]]}, {"size": 1,
        "chunks": [HEX]},
        {"size": LARGEST_CHUNK + 1, "chunks": [[HEX, LARGEST_CHUNK + 1]]},
        {"pack": [0, 0]}, {"size": 1, "pack": None}, {"size": 1, "pack": [0]}, {"size": 1, "pack": [0, 0, 0]},
        {"size": 1, "pack": [1, 0]}, {"size": 1, "pack": [-1, 0]}, {"size": 1, "pack": [0, -1]},
        {"size": 1, "pack": [0, 30]}, {"size": 31, "pack": [0, 0]}, {"size": 30, "pack": [0, 1]},
        {"size": 1, "pack": [True, 0]}, {"size": 1, "pack": [0, 0.0]}, {"size": 1, "pack": ["0", 0]},
        {"size": 1, "pack": [10**20, 0]}, {"size": 1, "pack": {"0": 0}},
        {"link": None}, {"link": 1}, {"link": ["a"]}, {"link": "/etc/passwd"}, {"link": "../x"},
        {"link": "f"},
        {"link": "\ud800/../a"},
    ],
)  # fmt: skip
def test_files_that_are_none_are_refused(said: dict[str, Any]) -> None:
    assert parse_index(json.dumps(with_file()).encode()).contents == {
        "f": FileEntry(Digest.parse(DIGEST), 0)
    }
    assert refused(with_file(**said)).startswith(("f: ", "a pack or chunk", "packs, chunks"))


@pytest.mark.parametrize("value", [None, 1, "x", [], [{}]])
def test_an_entry_is_a_table(value: Any) -> None:
    assert refused({**good(), "files": {"f": value}})
    assert refused({**good(), "files": value})


@pytest.mark.parametrize(
    "path", ["../x", "/x", "a/../b", ".git/config", ".modelops-bundle/state.json", "a\nb", "\ud800"]
)
def test_paths_that_lead_elsewhere_are_refused(path: str) -> None:
    assert refused({**good(), "files": {path: {"digest": DIGEST, "size": 0}}})


def test_all_problems_of_paths_are_told_up_to_a_few() -> None:
    files = {f"../{number}": {"link": "x"} for number in range(1000)}
    assert refused({**good(), "files": files}).count(";") == 4


def test_files_do_not_share_bytes_of_a_pack() -> None:
    def pair(one: tuple[int, int], other: tuple[int, int], digest: str = DIGEST) -> dict[str, Any]:
        places = {"a": one, "b": other}
        files = {
            path: {"digest": DIGEST, "pack": [0, offset], "size": size}
            for path, (offset, size) in places.items()
        }
        files["b"]["digest"] = digest
        return {**good(), "files": files}

    for one, other in (((0, 10), (9, 10)), ((0, 30), (5, 1)), ((5, 1), (0, 30)), ((0, 5), (0, 6))):
        assert "shares bytes" in refused(pair(one, other))
    assert "b: it shares bytes" in refused(pair((0, 10), (0, 10), "blake3:" + HEX))
    for one, other in (((0, 10), (10, 20)), ((10, 1), (0, 10))):
        assert len(parse_index(json.dumps(pair(one, other)).encode()).places) == 2


def test_equal_files_may_be_the_same_bytes_of_a_pack() -> None:
    contents: dict[str, Entry] = {path: file(path[-1], 15) for path in ("x/1", "x/2", "y/1", "y/2")}
    places: dict[str, Place] = {path: InPack(PACKED, 15 * (path[-1] == "2")) for path in contents}
    index = BundleIndex(contents, places)
    assert parse_index(dump_index(index)) == index
    assert index.members() == {PACKED: ["x/1", "x/2"]}


def test_errors_show_little_of_what_is_said() -> None:
    assert len(refused(with_file(digest="x" * 10_000_000))) < 300
    assert refused(with_file(size=[[[["x"]]]])) == "f: a list is no number of bytes"
    assert "a table" in refused({**good(), "version": {"a": 1}})
    assert len(refused({**good(), "files": {"p" * 100_000: 1}})) < 500


@pytest.mark.parametrize("where", ["version", "packs", "digest", "size", "pack", "link", "other"])
def test_depth_ends_in_the_same_error_wherever_it_is(where: str) -> None:
    for depth in (*range(880, 1000, 4), 5000):
        deep = "[" * depth + "]" * depth
        if where in ("version", "packs", "other"):
            text = json.dumps({**good(), where: "DEEP"})
        else:
            text = json.dumps(with_file(**{where: "DEEP"}))
        try:
            parse_index(text.replace('"DEEP"', deep).encode())
        except DamagedBundleError:
            continue
        assert where == "other"


def test_depth_does_not_kill_a_thread_with_a_small_stack() -> None:
    size = threading.stack_size(512 << 10)
    try:
        thread = threading.Thread(
            target=refused, args=(b'{"version":' + b"[" * 900 + b"]" * 900 + b"}",)
        )
        thread.start()
        thread.join()
    finally:
        threading.stack_size(size)


def test_an_index_that_is_too_long_is_not_read() -> None:
    assert str(LARGEST_INDEX) in refused(b" " * (LARGEST_INDEX + 1))


def test_many_files_take_seconds() -> None:
    count = 100_000
    pack = Blob(sha256_digest(b"p"), count, PACK)
    contents: dict[str, Entry] = {
        f"runs/{n // 100}/out{n}.csv": file(str(n), 1) for n in range(count)
    }
    places: dict[str, Place] = {path: InPack(pack, n) for n, path in enumerate(contents)}
    index = BundleIndex(contents, places)
    assert parse_index(dump_index(index)) == index


@pytest.mark.slow
def test_as_many_files_as_may_be_are_read_and_one_more_is_not() -> None:
    entry = json.dumps({"digest": DIGEST, "size": 0})
    files = ",".join(f'"d{n // 1000}/f{n}":{entry}' for n in range(MAX_FILES))
    head = '{"version":"2.0","packs":[],"files":{'
    assert len(parse_index(f"{head}{files}}}}}".encode()).contents) == MAX_FILES
    assert f"{MAX_FILES + 1} files" in refused(f'{head}{files},"x":{entry}}}}}'.encode())


def _spots(value: Any, way: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, list)
        else ()
    )
    return [way] * bool(way) + [spot for key, each in inner for spot in _spots(each, (*way, key))]


SPOTS = _spots(good())
values = st.recursive(
    st.none() | st.booleans() | st.integers(-2, 40) | st.integers() | st.floats() | st.text(max_size=4)
    | st.sampled_from([HEX, DIGEST, "..", "a/b", "\ud800", 2**53, 10**400, ""]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=4,
)  # fmt: skip


@settings(max_examples=400)
@given(
    st.lists(
        st.tuples(st.sampled_from(SPOTS), values, st.sampled_from("sdk")), min_size=1, max_size=3
    )
)
def test_a_changed_index_is_read_or_refused_and_nothing_else(changes: list[Any]) -> None:
    document = copy.deepcopy(good())
    for way, value, how in changes:
        _change(document, way, value, how)
    _is_read_or_refused(json.dumps(document).encode())


def _change(document: Any, way: tuple[Any, ...], value: Any, how: str) -> None:
    """Set a value, delete it, or let another key or a second item have it."""
    try:
        for key in way[:-1]:
            document = document[key]
        if how == "s":
            document[way[-1]] = value
        elif how == "d":
            del document[way[-1]]
        elif isinstance(document, list):
            document.append(document[way[-1]])
        else:
            document[str(value)[:20]] = document.pop(way[-1])
    except (AttributeError, KeyError, IndexError, TypeError):
        pass  # an earlier change took it away


def _is_read_or_refused(data: bytes) -> None:
    try:
        index = parse_index(data)
    except DamagedBundleError as error:
        message = error.summary
    else:
        assert parse_index(dump_index(index)) == index
        return
    assert len(message) < 3000


@settings(max_examples=300)
@given(st.data())
def test_changed_bytes_are_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    text = bytearray(dump_index(INDEX))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, len(text) - 1))
        end = at + data.draw(st.integers(0, 4))
        text[at:end] = data.draw(
            st.binary(max_size=3) | st.sampled_from([b"[", b'"', b"9" * 400, b"-1", b"1e9"])
        )
    _is_read_or_refused(bytes(text))


@given(st.binary(max_size=100))
def test_any_bytes_are_refused(data: bytes) -> None:
    refused(data)
