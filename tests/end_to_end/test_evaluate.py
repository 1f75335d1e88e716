"""Targets judge what models gave, and their losses are kept while they are true."""

from __future__ import annotations

from pathlib import Path

import pytest

import modelops_bundle
from tests.support.command import DATA, Project

RUN = ("--model", "StochasticSIR", "--grid", "beta=0.2,0.3", "--set", "gamma=0.1", "--set", "days=10",
       "--seeds", "0:3")  # fmt: skip
MODEL = """\
import modelops_bundle as mb


class Line(mb.BaseModel):
    PARAMS = ("slope",)
    OUTPUTS = ("line",)

    def simulate(self, params, seed):
        return {"line": {"x": [0.0, 1.0, 2.0], "y": [seed + params["slope"] * x for x in range(3)]}}
"""
TARGETS = """\
from framework import calibration_target


def distance(simulated, observed):
    pairs = zip(simulated["y"], observed["y"])
    return sum((float(a) - float(b)) ** 2 for a, b in pairs)


def fails(simulated, observed):
    raise ValueError("no such thing")


def reads(simulated, observed):
    return len(open("".join(["ot", "her.csv"])).read())


def nothing(simulated, observed):
    return None


@calibration_target(model_output="line")
def evaluates():
    return Ready()


class Ready:
    def evaluate(self, replicates):
        return Loss(sum(each["line"]["y"].sum() for each in replicates))


class Loss:
    def __init__(self, loss):
        self.loss = loss
"""


@pytest.fixture
def line(tmp_path: Path) -> Project:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "targets.py").write_text(TARGETS)
    (tmp_path / "framework.py").write_text("def calibration_target(**_):\n    return lambda f: f\n")
    (tmp_path / "observed.csv").write_text("x,y\n0,0\n1,2\n2,4\n")
    (tmp_path / "other.csv").write_text("x\n")
    made = Project(tmp_path)
    made.run("init")
    made.run("register-model", "model.py")
    for name in ("distance", "fails", "reads", "nothing"):
        target = ("--target", name, "--output", "line", "--data", "observed.csv")
        made.run("register-target", "targets.py", *target)
    made.run("register-target", "targets.py", "--target", "evaluates")
    return made


def totals(document: dict) -> list[tuple[float, float | None]]:
    return [(row["params"]["slope"], row["total"]) for row in document["rows"]]


@pytest.mark.slow
def test_the_best_comes_first_and_losses_are_reused(line: Project) -> None:
    evaluate = ("evaluate", "distance", "--grid", "slope=1,2,3")
    first = line.json(*evaluate)
    assert totals(first) == [(2, 0.0), (1, 5.0), (3, 5.0)]
    assert (first["computed"], first["targets"][0]["computed"]) == (3, 3)
    again = line.json(*evaluate)
    assert (again["hits"], again["targets"][0]["hits"]) == (3, 3)
    assert totals(again) == totals(first)
    said = line.run(*evaluate)
    assert said.stdout.splitlines()[1].split()[:2] == ["0", "1"]
    assert "0 simulations and 0 losses computed, 3 and 3 reused." in said.stderr
    # The mean over seeds.
    assert totals(line.json(*evaluate, "--seeds", "0:2")) == [(2, 1.5), (1, 3.5), (3, 9.5)]


@pytest.mark.slow
def test_a_prediction_runs_nothing_and_ranks_what_is_there(line: Project) -> None:
    project = modelops_bundle.open(line.folder)
    project.evaluate("distance", {"slope": 1.0}, 0, workers=1)
    predicted = project.evaluate("distance", grid={"slope": [1.0, 2.0]}, seeds=0, dry_run=True)
    assert [row.params for row in predicted.rows] == [{"slope": 1.0}]
    assert (predicted.run.count("miss"), predicted.details.missing) == (1, 1)
    assert "<td>{&quot;slope&quot;: 1.0}</td>" in predicted._repr_html_()
    done = line.run("evaluate", "distance", "--grid", "slope=1.0,2.0", "--dry-run")
    assert "1 simulation and 1 loss would be computed." in done.stderr + done.stdout
    more = project.evaluate("distance", grid={"slope": [1.0, 2.0]}, seeds=range(2), dry_run=True)
    assert (len(more.rows), more.details.missing) == (0, 2)


def test_an_edit_of_the_target_simulates_nothing_and_one_of_the_model_everything(
    line: Project,
) -> None:
    evaluate = ("evaluate", "distance", "--grid", "slope=1,2")
    line.run(*evaluate)
    line.edit("observed.csv", "2,4", "2,5")
    after = line.json(*evaluate)
    assert (after["hits"], after["computed"], after["targets"][0]["computed"]) == (2, 0, 2)
    assert totals(after) == [(2, 1.0), (1, 10.0)]
    line.edit("model.py", "seed + params", "seed + 1.0 * params")
    after = line.json(*evaluate)
    assert (after["hits"], after["computed"], after["targets"][0]["computed"]) == (0, 2, 2)


@pytest.mark.slow
def test_a_loss_of_a_result_that_is_not_reused_is_computed_again(line: Project) -> None:
    """What the model reads undeclared is in no key: the same results may have other outputs by now."""
    source = line.folder / "model.py"
    source.write_text(
        MODEL.replace('slope"] * x', 'slope"] * x * float(open("".join(["fac", "tor"])).read())')
    )
    run = ("evaluate", "distance", "--grid", "slope=2", "--no-enforce")
    for factor, loss in (("1", 0.0), ("2", 20.0), ("1", 0.0)):
        (line.folder / "factor").write_text(factor)
        assert totals(line.json(*run, expect=3)) == [(2, loss)]


@pytest.mark.slow
def test_a_set_adds_up_what_its_targets_say(line: Project) -> None:
    members = ("targets_distance", "targets_evaluates")
    line.run("target-set", "set", "both", *members, "--weight", "targets_distance=10")
    (row,) = line.json("evaluate", "both", "--set", "slope=1", "--seeds", "0:2")["rows"]
    assert row["losses"] == {"targets_distance": 3.5, "targets_evaluates": 9.0}
    assert row["total"] == 10 * 3.5 + 9.0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("target", "error"),
    [
        ("fails", "ValueError: no such thing"),
        ("nothing", "the target gave a NoneType; a loss is a number"),
        (
            "reads",
            "not declared: mops-bundle register-target targets.py --target reads --data other",
        ),
    ],
)
def test_a_target_that_fails_gives_no_loss(line: Project, target: str, error: str) -> None:
    done = line.json("evaluate", target, "--set", "slope=1", expect=1)
    (failure,) = done["targets"][0]["failures"]
    assert error in failure["error"]
    assert totals(done) == [(1, None)]
    assert line.json("evaluate", target, "--set", "slope=1", expect=1)["targets"][0]["hits"] == 0
    if target == "reads":
        (read,) = done["targets"][0]["undeclared"]
        assert read["mend"] == (
            "mops-bundle register-target targets.py --target reads --data other.csv"
        )


def test_what_a_target_reads_is_declared(line: Project) -> None:
    done = line.json("evaluate", "reads", "--set", "slope=1", "--declare")
    (judged,) = done["targets"]
    assert totals(done) == [(1, 2.0)]
    assert [each["name"] for each in judged["declared"]] == ["other.csv"]
    assert line.json("evaluate", "reads", "--set", "slope=1")["targets"][0]["hits"] == 1
    (line.folder / "other.csv").write_text("longer")
    assert totals(line.json("evaluate", "reads", "--set", "slope=1")) == [(1, 6.0)]


def test_the_sample_and_python(tmp_path: Path) -> None:
    Project(tmp_path).run("sample-create", "epidemic")
    sample = Project(tmp_path / "epidemic")
    sample.run("init")
    sample.run("register-model", "src/model.py", *DATA)
    sample.run("register-target", "src/targets.py")
    refused = sample.run("evaluate", "peak_timing", expect=2).stderr
    assert "several models have the output prevalence" in refused
    rows = sample.json("evaluate", "incidence_distance", *RUN)["rows"]
    assert len(rows) == 2
    project = modelops_bundle.open(str(sample.folder))
    report = project.evaluate(
        "incidence_distance",
        {"gamma": 0.1, "days": 10},
        range(3),
        model="StochasticSIR",
        grid={"beta": [0.2, 0.3]},
    )
    assert report.run.count("hit") == 6
    assert [row.total for row in report.rows] == [row["total"] for row in rows]


def test_what_a_ranking_lacks_is_told(line: Project) -> None:
    fails = "        if (seed, params['slope']) == (1, 2):\n            raise ValueError('no')\n"
    line.edit("model.py", "        return", f"{fails}        return")
    run = ("evaluate", "distance", "--grid", "slope=1,2,3", "--seeds", "0:3", "--workers", "1")
    done = line.run(*run, expect=1)
    assert "not run 4 simulations: --keep-going runs them" in done.stdout
    assert "1 parameter set judged by fewer seeds" in done.stderr
    assert "1 parameter set not judged" in done.stderr
    document = line.json(*run, "--keep-going", expect=1)
    assert [(each["params"], each["seed"]) for each in document["failures"]] == [({"slope": 2}, 1)]
    assert sorted(row["seeds"] for row in document["rows"]) == [2, 3, 3]


def test_a_name_that_is_nearly_one_is_answered_with_it(line: Project) -> None:
    assert "Did you mean Line?" in line.refuse("run", "lines")
    assert "Did you mean model_line?" in line.refuse("run", "model")
    assert "shows what is registered" in line.refuse("run", "weather")


def test_losses_are_computed_again_by_another_command(line: Project) -> None:
    line.run("evaluate", "distance", "--set", "slope=2", "--seeds", "0:2")
    said = line.run("results", "verify", "targets_distance", "--rerun", "1", expect=2).stderr
    assert "targets_distance is a target" in said
    assert "evaluate TARGET --refresh" in said
