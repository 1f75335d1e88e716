"""Every edit of the battery once more, judged by ``run``: does the model really run again after it, or not?

The models take a third argument, so that a plug-in of the environment runs them. What the model reads and
nobody declared is declared by the first run.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.battery import SCENARIOS, Battery
from tests.end_to_end.test_battery import VARIANTS, installed, other_python, params
from tests.support.worker import install

JUDGED = [one for one in SCENARIOS if one["judged_by"] in ("run", "status") and one["strict"]]
PLUG_IN = """
import glob
import inspect

import numpy


def load(path):
    return numpy.atleast_1d(numpy.loadtxt(path, delimiter=","))


def run(model, params, seed, scenario, outputs):
    if "inputs" not in inspect.signature(model.simulate).parameters:
        return NotImplemented
    inputs = {
        "pop": load("data/pop.csv"),
        "regions": numpy.array([load(path).sum() for path in sorted(glob.glob("data/regions/*.csv"))]),
        "current": load("data/current.csv"),
    }
    return model().simulate(params, seed, inputs)
"""
POINTS = "[modelops_bundle.runners]\nbattery = battery_plug_in:run\n"

pytestmark = [pytest.mark.slow, pytest.mark.needs_network]


class RunBattery(Battery):
    """The battery's project with its results."""

    def register(self) -> None:
        with (self.project / "pyproject.toml").open("a") as file:
            file.write('include = ["battery-plug-in"]\n')
        super().register()
        (self.project / "out").mkdir()
        assert self.run("--declare").returncode == 0
        assert self.answer() == "REUSE"

    def copy(self, folder: Path) -> RunBattery:
        made = super().copy(folder)
        return RunBattery(made.folder, made.pythons)

    def run(self, *options: str) -> subprocess.CompletedProcess[str]:
        given = ("--params", f"{self.project}/params.json", "--workers", "1")
        return self.command("run", "SIRModel", *given, *options)

    def answer(self) -> str:
        before = self._runs()
        done = self.run()
        ran = self._runs() > before
        # What cannot run any more, or fails, is not reused either; a crash of the program is no answer.
        assert "Traceback" not in done.stderr
        assert ran or done.returncode == 0 or "failed" in done.stdout or "error:" in done.stderr
        return "REUSE" if done.returncode == 0 and not ran else "RERUN"

    def _runs(self) -> int:
        log = self.folder / "runs.log"
        return log.read_text().count("ran") if log.exists() else 0

    def _run(self, _operation: dict) -> None:
        self.answer()


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    folder = tmp_path_factory.mktemp("battery")
    python, other = installed(folder / "base", sys.executable, VARIANTS["base"]), other_python()
    pythons = {"base": python}
    for variant in ("np", "rich"):
        pythons[variant] = installed(folder / variant, sys.executable, VARIANTS[variant])
    if other is not None:
        pythons["py"] = installed(folder / "py", other, VARIANTS["py"])
    for executable in pythons.values():
        (site,) = Path(executable).parents[1].glob("lib/python*/site-packages")
        install(
            site, "battery-plug-in", "1.0", points=POINTS, files={"battery_plug_in.py": PLUG_IN}
        )
    battery = RunBattery(folder / "origin", pythons)
    battery.folder.mkdir()
    battery.create()
    battery.register()
    return battery


@pytest.mark.parametrize("scenario", params(JUDGED))
def test_the_model_runs_again_exactly_where_it_must(origin, tmp_path, scenario):
    battery = origin.copy(tmp_path / "copy")
    for operation in scenario["ops"]:
        if operation.get("variant") == "py" and "py" not in origin.pythons:
            pytest.skip("there is no other Python here")
        battery.edit(operation)
    assert battery.answer() == scenario["right"]
