"""One edit of a small project's code, and what ``status`` says of its model then."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.support.command import Project

MODEL = """
class M(modelops_bundle.BaseModel):
    def simulate(self, params, seed):
        return {}
"""

Edit = Mapping[str, str | None]


def state_after(folder: Path, sources: Mapping[str, str], edit: Edit) -> str:
    """Register the model of ``m.py``, and then write or (``None``) delete files."""
    project = Project(folder)
    _write(folder, {**sources, "m.py": f"import modelops_bundle\n{sources['m.py']}\n{MODEL}"})
    project.run("init")
    project.run("register-model", "m.py")
    assert project.json("status")["entries"][0]["state"] == "current"
    _write(folder, edit)
    (entry,) = project.json("status")["entries"]
    return str(entry["state"])


def _write(folder: Path, files: Edit) -> None:
    for name, text in files.items():
        path = folder / name
        if text is None:
            path.unlink()
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)


@pytest.mark.parametrize(
    ("model", "package"),
    [
        ("import pkg.rates", ""),
        ("from pkg import rates", ""),
        ("from pkg import rates", "from . import rates"),
        ("from pkg import *", "__all__ = ['rates']"),
        ("import importlib\nimportlib.import_module('pkg.rates')", ""),
        ("import runpy\nrunpy.run_path('pkg/rates.py')", ""),
    ],
)
def test_code_that_is_gone_and_still_imported_makes_a_model_invalid(
    tmp_path: Path, model: str, package: str
) -> None:
    sources = {"m.py": model, "pkg/__init__.py": package, "pkg/rates.py": "R0 = 2.5"}
    assert state_after(tmp_path, sources, {"pkg/rates.py": None}) == "invalid"


def test_what_the_package_has_instead_is_a_change(tmp_path: Path) -> None:
    sources = {"m.py": "from pkg import rates", "pkg/__init__.py": "", "pkg/rates.py": "R0 = 2.5"}
    edit = {"pkg/rates.py": None, "pkg/__init__.py": "rates = 1"}
    assert state_after(tmp_path, sources, edit) == "stale"
