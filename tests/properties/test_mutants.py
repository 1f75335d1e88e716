"""Real sources, changed in every way that changes a tree: no mutant keeps its digest."""

from __future__ import annotations

import ast
import copy
import random
from collections.abc import Callable, Iterator

import pytest
from tests.support.trees import installed_sources, meaning

from modelops_bundle.digests.code import source_component
from modelops_bundle.discovery.closure import Reading
from modelops_bundle.hashing import token_hash
from modelops_bundle.source.canonical import spell
from modelops_bundle.source.fingerprint import read_prints

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


def written(tree: ast.Module) -> tuple[str, str] | None:
    """Token hash and meaning of a tree that was written down as source; ``None`` if it is none."""
    try:
        source = ast.unparse(ast.fix_missing_locations(copy.deepcopy(tree))).encode()
        return token_hash(source), meaning(source)
    except (AttributeError, TypeError, ValueError, SyntaxError, RecursionError):
        return None


def rearranged(body: list[ast.stmt]) -> Iterator[tuple[str, list[ast.stmt]]]:
    """Each statement left out, said twice, and exchanged with the next and with the last."""
    for at, statement in enumerate(body):
        before, after = body[:at], body[at + 1 :]
        yield "left out", before + after
        yield "twice", [*before, statement, statement, *after]
        for other in {at + 1, len(body) - 1}:
            if at < other < len(body):
                changed = list(body)
                changed[at], changed[other] = changed[other], statement
                yield "exchanged", changed


def digest_for_model(tree: ast.Module) -> str:
    """Digest for a model that reads all docstrings and cannot tell the order of imports."""
    prints = read_prints(tree)
    reading = Reading(
        frozenset(doc.qualname for doc in prints.docs),
        frozenset(unit.run for unit in prints.units) - {-1},
        frozenset(range(len(prints.units))),
    )
    return str(source_component(prints, reading))


def imports_mutated(tree: ast.Module) -> Iterator[tuple[str, Change, Change]]:
    """Each imported name, alias, module and level changed, and each name left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            yield _setting(node, "level", node.level + 1)
            yield _setting(node, "module", f"{node.module or ''}x")
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                yield _setting(alias, "name", f"{alias.name}_")
                yield _setting(alias, "asname", f"{alias.asname or ''}_")
                if len(node.names) > 1:
                    rest = [other for other in node.names if other is not alias]
                    yield _setting(node, "names", rest)


def docstrings_mutated(tree: ast.Module) -> Iterator[tuple[str, Change, Change]]:
    """Each docstring changed, and made a string that documents nothing."""
    owners = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    for node in ast.walk(tree):
        if isinstance(node, owners) and ast.get_docstring(node, clean=False) is not None:
            text = node.body[0].value
            yield _setting(text, "value", f"{text.value} ")
            yield _setting(text, "value", f"{text.value}x")
            first = ast.copy_location(ast.Pass(), node.body[0])
            yield _setting(node, "body", [first, *node.body])


def tried(tree: ast.Module, change: Change, undo: Change, digest: Callable) -> object:
    change()
    try:
        return digest(tree)
    finally:
        undo()


def sampled(items: Iterator, most: int, chance: random.Random) -> list:
    found = list(items)
    return chance.sample(found, min(most, len(found)))


def whole_sources_survive(data: bytes, most: int, chance: random.Random) -> int:
    """How many mutants of a whole source there were, none of which kept its digest."""
    tree = ast.parse(data)
    before, kept = written(tree), list(tree.body)
    assert before is not None
    assert before[0] == token_hash(data)
    count = 0
    for name, changed in sampled(rearranged(kept), most, chance):
        tree.body = changed
        same = meaning(copy.deepcopy(tree)) == before[1]
        assert (read_prints(tree).token == before[0]) == same, name
        count += not same
    tree.body = kept
    for name, change, undo in sampled(mutations(tree), most, chance):
        after = tried(tree, change, undo, written)
        if after is not None:
            assert (after[0] == before[0]) == (after[1] == before[1]), name
            count += after[1] != before[1]
    return count


def models_survive(data: bytes, most: int, chance: random.Random) -> int:
    """How many mutants of what only a model's digest sees there were, none of which kept it."""
    tree = ast.parse(data)
    before = digest_for_model(tree)
    changes = sampled(imports_mutated(tree), most, chance)
    changes += sampled(docstrings_mutated(tree), most, chance)
    for name, change, undo in changes:
        assert tried(tree, change, undo, digest_for_model) != before, name
    assert digest_for_model(tree) == before
    return len(changes)


def test_no_mutant_of_a_whole_source_keeps_its_token_hash() -> None:
    chance, total = random.Random(22), 0
    for _, data in installed_sources("pluggy", "iniconfig", "packaging"):
        if len(data) < 20_000:
            total += whole_sources_survive(data, 12, chance)
    assert total > 250


def test_no_mutant_of_what_a_model_reads_keeps_its_digest() -> None:
    chance, total = random.Random(23), 0
    for _, data in installed_sources("pluggy", "iniconfig", "packaging"):
        if len(data) < 20_000:
            total += models_survive(data, 15, chance)
    assert total > 300


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_no_mutant_of_many_whole_sources_keeps_its_digest() -> None:
    chance, total = random.Random(24), 0
    for _, data in installed_sources("_pytest", "rich", "typer", "filelock", "yaml", limit=150):
        if len(data) < 30_000:
            total += whole_sources_survive(data, 20, chance)
            total += models_survive(data, 30, chance)
    assert total > 4000


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
