"""Names change while one works: what was declared must not get lost with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.command import Project

MODELS = """
from rates import R0
from modelops_bundle import BaseModel

class A(BaseModel):
    def simulate(self, params, seed): return {"x": [R0]}

class B(A):
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    made = Project(tmp_path / "p")
    (made.folder / "data/raw").mkdir(parents=True)
    for name in ("cases.csv", "raw/1.csv", "raw/2.csv"):
        (made.folder / "data" / name).write_text(f"day,cases\n1,{name}\n")
    (made.folder / "rates.py").write_text("R0 = 2.5\n")
    (made.folder / "models.py").write_text(MODELS)
    made.run("init")
    return made


def declared(project: Project, entry_id: str) -> list[str]:
    (entry,) = project.json("show-registry", entry_id)["models"]
    return entry["data_patterns"]


def lines(project: Project, *arguments: str) -> dict[str, dict[str, Any]]:
    return {each["id"]: each for each in project.json("register-model", *arguments)["entries"]}


class TestClasses:
    def test_a_new_name_keeps_what_was_declared(self, project: Project) -> None:
        project.run("register-model", "models.py", "--class", "A", "--data", "data/cases.csv")
        project.run("register-model", "models.py", "--class", "B", "--data", "data/raw")
        project.edit("models.py", "class B(", "class C(")
        said = lines(project, "models.py")
        assert {entry_id: each["sign"] for entry_id, each in said.items()} == {
            "models_a": "~", "models_c": "+", "models_b": "-",
        }  # fmt: skip
        assert said["models_c"]["notes"] == ["takes over what was declared of models_b: data/raw"]
        assert declared(project, "models_c") == ["data/raw"]
        (project.folder / "data/raw/3.csv").write_text("")
        assert project.states()["models_c"] == "stale"

    def test_what_was_declared_of_the_file_holds_for_a_new_class(self, project: Project) -> None:
        project.run("register-model", "models.py", "--data", "data/cases.csv")
        project.run("register-model", "models.py", "--class", "B", "--data", "data/raw")
        with (project.folder / "models.py").open("a") as file:
            file.write("class D(A): pass\n")
        project.run(
            "register-model", "models.py", "--class", "D", "--dry-run", "--data", "data/raw"
        )
        notes = lines(project, "models.py")["models_d"]["notes"]
        expected = "takes over what was declared of the other entries of this file: data/cases.csv"
        assert notes == [expected]
        assert declared(project, "models_d") == ["data/cases.csv"]
        project.run("unregister", "models_d")
        project.run("register-model", "models.py", "--class", "D", "--reset")
        assert declared(project, "models_d") == []

    def test_a_file_that_is_moved_takes_it_along(self, project: Project) -> None:
        project.run("register-model", "models.py", "--data", "data/*.csv", "--data", "data/raw")
        (project.folder / "models.py").rename(project.folder / "spread.py")
        (project.folder / "data/cases.csv").unlink()
        said = lines(project, "spread.py")["spread_a"]
        # What names nothing any more cannot be declared.
        assert said["notes"] == ["takes over what was declared of models_a: data/raw"]
        assert project.states()["models_a"] == "missing"

    def test_nothing_is_taken_from_a_file_that_is_still_there(self, project: Project) -> None:
        project.run("register-model", "models.py", "--data", "data")
        (project.folder / "other.py").write_text(MODELS)
        assert lines(project, "other.py")["other_a"]["notes"] == []
        assert declared(project, "other_a") == []


def test_sets_that_lose_a_target_are_named(project: Project) -> None:
    (project.folder / "fits.py").write_text("def f(data_paths): return 1\n")
    project.run("register-target", "fits.py", "--target", "f", "--output", "x")
    project.run("target-set", "set", "all", "fits_f")
    (project.folder / "fits.py").write_text("def g(data_paths): return 1\n")
    said = project.run("register-target", "fits.py", "--target", "g", "--output", "x").stdout
    assert "left the target set all" in said


class TestData:
    def test_a_new_name_takes_the_place_of_the_old(self, project: Project) -> None:
        project.run("register-model", "models.py", "--data", "data/cases.csv", "--data", "data/raw")
        (project.folder / "data/cases.csv").rename(project.folder / "data/cases_2.csv")
        (project.folder / "data/raw").rename(project.folder / "data/sources")
        more = ["--data", "data/cases_2.csv", "--data", "data/sources"]
        said = project.run("register-model", "models.py", *more).stdout
        assert "declared data: data/cases.csv, data/raw -> data/cases_2.csv, data/sources" in said
        assert set(project.states().values()) == {"current"}

    def test_not_where_the_content_is_another(self, project: Project) -> None:
        project.run("register-model", "models.py", "--data", "data/cases.csv")
        (project.folder / "data/cases.csv").unlink()
        (project.folder / "data/other.csv").write_text("day\n")
        said = project.refuse("register-model", "models.py", "--data", "data/other.csv")
        assert "the data data/cases.csv is gone" in said


def test_a_helper_that_no_longer_parses_is_not_recorded(project: Project) -> None:
    project.run("register-model", "models.py", "--class", "A")
    (project.folder / "rates.py").write_text("R0 = 2.5\ndef half(\n")
    (entry,) = project.json("status")["entries"]
    assert (entry["state"], entry["digest"]) == ("invalid", None)
    assert entry["reason"].startswith("rates.py:2 does not parse: ")
    done = project.run("update", expect=1)
    assert done.stdout.startswith("!  models_a")
    assert "rates.py:2 does not parse" in project.refuse("register-model", "models.py")


def test_a_helper_that_never_parsed_is_hashed_by_its_bytes(project: Project) -> None:
    (project.folder / "rates.py").write_text("print 'an older Python'\n")
    project.run("register-model", "models.py", "--class", "A")
    assert project.states() == {"models_a": "current"}
    (project.folder / "rates.py").write_text("print  'an older Python'\n")
    assert project.states() == {"models_a": "stale"}


class TestDoctor:
    def problems(self, project: Project) -> list[dict[str, str]]:
        found = project.json("doctor", expect=None)["problems"]
        return [each for each in found if "interpreter" not in each["what"] + each["mend"]]

    def test_undeclared_data_is_told_with_the_entries_and_can_be_settled(
        self, project: Project
    ) -> None:
        with (project.folder / "rates.py").open("a") as file:
            file.write('CASES = "data/cases.csv"\n')
        project.run("register-model", "models.py")
        project.run("register-model", "models.py", "--class", "B", "--data", "data/cases.csv")
        (problem,) = self.problems(project)
        assert problem["where"] == "rates.py:2"
        assert problem["what"] == "names data/cases.csv, which is not declared for models_a"
        assert "`mops-bundle register-model models.py --data data/cases.csv`" in problem["mend"]
        config = '[tool.modelops-bundle]\nignore_files = ["data/c*"]\n'
        (project.folder / "pyproject.toml").write_text(config)
        assert self.problems(project) == []
        assert "which is not declared" not in project.run("register-model", "models.py").stderr
        assert declared(project, "models_b") == ["data/cases.csv"]

    def test_an_entry_that_mixes_two_states(self, project: Project) -> None:
        project.run("register-model", "models.py", "--class", "A", "--data", "data/cases.csv")
        assert self.problems(project) == []
        (entry,) = project.json("show-registry")["models"]
        digest = entry["data_digests"]["data/cases.csv"]
        project.edit(".modelops-bundle/registry.yaml", digest, f"blake3:{'0' * 64}")
        (problem,) = self.problems(project)
        assert "its digest is not that of the dependencies recorded with it" in problem["what"]
        project.run("update")
        assert self.problems(project) == []


def test_hints_can_be_typed_where_one_stands(project: Project) -> None:
    (project.folder / "pkg").mkdir()
    (project.folder / "data/b c.csv").write_text("")
    source = MODELS.replace("from rates import R0", 'R0 = open("data/b c.csv")')
    (project.folder / "pkg/m.py").write_text(source)
    done = project.run("register-model", "m.py", cwd=project.folder / "pkg")
    assert "names data/b c.csv, which is not declared: add --data '../data/b c.csv'" in done.stderr


def test_parquet_without_pyarrow_is_not_taken_for_another_table(
    project: Project, tmp_path: Path
) -> None:
    pa = pytest.importorskip("pyarrow")
    from pyarrow import parquet

    table = project.folder / "data/t.parquet"
    parquet.write_table(pa.table({"a": [1, 2]}), table)
    project.run("register-model", "models.py", "--class", "A", "--data", "data/t.parquet")
    parquet.write_table(pa.table({"a": [1, 3]}), table)
    (tmp_path / "hidden").mkdir()
    (tmp_path / "hidden/sitecustomize.py").write_text("import sys\nsys.modules['pyarrow'] = None\n")
    without = Project(project.folder, {"PYTHONPATH": str(tmp_path / "hidden")})
    (reason,) = [
        each for each in without.json("why", "models_a")["reasons"] if each["kind"] == "data"
    ]
    assert reason["columns"] == []
    assert "install modelops-bundle[tables]" in reason["note"]
    (reason,) = project.json("why", "models_a")["reasons"]
    assert reason["columns"] == [{"name": "a", "change": "modified"}]
    table.write_bytes(b"no table")
    (reason,) = project.json("why", "models_a")["reasons"]
    assert (reason["columns"], reason["note"]) == ([], "it cannot be read as a table")


def test_the_environment_of_an_entry_that_is_invalid_may_not_be_all(project: Project) -> None:
    project.run("register-model", "models.py", "--class", "A")
    with (project.folder / "models.py").open("a") as file:
        file.write("def (")
    said = project.run("env", "show", "models_a").stderr
    assert "models_a is invalid, so that this may not be all: models.py:" in said
    assert "may not be all" in project.run("env", "diff", "models_a").stderr


def test_data_that_declared_settings_name_is_told(project: Project) -> None:
    (project.folder / "run.json").write_text('{\n  "cases": "data/cases.csv"\n}\n')
    said = project.run("register-model", "models.py", "--data", "run.json").stderr
    assert "run.json:2 names data/cases.csv, which is not declared: add --data" in said
    project.run("register-model", "models.py", "--auto-data")
    assert declared(project, "models_a") == ["data/cases.csv", "run.json"]
