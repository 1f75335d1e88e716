"""A class or function that is still there and is no model or target any more."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import Project

BASE = "from modelops_bundle import BaseModel\nclass Base(BaseModel):\n    rate = 1\n"
MODELS = """
import abc
from base import Base

class A(Base):
    def simulate(self, params, seed): return 1

class B(Base):
    def simulate(self, params, seed): return 2
"""
TARGETS = """
from modelops_bundle import calibration_target

@calibration_target(model_output="incidence")
def fit(data_paths): return 1

def plain(data_paths): return 2
"""
ABSTRACT = "class A(Base):\n    @abc.abstractmethod\n    def other(self): ...\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path)
    for name, text in (("base.py", BASE), ("m.py", MODELS), ("t.py", TARGETS)):
        (tmp_path / name).write_text(text)
    made.run("init")
    made.run("register-model", "m.py")
    made.run("register-target", "t.py")
    made.run("register-target", "t.py", "--target", "plain", "--output", "peak")
    return made


def reason(project: Project, name: str) -> str:
    (entry,) = project.json("status", name)["entries"]
    assert (entry["state"], entry["digest"]) == ("invalid", None)
    assert isinstance(entry["reason"], str)
    return entry["reason"]


def signs(project: Project, *arguments: str, expect: int = 0) -> dict[str, str]:
    entries = project.json(*arguments, expect=expect)["entries"]
    return {each["id"]: each["sign"] for each in entries}


class TestModels:
    @pytest.mark.parametrize(
        ("now", "why"),
        [
            ("class A:\n", "m.py: A no longer derives from modelops_calabaria.BaseModel, "),
            (ABSTRACT, "m.py: A is abstract now"),
        ],
    )
    def test_it_is_told_everywhere_and_never_recorded(
        self, project: Project, now: str, why: str
    ) -> None:
        project.edit("m.py", "class A(Base):\n", now)
        assert project.states("m_b") == {"m_b": "stale"}
        assert why in reason(project, "m_a")
        assert why in project.run("why", "m_a").stdout
        assert why in project.refuse("update", "m_a")
        assert signs(project, "update", expect=1)["m_a"] == "!"
        (problem,) = project.json("doctor", expect=1)["problems"]
        assert problem["where"] == "m_a"
        assert why in problem["what"]
        assert "Undo that, or run `mops-bundle unregister m_a`." in problem["mend"]
        before = project.content()[".modelops-bundle/registry.yaml"]
        assert signs(project, "register-model", "m.py", expect=1) == {"m_a": "!", "m_b": "="}
        assert project.content()[".modelops-bundle/registry.yaml"] == before
        told = project.run("register-model", "m.py", expect=1).stdout
        assert why in told
        assert "`mops-bundle unregister m_a` forgets it" in told
        project.edit("m.py", now, "class A(Base):\n")
        assert project.states()["m_a"] == "current"

    def test_a_base_in_another_file(self, project: Project) -> None:
        project.edit("base.py", "(BaseModel)", "")
        assert "A no longer derives" in reason(project, "m_a")
        assert "B no longer derives" in reason(project, "m_b")
        assert signs(project, "register-model", "m.py", expect=1) == {"m_a": "!", "m_b": "!"}

    def test_it_is_not_told_where_others_were_asked_for(self, project: Project) -> None:
        project.edit("m.py", "class A(Base):\n", ABSTRACT)
        assert signs(project, "register-model", "m.py", "--class", "B") == {"m_b": "~"}
        assert signs(project, "register-model", "m.py", "--exclude", "A") == {"m_b": "="}

    def test_what_cannot_be_told_is_stale(self, project: Project) -> None:
        project.edit("m.py", "from base import", "from nowhere import")
        project.edit("m.py", "class B(Base)", "class B(Base, make())")
        assert {name: state for name, state in project.states().items() if name[0] == "m"} == {
            "m_a": "stale",
            "m_b": "stale",
        }

    def test_changes_of_data_alone_are_no_reason_to_look(self, project: Project) -> None:
        (project.folder / "d.csv").write_text("a\n")
        project.run("register-model", "m.py", "--data", "d.csv")
        (project.folder / "d.csv").write_text("b\n")
        assert project.states("m_a") == {"m_a": "stale"}


class TestTargets:
    def test_a_decorator_that_is_gone(self, project: Project) -> None:
        project.edit("t.py", '@calibration_target(model_output="incidence")\n', "")
        assert "fit no longer is decorated calibration_target" in reason(project, "t_fit")
        assert project.states("t_plain") == {"t_plain": "stale"}
        assert signs(project, "register-target", "t.py", expect=1) == {"t_fit": "!"}
        assert "--target keeps it" in project.run("register-target", "t.py", expect=1).stdout
        assert signs(project, "register-target", "t.py", "--target", "fit") == {"t_fit": "~"}
        assert project.states("t_fit") == {"t_fit": "current"}

    def test_one_that_was_named_stays(self, project: Project) -> None:
        project.edit("t.py", "return 2", "return 3")
        assert project.states("t_plain") == {"t_plain": "stale"}
        project.run("update")
        project.edit("t.py", "return 3", "return 4")
        assert project.states("t_plain") == {"t_plain": "stale"}
        assert signs(project, "register-target", "t.py") == {"t_fit": "~"}

    def test_a_decorator_that_cannot_be_resolved(self, project: Project) -> None:
        project.edit("t.py", "from modelops_bundle import calibration_target", "import nowhere")
        project.edit("t.py", "@calibration_target", "@nowhere.target")
        assert project.states("t_fit") == {"t_fit": "stale"}
        assert project.run("register-target", "t.py", expect=None).returncode == 2


class TestOtherTools:
    REGISTRY = """\
version: '1.0'
models:
  plain: {entrypoint: 'o:Plain', path: o.py, class_name: Plain}
  half: {entrypoint: 'o:Half', path: o.py, class_name: Half}
  whole: {entrypoint: 'o:Whole', path: o.py, class_name: Whole}
targets:
  judge: {entrypoint: 'o:judge', path: o.py, model_output: x}
"""
    SOURCE = """\
import abc
from modelops_bundle import BaseModel
class Plain: rate = 1
class Half(BaseModel):
    @abc.abstractmethod
    def step(self): ...
class Whole(BaseModel): rate = 1
def judge(data_paths): return 1
"""

    def test_what_they_registered_is_never_invalid_for_its_bases(self, tmp_path: Path) -> None:
        project = Project(tmp_path)
        project.run("init")
        (tmp_path / "o.py").write_text(self.SOURCE)
        (tmp_path / ".modelops-bundle/registry.yaml").write_text(self.REGISTRY)
        assert set(project.states().values()) == {"stale"}
        project.run("update")
        assert set(project.states().values()) == {"current"}
        entries = project.json("show-registry")
        assert {
            each["id"]: each["discovered"] for each in (*entries["models"], *entries["targets"])
        } == {"plain": False, "half": False, "whole": True, "judge": False}
        project.edit("o.py", "rate = 1", "rate = 2")
        assert set(project.states().values()) == {"stale"}
        assert signs(project, "register-model", "o.py") == {"whole": "~"}
        project.run("update")
        project.edit("o.py", "class Whole(BaseModel)", "class Whole")
        assert project.states() == {
            "plain": "stale",
            "half": "stale",
            "whole": "invalid",
            "judge": "stale",
        }
