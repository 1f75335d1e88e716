"""Printed commands start the program that printed them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from modelops_bundle.cli.invocation import next_steps, program


@pytest.fixture
def installed(tmp_path: Path) -> Path:
    script = tmp_path / "an env" / "bin" / "mops-bundle"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    return script


def start(installed: Path, path: str, **variables: str) -> str:
    return program(str(installed.with_name("python")), {"PATH": path, **variables})


def test_the_name_where_it_is_on_path(installed: Path) -> None:
    assert start(installed, f"/nowhere:{installed.parent}") == "mops-bundle"


def test_the_name_where_path_has_a_link_to_it(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "mops-bundle").symlink_to(installed)
    assert start(installed, str(tmp_path / "bin")) == "mops-bundle"


def test_the_path_where_it_is_not(installed: Path) -> None:
    assert start(installed, "/nowhere") == f"'{installed}'"


def test_the_path_where_another_one_comes_first(installed: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "mops-bundle"
    other.parent.mkdir()
    other.write_text("#!/bin/sh\n")
    other.chmod(0o755)
    assert start(installed, f"{other.parent}:{installed.parent}") == f"'{installed}'"


def test_what_uv_run_puts_on_path_is_not_the_users(installed: Path) -> None:
    assert start(installed, str(installed.parent), UV_RUN_RECURSION_DEPTH="1") == f"'{installed}'"


def test_the_module_where_there_is_no_script(tmp_path: Path) -> None:
    assert program(f"{tmp_path}/python", {}) == f"{tmp_path}/python -m modelops_bundle.cli"


def test_the_first_step_leads_into_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a b").mkdir()
    monkeypatch.chdir(tmp_path)
    assert next_steps(str(tmp_path / "a b" / "x"))[0] == "cd 'a b/x'"
    monkeypatch.chdir(tmp_path / "a b")
    assert next_steps(str(tmp_path / "x"))[0] == f"cd {tmp_path}/x"
    assert all(
        step.startswith(program(sys.executable, os.environ)) for step in next_steps("/x")[1:]
    )
