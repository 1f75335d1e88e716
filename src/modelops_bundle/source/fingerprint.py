"""Fingerprints of a source: one for each top-level statement, and one for the whole, the token hash.

Rules:

- Two sources have the same token hash exactly when their trees mean the same, docstrings aside (see
  :mod:`modelops_bundle.source.canonical`), whatever Python reads them.
- A statement has a second digest, in which imports next to each other inside a function, class or block
  count as a set. It is for digests of a model's code, where sorting imports changes nothing; the token hash
  is made of the first.
- Docstrings have digests of their own, of their text as it stands, for code that reads them.
"""

from __future__ import annotations

import ast

from modelops_bundle.identity.recipes import source_node_hasher, source_token_digest
from modelops_bundle.source.canonical import Definition, Spelling, docstring_of, spell
from modelops_bundle.source.describe import describe
from modelops_bundle.source.importruns import grouping_within, import_atoms, number_runs
from modelops_bundle.source.prints import DocPrint, Prints, Unit

__all__ = ["read_prints"]


def read_prints(tree: ast.Module) -> Prints:
    """Fingerprints of a parsed source, however large or deep."""
    body = tree.body
    docs: list[DocPrint] = []
    docstring = docstring_of(body)
    if docstring is not None:
        docs.append(DocPrint("", _digest_of_text(docstring), body[0].lineno))
        body = body[1:]
    units: list[Unit] = []
    for statement, run in zip(body, number_runs(body), strict=True):
        spelling = spell(statement)
        units.append(_unit(statement, run, spelling))
        docs += _doc_prints(spelling.definitions)
    token = source_token_digest(bytes.fromhex(unit.ordered) for unit in units)
    return Prints(str(token), tuple(units), tuple(docs))


def _digest(data: bytes) -> str:
    hasher = source_node_hasher()
    hasher.update(data)
    return hasher.hexdigest()


def _digest_of_text(text: str) -> str:
    return _digest(text.encode("utf-8", "surrogatepass"))


def _unit(statement: ast.stmt, run: int, spelling: Spelling) -> Unit:
    ordered = grouped = _digest(spelling.data)
    atoms = import_atoms(statement)
    if spelling.imports and not atoms:
        grouped = _digest(spell(statement, grouping_within(statement)).data)
    name, kind, value = describe(statement)
    return Unit(name, kind, statement.lineno, ordered, grouped, atoms, run, value)


def _doc_prints(definitions: list[Definition]) -> list[DocPrint]:
    prints: list[DocPrint] = []
    if all(definition.docstring is None for definition in definitions):
        return prints
    around: list[Definition] = []
    for definition in sorted(definitions, key=lambda item: _start(item.node)):
        node = definition.node
        while around and _end(around[-1].node) <= _start(node):
            around.pop()
        around.append(definition)
        if definition.docstring is not None:
            digest = _digest_of_text(definition.docstring)
            prints.append(DocPrint(_qualname(around), digest, node.lineno))
    return prints


def _start(node: ast.stmt) -> tuple[int, int]:
    return node.lineno, node.col_offset


def _end(node: ast.stmt) -> tuple[int, int]:
    return node.end_lineno or node.lineno, node.end_col_offset or 0


def _qualname(around: list[Definition]) -> str:
    *outer, own = (definition.node for definition in around)
    parts = [
        node.name if isinstance(node, ast.ClassDef) else f"{node.name}.<locals>" for node in outer
    ]
    return ".".join([*parts, own.name])
