"""Real sources, changed in every way that changes a tree: no mutant keeps its digest."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator

import pytest
from tests.support.trees import installed_sources, meaning

from modelops_bundle.source.canonical import spell

Change = Callable[[], object]
Mutation = tuple[str, Change, Change]

OPERATORS = [ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow, ast.MatMult]
OPERATORS += [ast.LShift, ast.RShift, ast.BitOr, ast.BitXor, ast.BitAnd]
COMPARISONS = [
    ast.Eq,
    ast.NotEq,
    ast.Lt,
    ast.LtE,
    ast.Gt,
    ast.GtE,
    ast.Is,
    ast.IsNot,
    ast.In,
    ast.NotIn,
]
UNARY = [ast.Invert, ast.Not, ast.UAdd, ast.USub]
BOOLEAN = [ast.And, ast.Or]
FAMILIES = {ast.operator: OPERATORS, ast.unaryop: UNARY, ast.boolop: BOOLEAN}


def _setting(node: ast.AST, field: str, value: object) -> Mutation:
    before = getattr(node, field)
    name = f"{type(node).__name__}.{field}"
    return name, lambda: setattr(node, field, value), lambda: setattr(node, field, before)


def _other_kind(kinds: list[type], node: ast.AST) -> ast.AST:
    return kinds[(kinds.index(type(node)) + 1) % len(kinds)]()


def _constants(value: object) -> list[object]:
    if isinstance(value, bool) or value is None or value is ...:
        return [not value, 0, "", None if value is not None else False]
    if isinstance(value, int):
        return [value + 1, float(min(value, 2**1000)), str(min(value, 2**1000)), -value - 1]
    if isinstance(value, str):
        return [
            f"{value}x",
            value[1:] if value else "y",
            f"{value} ",
            value.encode("utf-8", "replace"),
        ]
    if isinstance(value, bytes):
        return [value + b"x", value.decode("latin-1")]
    return [value + 1, None]  # type: ignore[operator]


def _fields(node: ast.AST) -> Iterator[Mutation]:
    for field, value in ast.iter_fields(node):
        if field in ("kind", "type_comment", "ctx", "type_ignores"):
            continue
        if isinstance(value, list):
            yield from _lists(node, field, value)
        else:
            for other in _others(node, field, value):
                yield _setting(node, field, other)


def _others(node: ast.AST, field: str, value: object) -> list[object]:
    if isinstance(node, ast.Constant):
        return _constants(value)
    if isinstance(value, str):
        return [f"{value}_"]
    if isinstance(value, int):
        return [value + 1]
    for kind, kinds in FAMILIES.items():
        if isinstance(value, kind):
            return [_other_kind(kinds, value)]
    if isinstance(value, ast.expr):
        wrapped = ast.Tuple([value], ast.Load())
        return [wrapped] if field in ("value", "func") else [wrapped, None]
    return [ast.Name("mutant", ast.Load())] if value is None else []


def _lists(node: ast.AST, field: str, value: list[object]) -> Iterator[Mutation]:
    for at, item in enumerate(value):
        rest = [*value[:at], *value[at + 1 :]]
        if not (isinstance(item, ast.stmt) and not rest):
            yield _setting(node, field, rest)
        if at:
            yield _setting(node, field, [*value[: at - 1], item, value[at - 1], *value[at + 1 :]])
        if isinstance(item, ast.cmpop):
            changed = [*value[:at], _other_kind(COMPARISONS, item), *value[at + 1 :]]
            yield _setting(node, field, changed)
        if isinstance(item, str):
            yield _setting(node, field, [*value[:at], f"{item}_", *value[at + 1 :]])


def mutations(statement: ast.stmt) -> Iterator[Mutation]:
    """Small changes of a statement, each as a pair of doing and undoing."""
    for node in list(ast.walk(statement)):
        yield from _fields(node)


def _meaning(statement: ast.stmt) -> str:
    # After another, since a string that stands first would be a docstring.
    return meaning(ast.Module([ast.Pass(), copy.deepcopy(statement)], []))


def survivors(data: bytes, most: int, chance: random.Random) -> tuple[list[str], list[str]]:
    """Names of the changes that were made, and of those that wrongly left the digest as it was."""
    changes = [
        (statement, *mutation)
        for statement in ast.parse(data).body
        for mutation in mutations(statement)
    ]
    chosen = chance.sample(changes, min(most, len(changes)))
    wrong: list[str] = []
    for statement, name, change, undo in chosen:
        before = spell(statement).data
        change()
        if spell(statement).data == before:
            kept = _meaning(statement)
            undo()
            wrong += [name] * (kept != _meaning(statement))
        else:
            undo()
        assert spell(statement).data == before
    return [name for _, name, _, _ in chosen], wrong


def test_no_mutant_keeps_its_digest() -> None:
    chance = random.Random(20)
    total, kinds = 0, set[str]()
    for name, data in installed_sources("pluggy", "iniconfig", "packaging"):
        made, wrong = survivors(data, 60, chance)
        assert not wrong, (name, wrong)
        total, kinds = total + len(made), kinds | set(made)
    assert total > 1000
    assert {"BinOp.op", "Constant.value", "Compare.ops", "Name.id", "FunctionDef.body"} <= kinds


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_no_mutant_of_many_sources_keeps_its_digest() -> None:
    chance = random.Random(21)
    total, kinds = 0, set[str]()
    packages = ("_pytest", "hypothesis", "mypy", "rich", "typer", "filelock", "yaml")
    for name, data in installed_sources(*packages):
        if len(data) > 60_000:
            continue
        made, wrong = survivors(data, 200, chance)
        assert not wrong, (name, wrong)
        total, kinds = total + len(made), kinds | set(made)
    assert total > 50_000
    assert len(kinds) > 100
