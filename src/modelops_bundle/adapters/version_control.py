"""What git says of a file, where there is git.

A repository's own configuration may name programs for git to run, and here git is asked about repositories
that somebody else made. So nothing that git could be told there to run is run: no monitor, hook or pager, no
fetching of objects that a partial clone lacks.
"""

from __future__ import annotations

import os
import subprocess

__all__ = ["git_standing"]

_TIMEOUT = 10.0
_RUN_NOTHING = (
    "--no-pager",
    "-c",
    "core.fsmonitor=false",
    "-c",
    f"core.hooksPath={os.devnull}",
)
_WRITE_AND_FETCH_NOTHING = {
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    # Git before 2.45 does not know the line above; with no protocol allowed it fetches nothing either.
    "GIT_ALLOW_PROTOCOL": "",
}


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
    listed = _git(folder, "--literal-pathspecs", "ls-files", "--error-unmatch", "--", name)
    if listed != 1:
        return "tracked" if listed == 0 else None
    ignored = _git(folder, "check-ignore", "-q", "--", name)
    if ignored not in (0, 1):
        return None
    return "ignored" if ignored == 0 else "untracked"


def _git(folder: str, *arguments: str) -> int | None:
    """Exit code of git: 1 is its "no", anything above means that it could not tell."""
    try:
        done = subprocess.run(
            ["git", *_RUN_NOTHING, "-C", folder, *arguments],
            env={**os.environ, **_WRITE_AND_FETCH_NOTHING},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_TIMEOUT,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.returncode
