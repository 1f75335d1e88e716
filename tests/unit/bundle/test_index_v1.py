"""The index of version 1, as it is written and as others have written it."""

from __future__ import annotations

import json

from modelops_bundle.bundle.contents import FileEntry
from modelops_bundle.bundle.index_v1 import dump_index_v1, parse_index_v1
from modelops_bundle.identity.recipes import sha256_digest

HERE, STORED = sha256_digest(b"here"), sha256_digest(b"stored")
CONTENTS = {"a.txt": FileEntry(HERE, 4), "b.bin": FileEntry(STORED, 6)}
URI = f"s3://bucket/some/prefix/{STORED.hex[:2]}/{STORED.hex[2:4]}/{STORED.hex}"
TEXT = (
    '{"created":"2026-01-01T00:00:00Z","files":{'
    f'"a.txt":{{"blobRef":null,"digest":"{HERE}","mediaType":"application/octet-stream",'
    '"path":"a.txt","size":4,"storage":"oci"},'
    f'"b.bin":{{"blobRef":{{"etag":null,"uri":"{URI}"}},"digest":"{STORED}",'
    '"mediaType":"application/octet-stream","path":"b.bin","size":6,"storage":"blob"}},'
    '"metadata":{},"tool":{"name":"mops-bundle","version":"1"},"version":"1.0"}'
)


def test_what_is_written() -> None:
    data = dump_index_v1(CONTENTS, {"b.bin": URI}, "2026-01-01T00:00:00Z", ("mops-bundle", "1"))
    assert data.decode() == TEXT


def test_what_others_have_written_with_an_etag() -> None:
    document = json.loads(TEXT)
    document["files"]["b.bin"]["blobRef"]["etag"] = '"0x8DC"'
    read = parse_index_v1(json.dumps(document).encode())
    assert read == parse_index_v1(TEXT.encode())
    assert read.said.contents == CONTENTS
    assert read.storages == {STORED: "s3://bucket/some/prefix"}
