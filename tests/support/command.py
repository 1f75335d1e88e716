"""The real command, run as a program, on projects in temporary folders."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

__all__ = ["DATA", "PROGRAM", "Project", "environment"]

PROGRAM = str(Path(sys.executable).with_name("mops-bundle"))
DATA = ("--data", "data/population.csv", "--data", "config/settings.json")

Done = subprocess.CompletedProcess[str]


def environment(**variables: str) -> dict[str, str]:
    """Only what a program needs from ours, so that no variable of the test run is an input of a model."""
    kept = ("HOME", "LANG", "LC_ALL", "PATH", "SYSTEMROOT", "TMPDIR")
    return {name: os.environ[name] for name in kept if name in os.environ} | variables


@dataclass
class Project:
    """A folder that commands run in."""

    folder: Path
    variables: dict[str, str] = field(default_factory=dict)

    def run(self, *arguments: str | Path, expect: int | None = 0, **options: Any) -> Done:
        """Run a command; ``expect`` is the exit code, ``None`` for any."""
        done = subprocess.run(
            [PROGRAM, *map(str, arguments)],
            cwd=options.pop("cwd", self.folder),
            env=environment(**self.variables),
            capture_output=True,
            text=True,
            errors="surrogateescape",
            timeout=300,
            check=False,
            **options,
        )
        assert "Traceback" not in done.stderr, done.stderr
        if expect is not None:
            assert done.returncode == expect, f"{arguments}: {done.stdout}{done.stderr}"
        return done

    def json(self, *arguments: str, expect: int | None = 0) -> dict[str, Any]:
        """The JSON that a command prints, alone on its standard output."""
        document = json.loads(self.run(*arguments, "--json", expect=expect).stdout)
        assert document["schema"] == 1
        return document

    def refuse(self, *arguments: str | Path, code: int = 2) -> str:
        """Run a command that must fail in a line or two, and write nothing; what it says."""
        before = self.content()
        done = self.run(*arguments, expect=code)
        assert done.stdout == ""
        assert done.stderr.startswith("error: ")
        assert len(done.stderr.splitlines()) <= 2, done.stderr
        assert self.content() == before
        return done.stderr

    def states(self, *names: str) -> dict[str, str]:
        """State of each entry."""
        return {each["id"]: each["state"] for each in self.json("status", *names)["entries"]}

    def edit(self, path: str, before: str, after: str) -> None:
        """Replace a text in a file."""
        file = self.folder / path
        text = file.read_text()
        assert before in text
        file.write_text(text.replace(before, after))

    def content(self) -> dict[str, bytes]:
        """Every file but the cache, which questions may write."""
        cache = self.folder / ".modelops-bundle" / "cache"
        return {
            os.fsdecode(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and cache not in path.parents
        }

    def copy(self, folder: Path) -> Project:
        """The same project somewhere else."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return Project(folder, dict(self.variables))
