"""Environments of a user, and which of them a project uses."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from modelops_bundle.adapters.oci.credentials import Credentials
from modelops_bundle.adapters.pinned_files import PinnedCredentials, PinnedFiles
from modelops_bundle.bundle.pinned import PinnedRegistry
from modelops_bundle.errors import ConfigError, StorageError, UsageError

DEV = """
environment: dev
registry: {provider: docker, login_server: 'localhost:5000', username: me, password: s3cr3t}
storage: {provider: azurite, container: box, connection_string: s3cr3t}
"""


@pytest.fixture
def marker(tmp_path: Path) -> Path:
    return tmp_path / "project/.modelops-bundle/env"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home/.modelops/bundle-env"
    folder.mkdir(parents=True)
    (folder / "dev.yaml").write_text(DEV)
    (folder / "dev.yaml").chmod(0o600)
    return folder


@pytest.fixture
def files(marker: Path, home: Path, tmp_path: Path) -> PinnedFiles:
    return PinnedFiles(str(marker), {"HOME": str(tmp_path / "home")})


def test_a_project_uses_the_environment_that_it_chose(files: PinnedFiles, marker: Path) -> None:
    assert files.pinned_name() is None
    assert files.pinned() is None
    files.pin("dev")
    assert marker.read_bytes() == b"dev\n"
    pinned = files.pinned()
    assert pinned is not None
    assert pinned.registry is not None
    assert (pinned.name, pinned.registry.host) == ("dev", "localhost:5000")


def test_a_project_can_use_none_again(files: PinnedFiles, home: Path, marker: Path) -> None:
    files.unpin()
    files.pin("dev")
    (home / "dev.yaml").unlink()
    with pytest.raises(UsageError, match=r"no environment dev.*\n.*switch --none"):
        files.pinned()
    files.unpin()
    assert files.pinned() is None
    assert not marker.exists()
    marker.mkdir()
    with pytest.raises(StorageError, match="cannot remove"):
        files.unpin()


def test_environments_are_listed(files: PinnedFiles, home: Path) -> None:
    (home / "aa.yaml").write_text("{}")
    (home / "notes.txt").write_text("x")
    assert files.names() == ["aa", "dev"]
    assert PinnedFiles("/nowhere/env", {"HOME": "/nowhere"}).names() == []


def test_another_environment_is_not_there(files: PinnedFiles, marker: Path) -> None:
    with pytest.raises(UsageError, match="there are: dev"):
        files.pin("prod")
    assert not marker.exists()
    marker.parent.mkdir(parents=True)
    marker.write_text("prod\n")
    with pytest.raises(UsageError, match="no environment prod"):
        files.pinned()


@pytest.mark.parametrize(
    "name", ["../dev", "../../bundle-env/dev", "/etc/passwd", "a/../dev", "..", ".", "", "dev\0"]
)
def test_a_name_leads_to_no_other_folder(files: PinnedFiles, marker: Path, name: str) -> None:
    for act in (files.read, files.pin):
        with pytest.raises(UsageError, match="cannot be an environment"):
            act(name)
    assert not marker.exists()
    if name:
        marker.parent.mkdir(parents=True)
        marker.write_text(name)
        with pytest.raises(UsageError, match="cannot be an environment"):
            files.pinned()


@pytest.mark.parametrize("text", ["", "\n", "  \n"])
def test_an_empty_choice_is_none(files: PinnedFiles, marker: Path, text: str) -> None:
    marker.parent.mkdir(parents=True)
    marker.write_text(text)
    assert files.pinned() is None


def test_a_choice_that_cannot_be_read_is_no_crash(files: PinnedFiles, marker: Path) -> None:
    marker.parent.mkdir(parents=True)
    marker.write_bytes(b"\xff")
    with pytest.raises(UsageError, match="cannot be an environment"):
        files.pinned()
    marker.unlink()
    marker.mkdir()
    with pytest.raises(StorageError, match="cannot read"):
        files.pinned()
    marker.rmdir()
    os.mkfifo(marker)
    with pytest.raises(StorageError, match="not a regular file"):
        files.pinned()


@pytest.mark.parametrize(
    "text", ["", "registry: {login_server: s3cr3t", "registry: s3cr3t", "- s3cr3t"]
)
def test_a_file_that_cannot_be_used_is_told_without_its_secrets(
    files: PinnedFiles, home: Path, marker: Path, text: str
) -> None:
    (home / "dev.yaml").write_text(text)
    with pytest.raises(ConfigError, match=r"dev\.yaml cannot be") as caught:
        files.pin("dev")
    assert "s3cr3t" not in str(caught.value)
    assert not marker.exists()


def test_a_folder_in_its_place_is_an_error_of_storage(files: PinnedFiles, home: Path) -> None:
    (home / "prod.yaml").mkdir()
    with pytest.raises(StorageError):
        files.read("prod")


def test_reading_changes_no_permissions_and_copies_no_secret(
    files: PinnedFiles, home: Path, marker: Path
) -> None:
    files.pin("dev")
    assert stat.S_IMODE((home / "dev.yaml").stat().st_mode) == 0o600
    assert [place.name for place in home.iterdir()] == ["dev.yaml"]
    assert "s3cr3t" not in "".join(place.read_text() for place in marker.parent.iterdir())


def test_credentials_go_to_their_own_registry_alone() -> None:
    source = PinnedCredentials(PinnedRegistry("docker", "r.io/team", "me", "s3cr3t"))
    assert source.for_host("r.io") == Credentials("me", "s3cr3t")
    for host in ("R.io", "r.io:443", "evil.io", "r.io.evil.io", ""):
        assert source.for_host(host) is None
    assert PinnedCredentials(PinnedRegistry("docker", "r.io")).for_host("r.io") is None
    assert PinnedCredentials(PinnedRegistry("docker", "r.io", "me")).for_host("r.io") is None
