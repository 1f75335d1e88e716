"""Markdown pages as the checks of the docs see them: headings, tables, links, blocks of code.

Only the forms that the docs use are known. A heading, a table or a link inside a block of code is none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

FENCE = re.compile(r"^( *)(```+)([\w-]*)\s*$")
HEADING = re.compile(r"^(#{1,6}) (.+?)\s*$")
LINK = re.compile(r"(?<!\\)\[(?:[^\]\[]|\[[^\]]*\])*\]\(([^)\s]+)\)")
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True)
class Block:
    """A block of code: its language, the number of its first line, and its lines without indentation."""

    language: str
    line: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it, up to the next heading of any level."""

    title: str
    level: int
    line: int
    lines: tuple[tuple[int, str], ...]

    @cached_property
    def rows(self) -> list[tuple[int, list[str]]]:
        """Rows of the section's tables, without the heads: line and cells."""
        rows = []
        for number, line in self.lines:
            if line.startswith("|") and not re.fullmatch(r"[|:\- ]+", line):
                cells = re.split(r"(?<!\\)\|", line.strip().strip("|"))
                rows.append((number, [cell.strip().replace("\\|", "|") for cell in cells]))
        heads = {number - 1 for number, line in self.lines if re.fullmatch(r"\|[|:\- ]+", line)}
        return [row for row in rows if row[0] not in heads]

    def first_cells(self) -> Iterator[tuple[int, str]]:
        """Every text in code style in the first cell of a row, with its line."""
        for number, cells in self.rows:
            for text in CODE.findall(cells[0]):
                yield number, text


class Page:
    """One Markdown file."""

    def __init__(self, path: Path, root: Path) -> None:
        self.path = path
        self.name = path.relative_to(root).as_posix()
        self.lines = path.read_text(encoding="utf-8").splitlines()

    @cached_property
    def blocks(self) -> list[Block]:
        """Its blocks of code."""
        blocks: list[Block] = []
        start: tuple[int, str, str, str] | None = None
        for number, line in enumerate(self.lines, 1):
            match = FENCE.match(line)
            if start is None and match:
                start = (number, match[1], match[2], match[3])
            elif start is not None and line.strip() == start[2]:
                body = self.lines[start[0] : number - 1]
                lines = tuple(each.removeprefix(start[1]) for each in body)
                blocks.append(Block(start[3], start[0] + 1, lines))
                start = None
        return blocks

    @cached_property
    def prose(self) -> list[tuple[int, str]]:
        """Its numbered lines outside of blocks of code."""
        inside = {
            number
            for block in self.blocks
            for number in range(block.line - 1, block.line + len(block.lines) + 1)
        }
        return [(number, line) for number, line in enumerate(self.lines, 1) if number not in inside]

    @cached_property
    def sections(self) -> list[Section]:
        """Its sections in order."""
        found: list[tuple[str, int, int, list[tuple[int, str]]]] = []
        for number, line in self.prose:
            match = HEADING.match(line)
            if match:
                found.append((match[2], len(match[1]), number, []))
            elif found:
                found[-1][3].append((number, line))
        return [Section(title, level, line, tuple(below)) for title, level, line, below in found]

    @cached_property
    def anchors(self) -> set[str]:
        """What a link's fragment may name."""
        return {anchor_of(section.title) for section in self.sections}

    def links(self) -> Iterator[tuple[int, str]]:
        """Line and destination of every link."""
        for number, line in self.prose:
            for target in LINK.findall(re.sub(r"`[^`]*`", "", line)):
                yield number, target

    def commands(self) -> Iterator[tuple[int, str]]:
        """Every command line of the program that the page shows, with its line.

        In blocks of code those that begin with its name, after a prompt or none; in prose code style.
        """
        for block in self.blocks:
            for number, line in joined(block):
                text = line.strip().removeprefix("$ ")
                if text.startswith(("mops-bundle", "uv run mops-bundle", "! mops-bundle")):
                    yield number, text[text.index("mops-bundle") :]
        for number, line in self.prose:
            for text in CODE.findall(line):
                if text.startswith("mops-bundle "):
                    yield number, text


def joined(block: Block) -> Iterator[tuple[int, str]]:
    """The lines of a block, those that end in a backslash joined with the next."""
    waiting = ""
    for number, line in enumerate(block.lines, block.line):
        if line.endswith("\\"):
            waiting += line[:-1].rstrip() + " "
            continue
        yield number, waiting + (line.lstrip("> ").lstrip() if waiting else line)
        waiting = ""


def anchor_of(title: str) -> str:
    """The fragment under which hosts of Markdown show a heading."""
    plain = re.sub(r"[^\w\- ]", "", title.replace("`", "").lower())
    return plain.replace(" ", "-")


def pages_of(root: Path) -> list[Page]:
    """The README and every page of the docs."""
    paths = [root / "README.md", *sorted((root / "docs").rglob("*.md"))]
    return [Page(path, root) for path in paths if path.is_file()]
