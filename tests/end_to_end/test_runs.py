"""``run`` and ``results`` as a user has them: hits and misses, failures, undeclared reads, what is stored."""

from __future__ import annotations

import json
import shutil
import sqlite3
from pathlib import Path

import numpy as np
import pandas
import pytest

import modelops_bundle
from modelops_bundle.errors import UsageError
from tests.support.command import DATA, Project
from tests.support.worker import install, small_environment

MODEL = """\
import os
import modelops_bundle as mb

NAME = "".join(["data/", "x.csv"])


class Odd(mb.BaseModel):
    PARAMS = ("how", "value")
    OUTPUTS = ("n",)

    def simulate(self, params, seed):
        how = params.get("how", "fine")
        if how == "read":
            return {"n": len(open(NAME).read())}
        if how == "variable":
            return {"n": os.environ.get("".join(["RA", "TE"]), "none")}
        if how == "fail" and seed == 1:
            raise ValueError("no such thing")
        if how == "die":
            os._exit(3)
        if how == "random":
            return {"n": int.from_bytes(os.urandom(6), "big")}
        return {"n": seed + params.get("value", 0)}
"""
LOOKS = """\
import ctypes, locale, subprocess, time
import modelops_bundle as mb


class Looks(mb.BaseModel):
    OUTPUTS = ("seen",)

    def simulate(self, params, seed):
        getenv = ctypes.CDLL(None).getenv
        getenv.restype = ctypes.c_char_p
        command = ["sh", "-c", "echo $SECRET"]
        seen = {
            "hour": time.localtime(0).tm_hour,
            "c": (getenv(b"SECRET") or b"").decode(),
            "program": subprocess.run(command, capture_output=True, text=True).stdout.strip(),
            "asserts": int(__debug__),
            "encoding": locale.getpreferredencoding().lower(),
        }
        return {"seen": {name: [value] for name, value in seen.items()}}
"""
FEW = ("--set", "gamma=0.2", "--set", "days=5", "--grid", "beta=0.2,0.3", "--seeds", "0:3")


@pytest.fixture
def sample(tmp_path: Path) -> Project:
    Project(tmp_path).run("sample-create", "epidemic")
    made = Project(tmp_path / "epidemic")
    made.run("init")
    made.run("register-model", "src/model.py", *DATA)
    return made


@pytest.fixture
def odd(tmp_path: Path) -> Project:
    (tmp_path / "model.py").write_text(MODEL)
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("a\n1\n")
    made = Project(tmp_path)
    made.run("init")
    made.run("register-model", "model.py")
    return made


def counts(document: dict) -> tuple[int, int, int]:
    return document["hits"], document["computed"], document["failed"]


def test_misses_then_hits_then_exactly_what_an_edit_concerns(sample: Project) -> None:
    run = ("run", "StochasticSIR", *FEW)
    assert sample.json(*run, "--dry-run")["misses"] == 6
    assert counts(sample.json(*run)) == (0, 6, 0)
    assert counts(sample.json(*run)) == (6, 0, 0)
    sample.edit("src/rates.py", "def force", "# a comment\n\n\ndef force")
    assert counts(sample.json(*run)) == (6, 0, 0)
    sample.edit("src/rates.py", "1.15", "1.25")
    predicted = sample.json(*run, "--dry-run")
    assert (predicted["hits"], predicted["misses"]) == (0, 6)
    assert predicted["seconds_expected"] > 0
    assert counts(sample.json(*run)) == (0, 6, 0)
    sample.edit("src/rates.py", "1.25", "1.15")
    assert counts(sample.json(*run)) == (6, 0, 0)
    more = ("run", "StochasticSIR", *FEW[:-1], "0:4")
    assert counts(sample.json(*more)) == (6, 2, 0)


def test_a_project_that_moved_finds_its_results(sample: Project, tmp_path: Path) -> None:
    assert counts(sample.json("run", "StochasticSIR", *FEW)) == (0, 6, 0)
    shutil.move(sample.folder, tmp_path / "elsewhere")
    moved = Project(tmp_path / "elsewhere")
    assert counts(moved.json("run", "StochasticSIR", *FEW)) == (6, 0, 0)


def test_results_are_listed_shown_written_verified_and_dropped(sample: Project) -> None:
    sample.run("run", "StochasticSIR", *FEW)
    (context,) = sample.json("results", "list")["contexts"]
    assert (context["current"], context["results"]) == (True, 6)
    key = sample.json("results", "list", "StochasticSIR")["results"][0]["key"]
    shown = sample.json("results", "show", key[:10])
    assert shown["provenance"]["params"]["gamma"] == 0.2
    assert [each["name"] for each in shown["outputs"]] == ["incidence", "prevalence"]
    assert {each["path"] for each in shown["components"]} >= {"src/rates.py", "data/population.csv"}
    text = sample.run("results", "table", "StochasticSIR", "prevalence").stdout
    assert len(text.splitlines()) == 1 + 6 * 5
    sample.run("results", "table", "StochasticSIR", "prevalence", "--out", "p.parquet")
    assert (sample.folder / "p.parquet").read_bytes()[:4] == b"PAR1"
    sample.run("results", "export", "out")
    exported = json.loads((sample.folder / "out" / "index.json").read_text())
    ((context, made_from),) = exported["contexts"].items()
    assert [each["context"] for each in exported["results"]] == [context] * 6
    assert {path for _, path, _ in made_from["components"]} >= {"src/rates.py", "src/model.py"}
    assert (
        "6 results computed again, none came out different"
        in sample.run("results", "verify", "--rerun", "9").stdout
    )
    assert sample.run("results", "gc").stdout == "Nothing to drop.\n"
    sample.edit("src/rates.py", "1.15", "1.25")
    said = sample.run("why", "StochasticSIR", "--results").stdout
    assert "results: 0 are true now\n  the last change made 6 results stale" in said
    assert "would be dropped" in sample.run("results", "gc").stdout
    assert sample.json("results", "gc", "--delete")["removed"] == 6
    assert sample.json("results", "list")["contexts"] == []


def test_a_failure_is_told_and_tried_again_and_stops_no_other(odd: Project) -> None:
    run = ("run", "Odd", "--set", "how=fail", "--seeds", "0:4", "--workers", "1")
    stopped = odd.json(*run, expect=1)
    assert stopped["failed"] == 1
    (failure,) = stopped["failures"]
    assert failure["error"] == "ValueError: no such thing"
    assert "line 18, in simulate\n" in failure["traceback"]
    kept = odd.json(*run, "--keep-going", expect=1)
    assert kept["hits"] + kept["computed"] == 3
    assert odd.json(*run, "--keep-going", expect=1)["hits"] == 3
    odd.edit("model.py", "seed == 1", "seed == 9")
    assert counts(odd.json(*run)) == (0, 4, 0)


def test_a_worker_that_dies_is_a_failure_of_its_simulation(odd: Project) -> None:
    done = odd.json("run", "Odd", "--grid", "how=die,fine", "--keep-going", expect=1)
    assert counts(done) == (0, 1, 1)
    assert "the worker died: it ended with code 3" in done["failures"][0]["error"]


def test_a_variable_that_nobody_declared_makes_a_result_unsound(odd: Project) -> None:
    run = ("run", "Odd", "--set", "how=variable")
    for _ in range(2):
        (read,) = odd.json(*run, expect=3)["undeclared"]
        assert (read["name"], read["place"]) == ("RATE", "model.py:16")
        assert read["mend"] == "mops-bundle register-model model.py --class Odd --variable RATE"
    said = odd.run(*run, expect=3)
    assert "model.py:16 the environment variable RATE" in said.stdout
    assert counts(odd.json(*run, "--declare")) == (0, 1, 0)
    assert counts(odd.json(*run)) == (1, 0, 0)
    odd.variables["RATE"] = "2"
    assert counts(odd.json(*run)) == (0, 1, 0)


def test_what_no_watch_sees_of_variables_is_not_there(odd: Project) -> None:
    """A time zone, a locale, what C code and programs look up: none is in a key, so none may count."""
    (odd.folder / "model.py").write_text(LOOKS)
    odd.run("register-model", "model.py")
    odd.variables |= {"TZ": "Asia/Tokyo", "LC_ALL": "C", "SECRET": "1", "PYTHONOPTIMIZE": "1"}
    done = odd.json("run", "Looks")
    assert (counts(done), done["undeclared"]) == ((0, 1, 0), [])
    assert looked(odd) == {"hour": 0, "c": "", "program": "", "asserts": 1, "encoding": "utf-8"}
    odd.run("register-model", "model.py", "--variable", "SECRET", "--variable", "TZ")
    assert counts(odd.json("run", "Looks")) == (0, 1, 0)
    assert looked(odd) == {"hour": 9, "c": "1", "program": "1", "asserts": 1, "encoding": "utf-8"}


def looked(odd: Project) -> dict:
    odd.run("results", "table", "Looks", "seen", "--out", "seen.csv")
    (row,) = pandas.read_csv(odd.folder / "seen.csv", keep_default_na=False).to_dict("records")
    return {
        name: str(row[name]) if name in ("c", "program") else row[name]
        for name in row
        if name != "seed"
    }


def test_a_file_that_nobody_declared(odd: Project) -> None:
    run = ("run", "Odd", "--set", "how=read")
    found = odd.json("trace", "Odd", "--set", "how=read", expect=3)
    assert [each["name"] for each in found["undeclared"]] == ["data/x.csv"]
    assert "trace model_odd --declare` finds and declares" in odd.run(*run, expect=1).stderr
    watched = odd.json(*run, "--no-enforce", expect=3)
    assert watched["enforcement"] == ["off"]
    assert watched["unsound"] == 1
    (read,) = watched["undeclared"]
    assert read["mend"] == "mops-bundle register-model model.py --class Odd --data data/x.csv"
    assert counts(odd.json(*run, "--declare")) == (0, 1, 0)
    assert counts(odd.json(*run)) == (1, 0, 0)
    (odd.folder / "data" / "x.csv").write_text("a\n12\n")
    assert counts(odd.json(*run)) == (0, 1, 0)


def test_results_that_were_not_enforced_are_not_taken(odd: Project) -> None:
    assert counts(odd.json("run", "Odd", "--no-enforce")) == (0, 1, 0)
    assert counts(odd.json("run", "Odd", "--no-enforce")) == (1, 0, 0)
    assert counts(odd.json("run", "Odd")) == (0, 1, 0)
    assert counts(odd.json("run", "Odd", "--hermetic")) == (0, 1, 0)
    assert counts(odd.json("run", "Odd")) == (1, 0, 0)


def test_what_is_not_deterministic_is_told(odd: Project) -> None:
    run = ("run", "Odd", "--set", "how=random")
    odd.run(*run)
    assert len(odd.json(*run, "--refresh", expect=1)["differing"]) == 1
    again = odd.json("results", "verify", "--rerun", "1", expect=1)
    assert again["differing"][0]["outputs"] == ["n"]


def test_models_do_not_see_the_order_of_parameters(odd: Project) -> None:
    odd.edit("model.py", '{"n": seed + params.get("value", 0)', '{"n": list(params)')
    orders = (("how=fine", "value=1"), ("value=1", "how=fine"))
    project = modelops_bundle.open(odd.folder)
    for first, second in orders:
        odd.run("run", "Odd", "--set", first, "--set", second, "--refresh")
    with pytest.raises(UsageError, match="cannot be a name"):
        project.run("Odd", grid={"value=1": [1, 2]})
    assert project.run("Odd", grid={"value": np.arange(2)}).misses == 2


def test_what_a_simulation_leaves_for_the_next_is_told(odd: Project) -> None:
    odd.edit("model.py", "import os\n", "import os\nDONE = []\n")
    odd.edit("model.py", '{"n": seed + params', '{"n": DONE.append(1) or len(DONE) + params')
    odd.run("run", "Odd", "--seeds", "0:2", "--workers", "1")
    again = odd.json("results", "verify", "--rerun", "2", "--workers", "1", expect=1)
    assert len(again["differing"]) == 2


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--set", "vlaue=1"), "did you mean value"),
        (("--seeds", "0:0"), "holds none"),
        (("--seeds", "-1"), "seeds are 0 to 2**64 - 1"),
        (("--set", "value=NaN"), "NaN"),
        (("--params", "nowhere.csv"), "there is no file"),
        (("--output", "m"), "has no such name"),
        (("--hermetic", "--no-enforce"), "contradict"),
        (("--grid", "value=1,1"), "stands twice"),
    ],
)
def test_wrong_use_is_refused_before_anything_runs(odd: Project, options, said: str) -> None:
    done = odd.run("run", "Odd", *options, expect=2)
    assert said.lower() in done.stderr.lower()
    assert not (odd.folder / ".modelops-bundle" / "results").exists()


def test_a_file_that_comes_where_one_was_looked_for_makes_results_untrue(odd: Project) -> None:
    run = ("run", "Odd", "--seeds", "0:3")
    fine = '        how = params.get("how", "fine")\n'
    looks = '        more = 5 if os.path.exists("da" + "ta/more.csv") else 0\n'
    odd.edit("model.py", fine, fine + looks)
    odd.edit("model.py", 'seed + params.get("value", 0)', 'seed + more + params.get("value", 0)')
    first = odd.json(*run)
    assert (counts(first), first["undeclared"]) == ((0, 3, 0), [])
    assert counts(odd.json(*run)) == (3, 0, 0)
    (odd.folder / "data" / "more.csv").write_text("")
    again = odd.json(*run)
    assert (counts(again), again["differing"]) == ((0, 3, 0), [])
    assert any(each.startswith("data/more.csv has come") for each in again["warnings"])
    assert counts(odd.json(*run)) == (3, 0, 0)
    (odd.folder / "data" / "more.csv").unlink()
    assert odd.json(*run, "--dry-run")["misses"] == 3
    refreshed = odd.json(*run, "--refresh")
    assert (counts(refreshed), refreshed["differing"]) == ((0, 3, 0), [])
    assert counts(odd.json(*run)) == (3, 0, 0)


def test_a_shared_result_of_other_circumstances_takes_no_place(
    odd: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    shared = tmp_path_factory.mktemp("shared")
    store = f'[tool.modelops-bundle.results]\nstore = "file://{shared}"\n'
    (odd.folder / "pyproject.toml").write_text(store)
    odd.edit("model.py", "seed + params", 'seed + os.path.exists("".join(["y", ".csv"])) + params')
    run = ("run", "Odd", "--seeds", "0:2")
    assert counts(odd.json(*run)) == (0, 2, 0)
    (odd.folder / "y.csv").write_text("1\n")
    assert counts(odd.json(*run)) == (0, 2, 0)
    assert counts(odd.json(*run)) == (2, 0, 0)
    again = odd.json(*run, "--refresh")
    assert (counts(again), again["differing"]) == ((0, 2, 0), [])
    odd.run("results", "table", "Odd", "n", "--out", "n.csv")
    assert (odd.folder / "n.csv").read_text().split() == ['"seed","n"', "0,1", "1,2"]
    shutil.rmtree(shared)
    assert "the store of results, is not there" in odd.run(*run, expect=1).stderr


def test_packages_that_no_import_names_count_while_results_are_reused(
    odd: Project, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("environment")
    python = small_environment(folder, {"fast.py": "SPEED = 1\n"})
    odd.edit("model.py", "seed + params", 'seed + __import__("".join(["fa", "st"])).SPEED + params')
    run = ("run", "Odd", "--seeds", "0:3", "--python", python)
    assert counts(odd.json(*run)) == (0, 3, 0)
    assert counts(odd.json(*run)) == (3, 0, 0)
    (key, *_) = (each["key"] for each in odd.json(*run)["simulations"])
    assert "used the package fast 1" in odd.run("results", "show", key).stdout
    with modelops_bundle.open(str(odd.folder), python=python).model("Odd") as model:
        assert model(seed=1)["n"] == 2
        (old,) = folder.rglob("loader-1.dist-info")
        shutil.rmtree(old)
        install(old.parent, "loader", "2", files={"fast.py": "SPEED = 7\n"})
        assert model(seed=1)["n"] == 8
    predicted = odd.json(*run, "--dry-run")
    assert (predicted["hits"], predicted["misses"]) == (1, 2)
    assert any(each.startswith("fast has come, gone or changed") for each in predicted["warnings"])
    assert counts(odd.json(*run)) == (1, 2, 0)
    odd.run("results", "table", "Odd", "n", "--out", "n.csv", "--python", python)
    assert (odd.folder / "n.csv").read_text().split() == ['"seed","n"', "0,7", "1,8", "2,9"]


@pytest.mark.parametrize(
    ("looks", "other"),
    [
        ('len(os.listdir("da" + "ta"))', "data/y.txt"),
        ('len(list(Path("da" + "ta").glob("*.csv")))', "data/y.csv"),
        ('sum(len(files) for _, _, files in os.walk("da" + "ta"))', "data/deep/y.csv"),
        ('5 * os.path.isdir("da" + "ta/more")', "data/more/y.csv"),
    ],
)
def test_what_else_lies_in_a_folder_counts_where_the_model_looks(
    odd: Project, looks: str, other: str
) -> None:
    (odd.folder / "data" / "deep").mkdir()
    odd.edit("model.py", "import os\n", "import os\nfrom pathlib import Path\n")
    odd.edit("model.py", '{"n": seed + params', f'{{"n": {looks} + seed + params')
    first = odd.json("run", "Odd")
    assert (counts(first), first["undeclared"]) == ((0, 1, 0), [])
    (odd.folder / "notes.txt").write_text("")
    assert counts(odd.json("run", "Odd")) == (1, 0, 0)
    (odd.folder / other).parent.mkdir(exist_ok=True)
    (odd.folder / other).write_text("")
    assert odd.json("results", "verify", "--rerun", "1")["compared"] == 0
    assert counts(odd.json("run", "Odd")) == (0, 1, 0)
    with modelops_bundle.open(odd.folder).model("Odd") as model:
        before = model()["n"]
        (odd.folder / other).unlink()
        if "isdir" in looks:
            assert model()["n"] == before
            (odd.folder / other).parent.rmdir()
        assert model()["n"] == before - (5 if "isdir" in looks else 1)


def test_what_is_read_of_a_folder_is_declared_as_the_code_names_it(odd: Project) -> None:
    odd.edit("model.py", "import os\n", "import os\nfrom pathlib import Path\n")
    sums = 'sum(len(each.read_text()) for each in Path("data").glob("*.csv"))'
    odd.edit("model.py", '{"n": seed + params', f'{{"n": {sums} + seed + params')
    assert counts(odd.json("run", "Odd", "--declare")) == (0, 1, 0)
    (model,) = odd.json("show-registry")["models"]
    assert model["data_patterns"] == ["data/*.csv"]
    (odd.folder / "data" / "y.csv").write_text("1")
    assert odd.states() == {"model_odd": "stale"}


def test_a_table_holds_each_simulation_once_and_tells_scenarios_apart(odd: Project) -> None:
    odd.edit("model.py", "params, seed):", "params, seed, scenario=None):")
    odd.edit("model.py", "seed + params.get", '(scenario == "high") * 10 + seed + params.get')
    for options in ((), ("--output", "n"), ("--no-enforce", "--output", "n")):
        odd.run("run", "Odd", *options)
    odd.run("results", "table", "Odd", "n", "--out", "one.csv")
    assert (odd.folder / "one.csv").read_text().split() == ['"seed","n"', "0,0"]
    odd.run("run", "Odd", "--scenario", "high")
    odd.run("results", "table", "Odd", "n", "--out", "two.csv")
    rows = pandas.read_csv(odd.folder / "two.csv", keep_default_na=False).to_dict("records")
    assert rows == [
        {"scenario": "", "seed": 0, "n": 0},
        {"scenario": "high", "seed": 0, "n": 10},
    ]


def test_a_table_is_in_the_order_of_parameters_and_seeds(odd: Project) -> None:
    for value in ("10", "9", "true", "8.5"):
        odd.run("run", "Odd", "--set", f"value={value}", "--seeds", "1:2")
        odd.run("run", "Odd", "--set", f"value={value}", "--seeds", "0:1")
    odd.run("run", "Odd", "--seeds", "0:2")
    odd.run("results", "table", "Odd", "n", "--out", "one.parquet")
    table = pandas.read_parquet(odd.folder / "one.parquet")
    assert table.seed.tolist() == [0, 1] * 5
    assert table.n.tolist() == [0, 1, 1, 2, 8.5, 9.5, 9, 10, 10, 11]


def test_a_damaged_result_is_computed_again(odd: Project) -> None:
    run = ("run", "Odd", "--seeds", "0:3")
    odd.run(*run)
    file = odd.folder / ".modelops-bundle" / "results" / "results.sqlite"
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE results SET body = substr(body, 2) WHERE seed = 1")
    connection.close()
    assert len(odd.json("results", "verify", expect=1)["damaged"]) == 1
    done = odd.json(*run)
    assert counts(done) == (2, 1, 0)
    assert any("is damaged" in each for each in done["warnings"])
    assert odd.json("results", "verify")["damaged"] == []


STUDY = {
    "model": "model:Odd",
    "scenario": "baseline",
    "parameter_sets": [{"value": 1}, {"value": 2}],
    "outputs": ["n"],
}


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"model": "other:Model"}, "it is a study of other:Model"),
        ({"outputs": ["m"]}, "no such name"),
        ({"n_replicates": 0}, "n_replicates is 0"),
    ],
)
def test_a_study_says_what_is_run(odd: Project, more: dict, said: str) -> None:
    file = odd.folder / "study.json"
    file.write_text(json.dumps(STUDY))
    done = odd.json("run", "Odd", "--params", "study.json")
    assert (counts(done), done["outputs"], done["scenario"]) == ((0, 2, 0), ["n"], "baseline")
    file.write_text(json.dumps({**STUDY, **more}))
    assert said in odd.run("run", "Odd", "--params", "study.json", expect=2).stderr
