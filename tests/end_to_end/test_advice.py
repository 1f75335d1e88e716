"""Advice leads on: it is true, it can be followed, and it throws nothing away that could be kept."""

from __future__ import annotations

import json
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.command import Project

MODEL = """\
import numbersa
import numbersb.random
from modelops_bundle import BaseModel


class Model(BaseModel):
    def simulate(self, params, seed):
        return {"x": [numbersb.random.draw(seed)]}
"""
WRITER = """\
from modelops_bundle import BaseModel


class Writer(BaseModel):
    def simulate(self, params, seed):
        with open("".join(["scr", "atch.csv"]), "w") as file:
            file.write("1")
        return {"x": [float(open("".join(["scr", "atch.csv"])).read())]}
"""


@pytest.fixture
def sample(tmp_path: Path) -> Project:
    Project(tmp_path).run("sample-create", "x")
    made = Project(tmp_path / "x")
    made.run("init")
    made.run("register-model", "src/model.py", "--auto-data")
    return made


def environment(folder: Path, *packages: str) -> Path:
    """A new environment with packages; where its packages are."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for package in packages:
        install(site, package)
    return site


def install(site: Path, name: str, **record: object) -> None:
    """Put a distribution there; with a record, one that was installed from a local folder."""
    (site / name).mkdir()
    (site / name / "__init__.py").write_text("")
    info = site / f"{name}-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
    (info / "RECORD").write_text(f"{name}/__init__.py,,\n")
    if record:
        (info / "direct_url.json").write_text(json.dumps(record))


class TestSets:
    @pytest.fixture
    def fit(self, sample: Project) -> Project:
        sample.run("register-target", "src/targets.py")
        sample.run("target-set", "set", "fit", "targets_incidence_distance", "targets_peak_timing")
        return sample

    def test_a_set_that_loses_a_member_is_named(self, fit: Project) -> None:
        said = fit.run("unregister", "targets_incidence_distance").stderr
        assert "the target set fit has no targets_incidence_distance any more\n" in said
        assert "any more: it is empty now" in fit.run("unregister", "peak_timing").stderr
        assert "target set" not in fit.run("unregister", "model_networksir").stderr

    def test_nothing_is_ranked_by_an_empty_set(self, fit: Project) -> None:
        assert "target_sets" not in fit.run("doctor").stdout
        fit.run("unregister", "targets_incidence_distance", "targets_peak_timing")
        ask = ("evaluate", "fit", "--model", "StochasticSIR", "--set", "beta=0.2")
        assert "the target set fit is empty" in fit.refuse(*ask)
        assert "target_sets.fit: is empty" in fit.run("doctor", expect=1).stdout
        fit.run("target-set", "delete", "fit")
        fit.run("doctor")


class TestPackages:
    @pytest.fixture
    def made(self, tmp_path: Path) -> Project:
        project = Project(tmp_path / "project")
        project.folder.mkdir()
        (project.folder / "model.py").write_text(MODEL)
        site = environment(project.folder / ".venv", "numbersa")
        install(site, "numbersb", url=tmp_path.as_uri(), dir_info={})
        environment(tmp_path / "other")
        project.run("init")
        project.run("register-model", "model.py")
        return project

    def test_they_are_missed_whatever_names_the_interpreter(self, made: Project) -> None:
        other = str(made.folder.parent / "other")
        for command in (["status"], ["why", "model_model"], ["update", "--dry-run"]):
            assert "recorded, still" not in made.run(*command).stderr
        for named in ({"VIRTUAL_ENV": other}, {}):
            made.variables = named
            option = () if named else ("--python", other)
            place = "VIRTUAL_ENV" if named else "--python"
            for command in (["status"], ["why", "model_model"], ["update", "--dry-run"]):
                said = made.run(*command, *option).stderr
                assert said.count("recorded, still imported, and not installed for") == 1
                assert (
                    f"numbersa, numbersb: recorded, still imported, and not installed for {other}"
                    in said
                )
                assert f"({place}): name the project's interpreter with --python" in said
            again = made.run("register-model", "model.py", "--dry-run", *option).stderr
            assert f"imports numbersa, which is not installed for {other}" in again

    def test_why_does_not_take_them_for_no_longer_imported(self, made: Project) -> None:
        other = made.folder.parent / "other"
        reasons = made.json("why", "model_model", "--python", str(other))["reasons"]
        (note,) = [each["note"] for each in reasons if each["path"] == "numbersb"]
        assert note == f"not installed for {other}/bin/python; model.py:2 imports it"
        said = made.run("why", "model_model", "--python", other).stdout
        assert f"numbersb: {note}" in said
        assert "no longer imported" not in said
        made.edit("model.py", "import numbersb.random\n", "")
        assert "numbersb: no longer imported" in made.run("why", "model_model").stdout
        assert "recorded, still" not in made.run("status").stderr


class TestRenamed:
    def test_a_module_is_registered_under_its_new_name_first(self, sample: Project) -> None:
        sample.run("register-target", "src/targets.py")
        (sample.folder / "src/model.py").rename(sample.folder / "src/sir.py")
        (sample.folder / "src/targets.py").rename(sample.folder / "src/aims.py")
        for command in (["status"], ["doctor"], ["run", "NetworkSIR"]):
            done = sample.run(*command, expect=None)
            said = done.stdout + done.stderr
            told = "`mops-bundle register-model src/sir.py` takes over what was declared"
            assert said.count(told) == 1
        said = sample.run("status").stderr
        assert said.count("`mops-bundle register-target src/aims.py` takes over") == 1
        assert said.index("register-model") < said.index("unregister")
        assert "`mops-bundle register-model sir.py`" in sample.run(
            "status", cwd=sample.folder / "src"
        ).stderr  # fmt: skip
        sample.run("register-model", "src/sir.py")
        (entry,) = sample.json("show-registry", "sir_networksir")["models"]
        assert entry["data_patterns"] == ["config/settings.json", "data/population.csv"]
        # It is registered there now, so that what is left is forgotten.
        assert "register-model" not in sample.run("status").stderr

    def test_a_function_that_was_named_is_named_again(self, sample: Project) -> None:
        (sample.folder / "src/own.py").write_text("def near(simulated, observed):\n    return 0\n")
        named = ("--target", "near", "--output", "incidence")
        sample.run("register-target", "src/own.py", *named, "--data", "data/population.csv")
        (sample.folder / "src/own.py").rename(sample.folder / "src/far.py")
        said = sample.run("status").stderr
        command = f"mops-bundle register-target src/far.py {' '.join(named)}"
        assert f"`{command}` takes over" in said
        assert "takes over" in sample.run(*shlex.split(command)[1:]).stdout

    def test_where_it_went_is_not_guessed(self, sample: Project) -> None:
        source = (sample.folder / "src/model.py").read_text()
        (sample.folder / "src/model.py").unlink()
        (sample.folder / "src/unlike.py").write_text("class NetworkSIR:\n    pass\n")
        assert "takes over" not in sample.run("status").stderr
        for name in ("one", "two"):
            (sample.folder / f"src/{name}.py").write_text(source)
        assert "takes over" not in sample.run("status").stderr

    def test_data_is_declared_by_its_new_name(self, sample: Project) -> None:
        (sample.folder / "data/population.csv").rename(sample.folder / "data/people.csv")
        sample.edit("src/settings.py", "population.csv", "people.csv")
        told = "`mops-bundle register-model src/model.py --data NEW` puts NEW in the place of"
        for command in (
            ["status"], ["doctor"], ["run", "NetworkSIR"], ["update", "NetworkSIR"],
            ["register-model", "src/model.py", "--auto-data"],
        ):  # fmt: skip
            done = sample.run(*command, expect=None)
            assert (done.stdout + done.stderr).count(f"{told} data/population.csv") == 1
            assert "unregister" not in done.stdout + done.stderr
        sample.run("register-model", "src/model.py", "--data", "data/people.csv")
        assert set(sample.states().values()) == {"current"}
        (entry,) = sample.json("show-registry", "model_networksir")["models"]
        assert entry["data_patterns"] == ["config/settings.json", "data/people.csv"]

    def test_a_pattern_has_no_new_name(self, sample: Project) -> None:
        sample.run("register-model", "src/model.py", "--reset", "--data", "data/pop*.csv")
        (sample.folder / "data/population.csv").rename(sample.folder / "data/people.csv")
        said = sample.run("status").stderr
        assert "`mops-bundle register-model src/model.py --data NEW`: add --reset" in said


def test_what_a_model_writes_itself_is_not_to_be_declared(tmp_path: Path) -> None:
    made = Project(tmp_path)
    (tmp_path / "model.py").write_text(WRITER)
    made.run("init")
    made.run("register-model", "model.py")
    done = made.run("run", "Writer", expect=None)
    if "no Landlock" in done.stderr:
        pytest.skip("the kernel has no Landlock")
    assert done.returncode == 1
    told = "scratch.csv, read at model.py:8, was written into the project by the simulation itself"
    assert f"{told}: write it to a temporary file (tempfile)" in done.stdout
    assert "scratch.csv, which the simulation wrote itself" in done.stdout
    assert "--data" not in done.stdout + done.stderr
    assert "--declare" not in done.stderr
    (read,) = made.json("run", "Writer", expect=1)["undeclared"]
    assert (read["kind"], read["name"]) == ("written", "scratch.csv")
