"""Which files of a folder are no part of a bundle: ``.modelopsignore``, in the syntax of ``.gitignore``.

Before the project's own patterns stand those below, which a pattern with ``!`` takes back.
"""

from __future__ import annotations

import re

from pathspec import GitIgnoreSpec

from modelops_bundle.errors import UsageError

__all__ = ["DEFAULT_PATTERNS", "IGNORE_FILE", "Ignoring"]

IGNORE_FILE = ".modelopsignore"

DEFAULT_PATTERNS = (
    ".git", ".hg", ".svn", ".jj", ".modelops-bundle",
    "__pycache__/", "*.py[cod]", ".venv/", "venv/", "site-packages/", "node_modules/", "*.egg-info/",
    ".ipynb_checkpoints/", ".mypy_cache/", ".pytest_cache/", ".ruff_cache/", ".hypothesis/", ".tox/", ".nox/",
    ".dvc/", ".snakemake/", ".idea/", ".vscode/",
    ".DS_Store", "Thumbs.db", "desktop.ini", "*~", "*.sw[a-p]", ".#*", "\\#*#",
    ".env", ".env.*", "!.env.example", "!.env.sample", "!.env.template",
)  # fmt: skip


class Ignoring:
    """Answers whether a path is passed over.

    Args:
        text: What ``.modelopsignore`` says; empty where there is none.

    Raises:
        UsageError: A line is no pattern.
    """

    def __init__(self, text: str) -> None:
        lines = [line.removesuffix("\r") for line in text.removeprefix("\ufeff").split("\n")]
        try:
            self._spec = GitIgnoreSpec.from_lines([*DEFAULT_PATTERNS, *lines])
        except (ValueError, re.error) as error:
            raise UsageError(
                f"{IGNORE_FILE} cannot be used", str(error), "Mend the pattern, or remove it."
            ) from error

    def passes(self, path: str, *, is_folder: bool = False) -> bool:
        """Whether a recorded path is passed over. Nothing below a folder that is need be asked about."""
        return self._spec.match_file(f"{path}/" if is_folder else path)
