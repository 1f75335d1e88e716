"""Keep what belongs to one machine out of the repository: its paths, and where it gets packages from.

Only `uv.lock` names an index, because uv writes it so; everything else leaves the choice to the reader's own
configuration.
"""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES_AN_INDEX = {"uv.lock"}

RULES = {
    "a path of one machine": re.compile(
        r"(?<![\w.~/}>-])/(?:work|root|(?:home|Users)/(?!(?:you|me|user|ann|bob)\b)\w+)/"
        r"|\b[A-Z]:\\Users\\"
    ),
    "a package index": re.compile(
        r"pypi\.org|pythonhosted\.org|npmjs\.org|(?:deb|archive)\.(?:debian|ubuntu)\.|pypi\.\w+\.(?:cn|com)"
    ),
}


def main() -> int:
    """Print every line that breaks a rule; 1 when there is one."""
    root = Path(__file__).resolve().parent.parent
    problems = [
        f"{name}:{problem}"
        for name in tracked_files(root)
        if name not in NAMES_AN_INDEX
        for problem in forbidden(read_text(root / name))
    ]
    print(*problems, sep="\n" if problems else "")
    return 1 if problems else 0


def tracked_files(root: Path) -> list[str]:
    """Return the files that are in git or would be added to it, relative to the root."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=root, check=True, capture_output=True).stdout
    names = sorted(set(listing.decode(errors="surrogateescape").split("\0")) - {""})
    return [name for name in names if (root / name).is_file()]


def read_text(path: Path) -> str:
    """Return a file's text; of a binary file, what can be read in it."""
    return path.read_bytes().decode("utf-8", errors="replace")


def forbidden(text: str) -> Iterator[str]:
    """Yield one `line: message` for every line of a text that breaks a rule."""
    for number, line in enumerate(text.split("\n"), start=1):
        for what, pattern in RULES.items():
            if found := pattern.search(line):
                yield f"{number}: names {what}: {found.group()}"


if __name__ == "__main__":
    sys.exit(main())
