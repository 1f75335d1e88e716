from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import pytest
from tests.fakes.site_packages import make_interpreter
from tests.support.worker import install, make_spec, refused, working, write_files

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.environment.distributions import Distributions
from modelops_bundle.worker.environment import installed_version

MODEL = {"model.py": "def model(params, seed):\n    return 1\n"}


def project(tmp_path: Path, **versions: str) -> tuple[Path, tuple[str, ...]]:
    """A project, and a search path with distributions of these versions on it."""
    root = write_files(tmp_path / "project", MODEL)
    for name, version in versions.items():
        install(tmp_path / "site", name, version)
    return root, (os.fspath(root), os.fspath(tmp_path / "site"))


def test_an_environment_that_is_the_one_asked_for_is_accepted(tmp_path):
    root, search = project(tmp_path, Some_Thing="1.0", other="2.0+local")
    asked = {"some-thing": "1.0", "other": "2.0+local"}
    with working(make_spec(root, "model:model", search=search, dependencies=asked)) as worker:
        assert worker.run()[1] == {"result": b"1"}


def test_each_difference_is_named_up_to_a_handful(tmp_path):
    root, search = project(tmp_path, numba="1.0", zoo="2.0")
    asked = {"numba": "1.1", "zoo": "2.0", **{f"lacking-{n}": "3" for n in range(5)}}
    said = refused(
        make_spec(
            root,
            "model:model",
            search=search,
            dependencies=asked,
            python_version="3.11.99",
            platform="linux-riscv",
        )
    )
    here = f"{platform.system().lower()}-{platform.machine()}"
    assert said == {
        "is": "refused",
        "what": "the worker's environment is not the one that was asked for",
        "why": f"Python is {platform.python_version()} here, 3.11.99 was asked for; "
        f"the platform is {here} here, linux-riscv was asked for; "
        "lacking-0 is not installed here, 3 was asked for; "
        "lacking-1 is not installed here, 3 was asked for; "
        "lacking-2 is not installed here, 3 was asked for; and 3 more",
        "mend": "Install the same packages there, or name the interpreter that has them.",
        "traceback": "",
        "undeclared": [],
    }


def test_a_version_is_said_beside_the_one_asked_for(tmp_path):
    root, search = project(tmp_path, numba="1.0")
    spec = make_spec(root, "model:model", search=search, dependencies={"numba": "1.1"})
    assert refused(spec)["why"] == "numba is 1.0 here, 1.1 was asked for"


ARCHIVE = {"hashes": {"md5": "b", "sha256": "a"}}
DIRECT_URLS = [
    {"url": "x", "vcs_info": {"vcs": "git", "commit_id": "abc"}},
    {"url": "x", "vcs_info": {"vcs": "git"}},
    {"url": "x", "archive_info": ARCHIVE},
    {"url": "x", "archive_info": {"hash": "sha256=a"}},
    {"url": "x", "archive_info": {"hashes": {"sha512": "c", "sha384": "b"}}},
    {"url": "x", "archive_info": {"hashes": [1], "hash": "nothing"}},
    {"url": "file:///x", "dir_info": {}},
    {"url": "file:///x", "dir_info": {"editable": True}},
    [],
    None,
]


def both(folder: Path, name: str) -> tuple[str | None, str | None]:
    """The version that the worker finds, and the one that a digest is made with."""
    interpreter = make_interpreter(os.fspath(folder))
    found = Distributions(DiskFiles(os.fspath(folder)), interpreter).get(name)
    return installed_version(name, [os.fspath(folder)]), found.version if found else None


@pytest.mark.parametrize("document", DIRECT_URLS)
def test_versions_are_formed_as_for_the_digest(tmp_path, document):
    install(tmp_path, "Some.Thing", "1.0")
    if document is not None:
        text = json.dumps(document)
        write_files(tmp_path, {"Some.Thing-1.0.dist-info/direct_url.json": text})
    ours, theirs = both(tmp_path, "some-thing")
    assert ours == theirs is not None


@pytest.mark.parametrize(
    "files",
    [
        {},
        {"thing-1.0.dist-info/METADATA": "Version: 1.0\n"},
        {"thing-1.0.dist-info/METADATA": "Name: thing\n\nVersion: 3.0\n"},
        {"thing-1.0.dist-info/METADATA": "Name: thing\r\nVERSION : 1.0\r\n\r\nText"},
        {"thing-1.0.dist-info/METADATA": "Version: 1.0\n  post\nVersion: 2.0\n"},
        {"thing-1.0.dist-info/RECORD": "thing.py,,\n"},
        {"thing-1.0.dist-info/INSTALLER": "pip\n"},
        {"~hing-1.0.dist-info/METADATA": "Version: 1.0\n"},
        {f"thing-{n}.dist-info/METADATA": f"Version: {n}\n" for n in ("1.0", "2.0")},
        {"thing-1.0-py3.11.egg-info/PKG-INFO": "Version: 1.0\n"},
        {"thing.egg-info/PKG-INFO": "Version: 1.0\n"},
        {
            "thing-1.0.dist-info/METADATA": "Version: 1.0\n",
            "thing-2.0.dist-info/RECORD": "thing.py,,\n",
        },
    ],
)
def test_odd_metadata_gives_the_version_that_the_digest_has(tmp_path, files):
    write_files(tmp_path, files)
    ours, theirs = both(tmp_path, "thing")
    assert ours == theirs


def test_versions_of_all_that_is_installed_here_are_those_of_the_digest():
    site = next(path for path in sys.path if path.endswith("site-packages"))
    found = Distributions(DiskFiles(site), make_interpreter(site))
    versions = {each.name: each.version for each in found.all()}
    assert {name: installed_version(name, [site]) for name in versions} == versions
