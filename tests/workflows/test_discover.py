"""``discover`` in projects, in folders that are none, and in packages elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelops_bundle.adapters.atomic import write_text
from modelops_bundle.errors import UsageError
from modelops_bundle.project.layout import Layout
from modelops_bundle.wiring import open_folder
from modelops_bundle.workflows.discover import DiscoveryReport, discover
from modelops_bundle.workflows.sample import create_sample

MODEL = "from modelops_bundle import BaseModel\nclass {}(BaseModel):\n    def simulate(self, p, s): ...\n"


def found(
    folder: Path, *paths: str, bases: tuple[str, ...] = (), named: tuple[str, ...] = ()
) -> DiscoveryReport:
    with open_folder(Layout(str(folder)), cwd=str(folder)) as workspace:
        return discover(workspace, paths, bases, named)


def names(report: DiscoveryReport) -> list[str]:
    return [model.entrypoint for _, model in report.models]


def test_a_whole_project(tmp_path: Path) -> None:
    folder = Path(create_sample(write_text, str(tmp_path), ".", "x"))
    report = found(folder)
    assert names(report) == ["model:StochasticSIR", "model:DeterministicSIR", "model:NetworkSIR"]
    assert [entry_id for entry_id, _ in report.targets] == [
        "targets_incidence_distance",
        "targets_peak_timing",
    ]
    assert report.searched == 4
    assert report.shown(report.models[0][1].path) == "src/model.py"
    assert not (folder / ".modelops-bundle").exists()


def test_one_file(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(MODEL.format("A"))
    (tmp_path / "b.py").write_text(MODEL.format("B"))
    assert names(found(tmp_path, "b.py")) == ["b:B"]


def test_a_package_somewhere_else(tmp_path: Path) -> None:
    here, package = tmp_path / "here", tmp_path / "repos" / "checkout-1.0" / "kit"
    here.mkdir()
    package.mkdir(parents=True)
    (package / "__init__.py").write_text("from kit.base import Estimator\n")
    (package / "base.py").write_text("class Estimator: ...\n")
    (package / "linear.py").write_text("from kit import Estimator\nclass Ridge(Estimator): ...\n")
    for folder, path in ((here, str(package)), (tmp_path, "repos/checkout-1.0/kit")):
        report = found(folder, path, bases=("kit.base.Estimator",))
        assert "kit.linear:Ridge" in names(report)


def test_two_of_one_name_get_two_ids(tmp_path: Path) -> None:
    for folder in ("north", "south"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "sir.py").write_text(MODEL.format("SIR"))
    assert [entry_id for entry_id, _ in found(tmp_path).models] == ["sir_sir", "south_sir_sir"]


def test_what_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text(MODEL.format("A"))
    (tmp_path / "b.py").write_text("class (:\n")
    report = found(tmp_path)
    assert names(report) == ["a:A"]
    (skipped,) = report.discovery.skipped
    assert report.shown(skipped.path) == "b.py"


def test_a_path_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        found(tmp_path, "nowhere")


def test_a_target_that_is_named(tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text("def distance(simulated, data_paths): ...\ndef other(): ...\n")
    assert [target.name for _, target in found(tmp_path, named=("distance",)).targets] == [
        "distance"
    ]
