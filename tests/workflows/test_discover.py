"""``discover`` in projects, in folders that are none, and in packages elsewhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelops_bundle.adapters.atomic import write_text
from modelops_bundle.errors import ConfigError, UsageError
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


@pytest.fixture
def kit(tmp_path: Path) -> Path:
    (tmp_path / "base.py").write_text("class Model: ...\ndef make(): ...\n")
    (tmp_path / "m.py").write_text(
        "from base import Model\nfrom absent import Base\nclass A(Model): ...\nclass B(Base): ...\n"
    )
    return tmp_path


@pytest.mark.parametrize(
    ("base", "warning"),
    [
        ("nosuchpkg.Base", "the base nosuchpkg.Base cannot be found: no such module"),
        ("Model", "write it with its module"),
        ("base.Modle", "the base base.Modle cannot be found: base does not define Modle"),
        ("base.make", "it is a function"),
        ("base", "it is a module"),
        ("absent.Other", "no such module"),
        ("calabaria.BaseModel", "no such module"),
    ],
)
def test_a_base_that_is_nowhere_is_warned_about(kit: Path, base: str, warning: str) -> None:
    report = found(kit, "m.py", bases=(base,))
    assert names(report) == []
    (told,) = report.warnings
    assert warning in told


@pytest.mark.parametrize("base", ["base.Model", "absent.Base", "builtins.dict"])
def test_a_base_is_known_by_its_definition_or_by_its_subclasses(kit: Path, base: str) -> None:
    assert found(kit, "m.py", bases=(base,)).warnings == ()


def test_the_usual_bases_need_not_be_installed(kit: Path) -> None:
    assert found(kit).warnings == ()
    (kit / "pyproject.toml").write_text(
        '[tool.modelops-bundle]\nmodel_bases = ["calabaria.BaseModel", "base.Modle"]\n'
    )
    (told,) = found(kit).warnings
    assert "base.Modle" in told


@pytest.mark.parametrize("base", ["", " ", "a b", "a..b", ".a", "a.", "a.b-c", "a/b"])
def test_what_cannot_be_a_base_is_refused(kit: Path, base: str) -> None:
    with pytest.raises(UsageError, match="cannot be a class") as caught:
        found(kit, "m.py", bases=(base,))
    assert "--base models.base.Model" in caught.value.mend
    (kit / "pyproject.toml").write_text(f"[tool.modelops-bundle]\nmodel_bases = ['{base}']\n")
    with pytest.raises(ConfigError, match=r"model_bases: .* is no dotted name"):
        found(kit)


def test_a_target_that_is_nowhere_is_warned_about(tmp_path: Path) -> None:
    (tmp_path / "t.py").write_text("def distance(simulated, data_paths): ...\n")
    (told,) = found(tmp_path, named=("distance", "nope")).warnings
    assert "--target nope" in told
