"""The sample project: written whole, and it works."""

from __future__ import annotations

import importlib
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from modelops_bundle.adapters.atomic import write_text
from modelops_bundle.errors import UsageError
from modelops_bundle.workflows.sample import create_sample

PARAMS = {"beta": 0.4, "gamma": 0.1}


@pytest.fixture
def sample(tmp_path: Path) -> Path:
    return Path(create_sample(write_text, str(tmp_path), "deeply/inside", "epidemic"))


def test_it_is_whole(sample: Path, tmp_path: Path) -> None:
    assert sample == tmp_path / "deeply" / "inside" / "epidemic"
    written = {path.relative_to(sample).as_posix() for path in sample.rglob("*") if path.is_file()}
    assert written == {
        ".gitignore", "README.md", "pyproject.toml", "config/settings.json", "data/population.csv",
        "data/observed_incidence.csv", "data/observed_peak.csv", "src/model.py", "src/rates.py",
        "src/settings.py", "src/targets.py",
    }  # fmt: skip


def test_it_bears_its_name(sample: Path) -> None:
    assert tomllib.loads((sample / "pyproject.toml").read_text())["project"]["name"] == "epidemic"
    texts = [path.read_text() for path in sample.rglob("*") if path.is_file()]
    assert not any("@NAME@" in text for text in texts)


@pytest.fixture
def sources(sample: Path, monkeypatch: pytest.MonkeyPatch):
    names = ("model", "rates", "settings", "targets")
    monkeypatch.syspath_prepend(str(sample / "src"))
    for name in names:
        monkeypatch.delitem(sys.modules, name, raising=False)
    yield importlib.import_module("model"), importlib.import_module("targets")
    for name in names:
        sys.modules.pop(name, None)


@pytest.mark.parametrize("name", ["StochasticSIR", "DeterministicSIR", "NetworkSIR"])
def test_its_models_run(sources, name: str) -> None:
    model = getattr(sources[0], name)()
    tables = model.simulate(PARAMS, seed=1)
    assert tables == model.simulate(PARAMS, seed=1)
    assert set(tables) == set(model.OUTPUTS)
    cases = tables["incidence"]["cases"]
    assert len(cases) == 60
    assert 500 < sum(cases) <= 990
    assert min(tables["prevalence"]["infected"]) >= 0


def test_chance_and_the_network_make_a_difference(sources) -> None:
    model = sources[0]
    stochastic = model.StochasticSIR()
    assert stochastic.simulate(PARAMS, 1) != stochastic.simulate(PARAMS, 2)
    deterministic = model.DeterministicSIR()
    assert deterministic.simulate(PARAMS, 1) == deterministic.simulate(PARAMS, 2)
    assert model.NetworkSIR().simulate(PARAMS, 1) != stochastic.simulate(PARAMS, 1)
    assert issubclass(model.NetworkSIR, model.StochasticSIR)


def test_its_targets_judge_its_models(sources, sample: Path) -> None:
    model, targets = sources
    tables = model.DeterministicSIR().simulate(PARAMS, 1)
    for target in (targets.incidence_distance, targets.peak_timing):
        paths = {name: str(sample / path) for name, path in target.data.items()}
        assert target(tables[target.model_output], paths) >= 0


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "-x", "x ", "a\nb", "é", "x.", "y" * 101])
def test_a_name_that_cannot_be_one(tmp_path: Path, name: str) -> None:
    with pytest.raises(UsageError, match="cannot be a project's name"):
        create_sample(write_text, str(tmp_path), ".", name)
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["x", "sir-2024", "A.b_c", "0"])
def test_a_name_that_can(tmp_path: Path, name: str) -> None:
    assert Path(create_sample(write_text, str(tmp_path), ".", name)).name == name


def test_what_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").write_text("mine")
    (tmp_path / "file").write_text("mine")
    create_sample(write_text, str(tmp_path), ".", "empty")
    for name in ("full", "file"):
        with pytest.raises(UsageError):
            create_sample(write_text, str(tmp_path), ".", name)
    assert [path.name for path in (tmp_path / "full").iterdir()] == ["mine.txt"]


def test_its_sources_are_formatted(sample: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "ruff",
        "format",
        "--isolated",
        "--check",
        "--line-length",
        "100",
    ]
    subprocess.run([*command, str(sample)], check=True, capture_output=True)
