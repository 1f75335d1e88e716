"""The supported Pythons of this machine."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

__all__ = ["MINORS", "NOT_THERE", "pythons"]

MINORS = ("3.11", "3.12", "3.13")
NOT_THERE = "another minor version of Python is not installed"


@functools.cache
def pythons() -> dict[str, str]:
    """Executable of each supported minor version that is here, the running one first."""
    roots = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    found: dict[str, str] = {"{}.{}".format(*sys.version_info): sys.executable}
    for minor in MINORS:
        candidates = [shutil.which(f"python{minor}"), *roots.glob(f"{minor}.*/bin/python{minor}")]
        for candidate in filter(None, candidates):
            if minor not in found and _works(str(candidate)):
                found[minor] = str(candidate)
    return found


def _works(executable: str) -> bool:
    run = subprocess.run([executable, "-c", ""], capture_output=True, check=False)
    return run.returncode == 0
