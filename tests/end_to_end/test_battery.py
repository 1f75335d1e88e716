"""Every edit of the battery that ``status`` can judge gets the right answer, through the real command."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.battery import SCENARIOS, Battery
from tests.support.pythons import pythons
from tests.support.uv import uv_or_skip

JUDGED = [one for one in SCENARIOS if one["judged_by"] == "status"]
SCORED = [one for one in JUDGED if one["strict"]]
OTHERS = [one for one in JUDGED if not one["strict"]]
#: Where both answers can be defended: the syntax tree decides, and a file's path is part of what it is.
DECIDED = {
    "annotate": "RERUN",
    "rename_local": "RERUN",
    "num_literal": "REUSE",
    "helper_renamed": "RERUN",
}
VARIANTS = {
    "base": {"numpy": "2.1.3", "rich": "13.9.4"},
    "np": {"numpy": "2.2.6", "rich": "13.9.4"},
    "rich": {"numpy": "2.1.3", "rich": "14.1.0"},
    "py": {"numpy": "2.1.3", "rich": "13.9.4"},
}


def params(scenarios: list[dict]) -> list:
    """Each with its name, and marked if it takes another Python."""
    return [
        pytest.param(one, id=one["id"], marks=[pytest.mark.needs_pythons] * with_python(one))
        for one in scenarios
    ]


def with_python(scenario: dict) -> bool:
    return any(operation.get("variant") == "py" for operation in scenario["ops"])


def other_python() -> str | None:
    """Another minor version of Python on this machine."""
    others = [path for path in pythons().values() if path != sys.executable]
    return others[0] if others else None


def fabricated(folder: Path, python: str, packages: dict[str, str]) -> str:
    """A virtual environment whose packages are there by their metadata and an empty module."""
    subprocess.run([python, "-m", "venv", "--without-pip", folder], check=True)
    (site,) = folder.glob("lib/python*/site-packages")
    for name, version in packages.items():
        metadata = site / f"{name}-{version}.dist-info"
        metadata.mkdir()
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("")
        (metadata / "METADATA").write_text(
            f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        (metadata / "RECORD").write_text(f"{name}/__init__.py,,\n{metadata.name}/METADATA,,\n")
    return str(folder / "bin" / "python")


def installed(folder: Path, python: str, packages: dict[str, str]) -> str:
    """A virtual environment with the real packages."""
    uv = uv_or_skip()
    subprocess.run([uv, "venv", "-q", "--python", python, folder], check=True)
    wanted = [f"{name}=={version}" for name, version in packages.items()]
    executable = str(folder / "bin" / "python")
    subprocess.run([uv, "pip", "install", "-q", "--python", executable, *wanted], check=True)
    return executable


def registered(folder: Path, make) -> Battery:
    other = other_python()
    pythons = {
        variant: make(folder / variant, other if variant == "py" else sys.executable, packages)
        for variant, packages in VARIANTS.items()
        if variant != "py" or other is not None
    }
    battery = Battery(folder / "origin", pythons)
    battery.folder.mkdir()
    battery.create()
    battery.register()
    return battery


@pytest.fixture(scope="module")
def origin(tmp_path_factory):
    return registered(tmp_path_factory.mktemp("battery"), fabricated)


@pytest.fixture(scope="module")
def real_origin(tmp_path_factory):
    return registered(tmp_path_factory.mktemp("battery"), installed)


def answer_after(origin: Battery, folder: Path, scenario: dict) -> str:
    battery = origin.copy(folder)
    assert battery.answer() == "REUSE"
    for operation in scenario["ops"]:
        if operation.get("variant") == "py" and "py" not in origin.pythons:
            pytest.skip("there is no other Python here")
        battery.edit(operation)
    return battery.answer()


@pytest.mark.parametrize("scenario", params(SCORED))
def test_the_answer_is_right(origin, tmp_path, scenario):
    assert answer_after(origin, tmp_path / "copy", scenario) == scenario["right"]


@pytest.mark.parametrize("scenario", params(OTHERS))
def test_where_both_answers_can_be_defended_the_tree_decides(origin, tmp_path, scenario):
    assert answer_after(origin, tmp_path / "copy", scenario) == DECIDED[scenario["id"]]


@pytest.mark.slow
@pytest.mark.needs_network
@pytest.mark.parametrize("scenario", params([one for one in SCORED if one["group"] == "env"]))
def test_the_answer_is_right_with_packages_that_are_really_installed(
    real_origin, tmp_path, scenario
):
    assert answer_after(real_origin, tmp_path / "copy", scenario) == scenario["right"]
