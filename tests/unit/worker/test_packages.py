"""Packages that a model uses and that its digest does not name are kept with what it gives."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from tests.support.worker import install, make_spec, working, write_files

LOADER = """\
import importlib
import near
def load():
    try:
        importlib.import_module("gone.deep")
    except ImportError:
        import fast.er
"""
CALLED = "class Model:\n    def simulate(self, params, seed):\n        return READS\n"


def packages(tmp_path: Path, code: str, **changes: object) -> list[list[str]]:
    """Those that a model is seen to use, as ``[name, version]``; ``code`` is its file."""
    root = write_files(tmp_path / "project", {"model.py": code, "near.py": "NEAR = 1\n"})
    site = tmp_path / "site-packages"
    if not site.exists():
        install(site, "Fast-Er", "1.5", files={"fast/__init__.py": "", "fast/er.py": ""})
        install(site, "loader", "2", files={"loader.py": LOADER})
    given = {
        "search": (os.fspath(root), os.fspath(site)),
        "dependencies": {"loader": "2"},
        "counted": (),
        "packages": {"loader": ("loader",), "fast": ("fast-er",)},
        **changes,
    }
    with working(make_spec(root, **given)) as worker:
        answer, _ = worker.run()
    assert answer["is"] == "done", answer
    return sorted(
        [name, *state] for kind, name, _, *state in answer["undeclared"] if kind == "package"
    )


def test_what_a_package_uses_and_looks_for(tmp_path):
    code = "import loader\n" + CALLED.replace("READS", "str(loader.load())")
    assert packages(tmp_path, code) == [["fast", "1.5"]]
    with (tmp_path / "site-packages" / "loader-2.dist-info" / "METADATA").open("a") as metadata:
        metadata.write("Requires-Dist: Go-Ne (>1) ; extra == 'speed'\n")
    assert packages(tmp_path, code) == [["fast", "1.5"], ["gone"]]


def test_what_the_model_looks_for_in_vain(tmp_path):
    code = "try:\n    import gone\nexcept ImportError:\n    gone = None\n" + CALLED
    assert packages(tmp_path, code.replace("READS", "str(gone)")) == [["gone"]]


@pytest.mark.parametrize(
    ("reads", "found"),
    [
        ('__import__("fa" + "st").__name__', [["fast", "1.5"]]),
        ('importlib.import_module("fa" + "st").__name__', [["fast", "1.5"]]),
        ('str(importlib.util.find_spec("go" + "ne"))', [["gone"]]),
        ('__import__("ne" + "ar").NEAR', []),
        ('__import__("js" + "on").__name__', []),
        ('__import__("loa" + "der").__name__', []),
        ('__import__("modelops_bundle").__name__', []),
        ('importlib.metadata.version("fast-er")', [["fast-er", "1.5"]]),
        ('importlib.metadata.version("loader")', []),
        ('[*importlib.metadata.Distribution.discover(name="go.ne")]', [["go-ne"]]),
    ],
)
def test_what_the_model_asks_for(tmp_path, reads, found):
    code = "import importlib.metadata, importlib.util\n" + CALLED.replace("READS", reads)
    assert packages(tmp_path, code, counted=("modelops-bundle",)) == found


def test_what_stores_outputs_has_no_part_in_them(tmp_path):
    assert packages(tmp_path, CALLED.replace("READS", '{"n": [1]}')) == []


def test_what_a_package_could_load_and_does_not(tmp_path):
    looks = "import importlib.util\nFOUND = importlib.util.find_spec('fast')\n"
    install(tmp_path / "site-packages", "loader", "2", files={"loader.py": looks})
    install(tmp_path / "site-packages", "fast", "1.5", files={"fast.py": ""})
    assert packages(tmp_path, "import loader\n" + CALLED.replace("READS", "1")) == []


def test_an_import_that_cannot_be_judged_is_told_and_fails_no_model(tmp_path):
    broken = "import sys\nsys.meta_path[0]._root = None\n"
    code = broken + CALLED.replace("READS", '__import__("fa" + "st").__name__')
    install(tmp_path / "site-packages", "fast", "1.5", files={"fast.py": ""})
    root = write_files(tmp_path / "project", {"model.py": code})
    search = (os.fspath(root), os.fspath(tmp_path / "site-packages"))
    with working(make_spec(root, search=search)) as worker:
        answer, _ = worker.run()
    assert answer["is"] == "done"
    assert ["outside", "something that cannot be told (fast)", ""] in answer["undeclared"]


def test_what_only_shows_has_no_part_in_results_unless_the_model_asks_for_it(tmp_path):
    site = tmp_path / "site-packages"
    install(site, "tqdm", "4", files={"tqdm.py": "import fast\n"})
    install(site, "loader", "2", files={"loader.py": "import tqdm\n"})
    given = {"packages": {"loader": ("loader",), "fast": ("fast",), "tqdm": ("tqdm",)}}
    install(site, "fast", "1.5", files={"fast.py": ""})
    code = CALLED.replace("READS", "1")
    assert packages(tmp_path, "import loader\n" + code, **given) == []
    assert packages(tmp_path, "import tqdm\n" + code, **given) == [["tqdm", "4"]]


def test_what_a_process_of_the_model_uses(tmp_path):
    forks = """\
import multiprocessing
def load(name):
    return __import__(name).__name__
class Model:
    def simulate(self, params, seed):
        with multiprocessing.get_context("fork").Pool(1) as pool:
            return pool.map(load, ["fa" + "st"])
"""
    assert packages(tmp_path, forks) == [["fast", "1.5"]]
