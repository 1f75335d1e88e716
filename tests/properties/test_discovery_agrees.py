"""Discovery says of generated packages what importing them and asking ``issubclass`` says."""

from __future__ import annotations

import inspect
import itertools
import re
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.fakes.source_tree import SourceTree

PACKAGE = "generated_package"
ROOT_SOURCES = [
    "from abc import ABC\nclass Root(ABC): pass\n",
    "class Root: pass\n",
    "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass Root(Generic[T]): pass\n",
    "class Meta(type): pass\nclass Top(metaclass=Meta): pass\nclass Root(Top): pass\n",
    "from abc import ABCMeta\nclass Meta(ABCMeta): pass\nclass Root(metaclass=Meta): pass\n",
]

_names = st.sampled_from(["A", "B", "C", "D"])
_places = st.sampled_from(
    ["A", "B", "C", "A.N", "q.A", "q.B", "q.B.N", "root.Root", "object", "Root", "Root"]
)
_modules = st.sampled_from(["m0", "m1", "m2", "root"])
_tests = st.sampled_from(
    ["sys.version_info >= (3,)", "sys.version_info < (3,)", "typing.TYPE_CHECKING", "True", "0"]
)
_body = st.sampled_from(
    [
        "pass",
        "run = None",
        "@abstractmethod\n def run(self): pass",
        "@property\n @abstractmethod\n def run(self): pass",
        "def run(self): pass",
        "class N(Root):\n  mark = 0",
        "class N(object):\n  mark = 0\n  @abstractmethod\n  def run(self): pass",
        "from .root import Root as N",
    ]
)


@st.composite
def _statements(draw: st.DrawFn) -> str:
    kind = draw(
        st.sampled_from(["class", "class", "class", "import", "alias", "star", "if", "try", "del"])
    )
    if kind == "class":
        bases = ", ".join(draw(st.lists(_places, max_size=2)))
        meta = draw(st.sampled_from(["", "", ", metaclass=ABCMeta"]))
        bases = f"({bases}{meta})" if bases else ""
        return f"class {draw(_names)}{bases}:\n mark = 0\n {draw(_body)}"
    if kind == "alias":
        return f"{draw(_names)} = {draw(_places)}"
    if kind == "star":
        return f"from .{draw(_modules)} import *"
    if kind == "del":
        return f"del {draw(_names)}"
    simple = f"from .{draw(_modules)} import {draw(_names)} as {draw(_names)}"
    if kind == "import":
        forms = [
            simple,
            f"from . import {draw(_modules)} as q",
            f"import {PACKAGE}.{draw(_modules)} as q",
        ]
        return draw(st.sampled_from(forms))
    inner = draw(st.sampled_from([simple, f"{draw(_names)} = {draw(_places)}"]))
    other = f"{draw(_names)} = {draw(_places)}"
    if kind == "if":
        return f"if {draw(_tests)}:\n {inner}\nelse:\n {other}"
    return f"try:\n {inner}\nexcept ZeroDivisionError:\n raise"


HEADER = (
    "import sys, typing\nfrom abc import ABCMeta, abstractmethod\n"
    "from . import root\nfrom .root import Root\n"
)


@contextmanager
def _package() -> Iterator[types.ModuleType]:
    package = types.ModuleType(PACKAGE)
    package.__path__ = []
    before = set(sys.modules)
    sys.modules[PACKAGE] = package
    try:
        yield package
    finally:
        for name in set(sys.modules) - before:
            if name.startswith(PACKAGE):
                del sys.modules[name]


def _load(
    package: types.ModuleType, name: str, statements: list[str]
) -> tuple[types.ModuleType, str]:
    """Import a module made of the statements that can be executed, one after the other."""
    module = types.ModuleType(f"{PACKAGE}.{name}")
    module.__package__ = PACKAGE
    kept = ""
    numbers = itertools.count()
    for statement in statements:
        marked = re.sub("mark = 0", lambda _: f"mark = {next(numbers)}", statement) + "\n"
        snapshot = dict(vars(module))
        try:
            exec(compile(marked, name, "exec"), vars(module))
        except Exception:  # noqa: BLE001 - whatever Python refuses is left out
            vars(module).clear()
            vars(module).update(snapshot)
        else:
            kept += marked
    sys.modules[module.__name__] = module
    setattr(package, name, module)
    return module, kept


def _classes(owner: object, module: str, found: dict[type, None]) -> dict[type, None]:
    for value in list(vars(owner).values()):
        if isinstance(value, type) and value.__module__ == module and value not in found:
            found[value] = None
            _classes(value, module, found)
    return found


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.lists(_statements(), max_size=9), min_size=1, max_size=3),
    st.sampled_from(ROOT_SOURCES),
)
@example(
    [["class A(Root):\n mark = 0\n @abstractmethod\n def run(self): pass"]], "class Root: pass\n"
)
def test_models_are_the_subclasses(modules: list[list[str]], root_source: str) -> None:
    truth: dict[tuple[str, int], bool] = {}
    sources = {f"{PACKAGE}/__init__.py": "", f"{PACKAGE}/root.py": root_source}
    with _package() as package:
        root, _ = _load(package, "root", [root_source])
        for number, statements in enumerate(modules):
            header = HEADER.splitlines()
            module, kept = _load(package, f"m{number}", [*header, *statements])
            sources[f"{PACKAGE}/m{number}.py"] = kept
            for found in _classes(module, module.__name__, {}):
                if issubclass(found, root.Root) and "mark" in vars(found):
                    truth[module.__name__, found.mark] = inspect.isabstract(found)
    tree = SourceTree(sources)
    models = tree.discover(f"{PACKAGE}.root.Root").models
    lines = {path: text.splitlines() for path, text in sources.items()}
    answer = {
        (
            item.module,
            int(lines[item.path.removeprefix("/p/")][item.line].split("=")[1]),
        ): item.abstract
        for item in models
    }
    assert answer == truth, "\n".join(f"# {path}\n{text}" for path, text in sources.items())
