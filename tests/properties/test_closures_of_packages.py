"""A closure holds every file that Python really loads, tried on whole packages."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.fakes.code_project import InterpreterFacts

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.discovery.closure import ClosureFinder
from modelops_bundle.discovery.modules import ModuleFinder
from modelops_bundle.discovery.search import build_search_path
from modelops_bundle.source.facts import FactsReader

_LOAD = """
import importlib, json, sys
sys.path.insert(0, sys.argv[1])
importlib.import_module(sys.argv[2])
print(json.dumps([getattr(module, "__file__", None) or "" for module in list(sys.modules.values())]))
"""


def _copied(package: str, folder: Path) -> None:
    spec = find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        pytest.skip(f"{package} is not installed")
    shutil.copytree(spec.submodule_search_locations[0], folder / package)


@pytest.mark.slow
@pytest.mark.parametrize(
    "package", ["pygments", "packaging", "rich", "click", "hypothesis", "_pytest"]
)
def test_everything_that_is_loaded_is_in_the_closure(package: str, tmp_path: Path) -> None:
    _copied(package, tmp_path)
    root = str(tmp_path)
    python = InterpreterFacts(site_folders=())
    files = DiskFiles(root)
    finder = ModuleFinder(
        files, build_search_path(files, root, (), (), python), python, root, lambda _: ()
    )
    closures = ClosureFinder(finder, FactsReader(files), files, root)
    sources = sorted(
        path for path in (tmp_path / package).rglob("*.py") if path.name != "__main__.py"
    )
    checked = 0
    for path in random.Random(0).sample(sources, min(12, len(sources))):
        name = finder.name_of(str(path))
        asked = [sys.executable, "-I", "-S", "-B", "-W", "ignore", "-c", _LOAD, root, str(name)]
        answer = subprocess.run(asked, capture_output=True, text=True, check=False)
        if answer.returncode == 0:
            loaded = {file for file in json.loads(answer.stdout) if file.startswith(f"{root}/")}
            assert loaded <= {file.path for file in closures.find(str(path)).files}, path
            checked += 1
    if package in ("pygments", "packaging"):
        assert checked
