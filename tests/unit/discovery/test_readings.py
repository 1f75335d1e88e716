"""Environment variables and docstrings that code reads are seen through every way to name them."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

import pytest
from tests.fakes.code_project import SITE, CodeProject

from modelops_bundle.discovery.closure import Closure


def closure_of(model: str, **others: str) -> Closure:
    sources = {"m.py": model}
    for name, text in others.items():
        sources[f"{name.replace('__', '/').replace('INIT', '__init__')}.py"] = text
    return CodeProject(sources).closure()


@pytest.mark.parametrize(
    "model",
    [
        "import os\nos.environ['KEY']",
        "import os\nos.environ[b'KEY'.decode()]",
        "import os\nos.environ.get('KEY')",
        "import os\nos.environ.get('KEY', '1')",
        "import os\nos.environ.get(key='KEY', default='1')",
        "import os\nos.environ.pop('KEY', None)",
        "import os\nos.environ.setdefault('KEY', '1')",
        "import os\nos.environ.__getitem__('KEY')",
        "import os\n'KEY' in os.environ",
        "import os\n'KEY' not in os.environ",
        "import os\nos.getenv('KEY')",
        "import os\nos.getenv(key='KEY')",
        "import os\nos.getenvb(b'KEY')",
        "import os\nos.environb[b'KEY']",
        "import os\nos.environ['KEY'] += 'x'",
        "import os as o\no.environ['KEY']",
        "import os.path\nos.environ['KEY']",
        "from os import environ\nenviron['KEY']",
        "from os import environ as e\ne['KEY']",
        "from os import getenv as g\ng('KEY')",
        "from os import *\nenviron['KEY']",
        "from os import *\ngetenv('KEY')",
        "import posix\nposix.environ[b'KEY']",
        "import os\nenv = os.environ\nenv['KEY']",
        "import os\nenv = os.environ\nenv.get('KEY')",
        "import os\nenv = os.environ\ndef f():\n    return env['KEY']",
        "import os\ndef f():\n    env = os.environ\n    return env['KEY']",
        "def f():\n    import os\n    return os.environ['KEY']",
        "def f():\n    from os import environ as e\n    return e['KEY']",
        "import os\nclass C:\n    env = os.environ\n    x = env['KEY']",
        "import os\nclass C:\n    env = os.environ\n    def f(self):\n        return self.env['KEY']",
        "import os\nclass C:\n    env = os.environ\nC.env['KEY']",
        "import os\nK = 'KEY'\nclass C:\n    e = os.environ\n    def f(self):\n        self.e[K]",
        "import os\nK = 'KEY'\nclass C:\n    e = os.environ\n    def f(self):\n        self.e.get(K)",
        "import os\ndef outer(n):\n    return inner(n)\ndef inner(n):\n    return os.environ[n]\nouter('KEY')",
        "import os\nclass C:\n    env = os.environ\nC().env.get('KEY')",
        "import os\nclass C:\n    def __init__(self):\n        self.e = os.environ\n    def f(self):\n        self.e['KEY']",
        "import os\nclass C:\n    def __init__(self):\n        self.e = os.environ\n    def f(self):\n        self.e.get('k_e_y', self.e.get('KEY'))",
        "import os\nget = os.environ.get\nget('KEY')",
        "import os\nread = os.environ.__getitem__\nread('KEY')",
        "import os\nread = os.getenv\ndef f():\n    return read('KEY')",
        "import os\n(os.environ)['KEY']",
        "import os\n(e := os.environ)['KEY']",
        "import os\n(os.environ or {})['KEY']",
        "import os\nenv = os.environ if x else {}\nenv['KEY']",
        "import os\nenv = dict(os.environ)\nenv['KEY']",
        "import os\nenv = os.environ.copy()\nenv.get('KEY')",
        "import os\nenv = {**os.environ, 'A': 'b'}\nenv['KEY']",
        "import os\nenv = os.environ | {}\nenv['KEY']",
        "import os\nfrom collections import ChainMap\nenv = ChainMap({}, os.environ)\nenv['KEY']",
        "import os\ndict(os.environ)['KEY']",
        "import os\nos.environ.copy().get('KEY')",
        "import os\ndef f(env=os.environ):\n    return env['KEY']",
        "import os\ndef f(env=None):\n    env = env or os.environ\n    return env['KEY']",
        "__import__('os').environ['KEY']",
        "import importlib\nimportlib.import_module('os').environ['KEY']",
        "import os\ngetattr(os, 'environ')['KEY']",
        "import os\nNAME = 'KEY'\nos.environ[NAME]",
        "import os\nNAME = 'KEY'\nos.getenv(NAME)",
        "import os\nNAME = 'KEY'\nNAME in os.environ",
        "import os\nPREFIX = 'K'\nos.environ[PREFIX + 'EY']",
        "import os\nPREFIX = 'K'\nos.environ[f'{PREFIX}EY']",
        "import os\ndef f():\n    name = 'KEY'\n    return os.environ[name]",
        "import os\nfor name in ('KEY', 'X'):\n    os.environ.get(name)",
        "import os\nNAMES = ('KEY', 'X')\nvalues = {n: os.environ.get(n) for n in NAMES}",
        "import os\nNAMES = {'a': 'KEY'}\nvalues = {k: os.environ[v] for k, v in NAMES.items()}",
        "import os\nclass Names:\n    KEY = 'KEY'\nos.environ[Names.KEY]",
        "import os\nclass C:\n    NAME = 'KEY'\n    def f(self):\n        return os.environ[self.NAME]",
        "import os\ndef setting(name):\n    return os.environ[name]\nsetting('KEY')",
        "import os\ndef setting(default, name):\n    return os.environ.get(name, default)\nsetting(1, name='KEY')",
        "import os\ndef setting(name='KEY'):\n    return os.getenv(name)",
        "import os\ndef setting(name):\n    return os.environ['K' + name]\nsetting('EY')",
        "import os\ndef setting(name):\n    return os.environ[f'K{name.upper()}']\nsetting('ey')",
        "import os\nclass C:\n    def setting(self, name):\n        return os.environ[name]\nC().setting('KEY')",
        "import os\nclass C:\n    @staticmethod\n    def setting(name):\n        return os.environ[name]\nC.setting('KEY')",
        "import os\nos.path.expandvars('$KEY/x')",
        "from os.path import expandvars\nexpandvars('${KEY}/x')",
        "import os\ndef outer():\n    env = os.environ\n    def inner():\n        return env['KEY']\n    return inner",
        "import os\ndef f():\n    global env\n    env = os.environ\ndef g():\n    return env['KEY']",
        "exec(\"import os; x = os.environ['KEY']\")",
        "try:\n    from os import environ\nexcept ImportError:\n    environ = {}\nenviron['KEY']",
        "import os\nif not TYPE_CHECKING:\n    os.environ['KEY']",
        "import os\nf'{os.environ[\"KEY\"]}'",
        "import os\nlambda: os.environ['KEY']",
        "import os\nx = [i for i in os.environ['KEY'].split()]",
        "import os\n@deco(os.environ['KEY'])\ndef f(x=os.environ['KEY']): ...",
        "import os\nwith a as b, c(os.environ['KEY']):\n    pass",
        "import os\nmatch os.environ['KEY']:\n    case _:\n        pass",
    ],
)
def test_every_way_to_read_a_variable(model: str) -> None:
    assert "KEY" in closure_of(model).variables


@pytest.mark.parametrize(
    ("model", "others"),
    [
        ("from conf import env\nenv['KEY']", {"conf": "from os import environ as env"}),
        ("from conf import env\nenv['KEY']", {"conf": "import os\nenv = os.environ"}),
        ("from conf import *\nenv['KEY']", {"conf": "import os\nenv = os.environ"}),
        ("import conf\nconf.env.get('KEY')", {"conf": "import os\nenv = os.environ"}),
        ("import conf\nconf.os.environ['KEY']", {"conf": "import os"}),
        (
            "import pkg.conf\npkg.conf.env['KEY']",
            {"pkg__INIT": "", "pkg__conf": "from os import environ as env"},
        ),
        (
            "from pkg import conf as c\nc.env['KEY']",
            {"pkg__INIT": "", "pkg__conf": "from os import environ as env"},
        ),
        (
            "from pkg import env\nenv['KEY']",
            {"pkg__INIT": "from .conf import env", "pkg__conf": "from os import environ as env"},
        ),
        ("from a import g\ng('KEY')", {"a": "from b import g", "b": "from os import getenv as g"}),
        ("import os\nfrom names import NAME\nos.environ[NAME]", {"names": "NAME = 'KEY'"}),
        ("import os, names\nos.environ[names.NAME]", {"names": "NAME = 'KEY'"}),
        (
            "import os, names\nos.environ[names.Names.NAME]",
            {"names": "class Names:\n    NAME = 'KEY'"},
        ),
        ("import os\nfrom names import *\nos.environ.get(NAME)", {"names": "NAME = 'KEY'"}),
        (
            "import os\nfrom names import N\nos.environ[N]",
            {"names": "from more import N", "more": "N = 'KEY'"},
        ),
        (
            "import os\nfrom names import N\nos.environ[N + 'Y']",
            {"names": "from more import K\nN = K", "more": "K = 'KE'"},
        ),
        (
            "import os\nfrom names import NAMES\nfor n in NAMES:\n    os.environ[n]",
            {"names": "NAMES = ['KEY']"},
        ),
        (
            "from conf import setting\nsetting('KEY')",
            {"conf": "import os\ndef setting(n):\n    return os.environ[n]"},
        ),
        (
            "import conf\nconf.setting(n='KEY')",
            {"conf": "import os\ndef setting(n):\n    return os.environ[n]"},
        ),
        (
            "from conf import C\nC().s('KEY')",
            {"conf": "import os\nclass C:\n    def s(self, n):\n        return os.environ[n]"},
        ),
        (
            "from base import B\nclass C(B):\n    def f(self):\n        return self.env['KEY']",
            {"base": "import os\nclass B:\n    env = os.environ"},
        ),
        (
            "from base import B\nclass C(B):\n    def f(self):\n        return self.env.get('KEY')",
            {"base": "import os\nclass B:\n    def __init__(self):\n        self.env = os.environ"},
        ),
        (
            "from a import outer\nouter('EY')",
            {
                "a": "from b import inner\ndef outer(n):\n    return inner('K' + n)",
                "b": "import os\ndef inner(n):\n    return os.getenv(n)",
            },
        ),
    ],
)
def test_variables_read_through_other_files(model: str, others: dict[str, str]) -> None:
    assert "KEY" in closure_of(model, **others).variables


@pytest.mark.parametrize(
    "model",
    [
        "import os\nos.environ['KEY'] = '1'",
        "import os\nos.environ.update({'KEY': '1'})",
        "import os\nos.environ.update(KEY='1')",
        "import os\ndel os.environ['KEY']",
        "import os\nos.putenv('KEY', '1')",
        "params['KEY']",
        "def f(os):\n    return os.getcwd('KEY')",
        "from other import environ_of\nenviron_of('KEY')",
        "import os\nos.path.join('KEY', 'x')",
    ],
)
def test_what_reads_no_variable(model: str) -> None:
    closure = closure_of(model)
    assert closure.variables == {}
    assert closure.warnings == ()


@pytest.mark.parametrize(
    "model",
    [
        "import os\nfor name in os.environ:\n    pass",
        "import os\nos.environ.items()",
        "import os\nf(os.environ)",
        "import os\nf(**os.environ)",
        "import os\nf(os.environ | {})",
        "import os\nreturned = [os.environ]",
        "import os\ndef f():\n    return os.environ",
        "import os\nos.environ[name]",
        "import os\nos.environ.get(name, 'x')",
        "import os\nname in os.environ",
        "import os\nos.getenv(*names)",
        "import os\nmap(os.getenv, names)",
        "import os\nmap(os.environ.get, names)",
        "import os\ndef setting(name):\n    return os.environ[name]",
        "import os\ndef setting(name):\n    return os.environ[name]\nsetting('A')\nsetting(unknown)",
        "from os import environ\nprint(environ)",
        "import os\nenv = dict(os.environ)\nf(env)",
        "import os\nmatch os.environ:\n    case {'KEY': x}:\n        pass",
        "import os\nos.path.expandvars(text)",
        "import os\nos.environ[f'SIR_{name}']",
        "import os\nfrom gone import NAME\nos.environ[NAME]",
        "import conf\nf(conf.env)",
        "import conf\nconf.env[name]",
        "import os\nclass C:\n    def __init__(self):\n        self.e = os.environ\n    def f(self, x):\n        self.e[x]",
        "import os\nclass C:\n    e = os.environ\n    def f(self, x):\n        self.e.get(x)",
        "import os\nclass C:\n    e = os.environ\n    def f(self):\n        g(self.e)",
    ],
)
def test_variables_that_cannot_be_told_are_warned_about(model: str) -> None:
    closure = closure_of(model, conf="import os\nenv = os.environ")
    texts = {warning.text for warning in closure.warnings}
    assert texts == {"reads environment variables under names that cannot be told"}


def test_where_the_environment_is_passed_on_suspects_count() -> None:
    closure = closure_of(
        "import os\nfrom tools import scale\nscale(os.environ)",
        tools="def scale(settings):\n    settings['lower']\n    return settings['SIR_SCALE'], settings.get('SIR_SEED')",
    )
    assert list(closure.variables) == ["SIR_SCALE", "SIR_SEED"]
    assert [(warning.path, warning.line) for warning in closure.warnings] == [("/p/m.py", 3)]


def test_a_parameter_hides_the_module_of_its_name() -> None:
    assert closure_of("import json as os\ndef f():\n    return os.environ('KEY')").variables == {}


def test_variables_say_where_they_are_read() -> None:
    closure = closure_of(
        "import a\nimport os\nos.environ['B']", a="import os\n\nos.environ['A']\nos.environ['B']"
    )
    assert dict(closure.variables) == {"A": ("/p/a.py", 3), "B": ("/p/m.py", 3)}


def test_what_nothing_imports_reads_nothing() -> None:
    assert closure_of("", unused="import os\nos.environ['KEY']").variables == {}


# --- docstrings ---------------------------------------------------------------------------------------


def documents(model: str, **others: str) -> dict[str, set[str]]:
    closure = closure_of(model, **others)
    return {
        path.removeprefix("/p/"): set(reading.docstrings)
        for path, reading in closure.readings.items()
        if reading.docstrings
    }


RATES = '''
"""Module."""
def f():
    """F."""
def g():
    """G."""
class C:
    """C."""
    def m(self):
        """M."""
'''


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("import rates\nrates.f.__doc__", {"f"}),
        ("from rates import f\nf.__doc__", {"f"}),
        ("from rates import f as h\nh.__doc__.split()", {"f"}),
        ("from rates import *\nf.__doc__", {"f"}),
        ("import rates\nrates.__doc__", {""}),
        ("from rates import __doc__ as text", {""}),
        ("from rates import C\nC.__doc__", {"C"}),
        ("from rates import C\nC.m.__doc__", {"C.m"}),
        ("from rates import f\ngetattr(f, '__doc__')", {"f"}),
        ("from rates import f\nh = f\nh.__doc__", {"f"}),
        ("from rates import f\ng = f.__doc__", {"f"}),
        ("def k():\n    from rates import f\n    return f.__doc__", {"f"}),
        ("from rates import f, g\nf.__doc__ += 'x'", {"f"}),
        ("from rates import f, g\nf.__doc__ = g.__doc__", {"g"}),
        ("import rates\nif x:\n    h = rates.f\nelse:\n    h = rates.g\nh.__doc__", {"f", "g"}),
    ],
)
def test_docstrings_that_resolve(model: str, expected: set[str]) -> None:
    assert documents(model, rates=RATES) == {"rates.py": expected}


def test_own_docstrings() -> None:
    assert documents('"""D."""\nprint(__doc__)') == {"m.py": {""}}
    assert documents('def f():\n    """D."""\n    return f.__doc__') == {"m.py": {"f"}}
    assert documents('class C:\n    """D."""\n    text = __doc__') == {"m.py": {"C"}}
    assert documents('"""D."""\nclass C:\n    def f(self):\n        return __doc__') == {
        "m.py": {""}
    }


ALL = {"", "f", "g", "C", "C.m"}


@pytest.mark.parametrize(
    "model",
    [
        "import rates\ndef k(x):\n    return x.__doc__",
        "import rates\nclass K:\n    def k(self):\n        return self.__doc__",
        "import rates\nfor x in rates.y:\n    x.__doc__",
        "import rates\ntype(x).__doc__",
        "import rates\nx().__doc__",
        "import rates, inspect\ninspect.getdoc(rates.f)",
        "import rates\nfrom inspect import getdoc as g\ng(rates.f)",
        "import rates, pydoc",
        "import rates, doctest",
        "import rates\nimport ply.yacc",
        "import rates\nvars(rates.f)['__doc__']",
        "import rates\nfrom operator import attrgetter\nattrgetter('__doc__')",
        "import rates\n'{0.__doc__}'.format(rates.f)",
        "import rates\nmatch x:\n    case C(__doc__=d):\n        pass",
        "import rates\nfrom rates import C\nC.missing.__doc__",
    ],
)
def test_docstrings_that_do_not_resolve_are_all_read(model: str) -> None:
    assert documents(model, rates=RATES)["rates.py"] == ALL


def test_decorated_and_rebound_definitions_do_not_resolve() -> None:
    decorated = '@deco\ndef f():\n    """F."""\ndef g():\n    """G."""'
    assert documents("from rates import f\nf.__doc__", rates=decorated) == {"rates.py": {"f", "g"}}
    rebound = 'def f():\n    """F."""\ndef g():\n    """G."""\nf = wrap(f)'
    assert documents("from rates import f\nf.__doc__", rates=rebound) == {"rates.py": {"f", "g"}}
    twice = 'if x:\n    def f():\n        """F."""\nelse:\n    def f():\n        """G."""'
    assert documents("from rates import f\nf.__doc__", rates=twice) == {"rates.py": {"f"}}


@pytest.mark.parametrize(
    "model",
    [
        "import rates\nrates.f.__doc__ = 'x'",
        "import rates\nsetattr(rates.f, '__doc__', 'x')",
        "import rates\nhasattr(rates.f, '__doc__')",
        "import rates\n'a __docs__ b'",
        "import rates\nint.__doc__",
        "import rates, json\njson.dumps.__doc__",
        '"""Mentions f.__doc__ in passing."""\nimport rates',
    ],
)
def test_what_reads_no_docstring(model: str) -> None:
    assert documents(model, rates=RATES) == {}


def test_docstrings_of_installed_code_stand_for_its_version() -> None:
    sources = {
        "m.py": '"""D."""\nimport numpy as np\nnp.dot.__doc__',
        f"{SITE}/numpy/__init__.py": "",
    }
    closure = CodeProject(sources, installed={"numpy": "index"}).closure()
    assert closure.readings["/p/m.py"].docstrings == frozenset()


# --- sources as text ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "model",
    [
        "import inspect\ninspect.getsource(f)",
        "import inspect\ninspect.getsourcelines(f)",
        "from inspect import getsource\ngetsource(f)",
        "from inspect import getsource as g\nlist(map(g, fs))",
        "import inspect as i\nreader = i.getsource\nreader(f)",
        "import linecache\nlinecache.getline('m.py', 1)",
        "import linecache\nlinecache.getlines('m.py')",
        "import inspect\ninspect.getcomments(f)",
        "import inspect\ngetattr(inspect, 'getsource')(f)",
        "import importlib\nimportlib.import_module('inspect').getsource(f)",
        "def read(module):\n    return module.getsource(f)",
        "open(__file__).read()",
        "from pathlib import Path\nPath(__file__).read_text()",
        "from pathlib import Path\nHERE = Path(__file__).resolve()\nHERE.read_bytes()",
        "import a\nopen(a.__file__)",
        "import a",
    ],
)
def test_code_that_reads_sources(model: str) -> None:
    text = "import inspect\ninspect.getsource(f)" if model == "import a" else ""
    assert closure_of(model, a=text).bytes_matter


@pytest.mark.parametrize(
    "model",
    [
        "import inspect\ninspect.signature(f)",
        "from pathlib import Path\n(Path(__file__).parent / 'x.csv').read_text()",
        "import os\nopen(os.path.join(os.path.dirname(__file__), 'x'))",
        "open('x.csv')",
        "open('x.csv').getline()",
        "def getsource(): ...\ngetsource()",
    ],
)
def test_code_that_reads_no_source(model: str) -> None:
    assert not closure_of(model).bytes_matter
