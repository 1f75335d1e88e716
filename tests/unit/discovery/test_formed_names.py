"""Names that code forms step by step are found out or warned about, never found out in part."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

import pytest
from tests.fakes.code_project import CodeProject

from modelops_bundle.discovery.closure import Closure


def closure_of(model: str, **others: str) -> Closure:
    return CodeProject(
        {"m.py": model, **{f"{name}.py": text for name, text in others.items()}}
    ).closure()


def is_unsure(closure: Closure) -> bool:
    return any("cannot be told" in warning.text for warning in closure.warnings)


READ = "\nfor n in N:\n    os.getenv(n)"
IN_C = "import os\nN = ['A']\ndef f():\n    return [os.getenv(n) for n in N]"


@pytest.mark.parametrize(
    "model",
    [
        "os.getenv('_KEY_'.strip('_'))",
        "os.getenv(' KEY '.strip())",
        "os.getenv('KEY__'.rstrip('_'))",
        "os.getenv(b'KEY'.decode('utf-8'))",
        "os.getenv(b'KEY'.decode(encoding='ascii'))",
        "os.getenv('key'.upper())",
        "N = ['A']\nN.append('KEY')" + READ,
        "N = ['A']\nN.insert(0, 'KEY')" + READ,
        "N = ['A']\nN.extend(['KEY'])" + READ,
        "N = ['A']\nN += ['KEY']" + READ,
        "N = ['A']\nO = ['KEY']\nN += O" + READ,
        "N = ['A']\nN[0] = 'KEY'" + READ,
        "N = ['A']\nN[1:] = ['KEY']" + READ,
        "N = {'A'}\nN.add('KEY')" + READ,
        "N = {'A'}\nN |= {'KEY'}" + READ,
        "N = {'A': 1}\nN['KEY'] = 2" + READ,
        "N = {'A': 1}\nN.update(KEY=2)" + READ,
        "N = {'A': 1}\nN.update({'KEY': 2})" + READ,
        "N = {'A': 1}\nN.setdefault('KEY', 2)" + READ,
        "N = {'a': 'A'}\nN['b'] = 'KEY'\nfor n in N.values():\n    os.getenv(n)",
        "N = {'a': 'A'}\nN.update(b='KEY')\nos.getenv(N['b'])",
        "N = {'a': ['A']}\nN['a'].append('KEY')\nfor n in N['a']:\n    os.getenv(n)",
        "class C:\n    N = ['A']\n    def g(self):\n        self.N.append('KEY')\n    def f(self):\n        for n in self.N:\n            os.getenv(n)",
        "def f():\n    N = ['A']\n    def g():\n        N.append('KEY')\n    for n in N:\n        os.getenv(n)",
        "N = ('A',) + ('KEY',)" + READ,
        "N = [*('A',), *('KEY',)]" + READ,
        "O = {'KEY': 1}\nN = {'A': 1, **O}" + READ,
        "R = [{'name': 'KEY'}]\nfor r in R:\n    os.getenv(r['name'])",
        "D = {'a': 'KEY'}\nfor pair in D.items():\n    os.getenv(pair[1])",
        "def f(a, b, c, d, n):\n    return os.getenv(n)\nf(1, 2, 3, 4, 'KEY')",
    ],
)
def test_names_that_are_found_out(model: str) -> None:
    closure = closure_of(f"import os\n{model}")
    assert "KEY" in closure.variables
    assert not is_unsure(closure)


@pytest.mark.parametrize(
    "model",
    [
        "P = 'MY_'\nP += 'KEY'\nos.environ.get(P)",
        "P = 'MY_'\nP = P + 'KEY'\nos.environ.get(P)",
        "P = 'MY_'\ndef f():\n    global P\n    P += 'KEY'\n    return os.environ.get(P)",
    ],
)
def test_a_name_that_is_added_to_is_read_and_warned_about(model: str) -> None:
    closure = closure_of(f"import os\n{model}")
    assert "MY_KEY" in closure.variables
    assert is_unsure(closure)


@pytest.mark.parametrize(
    "model",
    [
        "P = 'A'\nP %= x\nos.getenv(P)",
        "P = 'A'\nP *= 2\nos.getenv(P)",
        "N = {'a': 'MY_'}\nN['a'] += 'KEY'\nos.getenv(N['a'])",
        "os.getenv('XKEY'[1:])",
        "P = 'XKEY'\nos.getenv(P[1:])",
        "for n in ['XKEY']:\n    os.getenv(n[1:])",
        "os.getenv('A,KEY'.strip(x))",
        "os.getenv(b'A'.decode('utf-16'))",
        "N = ['A']\nN.append(f())" + READ,
        "N = ['A']\nN.extend(*f())" + READ,
        "N = ['A']\n(N[0], x) = f()" + READ,
        "N = ['A']\nfor N[0] in f():\n    pass" + READ,
        "N = ['A']\nM = N\nM.append('KEY')" + READ,
        "N = ['A']\ndef add(to):\n    to.append('KEY')\nadd(N)" + READ,
        "N = ['A']\ndef add(to):\n    to.append('KEY')\nadd(to=N)" + READ,
        "N = [" + "'A'," * 300 + "'KEY']" + READ,
        "N = ['A']\n" + "N.append('A')\n" * 300 + "N.append('KEY')" + READ,
        "class C:\n    k = 'A'\n    def g(self):\n        self.k = f()\n    def f(self):\n        os.getenv(self.k)",
        "class C:\n    k = 'A'\n    def g(self):\n        self.k += 'KEY'\n    def f(self):\n        os.getenv(self.k)",
        "def get(default, name):\n    return os.getenv(name, default)\nget('x', 'A')\nget('x', f())",
        "def get(default, name):\n    return os.getenv(name, default)\nget('x', 'A')\nget('x', *f())",
        "def get(default, name):\n    return os.getenv(name, default)\nget('x', 'A')\nget('x', **f())",
        "def f(*, " + ", ".join(f"a{i}=0" for i in range(20)) + "): ...\n"
        "def g(" + ", ".join(f"a{i}" for i in range(20)) + ", n):\n    os.getenv(n)\n"
        "g('A', " + "1, " * 19 + "'KEY')",
    ],
)
def test_names_that_cannot_be_found_out_are_warned_about(model: str) -> None:
    assert is_unsure(closure_of(f"import os\n{model}"))


@pytest.mark.parametrize(
    ("model", "others"),
    [
        ("import c, d", {"c": IN_C, "d": "from c import N\nN.append('KEY')"}),
        ("import c, d", {"c": IN_C, "d": "from c import N\nN += ['KEY']"}),
        ("import c, d", {"c": IN_C, "d": "import c\nc.N.extend(['KEY'])"}),
        ("import c, d", {"c": IN_C, "d": "import c\nc.N += ['KEY']"}),
        ("import c, d", {"c": IN_C, "d": "import c as x\nK = 'KEY'\nx.N.insert(0, K)"}),
        (
            "import os, d\nfrom c import N\nfor n in N:\n    os.getenv(n)",
            {"c": "N = ['A']", "d": "import c\nc.N.append('KEY')"},
        ),
        (
            "import os\nfrom c import N\nfor n in N:\n    os.getenv(n)",
            {"c": "N = ['A']\nN.extend(('KEY',))"},
        ),
        (
            "import os\nfrom c import N\nfor n in N:\n    os.getenv(n)",
            {"c": "N = {'KEY': 'A'}"},
        ),
        (
            "import c, d",
            {
                "c": "import os\nclass B:\n    N = 'A'\n    def f(self):\n        os.getenv(self.N)",
                "d": "from c import B\nclass D(B):\n    N = 'KEY'",
            },
        ),
        (
            "import os\nfrom c import N\nos.getenv(N)",
            {"c": "from d import N\nif x:\n    N = 'KEY'", "d": "N = 'A'"},
        ),
        (
            "import d\nN = ['A']\nfor NAME in N:\n    d.GET(NAME)",
            {"d": "import os, m\nGET = os.getenv\nm.N.append('KEY')"},
        ),
    ],
)
def test_collections_that_other_files_fill(model: str, others: dict[str, str]) -> None:
    assert "KEY" in closure_of(model, **others).variables


@pytest.mark.parametrize(
    ("model", "others"),
    [
        ("import c, d", {"c": IN_C, "d": "from c import N\nN.append(x)"}),
        ("import c, d", {"c": IN_C, "d": "from c import N\nM = N\nM.append('KEY')"}),
        (
            "import os\nfrom c import P\nos.getenv(P)",
            {"c": "P = 'MY_'\nP += 'KEY'"},
        ),
        (
            "import os\nfrom c import P\nos.getenv(P)",
            {"c": "P = 'A'\nif x:\n    P = f()"},
        ),
    ],
)
def test_what_other_files_leave_open_is_warned_about(model: str, others: dict[str, str]) -> None:
    assert is_unsure(closure_of(model, **others))


def test_a_collection_that_nothing_fills_is_known() -> None:
    closure = closure_of("import os, c\nN = ['A']" + READ, c="import m\nprint(m.N)")
    assert list(closure.variables) == ["A"]
    assert closure.warnings == ()


def test_modules_whose_names_are_added_to_are_found() -> None:
    model = "from importlib import import_module\nn = 'other'\nn += '.helper'\nimport_module(n)"
    found = CodeProject({"m.py": model, "other/helper.py": ""}).closure()
    assert "/p/other/helper.py" in {str(path) for path in found.readings}


@pytest.mark.parametrize(
    "call", ["__import__('h', {}, {}, ['x'], 1)", "__import__('h', {}, {}, level=1)"]
)
def test_relative_imports_by_call(call: str) -> None:
    sources = {"m.py": "import pkg.a", "pkg/__init__.py": "", "pkg/a.py": call, "pkg/h.py": ""}
    assert "/p/pkg/h.py" in CodeProject(sources).closure().readings


def test_the_search_path_may_be_added_to_under_a_name() -> None:
    sources = {"m.py": "from sys import path\npath += ['lib']\nimport q", "lib/q.py": ""}
    assert "/p/lib/q.py" in CodeProject(sources).closure().readings
