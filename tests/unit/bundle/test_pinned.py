"""Named environments, and that no error or record shows a secret."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.pinned import check_environment_name, read_pinned
from modelops_bundle.errors import ConfigError, UsageError

SECRET = "s3cr3t-value"
FULL = {
    "environment": "dev",
    "registry": {
        "provider": "acr",
        "login_server": "lab.azurecr.io/team",
        "username": "me",
        "password": SECRET,
        "requires_auth": True,
    },
    "storage": {
        "provider": "azurite",
        "container": "box",
        "endpoint": "http://localhost:10000",
        "access_key": "id",
        "secret_key": SECRET,
        "connection_string": SECRET,
    },
    "timestamp": "2026-01-01",
}


def test_what_a_workspace_writes_is_read() -> None:
    pinned = read_pinned(FULL, "dev", "dev.yaml")
    assert pinned.registry is not None
    assert pinned.storage is not None
    assert (pinned.registry.host, pinned.registry.password) == ("lab.azurecr.io", SECRET)
    assert (pinned.storage.url, pinned.storage.secret_key) == ("az://box", SECRET)
    assert SECRET not in repr(pinned)


def test_each_part_may_be_missing() -> None:
    assert read_pinned({}, "dev", "x").registry is None
    assert read_pinned({"registry": None, "storage": None}, "dev", "x").storage is None
    only = read_pinned({"registry": {"login_server": "r.io"}}, "dev", "x").registry
    assert only is not None
    assert (only.provider, only.username, only.password) == ("docker", "", "")


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (None, "no mapping"),
        ([1], "no mapping"),
        ({"registry": SECRET}, "registry is no mapping"),
        ({"storage": [SECRET]}, "storage is no mapping"),
        ({"registry": {"username": "x"}}, "login_server is missing"),
        ({"registry": {"login_server": "r.io", "provider": SECRET}}, "registry.provider"),
        ({"registry": {"login_server": "r.io", "password": {"x": SECRET}}}, "password is no text"),
        ({"storage": {"provider": SECRET, "container": "c"}}, "storage.provider"),
        ({"storage": {"container": "c"}}, "storage.provider"),
        ({"storage": {"provider": "s3"}}, "storage.container"),
        ({"storage": {"provider": "s3", "container": "c", "secret_key": [SECRET]}}, "secret_key"),
    ],
)
def test_what_cannot_be_used_is_told_without_any_value(document: Any, problem: str) -> None:
    with pytest.raises(ConfigError, match=problem) as caught:
        read_pinned(document, "dev", "dev.yaml")
    assert SECRET not in str(caught.value)


@pytest.mark.parametrize("name", ["dev", "a", "Lab-2.prod_x", "0", "a..b"])
def test_names_that_an_environment_can_have(name: str) -> None:
    assert check_environment_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../x",
        "a/b",
        "/etc/passwd",
        "a\\b",
        ".x",
        "-x",
        "a b",
        "a\n",
        "a\0",
        "ä",
        "a" * 101,
    ],
)
def test_names_that_it_cannot_have(name: str) -> None:
    with pytest.raises(UsageError):
        check_environment_name(name)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)  # fmt: skip


@given(
    st.dictionaries(st.sampled_from(sorted(FULL["registry"])), values),  # type: ignore[type-var]
    st.dictionaries(st.sampled_from(sorted(FULL["storage"])), values),  # type: ignore[type-var]
)
def test_any_values_are_read_or_refused(registry: Any, storage: Any) -> None:
    try:
        pinned = read_pinned({"registry": registry, "storage": storage}, "dev", "dev.yaml")
    except ConfigError:
        return
    assert (pinned.registry is None) == (not registry)
    assert pinned.storage is None or "://" in pinned.storage.url
