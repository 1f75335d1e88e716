"""Published simulators, run a hundred times and reused, as they are and hermetic."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.support.command import Project
from tests.support.uv import uv_or_skip

pytestmark = [pytest.mark.slow, pytest.mark.needs_network, pytest.mark.timeout(600)]

FILES = {
    "src/stars.py": '''\
"""An epidemic of Starsim, which compiles with numba."""

import pandas as pd
import starsim as ss

from modelops_bundle import BaseModel


class District(BaseModel):
    PARAMS = ("beta",)
    OUTPUTS = ("infections",)

    def simulate(self, params, seed):
        people = pd.read_csv("data/people.csv")
        sim = ss.Sim(
            n_agents=int(people["n"].sum()),
            diseases=ss.SIR(beta=ss.peryear(params["beta"]), init_prev=0.05),
            networks=ss.RandomNet(n_contacts=4),
            start=2020, stop=2022, dt=ss.days(30), rand_seed=seed, verbose=0,
        )
        sim.run()
        return {"infections": pd.DataFrame({"infected": [float(n) for n in sim.results.sir.n_infected]})}
''',
    "src/covas.py": '''\
"""An epidemic of Covasim, which imports matplotlib and looks for git."""

import covasim as cv
import pandas as pd

from modelops_bundle import BaseModel


class Town(BaseModel):
    PARAMS = ("beta",)
    OUTPUTS = ("infections",)

    def simulate(self, params, seed):
        sim = cv.Sim(pop_size=1000, n_days=30, beta=params["beta"], rand_seed=seed, verbose=0)
        sim.run()
        return {"infections": pd.DataFrame({"new": sim.results["new_infections"].values})}
''',
    "data/people.csv": "age,n\n0-4,100\n5+,300\n",
}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("simulators")
    for name, text in FILES.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text)
    uv, python = uv_or_skip(), folder / ".venv" / "bin" / "python"
    subprocess.run([uv, "venv", "-q", "--python", sys.executable, folder / ".venv"], check=True)
    packages = ["starsim", "covasim", "pyarrow"]
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *packages], check=True)
    made = Project(folder)
    made.run("init")
    made.run("register-model", "src/stars.py", "--data", "data/people.csv")
    made.run("register-model", "src/covas.py")
    return made


@pytest.mark.parametrize("model", ["District", "Town"])
def test_a_hundred_runs_then_reuse(project: Project, model: str) -> None:
    run = ("run", model, "--grid", "beta=0.01,0.02", "--seeds", "0:50")
    first = project.json(*run)
    assert (first["hits"], first["computed"], first["undeclared"]) == (0, 100, [])
    again = project.json(*run)
    assert (again["hits"], again["computed"]) == (100, 0)
    assert again["seconds_saved"] > 0


@pytest.mark.parametrize("model", ["District", "Town"])
def test_hermetic_runs(project: Project, model: str) -> None:
    done = project.json("run", model, "--set", "beta=0.01", "--seeds", "0:4", "--hermetic")
    assert (done["computed"], done["undeclared"], done["enforcement"]) == (4, [], ["hermetic"])


def test_what_one_of_them_depends_on_reruns_it_alone(project: Project) -> None:
    run = ("--set", "beta=0.03", "--seeds", "0:2")
    for model in ("District", "Town"):
        assert project.json("run", model, *run)["computed"] == 2
    project.edit("data/people.csv", "300", "320")
    assert project.json("run", "District", *run)["computed"] == 2
    assert project.json("run", "Town", *run)["hits"] == 2
    assert project.json("results", "verify", "District", "--rerun", "2")["differing"] == []


def test_what_a_simulator_itself_looks_up_counts_when_it_is_declared(project: Project) -> None:
    """Covasim has a variable for its precision: the same parameters and seed then give other numbers."""
    run = ("run", "Town", "--set", "beta=0.04")
    assert project.json(*run)["computed"] == 1
    project.variables["COVASIM_PRECISION"] = "64"
    assert project.json(*run)["hits"] == 1
    (warning,) = project.json(*run, "--refresh")["warnings"]
    assert warning.startswith("COVASIM_PRECISION is set and ")
    assert project.json(*run)["hits"] == 1
    project.run("register-model", "src/covas.py", "--variable", "COVASIM_PRECISION")
    declared = project.json(*run)
    assert (declared["computed"], declared["warnings"]) == (1, [])
    del project.variables["COVASIM_PRECISION"]
    assert project.json(*run)["computed"] == 1
