"""Imports are free to move exactly where nothing that they load can notice."""

# ruff: noqa: E501 - one source a line reads best
from __future__ import annotations

import pytest
from tests.fakes.code_project import SITE, CodeProject


def free(model: str, installed: tuple[str, ...] = (), **others: str) -> bool:
    """Whether the first run of imports of the model is free."""
    sources = {"m.py": model}
    for name, text in others.items():
        sources[f"{name.replace('__', '/').replace('INIT', '__init__')}.py"] = text
    for name in installed:
        sources[f"{SITE}/{name}.py"] = ""
    project = CodeProject(sources, installed=dict.fromkeys(installed, "index"))
    return 0 in project.closure().readings["/p/m.py"].free_runs


BOTH = "import a\nimport b\n"


@pytest.mark.parametrize(
    "text",
    [
        "",
        '"""Docs."""',
        "X = 1\nY = -2.5\nZ = X + Y * 3",
        "from __future__ import annotations\n__all__ = ['f']\n__version__ = '1'",
        "def f(x: int = 3, *, y=()) -> int:\n    print(x)",
        "async def f(): ...",
        "class C:\n    x = 1\n    def f(self): print('x')",
        "class E(ValueError):\n    pass",
        "from abc import ABC, abstractmethod\nclass C(ABC):\n    @abstractmethod\n    def f(self): ...",
        "import abc\nclass C(metaclass=abc.ABCMeta): ...",
        "from enum import Enum, auto\nclass E(Enum):\n    A = auto()\n    B = 2",
        "from typing import NamedTuple\nclass P(NamedTuple):\n    x: int = 0",
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass P(Generic[T]): ...",
        "from dataclasses import dataclass, field\n@dataclass(frozen=True)\nclass P:\n    x: list = field(default_factory=list)",
        "import functools\n@functools.lru_cache(maxsize=None)\ndef f(): ...",
        "class C:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, v): ...\n    @staticmethod\n    def s(): ...",
        "from pathlib import Path\nROOT = Path(__file__).resolve().parent.parent\nDATA = ROOT / 'data' / 'x.csv'",
        "import os\nHERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'x')",
        "import os\nSCALE = float(os.environ.get('SIR_SCALE', '1'))",
        "import logging\nlog = logging.getLogger(__name__)",
        "import re\nP = re.compile(r'x')",
        "from collections import namedtuple, defaultdict\nP = namedtuple('P', 'x y')\nclass Q(namedtuple('Q', 'a')): ...",
        "import numpy as np\nM = np.array([[1.0, 2.0]])\nrng = np.random.default_rng(1)",
        "import math\nX = math.sqrt(2) * math.pi",
        "T = {}\nT['a'] = 1\nT.update(b=2)\nL = []\nL.append(1)\nL += [2]\nL.extend(x for x in range(3))",
        "T = {k: v for k, v in zip('ab', range(2))}\nS = sorted(T.items(), key=lambda p: p[1])",
        "X = 'a,b'.split(',')\nY = ', '.join(X).upper()",
        "if True:\n    X = 1\nelse:\n    X = 2",
        "import sys\nif sys.version_info < (3, 11):\n    raise RuntimeError('old')",
        "try:\n    import fast\nexcept ImportError:\n    fast = None",
        "def main(): ...\nif __name__ == '__main__':\n    main()",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    run()",
        "for name in ('a', 'b'):\n    X = name",
        "assert 1 < 2, 'no'",
        "x = y = 0\na, *b = range(3)\ndel x",
        "f = lambda x: print(x)",
        "X: int = 3\nY: 'str'",
        "def __getattr__(name):\n    raise AttributeError(name)",
    ],
)
def test_modules_that_only_define(text: str) -> None:
    assert free(BOTH, ("numpy",), a=text, b="")


@pytest.mark.parametrize(
    "text",
    [
        "print('loaded')",
        "import random\nrandom.seed(1)",
        "import numpy as np\nnp.random.seed(1)",
        "import numpy as np\nnp.seterr(all='raise')",
        "import os\nos.environ['X'] = '1'",
        "import os\nos.environ.setdefault('X', '1')",
        "import os\nos.environ.update(X='1')",
        "import sys\nsys.path.insert(0, 'x')",
        "import sys\nsys.path.append('x')",
        "import sys\nsys.path += ['x']",
        "import numpy as np\nnp.x = 1",
        "import json\njson.x = 1",
        "from registry import MODELS\nMODELS['a'] = 1",
        "from registry import MODELS\nMODELS.append('a')",
        "from registry import MODELS\nMODELS += ['a']",
        "import registry\nregistry.MODELS['a'] = 1",
        "import registry\nregistry.COUNT += 1",
        "from registry import register\nregister('a')",
        "from registry import register\n@register\ndef f(): ...",
        "from registry import register\n@register('a')\nclass C: ...",
        "from registry import Base\nclass C(Base): ...",
        "from registry import Meta\nclass C(metaclass=Meta): ...",
        "class B:\n    def __init_subclass__(cls): ...\nclass C(B): ...",
        "class D:\n    def __set_name__(self, o, n): ...",
        "from unknown import Base\nclass C(Base): ...",
        "def f(): ...\nX = f()",
        "class C: ...\nX = C()",
        "X = [print(i) for i in range(3)]",
        "X = (lambda: print(1))()",
        "def f(x=print(1)): ...",
        "def f(x: print(1)): ...",
        "class C:\n    x = print(1)",
        "class C:\n    print(1)",
        "if print(1):\n    pass",
        "if True:\n    print(1)",
        "if __name__ == '__main__':\n    pass\nelse:\n    print(1)",
        "try:\n    print(1)\nexcept Exception:\n    pass",
        "for x in y():\n    pass",
        "while f():\n    pass",
        "with open('x') as f:\n    X = f.read()",
        "exec('x = 1')",
        "x: print(1)",
        "a >> b",
        "import warnings\nwarnings.simplefilter('ignore')",
        "import atexit\natexit.register(f)",
        "import matplotlib\nmatplotlib.use('Agg')",
        "from json import dumps as float\nX = float(1)",
        "class open:\n    pass\nX = open()",
        "match x:\n    case 1:\n        print(1)",
        "def (",
        "X = yield_ = [(yield)]" if False else "global X\nX = input()",
        "f'{print(1)}'",
        "X = f'{print(1)}'",
        "T = {}\nT[print(1)] = 1",
        "from registry import MODELS as T\nfor T['x'] in range(3):\n    pass",
        "class Meta(type):\n    def __init__(cls, *a): print(a)\nclass C(metaclass=Meta): ...",
        "class C:\n    def __class_getitem__(cls, item): print(item)\nclass D(C[1]): ...",
        "import sys\nFIRST = 'b' in sys.modules",
        "from sys import modules\nif 'b' in modules:\n    X = 1",
    ],
)
def test_modules_that_do_more(text: str) -> None:
    registry = (
        "MODELS = {}\nCOUNT = 0\ndef register(x):\n    MODELS[x] = x\n"
        "class Meta(type): ...\nclass Base:\n    def __init_subclass__(cls): MODELS[cls] = 1"
    )
    assert not free(BOTH, ("numpy", "matplotlib"), a=text, b="", registry=registry)


REGISTRY = """
import itertools
from enum import Enum
from pathlib import Path
SEEN = []
class Param:
    TABLE = {}
    NAMES = ['a']
    @classmethod
    def get(cls, name): return cls.TABLE.setdefault(name, len(cls.TABLE))
class Plain(Enum):
    A = 'a'
    def get(self): return SEEN.append(self)
Alias = Param
def lower(): ...
TEXT = 'a'
ROOT = Path('x')
"""


@pytest.mark.parametrize(
    ("text", "is_free"),
    [
        ("X = reg.Param.get('a')", False),
        ("X = reg.Alias.get('a')", False),
        ("from reg import Param as P\nX = P.get('a')", False),
        ("for P in (reg.Param,):\n    X = P.get('a')", False),
        ("X = [reg.Param][0].get('a')", False),
        ("X = {'a': reg.Param}['a'].get('a')", False),
        ("T = [reg.Param]\nX = T[0].get('a')", False),
        ("X = reg.Plain.A.get()", False),
        (
            "class C:\n    @classmethod\n    def get(cls): print(1)\nfor D in (C,):\n    X = D.get()",
            False,
        ),
        ("X = reg.lower.get()", False),
        ("X = reg.Param.TABLE.get('a')", True),
        ("for n in reg.Param.NAMES:\n    X = n.lower()", True),
        ("X = reg.Plain.A.value.lower()", True),
        ("X = reg.TEXT.lower()", True),
        ("for p in (reg.ROOT, reg.ROOT):\n    X = p.joinpath('x')", True),
        ("X = reg.ROOT.joinpath('x').exists()", True),
    ],
)
def test_methods_with_names_of_those_of_values(text: str, is_free: bool) -> None:
    plugin = f"import reg\n{text}"
    assert free(BOTH, a=plugin, b=plugin, reg=REGISTRY) is is_free


IDS = """
import itertools
from pathlib import Path
counter = {}
NAMES = ['a', 'b']
COUNTERS = {{'a': counter}}
class Agent:
    ids = counter
    sizes = [1, 2]
"""

TAKING = [
    "A = dict(zip('SI', ids.counter))",
    "A = [x for x, _ in zip(ids.counter, 'ab')]",
    "A = list(x for x in ids.counter if x)",
    "for i in ids.counter:\n    break",
    "a, b = ids.counter",
    "A = [*ids.counter]",
    "A = 3 in ids.counter",
    "A = [0]\nA += list(ids.counter)",
    "A = []\nA.extend(ids.counter)",
    "A = ', '.join(ids.counter)",
    "A = {}.fromkeys(ids.counter)",
    "import collections\nA = collections.deque(ids.counter, 2)",
    "import numpy as np\nA = np.array(ids.counter)",
    "A = sum(ids.COUNTERS['a'])",
    "A = max(ids.Agent.ids)",
    "c = ids.counter\nA = set(c)",
    "c = ids.COUNTERS['a']\nd = c\nA = sorted(d)",
    "from ids import *\nA = tuple(counter)",
    "from ids import counter as c\nA = any(c)",
    "import again\nA = min(again.mine['x'])",
]


@pytest.mark.parametrize("taking", TAKING)
@pytest.mark.parametrize(
    "counter",
    [
        "itertools.count()",
        "iter('ab')",
        "(x for x in 'ab')",
        "Path('x').glob('*')",
        "zip([1], [2])",
    ],
)
def test_items_of_a_shared_iterator_are_taken(taking: str, counter: str) -> None:
    plugin = f"import ids\n{taking}"
    again = "import ids\nmine = {'x': ids.counter}"
    shared = IDS.format(counter)
    assert not free(BOTH, ("numpy",), a=plugin, b=plugin, ids=shared, again=again)
    for plain in (
        "[3, 4]",
        "list(itertools.count())",
        "sorted(x for x in 'ab')",
        "dict(zip('a', 'b'))",
    ):
        shared = IDS.format(plain)
        assert free(BOTH, ("numpy",), a=plugin, b=plugin, ids=shared, again=again)


@pytest.mark.parametrize(
    "text",
    [
        "A = [n for n in ids.NAMES]",
        "A = ids.Agent",
        "A = {n: i for i, n in enumerate(OWN)}",
        "A = isinstance(ids.Agent, type)",
        "def f():\n    return next(ids.counter), list(ids.counter)",
    ],
)
def test_a_shared_iterator_is_left_alone(text: str) -> None:
    plugin = f"import conf as ids\nOWN = 'a', 'b'\n{text}"
    conf = "NAMES = ['a', 'b']\nclass Agent: ..."
    used = {"a": plugin, "b": "import ids\nX = ids.Agent", "conf": conf}
    assert free(BOTH, ids=IDS.format("itertools.count()"), **used)


@pytest.mark.parametrize(
    ("constructor", "is_plain"),
    [
        ("def __init__(self, x): SEEN.append(x)", False),
        ("def __init__(self, x): self.x = note(x)", False),
        ("def __init__(self, x):\n        self.x = x\n        SEEN[x] = 1", False),
        ("def __new__(cls, x):\n        SEEN.append(x)\n        return object.__new__(cls)", False),
        ("def __new__(cls, x): return make(cls, x)", False),
        ("def _generate_next_value_(name, *rest): return note(name)", False),
        ("def __init__(self, x): self.x = next(counter)", False),
        ("__init__ = note", False),
        ("from reg import note as __init__", False),
        ("def __init__(self, x, y=0): self.x = float(x); self.y = y", True),
        ("def __init__(self, x):\n        'doc'\n        self.name_ = x.lower()", True),
        (
            "def __new__(cls, x):\n        obj = object.__new__(cls)\n        obj._value_ = x\n        return obj",
            True,
        ),
        ("def __init__(self, x): super().__init__(); self.x: int = x", True),
        ("@staticmethod\n    def _generate_next_value_(name, *rest): return name.lower()", True),
        ("def run(self): SEEN.append(self)", True),
    ],
)
def test_members_of_enumerations_that_are_made_by_code(constructor: str, is_plain: bool) -> None:
    reg = (
        "import itertools\nfrom enum import Enum, IntEnum\nSEEN = []\ncounter = itertools.count()\n"
    )
    reg += "def note(*x): SEEN.append(x)\nmake = note\n"
    starred = "from reg import *\nfrom reg import SEEN, note, make, counter\n"
    own = f"{starred}from enum import Enum\nclass E(Enum):\n    A = 1\n    {constructor}\n"
    assert free(BOTH, a=own, b="", reg=reg) is is_plain
    other = f"class E:\n    A = 1\n    {constructor}\n"
    assert free(BOTH, a=f"{starred}{other}", b="", reg=reg)
    base = f"{reg}class Base(Enum):\n    {constructor}\n"
    heir = "import base\nclass Between(base.Base): ...\nclass E(Between):\n    A = 1"
    assert free(BOTH, a=heir, b="", base=base, reg=reg) is is_plain
    mixin = f"{reg}class Mixin:\n    {constructor}\n"
    mixed = "from enum import Enum\nfrom mixin import Mixin\nclass E(Mixin, Enum):\n    A = 1"
    assert free(BOTH, a=mixed, b="", mixin=mixin, reg=reg) is is_plain
    late = f"{starred}from base import Base\nclass E(Base):\n    A = 1\n    {constructor}\n"
    assert (
        free(BOTH, a=late, b="", base="from enum import Enum\nclass Base(Enum): ...", reg=reg)
        is is_plain
    )


@pytest.mark.parametrize(
    "binding",
    [
        "__init_subclass__ = classmethod(f)",
        "__set_name__ = f",
        "__class_getitem__, x = f, f",
        "__mro_entries__: object = f",
        "from reg import hook as __init_subclass__",
        "import reg as __set_name__",
        "x = (__set_name__ := f)",
        "for __init_subclass__ in [f]:\n        pass",
        "class __set_name__: ...",
        "def __subclasshook__(cls, other): ...",
    ],
)
def test_hooks_that_are_bound_in_other_ways(binding: str) -> None:
    assert not free(
        BOTH, a=f"def f(*x): ...\nclass B:\n    {binding}\n", b="", reg="def hook(): ..."
    )


def test_attributes_that_are_tried_show_which_modules_were_loaded() -> None:
    others = {"pkg__INIT": "", "pkg__c": "Y = 1", "b": "import pkg.c"}
    for asking in (
        "try:\n    X = pkg.c.Y\nexcept AttributeError:\n    X = 0",
        "X = 'c' in pkg.__dict__",
        "X = pkg.__dict__.get('c')",
        "X = len(pkg.__dict__)",
    ):
        assert not free(BOTH, a=f"import pkg\n{asking}", **others)
    assert free(BOTH, a="import pkg\nX = pkg.__name__", **others)


def test_what_is_loaded_in_turn_counts() -> None:
    assert free(BOTH, a="import deep", b="", deep="import deeper", deeper="X = 1")
    assert not free(BOTH, a="import deep", b="", deep="import deeper", deeper="print(1)")
    assert not free(BOTH, a="def f():\n    import deep", b="", deep="print(1)")
    assert not free("import pkg.a\nimport b\n", pkg__INIT="print(1)", pkg__a="", b="")


def test_a_metaclass_of_another_file_is_followed() -> None:
    meta = "class Meta(type):\n    def __init__(cls, *a): ..."
    base = "from meta import Meta\nclass Base(metaclass=Meta): ..."
    plugin = "from base import Base\nclass C(Base): ..."
    assert not free(BOTH, a=plugin, b=plugin, base=base, meta=meta)


def test_subclasses_show_in_which_order_they_were_loaded() -> None:
    base, plugin = "class Base: ...", "from base import Base\nclass C(Base): ..."
    assert free(BOTH, a=plugin, b=plugin, base=base)
    asking = f"{BOTH}from base import Base\ndef every():\n    return Base.__subclasses__()\n"
    assert not free(asking, a=plugin, b=plugin, base=base)
    base = f"{base[:-3]}\n    @classmethod\n    def every(cls): return cls.__subclasses__()"
    assert not free(BOTH, a=plugin, b=plugin, base=base)
    assert free("import os\nimport abc\nX = int.__subclasses__()\n")


@pytest.mark.parametrize(
    "asking",
    [
        "getattr(Base, '__subclasses__')()",
        "operator.methodcaller('__subclasses__')(Base)",
        "operator.attrgetter('Base.__subclasses__')(base)()",
        "eval('Base.__subclasses__()')",
        "[m for m in sys.modules]",
        "list(sys.modules.values())",
        "[m for m in dict(sys.modules)]",
        "[m for m in getattr(sys, 'modules')]",
        "[m for m in loaded]",
    ],
)
def test_all_that_is_loaded_is_asked_for(asking: str) -> None:
    model = f"{BOTH}import sys, base, operator\nfrom sys import modules as loaded\n"
    model = model if "loaded" in asking else model.replace("from sys", "# from sys")
    model = f"{model}from base import Base\ndef every():\n    return {asking}\n"
    plugin = "from base import Base\nclass C(Base): ..."
    assert not free(model, a=plugin, b=plugin, base="class Base: ...")


@pytest.mark.parametrize(
    "asking",
    [
        "'a' in sys.modules",
        "sys.modules['a']",
        "sys.modules.get('a')",
        "sys.modules.pop('a', None)",
        "len(sys.modules)",
        "sorted(sys.modules)",
        "sim.modules.values()",
        "[modules for modules in range(3)]",
    ],
)
def test_one_module_is_asked_for(asking: str) -> None:
    model = f"{BOTH}import sys\ndef every(sim):\n    return {asking}\n"
    assert free(model, a="", b="")


@pytest.mark.parametrize(
    "asking",
    [
        "list(globals())",
        "[k for k in vars()]\nimport c, d",
        "dict(locals())\nimport c, d",
        "vars(sys.modules[__name__]).items()",
        "sys.modules[__name__].__dict__.items()",
        "list(map(globals, ()))",
        "show(globals())",
        "show(builtins.globals())",
        "sorted(globals().items(), key=len)",
    ],
)
def test_the_own_names_are_listed_in_their_order(asking: str) -> None:
    first, _, rest = asking.partition("\n")
    asked = f"import sys, builtins\ndef f(name):\n    X = {first}\n    {rest or 'pass'}\n"
    assert not free(f"{BOTH}{asked}", a="", b="")
    assert free(BOTH, a=asked, b="")


@pytest.mark.parametrize(
    "asking",
    [
        "f.__globals__.items()",
        "[k for k in sys._getframe().f_globals]",
        "list(vars(importlib.import_module(name)))",
        "list(vars(sys.modules[name]))",
        "x = importlib.import_module(name); list(vars(x))",
        "list(runpy.run_path('m.py'))",
    ],
)
def test_the_names_of_any_module_are_listed_in_their_order(asking: str) -> None:
    *first, last = asking.split("; ")
    lines = "".join(f"    {line}\n" for line in [*first, f"return {last}"])
    asked = f"import sys, importlib, runpy\ndef f(name):\n{lines}"
    assert not free(BOTH, a=asked, b="")


@pytest.mark.parametrize(
    "asking",
    [
        "globals()[name]",
        "globals().get(name)",
        "name in globals()",
        "globals().update(x=1)",
        "sorted(globals())",
        "sorted(globals().items())",
        "set(globals())",
        "exec(name, globals())",
        "dict(locals())",
        "vars(self).items()",
        "self.__dict__.items()",
        "vars(other).items()",
        "other.__dict__.items()",
        "type(other).__dict__.items()",
        "other.__class__.__dict__.items()",
        "C.__dict__.items()",
        "vars(C).items()",
        "vars(os).items()",
        "hasattr(other, '__dict__')",
        "setattr(other, name, 1)",
    ],
)
def test_namespaces_that_do_not_show_the_order_of_imports(asking: str) -> None:
    model = f"import os\n{BOTH}class C:\n    def f(self, other, name):\n        X = {asking}\n"
    assert free(model, a="", b="")
    assert free(f"{model}        getattr(a, name)\n", a="", b="")


LISTING = [
    "vars(conf)",
    "conf.__dict__",
    "conf.__dict__.items()",
    "conf.__dir__()",
    "getattr(conf, '__dict__')",
    "operator.attrgetter('__dict__')(conf)",
    "names(conf)",
    "builtins.vars(conf)",
    "names(m=conf)",
    "[names(m) for m in (conf,)]",
    "Holder(conf).names()",
]


@pytest.mark.parametrize("listing", LISTING)
@pytest.mark.parametrize("how", ["import conf", "from pkg import conf", "import pkg.conf as conf"])
def test_names_of_another_module_are_listed_in_their_order(listing: str, how: str) -> None:
    helper = "def names(m):\n    return list(vars(m))\n"
    helper += "class Holder:\n    def __init__(self, m): self.m = m\n"
    helper += "    def names(self): return list(self.m.__dict__)\n"
    model = f"{how}\nimport builtins, operator\nfrom helper import Holder, names\ndef f():\n    return {listing}\n"
    sources = {"m.py": model, "conf.py": BOTH, "pkg/conf.py": BOTH, "pkg/__init__.py": ""}
    sources |= {"helper.py": helper, "a.py": "", "b.py": ""}
    path = "/p/conf.py" if how == "import conf" else "/p/pkg/conf.py"
    assert CodeProject(sources).closure().readings[path].free_runs == frozenset()
    sources["m.py"] = model.replace(listing, "conf.a")
    assert CodeProject(sources).closure().readings[path].free_runs == {0}


def test_circles_may_close_in_the_body_of_a_class() -> None:
    circle = {"a": "import b\nX = getattr(b, 'Y', 0)", "b": "class C:\n    import a\nY = 1"}
    assert not free(BOTH, **circle)
    circle["b"] = "class C:\n    def f(self):\n        import a\nY = 1"
    assert free(BOTH, **circle)


def test_a_module_hands_itself_on() -> None:
    model = f"{BOTH}import sys\nfrom helper import names\nthis = sys.modules[__name__]\n"
    names = "def names(m):\n    return list(vars(m))\n"
    assert not free(f"{model}X = names(sys.modules[__name__])\n", a="", b="", helper=names)
    assert not free(f"{model}X = names(this)\n", a="", b="", helper=names)
    one = "import sys\nsetattr(sys.modules[__name__], 'x', 1)\nfrom helper import names\n"
    assert free(f"{BOTH}{one}", a="", b="", helper=names)


def test_names_that_come_through_a_star_are_listed_too() -> None:
    model = "from conf import *\ndef f():\n    return list(globals())\n"
    sources = {"m.py": model, "conf.py": BOTH, "a.py": "", "b.py": ""}
    assert CodeProject(sources).closure().readings["/p/conf.py"].free_runs == frozenset()


@pytest.mark.parametrize("listing", ["vars(pkg)", "pkg.__dict__.values()", "pkg.every()"])
def test_a_package_lists_its_modules_in_the_order_in_which_they_were_loaded(listing: str) -> None:
    own = "def every():\n    return list(globals())\n" if "every" in listing else ""
    model = f"import a\nimport b\nX = 1\nimport pkg\ndef f():\n    return {listing}\n"
    others = {"pkg__INIT": own, "pkg__c": "", "pkg__d": ""}
    assert not free(model, a="import pkg.c", b="import pkg.d", **others)
    assert free(model, a="", b="", **others)
    del others["pkg__INIT"]
    if not own:
        assert not free(model, a="import pkg.c", b="import pkg.d", **others)


def test_only_the_run_that_loads_it_is_kept_in_order() -> None:
    sources = {"m.py": "import a\nimport b\nX = 1\nimport c\nimport d\n", "c.py": "print(1)"}
    sources.update({f"{name}.py": "" for name in "abd"})
    assert CodeProject(sources).closure().readings["/p/m.py"].free_runs == {0}


def test_bases_and_calls_are_followed_across_files() -> None:
    base = "from abc import ABC\nclass Base(ABC): ..."
    assert free(BOTH, a="from base import Base\nclass C(Base): ...", b="", base=base)
    again = "from base import Base"
    assert free(BOTH, a="from again import Base\nclass C(Base): ...", b="", again=again, base=base)
    compat = "from pathlib import Path"
    assert free(BOTH, a="from compat import Path\nROOT = Path('x')", b="", compat=compat)
    assert free(
        BOTH,
        a="from conf import ROOT\nX = ROOT.joinpath('x')",
        b="",
        conf="from pathlib import Path\nROOT = Path('x')",
    )
    assert not free(
        BOTH, a="import conf\nconf.joinpath('x')", b="", conf="def joinpath(x): print(x)"
    )


def test_compiled_modules_and_broken_ones_may_do_anything() -> None:
    project = CodeProject({"m.py": BOTH, "a.so": b"", "b.py": ""})
    assert project.closure().readings["/p/m.py"].free_runs == frozenset()


def test_attribute_and_submodule_of_one_name() -> None:
    model = "import pkg.sub as s\nfrom pkg import sub\n"
    assert not free(model, pkg__INIT="sub = 5", pkg__sub="")
    assert free(model, pkg__INIT="", pkg__sub="")
    assert free(model, pkg__INIT="from . import sub", pkg__sub="")
    assert free(model, pkg__INIT="from .sub import sub", pkg__sub="def sub(): ...")
    assert not free(model, pkg__INIT="import sub", pkg__sub="", sub="")
    seen = {"pkg__INIT": "sub = 5", "pkg__sub": "", "a": "from pkg import sub"}
    assert not free("import a\nimport pkg.sub\n", **seen)
    assert not free(model, pkg__INIT="from other import sub", pkg__sub="", other="sub = 1")


CIRCLE = {"a": "import b\nX = 1", "b": "import a\nY = getattr(a, 'X', 0)", "c": ""}


def test_who_comes_first_in_a_circle() -> None:
    assert not free(BOTH, **CIRCLE)
    assert not free("from a import X\nfrom b import Y\n", **CIRCLE)
    guarded = "try:\n    from a import X\nexcept ImportError:\n    X = 0"
    assert not free(BOTH, a="import b\nX = 1", b=guarded)
    # One way in stays the only one.
    assert free("import a\nimport c\n", **CIRCLE)
    assert not free("import c\nimport d\n", **{**CIRCLE, "c": "import a", "d": "import b"})


def test_what_is_imported_later_closes_no_circle() -> None:
    inner = "def f():\n    import a"
    assert free(BOTH, a="import b", b=inner)
    typing = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import a"
    assert free(BOTH, a="import b", b=typing)


def test_a_circle_through_the_model_sees_what_stands_before() -> None:
    assert not free("import c\nimport a\n", a="import m\nX = hasattr(m, 'c')", c="")
    assert free("import c\nimport a\n", a="def f():\n    import m", c="")


def test_a_package_comes_before_what_is_in_it() -> None:
    model = "import pkg.a\nimport pkg.b\n"
    assert free(
        model, pkg__INIT="from .a import x\nfrom .b import y", pkg__a="from . import b", pkg__b=""
    )
    looks = {"pkg__a": "import pkg\nX = hasattr(pkg, 'b')", "pkg__b": ""}
    assert free(model, pkg__INIT="from . import a, b", **looks)
    assert not free(model, pkg__INIT="", pkg__a="from . import b", pkg__b="from .a import x")


def test_what_a_package_has_depends_on_what_was_loaded() -> None:
    model = "import a\nimport pkg.b\n"
    for text in (
        "import pkg\nX = hasattr(pkg, 'b')",
        "import pkg as p\nX = getattr(p, 'b', 0)",
        "from pkg import *",
    ):
        assert not free(model, a=text, pkg__INIT="", pkg__b="")
        assert free(model, a=text, pkg__INIT="from . import b", pkg__b="")
    assert free(model, a="from pkg import *", pkg__INIT="__all__ = []", pkg__b="")
    assert free(model, a="import c\nX = getattr(c, 'x', 0)", c="", pkg__INIT="", pkg__b="")
    assert free("import a\nimport pkg\n", a="import numpy\nX = hasattr(numpy, 'b')", pkg__INIT="")


def test_a_package_that_imports_something_under_the_name_of_a_submodule() -> None:
    for lines, expected in (
        ("import b\nimport pkg.b\n", set()),
        ("from .c import b\nfrom . import d\n", set()),
        ("from .b import b\nfrom . import d\n", {0}),
        ("from . import b\nfrom . import d\n", {0}),
    ):
        sources = {"m.py": "import pkg", "pkg/__init__.py": lines, "pkg/b.py": "", "b.py": ""}
        sources |= {"pkg/c.py": "b = 1", "pkg/d.py": "from . import b"}
        found = CodeProject(sources).closure().readings["/p/pkg/__init__.py"].free_runs
        assert found == expected, lines


def test_a_star_import_may_give_a_package_another_meaning_of_a_submodule() -> None:
    model = "import pkg.b as x\nfrom pkg import b\n"
    assert not free(model, pkg__INIT="from c import *", c="b = 1", pkg__b="")
    assert free(model, pkg__INIT="from c import *", c="d = 1", pkg__b="")


def test_imports_of_a_package_that_what_is_in_it_looks_at() -> None:
    package = "from .a import x\nfrom .b import y\n"
    for text, expected in (
        ("from . import c", {0}),
        ("from .c import z", {0}),
        ("from . import y", set()),
        ("import pkg\nx = hasattr(pkg, 'y')", set()),
    ):
        sources = {"m.py": "import pkg", "pkg/__init__.py": package, "pkg/a.py": text}
        sources |= {"pkg/b.py": "y = 1", "pkg/c.py": "z = 1"}
        found = CodeProject(sources).closure().readings["/p/pkg/__init__.py"].free_runs
        assert found == expected, text


def test_installed_modules_do_not_mind() -> None:
    assert free("import numpy\nimport os\nimport a\n", ("numpy",), a="")


def test_runs_inside_functions() -> None:
    model = "def f():\n    import b\n    import a\ndef g():\n    import d\n    import c\n"
    sources = {"m.py": model, "a.py": "", "b.py": "", "c.py": "", "d.py": "print(1)"}
    assert CodeProject(sources).closure().readings["/p/m.py"].free_units == {0}
