from __future__ import annotations

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from modelops_bundle.registry import (
    BundleRegistry,
    EnvironmentEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
    dump_document,
)

MODEL = ModelEntry(
    entrypoint="models.sir:Outer.SIR",
    path="models/sir.py",
    class_name="Outer.SIR",
    data=("data/pop.csv",),
    data_digests={"data/pop.csv": "blake3:1"},
    code=("utils/rates.py",),
    code_digests={"utils/rates.py": "blake2b:2"},
    digest="blake2b:3",
)
TARGET = TargetEntry(entrypoint="targets.fit:fit", path="targets/fit.py", model_output="prevalence")
ENVIRONMENT = EnvironmentEntry(python_version="3.11.7", platform="linux-x86_64")


def test_good_entries_have_no_problems():
    registry = BundleRegistry(
        models={"sir": replace(MODEL, environment="e")},
        targets={"fit": TARGET},
        target_sets={"all": TargetSet(targets=("fit",), weights={"fit": 1.0})},
        environments={"e": ENVIRONMENT},
    )
    assert registry.validate() == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"entrypoint": "models.sir"}, "entrypoint 'models.sir' is not `module:Name`"),
        ({"entrypoint": "models/sir:SIR"}, "entrypoint 'models/sir:SIR' is not `module:Name`"),
        ({"class_name": "SEIR"}, "class_name 'SEIR' is not what the entrypoint names"),
        ({"path": "/home/user/sir.py"}, "path '/home/user/sir.py' is absolute"),
        ({"path": "C:/x/sir.py"}, "path 'C:/x/sir.py' is absolute"),
        ({"path": "../sir.py"}, "path '../sir.py' leads out of the project"),
        ({"path": ""}, "path '' is not a path"),
        ({"data": ("a/../../b",), "data_digests": {"a/../../b": "x"}}, "leads out of the project"),
        ({"data_digests": {}}, "data 'data/pop.csv' has no digest"),
        ({"code_digests": {}}, "code 'utils/rates.py' has no digest"),
        ({"data": ()}, "data_digests names 'data/pop.csv', which is not in data"),
        ({"code": ()}, "code_digests names 'utils/rates.py', which is not in code"),
    ],
)
def test_a_model_that_contradicts_itself_says_how(changes, problem):
    assert any(problem in found for found in replace(MODEL, **changes).validate())


def test_a_registration_of_another_tool_may_lack_digests():
    assert replace(MODEL, digest="", data_digests={}, code_digests={}).validate() == []


def test_a_nested_class_may_go_by_its_own_name():
    assert replace(MODEL, class_name="SIR").validate() == []


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"model_output": ""}, "model_output is empty"),
        ({"weight": float("inf")}, "weight inf is not a finite number"),
        ({"entrypoint": "x:"}, "is not `module:Name`"),
    ],
)
def test_a_target_that_contradicts_itself_says_how(changes, problem):
    assert any(problem in found for found in replace(TARGET, **changes).validate())


def test_the_registry_names_the_key_of_each_problem():
    registry = BundleRegistry(
        models={"a b": MODEL, "x": replace(MODEL, environment="gone")},
        targets={"t": replace(TARGET, path="")},
        target_sets={
            "s": TargetSet(targets=("t", "u", "t"), weights={"v": 1.0, "t": float("nan")}),
        },
    )
    assert registry.validate() == [
        "models.a b: 'a b' cannot be an id",
        "models.x: environment 'gone' is not recorded",
        "targets.t: path '' is not a path",
        "target_sets.s: target 't' is listed twice",
        "target_sets.s: weight for 'v', which is not in the set",
        "target_sets.s: weight nan of 't' is not a finite number",
        "target_sets.s: target 'u' is not registered",
    ]


def test_entries_come_models_first_and_sorted():
    registry = BundleRegistry(models={"b": MODEL, "a": MODEL}, targets={"t": TARGET})
    assert [name for name, _ in registry.entries()] == ["a", "b", "t"]


def test_environments_that_nobody_uses_are_not_written():
    registry = BundleRegistry(
        models={"a": replace(MODEL, environment="e")},
        environments={"e": ENVIRONMENT, "old": ENVIRONMENT},
    )
    assert b"old" not in dump_document(registry)
    assert list(registry.used_environments()) == ["e"]


def test_the_door_is_light_until_discovery_is_asked_for():
    code = """
import sys
import modelops_bundle.registry
heavy = {"yaml", "filelock", "typer", "rich", "modelops_bundle.discovery.models"}
print(sorted(heavy & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_the_door_has_only_what_it_lists():
    import modelops_bundle.registry as door

    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = door.nothing


def test_a_large_set_is_judged_in_time_proportional_to_it() -> None:
    names = tuple(f"t{number}" for number in range(100_000))
    weights = dict.fromkeys(names, 1.0)
    started = time.monotonic()
    assert TargetSet(targets=names, weights=weights).validate() == []
    assert time.monotonic() - started < 5
