"""An independent judge of whether two sources mean the same, and real sources to judge."""

from __future__ import annotations

import ast
import os
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from modelops_bundle.source.fingerprint import read_prints
from modelops_bundle.source.parse import Unparsable, parse

__all__ = ["installed_sources", "meaning", "spoken", "token"]

SITE = Path(sysconfig.get_path("purelib"))


def token(source: str | bytes) -> str:
    """Token hash of a source that parses."""
    tree = parse(source.encode() if isinstance(source, str) else source)
    assert not isinstance(tree, Unparsable), (tree, source)
    return read_prints(tree).token


def meaning(source: str | bytes | ast.Module) -> str:
    """What a source says without its docstrings, by the interpreter's own dump of its tree."""
    tree = source if isinstance(source, ast.Module) else ast.parse(source)
    return ast.dump(_Bare().visit(tree))


def spoken(tree: ast.Module) -> str:
    """The docstrings of a tree, in the order of a walk."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    found = [node for node in ast.walk(tree) if isinstance(node, owners)]
    return repr([ast.get_docstring(node, clean=False) for node in found])


class _Bare(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        return ast.Constant(node.value)

    def visit_Delete(self, node: ast.Delete) -> ast.Delete:
        self.generic_visit(node)
        if len(node.targets) == 1 and isinstance(node.targets[0], ast.Tuple):
            return ast.Delete(node.targets[0].elts)
        return node

    def _without_docstring(self, node: ast.AST) -> ast.AST:
        self.generic_visit(node)
        if ast.get_docstring(node, clean=False) is not None:
            is_module = isinstance(node, ast.Module)
            node.body = node.body[1:] or ([] if is_module else [ast.Pass()])
        return node

    visit_Module = _without_docstring  # noqa: N815
    visit_ClassDef = _without_docstring  # noqa: N815
    visit_FunctionDef = _without_docstring  # noqa: N815
    visit_AsyncFunctionDef = _without_docstring  # noqa: N815


def installed_sources(*packages: str, limit: int | None = None) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of the sources of installed packages, each that parses here."""
    count = 0
    for package in packages:
        for folder, folders, files in os.walk(SITE / package):
            folders.sort()
            for name in sorted(files):
                if not name.endswith(".py"):
                    continue
                data = (Path(folder) / name).read_bytes()
                if isinstance(parse(data), Unparsable):
                    continue
                yield str((Path(folder) / name).relative_to(SITE)), data
                count += 1
                if count == limit:
                    return
