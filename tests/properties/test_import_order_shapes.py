"""Projects that look at the order of imports in many ways, really run: where no digest changes, no result does."""

# ruff: noqa: E501 - one shape a line reads best
from __future__ import annotations

import importlib
import itertools
import random
import re
import sys
from collections.abc import Mapping, Sequence

import pytest
from tests.fakes.code_project import CodeProject
from tests.properties.test_import_order import MODEL, NAMES, PACKAGES, Memory, place

from modelops_bundle.digests.code import source_component
from modelops_bundle.source.facts import read_facts

#: What the other modules share.
SHARED = """
import itertools
from enum import Enum
REG, T, MADE = {}, [], []
counter = itertools.count()
def names(m): return [k for k in vars(m) if k[0] != '_']
def hook(cls, **k): MADE.append(cls.__name__)
def note(v):
    MADE.append(v)
    return v
class Hold:
    def __init__(self, m): self.m = m
    def names(self): return [k for k in self.m.__dict__ if k[0] != '_']
class Base: ...
class P:
    T = {}
    ids = itertools.count()
    @classmethod
    def get(cls, k): return cls.T.setdefault(k, len(cls.T))
class Made(Enum):
    def __init__(self, v): MADE.append(v)
class Quiet(Enum):
    def __init__(self, v): self.v = v
class Mix:
    def __new__(cls, v):
        MADE.append(v)
        return object.__new__(cls)
"""
TAKEN = (
    "from zshared import REG, T, MADE, counter, names, hook, note, Hold, Base, P, Made, Quiet, Mix"
)

#: Blocks in which imports stand, ``@`` being their lines.
BLOCKS = (
    "try:\n    @\nexcept ImportError:\n    pass",
    "try:\n    @\nexcept ImportError:\n    U = 0\nelse:\n    V = 1",
    "try:\n    pass\nfinally:\n    @",
    "try:\n    import nothere\nexcept ImportError:\n    @",
    "from contextlib import suppress\nwith suppress(ImportError):\n    @",
    "def ask():\n    try:\n        @\n    except ImportError:\n        pass\n    return sorted(locals())",
    "def ask():\n    @\n    return list(locals())",
    "def ask():\n    @\n    return sorted(locals())",
    "def load():\n    global x, y, za, zb, zc, zp, U, V, W\n    @\ntry:\n    load()\nexcept ImportError:\n    pass",
    "class C:\n    @\ndef ask(): return [k for k in vars(C) if k[0] != '_']",
    "from enum import Enum\nclass C(Enum):\n    @\ndef ask(): return list(map(str, C))",
    "class C:\n    @",
    "if True:\n    @",
    "def ask():\n    @\n    return 1",
)
#: What a function may look at, ``x`` being a module.
LOOKS = (
    "[k for k in globals() if k[0] != '_']",
    "sorted(globals())",
    "[k for k in list(vars(x)) if k[0] != '_']",
    "[k for k in dict(x.__dict__) if k[0] != '_']",
    "[k for k in x.__dir__() if k[0] != '_']",
    "[k for k in {**vars(x)} if k[0] != '_']",
    "[k for k in copy.copy(vars(x)) if k[0] != '_']",
    "[k for k in (lambda m: m.__dict__)(x) if k[0] != '_']",
    "[k for k in eval('vars(x)') if k[0] != '_']",
    "[k for k in vars(importlib.import_module('zp')) if k[0] != '_']",
    "[k for k in vars(sys.modules['zp']) if k[0] != '_']",
    "[k for k in ask.__globals__ if k[0] != '_']",
    "[k for k in sys._getframe().f_globals if k[0] != '_']",
    "[k for k in sys.modules if k[0] == 'z']",
    "[k for k in getattr(sys, 'modules') if k[0] == 'z']",
    "[k for k in eval('sys.modules') if k[0] == 'z']",
    "'za' in sys.modules",
    "next(reversed(globals()))",
    "names(x)",
    "[names(m) for m in (x,)]",
    "names(sys.modules[__name__])",
    "Hold(x).names()",
    "[c.__module__ for c in Base.__subclasses__()]",
    "[c.__module__ for c in getattr(Base, '__subclasses__')()]",
    "[c.__module__ for c in operator.methodcaller('__subclasses__')(Base)]",
    "hasattr(x, 'a')",
    "dir(x)",
    "str(REG)",
    "next(counter)",
    "list(P.T)",
    "str(MADE)",
)
#: What a module may do while it is loaded, ``@`` being its name.
DEEDS = (
    "A = dict(zip('SI', counter))",
    "A = [n for _, n in zip('ab', counter)]",
    "for i in counter: break",
    "A = max(zip('ab', {'c': P.ids}['c']))",
    "A = dict.fromkeys(zip('a', counter))",
    "A = P.get('@')",
    "for Q in (P,): A = Q.get('@')",
    "A = [P][0].get('@')",
    "from zshared import P as Q\nA = Q.get('@')",
    "class Q(P): ...\nA = Q.get('@')",
    "A = getattr(P, 'get')('@')",
    "A = P.T.get('@')",
    "class E(Made):\n    M = '@'",
    "class E(Quiet):\n    M = '@'",
    "from enum import Enum\nclass E(Mix, Enum):\n    M = '@'",
    "from enum import Enum, auto\nclass E(Enum):\n    def _generate_next_value_(*a): return note('@')\n    M = auto()",
    "class K@(Base): ...",
    "class K@:\n    __init_subclass__ = classmethod(hook)\nclass L@(K@): ...",
    "REG['@'] = 1",
    "T.append('@')",
    "A = [*T]",
    "A = str(REG)",
    "A = 'za' in REG",
)
FAILED = "failed"
FAILURES = (
    ImportError,
    AttributeError,
    LookupError,
    NameError,
    RuntimeError,
    TypeError,
    ValueError,
)
KINDS = ("import", "import", "block", "look", "deed", "ask", "try", "star", "value", "value")


def an_import(rng: random.Random, own: str) -> str:
    other = rng.choice([name for name in NAMES if name != own])
    package, _, last = other.rpartition(".")
    forms = [
        f"import {other}",
        f"import {other} as {rng.choice('xy')}",
        f"from {other} import {rng.choice('UVW')}",
        f"from {other} import {', '.join(rng.sample('UVW', 2))}",
        f"from {package} import {last}" if package else f"import {other}",
        rng.choice(["import zmissing", f"import {other}", f"import {other}"]),
    ]
    if own in PACKAGES:
        forms.append("from . import a" if own == "zp" else "from . import z")
    return rng.choice(forms)


def imports(rng: random.Random, own: str) -> list[str]:
    lines: dict[str, None] = {}
    while len(lines) < 2:
        lines[an_import(rng, own)] = None
    return list(lines)


def block(shape: str, lines: Sequence[str]) -> str:
    return re.sub(r"( *)@", lambda found: "\n".join(found[1] + line for line in lines), shape)


def look(rng: random.Random, own: str) -> str:
    other = rng.choice([name for name in NAMES if name != own])
    start = f"import {other} as x\nimport copy, importlib, operator, sys\n{TAKEN}"
    return f"{start}\ndef ask():\n    return {rng.choice(LOOKS)}"


def statement(rng: random.Random, own: str, kinds: Sequence[str]) -> str:
    kind = rng.choice(kinds)
    other = rng.choice([name for name in NAMES if name != own])
    name = rng.choice("UVW")
    if kind == "import":
        return an_import(rng, own)
    if kind == "block":
        return block(rng.choice(BLOCKS), imports(rng, own))
    if kind == "look":
        return look(rng, own)
    if kind == "deed":
        return f"{TAKEN}\n{rng.choice(DEEDS)}".replace("@", own.replace(".", "_"))
    if kind == "ask":
        return f"import {other} as x\n{name} = getattr(x, '{rng.choice('UVWabqz')}', None) is None"
    if kind == "try":
        return f"import {other} as x\ntry:\n    {name} = x.{rng.choice('UVWabqz')} is None\nexcept AttributeError:\n    {name} = 5"
    return f"from {other} import *" if kind == "star" else f"{name} = {rng.randrange(9)}"


def project(rng: random.Random) -> tuple[dict[str, str], dict[str, str]]:
    """Two projects in which some imports stand in another order."""
    kinds = [*rng.sample(KINDS, 3), "value"]
    sources = {f"{MODEL}.py": "import zp\nimport za\n", "zshared.py": SHARED}
    for name in NAMES:
        start = "U, V, W = 1, 2, 3\n" if rng.random() < 0.8 else ""
        rest = [statement(rng, name, kinds) for _ in range(rng.choice((0, 0, 1, 1, 2)))]
        sources[place(name)] = start + "".join(f"{part}\n" for part in rest)
    own = rng.choice((MODEL, MODEL, "zp", "za"))
    lines = imports(rng, own)
    shape = rng.choice(BLOCKS) if rng.random() < 0.3 else "@"
    rest = "" if own == MODEL else sources[place(own)]
    tail = look(rng, own) if rng.random() < 0.3 else ""
    one, other = (
        {**sources, place(own): f"{block(shape, order)}\nEND = 1\n{tail}\n{rest}"}
        for order in itertools.permutations(lines)
    )
    return one, other


def outcome(sources: Mapping[str, str]) -> list[tuple[str, str, str]] | None:
    """What every module holds and its functions give after the model was loaded; ``None`` if that fails."""
    loader = Memory(sources)
    sys.meta_path.insert(0, loader)  # type: ignore[arg-type]
    ours = (*NAMES, MODEL, "zshared")
    try:
        importlib.import_module(MODEL)
        found = []
        for name in sorted(name for name in sys.modules if name.partition(".")[0] in ours):
            held = vars(sys.modules[name])
            found += [(name, key, plain(held[key])) for key in sorted(held) if key[0] != "_"]
            found.append((name, "ask()", answer(held.get("ask"))))
        return found
    except FAILURES:
        return None
    finally:
        sys.meta_path.remove(loader)  # type: ignore[arg-type]
        for name in [name for name in sys.modules if name.partition(".")[0] in ours]:
            del sys.modules[name]


def plain(value: object) -> str:
    if isinstance(value, int | str | list | tuple | dict | None):
        return re.sub("0x[0-9a-f]+", "", repr(value))
    return (
        f"{type(value).__name__} {getattr(value, '__qualname__', getattr(value, '__name__', ''))}"
    )


def answer(function: object) -> str:
    try:
        return plain(function()) if callable(function) else ""
    except FAILURES:
        return FAILED


def digests(sources: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for path, reading in CodeProject(sources).closure(f"{MODEL}.py").readings.items():
        prints = read_facts(sources[path.removeprefix("/p/")].encode()).prints
        assert prints is not None
        found[path] = str(source_component(prints, reading))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(8))
def test_where_no_digest_changes_no_result_does(batch: int) -> None:
    same = different = 0
    for seed in range(batch * 500, (batch + 1) * 500):
        one, other = project(random.Random(seed))
        expected, found = outcome(one), outcome(other)
        # A program that fails in one order says so; what was loaded before is not judged.
        if expected is None or found is None or FAILED in (item[2] for item in expected):
            continue
        if digests(one) == digests(other):
            same += 1
            assert found == expected, (seed, one, other)
        else:
            different += found != expected
    assert same > 50
    assert different > 10
