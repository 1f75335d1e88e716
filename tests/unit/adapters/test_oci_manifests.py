"""Manifests, tags and referrers of a registry that fails, lies, or is of an older kind."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from tests.fakes.oci_registry import FakeRegistry, Fault, fake_registry
from tests.support.oci_clients import REPOSITORY, client
from tests.support.remotes import as_blob, manifest_of, put_manifest

from modelops_bundle.adapters.oci.registry import RegistryRemote
from modelops_bundle.bundle.media import (
    IMAGE_INDEX,
    IMAGE_MANIFEST,
    LARGEST_MANIFEST,
    PROVENANCE,
    RESULTS,
)
from modelops_bundle.bundle.remote import Manifest
from modelops_bundle.errors import DamagedBundleError, RemoteError
from modelops_bundle.identity.digest import Digest
from modelops_bundle.identity.recipes import sha256_digest

OTHER = f"sha256:{'0' * 64}"
MANIFEST = "GET /v2/.*/manifests/"


@pytest.fixture
def fake() -> Iterator[FakeRegistry]:
    with fake_registry() as registry:
        yield registry


@pytest.fixture
def remote(fake: FakeRegistry) -> Iterator[RegistryRemote]:
    with client(fake) as remote:
        yield remote


# --- manifests ------------------------------------------------------------------------------


def test_manifests_of_every_kind_are_asked_for(fake: FakeRegistry, remote: RegistryRemote) -> None:
    put_manifest(remote, "v1")
    remote.manifest("v1")
    accepted = fake.requests[-1].headers["Accept"]
    for kind in (
        IMAGE_MANIFEST,
        IMAGE_INDEX,
        "application/vnd.docker.distribution.manifest.v2+json",
    ):
        assert kind in accepted


@pytest.mark.parametrize("by", ["tag", "digest"])
def test_other_bytes_than_the_digests(fake: FakeRegistry, remote: RegistryRemote, by: str) -> None:
    kept = put_manifest(remote, "v1")
    fake.fail(MANIFEST, Fault(change=lambda data: data.replace(b"note", b"nota")))
    with pytest.raises(DamagedBundleError, match="should have the digest"):
        remote.manifest("v1" if by == "tag" else str(kept.digest))


def test_what_a_registry_says_of_a_digest_does_not_count(
    fake: FakeRegistry, remote: RegistryRemote
) -> None:
    kept, other = put_manifest(remote, "v1"), manifest_of(note="other")
    said: dict[str, str | None] = {"Docker-Content-Digest": str(kept.digest)}
    fake.fail(MANIFEST, Fault(body=other.data, headers=said))
    with pytest.raises(DamagedBundleError):
        remote.manifest(str(kept.digest))
    fake.heal()
    fake.fail(MANIFEST, Fault(headers={"Docker-Content-Digest": None}))
    assert remote.manifest("v1") == kept


@pytest.mark.parametrize("endless", [True, False])
def test_too_large_manifests(fake: FakeRegistry, remote: RegistryRemote, endless: bool) -> None:
    put_manifest(remote, "v1")
    body = b"x" * (LARGEST_MANIFEST + 1)
    fake.fail(MANIFEST, Fault(endless=True) if endless else Fault(body=body))
    with pytest.raises(DamagedBundleError, match="more than"):
        remote.manifest("v1")


@pytest.mark.parametrize("said", ["application/json", None, "text/plain; charset=utf-8"])
def test_a_server_that_does_not_know_what_it_has(
    fake: FakeRegistry, remote: RegistryRemote, said: str | None
) -> None:
    kept = put_manifest(remote, "v1")
    fake.fail(MANIFEST, Fault(headers={"Content-Type": said}))
    assert remote.manifest("v1") == kept


@pytest.mark.parametrize(
    "fault",
    [
        {"headers": {"Docker-Content-Digest": None}},
        {"headers": {"Docker-Content-Digest": "sha512:" + "0" * 128}},
        {"status": 405},
    ],
    ids=["none", "another", "no HEAD"],
)
def test_a_head_that_tells_no_digest(
    fake: FakeRegistry, remote: RegistryRemote, fault: dict[str, Any]
) -> None:
    kept = put_manifest(remote, "v1")
    fake.fail("HEAD .*/manifests/", Fault(**fault))
    assert remote.resolve("v1") == kept.digest
    assert len(fake.lines(MANIFEST)) == 1


def test_a_registry_that_keeps_something_else(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.fail("PUT .*/manifests/", Fault(headers={"Docker-Content-Digest": OTHER}))
    with pytest.raises(RemoteError, match="has kept 000000000000 instead"):
        put_manifest(remote, "v1")


def test_a_manifest_is_put_again_when_that_failed_in_passing(
    fake: FakeRegistry, remote: RegistryRemote
) -> None:
    fake.fail("PUT .*/manifests/", Fault(times=1, drop=True))
    fake.fail("PUT .*/manifests/", Fault(times=1, status=502))
    kept = put_manifest(remote, "v1")
    assert remote.resolve("v1") == kept.digest


def test_what_the_registry_says_is_told(fake: FakeRegistry, remote: RegistryRemote) -> None:
    errors = [{"code": "MANIFEST_INVALID", "message": "no\x1b[31m good\n at all", "detail": {}}]
    body = json.dumps({"errors": errors}).encode()
    fake.fail("PUT .*/manifests/", Fault(status=400, body=body))
    with pytest.raises(RemoteError) as caught:
        put_manifest(remote, "v1")
    assert "status 400 (MANIFEST_INVALID: no [31m good at all)" in caught.value.summary


def test_a_tag_is_put_between_looking_and_putting(
    fake: FakeRegistry, remote: RegistryRemote
) -> None:
    seen: list[Digest | None] = []
    fake.before_tag = lambda tag: seen.append(sha256_digest(tag.encode()))
    put_manifest(remote, "v1")
    assert seen == [sha256_digest(b"v1")]


# --- tags -----------------------------------------------------------------------------------


def tagged(fake: FakeRegistry, *names: str) -> None:
    repository = fake.repository(REPOSITORY)
    repository.manifests[OTHER] = (IMAGE_MANIFEST, b"{}")
    repository.tags.update(dict.fromkeys(names, OTHER))


def test_a_list_of_many_pages(fake: FakeRegistry, remote: RegistryRemote) -> None:
    names = [f"v{number:03}" for number in range(25)]
    tagged(fake, *names)
    fake.page = 3
    assert list(remote.tags()) == names
    assert len(fake.lines("tags/list")) == 9


@pytest.mark.parametrize(
    "link",
    [
        "<{url}/v2/team/model/tags/list?last=b>; rel=next",
        '<?last=b>;rel="next"',
        "</elsewhere>; rel=prev, <https://127.0.0.1/v2/team/model/tags/list?last=b>; rel=next",
    ],
)
def test_how_the_next_page_may_be_named(
    fake: FakeRegistry, remote: RegistryRemote, link: str
) -> None:
    tagged(fake, "a", "b", "c", "d")
    fake.fail("tags/list$", Fault(headers={"Link": link.format(url=fake.url)}))
    assert list(remote.tags()) == ["a", "b", "c", "d"]


def test_a_list_does_not_go_on_elsewhere(fake: FakeRegistry, remote: RegistryRemote) -> None:
    tagged(fake, "a")
    fake.fail("tags/list", Fault(headers={"Link": "<http://localhost:1/x>; rel=next"}))
    with pytest.raises(RemoteError, match="goes on at another host"):
        remote.tags()


def test_a_list_without_end(fake: FakeRegistry, remote: RegistryRemote) -> None:
    tagged(fake, "a")
    fake.fail("tags/list", Fault(headers={"Link": "</v2/team/model/tags/list?n=1>; rel=next"}))
    with pytest.raises(RemoteError, match="no end"):
        remote.tags()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"name": "x", "tags": null}', []),
        (b"{}", []),
        (b'{"tags": ["b", "a", "a", 7, "\\u001b[31m", "../x", ""]}', ["a", "b"]),
    ],
)
def test_odd_lists(
    fake: FakeRegistry, remote: RegistryRemote, body: bytes, expected: list[str]
) -> None:
    fake.fail("tags/list", Fault(status=200, body=body))
    assert list(remote.tags()) == expected


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b'{"tags": "a"}', b"[" * 100_000])
def test_no_lists(fake: FakeRegistry, remote: RegistryRemote, body: bytes) -> None:
    fake.fail("tags/list", Fault(status=200, body=body))
    with pytest.raises(RemoteError, match="is no list"):
        remote.tags()


# --- referrers ------------------------------------------------------------------------------


def entries_of(fake: FakeRegistry, subject: Manifest) -> list[dict[str, Any]]:
    """What the index has that clients keep."""
    repository = fake.repository(REPOSITORY)
    _, data = repository.manifests[repository.tags[f"sha256-{subject.digest.hex}"]]
    entries: list[dict[str, Any]] = json.loads(data)["manifests"]
    return entries


def test_the_registrys_own_list_is_asked_for_one_type(
    fake: FakeRegistry, remote: RegistryRemote
) -> None:
    bundle = put_manifest(remote, "v1")
    runs = [
        put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(bundle), note=str(each))
        for each in range(5)
    ]
    assert sorted(remote.referrers(bundle.digest, RESULTS)) == sorted(map(as_blob, runs))
    (first, *rest) = fake.lines("/referrers/")
    assert first.endswith("?artifactType=application%2Fvnd.modelops.bundle.results.v1")
    assert len(rest) == 2
    assert list(remote.referrers(bundle.digest, PROVENANCE)) == []
    assert list(remote.tags()) == ["v1"]
    assert list(fake.repository(REPOSITORY).tags) == ["v1"]


def test_without_a_list_clients_keep_an_index(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.has_referrers = False
    bundle = put_manifest(remote, "v1")
    origin = put_manifest(
        remote, None, artifact_type=PROVENANCE, subject=as_blob(bundle), note="hello"
    )
    assert entries_of(fake, bundle) == [
        {
            "mediaType": IMAGE_MANIFEST,
            "digest": str(origin.digest),
            "size": len(origin.data),
            "artifactType": PROVENANCE,
            "annotations": {"note": "hello"},
        }
    ]
    # It is how the list is kept, not a tag that somebody gave.
    assert list(remote.tags()) == ["v1"]


def test_what_others_entered_stays(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.has_referrers = False
    bundle = put_manifest(remote, "v1")
    theirs: dict[str, Any] = {"mediaType": "x/y", "digest": OTHER, "size": 5, "unknown": [1]}
    index = {"schemaVersion": 2, "manifests": [theirs, "junk"], "annotations": {"a": "b"}}
    data = json.dumps(index).encode()
    remote.put_manifest(
        Manifest(sha256_digest(data), IMAGE_INDEX, data), f"sha256-{bundle.digest.hex}"
    )
    run = put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(bundle))
    assert entries_of(fake, bundle)[:2] == [theirs, "junk"]
    assert list(remote.referrers(bundle.digest, RESULTS)) == [as_blob(run)]


def test_an_entry_that_somebody_overwrote_is_entered_again(
    fake: FakeRegistry, remote: RegistryRemote
) -> None:
    fake.has_referrers = False
    bundle = put_manifest(remote, "v1")
    # The first look finds no index, and so does the one after it was put.
    fake.fail("GET .*/manifests/sha256-", Fault(times=2, status=404))
    run = put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(bundle))
    assert len(fake.lines("PUT .*/manifests/sha256-")) == 2
    assert list(remote.referrers(bundle.digest, RESULTS)) == [as_blob(run)]


def test_entries_that_are_overwritten_for_ever(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.has_referrers = False
    bundle = put_manifest(remote, "v1")
    fake.fail("GET .*/manifests/sha256-", Fault(status=404))
    with pytest.raises(RemoteError, match="change the list"):
        put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(bundle))


def test_a_tag_that_is_no_index(fake: FakeRegistry, remote: RegistryRemote) -> None:
    fake.has_referrers = False
    bundle = put_manifest(remote, "v1")
    remote.put_manifest(manifest_of(note="x"), f"sha256-{bundle.digest.hex}")
    with pytest.raises(RemoteError, match="is no index"):
        put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(bundle))
    with pytest.raises(RemoteError, match="is no index"):
        remote.referrers(bundle.digest, RESULTS)


def test_entries_that_cannot_be_used_are_left_out(
    fake: FakeRegistry, remote: RegistryRemote
) -> None:
    good = {"mediaType": "x/y", "digest": OTHER, "size": 5, "artifactType": RESULTS}
    changes: list[dict[str, Any]] = [
        {},
        {"size": -1},
        {"size": True},
        {"size": "5"},
        {"digest": "sha512:00"},
        {"digest": None},
        {"mediaType": 7},
        {"artifactType": PROVENANCE},
        {"artifactType": None},
    ]
    body = json.dumps({"manifests": [7, None, *({**good, **each} for each in changes)]}).encode()
    fake.fail("/referrers/", Fault(status=200, body=body))
    (found,) = remote.referrers(Digest("sha256", "1" * 64), RESULTS)
    assert str(found.digest) == OTHER


@pytest.mark.parametrize("status", [400, 404, 405, 501])
def test_registries_without_a_list_say_so_in_many_ways(
    fake: FakeRegistry, remote: RegistryRemote, status: int
) -> None:
    fake.has_referrers = False
    fake.fail("/referrers/", Fault(status=status))
    bundle = put_manifest(remote, "v1")
    run = put_manifest(remote, None, artifact_type=RESULTS, subject=as_blob(bundle))
    assert list(remote.referrers(bundle.digest, RESULTS)) == [as_blob(run)]
