"""The small files that a project keeps of its bundles."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from modelops_bundle.adapters.bundle_files import (
    SettingsFile,
    StateFile,
    TrackedFile,
    keep_local_files_out_of_git,
    read_plain_yaml,
)
from modelops_bundle.bundle.paths import path_problem
from modelops_bundle.bundle.settings import BundleSettings, StorageSettings
from modelops_bundle.bundle.sync_state import SyncState
from modelops_bundle.errors import ConfigError, StorageError, UsageError
from modelops_bundle.identity.recipes import sha256_digest
from modelops_bundle.project.layout import LOCAL_IGNORES, Layout


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "state" / "file"


def given_file(place: Path, data: bytes | str) -> str:
    place.parent.mkdir(exist_ok=True)
    place.write_bytes(data if isinstance(data, bytes) else data.encode())
    return str(place)


# --- tracked.txt --------------------------------------------------------------------------------


def test_no_file_is_nothing_and_nothing_is_no_file(place: Path) -> None:
    tracked = TrackedFile(str(place))
    assert tracked.read() == frozenset()
    tracked.write(frozenset())
    assert not place.parent.exists()
    tracked.write(frozenset({"a"}))
    tracked.write(frozenset())
    assert not place.exists()


def test_it_has_a_path_a_line_sorted(place: Path) -> None:
    TrackedFile(str(place)).write(frozenset({"b/c", "a", "größe.csv"}))
    assert place.read_bytes() == "a\nb/c\ngröße.csv\n".encode()


def test_people_may_edit_it(place: Path) -> None:
    path = given_file(place, "# mine\r\n\r\n  \nb\r\n./a\na\n\t\nlast")
    assert TrackedFile(path).read() == {"a", "b", "last"}


names = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from(" #./\u2028\x85\x0b\ufeff\u3000"),
    min_size=1,
    max_size=8,
)  # fmt: skip


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.frozensets(names.filter(lambda name: path_problem(name) is None)))
def test_every_path_that_can_be_in_a_bundle_is_read_as_it_was_written(
    place: Path, paths: frozenset[str]
) -> None:
    tracked = TrackedFile(str(place))
    tracked.write(paths)
    assert tracked.read() == paths


@pytest.mark.parametrize(
    "path", ["# no comment", "#", " a", "a ", "\u3000", "a\u00a0", "-a", "\ufeffa"]
)
def test_names_that_look_like_something_else(place: Path, path: str) -> None:
    tracked = TrackedFile(str(place))
    tracked.write(frozenset({path, "b"}))
    assert tracked.read() == {path, "b"}


@pytest.mark.parametrize(
    "line", ["../a", "/a", "a//b", ".git/config", ".modelops-bundle/env", "a\\b", "././a", "."]
)
def test_a_line_that_is_no_path_is_named(place: Path, line: str) -> None:
    path = given_file(place, f"ok\n\n{line}\n")
    with pytest.raises(UsageError, match="file:3 cannot be tracked"):
        TrackedFile(path).read()


def test_what_is_not_utf_8_is_refused(place: Path) -> None:
    with pytest.raises(UsageError, match="is not UTF-8"):
        TrackedFile(given_file(place, b"a\n\xff\n")).read()


@pytest.mark.parametrize("file", [TrackedFile, StateFile, SettingsFile])
def test_a_folder_in_its_place_is_an_error_of_storage(
    place: Path, file: type[TrackedFile] | type[StateFile] | type[SettingsFile]
) -> None:
    place.mkdir(parents=True)
    with pytest.raises(StorageError, match="cannot read"):
        file(str(place)).read()


# --- state.json and config.yaml -----------------------------------------------------------------


def test_the_state_is_kept(place: Path) -> None:
    file = StateFile(str(place))
    assert file.read() == SyncState()
    state = SyncState(lineage=(sha256_digest(b"x"),), timestamp="now")
    file.write(state)
    assert file.read() == state


def test_a_broken_state_is_said_to_be_one(place: Path) -> None:
    with pytest.raises(UsageError, match="file cannot be read"):
        StateFile(given_file(place, b"{")).read()


def test_settings_are_kept_with_what_nobody_here_knows(place: Path) -> None:
    file = SettingsFile(
        given_file(
            place, "theirs: {a: 1.10, b: no}\nstorage: {provider: s3, container: c, region: eu}\n"
        )
    )
    settings = file.read()
    assert settings.storage.url == "s3://c"
    file.write(settings.going_to("r.io/m", "latest"))
    assert file.read() == settings.going_to("r.io/m", "latest")
    assert "region: eu" in place.read_text()
    assert "1.10" in place.read_text()


@pytest.mark.parametrize(
    "text", ["", " \n", "# nothing yet\n", "# a\n\n  # registry_ref: x\n", "{}\n"]
)
def test_a_file_that_says_nothing_is_as_by_default(place: Path, text: str) -> None:
    assert SettingsFile(given_file(place, text)).read() == BundleSettings()
    assert not read_plain_yaml(str(place))


def test_plain_values_are_read_as_every_version_of_yaml_does(place: Path) -> None:
    text = "a: true\nb: null\nc: ~\nd: 12\ne: yes\nf: 1.5\ng: '12'\nh: -1\ni: 1_000\nj:\nk: ２\n"
    assert read_plain_yaml(given_file(place, text)) == {
        "a": True, "b": None, "c": None, "d": 12, "e": "yes", "f": "1.5", "g": "12", "h": "-1", "i": "1_000",
        "j": None, "k": "２",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text", ["a: [", "a: 1\na: 2\n", "&a [*a]", "a: !!python/object:x {}", "- a\n",
     "storage: {threshold_bytes: " + "9" * 5000 + "}"]
)  # fmt: skip
def test_what_cannot_be_used_is_an_error_of_the_configuration(place: Path, text: str) -> None:
    with pytest.raises(ConfigError, match="file cannot be"):
        SettingsFile(given_file(place, text)).read()


def test_all_settings_come_back(place: Path) -> None:
    settings = BundleSettings(
        "r.io/m", "main", "~/c", ("localhost:5000",), ("r.io",),
        StorageSettings("blob-only", 5, "fs", "/srv", "p", ("*.h5",), ("a", "yes", "1.5", "# x")),
    )  # fmt: skip
    SettingsFile(str(place)).write(settings)
    assert SettingsFile(str(place)).read() == settings


# --- .gitignore ---------------------------------------------------------------------------------


def test_what_is_local_stays_out_of_version_control(tmp_path: Path) -> None:
    layout = Layout(str(tmp_path))
    keep_local_files_out_of_git(layout)
    ignore = Path(layout.ignore_file)
    assert not ignore.exists()
    ignore.parent.mkdir()
    ignore.write_bytes(b"mine\xff\nstate.json")
    keep_local_files_out_of_git(layout)
    lines = ignore.read_bytes().splitlines()
    assert lines[:2] == [b"mine\xff", b"state.json"]
    assert sorted(lines[1:]) == sorted(name.encode() for name in LOCAL_IGNORES)
    before = ignore.stat().st_mtime_ns
    keep_local_files_out_of_git(layout)
    assert ignore.stat().st_mtime_ns == before
