"""Whose a path shall be."""

from __future__ import annotations

from itertools import product

import pytest

from modelops_bundle.bundle.contents import Contents, Entry, FileEntry
from modelops_bundle.bundle.pulling import plan_pull
from modelops_bundle.bundle.sides import NOBODY, Sides
from modelops_bundle.errors import UsageError
from modelops_bundle.identity.recipes import content_digest


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("data/a.csv", "ours"),
        ("data/raw/a.csv", "theirs"),
        ("data/raw", "theirs"),
        ("database/a.csv", "theirs"),
        ("data", "ours"),
        ("both", None),
    ],
)
def test_what_is_named_more_closely_counts(path: str, expected: str | None) -> None:
    sides = Sides(ours=("data", "both"), theirs=(".", "data/raw", "both"))
    assert sides.of(path) == expected
    assert sides.is_theirs(path) == (expected == "theirs")
    assert NOBODY.of(path) is None


def test_names_must_stand_for_something() -> None:
    paths = {"data/a.csv", "src/m.py"}
    Sides(ours=("data",), theirs=(".", "src/m.py")).require_known(paths)
    for name in ("dat", "data/b.csv", "src/m.py/x"):
        with pytest.raises(UsageError, match="is not in the bundle"):
            Sides(ours=(name,)).require_known(paths)


STATES: list[Entry | None] = [None, *(FileEntry(content_digest(x), 1) for x in (b"A", b"B", b"C"))]


@pytest.mark.parametrize("case", list(product(STATES, repeat=3)))
def test_every_case(case: tuple[Entry | None, ...]) -> None:
    """The bundle's always where that is said; one's own where both changed it, and only there."""
    base, local, remote = ({} if entry is None else {"p": entry} for entry in case)
    plain = plan_pull(base, local, remote)

    theirs = plan_pull(base, local, remote, side=Sides(theirs=("p",)).of)
    assert (theirs.obstacles, theirs.kept, theirs.ours) == ((), (), ())
    is_looked_at = case[0] is not None or case[2] is not None
    expected = [case[2]] if is_looked_at and case[1] != case[2] else []
    assert [step.after for step in theirs.steps] == expected

    ours = plan_pull(base, local, remote, side=Sides(ours=("p",)).of)
    assert (ours.steps, ours.kept) == (plain.steps, plain.kept)
    assert (ours.ours, ours.obstacles) == (plain.obstacles, ())

    other: Contents = {"q": FileEntry(content_digest(b"x"), 1)}
    assert plan_pull(base, local, {**remote, **other}, side=Sides(ours=("p",)).of).steps[-1:] == (
        plan_pull({}, {}, other).steps
    )
