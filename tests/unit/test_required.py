"""Where a machine has what tests need, a skip of theirs is a failure."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.required import VARIABLE

ROOT = Path(__file__).resolve().parents[2]

TESTS = """
import pytest
pytestmark = pytest.mark.needs_strace

@pytest.mark.skipif(True, reason="no strace here")
def test_by_mark(): ...

def test_inside(): pytest.skip("no strace here")

@pytest.fixture
def traced(): pytest.skip("no strace here")

def test_by_fixture(traced): ...

@pytest.mark.needs_pythons
def test_needs_more(): pytest.skip("no other Python here")

@pytest.mark.xfail(reason="known")
def test_expected(): assert False

def test_passes(): ...
"""


def outcomes(folder: Path, required: str) -> subprocess.CompletedProcess[str]:
    (folder / "test_it.py").write_text(TESTS)
    (folder / "conftest.py").write_text(
        "from tests.support.required import pytest_configure, pytest_runtest_makereport\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--strict-markers", "-ra"]
    return subprocess.run(
        [*command, "-c", os.devnull, "--rootdir", str(folder), str(folder)],
        env=os.environ | {VARIABLE: required, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("required", ["strace", "root,strace,network"])
def test_a_skip_without_a_need_that_is_missing_fails(tmp_path: Path, required: str) -> None:
    done = outcomes(tmp_path, required)
    assert done.returncode == 1
    assert "1 failed, 1 passed, 1 skipped, 1 xfailed, 2 errors" in done.stdout
    assert done.stdout.count("has strace, yet it is skipped: ") >= 3
    assert "no strace here" in done.stdout


@pytest.mark.parametrize("required", ["", "root", "pythons"])
def test_else_it_stays_a_skip(tmp_path: Path, required: str) -> None:
    done = outcomes(tmp_path, required)
    assert done.returncode == 0
    assert "1 passed, 4 skipped, 1 xfailed" in done.stdout
