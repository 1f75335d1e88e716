"""The main job on real input: a model built on a simulator from the package index."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import Project, environment
from tests.support.uv import uv_or_skip

pytestmark = [pytest.mark.slow, pytest.mark.needs_network, pytest.mark.timeout(900)]

FILES = {
    "pyproject.toml": """\
[tool.modelops-bundle]
model_bases = ["starsim.Sim"]
""",
    "src/district/__init__.py": "",
    "src/district/sim.py": '''\
"""A small epidemic in one district."""

import pandas as pd
import starsim as ss

from .rates import transmission

class District( ss.Sim ):
    """The baseline."""

    def __init__(self, **options):
        people = pd.read_csv('data/people.csv')
        super().__init__(n_agents = int(people['n'].sum()),
            diseases=ss.SIR(beta=ss.peryear(transmission()), init_prev=.05),
            networks=ss.RandomNet(n_contacts=4), start=2020, stop=2022, dt=ss.days(30),
            rand_seed=1, verbose=0, **options)

class Crowded(District):
    """More people meet."""
''',
    "src/district/rates.py": '''\
"""Rates."""
from . import constants as c

def transmission():
    """Infections a year."""
    return c.R0*c.CONTACTS[ "school" ]
''',
    "src/district/constants.py": 'R0 = 0.045\nCONTACTS = {"home": 3, "school": 12}\n',
    "data/people.csv": "age,n\n0-4,100\n5+,300\n",
}

RUN = """\
import sys
sys.path.insert(0, "src")
from district.sim import District
sim = District()
sim.run()
print(sim.results.sir.cum_infections[-1])
"""

CHAIN = "src/district/sim.py -> src/district/rates.py -> src/district/constants.py"


class District(Project):
    """The project, with an environment of its own that starsim is installed in."""

    @property
    def python(self) -> Path:
        return self.folder / ".venv" / "bin" / "python"

    @property
    def metadata(self) -> Path:
        return next(self.folder.glob(".venv/lib/python*/site-packages/starsim-*.dist-info"))

    def install(self, package: str) -> None:
        uv("pip", "install", "--python", self.python, package)

    def result(self) -> str:
        """What the model says when it really runs."""
        command = [str(self.python), "-c", RUN]
        variables = environment(STARSIM_INSTALL_FONTS="0", MPLCONFIGDIR=str(self.folder / ".mpl"))
        return subprocess.run(
            command, cwd=self.folder, env=variables, capture_output=True, text=True, check=True
        ).stdout

    def state(self) -> str:
        """The one state that all entries have."""
        (state,) = set(self.states().values())
        return state


def uv(*arguments: str | Path) -> None:
    # Copies, because a test edits what is installed: a link would lead into uv's cache.
    command = [uv_or_skip(), "--quiet", *map(str, arguments)]
    done = subprocess.run(
        command, env=os.environ | {"UV_LINK_MODE": "copy"}, capture_output=True, text=True
    )
    if done.returncode:
        pytest.skip(f"packages cannot be installed: {done.stderr[-300:]}")


@pytest.fixture(scope="module")
def district(tmp_path_factory: pytest.TempPathFactory) -> District:
    """The project, registered. Each test leaves it as it was."""
    project = District(tmp_path_factory.mktemp("simulator"))
    for path, text in FILES.items():
        (project.folder / path).parent.mkdir(parents=True, exist_ok=True)
        (project.folder / path).write_text(text)
    uv("venv", "--python", sys.executable, project.folder / ".venv")
    project.install("starsim")
    project.run("init")
    project.run("register-model", "src/district", "--data", "data/people.csv")
    return project


@pytest.fixture
def undone(district: District) -> Iterator[District]:
    """The same; sources and data are written anew after the test."""
    yield district
    for path, text in FILES.items():
        (district.folder / path).write_text(text)
    assert district.state() == "current"


def test_models_on_it_are_found_and_current(district: District) -> None:
    assert district.states() == {"sim_crowded": "current", "sim_district": "current"}
    shown = district.run("env", "show", "sim_district").stdout
    packages = dict(line.split() for line in shown.splitlines() if line.startswith("  "))
    assert f"starsim-{packages['starsim']}.dist-info" == district.metadata.name
    assert "numpy" in packages


def test_formatting_changes_neither_the_result_nor_the_state(undone: District) -> None:
    before = undone.result()
    source = undone.folder / "src"
    text = (source / "district/sim.py").read_text()
    for tool in (["black", "-q"], ["isort", "-q"], ["ruff", "format", "-q", "--no-cache"]):
        subprocess.run([sys.executable, "-m", *tool, str(source)], check=True)
    assert (source / "district/sim.py").read_text() != text
    assert undone.result() == before
    assert undone.state() == "current"


def test_a_constant_behind_two_imports_is_named(undone: District) -> None:
    before = undone.result()
    undone.edit("src/district/constants.py", "R0 = 0.045", "R0 = 0.015")
    assert undone.result() != before
    assert undone.state() == "stale"
    said = undone.run("why", "Crowded").stdout
    assert f"{CHAIN}: R0 changed 0.045 -> 0.015" in said
    assert "1 change\n" in said


def test_a_column_of_its_data_is_named(undone: District) -> None:
    before = undone.result()
    undone.edit("data/people.csv", "5+,300", "5+,500")
    assert undone.result() != before
    assert undone.state() == "stale"
    assert "data/people.csv: column n changed" in undone.run("why", "District").stdout


def test_another_version_of_it_is_named(district: District) -> None:
    recorded = district.metadata
    version = recorded.name.removeprefix("starsim-").removesuffix(".dist-info")
    metadata = (recorded / "METADATA").read_text()
    other = metadata.replace(f"\nVersion: {version}\n", "\nVersion: 99.1\n")
    assert other != metadata
    folder = recorded.rename(recorded.with_name("starsim-99.1.dist-info"))
    (folder / "METADATA").write_text(other)
    assert district.state() == "stale"
    for question in (["why", "District"], ["env", "diff", "District"], ["status"]):
        assert f"starsim {version} -> 99.1" in district.run(*question).stdout
    (folder / "METADATA").write_text(metadata)
    folder.rename(recorded)
    assert district.state() == "current"


def test_a_package_that_has_nothing_to_do_with_it_leaves_it_current(district: District) -> None:
    district.install("iniconfig")
    assert "iniconfig" in district.run("env", "show").stdout
    assert district.state() == "current"
