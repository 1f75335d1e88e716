"""What lies beside a script is found as Python finds it: before everything else."""

from __future__ import annotations

import pytest
from tests.fakes.code_project import SITE, CodeProject

SCRIPT = {
    "src/epi/model.py": "import config",
    "src/epi/config.py": "from inner import x",
    "src/epi/inner.py": "x = 1",
}


@pytest.mark.parametrize(
    ("elsewhere", "model"),
    [
        ({"config/settings.json": ""}, ["src/epi/inner.py"]),
        ({"config.py": "", "inner.py": ""}, ["config.py", "inner.py", "src/epi/inner.py"]),
        ({f"{SITE}/config.py": ""}, ["config.py", "src/epi/inner.py"]),
        ({f"{SITE}/config/__init__.py": ""}, ["config/__init__.py", "src/epi/inner.py"]),
    ],
)
def test_a_script_finds_what_lies_beside_it_first(
    elsewhere: dict[str, str], model: list[str]
) -> None:
    closure = CodeProject({**SCRIPT, **elsewhere}).closure("src/epi/model.py")
    expected = {"src/epi/model.py", "src/epi/config.py", *model}
    assert {file.recorded for file in closure.files} == expected
    assert closure.missing == ()


def test_what_lies_beside_a_script_shadows_a_standard_module_and_an_installed_one() -> None:
    sources = {
        "a/m.py": "import random, numpy.linalg, os, time",
        "a/random.py": "",
        "a/numpy.py": "",
        "a/os.py": "",
        "a/time.py": "",
        f"{SITE}/numpy/__init__.py": "",
        f"{SITE}/numpy/linalg.py": "",
    }
    closure = CodeProject(sources, installed={"numpy": "index"}).closure("a/m.py")
    assert [file.recorded for file in closure.files] == ["a/m.py", "a/random.py", "a/numpy.py"]
    assert closure.imported == ("numpy.linalg",)


def test_a_file_in_a_package_is_no_script() -> None:
    package = {**SCRIPT, "src/epi/__init__.py": "", "config.py": "", "inner.py": ""}
    closure = CodeProject(package).closure("src/epi/model.py")
    found = {file.recorded for file in closure.files}
    assert found == {"src/epi/model.py", "src/epi/__init__.py", "config.py"}
    del package["config.py"]
    closure = CodeProject({**package, "config/x.json": ""}).closure("src/epi/model.py")
    assert "src/epi/config.py" in {file.recorded for file in closure.files}


def test_what_does_not_lie_beside_the_script_is_not_looked_for_there() -> None:
    sources = {
        **SCRIPT,
        "src/epi/model.py": "import tool",
        "tool.py": "import config",
        "config.py": "",
    }
    closure = CodeProject(sources).closure("src/epi/model.py")
    assert {file.recorded for file in closure.files} == {"src/epi/model.py", "tool.py", "config.py"}


@pytest.mark.parametrize(
    ("model", "declared"),
    [
        ("", ["scripts/show.py"]),
        ("import runpy\nrunpy.run_path('scripts/show.py')", []),
    ],
)
def test_every_script_finds_what_lies_beside_it(model: str, declared: list[str]) -> None:
    sources = {
        "models/m.py": model,
        "models/shelper.py": "",
        "scripts/show.py": "import shelper, json",
        "scripts/shelper.py": "import deep",
        "scripts/deep.py": "",
        "scripts/json.py": "",
    }
    closure = CodeProject(sources).closure("models/m.py", declared)
    found = {file.recorded for file in closure.files}
    names = ("show", "shelper", "deep", "json")
    assert found == {"models/m.py", *(f"scripts/{name}.py" for name in names)}
    assert closure.missing == ()
