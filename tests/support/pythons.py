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
            executable = None if minor in found else _real(str(candidate))
            if executable:
                found[minor] = executable
    return found


def _real(command: str) -> str | None:
    """The interpreter that a command leads to: what is on PATH may be a script, or only fail."""
    run = subprocess.run(
        [command, "-c", "import sys; print(sys.executable)"],
        capture_output=True,
        text=True,
        check=False,
    )
    return run.stdout.strip() if run.returncode == 0 else None
