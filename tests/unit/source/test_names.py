"""What names stand for, read from one source."""

from __future__ import annotations

import ast
import json
import textwrap
from pathlib import Path

import pytest

from modelops_bundle.source.names import ModuleNames, Platform, Ref, decode, encode, read_names


def read(source: str, platform: Platform | None = None) -> ModuleNames:
    return read_names(ast.parse(textwrap.dedent(source)), platform)


def binding(names: ModuleNames, name: str) -> tuple[Ref, ...]:
    return {binding.name: binding.refs for binding in names.bindings}.get(name, ())


def bases(names: ModuleNames, qualname: str) -> list[tuple[Ref, ...]]:
    found = [item for item in names.classes if item.qualname == qualname]
    return [base.refs for base in found[-1].bases]


def imported(module: str, name: str, attributes: str = "") -> Ref:
    return Ref("from", module, name, attributes)


OBJECT = Ref("free", "", "object", "")


def test_imports_bind_as_python_binds_them() -> None:
    names = read("import a.b\nimport a.b as c\nfrom .x import y as z\nfrom .. import w\n")
    assert binding(names, "a") == (Ref("module", "a", "", ""),)
    assert binding(names, "c") == (Ref("module", "a.b", "", ""),)
    assert binding(names, "z") == (imported(".x", "y"),)
    assert binding(names, "w") == (imported("..", "w"),)


def test_a_base_is_what_its_name_stood_for_where_the_class_was_made() -> None:
    names = read(
        """
        from a import Base
        class First(Base): ...
        from b import Base
        class Second(Base): ...
        """
    )
    assert bases(names, "First") == [(imported("a", "Base"),)]
    assert bases(names, "Second") == [(imported("b", "Base"),)]


def test_a_class_may_replace_its_own_base() -> None:
    names = read("class A: ...\nclass A(A): ...\n")
    assert bases(names, "A") == [(Ref("class", "0", "A", ""),)]
    assert binding(names, "A") == (Ref("class", "1", "A", ""),)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("cb.BaseModel", [Ref("module", "cb", "", "BaseModel")]),
        ("cb.BaseModel[int]", [Ref("module", "cb", "", "BaseModel")]),
        ("getattr(cb, 'BaseModel')", [Ref("module", "cb", "", "BaseModel")]),
        ("typing.cast(type, cb.X)", [Ref("module", "cb", "", "X")]),
        ("cb.X if flag else object", [Ref("module", "cb", "", "X"), OBJECT]),
        ("cb.X if True else object", [Ref("module", "cb", "", "X")]),
        ("cb.X or object", [Ref("module", "cb", "", "X"), OBJECT]),
        ("flag and cb.X", [Ref("module", "cb", "", "X")]),
        ("(B := cb.X)", [Ref("module", "cb", "", "X")]),
        ("importlib.import_module('m.n').X", [Ref("module", "m.n", "", "X")]),
        ("with_metaclass(M, cb.X)", [Ref("module", "cb", "", "X")]),
        ("namedtuple('P', 'x y')", [Ref("free", "", "tuple", "")]),
        ("type(cb.X)", [Ref("free", "", "type", "")]),
        ("make(1)", [Ref("value", "what make(...) returns", "", "")]),
    ],
)
def test_expressions_as_bases(expression: str, expected: list[Ref]) -> None:
    header = "import cb, typing, importlib\nfrom six import with_metaclass\n"
    header += "from collections import namedtuple\n"
    assert bases(read(f"{header}class X({expression}): ...\n"), "X") == [tuple(expected)]


def test_branches_that_may_go_either_way_are_joined() -> None:
    names = read(
        """
        try:
            from fast import Base
        except ImportError:
            from slow import Base
        else:
            Extra = Base
        if flag():
            Other = Base
        class X(Base): ...
        """
    )
    assert bases(names, "X") == [(imported("fast", "Base"), imported("slow", "Base"))]
    assert binding(names, "Extra") == (imported("fast", "Base"),)
    assert binding(names, "Other") == bases(names, "X")[0]


def test_what_was_bound_before_a_branch_stays_possible() -> None:
    names = read("Base = object\nif flag():\n    from a import Base\nclass X(Base): ...\n")
    assert bases(names, "X") == [(imported("a", "Base"), OBJECT)]


def test_a_branch_that_leaves_the_module_is_no_alternative() -> None:
    names = read(
        """
        Base = object
        try:
            from a import Base
        except ImportError:
            raise SystemError
        class X(Base): ...
        """
    )
    assert bases(names, "X") == [(imported("a", "Base"),)]


@pytest.mark.parametrize(
    ("test", "taken"),
    [
        ("sys.version_info >= (3, 12)", "a"),
        ("sys.version_info < (3, 12)", "b"),
        ("sys.version_info[0] == 2", "b"),
        ("sys.version_info[:2] == (3, 12)", "a"),
        ("sys.version_info.major == 3 and True", "a"),
        ("not (sys.platform == 'win32' or sys.platform.startswith('darwin'))", "a"),
        ("sys.platform in ('linux', 'darwin')", "a"),
        ("os.name == 'nt'", "b"),
        ("PY3", "a"),
        ("0", "b"),
        ("__name__ == '__main__'", "b"),
        ("'__main__' != __name__", "a"),
    ],
)
def test_tests_that_are_known_beforehand(test: str, taken: str) -> None:
    header = "import sys, os\nPY3 = sys.version_info[0] >= 3\n"
    source = (
        f"{header}if {test}:\n    from a import B\nelse:\n    from b import B\nclass X(B): ...\n"
    )
    platform = Platform((3, 12, 1, "final", 0), "linux", "posix")
    assert bases(read(source, platform), "X") == [(imported(taken, "B"),)]


@pytest.mark.parametrize(
    "test", ["f()", "x", "sys.argv", "__name__ == 'm'", "FOUND", "sys.maxsize > 3"]
)
def test_other_tests_may_go_either_way(test: str) -> None:
    header = "import sys\nFOUND = []\nFOUND.append(1)\n"
    names = read(f"{header}B = object\nif {test}:\n    from a import B\nclass X(B): ...\n")
    assert bases(names, "X") == [(imported("a", "B"), OBJECT)]


def test_what_type_checkers_see_counts_where_nothing_else_binds_the_name() -> None:
    names = read(
        """
        from typing import TYPE_CHECKING
        if TYPE_CHECKING:
            from a import A, B
            class Ghost(A): ...
        else:
            B = object
        """
    )
    assert binding(names, "A") == (imported("a", "A"),)
    assert binding(names, "B") == (OBJECT,)
    assert [item.typing_only for item in names.classes] == [True]


def test_nested_classes_see_their_own_scope_then_the_module() -> None:
    names = read(
        """
        from m import A, B
        class Outer:
            from n import A
            class Inner(A): ...
            class Other(B): ...
            class Third(Inner): ...
        """
    )
    assert bases(names, "Outer.Inner") == [(imported("n", "A"),)]
    assert bases(names, "Outer.Other") == [(imported("m", "B"),)]
    assert bases(names, "Outer.Third") == [(Ref("class", "1", "Outer.Inner", ""),)]


def test_classes_in_functions_are_not_read() -> None:
    assert read("def f():\n    class X: ...\n").classes == ()


def test_a_star_import_may_shadow_what_stands_before_it() -> None:
    names = read("Base = object\nfrom s import *\nclass X(Base): ...\nclass Y(Free): ...\n")
    assert bases(names, "X") == [(Ref("star", "0:1:1", "Base", ""), OBJECT)]
    assert bases(names, "Y") == [(Ref("star", "0:1:1", "Free", ""), Ref("free", "", "Free", ""))]
    assert [star.conditional for star in names.stars] == [False]


def test_rebinding_tuples_and_deletion() -> None:
    names = read("import cb\nA, B = cb.X, cb.Y\nC = D = A\ndel A\n*E, F = cb.Z\n")
    assert binding(names, "D") == (Ref("module", "cb", "", "X"),)
    assert binding(names, "B") == (Ref("module", "cb", "", "Y"),)
    assert binding(names, "A") == ()
    assert binding(names, "F")[0].kind == "value"


def test_members_keep_their_decorators_in_order() -> None:
    names = read(
        """
        from abc import abstractmethod
        class X:
            def plain(self): ...
            @property
            @abstractmethod
            def value(self): ...
            @value.setter
            def value(self, v): ...
            def _get(self): ...
            alias = property(_get)
            number = 3
        """
    )
    found = names.classes[0]
    assert found.methods == ("plain", "_get")
    assert found.plain == ("number",)
    assert [member.qualname for member in found.members] == ["X.value", "X.value", "X.alias"]
    assert found.members[1].decorators[0].refs == (Ref("member", "0", "X.value", "setter"),)
    assert found.members[2].decorators[1].refs == (Ref("method", "", "X._get", ""),)


def test_stated_values_and_constants_are_literals() -> None:
    names = read(
        """
        NAME = "incidence"
        class X:
            OUTPUTS = [NAME, "deaths"]
            PARAMS = ParameterSpace((ParameterSpec("beta", -0.1),))
            OUTPUTS += ("more",)
            ignored = ["a"]
        """
    )
    values = dict(names.classes[0].values)
    assert dict(names.constants) == {"NAME": ("text", "incidence")}
    assert values["OUTPUTS"][0] == "sum"
    assert values["PARAMS"][0] == "call"
    assert set(values) == {"OUTPUTS", "PARAMS"}


def test_all_is_kept_with_what_is_added_to_it() -> None:
    names = read(
        "__all__ = ['a']\n__all__ += b.__all__\n__all__.extend(['c'])\n__all__.append('d')\n"
    )
    assert [part[0] for part in names.exported[1:]] == ["star", "star", "star", "text"]


@pytest.mark.parametrize(
    ("source", "name", "certain"),
    [
        ("D = type('D', (B,), {})", "D", True),
        ("globals()['D'] = type('D', (B,), {})", "globals()[...]", True),
        ("ALL = {n: type(n, (B,), {}) for n in 'ab'}", "ALL", True),
        ("register(types.new_class('D', (B,)))", "D", True),
        ("D = dataclasses.make_dataclass('D', [], bases=(B,))", "D", True),
        ("D = Meta('D', (B,), {})", "D", False),
    ],
)
def test_calls_that_make_classes_are_noted(source: str, name: str, certain: bool) -> None:
    made = read(f"import types, dataclasses\nfrom a import B\n{source}\n").created
    assert [(item.certain, item.bases[0].refs) for item in made] == [
        (certain, (imported("a", "B"),))
    ]
    assert made[0].name.replace("(...)", "()") == name


def test_calls_that_make_no_classes_are_not() -> None:
    assert read("x = type(a)\nP = Spec('beta', (0, 1), 'f')\ny = f('x', z)\n").created[1:] == ()


def test_records_survive_json() -> None:
    source = Path(__file__).read_bytes()  # a source with nearly everything in it
    for text in (
        source,
        b"",
        b"from x import *\nclass A(make()[1].B, metaclass=M): PARAMS = {**P, 'a': f(k=1)}",
    ):
        names = read_names(ast.parse(text))
        assert decode(json.loads(json.dumps(encode(names)))) == names


@pytest.mark.parametrize(
    "source",
    [
        "if a:\n    x = 1\n" + "elif b:\n    y = 2\n" * 900,
        "x = " + "a if b else " * 80 + "c\nclass X(x): ...",
        "x = a" + ".b" * 900 + "\nclass X(x): ...",
        "x = a" + "()" * 90 + "\nclass X(x): ...",
        "OUTPUTS = " + "[" * 80 + "]" * 80,
        "X = 'a'" + " + 'b'" * 900,
        "from s import *\n" * 3000 + "class X(A): ...\n",
        "".join(f"class C{i + 1}(C{i}): ...\n" for i in range(20000)),
        "".join(f"if f():\n    x{i} = 1\n" for i in range(5000)),
        "A = object\n" + "if f():\n    A = g.h\nelse:\n    A = A\n" * 500 + "class X(A): ...",
    ],
)
def test_long_and_deep_sources_are_read_in_reasonable_time(source: str) -> None:
    names = read(source)
    assert decode(json.loads(json.dumps(encode(names)))) == names
