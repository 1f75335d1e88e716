"""The laws of the token hash: what it is blind to, and that it is blind to nothing else."""

import ast
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.properties.strategies import constants, expressions, programs
from tests.support.trees import meaning, token

from modelops_bundle.source.canonical import constant_text

pytestmark = pytest.mark.filterwarnings("ignore::SyntaxWarning")


@given(programs)
def test_writing_the_tree_anew_changes_nothing(source: str) -> None:
    try:
        anew = ast.unparse(ast.parse(source))
    except ValueError:
        return  # an f-string that this Python cannot write
    if meaning(anew) == meaning(source):  # its writer has mistakes of its own
        assert token(anew) == token(source)


@given(programs, st.randoms(use_true_random=False))
def test_layout_does_not_count(source: str, chance: random.Random) -> None:
    lines = []
    for line in source.splitlines():
        text = line.lstrip(" ")
        depth = (len(line) - len(text)) // 4
        lines += chance.choice([[], [""], ["\t\t  "], ["   # a comment: x = (1"], ["\x0c"]])
        is_complete = not text.endswith(":") and not text.startswith("@")
        end = chance.choice(["", "   ", "  # says 'why'", ";" if is_complete else ""])
        lines.append("\t" * depth + text + end)
    end_of_line = chance.choice(["\n", "\r\n", "\r"])
    data = end_of_line.join([*lines, ""]).encode()
    assert token(chance.choice([b"", b"\xef\xbb\xbf", b"# coding: utf-8\n"]) + data) == token(
        source
    )


@given(programs)
def test_the_encoding_does_not_count(source: str) -> None:
    try:
        data = source.encode("latin-1")
    except UnicodeEncodeError:
        return
    assert token(b"# coding: latin-1\n" + data) == token(source)


@given(programs, st.text(max_size=10))
def test_docstrings_do_not_count(source: str, text: str) -> None:
    tree = ast.parse(source)
    bare = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node, clean=False) is not None
            node.body = [ast.Expr(ast.Constant(text)), *node.body[documented:]]
    assert _token(tree) == _token(bare)


def test_a_docstring_in_place_of_pass_does_not_count() -> None:
    assert token("def f():\n    pass") == token("def f():\n    'does nothing'")
    assert token("def f():\n    pass") == token("def f():\n    'does nothing'\n    pass")
    assert token("def f():\n    pass") != token("def f():\n    ...")
    assert token("'module'") == token("")
    assert token("pass") != token("")


@given(programs, programs)
def test_two_programs_agree_exactly_when_their_trees_do(one: str, other: str) -> None:
    assert (token(one) == token(other)) == (meaning(one) == meaning(other))


@given(expressions, expressions)
def test_two_expressions_agree_exactly_when_their_trees_do(one: str, other: str) -> None:
    one, other = f"async def f(): return {one}", f"async def f(): return {other}"
    try:
        trees = ast.parse(one), ast.parse(other)
    except SyntaxError:
        return
    assert (_token(trees[0]) == _token(trees[1])) == (meaning(one) == meaning(other))


@given(constants, constants)
def test_constants_agree_exactly_when_type_and_value_do(one: object, other: object) -> None:
    same = type(one) is type(other) and repr(one) == repr(other)
    assert (constant_text(one) == constant_text(other)) == same


@given(st.lists(constants, max_size=4), st.lists(constants, max_size=4))
def test_no_text_can_pass_for_structure(one: list[object], other: list[object]) -> None:
    same = list(map(repr, one)) == list(map(repr, other))
    assert (token(repr(one)) == token(repr(other))) == same


@given(programs, st.integers(0, 1000))
def test_the_order_of_statements_counts(source: str, position: int) -> None:
    tree = ast.parse(source)
    if len(tree.body) > 1:
        before = meaning(source), token(source)
        at = position % (len(tree.body) - 1)
        tree.body[at : at + 2] = tree.body[at : at + 2][::-1]
        hash_of_swapped = _token(tree)
        assert (hash_of_swapped == before[1]) == (meaning(tree) == before[0])


def _token(tree: ast.Module) -> str:
    from modelops_bundle.source.fingerprint import read_prints

    return read_prints(ast.fix_missing_locations(tree)).token


SAME = [
    ("x = 1_000_000", "x = 1000000"),
    ("x = 0xFF", "x = 255"),
    ("x = 0b101 + 0o7", "x = 5 + 7"),
    ("x = 1e3", "x = 1000.0"),
    ("x = 1E+3", "x = 1000."),
    ("x = .5", "x = 0.5"),
    ("x = 1J", "x = 1.0j"),
    ("x = 'a'", 'x = "a"'),
    ("x = 'a'", "x = '''a'''"),
    ("x = 'a'", "x = u'a'"),
    ("x = 'a'", "x = '\\x61'"),
    ("x = 'a'", "x = '\\N{LATIN SMALL LETTER A}'"),
    ("x = '\\\\d'", "x = r'\\d'"),
    ("x = b'a'", "x = B'\\141'"),
    ("x = 'a' 'b'", "x = 'ab'"),
    ("x = ('a'\n     'b')", "x = 'ab'"),
    ("x = f'{a}' 'b' f'c{d}'", "x = f'{a}bc{d}'"),
    ("x = f'{ a }'", "x = f'{a}'"),
    ("x = f'{a}' ''", "x = f'{a}'"),
    ("x = (1)", "x = 1"),
    ("x = ((a) + (b))", "x = a + b"),
    ("x = a * (b * c)", "x = (a * ((b * c)))"),
    ("f(a, b,)", "f(a, b)"),
    ("x = [1, 2,]", "x = [1, 2]"),
    ("x = (1, 2)", "x = 1, 2"),
    ("for (a, b) in c: pass", "for a, b in c: pass"),
    ("def f(): return (yield)", "def f(): return ((yield))"),
    ("class A(): pass", "class A: pass"),
    ("a; b", "a\nb"),
    ("x = a + \\\n  b", "x = a + b"),
    ("with (open(a) as b, open(c) as d): pass", "with open(a) as b, open(c) as d: pass"),
    ("from a import (b, c,)", "from a import b, c"),
    ("del (a, b)", "del a, b"),
    ("if a:\n  if b: pass", "if a:\n\tif b:\n\t\tpass"),
    ("if a: pass\nelif b: pass", "if a: pass\nelse:\n    if b: pass"),
    ("a != b", "a\\\n!= b"),
    ("x = ﬁ", "x = fi"),
    ("x = 1 # type: int", "x = 1"),
    ("@(a)\ndef f(): pass", "@a\ndef f(): pass"),
]


@pytest.mark.parametrize(("one", "other"), SAME)
def test_spellings_of_one_meaning(one: str, other: str) -> None:
    assert token(one) == token(other)


DIFFERENT = [
    ["1", "1.0", "True", "'1'", "b'1'", "1j", "2", "-1", "(1,)", "[1]", "{1}", "None", "..."],
    ["0.1", "0.10000000000000002", "1e400", "-1e400", "0.0", "-0.0"],
    [
        "''",
        "b''",
        "f''",
        "()",
        "[]",
        "{}",
        "f'{a}'",
        "f'{a!r}'",
        "f'{a!s}'",
        "f'{a:b}'",
        "f'{a:{b}}'",
    ],
    ["f'a'", "'a'", "f'{a}b'", "f'b{a}'", "f'{a}{b}'", "f'{a=}'", "f'{a = }'"],
    ["'é'", "'e\u0301'", "'\\ud800'", "'\\udc80'", "'?'"],
    ["a.b", "a['b']", "a(b)", "a[b]", "a(*b)", "a(**b)", "a(b=b)", "a(b, b=b)", "a.b()", "a().b"],
    ["a + b", "a - b", "b + a", "a += b", "(a := b)", "a == b", "a = b", "a: b", "a: b = c"],
    ["a < b < c", "(a < b) < c", "a < (b < c)", "a < b and b < c"],
    ["a and b and c", "(a and b) and c", "a and (b and c)", "a or b and c", "(a or b) and c"],
    ["a is b", "a is not b", "a in b", "a not in b", "not a in [b]", "not (a is not b)"],
    ["[a for a in b]", "{a for a in b}", "(a for a in b)", "{a: a for a in b}", "[a for b in a]"],
    ["a[1]", "a[1:]", "a[:1]", "a[::1]", "a[1,]", "a[1:1]", "a[:, 1]", "a[(1, 2)]", "a[1:2]"],
    [
        "import a, b",
        "import b, a",
        "import a\nimport b",
        "import a.b",
        "import a as b",
        "import a as a",
    ],
    [
        "from a import b",
        "from .a import b",
        "from ..a import b",
        "from . import b",
        "from a import *",
    ],
    ["from a import b, c", "from a import c, b", "from a import b as c", "import a.b as b"],
    ["def f(a, b): pass", "def f(b, a): pass", "def f(a, /, b): pass", "def f(a, *, b): pass"],
    ["def f(a=1, b=2): pass", "def f(a, b=1): pass", "def f(*a, b=1): pass", "def f(*a, b): pass"],
    [
        "def f(**a): pass",
        "def f(*a): pass",
        "def f(a: b): pass",
        "def f(a) -> b: pass",
        "def f(): a",
    ],
    ["def f(): pass", "async def f(): pass", "class f: pass", "f = lambda: None", "def g(): pass"],
    ["def f(): return", "def f(): return None", "def f(): yield", "def f(): yield None"],
    ["@a\n@b\ndef f(): pass", "@b\n@a\ndef f(): pass", "@a\ndef f(): pass", "@a()\ndef f(): pass"],
    ["class A(b): pass", "class A(b, c): pass", "class A(c, b): pass", "class A(b=c): pass"],
    ["if a: b\nc", "if a:\n b\n c", "if a: b\nelse: c", "while a: b\nelse: c", "while a: b"],
    ["for a in b: c", "for a in b:\n c\nelse: d", "with a: b", "with a as b: c", "with a, b: c"],
    ["try: a\nexcept: b", "try: a\nfinally: b", "try: a\nexcept c: b", "try: a\nexcept c as d: b"],
    ["try: a\nexcept c: b\nelse: d", "try: a\nexcept c: b\nfinally: d", "try: a\nexcept* c: b"],
    [
        "raise",
        "raise a",
        "raise a from b",
        "assert a",
        "assert a, b",
        "assert (a, b)",
        "del a",
        "a",
    ],
    ["del a, b", "del b, a", "del [a, b]", "del (a, b), c", "del a[b]", "del a.b"],
    ["def f():\n global a", "def f():\n nonlocal_ = a", "def f():\n a", "def f():\n global b"],
    [
        "match a:\n case 1: b",
        "match a:\n case -1: b",
        "match a:\n case c: b",
        "match a:\n case _: b",
    ],
    ["match a:\n case None: b", "match a:\n case True: b", "match a:\n case False: b"],
    [
        "match a:\n case [c]: b",
        "match a:\n case [*c]: b",
        "match a:\n case {1: c}: b",
        "match a:\n case {**c}: b",
    ],
    [
        "match a:\n case c(): b",
        "match a:\n case c(d): b",
        "match a:\n case c(d=d): b",
        "match a:\n case c.d: b",
    ],
    [
        "match a:\n case 1 as c: b",
        "match a:\n case 1 | 2: b",
        "match a:\n case 2 | 1: b",
        "match a:\n case 1 if c: b",
    ],
    [
        "async def f():\n await a",
        "async def f():\n async with a: b",
        "async def f():\n async for a in b: c",
    ],
    [
        "async def f(): [a async for a in b]",
        "async def f(): [a for a in b]",
        "async def f():\n with a: b",
    ],
    ["x: int", "(x): int", "x: int = 1", "x: str", "x = 1"],
    ["a\nb", "b\na", "a", "a\nb\nb", "a, b", "'a'\n'b'", "'a'\n'c'"],
    ["n", "none", "None", "s1", "_Call", "Name"],
    ["'a\\nb'", "'a', 'b'", "'a' 'b'", "'a\\n=s1:b'", "'a', '=s1:b'"],
]


@pytest.mark.parametrize("sources", DIFFERENT, ids=lambda sources: re.sub(r"\W+", "-", sources[0]))
def test_meanings_that_differ(sources: list[str]) -> None:
    # A string that stands first is a docstring.
    assert len({token(f"0\n{source}") for source in sources}) == len(sources)


def test_syntax_of_later_pythons_counts_where_it_is_used() -> None:
    plain = token("def f(): pass\nclass A: pass")
    try:
        newer = [
            token("def f[T](): pass\nclass A: pass"),
            token("def f(): pass\nclass A[T]: pass"),
            token("def f[T: int](): pass\nclass A: pass"),
            token("def f[*T](): pass\nclass A: pass"),
            token("def f[**T](): pass\nclass A: pass"),
            token("type A = int"),
            token("type A[T] = int"),
        ]
    except AssertionError:
        pytest.skip("this Python has no type parameters")
    assert len({plain, *newer}) == 8
