"""Which classes are models, told on small projects."""

from __future__ import annotations

import textwrap

import pytest
from tests.fakes.source_tree import ROOT, SITE, SourceTree

from modelops_bundle.discovery.models import DEFAULT_BASES, Discovery, ModelClass


def names(found: Discovery) -> list[str]:
    return [model.entrypoint for model in found.models]


def discover(source: str, *bases: str, **others: str) -> Discovery:
    sources = {f"{name}.py": textwrap.dedent(text) for name, text in others.items()}
    tree = SourceTree({"m.py": textwrap.dedent(source), **sources})
    return tree.discover(*bases, paths=["m.py"])


def only(found: Discovery) -> ModelClass:
    (model,) = found.models
    return model


@pytest.mark.parametrize(
    "source",
    [
        "import modelops_calabaria as cb\nclass X(cb.BaseModel): ...",
        "from modelops_calabaria import BaseModel as B\nclass X(B): ...",
        "from modelops_calabaria import *\nclass X(BaseModel): ...",
        "import calabaria\nclass X(calabaria.BaseModel): ...",
        "from modelops_bundle import BaseModel\nclass X(BaseModel): ...",
        "from modelops_bundle.base import BaseModel\nclass X(BaseModel): ...",
        "import modelops_calabaria as cb\nBase = cb.BaseModel\nclass X(Base): ...",
        "import modelops_calabaria as cb\nclass X(dict, cb.BaseModel[int]): ...",
        "try:\n    import calabaria as cb\nexcept ImportError:\n    cb = None\nclass X(cb.BaseModel): ...",
        "import abc, calabaria as c\nwith f():\n    class X(c.BaseModel, metaclass=abc.ABCMeta): ...",
        "for _ in 'a':\n    import calabaria\n    class X(calabaria.BaseModel): ...",
        "import calabaria\nmatch 1:\n    case 1:\n        class X(calabaria.BaseModel): ...",
        "import calabaria\nif True:\n    class X(calabaria.BaseModel): ...",
    ],
)
def test_ways_to_name_a_root_that_is_not_installed(source: str) -> None:
    found = discover(source, *DEFAULT_BASES)
    assert names(found) == ["m:X"]
    assert found.unresolved == ()


@pytest.mark.parametrize(
    "source",
    [
        "from pydantic import BaseModel\nclass X(BaseModel): ...",
        "class BaseModel: ...\nclass X(BaseModel): ...",
        "import calabaria\nclass X(calabaria.Other): ...",
        "import calabaria\nbase = calabaria.BaseModel\nclass X: base = base",
        "import calabaria\ndef f():\n    class X(calabaria.BaseModel): ...",
        "import calabaria\nclass X(calabaria.BaseModel): ...\ndel X",
        "import calabaria, typing\nif typing.TYPE_CHECKING:\n    class X(calabaria.BaseModel): ...",
        "import calabaria\nif __name__ == '__main__':\n    class X(calabaria.BaseModel): ...",
    ],
)
def test_what_is_no_model(source: str) -> None:
    assert names(discover(source, *DEFAULT_BASES)) == []


def test_pydantic_is_a_model_when_it_is_asked_for() -> None:
    found = discover("import pydantic\nclass X(pydantic.BaseModel): ...", "pydantic.BaseModel")
    assert names(found) == ["m:X"]


def test_a_project_in_full() -> None:
    tree = SourceTree(
        {
            "src/models/__init__.py": "from .base import *\nfrom .sir import SIR as Published\n",
            "src/models/base.py": (
                "import cb\n__all__ = ['Common']\nclass _Root(cb.BaseModel): ...\nclass Common(_Root): ...\n"
            ),
            "src/models/sir.py": (
                "from models import Common\nclass SIR(Common):\n    class Variant(Common): ...\n"
            ),
            "scripts/run.py": "import models\nclass Mine(models.Published): ...\n",
        }
    )
    assert names(tree.discover()) == [
        "scripts.run:Mine",
        "models.base:_Root",
        "models.base:Common",
        "models.sir:SIR",
        "models.sir:SIR.Variant",
    ]


def test_a_root_is_known_by_every_path_to_it() -> None:
    sources = {
        f"{SITE}/fw/__init__.py": "from fw.core.api import Base\n",
        f"{SITE}/fw/core/__init__.py": "",
        f"{SITE}/fw/core/api.py": "from ._impl import _Base as Base\n",
        f"{SITE}/fw/core/_impl.py": "class _Base: ...\n",
        f"{SITE}/fw/ready.py": "from .core import api\nclass Ready(api.Base): ...\n",
        "m.py": (
            "import fw\nfrom fw.core._impl import _Base\nfrom fw.ready import Ready\n"
            "class A(fw.Base): ...\nclass B(_Base): ...\nclass C(Ready): ...\n"
        ),
    }
    for root in ("fw.Base", "fw.core.api.Base", "fw.core._impl._Base"):
        found = SourceTree(sources).discover(root)
        assert names(found) == ["m:A", "m:B", "m:C"]
    assert found.models[0].bases == ("fw.core._impl._Base",)


def test_a_root_in_the_tree_is_no_model_itself() -> None:
    found = discover("class Base: ...\nclass X(Base): ...\n", "m.Base")
    assert names(found) == ["m:X"]


def test_what_a_root_falls_back_to_is_no_root() -> None:
    sources = {
        "compat": "try:\n    from fw import Base\nexcept ImportError:\n    Base = object\n",
    }
    found = discover(
        "import compat\nclass A(object): ...\nclass B(compat.Base): ...\n", "compat.Base", **sources
    )
    assert names(found) == ["m:B"]


def test_definitions_in_either_branch_are_one_class() -> None:
    found = discover(
        """
        import cb
        if fast():
            class X(cb.BaseModel): ...
        else:
            class X: ...
        class Y(X): ...
        """
    )
    assert names(found) == ["m:X", "m:Y"]


def test_the_last_definition_of_a_name_counts() -> None:
    found = discover("import cb\nclass X(cb.BaseModel): ...\nclass Y(X): ...\nclass X: ...\n")
    assert names(found) == ["m:Y"]


def test_a_class_under_another_name_is_listed_under_that() -> None:
    found = discover("import cb\nclass _X(cb.BaseModel): ...\nX = _X\ndel _X\n")
    assert names(found) == ["m:X"]


def test_cycles_of_imports_and_of_bases() -> None:
    tree = SourceTree(
        {
            "a.py": "from b import B\nclass A(B): ...\n",
            "b.py": "from a import A\nimport cb\nclass B(A): ...\nclass C(cb.BaseModel, B): ...\n",
        }
    )
    assert names(tree.discover()) == ["b:C"]


@pytest.mark.parametrize(
    ("source", "name", "reason"),
    [
        ("class X(make_base()): ...", "X", "make_base(...)"),
        ("from gone import Base\nclass X(Base): ...", "X", "module gone is not found"),
        ("class X(nobody): ...", "X", "nothing binds nobody"),
        ("class X(*bases): ...", "X", "*bases"),
        ("REG = load()\nclass X(REG['a']): ...", "X", "load(...)"),
        ("import lazy\nclass X(lazy.Base): ...", "X", "__getattr__"),
        ("import broken\nclass X(broken.Base): ...", "X", "cannot be read"),
        ("class Y(make()): ...\nclass X(Y): ...", "X", "one of its bases"),
        ("import cb\nX = type('X', (cb.BaseModel,), {})", "X", "a call makes it"),
        ("import cb\nclass M(cb.BaseModel): ...\nX = Meta('X', (M,), {})", "X", "a call makes it"),
        ("import cb\nclass X(cb.BaseModel): ...\nX = wrap(X)", "X", "bound anew"),
        ("import types\nX = types.new_class('X', (unknown(),))", "X", "a call makes it"),
    ],
)
def test_what_stays_open_is_reported(source: str, name: str, reason: str) -> None:
    found = discover(source, lazy="def __getattr__(name): ...\n", broken="def (\n")
    assert name not in [model.class_name for model in found.models]
    assert reason in {item.name: item.reason for item in found.unresolved}[name]


@pytest.mark.parametrize(
    "source",
    [
        "from collections import namedtuple\nclass X(namedtuple('X', 'a')): ...",
        "import enum, typing\nclass X(enum.Enum): ...\nclass Y(typing.Protocol): ...",
        "X = type('X', (object,), {})",
        "class Meta(type): ...\nclass X(metaclass=Meta): ...",
        "try:\n    from gone import Base\nexcept ImportError:\n    Base = object\nclass X(Base): ...",
        "import ext\nclass X(ext.Compiled): ...",
    ],
)
def test_what_is_certain_is_not_reported(source: str) -> None:
    tree = SourceTree({"m.py": source, "ext.so": b""})
    found = tree.discover()
    assert (found.models, found.unresolved) == ((), ())


def test_files_that_cannot_be_read_are_skipped_and_the_rest_goes_on() -> None:
    tree = SourceTree(
        {
            "bad.py": "def (\n",
            "nul.py": b"x = 1\0\n",
            "pipe.py": None,
            "deep.py": "(" * 5000,
            "m.py": "import cb\nclass X(cb.BaseModel): ...\n",
        }
    )
    found = tree.discover()
    assert names(found) == ["m:X"]
    assert [skip.path.removeprefix(f"{ROOT}/") for skip in found.skipped] == [
        "bad.py",
        "deep.py",
        "nul.py",
        "pipe.py",
    ]
    assert all(skip.reason for skip in found.skipped)


ABSTRACT = """
from abc import ABC, abstractmethod
import abc, functools, cb
class Base(cb.BaseModel):
    @abstractmethod
    def build(self): ...
    @property
    @abc.abstractmethod
    def size(self): ...
class Half(Base):
    def build(self): ...
class Full(Half):
    size = 3
class Mixin:
    @abstractmethod
    def extra(self): ...
class Proper(ABC):
    @abstractmethod
    def extra(self): ...
class Free(Mixin, cb.BaseModel): ...
class Bound(cb.BaseModel, Proper): ...
class Given(cb.BaseModel, Proper):
    def extra(self): ...
class Setter(Base):
    def build(self): ...
    size = property(lambda self: 1)
class Again(Full):
    @abstractmethod
    def build(self): ...
class Kept(Base):
    build = 1
    def _size(self): ...
    @Base.size.setter
    def other(self, v): ...
class Wrapped(cb.BaseModel):
    @cb.model_output("x")
    @abstractmethod
    def out(self): ...
class Cached(cb.BaseModel):
    @functools.cached_property
    @abstractmethod
    def out(self): ...
class Alias(Base):
    def build(self): ...
    size = build
class Same(cb.BaseModel):
    @abstractmethod
    def one(self): ...
    two = one
    def one(self): ...
class Pair(cb.BaseModel):
    @property
    def v(self): ...
    @v.setter
    @abstractmethod
    def v(self, x): ...
    @v.deleter
    def v(self): ...
"""


def test_abstract_classes_follow_the_rules_of_abc() -> None:
    found = discover(ABSTRACT)
    abstract = {model.class_name for model in found.models if model.abstract}
    assert abstract == {"Base", "Half", "Bound", "Again", "Kept", "Wrapped", "Same", "Pair"}
    assert len(found.models) == 14


@pytest.mark.parametrize(
    ("root", "abstract"),
    [
        ("class Root: ...", False),
        ("from enum import EnumMeta\nclass Root(metaclass=EnumMeta): ...", False),
        ("class Root(Exception): ...", False),
        ("import abc\nclass Top(metaclass=abc.ABCMeta): ...\nclass Root(Top): ...", True),
        ("from typing import Protocol\nclass Root(Protocol): ...", True),
        # It cannot be known how these are made.
        ("import nowhere\nclass Root(nowhere.Base): ...", True),
        ("import nowhere\nclass Root(metaclass=nowhere.Meta): ...", True),
        ("def make(): ...\nclass Root(make()): ...", True),
        ("def make(): ...\nclass Root(metaclass=make()): ...", True),
        ("try:\n    from nowhere import Root\nexcept ImportError:\n    class Root: ...", True),
    ],
)
def test_abstract_methods_count_below_a_root_that_abc_may_rule(root: str, abstract: bool) -> None:
    model = (
        "from abc import abstractmethod\nfrom base import Root\n"
        "class M(Root):\n    @abstractmethod\n    def run(self): ...\n"
    )
    found = SourceTree({"base.py": root, "m.py": model}).discover("base.Root", paths=["m.py"])
    assert [(each.class_name, each.abstract) for each in found.models] == [("M", abstract)]


def test_a_root_outside_the_project_is_not_opened() -> None:
    model = (
        "from abc import abstractmethod\nfrom kit import Root\n"
        "class M(Root):\n    @abstractmethod\n    def run(self): ...\n"
    )
    tree = SourceTree({f"{SITE}/kit.py": "class Root: ...", "m.py": model})
    assert [each.abstract for each in tree.discover("kit.Root").models] == [True]


def test_the_roots_own_abstract_methods_do_not_count() -> None:
    root = "import abc\nclass Root(abc.ABC):\n    @abc.abstractmethod\n    def run(self): ...\n"
    found = discover("from root import Root\nclass X(Root): ...\n", "root.Root", root=root)
    assert [model.abstract for model in found.models] == [False]


def test_what_a_model_states() -> None:
    model = only(
        discover(
            """
            import cb
            from common import NAME, SHARED, specs
            class X(cb.BaseModel):
                PARAMS = cb.ParameterSpace((
                    cb.ParameterSpec("beta", 0.01, 0.2, "float"),
                    cb.ParameterSpec(name="gamma", lower=0),
                    *specs,
                ))
                SCENARIOS = {"baseline": 1, **SHARED}
                OUTPUTS = ("stated", NAME) + ("last",)
                @cb.model_output("incidence")
                def a(self): ...
                @cb.model_output(NAME)
                def b(self): ...
                @cb.model_output
                def plain(self): ...
                @cb.model_output(f"{computed}")
                def c(self): ...
                @cb.model_scenario("lockdown")
                def d(self): ...
            """,
            common='NAME = "prevalence"\nSHARED = {"x": 1}\nspecs = [1]\nSPECS = specs\n',
        )
    )
    assert model.parameters == ("beta", "gamma")
    assert model.outputs == ("incidence", "prevalence", "plain", "stated", "last")
    assert model.scenarios == ("lockdown", "baseline", "x")


def test_what_is_stated_is_inherited_and_overridden() -> None:
    found = discover(
        """
        import cb
        from cb import model_output as out
        class A(cb.BaseModel):
            PARAMS = ["beta"]
            @out("one")
            def one(self): ...
            @out("two")
            def two(self): ...
        class B(A):
            PARAMS = A.PARAMS + ["gamma"]
            @out("uno")
            def one(self): ...
            def two(self): ...
        class C(B):
            PARAMS = dict(x=1)
        """
    )
    stated = {model.class_name: (model.outputs, model.parameters) for model in found.models}
    assert stated["A"] == (("one", "two"), ("beta",))
    assert stated["B"] == (("uno",), ("beta", "gamma"))
    assert stated["C"] == (("uno",), ("x",))


def test_stated_values_come_in_the_order_of_the_bases() -> None:
    found = discover(
        """
        import cb
        class Top(cb.BaseModel):
            OUTPUTS = ["top"]
        class Left(Top): ...
        class Right(Top):
            OUTPUTS = ["right"]
        class Bottom(Left, Right): ...
        """
    )
    assert {model.class_name: model.outputs for model in found.models}["Bottom"] == ("right",)


def test_variables_defined_in_terms_of_each_other_state_nothing() -> None:
    model = only(
        discover(
            "import cb\nfrom other import A\nclass X(cb.BaseModel):\n    OUTPUTS = [*A]\n",
            other="from m import B\nA = [*B]\n",
        )
    )
    assert model.outputs == ()


def test_very_long_chains_of_classes() -> None:
    half = 20_000
    lines = [f"class C{number + 1}(C{number}): 0" for number in range(2 * half)]
    first = "import cb\nclass C0(cb.BaseModel): 0\n" + "\n".join(lines[:half])
    found = discover(f"from first import C{half}\n" + "\n".join(lines[half:]), first=first)
    assert len(found.models) == half
    assert found.models[-1].bases == (f"m.C{2 * half - 1}",)


def test_the_order_is_that_of_paths_and_lines() -> None:
    tree = SourceTree(
        {
            "b.py": "import cb\nclass Z(cb.BaseModel): ...\nclass A(cb.BaseModel): ...\n",
            "a.py": "import cb\nclass M(cb.BaseModel): ...\n",
        }
    )
    assert names(tree.discover()) == ["a:M", "b:Z", "b:A"]
    assert [model.line for model in tree.discover().models] == [2, 2, 3]
