"""Which functions are targets."""

from __future__ import annotations

import textwrap

from tests.fakes.source_tree import ROOT, SourceTree

from modelops_bundle.discovery.targets import TargetFunction, discover_targets

SOURCE = """
import modelops_calabaria as cb
from modelops_calabaria import calibration_target as target
from names import OUTPUT, DATA

@cb.calibration_target(model_output="incidence", data={"observed": "data/obs.csv"})
def first(data_paths): ...

@target(model_output=OUTPUT, data=DATA)
def second(data_paths): ...

@target("prevalence", ["data/a.csv", "data/b.csv"])
async def third(data_paths): ...

@target
def bare(): ...

@other.decorator(model_output="incidence")
def no_target(): ...

def helper(): ...

@target(model_output="gone")
def gone(): ...
gone = 3

@target(model_output="old")
def twice(): ...
@target(model_output=computed())
def twice(): ...
"""


def targets(*named: str) -> dict[str, TargetFunction]:
    tree = SourceTree(
        {
            "src/targets.py": textwrap.dedent(SOURCE),
            "src/names.py": 'OUTPUT = "deaths"\nDATA = {"observed": "data/deaths.csv", "other": 3}\n',
        }
    )
    path = f"{ROOT}/src/targets.py"
    found = discover_targets([path], resolver=tree.resolver, named=named)
    return {target.name: target for target in found.targets}


def test_decorated_functions_are_targets() -> None:
    found = targets()
    assert list(found) == ["first", "second", "third", "bare", "twice"]
    assert found["first"].entrypoint == "targets:first"
    assert found["first"].model_output == "incidence"
    assert found["first"].data == (("observed", "data/obs.csv"),)


def test_variables_are_followed() -> None:
    second = targets()["second"]
    assert second.model_output == "deaths"
    assert second.data == (("observed", "data/deaths.csv"),)


def test_positions_and_lists() -> None:
    third = targets()["third"]
    assert third.model_output == "prevalence"
    assert third.data == (("0", "data/a.csv"), ("1", "data/b.csv"))


def test_what_is_not_stated_is_empty() -> None:
    assert (targets()["bare"].model_output, targets()["twice"].model_output) == ("", "")


def test_functions_named_by_the_user_are_targets_too() -> None:
    assert "helper" in targets("helper", "missing")
    assert "missing" not in targets("helper", "missing")


def test_files_that_cannot_be_read_are_skipped() -> None:
    tree = SourceTree({"bad.py": "def ("})
    found = discover_targets(tree.paths, resolver=tree.resolver)
    assert [skip.path for skip in found.skipped] == [f"{ROOT}/bad.py"]
