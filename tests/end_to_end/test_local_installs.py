"""Packages that were installed from a folder: their code counts, and what they require."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Project

MODEL = """\
import linked
from modelops_bundle import BaseModel

class Model(BaseModel):
    def simulate(self, params, seed):
        return linked.rates.K
"""


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with an environment of its own that has an editable install, and what that requires."""
    folder = tmp_path_factory.mktemp("local")
    project = Project(folder / "project")
    project.folder.mkdir()
    (project.folder / "model.py").write_text(MODEL)
    source = folder / "source"
    (source / "linked").mkdir(parents=True)
    (source / "linked/__init__.py").write_text("from . import rates\n")
    (source / "linked/rates.py").write_text("K = 1\n")
    (source / "linked/unused.py").write_text("")
    environment = project.folder / ".venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    install(site, "linked", "1.0", "Requires-Dist: needed", str(source))
    install(site, "needed", "1.0", "Requires-Dist: deeper; python_version>'3'")
    install(site, "deeper", "1.0")
    install(site, "unrelated", "1.0")
    project.run("init")
    project.run("register-model", "model.py")
    return project


def install(site: Path, name: str, version: str, more: str = "", source: str = "") -> None:
    """Put a distribution there; with ``source``, a link to that folder."""
    for old in site.glob(f"{name}-*.dist-info"):
        (old / "METADATA").unlink()
        old.rename(site / f"{name}-{version}.dist-info")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir(exist_ok=True)
    text = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{more}\n"
    (info / "METADATA").write_text(text)
    if source:
        (site / f"_{name}.pth").write_text(source + "\n")
        (info / "RECORD").write_text(f"_{name}.pth,,\n")
        url = {"url": Path(source).as_uri(), "dir_info": {"editable": True}}
        (info / "direct_url.json").write_text(json.dumps(url))
    else:
        (site / name).mkdir(exist_ok=True)
        (site / name / "__init__.py").write_text("")
        (info / "RECORD").write_text(f"{name}/__init__.py,,\n")


def site_of(project: Project) -> Path:
    (site,) = (project.folder / ".venv").glob("lib/python*/site-packages")
    return site


def test_what_a_local_install_requires_is_in_scope(made: Project) -> None:
    shown = made.json("env", "show", "model_model")
    assert shown["by_content"] == ["linked"]
    assert shown["dependencies"] == {"deeper": "1.0", "needed": "1.0"}
    install(site_of(made), "unrelated", "2.0")
    assert made.states() == {"model_model": "current"}
    install(site_of(made), "deeper", "1.1")
    assert "deeper 1.0 -> 1.1" in made.run("why", "model_model").stdout
    install(site_of(made), "deeper", "1.0")


def test_why_goes_into_a_local_install(made: Project) -> None:
    linked = made.folder.parent / "source/linked"
    (linked / "rates.py").write_text("K = 2\n")
    (linked / "__init__.py").write_text("# a comment\nfrom . import rates\n")
    (linked / "unused.py").write_text("X = 1\n")
    (reason,) = made.json("why", "model_model")["reasons"]
    assert (reason["path"], reason["change"]) == ("linked/rates.py", "modified")
    assert reason["chain"] == ["model.py", "linked/__init__.py", "linked/rates.py"]
    assert [each["after"] for each in reason["definitions"]] == ["2"]
    assert "+K = 2" in made.run("why", "model_model", "--diff").stdout.splitlines()
    (linked / "rates.py").rename(linked / "other.py")
    (linked / "__init__.py").write_text("from . import other as rates\n")
    said = {each["path"]: each["change"] for each in made.json("why", "model_model")["reasons"]}
    assert said == {
        "linked/__init__.py": "modified",
        "linked/other.py": "added",
        "linked/rates.py": "removed",
    }
    made.run("update")
    assert made.states() == {"model_model": "current"}


@pytest.mark.parametrize("name", ["inst.py", "local/models.py"])
def test_a_model_in_a_folder_of_packages_counts_by_its_file(made: Project, name: str) -> None:
    """Whether the file is nobody's there, or of a distribution that is hashed by content."""
    path = site_of(made) / name
    install(site_of(made), "local", "1.0")
    local = {"url": "file:///local", "dir_info": {}}
    (site_of(made) / "local-1.0.dist-info/direct_url.json").write_text(json.dumps(local))
    path.write_text(MODEL.replace("import linked\n", "").replace("linked.rates.K", "1"))
    recorded, inside = path.relative_to(made.folder).as_posix(), f"inside_{len(name)}"
    made.run("register-model", recorded, "--id", inside)
    assert made.states()[inside] == "current"
    assert 'model_digest: ""' not in (made.folder / ".modelops-bundle/registry.yaml").read_text()
    path.write_text(path.read_text() + "X = 1\n")
    (reason,) = made.json("why", inside)["reasons"]
    assert (reason["path"], reason["definitions"][0]["name"]) == (recorded, "X")
    path.write_text("def f(:\n")
    assert made.states()[inside] == "invalid"
    made.run("unregister", inside)
