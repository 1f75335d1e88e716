"""Hold the docs to the program: what it has is documented, and what is documented it has.

The reference is compared in both directions with the commands and options of the real command line, the keys
of the configuration, the keys of the registry, the public names and the environment variables. Everywhere,
links have to lead somewhere and shown commands have to exist with the options they are shown with. What the
commands print is compared by `check_sessions.py`.

usage: python dev/check_docs.py [ROOT]
"""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import docs_program as program
from docs_pages import CODE, Page, Section, pages_of

REFERENCE = "docs/reference"
EMPTY = {(): "[]", None: "none"}


def main(arguments: list[str]) -> int:
    """Print every problem; 1 when there is one."""
    root = Path(arguments[0]) if arguments else Path(__file__).resolve().parent.parent
    found = sorted(set(problems(root)))
    print(*found, sep="\n" if found else "")
    return 1 if found else 0


def problems(root: Path) -> Iterator[str]:
    """Yield one `page:line: what` for everything that is not so."""
    pages = {page.name: page for page in pages_of(root)}
    yield from _commands(pages[f"{REFERENCE}/commands.md"])
    yield from _configuration(pages[f"{REFERENCE}/configuration.md"])
    yield from _public_names(pages[f"{REFERENCE}/python-api.md"])
    yield from _registry(pages[f"{REFERENCE}/registry.md"])
    yield from _variables(pages[f"{REFERENCE}/environment-variables.md"], root / "src")
    yield from _place_variables(pages[f"{REFERENCE}/environment-variables.md"])
    yield from _links(pages, root)
    targets = _make_targets(root)
    for page in pages.values():
        yield from _shown_commands(page)
        yield from _shown_targets(page, targets)
    yield from _index(pages)


def compared(
    page: Page, where: str, said: Iterable[tuple[int, str]], there: Iterable[str]
) -> Iterator[str]:
    """Yield what only one side has: what is said, with its line, and what is there."""
    lines = {name: line for line, name in said}
    wanted = set(there)
    for name in sorted(wanted - lines.keys()):
        yield f"{page.name}: {where} does not document {name}"
    for name in sorted(lines.keys() - wanted):
        yield f"{page.name}:{lines[name]}: {where} has no {name}"


def _titled(page: Page, prefix: str = "") -> dict[str, Section]:
    """Sections by the text in code style that is their title, without a prefix."""
    sections = {}
    for section in page.sections:
        match = re.fullmatch(r"`([^`]+)`.*", section.title)
        if match and match[1].startswith(prefix):
            sections[match[1].removeprefix(prefix).strip()] = section
    return sections


def _commands(page: Page) -> Iterator[str]:
    sections = _titled(page, "mops-bundle")
    there = program.commands()
    lines = [(section.line, name) for name, section in sections.items()]
    yield from compared(page, "the reference", lines, [name for name in there if name != ""])
    shared = next(section for section in page.sections if section.title.startswith("Options of"))
    said = [(line, text.split()[0]) for line, text in shared.first_cells()]
    yield from compared(page, "every command", said, program.SHARED_OPTIONS | {"--version"})
    for name in sections.keys() & there.keys():
        command = there[name]
        cells = [(line, text.split()[0]) for line, text in sections[name].first_cells()]
        plain = [(line, re.sub(r"[\[\].]", "", text)) for line, text in cells]
        wanted = (command.options | command.arguments) - program.SHARED_OPTIONS
        yield from compared(page, f"mops-bundle {name}", plain, wanted)


def _configuration(page: Page) -> Iterator[str]:
    for table, keys in program.configuration().items():
        section = next((each for each in page.sections if each.title == f"`[{table}]`"), None)
        if section is None:
            yield f"{page.name}: has no section for [{table}]"
            continue
        yield from compared(page, f"[{table}]", section.first_cells(), keys)
        for line, cells in section.rows:
            key, default = cells[0].strip("`"), cells[2].replace("`", "")
            if key in keys and default != _shown(keys[key]):
                yield f"{page.name}:{line}: the default of {key} is {_shown(keys[key])}"


def _shown(default: object) -> str:
    if default in EMPTY:
        return EMPTY[default]  # type: ignore[index]
    if isinstance(default, tuple):
        return "[" + ", ".join(f'"{item}"' for item in default) + "]"
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else str(default)


def _public_names(page: Page) -> Iterator[str]:
    said = []
    for section in page.sections:
        match = re.match(r"`(modelops_bundle[\w.]*)`", section.title)
        if match and section.level > 2:
            said.append((section.line, match[1]))
        for line, text in section.first_cells():
            if text.startswith("modelops_bundle."):
                said.append((line, text))
    yield from compared(page, "the package", said, program.public_names())


def _registry(page: Page) -> Iterator[str]:
    sections = _titled(page)
    for kind, keys in program.registry_keys().items():
        if kind in sections:
            yield from compared(page, kind, sections[kind].first_cells(), keys)
        else:
            yield f"{page.name}: has no section for {kind}"


def _variables(page: Page, source: Path) -> Iterator[str]:
    said = [pair for section in page.sections for pair in section.first_cells()]
    yield from compared(page, "the program", said, program.variables(source))


def _place_variables(page: Page) -> Iterator[str]:
    section = next(each for each in page.sections if each.title == "Variables that models read")
    said = [
        (line, name)
        for line, text in section.lines
        for name in CODE.findall(text)
        if name == name.upper()
    ]
    yield from compared(page, "what is excluded from the start", said, program.place_variables())


def _links(pages: dict[str, Page], root: Path) -> Iterator[str]:
    for page in pages.values():
        for line, target in page.links():
            if re.match(r"[a-z]+:", target):
                continue
            place, _, fragment = target.partition("#")
            path = (page.path.parent / place).resolve() if place else page.path.resolve()
            if not path.exists():
                yield f"{page.name}:{line}: the link {target} leads nowhere"
            elif fragment and path.is_relative_to(root.resolve()):
                other = pages.get(path.relative_to(root.resolve()).as_posix())
                if other is None or fragment not in other.anchors:
                    yield f"{page.name}:{line}: {target} has no such heading"


def _index(pages: dict[str, Page]) -> Iterator[str]:
    """Every page is reached from the index of the docs."""
    index = pages["docs/index.md"]
    linked = {
        (index.path.parent / target.partition("#")[0]).resolve() for _, target in index.links()
    }
    for page in pages.values():
        if page.path.resolve() not in linked and page.name not in ("README.md", index.name):
            yield f"{page.name}: docs/index.md does not link to it"


def _make_targets(root: Path) -> set[str]:
    text = (root / "Makefile").read_text(encoding="utf-8")
    return set(re.findall(r"^([a-z-]+):", text, re.MULTILINE))


def _shown_targets(page: Page, targets: set[str]) -> Iterator[str]:
    shown = [
        (number, line.strip().removeprefix("$ "))
        for block in page.blocks
        if block.language in ("sh", "console", "yaml")
        for number, line in enumerate(block.lines, block.line)
    ]
    shown += [(number, text) for number, line in page.prose for text in CODE.findall(line)]
    for number, text in shown:
        match = re.fullmatch(r"(?:- run: )?make ([a-z-]+)(?: [A-Z]+=\S+)?", text)
        if match and match[1] not in targets:
            yield f"{page.name}:{number}: make has no target {match[1]}"


def _shown_commands(page: Page) -> Iterator[str]:
    there = program.commands()
    for line, text in page.commands():
        try:
            words = shlex.split(text, comments=True)[1:]
        except ValueError:
            yield f"{page.name}:{line}: no shell reads {text!r}"
            continue
        words = words[: next((i for i, word in enumerate(words) if word in "|>&;"), len(words))]
        for problem in _misused(words, there):
            yield f"{page.name}:{line}: {problem} in {text!r}"


def _misused(words: list[str], there: dict[str, program.Command]) -> Iterator[str]:
    """What is wrong with the words of a command line."""
    before, rest = _root_options(words, there[""])
    yield from before
    groups = {name.split()[0] for name in there if " " in name}
    if not rest:
        return
    size = 2 if rest[0] in groups else 1
    name = " ".join(rest[:size])
    if name not in there:
        if name not in groups:
            yield f"no command {name}"
        return
    known = there[name].options | program.SHARED_OPTIONS
    for word in rest[size:]:
        option = word.partition("=")[0]
        if option.startswith("-") and not option.lstrip("-").isdigit() and option not in known:
            yield f"mops-bundle {name} has no option {option}"


def _root_options(words: list[str], root: program.Command) -> tuple[list[str], list[str]]:
    wrong = []
    place = 0
    while place < len(words) and words[place].startswith("-"):
        if words[place] not in root.options:
            wrong.append(f"no option {words[place]} before a command")
        place += 2 if words[place] in root.takes_value else 1
    return wrong, words[place:]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
