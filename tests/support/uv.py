"""Where ``uv`` is, for tests that install packages."""

from __future__ import annotations

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

__all__ = ["find_uv", "uv_or_skip"]

_PRIVATE = Path(__file__).parents[2] / ".uv" / "bin" / "uv"


def uv_or_skip() -> str:
    """The program; the test is skipped where there is none."""
    found = find_uv()
    if found is None:
        pytest.skip("uv is not here to install packages with")
    return found


@cache
def find_uv(private: Path = _PRIVATE) -> str | None:
    """The first that works of: the variable ``UV``, the one on PATH, the one that ``make`` installs.

    A version manager can leave a ``uv`` on PATH that only fails, so it is asked instead of looked for.
    """
    for program in (os.environ.get("UV"), shutil.which("uv"), str(private)):
        if program and _works(program):
            return program
    return None


def _works(program: str) -> bool:
    try:
        done = subprocess.run([program, "--version"], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0
