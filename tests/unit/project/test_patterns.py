"""Patterns walked down name by name, against a plain recursive reading of what they mean."""

import fnmatch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.project.patterns import Pattern, is_pattern

PARTS = st.sampled_from(["**", "*", "a", "b", "?", "[ab]", "a*", "ab"])
NAMES = st.sampled_from(["a", "b", "ab", "c"])


def means(parts: list[str], names: list[str]) -> bool:
    if not parts:
        return not names
    head, *rest = parts
    if head != "**":
        return bool(names) and fnmatch.fnmatchcase(names[0], head) and means(rest, names[1:])
    if not rest:
        return bool(names)
    return any(means(rest, names[skip:]) for skip in range(len(names)))


@given(st.lists(PARTS, min_size=1, max_size=5), st.lists(NAMES, min_size=1, max_size=5))
def test_it_matches_what_it_means(parts, names):
    pattern = Pattern("/".join(parts))
    states = pattern.start
    for name in names[:-1]:
        states = pattern.into(states, name)
    expected = means(parts, names)
    assert (pattern.matching(states, [names[-1]]) == [names[-1]]) is expected
    assert pattern.is_match(pattern.into(states, names[-1])) is expected


@pytest.mark.parametrize(("text", "folder"), [("data/*.csv", "raw"), ("a/b/*", "c"), ("*/x", "")])
def test_folders_that_lead_nowhere_have_no_states(text, folder):
    pattern = Pattern(text)
    states = pattern.into(pattern.start, folder or "y")
    assert bool(states) is (not folder)


def test_characters_of_patterns():
    assert [is_pattern(text) for text in ("a*", "a?", "[a]", "a")] == [True, True, True, False]
