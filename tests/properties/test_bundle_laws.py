"""From a folder to a bundle and back: all that may be in a folder survives, and nothing else counts."""

from __future__ import annotations

import os
import random
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from hypothesis import given, settings
from hypothesis import strategies as st

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.adapters.work_tree import DiskTree
from modelops_bundle.bundle.contents import Contents, FileEntry, LinkEntry, links_of
from modelops_bundle.bundle.index import InChunks, InPack
from modelops_bundle.bundle.index_text import parse_index
from modelops_bundle.bundle.manifest import read_manifest
from modelops_bundle.bundle.paths import path_problem, problems_of
from modelops_bundle.bundle.remote import Blob
from modelops_bundle.bundle.settings import StorageSettings
from modelops_bundle.identity.recipes import content_digest, sha256_digest
from modelops_bundle.project.layout import Layout
from modelops_bundle.workflows.bundles.making import Made, make_bundle

MIB = 1 << 20


class File(NamedTuple):
    """A file to write: few seeds, so that some have the same bytes."""

    size: int
    seed: int
    executable: bool

    def data(self) -> bytes:
        return random.Random(self.seed).randbytes(self.size)


#: Characters that are allowed and that somebody's program stumbles over.
NASTY = " .-#'\"*?[]{}$&;|<>~^%@!:=,+()aAzß\u0301é\u200b\u202e\u3000\ufeff\ufffd\u07ff\U0001f600\U0010ffff"
names = st.text(NASTY, min_size=1, max_size=5) | st.sampled_from(
    ["CON", "a" * 200, "ｆｕｌｌ", "null", "1.0", "no", "..a", "...b", ".gitx"]
)
paths = (
    st.lists(names, min_size=1, max_size=3)
    .map("/".join)
    .filter(lambda path: path_problem(path) is None)
)
sizes = st.sampled_from([0, 1, 2, 1000, MIB // 2, MIB - 1, MIB, MIB + 1, 3 * MIB])
files = st.builds(File, sizes, st.integers(0, 2), st.booleans())


@st.composite
def trees(draw: st.DrawFn) -> dict[str, File | str]:
    """Files, and links to some of them, that can be in one bundle."""
    tree: dict[str, File | str] = {}
    for path, file in draw(st.dictionaries(paths, files, max_size=8)).items():
        if not list(problems_of({*tree, path}, {})):
            tree[path] = file
    for path, number in draw(st.dictionaries(paths, st.integers(0, 10), max_size=3)).items():
        targets = [each for each in tree if each != path]
        if targets and path not in tree:
            target = os.path.relpath(targets[number % len(targets)], os.path.dirname(path) or ".")
            links = {each: said for each, said in tree.items() if isinstance(said, str)}
            if not list(problems_of({*tree, path}, {**links, path: target})):
                tree[path] = target
    return tree


def written(root: Path, tree: Mapping[str, File | str], seed: int) -> DiskTree:
    """The folder of a tree, made in some order."""
    order = list(tree)
    random.Random(seed).shuffle(order)
    for path in order:
        place, said = root / path, tree[path]
        place.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(said, str):
            place.symlink_to(said)
        else:
            place.write_bytes(said.data())
            place.chmod(0o755 if said.executable else 0o644)
    return DiskTree(Layout(str(root)), DiskFiles(str(root)))


def expected(tree: Mapping[str, File | str]) -> Contents:
    return {
        path: LinkEntry(said)
        if isinstance(said, str)
        else FileEntry(content_digest(said.data()), said.size, said.executable)
        for path, said in tree.items()
    }


def sent(made: Made, blob: Blob) -> bytes:
    data = b"".join(made.reader(blob)())
    assert (sha256_digest(data), len(data)) == (blob.digest, blob.size)
    return data


@settings(max_examples=60, deadline=None)
@given(trees(), st.integers(0, 5), st.integers(0, 5))
def test_a_folder_becomes_a_bundle_and_comes_back(
    tree: dict[str, File | str], one: int, other: int
) -> None:
    with tempfile.TemporaryDirectory() as first, tempfile.TemporaryDirectory() as second:
        source = written(Path(first), tree, one)
        found = source.gather(source.everything())
        assert found.missing == ()
        assert found.contents == expected(tree)
        assert list(problems_of(found.contents, links_of(found.contents))) == []
        made = make_bundle(source, found.contents, StorageSettings())

        index = parse_index(made.index_data)
        assert index == made.index
        said = read_manifest(made.manifest, "r.io/m")
        assert said.index == made.index_blob
        assert list(said.layers) == list(made.registry_blobs) == index.blobs()
        assert made.storage_blobs == ()

        data = {blob: sent(made, blob) for blob in index.blobs()}
        for path, file in tree.items():
            if isinstance(file, File):
                place = index.places.get(path)
                if isinstance(place, InPack):
                    got = data[place.pack][place.offset : place.offset + file.size]
                else:
                    got = (
                        b"".join(data[blob] for blob in place.chunks)
                        if isinstance(place, InChunks)
                        else b""
                    )
                assert got == file.data()

        copy = written(Path(second), dict(reversed(tree.items())), other)
        again = make_bundle(copy, copy.gather(copy.everything()).contents, StorageSettings())
        assert again.manifest == made.manifest


@settings(max_examples=30, deadline=None)
@given(trees(), st.sampled_from([0, 1, MIB, 2 * MIB]), st.sampled_from(["auto", "blob-only"]))
def test_blob_storage_takes_blobs_and_changes_nothing_else(
    tree: dict[str, File | str], threshold: int, mode: str
) -> None:
    storage = StorageSettings(mode, threshold, "s3", "bucket")
    with tempfile.TemporaryDirectory() as folder:
        source = written(Path(folder), tree, 0)
        contents = source.gather(source.everything()).contents
        plain = make_bundle(source, contents, StorageSettings())
        stored = make_bundle(source, contents, storage)
    assert stored.index_data == plain.index_data
    assert {*stored.registry_blobs, *stored.storage_blobs} == set(plain.registry_blobs)
    assert not {*stored.registry_blobs} & {*stored.storage_blobs}
    assert {*stored.index.packs()} <= {*stored.registry_blobs}
    named = read_manifest(stored.manifest, "r.io/m").annotations
    assert bool(named) == bool(stored.storage_blobs)
