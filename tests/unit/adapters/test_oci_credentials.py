"""Credentials are found where ``docker login`` and its kin have put them, and are shown nowhere."""

from __future__ import annotations

import base64
import json
import stat
from pathlib import Path
from typing import Any

import pytest

from modelops_bundle.adapters.oci.credentials import (
    AnyOf,
    Credentials,
    DockerCredentials,
    EnvironmentCredentials,
    NoCredentials,
)
from modelops_bundle.errors import MopsError, RemoteError, UsageError

HOST = "registry.example:5000"
SECRET = "a-password-never-to-be-shown"

HELPER = """\
#!/bin/sh
# Keeps what is stored beside itself, as a helper does somewhere safer.
case "$1" in
  store) cat > "$0.stored" ;;
  get)
    read -r server
    echo "$server" >> "$0.asked"
    case "$server" in
      known*|https://index*) echo '{"ServerURL": "x", "Username": "ada", "Secret": "%(secret)s"}' ;;
      token*) echo '{"ServerURL": "x", "Username": "<token>", "Secret": "%(secret)s"}' ;;
      odd*) echo '{"Secret": 7, "hint": "%(secret)s"}' ;;
      junk*) echo '%(secret)s' ;;
      fails*) echo '%(secret)s'; exit 3 ;;
      *) echo 'credentials not found in native keychain'; exit 1 ;;
    esac ;;
esac
"""


def auth(user: str = "ada", password: str = SECRET) -> str:
    return base64.b64encode(f"{user}:{password}".encode()).decode()


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return tmp_path / "docker" / "config.json"


@pytest.fixture
def source(config: Path) -> DockerCredentials:
    return DockerCredentials({"DOCKER_CONFIG": str(config.parent), "HOME": "/nowhere"})


@pytest.fixture
def helper(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "bin"
    folder.mkdir()
    program = folder / "docker-credential-test"
    program.write_text(HELPER % {"secret": SECRET})
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    return program


def write(path: Path, document: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(document if isinstance(document, str) else json.dumps(document))


def test_nothing_is_there(source: DockerCredentials) -> None:
    assert source.for_host(HOST) is None
    assert NoCredentials().for_host(HOST) is None


def test_they_do_not_show(source: DockerCredentials) -> None:
    shown = repr(Credentials("ada", SECRET, SECRET, SECRET))
    assert "ada" in shown
    assert SECRET not in shown


@pytest.mark.parametrize("key", [HOST, f"https://{HOST}", f"http://{HOST}/", f"https://{HOST}/v2/"])
def test_an_entry_of_the_file(config: Path, source: DockerCredentials, key: str) -> None:
    write(config, {"auths": {"other.example": {"auth": auth("bob")}, key: {"auth": auth()}}})
    assert source.for_host(HOST) == Credentials("ada", SECRET)
    assert source.for_host("registry.example") is None


def test_an_entry_for_a_part_of_a_registry_is_not_for_all_of_it(
    config: Path, source: DockerCredentials
) -> None:
    write(config, {"auths": {f"{HOST}/team": {"auth": auth()}}})
    assert source.for_host(HOST) is None


def test_passwords_with_colons_and_padding(config: Path, source: DockerCredentials) -> None:
    write(config, {"auths": {HOST: {"auth": auth("ada", "a:b\0\0")}}})
    assert source.for_host(HOST) == Credentials("ada", "a:b")


def test_tokens(config: Path, source: DockerCredentials) -> None:
    write(config, {"auths": {HOST: {"auth": auth("ada", ""), "identitytoken": "refresh"}}})
    assert source.for_host(HOST) == Credentials("ada", "", "refresh")
    write(config, {"auths": {HOST: {"registrytoken": "direct"}}})
    assert source.for_host(HOST) == Credentials(registry_token="direct")


@pytest.mark.parametrize("host", ["docker.io", "index.docker.io", "registry-1.docker.io"])
def test_docker_hub(config: Path, source: DockerCredentials, host: str) -> None:
    write(config, {"auths": {"https://index.docker.io/v1/": {"auth": auth()}}})
    assert source.for_host(host) == Credentials("ada", SECRET)


def test_the_home_folder_and_podman(tmp_path: Path) -> None:
    environment = {"HOME": str(tmp_path), "XDG_RUNTIME_DIR": str(tmp_path / "run")}
    source = DockerCredentials(environment)
    write(tmp_path / "run" / "containers" / "auth.json", {"auths": {HOST: {"auth": auth("pod")}}})
    assert source.for_host(HOST) == Credentials("pod", SECRET)
    write(tmp_path / ".docker" / "config.json", {"auths": {HOST: {"auth": auth()}}})
    assert source.for_host(HOST) == Credentials("ada", SECRET)
    # An entry that says nothing, as Docker leaves it beside a helper, is none.
    write(tmp_path / ".docker" / "config.json", {"auths": {HOST: {}}})
    assert source.for_host(HOST) == Credentials("pod", SECRET)


@pytest.mark.parametrize(
    "document",
    [
        "{",
        "[]",
        "[" * 100_000,
        {"auths": []},
        {"auths": {HOST: []}},
        {"auths": {HOST: {"auth": 7}}},
        {"auths": {HOST: {"auth": SECRET}}},
        {"auths": {HOST: {"auth": base64.b64encode(SECRET.encode()).decode()}}},
        {"auths": {HOST: {"auth": base64.b64encode(b"\xff:\xff").decode()}}},
        {"credHelpers": []},
        {"credHelpers": {HOST: "../../bin/sh"}},
        {"credsStore": "a b"},
        {"credsStore": ["x"]},
    ],
)
def test_broken_files(config: Path, source: DockerCredentials, document: Any) -> None:
    write(config, document)
    with pytest.raises(UsageError) as caught:
        source.for_host(HOST)
    assert str(config) in str(caught.value)
    assert SECRET not in str(caught.value)


def test_a_file_that_may_not_be_read(config: Path, source: DockerCredentials) -> None:
    config.mkdir(parents=True)
    with pytest.raises(UsageError, match="cannot be used"):
        source.for_host(HOST)


# --- helpers --------------------------------------------------------------------------------


def test_the_helper_of_a_host_comes_before_that_of_all(
    config: Path, source: DockerCredentials, helper: Path
) -> None:
    write(config, {"credHelpers": {"known.example": "test"}, "credsStore": "absent"})
    assert source.for_host("known.example") == Credentials("ada", SECRET)
    with pytest.raises(RemoteError, match="docker-credential-absent"):
        source.for_host("another.example")


def test_the_helper_of_all(config: Path, source: DockerCredentials, helper: Path) -> None:
    write(config, {"credsStore": "test", "auths": {HOST: {"auth": auth("file")}}})
    assert source.for_host("token.example") == Credentials(identity_token=SECRET)
    assert source.for_host("docker.io") == Credentials("ada", SECRET)
    assert source.for_host("unknown.example") is None
    # What it does not have may stand in the file.
    assert source.for_host(HOST) == Credentials("file", SECRET)
    asked = Path(f"{helper}.asked").read_text().split()
    assert asked == ["token.example", "https://index.docker.io/v1/", "unknown.example", HOST]


@pytest.mark.parametrize("host", ["odd.example", "junk.example", "fails.example"])
def test_helpers_that_fail(
    config: Path, source: DockerCredentials, helper: Path, host: str
) -> None:
    write(config, {"credsStore": "test"})
    with pytest.raises(RemoteError, match="docker-credential-test") as caught:
        source.for_host(host)
    assert SECRET not in str(caught.value)


# --- the environment ------------------------------------------------------------------------


def test_variables_are_for_one_host() -> None:
    variables = {"MODELOPS_BUNDLE_USERNAME": "ada", "MODELOPS_BUNDLE_PASSWORD": SECRET}
    source = EnvironmentCredentials(HOST, variables)
    assert source.for_host(HOST) == Credentials("ada", SECRET)
    assert source.for_host("registry.example") is None
    variables.pop("MODELOPS_BUNDLE_PASSWORD")
    assert source.for_host(HOST) is None


def test_the_first_source_counts(config: Path, source: DockerCredentials) -> None:
    write(config, {"auths": {HOST: {"auth": auth()}}})
    variables = {"MODELOPS_BUNDLE_USERNAME": "eve", "MODELOPS_BUNDLE_PASSWORD": SECRET}
    both = AnyOf(EnvironmentCredentials(HOST, variables), source)
    assert both.for_host(HOST) == Credentials("eve", SECRET)
    variables.clear()
    assert both.for_host(HOST) == Credentials("ada", SECRET)
    assert AnyOf().for_host(HOST) is None


# --- storing --------------------------------------------------------------------------------


@pytest.mark.parametrize("is_there", [True, False])
def test_a_login_is_stored_for_its_owner_alone(
    config: Path, source: DockerCredentials, is_there: bool
) -> None:
    if is_there:
        write(config, {"auths": {"other": {"auth": auth("bob")}}, "unknown": {"a": [1, 2]}})
        config.chmod(0o644)
    assert source.store_login(HOST, Credentials("ada", SECRET)) == str(config)
    assert stat.S_IMODE(config.stat().st_mode) == 0o600
    assert source.for_host(HOST) == Credentials("ada", SECRET)
    document = json.loads(config.read_text())
    if is_there:
        assert document["unknown"] == {"a": [1, 2]}
        assert document["auths"]["other"] == {"auth": auth("bob")}
    assert [each.name for each in config.parent.iterdir()] == ["config.json"]


def test_a_login_replaces_another(config: Path, source: DockerCredentials) -> None:
    source.store_login(HOST, Credentials("ada", "", "refresh"))
    assert source.for_host(HOST) == Credentials("ada", "", "refresh")
    source.store_login(HOST, Credentials("bob", SECRET))
    assert source.for_host(HOST) == Credentials("bob", SECRET)
    source.store_login("docker.io", Credentials("hub", SECRET))
    assert source.for_host("docker.io") == Credentials("hub", SECRET)
    assert "https://index.docker.io/v1/" in json.loads(config.read_text())["auths"]


def test_a_login_goes_to_the_helper(config: Path, source: DockerCredentials, helper: Path) -> None:
    write(config, {"credsStore": "test"})
    before = config.read_text()
    assert (
        source.store_login("known.example", Credentials("ada", SECRET)) == "docker-credential-test"
    )
    assert json.loads(Path(f"{helper}.stored").read_text()) == {
        "ServerURL": "known.example",
        "Username": "ada",
        "Secret": SECRET,
    }
    assert config.read_text() == before


def test_a_broken_file_is_not_replaced(config: Path, source: DockerCredentials) -> None:
    write(config, "{ not json")
    with pytest.raises(MopsError):
        source.store_login(HOST, Credentials("ada", SECRET))
    assert config.read_text() == "{ not json"
