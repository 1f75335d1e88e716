"""What is said when the interpreter that counts is not the one that models run on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from tests.support.command import Project

MODEL = """\
import nowhere_numbers.random
import modelops_bundle as mb

try:
    import fast_numbers
except ImportError:
    fast_numbers = None


class Model(mb.BaseModel):
    def simulate(self, params, seed):
        return nowhere_numbers.random.draw(seed)
"""
SAID = "model.py:1 imports nowhere_numbers, which is not installed for "


def project(folder: Path) -> Project:
    (folder / "model.py").write_text(MODEL)
    made = Project(folder)
    made.run("init")
    return made


def install(folder: Path, *packages: str) -> None:
    """Into a new environment of the project."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder / ".venv"], check=True)
    (site,) = (folder / ".venv").glob("lib/python*/site-packages")
    for package in packages:
        (site / package).mkdir()
        (site / package / "__init__.py").write_text("")
        metadata = site / f"{package}-1.0.dist-info"
        metadata.mkdir()
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n"
        )
        (metadata / "RECORD").write_text(f"{package}/__init__.py,,\n")


def test_a_package_that_is_not_installed_is_told(tmp_path: Path) -> None:
    made = project(tmp_path)
    said = made.run("register-model", "model.py").stderr
    assert SAID in said
    assert "--python" in said
    # What may be missing is no reason to worry.
    assert "fast_numbers" not in said
    sick = made.run("doctor", expect=1).stdout
    assert SAID.replace(" imports", ": imports") in sick
    assert "environment.python" in sick


def test_where_nothing_names_an_environment_status_says_which_counts(tmp_path: Path) -> None:
    packages = [f"numbers{letter}" for letter in "abcdef"]
    text = "".join(f"import {package}\n" for package in packages) + MODEL.partition("\n")[2]
    made = project(tmp_path)
    (tmp_path / "model.py").write_text(text)
    (tmp_path / "other.py").write_text(text)
    install(tmp_path, *packages)
    made.run("register-model", ".")
    # What a colleague sees, who has the project and not its environment.
    (tmp_path / ".venv").rename(tmp_path / "elsewhere")
    for question in (["status"], ["why", "model_model"]):
        done = made.run(*question)
        gone = "6 packages removed: numbersa, numbersb, numbersc, numbersd and 2 more"
        assert gone in done.stdout
        assert "nothing names the project's environment" in done.stderr
        assert "--python" in done.stderr
    assert made.run("env", "diff", "model_model").stdout.count(" removed, was 1.0") == 6
    made.run("status", "--check", "--python", "elsewhere")


def test_a_module_of_the_project_that_is_not_there_is_told(tmp_path: Path) -> None:
    (tmp_path / "epi").mkdir()
    (tmp_path / "epi/__init__.py").write_text("")
    made = project(tmp_path)
    made.edit("model.py", "import modelops_bundle as mb", "import modelops_bundle as mb, epi.rates")
    said = made.run("register-model", "model.py").stderr
    assert "model.py:2 imports epi.rates, which is not in the project: declare the file" in said
    sick = made.run("doctor", expect=1).stdout
    assert "model.py:2: imports epi.rates, which is not in the project" in sick
    assert "Bring it back" in sick
    (tmp_path / "epi/rates.py").write_text("")
    assert "epi.rates" not in made.run("register-model", "model.py").stderr
