"""Where results are shared and what hermetic runs may read, as pyproject.toml says it."""

from __future__ import annotations

import pytest

from modelops_bundle.errors import ConfigError
from modelops_bundle.project.config import read_config


def config(table: str, line: str) -> str:
    return f"[tool.modelops-bundle.{table}]\n{line}\n"


@pytest.mark.parametrize(
    "url",
    ["s3://bucket", "s3://bucket/a/b", "az://box/x", "gs://b.c-d_e/x", "file:///mnt/results"],
)
def test_stores(url: str) -> None:
    assert read_config(config("results", f'store = "{url}"')).results.store == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "bucket",
        "s3://",
        "s3:///x",
        "ftp://x/y",
        "file://x",
        "s3://me:secret@bucket/x",
        "s3://b/x?key=1",
    ],
)
def test_what_is_no_store(url: str) -> None:
    with pytest.raises(ConfigError, match=r"results\.store is no URL") as caught:
        read_config(config("results", f'store = "{url}"'))
    assert "secret" not in str(caught.value)


def test_hermetic_runs() -> None:
    read = read_config(config("hermetic", 'allow = ["~/x", "/data"]\nnetwork = true')).hermetic
    assert (read.allow, read.network) == (("~/x", "/data"), True)
    assert read_config("").hermetic.network is False


@pytest.mark.parametrize(
    ("table", "line", "said"),
    [
        ("results", "stroe = 's3://b'", "did you mean store"),
        ("results", "store = 1", "is not a string"),
        ("hermetic", "network = 1", "is not true or false"),
        ("hermetic", "allow = ['']", "holds an empty path"),
        ("hermetic", "allow = '/x'", "is not a list of strings"),
    ],
)
def test_what_is_wrong_is_named(table: str, line: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        read_config(config(table, line))
