"""What a pull does to each path, and that no work is lost by it."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.contents import Contents, Entry, FileEntry, LinkEntry
from modelops_bundle.bundle.pulling import Action, PullPlan, changes, plan_mirror, plan_pull
from modelops_bundle.identity.recipes import content_digest

ENTRIES: dict[str, Entry | None] = {
    "-": None,
    "A": FileEntry(content_digest(b"A"), 1),
    "B": FileEntry(content_digest(b"B"), 1),
    "C": LinkEntry("x"),
}

# What was synced, what is there, what the bundle holds: what is done.
TABLE = {
    "---": "nothing", "--A": "create", "-A-": "nothing", "-AA": "nothing", "-AB": "untracked",
    "A--": "nothing",
    "A-A": "kept deleted", "A-B": "deleted", "AA-": "delete", "AAA": "nothing", "AAB": "update",
    "AB-": "modified", "ABA": "kept modified", "ABB": "nothing", "ABC": "modified",
}  # fmt: skip


def contents_of(letter: str) -> Contents:
    entry = ENTRIES[letter]
    return {} if entry is None else {"p": entry}


def outcome(plan: PullPlan) -> str:
    said = [each.action.value for each in plan.steps]
    said += [each.state for each in plan.obstacles]
    said += [f"kept {each.state}" for each in plan.kept]
    assert len(said) <= 1
    assert plan.is_empty == (not plan.steps and not plan.obstacles)
    return said[0] if said else "nothing"


def same_shape(case: tuple[str, ...]) -> str:
    """The case of the table: what matters is which of the three are the same."""
    names = {"-": "-"}
    for letter in case:
        names.setdefault(letter, "ABC"[len(names) - 1])
    return "".join(names[letter] for letter in case)


@pytest.mark.parametrize("case", list(product("-ABC", repeat=3)))
def test_every_case(case: tuple[str, str, str]) -> None:
    plan = plan_pull(*map(contents_of, case))
    assert outcome(plan) == TABLE[same_shape(case)]
    for step in plan.steps:
        assert (step.before, step.after) == (ENTRIES[case[1]], ENTRIES[case[2]])


@pytest.mark.parametrize(("case", "expected"), [("A-A", "create"), ("A-B", "create"), ("A--", "nothing"),
                                                ("ABA", "kept modified"), ("ABC", "modified"),
                                                ("AB-", "modified"),
                                                ("-AB", "untracked"), ("AA-", "delete")])  # fmt: skip
def test_what_the_user_deleted_comes_back_if_that_is_asked_for(case: str, expected: str) -> None:
    assert outcome(plan_pull(*map(contents_of, case), restore_deleted=True)) == expected


@pytest.mark.parametrize(("here", "new"), list(product("-ABC", repeat=2)))
def test_a_mirror_makes_everything_what_the_bundle_holds(here: str, new: str) -> None:
    plan = plan_mirror(contents_of(here), contents_of(new))
    assert apply(contents_of(here), plan) == contents_of(new)
    assert not plan.obstacles
    assert not plan.kept
    assert plan.is_empty == (here == new)


def test_an_executable_bit_is_a_change() -> None:
    plain, executable = (FileEntry(content_digest(b"A"), 1, flag) for flag in (False, True))
    plan = plan_pull({"p": plain}, {"p": plain}, {"p": executable})
    assert [step.action for step in plan.steps] == [Action.UPDATE]


def test_paths_that_nobody_synced_and_the_bundle_lacks_are_not_looked_at() -> None:
    assert plan_pull({}, contents_of("A"), {}).is_empty


def test_everything_comes_sorted() -> None:
    base = dict.fromkeys("dbca", ENTRIES["A"])
    plan = plan_pull(base, base, {})  # type: ignore[arg-type]
    assert [step.path for step in plan.steps] == list("abcd")
    assert list(changes(base, {})) == list("abcd")  # type: ignore[arg-type]


def test_changes_between_two_states() -> None:
    old = {"gone": ENTRIES["A"], "same": ENTRIES["A"], "other": ENTRIES["A"]}
    new = {"new": ENTRIES["A"], "same": ENTRIES["A"], "other": ENTRIES["C"]}
    assert changes(old, new) == {  # type: ignore[arg-type]
        "gone": Action.DELETE, "new": Action.CREATE, "other": Action.UPDATE
    }  # fmt: skip


def apply(local: Contents, plan: PullPlan) -> Contents:
    after = dict(local)
    for step in plan.steps:
        assert after.get(step.path) == step.before
        if step.after is None:
            del after[step.path]
        else:
            after[step.path] = step.after
    return after


entries = st.sampled_from([entry for entry in ENTRIES.values() if entry is not None])
states = st.dictionaries(st.sampled_from(["a", "b", "c", "d", "e"]), entries)


@given(states, states, states, st.booleans())
def test_no_work_is_lost(base: Contents, local: Contents, remote: Contents, restore: bool) -> None:
    plan = plan_pull(base, local, remote, restore_deleted=restore)
    touched = {step.path for step in plan.steps}
    stopped = {each.path for each in plan.obstacles}
    assert not touched & stopped
    for path, entry in local.items():
        if entry != base.get(path) and entry != remote.get(path):
            assert path not in touched
    after = apply(local, plan)
    for path in {*base, *remote} - stopped - {each.path for each in plan.kept}:
        assert after.get(path) == remote.get(path)


@given(states, states, states, st.booleans())
def test_doing_it_again_does_nothing(
    base: Contents, local: Contents, remote: Contents, restore: bool
) -> None:
    plan = plan_pull(base, local, remote, restore_deleted=restore)
    after = apply(local, plan)
    again = plan_pull(base, after, remote, restore_deleted=restore)
    assert (again.steps, again.obstacles) == ((), plan.obstacles)
    if not plan.obstacles:
        # What was synced is then the bundle's, and what the user did is still known as that.
        settled = plan_pull(remote, after, remote, restore_deleted=restore)
        assert settled.is_empty
        assert settled.kept == plan.kept


@given(states, states, states, states)
def test_bundle_after_bundle_ends_where_the_last_one_does(
    base: Contents, first: Contents, second: Contents, third: Contents
) -> None:
    local = base
    for old, new in ((base, first), (first, second), (second, third)):
        plan = plan_pull(old, local, new)
        assert not plan.obstacles
        local = apply(local, plan)
    assert local == third
