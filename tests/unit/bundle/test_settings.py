"""Where bundles go."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.pinned import PinnedStorage
from modelops_bundle.bundle.settings import (
    BundleSettings,
    StorageSettings,
    read_settings,
    settings_document,
)
from modelops_bundle.errors import ConfigError

S3 = StorageSettings(provider="s3", container="bucket")
FULL = {
    "registry_ref": "r.io/m",
    "default_tag": "main",
    "cache_dir": "~/c",
    "insecure": ["localhost:5000"],
    "storage": {
        "mode": "blob-only",
        "threshold_bytes": 1,
        "provider": "s3",
        "container": "bucket",
        "prefix": "a/b",
        "force_blob_patterns": ["*.h5"],
        "force_oci_patterns": ["x/*"],
        "region": "eu",
    },
    "cache_link_mode": "auto",
    "theirs": {"a": [1]},
}


def test_what_is_read_is_written_with_what_nobody_here_knows() -> None:
    settings = read_settings(FULL, "config.yaml")
    assert settings.registry_ref == "r.io/m"
    assert settings.storage.threshold_bytes == 1
    assert settings_document(settings) == FULL
    assert settings_document(settings.going_to("r.io/n", "v2")) == {
        **FULL,
        "registry_ref": "r.io/n",
        "default_tag": "v2",
    }


def test_what_is_as_by_default_is_not_written() -> None:
    assert settings_document(read_settings({}, "c")) == {}
    assert (
        read_settings({"storage": None, "default_tag": None, "insecure": None}, "c")
        == BundleSettings()
    )
    assert (
        settings_document(
            read_settings({"default_tag": "latest", "storage": {"mode": "auto"}}, "c")
        )
        == {}
    )


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "no mapping"),
        ([], "no mapping"),
        ("x", "no mapping"),
        ({"registry_ref": 1}, "registry_ref is no text"),
        ({"default_tag": "a b"}, "cannot be a tag"),
        ({"default_tag": 1}, "default_tag is no text"),
        ({"cache_dir": ["a"]}, "cache_dir is no text"),
        ({"insecure": "localhost"}, "insecure is no list"),
        ({"insecure": [1]}, "insecure is no list"),
        ({"storage": 1}, "storage is no mapping"),
        ({"storage": ["a"]}, "storage is no mapping"),
        ({"storage": {"mode": "both"}}, "storage.mode"),
        ({"storage": {"provider": "ftp", "container": "c"}}, "storage.provider"),
        ({"storage": {"provider": "s3"}}, "storage.container"),
        ({"storage": {"provider": "fs", "container": "relative"}}, "no absolute folder"),
        ({"storage": {"mode": "blob-only"}}, "names no storage"),
        ({"storage": {"threshold_bytes": -1}}, "threshold_bytes"),
        ({"storage": {"threshold_bytes": True}}, "threshold_bytes"),
        ({"storage": {"threshold_bytes": "50MB"}}, "threshold_bytes"),
        ({"storage": {"force_blob_patterns": "*.h5"}}, "force_blob_patterns"),
    ],
)
def test_what_cannot_be_used_is_told(document: Any, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        read_settings(document, "here/config.yaml")
    assert caught.value.what == "here/config.yaml cannot be used"


def test_all_problems_are_told_together() -> None:
    with pytest.raises(ConfigError) as caught:
        read_settings({"registry_ref": 1, "insecure": 2, "storage": {"mode": "x"}}, "c")
    assert caught.value.why.count(";") == 2


@pytest.mark.parametrize(
    ("storage", "url"),
    [
        (StorageSettings(), None),
        (S3, "s3://bucket"),
        (StorageSettings(provider="s3", container="bucket", mode="oci-only"), None),
        (StorageSettings(provider="gcs", container="bucket", prefix="/a/b/"), "gs://bucket/a/b"),
        (StorageSettings(provider="azure", container="box", prefix="/"), "az://box"),
        (
            StorageSettings(provider="fs", container="/srv/blobs/", prefix="x"),
            "file:///srv/blobs/x",
        ),
    ],
)
def test_the_url_of_the_storage(storage: StorageSettings, url: str | None) -> None:
    assert storage.url == url


@pytest.mark.parametrize(
    ("changes", "path", "size", "expected"),
    [
        ({}, "a", (50 << 20) - 1, False),
        ({}, "a", 50 << 20, True),
        ({"threshold_bytes": 0}, "a", 0, True),
        ({"mode": "blob-only"}, "a", 1, True),
        ({"mode": "oci-only", "force_blob_patterns": ("*",)}, "a", 1 << 40, False),
        ({"provider": None}, "a", 1 << 40, False),
        ({"force_blob_patterns": ("*.h5",)}, "x/y/a.h5", 1, True),
        ({"force_blob_patterns": ("*.h5",)}, "x/y/a.H5", 1, False),
        ({"force_oci_patterns": ("x/*",)}, "x/y/a", 1 << 40, False),
        ({"force_oci_patterns": ("x/*",), "mode": "blob-only", "force_blob_patterns": ("*",)},
        "x/a", 1, False),
    ],
)  # fmt: skip
def test_which_files_go_to_blob_storage(
    changes: dict[str, Any], path: str, size: int, expected: bool
) -> None:
    said = {"provider": "s3", "container": "bucket", **changes}
    assert StorageSettings(**said).takes(path, size) is expected


@pytest.mark.parametrize(
    ("kind", "url"), [("minio", "s3://c"), ("azurite", "az://c"), ("gcs", "gs://c")]
)
def test_the_rules_stay_the_same_for_the_storage_of_an_environment(kind: str, url: str) -> None:
    storage = StorageSettings(threshold_bytes=7).at(PinnedStorage(kind, "c"))
    assert (storage.url, storage.threshold_bytes) == (url, 7)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)  # fmt: skip


@given(st.dictionaries(st.sampled_from([*FULL, "x"]), values), st.dictionaries(
    st.sampled_from([*FULL["storage"], "y"]), values))  # type: ignore[misc]  # fmt: skip
def test_any_values_are_read_and_written_the_same_or_refused(said: Any, storage: Any) -> None:
    try:
        settings = read_settings({"storage": storage, **said}, "c")
    except ConfigError:
        return
    assert read_settings(settings_document(settings), "c") == settings
