from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.support.worker import make_spec, working, write_files

LOOK = """
import importlib, sys

class Model:
    def simulate(self, params, seed):
        found = importlib.import_module(params["module"])
        return [getattr(found, "__file__", None), getattr(found, "VALUE", None)]
"""


def look(worker, module: str) -> list:
    header, outputs = worker.run(module=module)
    assert header["is"] == "done", header
    return json.loads(outputs["result"])


def test_the_project_comes_first_then_pythonpath_then_the_standard_library(tmp_path):
    root, outside = tmp_path / "project", tmp_path / "outside"
    write_files(root, {"model.py": LOOK, "src/a.py": "VALUE = 'src'", "a.py": "VALUE = 'root'"})
    write_files(root, {"b.py": "VALUE = 'root'"})
    write_files(outside, dict.fromkeys(("a.py", "b.py", "wave.py"), "VALUE = 'outside'"))
    search = [os.fspath(folder) for folder in (root / "src", root, outside)]
    with working(make_spec(root, search=tuple(search)), PYTHONPATH=os.fspath(outside)) as worker:
        assert look(worker, "a")[1] == "src"
        assert look(worker, "b")[1] == "root"
        assert look(worker, "wave")[1] == "outside"


def test_a_path_of_the_worker_that_was_not_asked_for_is_not_searched(tmp_path):
    root, outside = tmp_path / "project", tmp_path / "outside"
    write_files(root, {"model.py": LOOK})
    write_files(outside, {"elsewhere.py": ""})
    with working(make_spec(root), PYTHONPATH=os.fspath(outside)) as worker:
        assert worker.run(module="elsewhere")[0]["error"].startswith("ModuleNotFoundError")


@pytest.mark.parametrize("name", ["json", "signal", "random", "platform"])
def test_a_module_of_the_project_is_taken_for_one_that_the_worker_has_loaded(tmp_path, name):
    write_files(tmp_path, {"model.py": LOOK, f"{name}.py": "VALUE = 'ours'"})
    with working(make_spec(tmp_path)) as worker:
        assert look(worker, name)[1] == "ours"


def test_a_folder_of_such_a_name_that_is_no_package_is_not(tmp_path):
    write_files(tmp_path, {"model.py": LOOK, "json/data.txt": ""})
    with working(make_spec(tmp_path)) as worker:
        assert look(worker, "json")[0].endswith("json/__init__.py")


def edit_unseen(path: Path, old: str, new: str) -> None:
    """Change a file and leave its size and time stamps as they were."""
    before = path.stat()
    text = path.read_text().replace(old, new)
    path.write_text(text)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_size == before.st_size


def cached(folder: Path) -> list[str]:
    return sorted(path.name.partition(".")[0] for path in folder.rglob("*.pyc"))


@pytest.mark.parametrize("place", [".", "src", "pkg"])
def test_bytecode_of_the_project_is_neither_read_nor_written(tmp_path, place):
    import py_compile

    module = "pkg.rates" if place == "pkg" else "rates"
    write_files(
        tmp_path, {"model.py": LOOK, f"{place}/rates.py": "VALUE = 1", "pkg/__init__.py": ""}
    )
    path = tmp_path / place / "rates.py"
    py_compile.compile(os.fspath(path), doraise=True)
    edit_unseen(path, "1", "2")
    with working(make_spec(tmp_path)) as worker:
        assert look(worker, module)[1] == 2
    assert cached(tmp_path) == ["rates"]


def test_what_is_installed_keeps_its_bytecode_also_inside_the_project(tmp_path):
    site = ".venv/lib/python3/site-packages"
    write_files(tmp_path, {"model.py": LOOK, f"{site}/lib.py": "VALUE = 1"})
    search = (os.fspath(tmp_path), os.fspath(tmp_path / site))
    for _ in range(2):
        with working(make_spec(tmp_path, search=search)) as worker:
            assert look(worker, "lib")[1] == 1
    assert cached(tmp_path) == ["lib"]


def test_a_loader_that_an_editable_install_chooses_reads_no_bytecode_either(tmp_path):
    import py_compile

    text = (
        LOOK.replace(
            "importlib.import_module",
            "load",
        )
        + """
from importlib.util import module_from_spec, spec_from_file_location

def load(name):
    spec = spec_from_file_location(name, f"{name}.py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
"""
    )
    write_files(tmp_path, {"model.py": text, "rates.py": "VALUE = 1"})
    py_compile.compile(os.fspath(tmp_path / "rates.py"), doraise=True)
    edit_unseen(tmp_path / "rates.py", "1", "2")
    with working(make_spec(tmp_path)) as worker:
        assert look(worker, "rates")[1] == 2


@pytest.mark.parametrize("inner", ["", "modelops_bundle"])
def test_our_package_is_there_for_models_where_it_is_not_installed(tmp_path, inner):
    """Another one stands in for it, so that it is told from the one that is installed here."""
    theirs = write_files(tmp_path / "tool", {"modelops_bundle/__init__.py": "VALUE = 'served'"})
    write_files(tmp_path / "tool", {"other.py": ""})
    text = "import sys\nsys.path[:] = [p for p in sys.path if 'src' not in p]\n" + LOOK
    root = write_files(tmp_path / "project", {"model.py": text})
    package = os.fspath(theirs / inner)
    with working(make_spec(root, search=(os.fspath(root),), package=package)) as worker:
        assert look(worker, "modelops_bundle") == [
            os.fspath(theirs / "modelops_bundle" / "__init__.py"),
            "served",
        ]
        assert worker.run(module="other")[0]["is"] == "failed"


def test_an_installed_one_comes_before_it(tmp_path):
    theirs = write_files(tmp_path / "tool", {"modelops_bundle/__init__.py": "VALUE = 'served'"})
    mine = {"model.py": LOOK, "modelops_bundle/__init__.py": "VALUE = 'installed'"}
    write_files(tmp_path, mine)
    with working(make_spec(tmp_path, package=os.fspath(theirs))) as worker:
        assert look(worker, "modelops_bundle")[1] == "installed"


def test_a_model_finds_its_own_file_as_the_program_s_name(tmp_path):
    text = (
        "import sys\nARGUMENTS = list(sys.argv)\ndef model(params, seed):\n    return ARGUMENTS\n"
    )
    write_files(tmp_path, {"model.py": text})
    path = os.fspath(tmp_path / "model.py")
    with working(make_spec(tmp_path, "model:model", path=path)) as worker:
        assert json.loads(worker.run()[1]["result"]) == [path]
