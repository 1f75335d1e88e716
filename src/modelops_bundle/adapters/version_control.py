"""What git says of a file, where there is git."""

from __future__ import annotations

import os
import subprocess

__all__ = ["git_standing"]

_TIMEOUT = 10.0


def git_standing(path: str) -> str | None:
    """``tracked``, ``untracked`` or ``ignored``; ``None`` outside a repository, or where git does not answer.

    Args:
        path: Absolute path; the file need not be there.
    """
    folder, name = os.path.split(path)
    while not os.path.isdir(folder):
        folder, above = os.path.split(folder)
        name = os.path.join(above, name)
    if _git(folder, "rev-parse", "--is-inside-work-tree") != 0:
        return None
    # Else a name with `*` in it is taken for a pattern, which `check-ignore` never does.
    if _git(folder, "--literal-pathspecs", "ls-files", "--error-unmatch", "--", name) == 0:
        return "tracked"
    return "ignored" if _git(folder, "check-ignore", "-q", "--", name) == 0 else "untracked"


def _git(folder: str, *arguments: str) -> int | None:
    try:
        done = subprocess.run(
            ["git", "-C", folder, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode
