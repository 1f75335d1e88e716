"""Import statements next to each other whose order may be free.

A run is *locally sortable* when its statements bind the same names to the same things in any order: none is a
star, and no name is bound to two things. Whether the imported modules do anything when they are imported
is not to be seen in one source, so the last word on a run is not spoken here.

Inside a statement a run is sortable only where it does not show that it stopped half-way: not below ``try``
or ``with``, which may go on after an import failed, and not in a function that binds names of others. The
body of a class keeps its order, as the class does.

A run is a set of atoms, one for each imported name. Splitting ``import a, b``, joining two ``from x import``
lines and naming the same thing twice leave the set alone, as sorting does.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable
from functools import partial
from itertools import groupby
from typing import Any

from modelops_bundle.source.canonical import Atoms

__all__ = ["grouping_within", "import_atoms", "number_runs"]


def import_atoms(statement: ast.stmt) -> tuple[str, ...]:
    """What a statement imports, an atom for each name in its order; nothing for other statements.

    An atom reads ``import a.b``, ``import a.b as c``, ``from ..x import y`` or ``from x import y as z``.
    """
    if isinstance(statement, ast.Import):
        return tuple([f"import {_alias(alias)}" for alias in statement.names])
    if isinstance(statement, ast.ImportFrom):
        source = "." * (statement.level or 0) + (statement.module or "")
        return tuple([f"from {source} import {_alias(alias)}" for alias in statement.names])
    return ()


def number_runs(body: list[ast.stmt]) -> list[int]:
    """For each statement the number of its run, counted in this body; -1 where there is none to sort."""
    numbers: list[int] = []
    count = 0
    for is_import, group in groupby(body, _is_import):
        run = list(group)
        sortable = is_import and _is_sortable(run)
        numbers += [count if sortable else -1] * len(run)
        count += is_import
    return numbers


def grouping_within(statement: ast.stmt) -> Callable[[list[Any]], list[Any]]:
    """Replaces in lists of what is below a statement each sortable run by its set of atoms."""
    return partial(_group_imports, _imports_in_order(statement))


def _group_imports(in_order: set[int], nodes: list[Any]) -> list[Any]:
    if not any(map(_is_import, nodes)):
        return nodes
    grouped: list[Any] = []
    for is_import, group in groupby(nodes, _is_import):
        run = list(group)
        if is_import and id(run[0]) not in in_order and _is_sortable(run):
            atoms = {atom for statement in run for atom in import_atoms(statement)}
            grouped.append(Atoms(tuple(sorted(atoms))))
        else:
            grouped += run
    return grouped


def _imports_in_order(statement: ast.stmt) -> set[int]:
    """Identities of the import statements below one that keep their place."""
    found: set[int] = set()
    pending: list[tuple[ast.AST, bool]] = [(statement, False)]
    while pending:
        node, around = pending.pop()
        for block, ordered in _blocks(node, around):
            pending.extend((child, ordered) for child in block)
            found.update(id(child) for child in block if ordered and _is_import(child))
    return found


def _blocks(node: ast.AST, around: bool) -> list[tuple[list[Any], bool]]:
    """The lists of statements in one, each with whether imports in it keep their order."""
    blocks = {name: getattr(node, name) for name in _BLOCKS if hasattr(node, name)}
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        # Names of the function are gone when it fails; those that it binds elsewhere are not.
        return [(node.body, _binds_elsewhere(node))]
    if isinstance(node, ast.Try | ast.TryStar):
        final = blocks.pop("finalbody")
        inner = around or bool(final)
        return [
            (final, around),
            *((block, inner or name == "body") for name, block in blocks.items()),
        ]
    ordered = around or isinstance(node, ast.With | ast.AsyncWith | ast.ClassDef)
    return [(block, ordered) for block in blocks.values()]


def _binds_elsewhere(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    pending: list[ast.AST] = [*function.body]
    while pending:
        node = pending.pop()
        if isinstance(node, ast.Global | ast.Nonlocal):
            return True
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            for name in _BLOCKS:
                pending.extend(getattr(node, name, ()))
    return False


_BLOCKS = ("body", "handlers", "orelse", "finalbody", "cases")


def _is_import(node: object) -> bool:
    return node.__class__ is ast.Import or node.__class__ is ast.ImportFrom


def _alias(alias: ast.alias) -> str:
    return alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"


def _is_sortable(run: Iterable[ast.stmt]) -> bool:
    bound: dict[str, str] = {}
    for statement in run:
        for name, thing in _bindings(statement):
            if name == "*" or bound.setdefault(name, thing) != thing:
                return False
    return True


def _bindings(statement: ast.stmt) -> list[tuple[str, str]]:
    names: list[ast.alias] = statement.names  # type: ignore[attr-defined]
    atoms = import_atoms(statement)
    if isinstance(statement, ast.ImportFrom):
        return [
            (alias.asname or alias.name, atom) for alias, atom in zip(names, atoms, strict=True)
        ]
    # "import a.b" and "import a.c" bind the same module to the name a.
    tops = [alias.name.partition(".")[0] for alias in names]
    return [
        (alias.asname, atom) if alias.asname else (top, f"import {top}")
        for alias, top, atom in zip(names, tops, atoms, strict=True)
    ]
