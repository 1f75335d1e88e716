"""What registering keeps, changes and prunes, by each of its options."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Project

TARGETS = """
from modelops_calabaria import calibration_target

@calibration_target(model_output="incidence", data={"observed": "data/cases.csv"})
def stated(data_paths): return 1

@calibration_target(data={"observed": "data/cases.csv"})
def unstated(data_paths): return 1

def plain(data_paths): return 1
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "p")
    (made.folder / "data").mkdir(parents=True)
    (made.folder / "data/cases.csv").write_text("day,cases\n1,2\n")
    (made.folder / "targets.py").write_text(TARGETS)
    made.run("init")
    return made


def targets(project: Project) -> Mapping[str, Any]:
    return {each["id"]: each for each in project.json("show-registry")["targets"]}


class TestTargets:
    def test_an_output_has_to_be_known_of_what_is_registered_alone(self, project: Project) -> None:
        said = project.refuse("register-target", "targets.py")
        assert "targets.py:8 unstated names no model output" in said
        project.refuse("register-target", "targets.py", "--output", "")
        project.run("register-target", "targets.py", "--exclude", "unstated")
        project.run("register-target", "targets.py", "--target", "stated")
        assert set(targets(project)) == {"targets_stated"}

    def test_an_output_that_was_given_stays(self, project: Project) -> None:
        project.run("register-target", "targets.py", "--output", "deaths")
        project.run("register-target", "targets.py", "--target", "plain", "--output", "peak")
        assert {
            line[0] for line in project.run("register-target", "targets.py").stdout.split("\n")[:2]
        } == {"="}
        project.run("register-target", "targets.py", "--target", "plain")
        outputs = {name: entry["model_output"] for name, entry in targets(project).items()}
        assert outputs == {
            "targets_stated": "incidence",
            "targets_unstated": "deaths",
            "targets_plain": "peak",
        }
        project.run("register-target", "targets.py", "--output", "cases")
        assert targets(project)["targets_unstated"]["model_output"] == "cases"

    def test_a_set_loses_a_target_that_is_pruned(self, project: Project) -> None:
        project.run("register-target", "targets.py", "--output", "deaths")
        both = ["targets_stated", "targets_unstated"]
        project.run("target-set", "set", "all", *both, "--weight", f"{both[1]}=2")
        (project.folder / "targets.py").write_text(TARGETS.replace("def unstated", "def other"))
        project.run("register-target", "targets.py", "--output", "deaths")
        assert project.json("target-set", "list")["target_sets"] == [
            {"name": "all", "targets": both[:1], "weights": {}}
        ]


MODELS = """
from modelops_bundle import BaseModel

class A(BaseModel):
    def simulate(self, params, seed): return {}

class B(A):
    pass
"""


@pytest.fixture
def models(project: Project) -> Path:
    file = project.folder / "models.py"
    file.write_text(MODELS)
    project.run("register-model", "models.py")
    return file


def test_what_is_gone_is_not_dropped_in_silence(project: Project, models: Path) -> None:
    (project.folder / "rates.py").write_text("R0 = 2.5\n")
    models.write_text("from rates import R0\n" + MODELS)
    project.run("register-model", "models.py", "--data", "data")
    (project.folder / "rates.py").unlink()
    assert "models.py:1 imports rates, which is gone" in project.refuse(
        "register-model", "models.py"
    )
    (project.folder / "data/cases.csv").unlink()
    assert "the data data is gone" in project.refuse("register-model", "models.py")
    project.run("register-model", "models.py", "--reset")
    assert set(project.states().values()) == {"current"}


class TestDeclarations:
    def model(self, project: Project, entry_id: str = "models_a") -> dict[str, Any]:
        (entry,) = project.json("show-registry", entry_id)["models"]
        return entry

    def test_they_stay_are_added_to_and_can_be_reset(self, project: Project, models: Path) -> None:
        (project.folder / "data/later.csv").write_text("day\n1\n")
        first = ["--data", "data/cases.csv", "--output", "deaths", "--label", "k=a=b"]
        project.run("register-model", "models.py", *first)
        project.run("register-model", "models.py", "--class", "A", "--data", "data/l*.csv")
        project.run("register-model", "models.py")
        entry = self.model(project)
        assert entry["data_patterns"] == ["data/cases.csv", "data/l*.csv"]
        assert entry["data"] == ["data/cases.csv", "data/later.csv"]
        assert (entry["outputs"], entry["labels"]) == (["deaths"], {"k": "a=b"})
        assert self.model(project, "models_b")["data_patterns"] == ["data/cases.csv"]
        said = project.run("register-model", "models.py", "--reset", "--label", "k=c").stdout
        assert "labels: k=a=b -> k=c" in said
        entry = self.model(project)
        assert (entry["data"], entry["data_patterns"], entry["outputs"]) == ([], [], [])

    def test_code_that_is_not_imported(self, project: Project, models: Path) -> None:
        (project.folder / "helper.py").write_text("X = 1\n")
        (project.folder / "plugins").mkdir()
        (project.folder / "plugins/one.py").write_text("X = 1\n")
        models.write_text("import helper\n" + MODELS)
        project.run("register-model", "models.py", "--no-auto-code", "--code", "plugins/*.py")
        assert self.model(project)["code"] == ["plugins/one.py"]
        (project.folder / "helper.py").write_text("X = 2\n")
        assert set(project.states().values()) == {"current"}
        (project.folder / "plugins/two.py").write_text("")
        assert set(project.states().values()) == {"stale"}
        project.run("register-model", "models.py", "--auto-code")
        code = ["helper.py", "plugins/one.py", "plugins/two.py"]
        assert self.model(project)["code"] == code
        project.refuse("register-model", "models.py", "--code", "nowhere/*.py")

    def test_every_known_file(self, project: Project, models: Path) -> None:
        (project.folder / "more.py").write_text(MODELS)
        project.run("register-model", "more.py", "--class", "A", "--data", "data")
        models.write_text(MODELS.replace("B(A)", "C(A)"))
        entries = project.json("register-model", "--regen-all")["entries"]
        assert {each["id"]: each["sign"] for each in entries} == {
            "models_a": "~", "models_c": "+", "models_b": "-", "more_a": "=", "more_b": "+",
        }  # fmt: skip
        assert self.model(project, "more_a")["data_patterns"] == ["data"]


class TestIds:
    def test_an_entry_is_renamed_and_keeps_what_it_is(self, project: Project, models: Path) -> None:
        project.run("register-model", "models.py", "--class", "A", "--data", "data")
        said = project.run("register-model", "models.py", "--class", "A", "--id", "mine").stdout
        assert "was models_a" in said
        assert set(project.states()) == {"mine", "models_b"}
        assert "=  mine" in project.run("register-model", "models.py").stdout

    def test_files_of_one_name(self, project: Project, models: Path) -> None:
        for folder in ("x", "y/x"):
            (project.folder / folder).mkdir(parents=True)
            (project.folder / folder / "models.py").write_text(MODELS)
            project.run("register-model", f"{folder}/models.py", "--class", "A")
        assert set(project.states()) == {"models_a", "models_b", "x_models_a", "y_x_models_a"}
        project.run("register-target", "targets.py", "--target", "plain", "--output", "o")
        taken = ["--class", "B", "--id", "targets_plain"]
        assert "never taken over" in project.refuse("register-model", "models.py", *taken)


class TestPruning:
    def signs(self, project: Project, *arguments: str) -> dict[str, str]:
        entries = project.json("register-model", *arguments)["entries"]
        return {entry["id"]: entry["sign"] for entry in entries}

    def test_the_last_class_of_a_file(self, project: Project, models: Path) -> None:
        models.write_text("")
        assert self.signs(project, "models.py") == {"models_a": "-", "models_b": "-"}
        assert project.states() == {}
        assert "no model to register" in project.refuse("register-model", "models.py")

    def test_never_for_what_was_left_out(self, project: Project, models: Path) -> None:
        assert self.signs(project, "models.py", "--class", "A") == {"models_a": "="}
        assert self.signs(project, "models.py", "--exclude", "A") == {"models_b": "="}
        assert set(project.states()) == {"models_a", "models_b"}

    def test_never_for_a_file_that_does_not_parse(self, project: Project, models: Path) -> None:
        models.write_text("def (")
        (project.folder / "other.py").write_text(MODELS)
        project.refuse("register-model", "models.py")
        assert set(self.signs(project, ".")) == {"other_a", "other_b"}
        assert set(self.signs(project, "--regen-all")) == {"other_a", "other_b"}
        assert set(project.states()) == {"models_a", "models_b", "other_a", "other_b"}


def test_a_project_is_not_made_of_a_file(project: Project, models: Path) -> None:
    assert "models.py is not a folder" in project.refuse("init", "models.py")


def test_a_base_of_the_configuration_that_is_nowhere(tmp_path: Path) -> None:
    project = Project(tmp_path)
    (tmp_path / "base.py").write_text("class Model: ...\n")
    (tmp_path / "m.py").write_text("import base\nclass A(base.Model): ...\n")
    (tmp_path / "pyproject.toml").write_text(
        '[tool.modelops-bundle]\nmodel_bases = ["calabaria.BaseModel", "base.Modle"]\n'
    )
    project.run("init")
    why = "the base base.Modle cannot be found: base does not define Modle"
    assert why in project.refuse("register-model", "m.py")
    (problem,) = project.json("doctor", expect=1)["problems"]
    assert problem["what"] == why
    project.edit("pyproject.toml", "Modle", "Model")
    project.run("register-model", "m.py")
    project.run("doctor")


PAIR = "from modelops_bundle import BaseModel\n" + "class {}(BaseModel): pass\n" * 2
FITS = "from modelops_bundle import calibration_target as t\n" + '@t("x")\ndef {}(d): pass\n' * 2


class TestNamesThatCollide:
    """Classes and functions whose default ids are the same."""

    @pytest.fixture
    def here(self, tmp_path: Path) -> Project:
        made = Project(tmp_path / "q")
        (made.folder / "sub").mkdir(parents=True)
        made.run("init")
        return made

    def check(self, project: Project, kind: str, expected: set[str]) -> None:
        """What ``discover`` lists is what registering gives; registering again changes nothing."""
        listed = {each["id"] for each in project.json("discover")[f"{kind}s"]}
        assert listed == expected
        project.run(f"register-{kind}", ".")
        assert set(project.states()) == expected
        again = project.json(f"register-{kind}", ".")["entries"]
        assert {(each["sign"], each["id"]) for each in again} == {("=", name) for name in expected}
        assert {each["id"] for each in project.json("discover")[f"{kind}s"]} == expected

    def test_two_classes_that_differ_in_case(self, here: Project) -> None:
        (here.folder / "top.py").write_text(PAIR.format("SIR", "Sir"))
        self.check(here, "model", {"top_sir", "top_sir_2"})

    def test_two_targets_that_differ_in_case(self, here: Project) -> None:
        (here.folder / "top.py").write_text(FITS.format("Fit", "fit"))
        self.check(here, "target", {"top_fit", "top_fit_2"})

    def test_names_beyond_ascii(self, here: Project) -> None:
        (here.folder / "model.py").write_text(PAIR.format("Грипп", "Чума"), encoding="utf-8")
        self.check(here, "model", {"model_грипп", "model_чума"})
        assert here.states("model_чума") == {"model_чума": "current"}

    def test_what_is_registered_keeps_its_id(self, here: Project) -> None:
        (here.folder / "sub/m.py").write_text(PAIR.format("A", "B"))
        here.run("register-model", "sub")
        (here.folder / "m.py").write_text(PAIR.format("A", "C"))
        self.check(here, "model", {"m_a", "m_b", "m_a_2", "m_c"})
        paths = {each["id"]: each["path"] for each in here.json("show-registry")["models"]}
        assert (paths["m_a"], paths["m_a_2"]) == ("sub/m.py", "m.py")

    def test_a_model_and_a_target_of_one_name(self, here: Project) -> None:
        text = PAIR.format("Fit", "B") + FITS.format("fit", "f")
        (here.folder / "top.py").write_text(text)
        found = here.json("discover")
        assert [each["id"] for each in found["targets"]] == ["top_fit_2", "top_f"]
        here.run("register-model", "top.py")
        here.run("register-target", "top.py")
        assert set(here.states()) == {"top_fit", "top_b", "top_fit_2", "top_f"}

    @pytest.mark.parametrize("name", ["a:b", "a-b"])
    def test_a_file_whose_name_is_no_identifier(self, here: Project, name: str) -> None:
        (here.folder / "sub" / f"{name}.py").write_text(PAIR.format("A", "B"))
        start = name.replace(":", "_")
        self.check(here, "model", {f"{start}_a", f"{start}_b"})
        assert set(here.states().values()) == {"current"}
        entries = here.json("show-registry")["models"]
        assert [each["entrypoint"] for each in entries] == [f"sub.{name}:A", f"sub.{name}:B"]
        problems = [each["what"] for each in here.json("doctor", expect=None)["problems"]]
        assert not any("entrypoint" in each for each in problems)
