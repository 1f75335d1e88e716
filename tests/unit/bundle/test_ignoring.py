"""Which files are passed over."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.ignoring import Ignoring
from modelops_bundle.errors import UsageError


@pytest.mark.parametrize(
    "path",
    [
        ".git", "a/.git", ".hg", ".svn", ".jj", ".modelops-bundle", "a/b.pyc", ".DS_Store", "x/Thumbs.db",
        "a~", ".a.swp", ".#lock", "#a#", ".env", "a/.env", ".env.local", ".venv/lib/x.py",
        "node_modules/a/b.js",
        "a/__pycache__/b.py",
    ],
)  # fmt: skip
def test_what_is_always_passed_over(path: str) -> None:
    assert Ignoring("").passes(path)


@pytest.mark.parametrize(
    "path",
    [
        "a.py",
        ".gitignore",
        ".env.example",
        ".env.sample",
        "venv",
        "env",
        "data/x.csv",
        "build/x",
        "a.pyx",
        "cache/x",
    ],
)
def test_what_is_not(path: str) -> None:
    assert not Ignoring("").passes(path)


def test_folders_are_told_from_files() -> None:
    ignoring = Ignoring("out/\n")
    assert ignoring.passes("out", is_folder=True)
    assert not ignoring.passes("out")
    assert ignoring.passes("a/out/x")
    assert Ignoring("").passes("a/__pycache__", is_folder=True)


def test_the_project_s_own_patterns_have_the_last_word() -> None:
    ignoring = Ignoring("# a comment\n\n*.csv\r\n!keep.csv\n/top\na/**/z\n!.env\n\\#hash\nend\\ \n")
    assert ignoring.passes("x/a.csv")
    assert not ignoring.passes("x/keep.csv")
    assert ignoring.passes("top")
    assert not ignoring.passes("x/top")
    assert ignoring.passes("a/b/c/z")
    assert not ignoring.passes(".env")
    assert ignoring.passes("#hash")
    assert not ignoring.passes("# a comment")
    assert ignoring.passes("end ")


def test_only_ends_of_lines_end_a_pattern() -> None:
    ignoring = Ignoring("\ufeffa\u2028b\nc\x0cd\n")
    assert ignoring.passes("a\u2028b")
    assert not ignoring.passes("b")
    assert not ignoring.passes("d")


@pytest.mark.parametrize("line", ["!", "a\\", "[z-a]"])
def test_what_is_no_pattern_is_refused(line: str) -> None:
    with pytest.raises(UsageError, match="modelopsignore cannot be used"):
        Ignoring(f"*.csv\n{line}\n")


def test_names_that_are_not_unicode_are_judged() -> None:
    assert Ignoring("*.csv\n").passes("bad\udc80.csv")
    assert not Ignoring("bad\udc80x\n").passes("bad\udc80y")


@pytest.mark.filterwarnings("ignore::FutureWarning")
@given(st.text(alphabet="ab/*?![]\\-^#. \n\r", max_size=12))
def test_any_text_is_patterns_or_refused(text: str) -> None:
    try:
        ignoring = Ignoring(text)
    except UsageError:
        return
    ignoring.passes("a/b.c")
    ignoring.passes("a", is_folder=True)
