"""Units, runs of imports and docstrings of a source."""

import ast
import json
from textwrap import dedent

import pytest

from modelops_bundle.source.fingerprint import read_prints
from modelops_bundle.source.parse import parse
from modelops_bundle.source.prints import Prints, decode, encode


def prints(source: str) -> Prints:
    tree = parse(dedent(source).encode())
    assert isinstance(tree, ast.Module)
    return read_prints(tree)


SOURCE = '''
    """A model."""
    from __future__ import annotations
    import numpy as np, os.path
    from ..rates import lam, mu as m
    DT = 0.1
    A = B = [1, 2]
    low, (high, rest) = limits()
    count: int = 5
    bare: int
    table["x"] = 1
    DT += 1
    def f(): ...
    async def g(): ...
    @register
    class Model:
        def run(self): ...
    if DT: pass
    for x in A: pass
    with open(x): pass
    try: pass
    except* OSError: pass
    register(Model)
    del low
    '''


def test_units_are_named_as_people_would() -> None:
    assert [(unit.kind, unit.name, unit.value) for unit in prints(SOURCE).units] == [
        ("import", "from __future__ import annotations", ""),
        ("import", "import numpy as np, os.path", ""),
        ("import", "from ..rates import lam, mu as m", ""),
        ("constant", "DT", "0.1"),
        ("constant", "A = B", "[1, 2]"),
        ("constant", "low, high, rest", "limits()"),
        ("constant", "count", "5"),
        ("constant", "bare", ""),
        ("constant", "table['x']", "1"),
        ("constant", "DT", ""),
        ("function", "f", ""),
        ("function", "g", ""),
        ("class", "Model", ""),
        ("statement", "if", ""),
        ("statement", "for", ""),
        ("statement", "with", ""),
        ("statement", "try", ""),
        ("statement", "expression", ""),
        ("statement", "delete", ""),
    ]


def test_units_have_lines_and_imports() -> None:
    units = prints(SOURCE).units
    assert [unit.line for unit in units[:5]] == [3, 4, 5, 6, 7]
    assert units[1].imports == ("import numpy as np", "import os.path")
    assert units[2].imports == ("from ..rates import lam", "from ..rates import mu as m")
    assert units[3].imports == ()


@pytest.mark.parametrize(
    "value",
    ["x" * 100, "'" + "y" * 100 + "'", "0x" + "f" * 9000, "[" + "1," * 50 + "]", "a" + ".b" * 500],
)
def test_long_values_are_not_spelled_out(value: str) -> None:
    assert prints(f"X = {value}").units[0].value == ""


def test_endless_names_are_cut() -> None:
    assert len(prints("import " + ", ".join(f"module{i}" for i in range(9000))).units[0].name) == 80
    assert len(prints(", ".join(f"n{i}" for i in range(9000)) + " = x").units[0].name) < 400


@pytest.mark.parametrize(
    ("source", "runs"),
    [
        ("import a\nimport b\nx\nimport c", [0, 0, -1, 1]),
        ("import a.b\nimport a.c\nimport a", [0, 0, 0]),
        ("import a\nimport a", [0, 0]),
        ("from a import b\nfrom a import b as c", [0, 0]),
        ("import a\nfrom b import *\nimport c", [-1, -1, -1]),
        ("import a as x\nfrom b import x", [-1, -1]),
        ("import a\nimport b as a", [-1, -1]),
        ("from a import b\nfrom c import b", [-1, -1]),
        ("from a import b\nfrom .a import b", [-1, -1]),
        ("import a, b as a", [-1]),
        ("from a import *\nx\nimport b", [-1, -1, 1]),
    ],
)
def test_runs_of_imports(source: str, runs: list[int]) -> None:
    assert [unit.run for unit in prints(source).units] == runs


def grouped(body: str) -> tuple[str, str]:
    unit = prints("def f():\n" + "".join(f"    {line}\n" for line in body.splitlines())).units[0]
    return unit.ordered, unit.grouped


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import a\nimport b", "import b\nimport a"),
        ("import a, b", "import b\nimport a"),
        ("from x import b, a", "from x import a\nfrom x import b"),
        ("import a", "import a\nimport a"),
        ("if x:\n    import a\n    import b", "if x:\n    import b\n    import a"),
        (
            "try:\n    0\nfinally:\n    import a\n    import b",
            "try:\n    0\nfinally:\n    import b\n    import a",
        ),
        (
            "try:\n    import a\nexcept ImportError:\n    from b import x, y",
            "try:\n    import a\nexcept ImportError:\n    from b import y, x",
        ),
        (
            "try:\n    def g():\n        import a, b\nexcept NameError:\n    pass",
            "try:\n    def g():\n        import b, a\nexcept NameError:\n    pass",
        ),
    ],
)
def test_nested_imports_may_be_sorted(one: str, other: str) -> None:
    assert grouped(one)[0] != grouped(other)[0]
    assert grouped(one)[1] == grouped(other)[1]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("import a\nx\nimport b", "import b\nx\nimport a"),
        ("from a import *\nfrom b import *", "from b import *\nfrom a import *"),
        ("import a\nimport b as a", "import b as a\nimport a"),
        ("import a\nimport b", "import a\nimport c"),
        ("from . import a\nimport b", "from .. import a\nimport b"),
        ("import a\nimport b\nx\ny", "import a\nimport b\ny\nx"),
        ("import a\nimport b", "import a\nimport b as c"),
    ],
)
def test_other_orders_count(one: str, other: str) -> None:
    assert grouped(one)[1] != grouped(other)[1]


@pytest.mark.parametrize(
    "around",
    [
        "try:\n    {}\nexcept ImportError:\n    pass",
        "try:\n    if x:\n        {}\nexcept:\n    pass",
        "try:\n    pass\nexcept ImportError:\n    {}\nfinally:\n    pass",
        "try:\n    pass\nexcept* ImportError:\n    try:\n        {}\n    except* OSError:\n        pass",
        "with suppress(ImportError):\n    {}",
        "async with suppress(ImportError):\n    for x in y:\n        {}",
        "class C:\n    {}",
        "global a, b\n{}",
        "def g():\n    if x:\n        nonlocal a\n    {}",
    ],
)
@pytest.mark.parametrize("run", ["from kit import {}, {}", "import {}, {}", "import {}; import {}"])
def test_imports_that_may_stop_half_way_keep_their_order(around: str, run: str) -> None:
    one, other = (around.format(run.format(*names)) for names in ("ab", "ba"))
    assert grouped(one)[1] != grouped(other)[1]
    assert len({grouped(around.format(f"import {name}"))[1] for name in "ab"}) == 2


def test_without_imports_inside_the_two_digests_agree() -> None:
    for unit in prints(SOURCE).units:
        assert unit.ordered == unit.grouped


DOCUMENTED = '''
    "module"
    class A:
        "A"
        class B:
            def f(self):
                """f"""
                if x:
                    def g():
                        "g"
                class C:
                    "C"
            @property
            def p(self): "p one"
            @p.setter
            def p(self, v): "p two"
        def last(self):
            "last"
    if x:
        async def h(): "h"
    def undocumented():
        b"bytes"
    def also_not():
        f"{x}"
    '''


def test_docstrings_have_qualified_names() -> None:
    docs = prints(DOCUMENTED).docs
    assert [(doc.qualname, doc.line) for doc in docs] == [
        ("", 2),
        ("A", 3),
        ("A.B.f", 6),
        ("A.B.f.<locals>.g", 9),
        ("A.B.f.<locals>.C", 11),
        ("A.B.p", 14),
        ("A.B.p", 16),
        ("A.last", 17),
        ("h", 20),
    ]
    assert len({doc.digest for doc in docs}) == 9


def test_a_docstring_digest_is_of_its_text() -> None:
    assert prints("'a\\x62'").docs == prints('"ab"').docs
    assert prints("'ab '").docs != prints("'ab'").docs


def test_through_json() -> None:
    surrogate = prints("X = '\\ud800'\ndef f():\n    '\\udfff'\n    import a\n    import b")
    for one in (prints(SOURCE), prints(DOCUMENTED), prints(""), surrogate):
        assert decode(json.loads(json.dumps(encode(one)))) == one


def test_the_token_is_a_digest() -> None:
    algorithm, _, digits = prints("x = 1").token.partition(":")
    assert algorithm == "blake2b"
    assert len(digits) == 64
