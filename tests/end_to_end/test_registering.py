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
