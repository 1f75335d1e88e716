"""Uses are read from any tree that parses, quickly, and survive the cache."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

import ast
import json
import sysconfig
import time
from pathlib import Path

import pytest

from modelops_bundle.source.parse import parse
from modelops_bundle.source.use_records import INNER, LATER
from modelops_bundle.source.uses import Import, Uses, decode, encode, read_uses


def uses(text: str) -> Uses:
    return read_uses(ast.parse(text))


def test_imports_keep_what_the_source_says() -> None:
    text = "import a.b, c as d\nfrom ..x import y as z, w\nif t:\n    from . import *\ndef f():\n    import g"
    assert uses(text).imports == (
        Import("a.b", (), "", 0, 1, 1, 0),
        Import("c", (), "d", 0, 1, 1, 0),
        Import("x", ("y as z", "w"), "", 2, 2, 2, 0),
        Import("", ("*",), "", 1, 4, 3, 0),
        Import("g", (), "", 0, 6, 5, INNER | LATER),
    )


def test_marks_of_imports() -> None:
    text = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import a
elif x:
    import b
try:
    import c
    if x:
        import d
except (ImportError, OSError):
    import e
try:
    import f
except ValueError:
    pass
with suppress(ImportError):
    import g
class C:
    import h
"""
    marks = {record.module: record.marks for record in uses(text).imports}
    assert marks == {"typing": 0, "a": 1, "b": 0, "c": 2, "d": 2, "e": 0, "f": 0, "g": 2, "h": 4}


def test_round_trip_of_everything() -> None:
    text = Path(ast.__file__).with_name("argparse.py").read_text(encoding="utf-8")
    for found in (
        uses(text),
        uses(""),
        uses("import os\nos.environ['X']\nprint(__doc__)\nopen('a/b.c')"),
    ):
        assert decode(json.loads(json.dumps(encode(found)))) == found


def test_constants_of_modules_and_classes() -> None:
    found = uses(
        "A = 'x'\nB = A + 'y'\nclass C:\n    D = 'z'\n    class E:\n        F = ('p', 'q')\ndef f():\n    G = 'r'"
    )
    assert set(found.constants) == {
        ("A", "x"),
        ("B", "xy"),
        ("C.D", "z"),
        ("C.E.F", "p"),
        ("C.E.F", "q"),
    }


HOSTILE = {
    "long sum": "x = " + " + ".join(["'a'"] * 400),
    "long division": "x = p / " + " / ".join(["'a'"] * 400),
    "long attribute": "x" + ".a" * 400,
    "long call chain": "x" + ".a()" * 900,
    "nested calls": "f(" * 90 + ")" * 90,
    "nested lists": "x = " + "[" * 90 + "]" * 90,
    "many nots": "if " + "not " * 900 + "x: pass",
    "elif chain": "if a: pass\n" + "elif b: import c\n" * 1500,
    "nested functions": "".join(f"{'  ' * i}def f{i}(a):\n" for i in range(90))
    + "  " * 90
    + "pass",
    "nested classes": "".join(f"{'  ' * i}class C{i}:\n" for i in range(90))
    + "  " * 90
    + "import a",
    "alias chain": "\n".join(f"a{i + 1} = a{i}" for i in range(3000)) + "\na3000['KEY']",
    "alias circle": "\n".join(f"a{i} = a{(i + 1) % 50}" for i in range(50)) + "\na0['KEY']",
    "doubling": "\n".join(f"a{i + 1} = a{i} + a{i}" for i in range(200)) + "\nf(a200)",
    "doubling tuples": "\n".join(f"a{i + 1} = (a{i}, a{i})" for i in range(200))
    + "\n[g(x) for x in a200]",
    "many bindings": "\n".join(f"a = a + '{i}'\nb = a or b" for i in range(2000)) + "\nf(a, b)",
    "many alternatives": "x = "
    + " or ".join(f"'{i}'" for i in range(2000))
    + "\nimport os\nos.environ[x]",
    "many elements": "x = [" + ",".join(f"'{i}'" for i in range(20000)) + "]\nfor i in x: f(i)",
    "self reference": "a = (a, a, a, a)\nb = {b: b}\nfor c in c: d = d[d]\ng(a[0], b['x'], c, d)",
    "marks in texts": "f('\\x01?\\x02', '\\x01@a\\x02')\nimport os\nos.environ['\\x01=0|os|environ\\x02']",
    "surrogate pairs": "open('a.b\\ud800\\udc00')\nimport os\nos.environ['\\ud800\\udc00']\nx = '\\ud800\\udc00/'",
    "surrogates": "f('\\udc80')\nimport os\nos.environ['\\udc80']",
    "bars": "__import__('a|b')\n__import__('a.b|c|d').environ['X']",
    "odd levels": "__import__('a', level=-5)\n__import__('a', level=10**9)\n__import__('a', level=x)",
    "executed in turn": "exec('exec(\"exec(1)\")')\n" * 50
    + "exec('def (')\nexec(b'\\xff')\nexec('')\nexec()",
    "stars": "f(*a, **b)\nimport os\nos.getenv(*x)\n__import__(*y)\nsetattr()\ngetattr(x)",
    "deep copies": "x = " + "dict(" * 80 + "a" + ")" * 80 + "\nx['KEY']",
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_sources(name: str) -> None:
    tree = parse(HOSTILE[name].encode())
    assert isinstance(tree, ast.Module), tree
    start = time.perf_counter()
    found = read_uses(tree)
    assert time.perf_counter() - start < 5
    assert decode(json.loads(json.dumps(encode(found)))) == found


def test_a_long_chain_of_aliases_is_unknown_rather_than_dropped() -> None:
    chain = "\n".join(f"a{i + 1} = a{i}" for i in range(40))
    found = uses(f"import os\na0 = os.environ\n{chain}\na40['KEY']")
    assert any(read.text == "KEY" for read in found.reads)


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_whole_standard_library() -> None:
    for path in sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py")):
        if "site-packages" in path.parts:
            continue
        try:
            tree = ast.parse(path.read_bytes())
        except (SyntaxError, ValueError):
            continue
        start = time.perf_counter()
        found = read_uses(tree)
        assert time.perf_counter() - start < 5, path
        assert decode(json.loads(json.dumps(encode(found)))) == found, path
