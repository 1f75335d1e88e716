"""Registries of two sides that come from one: nothing that only one side did is lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.records.entries import (
    BundleRegistry,
    EnvironmentEntry,
    ModelEntry,
    TargetEntry,
    TargetSet,
)
from modelops_bundle.records.merging import merge_registries


def model(value: int) -> ModelEntry:
    return ModelEntry(
        entrypoint=f"m:M{value}", path="m.py", class_name=f"M{value}", environment=f"e{value}"
    )


def of(models: dict[str, int]) -> BundleRegistry:
    return BundleRegistry(
        models={name: model(value) for name, value in models.items()},
        environments={
            f"e{value}": EnvironmentEntry(python_version="3", platform=str(value))
            for value in models.values()
        },
    )


def test_each_side_registers_one() -> None:
    merged, conflicts = merge_registries(of({"a": 1}), of({"a": 1, "b": 2}), of({"a": 1, "c": 3}))
    assert conflicts == ()
    assert merged == of({"a": 1, "b": 2, "c": 3})


def test_one_side_drops_and_the_other_updates_another() -> None:
    merged, conflicts = merge_registries(of({"a": 1, "b": 2}), of({"b": 2}), of({"a": 1, "b": 3}))
    assert conflicts == ()
    assert merged.models == of({"b": 3}).models


@pytest.mark.parametrize(("ours", "theirs"), [({"a": 2}, {"a": 3}), ({}, {"a": 3}), ({"a": 2}, {})])
@pytest.mark.parametrize("prefer", ["ours", "theirs"])
def test_both_changed_the_same(
    ours: dict[str, int], theirs: dict[str, int], prefer: Literal["ours", "theirs"]
) -> None:
    base = of({"a": 1})
    _, conflicts = merge_registries(base, of(ours), of(theirs))
    assert conflicts == ("models.a",)
    merged, conflicts = merge_registries(base, of(ours), of(theirs), prefer)
    assert conflicts == ()
    assert merged.models == of(ours if prefer == "ours" else theirs).models


def test_nothing_is_known_of_what_both_come_from() -> None:
    merged, conflicts = merge_registries(BundleRegistry(), of({"a": 1, "b": 2}), of({"b": 2}))
    assert (conflicts, merged.models) == ((), of({"a": 1, "b": 2}).models)


def test_what_contradicts_itself_only_together() -> None:
    target = TargetEntry(entrypoint="t:f", path="t.py", model_output="y")
    base = BundleRegistry(targets={"t": target})
    ours = replace(base, targets={})
    theirs = replace(base, target_sets={"s": TargetSet(targets=("t",))})
    _, conflicts = merge_registries(base, ours, theirs)
    assert conflicts == ("target_sets.s: target 't' is not registered",)


def test_keys_of_others_are_merged_as_well() -> None:
    base = BundleRegistry(extra={"x": 1})
    merged, conflicts = merge_registries(
        base, replace(base, extra={"x": 1, "y": 2}), replace(base, extra={"x": 3})
    )
    assert (conflicts, merged.extra) == ((), {"x": 3, "y": 2})


registries = st.dictionaries(st.sampled_from("abcd"), st.integers(0, 2)).map(of)


@given(registries, registries, registries)
def test_laws(base: BundleRegistry, ours: BundleRegistry, theirs: BundleRegistry) -> None:
    merged, conflicts = merge_registries(base, ours, theirs)
    mirrored, same = merge_registries(base, theirs, ours)
    assert (mirrored.models, same) == (merged.models, conflicts)
    assert merge_registries(base, ours, base).registry.models == ours.models
    assert merge_registries(base, ours, ours).registry.models == ours.models
    for name in {*base.models, *ours.models, *theirs.models}:
        sides = [
            side.models.get(name)
            for side in (ours, theirs)
            if side.models.get(name) != base.models.get(name)
        ]
        disagree = len(sides) == 2 and sides[0] != sides[1]
        assert (f"models.{name}" in conflicts) == disagree
        if sides and not disagree:
            assert merged.models.get(name) == sides[0]
    # Who goes on from what came out has nothing to settle any more.
    again = merge_registries(theirs, merged, theirs)
    assert conflicts or again.registry.models == merged.models
