"""Running models from Python, as a script or a notebook does."""

from __future__ import annotations

import contextlib
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pandas
import pytest

import modelops_bundle
from modelops_bundle.adapters.results_local import LocalResults
from modelops_bundle.api import Project
from modelops_bundle.errors import InvalidEntryError, ParameterError, UsageError, WorkerError
from modelops_bundle.results.given_parameters import AskedParameters
from modelops_bundle.wiring.running import open_machinery
from modelops_bundle.workflows.machinery import RunRequest
from modelops_bundle.workflows.run import run
from tests.end_to_end.test_runs import MODEL
from tests.support.command import Project as Command

DEPENDENT = """\
import glob, os
import modelops_bundle as mb
from rates import RATE


class Dependent(mb.BaseModel):
    def simulate(self, params, seed):
        return {"said": [os.environ.get("SEASON", "none"), len(glob.glob("data/*.csv")), RATE]}
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    (tmp_path / "model.py").write_text(MODEL)
    made = Command(tmp_path)
    made.run("init")
    made.run("register-model", "model.py")
    return modelops_bundle.open(
        tmp_path / "data" if (tmp_path / "data").exists() else str(tmp_path)
    )


def test_a_run_and_its_tables(project: Project) -> None:
    report = project.run("Odd", grid={"value": [10, 20]}, seeds=range(3), workers=1)
    assert (report.hits, report.misses, list(report.failures)) == (0, 6, [])
    table = report.to_pandas("n")
    assert table.columns.tolist() == ["value", "seed", "n"]
    assert table.n.tolist() == [10, 11, 12, 20, 21, 22]
    assert report.to_polars("n").shape == (6, 3)
    again = project.run("Odd", params=pandas.DataFrame({"value": [10, 20]}), seeds="0:3")
    assert (again.hits, again.misses) == (6, 0)
    assert again.seconds_saved > 0
    assert again.to_arrow("n").equals(report.to_arrow("n"))
    with pytest.raises(UsageError, match="no result has an output m"):
        again.to_arrow("m")


def test_what_a_run_found_is_not_dropped_until_it_is_over(project: Project) -> None:
    project.run("Odd", seeds=range(3), workers=1)
    asked = AskedParameters.of(None, (), (), range(3))
    with project.opened() as workspace:
        folder = workspace.layout.results
        with LocalResults(folder) as store, open_machinery(workspace) as machinery:
            assert (
                run(workspace, machinery, RunRequest(model="Odd", parameters=asked)).count("hit")
                == 3
            )
            assert store.drop([row.key for row in store.list()]) == 0
        with LocalResults(folder) as store:
            assert store.drop([row.key for row in store.list()]) == 3


def test_what_differs_is_told(project: Project) -> None:
    project.run("Odd", {"how": "random"}, workers=1)
    again = project.run("Odd", {"how": "random"}, refresh=True, workers=1)
    (key,) = again.differing
    assert f"<li>{key[:12]} came out different" in again._repr_html_()


def test_a_called_model_warns_of_what_is_damaged(project: Project) -> None:
    with project.model("Odd") as odd:
        assert odd({"value": 3}, 4)["n"] == 7
        with contextlib.closing(
            sqlite3.connect(Path(project.root, ".modelops-bundle/results/results.sqlite"))
        ) as connection:
            connection.execute("UPDATE results SET body = substr(body, 2)")
            connection.commit()
        with pytest.warns(UserWarning, match="is damaged") as caught:
            assert odd({"value": 3}, 4)["n"] == 7
        assert caught[0].filename == __file__


def test_a_report_shows_itself(project: Project) -> None:
    report = project.run("Odd", {"how": "fail"}, seeds=[0, 1], keep_going=True, workers=1)
    shown = report._repr_html_()
    assert "1 computed, 1 failed" in shown
    assert "<li>ValueError: no such thing</li>" in shown
    assert repr(report) == "<model_odd: 1 computed, 1 failed>"


def test_a_model_is_called_like_a_function_and_notices_an_edit(project: Project) -> None:
    with project.model("Odd") as odd:
        assert odd({"value": 3}, seed=4)["n"] == 7
        assert dict(odd({"value": 3}, 4)) == {"n": 7}
        source = Path(project.root, "model.py")
        source.write_text(MODEL.replace("seed + params", "2 * seed + params"))
        assert odd({"value": 3}, 4)["n"] == 11
        source.write_text(MODEL)
        assert odd({"value": 3}, 4)["n"] == 7
        with pytest.raises(WorkerError, match="ValueError: no such thing"):
            odd({"how": "fail"}, 1)
        with pytest.raises(ParameterError):
            odd({"value": float("nan")})


def test_what_cannot_be_looked_at_is_not_taken_for_what_it_was(project: Project) -> None:
    with project.model("Odd") as odd:
        assert odd({"value": 3}, seed=4)["n"] == 7
        source = Path(project.root, "model.py")
        source.write_text("def (")
        for _ in range(2):
            with pytest.raises(InvalidEntryError):
                odd({"value": 3}, 4)
        source.write_text(MODEL)
        assert odd({"value": 3}, 4)["n"] == 7


def test_whatever_a_called_model_depends_on_counts_at_once(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "model.py").write_text(DEPENDENT)
    (tmp_path / "data").mkdir()
    (tmp_path / "lib" / "rates").mkdir(parents=True)
    (tmp_path / "lib" / "rates" / "__init__.py").write_text("RATE = 1")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.modelops-bundle]\nsource_roots = ['.', 'lib']\n"
    )
    made = Command(tmp_path)
    made.run("init")
    (tmp_path / "data" / "a.csv").write_text("1")
    made.run("register-model", "model.py", "--data", "data/*.csv")
    with modelops_bundle.open(tmp_path).model("Dependent") as model:
        assert model()["said"] == ["none", 1, 1]
        monkeypatch.setenv("SEASON", "wet")
        assert model()["said"] == ["wet", 1, 1]
        (tmp_path / "data" / "b.csv").write_text("2")
        assert model()["said"] == ["wet", 2, 1]
        (tmp_path / "rates.py").write_text("RATE = 2")
        assert model()["said"] == ["wet", 2, 2]


def test_a_file_of_parameters_and_a_prediction(project: Project, tmp_path: Path) -> None:
    (tmp_path / "sets.csv").write_text("value,seed\n1,5\n2,6\n")
    report = project.run("Odd", params=tmp_path / "sets.csv", dry_run=True)
    assert (report.hits, report.misses) == (0, 2)
    assert project.run("Odd", params=str(tmp_path / "sets.csv"), workers=1).to_pandas(
        "n"
    ).n.tolist() == [6, 8]


def test_workers_that_stay_in_an_executor_run_the_code_as_it_is_now(project: Project) -> None:
    source = Path(project.root, "model.py")
    with ThreadPoolExecutor(1) as executor:
        assert project.run("Odd", {"value": 3}, 4, executor=executor).to_pandas("n").n.tolist() == [
            7
        ]
        source.write_text(MODEL.replace("seed + params", "2 * seed + params"))
        edited = project.run("Odd", {"value": 3}, 4, executor=executor)
        assert (edited.misses, edited.to_pandas("n").n.tolist()) == (1, [11])
        source.write_text(MODEL)
        assert project.run("Odd", {"value": 3}, 4, executor=executor).hits == 1


def test_a_study_counts_here_as_well(project: Project) -> None:
    study = {"model": "model:Odd", "parameter_sets": [{"value": 1}], "outputs": ["n"]}
    assert project.run("Odd", study, workers=1).details.record.context.outputs == ("n",)
    with pytest.raises(UsageError, match="it is a study of other:Model"):
        project.run("Odd", {**study, "model": "other:Model"})
    with pytest.raises(UsageError, match="its outputs are n, not m"):
        project.run("Odd", study, outputs=["m"])
