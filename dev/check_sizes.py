"""Hold files and functions to the size that one can read in one go.

Branches are counted by ruff (C901), everything else here. A code line is one that is neither blank nor a
comment nor part of a docstring.
"""

from __future__ import annotations

import ast
import io
import sys
import tokenize
from collections.abc import Iterator
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 40
MAX_COMMAND_BODY_LINES = 20

FOLDERS = ("src", "dev")
SILENT_TOKENS = {
    tokenize.COMMENT,
    tokenize.DEDENT,
    tokenize.ENCODING,
    tokenize.ENDMARKER,
    tokenize.INDENT,
    tokenize.NEWLINE,
    tokenize.NL,
}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def main() -> int:
    """Print every file and function that is too large; 1 when there is one."""
    root = Path(__file__).resolve().parent.parent
    paths = [path for folder in FOLDERS for path in sorted((root / folder).rglob("*.py"))]
    problems = [
        f"{path.relative_to(root).as_posix()}:{problem}"
        for path in paths
        if "sample_projects" not in path.parts
        for problem in oversized(path.read_text(encoding="utf-8"))
    ]
    print(*problems, sep="\n" if problems else "")
    return 1 if problems else 0


def oversized(source: str) -> Iterator[str]:
    """Yield one `line: message` for everything in a source that is too large."""
    length = len(source.splitlines())
    if length > MAX_FILE_LINES:
        yield f"1: the file has {length} lines, over {MAX_FILE_LINES}: split it by subject"
    tree = ast.parse(source)
    lines = code_lines(source, tree)
    for node in ast.walk(tree):
        if isinstance(node, Function):
            limit = MAX_COMMAND_BODY_LINES if is_command(node) else MAX_FUNCTION_LINES
            first = node.body[0].lineno if is_command(node) else node.lineno
            count = sum(first <= line <= (node.end_lineno or first) for line in lines)
            if count > limit:
                yield f"{node.lineno}: {node.name} has {count} code lines, over {limit}: split it"


def code_lines(source: str, tree: ast.Module) -> set[int]:
    """Return the numbers of the lines that hold code."""
    lines: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in SILENT_TOKENS:
            lines.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and ast.get_docstring(node):
            docstring = node.body[0]
            lines.difference_update(range(docstring.lineno, (docstring.end_lineno or 0) + 1))
    return lines


def is_command(function: Function) -> bool:
    """Tell whether a function is a command: its options are a declaration, so only its body counts."""
    names = {
        node.attr
        for decorator in function.decorator_list
        for node in ast.walk(decorator)
        if isinstance(node, ast.Attribute)
    }
    return not names.isdisjoint({"command", "callback"})


if __name__ == "__main__":
    sys.exit(main())
