"""Recorded against current leaves: every difference is a change, and nothing else is."""

from dataclasses import replace

import pytest

from modelops_bundle.digests.leaves import Leaves
from modelops_bundle.environment import EnvironmentDigest
from modelops_bundle.staleness import Change, State, compare, judge

ENVIRONMENT = EnvironmentDigest("3.11.7", "linux-x86_64", {"numpy": "2.1.3"})
RECORDED = Leaves(
    kind="MODEL",
    path="models/sir.py",
    own="blake2b:1",
    code={"utils/rates.py": "blake2b:2"},
    data={"data/pop.csv": "blake3:3"},
    external={"epilib/__init__.py": "blake2b:4"},
    distributions={"locallib": "blake2b:5"},
    variables={"SCALE": "blake2b:6"},
    environment=ENVIRONMENT,
    environment_digest=ENVIRONMENT.compute_digest(),
)


def judged(current, broken=False):
    return judge(RECORDED, RECORDED.digest(), current, current.digest(), broken)


def test_what_is_as_recorded_is_current():
    verdict = judged(replace(RECORDED))
    assert verdict.state is State.CURRENT
    assert verdict.changes == ()


@pytest.mark.parametrize(
    ("field", "value", "change"),
    [
        ("own", "blake2b:x", Change("code", "models/sir.py", "modified", "blake2b:1", "blake2b:x")),
        ("code", {}, Change("code", "utils/rates.py", "removed", "blake2b:2", None)),
        (
            "data",
            {"data/pop.csv": "y"},
            Change("data", "data/pop.csv", "modified", "blake3:3", "y"),
        ),
        (
            "external",
            {**RECORDED.external, "new.py": "z"},
            Change("code", "new.py", "added", None, "z"),
        ),
        ("distributions", {}, Change("code", "locallib", "removed", "blake2b:5", None)),
        ("variables", {"SCALE": "v"}, Change("variable", "SCALE", "modified", "blake2b:6", "v")),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_kind_of_leaf_makes_stale_and_is_named(field, value, change):
    verdict = judged(replace(RECORDED, **{field: value}))
    assert verdict.state is State.STALE
    assert verdict.changes == (change,)


def test_packages_and_properties_of_the_environment_are_named():
    now = EnvironmentDigest("3.12.1", "linux-x86_64", {"numpy": "2.2.6", "scipy": "1"})
    current = replace(RECORDED, environment=now, environment_digest=now.compute_digest())
    assert [(c.path, c.change, c.before, c.after) for c in judged(current).changes] == [
        ("python", "modified", "3.11.7", "3.12.1"),
        ("numpy", "modified", "2.1.3", "2.2.6"),
        ("scipy", "added", None, "1"),
    ]


def test_an_environment_known_only_by_its_digest_is_one_change():
    recorded = replace(RECORDED, environment=None, environment_digest="0" * 64)
    (change,) = compare(recorded, RECORDED)
    assert (change.kind, change.path) == ("environment", "environment")


def test_a_target_file_is_a_change_of_kind_target():
    recorded, current = replace(RECORDED, kind="TARGET"), replace(RECORDED, kind="TARGET", own="x")
    assert [change.kind for change in compare(recorded, current)] == ["target"]


def test_a_broken_entry_is_invalid_even_when_nothing_else_differs():
    assert judged(RECORDED, broken=True).state is State.INVALID


def test_a_digest_that_the_recorded_parts_do_not_give_is_stale_with_a_reason():
    verdict = judge(RECORDED, "blake2b:edited", RECORDED, RECORDED.digest(), broken=False)
    assert verdict.state is State.STALE
    assert len(verdict.changes) == 1


def test_an_entry_of_another_tool_has_no_digest_and_is_stale():
    foreign = Leaves(kind="MODEL", path="models/sir.py", own="sha256:1")
    verdict = judge(foreign, None, RECORDED, RECORDED.digest(), broken=False)
    assert verdict.state is State.STALE
    assert verdict.changes
