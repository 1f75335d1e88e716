"""Import graphs, really loaded: where a run of imports is free, no order of it shows in any module."""

from __future__ import annotations

import importlib
import importlib.machinery
import itertools
import random
import sys
import types
from collections.abc import Mapping, Sequence

import pytest
from tests.fakes.code_project import CodeProject

NAMES = ("za", "zb", "zc", "zp", "zp.a", "zp.b", "zp.q", "zp.q.z")
PACKAGES = ("zp", "zp.q")
MODEL = "zm"


def place(name: str) -> str:
    return name.replace(".", "/") + ("/__init__.py" if name in PACKAGES else ".py")


def statement(rng: random.Random, own: str) -> str:
    """Something that a module may do while it loads: import, define, or look at another module."""
    kind = rng.randrange(9)
    other = rng.choice([name for name in NAMES if name != own])
    name = rng.choice("UVW")
    if kind < 3:
        return an_import(rng, own)
    if kind == 3:
        return f"import {other}\n{name} = getattr({other}, '{rng.choice('UVW')}', None)"
    if kind == 4:
        return f"import {other} as x\n{name} = hasattr(x, '{rng.choice('UVWxabq')}')"
    if kind == 5:
        return f"try:\n    from {other} import {name}\nexcept ImportError:\n    {name} = None"
    if kind == 6 and rng.random() < 0.3:
        return f"from {other} import *"
    return f"{name} = {rng.randrange(9)}"


def an_import(rng: random.Random, own: str) -> str:
    other = rng.choice([name for name in NAMES if name != own])
    package, _, last = other.rpartition(".")
    forms = [
        f"import {other}",
        f"import {other} as {rng.choice('xy')}",
        f"from {other} import {rng.choice('UVW')}",
        f"from {package} import {last}" if package else f"import {other}",
        f"def f{rng.randrange(3)}():\n    import {other}",
    ]
    if own in PACKAGES:
        forms += ["from . import a", "from .a import U"] if own == "zp" else ["from . import z"]
    return rng.choice(forms)


class Memory:
    """Finds and loads modules from texts by path."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def find_spec(self, name: str, path: object = None, target: object = None) -> object:
        file = name.replace(".", "/")
        for place, is_package in ((f"{file}/__init__.py", True), (f"{file}.py", False)):
            if place in self._sources:
                return importlib.machinery.ModuleSpec(
                    name, self, origin=place, is_package=is_package
                )
        return None

    def create_module(self, _spec: object) -> None:
        return None

    def exec_module(self, module: types.ModuleType) -> None:
        exec(self._sources[module.__spec__.origin], vars(module))  # type: ignore[union-attr,index]


def outcome(sources: Mapping[str, str]) -> dict[tuple[str, str], str] | None:
    """What every module holds after the model was loaded; ``None`` when that fails."""
    loader = Memory(sources)
    sys.meta_path.insert(0, loader)  # type: ignore[arg-type]
    try:
        importlib.import_module(MODEL)
        return {
            (name, key): repr(getattr(value, "__qualname__", getattr(value, "__name__", value)))
            for name, module in sys.modules.items()
            if name.partition(".")[0] in (*NAMES, MODEL)
            for key, value in vars(module).items()
            if not key.startswith("__")
        }
    except (ImportError, AttributeError):
        return None
    finally:
        sys.meta_path.remove(loader)  # type: ignore[arg-type]
        for name in [name for name in sys.modules if name.partition(".")[0] in (*NAMES, MODEL)]:
            del sys.modules[name]


def project(rng: random.Random) -> tuple[str, list[str], dict[str, str]]:
    """The file with a run of imports, its lines, and the other files."""
    sources = {
        place(name): "".join(
            f"{statement(rng, name)}\n" for _ in range(rng.choice((0, 0, 1, 1, 2, 3)))
        )
        for name in NAMES
    }
    own = rng.choice((MODEL, MODEL, "zp"))
    lines: dict[str, None] = {}
    while len(lines) < rng.choice((2, 2, 3)):
        line = an_import(rng, own)
        if line.count("\n") == 0:
            lines[line] = None
    return place(own), list(lines), {f"{MODEL}.py": "import zp\n", **sources}


def arranged(sources: Mapping[str, str], file: str, lines: Sequence[str]) -> dict[str, str]:
    rest = "" if file == f"{MODEL}.py" else sources[file]
    return {**sources, file: "\n".join([*lines, "END = 1", rest])}


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(8))
def test_no_order_of_a_free_run_shows(batch: int) -> None:
    judged = kept = 0
    for seed in range(batch * 1000, (batch + 1) * 1000):
        file, lines, sources = project(random.Random(seed))
        written = arranged(sources, file, lines)
        expected = outcome(written)
        if expected is None:
            continue
        reading = CodeProject(written).closure(f"{MODEL}.py").readings.get(f"/p/{file}")
        if reading is None or 0 not in reading.free_runs:
            kept += 1
            continue
        judged += 1
        for order in itertools.permutations(lines):
            found = outcome(arranged(sources, file, order))
            assert found == expected, (seed, order, written)
    assert judged > kept
