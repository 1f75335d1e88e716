"""Replay the sessions that the docs show, and compare what the commands print.

A page with a comment `<!-- session -->` is replayed from there on, in an empty folder: every line of its
blocks of the language `console` that begins with `$ ` is run in a shell, and what is printed has to be what
stands below it. A line `...` stands for any lines. What depends on the machine (digests, versions, sizes of
installed packages) is levelled on both sides.

Comments that readers do not see prepare a session:

- `<!-- run: COMMAND -->` runs a command and ignores what it prints;
- `<!-- edit PATH: OLD => NEW -->` replaces a text that a file holds once;
- `<!-- session -->` begins anew in an empty folder.

usage: python dev/check_sessions.py [--write] [PAGE]...   (--write: put what is printed into the pages)
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs_pages import FENCE

ROOT = Path(__file__).resolve().parent.parent
HOME = "/home/you"
DIRECTIVE = re.compile(r"^\s*<!-- (session|run|edit)(?:(?: |: )(.*?))? -->$")
LEVELLED = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "<digest>"),
    (re.compile(r"\b3\.\d+\.\d+\b"), "<version>"),
    (re.compile(r"\b\d+(\.\d+)? (ms|s|min|h)\b( \d+ (s|min)\b)?"), "<time>"),
    (re.compile(r"\b(linux|darwin)-(x86_64|aarch64|arm64)\b"), "<platform>"),
)


class Step(NamedTuple):
    """Something to run: the command, the lines that the page shows below it, and where they stand."""

    command: str
    shown: tuple[str, ...]
    start: int
    end: int
    indent: str


class Session:
    """A shell's folder and variables, from one step to the next."""

    def __init__(self, folder: str) -> None:
        self._home = folder
        self._folder = folder
        dropped = {
            "VIRTUAL_ENV",
            "CONDA_PREFIX",
            "PYTHONPATH",
            "UV_RUN_RECURSION_DEPTH",
            "FORCE_COLOR",
        }
        kept = {name: value for name, value in os.environ.items() if name not in dropped}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        self._variables = {**kept, "PATH": path, "NO_COLOR": "1", "PYTHONDONTWRITEBYTECODE": "1"}
        self._variables |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        for name in ("AUTHOR", "COMMITTER"):
            self._variables |= {f"GIT_{name}_NAME": "You", f"GIT_{name}_EMAIL": "you@example.org"}

    def run(self, command: str) -> list[str]:
        """Run a command line and return what it prints, as it would look in a home folder."""
        done = subprocess.run(
            ["sh", "-c", f"{command}\nstatus=$?\npwd > {self._home}/.where\nexit $status"],
            cwd=self._folder,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self._folder = (Path(self._home) / ".where").read_text().strip()
        return [line.rstrip() for line in done.stdout.replace(self._home, HOME).splitlines()]

    def edit(self, instruction: str) -> None:
        """Replace a text in a file: `PATH: OLD => NEW`."""
        name, _, change = instruction.partition(": ")
        old, _, new = change.partition(" => ")
        path = Path(self._folder, name)
        text = path.read_text()
        if text.count(old) != 1:
            raise SystemExit(f"{name} does not hold {old!r} once")
        path.write_text(text.replace(old, new))


def main(arguments: list[str]) -> int:
    """Replay the pages, or the named ones; 1 when one does not show what is printed."""
    write = "--write" in arguments
    named = [Path(each).resolve() for each in arguments if each != "--write"]
    wrong = 0
    for page in named or [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]:
        lines = page.read_text(encoding="utf-8").splitlines()
        replayed = list(replay(lines))
        for step, printed in reversed(replayed):
            if matches(step.shown, printed):
                continue
            wrong += 1
            if write:
                lines[step.start : step.end] = [step.indent + line for line in printed]
            else:
                name = page.relative_to(ROOT).as_posix()
                print(f"{name}:{step.start}: `{step.command}` prints\n", *printed, sep="\n  ")
        if write:
            page.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return 1 if wrong and not write else 0


def replay(lines: list[str]) -> Iterator[tuple[Step, list[str]]]:
    """Run a page's sessions and yield each step that is shown, with what it printed."""
    session: Session | None = None
    with tempfile.TemporaryDirectory(prefix="modelops-docs-") as folder:
        real = os.path.realpath(folder)
        for count, item in enumerate(parts_of(lines)):
            if isinstance(item, Step):
                if session is not None:
                    yield item, session.run(item.command)
            elif item[0] == "session":
                place = os.path.join(real, str(count))
                os.mkdir(place)
                session = Session(place)
            elif session is not None:
                session.run(item[1]) if item[0] == "run" else session.edit(item[1])


def parts_of(lines: list[str]) -> Iterator[Step | tuple[str, str]]:
    """Directives and steps of a page in order."""
    language, indent = "", ""
    for number, line in enumerate(lines):
        fence = FENCE.match(line)
        directive = DIRECTIVE.match(line)
        if fence and not language:
            language, indent = fence[3] or "text", fence[1]
        elif line.strip() == "```":
            language = ""
        elif directive and not language:
            yield directive[1], directive[2] or ""
        elif language == "console" and line.removeprefix(indent).startswith("$ "):
            yield _step(lines, number, indent)


def _step(lines: list[str], number: int, indent: str) -> Step:
    command = lines[number].removeprefix(indent)[2:]
    start = number + 1
    while command.endswith("\\"):
        command = f"{command[:-1]}{lines[start].strip().removeprefix('> ')}"
        start += 1
    end = start
    while not lines[end].strip().startswith("```") and not lines[end].startswith(f"{indent}$ "):
        end += 1
    shown = tuple(line.removeprefix(indent) for line in lines[start:end])
    return Step(command, shown, start, end, indent)


def matches(shown: tuple[str, ...], printed: list[str]) -> bool:
    """Whether what is printed is what is shown, `...` standing for any lines."""
    pattern = "\n".join(
        "\0" if line.strip() == "..." else re.escape(level(line)) for line in _trimmed(shown)
    )
    pattern = re.sub(r"\n?\0\n?", "(?s:.*)", pattern)
    return re.fullmatch(pattern, "\n".join(map(level, _trimmed(printed)))) is not None


def level(line: str) -> str:
    """The line without what differs from machine to machine."""
    line = line.rstrip()
    for pattern, word in LEVELLED:
        line = pattern.sub(word, line)
    return line


def _trimmed(lines: tuple[str, ...] | list[str]) -> list[str]:
    kept = list(lines)
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
