"""Bundles as `oras`, a Python client that knows nothing of them, finds them in a real registry."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oras.client
import pytest

from modelops_bundle.bundle.media import ARTIFACT_TYPE, CHUNK, IMAGE_MANIFEST, INDEX_V2, PACK
from tests.support.command import Project
from tests.support.places import registry_place

pytestmark = [pytest.mark.slow, pytest.mark.needs_servers]

#: Files of more than 8 MiB go in chunks.
LARGE = 9 << 20


@dataclass
class Site:
    """A project, a place in a registry, and what `oras` finds there."""

    ann: Project
    place: str
    client: oras.client.OrasClient

    def push(self, *arguments: str) -> str:
        """Push under the tag ``v1``; the digest."""
        digest: str = self.ann.json("push", self.ref, *arguments)["digest"]
        return digest

    @property
    def ref(self) -> str:
        return f"{self.place}:v1"

    def tags(self) -> list[str]:
        return self.client.get_tags(self.place)

    def manifest(self) -> dict[str, Any]:
        return self.client.get_manifest(self.ref)

    def manifest_bytes(self) -> bytes:
        url = f"{self.client.prefix}://{self.client.get_container(self.ref).manifest_url()}"
        reply = self.client.do_request(url, headers={"Accept": IMAGE_MANIFEST})
        assert reply.status_code == 200
        return reply.content

    def blob(self, digest: str) -> bytes:
        reply = self.client.get_blob(self.place, digest)
        assert reply.status_code == 200
        return reply.content

    def pull(self, folder: Path) -> dict[str, Path]:
        """Pull into a folder; each file that came, by its path in it."""
        written = [Path(each) for each in self.client.pull(self.ref, outdir=str(folder))]
        return {each.relative_to(folder).as_posix(): each for each in written}


@pytest.fixture
def site(registered: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    # It reads the credentials that docker keeps at home.
    monkeypatch.setenv("HOME", str(tmp_path))
    with registry_place(tmp_path) as desk:
        ann = desk.user(registered, "ann")
        (ann.folder / "large.bin").write_bytes(random.Random(1).randbytes(LARGE))
        (ann.folder / "notes.txt").write_text("for whoever reads them\n")
        ann.run("add", "large.bin", "notes.txt")
        host = desk.place.partition("/")[0]
        client = oras.client.OrasClient(hostname=host, insecure=True, tls_verify=False)
        yield Site(ann, desk.place, client)


def sha256(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def test_the_manifest_is_what_it_says(site: Site) -> None:
    digest = site.push()
    manifest = site.manifest()
    assert manifest["artifactType"] == ARTIFACT_TYPE
    assert manifest["config"]["mediaType"] == INDEX_V2
    kinds = Counter(layer["mediaType"] for layer in manifest["layers"])
    assert kinds.keys() == {PACK, CHUNK}
    assert kinds[CHUNK] > 1
    raw = site.manifest_bytes()
    assert sha256(raw) == digest
    assert json.loads(raw) == manifest


def test_every_blob_is_there(site: Site) -> None:
    site.push()
    manifest = site.manifest()
    for said in (manifest["config"], *manifest["layers"]):
        data = site.blob(said["digest"])
        assert (sha256(data), len(data)) == (said["digest"], said["size"])
    ours = site.ann.json("manifest", "v1")
    assert manifest["config"]["digest"] == ours["index"]
    assert {layer["digest"] for layer in manifest["layers"]} == {
        each["digest"] for each in ours["blobs"]
    }


def test_the_tag_of_what_refers_to_a_bundle_is_no_tag_of_ours(site: Site) -> None:
    digest = site.push()
    assert site.ann.json("tags")["tags"] == {"v1": digest}
    assert site.ann.run("tags").stdout.split() == ["v1", digest]
    # A registry with no list of what refers to a manifest has that list under a tag of its own.
    assert {*site.tags()} - {digest.replace(":", "-")} == {"v1"}


def test_a_pull_brings_the_blobs_under_their_digests(site: Site, tmp_path: Path) -> None:
    site.push()
    pulled = site.pull(tmp_path / "pulled")
    assert pulled.keys() == {layer["digest"] for layer in site.manifest()["layers"]}
    assert {name: sha256(path.read_bytes()) for name, path in pulled.items()} == {
        name: name for name in pulled
    }


def test_a_pull_of_index_version_1_brings_the_files(site: Site, tmp_path: Path) -> None:
    site.push("--index-version", "1")
    pulled = site.pull(tmp_path / "pulled")
    assert pulled.keys() == site.ann.json("manifest", "v1")["files"].keys()
    assert "large.bin" in pulled
    for name, path in pulled.items():
        assert path.read_bytes() == (site.ann.folder / name).read_bytes(), name
