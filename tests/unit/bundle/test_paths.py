"""Nothing that leads out of a folder, or that a file system takes for something else, is in a bundle."""

from __future__ import annotations

import posixpath
import time
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from modelops_bundle.bundle.paths import MAX_FILES, Way, path_problem, problems_of, way_of


def problems(*paths: str, **links: str) -> list[str]:
    return list(problems_of(paths, links))


def link_problems(links: dict[str, str], *paths: str) -> list[str]:
    return list(problems_of({*paths, *links}, links))


@pytest.mark.parametrize(
    "path",
    [
        "a", "a/b.csv", "größe/データ.csv", "with blank/x y", ".hidden", "..a", "...a", "a..b",
        ".gitignore", ".github/workflows/x.yml", "git/hooks", "x.git", "..git", ".gitattributes", "gite~1",
        ".modelops-bundle/registry.yaml", ".modelops-bundle/tracked.txt", "sub/.modelopsignore", "#a", " a",
        "-rf", "~", "$HOME", "*", "n" * 255, "/".join("a" * 255), "con.txt", "ab/C:x",
    ],
)  # fmt: skip
def test_paths_that_people_have_are_allowed(path: str) -> None:
    assert path_problem(path) is None
    assert problems(path) == []


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("", "empty"),
        ("/", "absolute"),
        ("/etc/passwd", "absolute"),
        ("C:", "absolute"),
        ("c:evil", "absolute"),
        ("C:/evil", "absolute"),
        ("..", "plain path"),
        ("../a", "plain path"),
        ("a/../../b", "plain path"),
        ("a/..", "plain path"),
        (".", "plain path"),
        ("./a", "plain path"),
        ("a/./b", "plain path"),
        ("a//b", "plain path"),
        ("a/", "plain path"),
        ("a/.. /b", "plain path"),
        ("a/.../b", "plain path"),
        ("a/ /b", "plain path"),
        ("a/..\u200c/b", "plain path"),
        ("a/..::$INDEX_ALLOCATION/b", "plain path"),
        ("a\\b", "backslash"),
        ("..\\..\\b", "backslash"),
        ("a\0b", "control"),
        ("a\nb", "control"),
        ("a\rb", "control"),
        ("a\x1b[2Jb", "control"),
        ("a\x7fb", "control"),
        ("a\x85b", "control"),
        ("a\u2028b", "control"),
        ("a\udc80b", "Unicode"),
        ("\ud800", "Unicode"),
        ("n" * 256, "too long"),
        ("ü" * 128, "too long"),
        ("/".join(["n" * 100] * 41), "too long"),
        ("/".join("a" * 256), "too deep"),
    ],
)
def test_paths_that_lead_elsewhere_or_cannot_be_everywhere_are_not(path: str, why: str) -> None:
    problem = path_problem(path)
    assert problem is not None
    assert why in problem
    assert len(problems(path)) == 1
    assert len(problems("beside", path)) == 1


@pytest.mark.parametrize("folder", ["", "a/", "a/b/"])
@pytest.mark.parametrize("below", ["", "/hooks/pre-commit", "/config"])
@pytest.mark.parametrize(
    "name",
    [
        ".git", ".GIT", ".Git", ".git.", ".git ", ".git . .", "git~1", "GIT~1", ".git:stream",
        ".git::$INDEX_ALLOCATION", ".g\u200cit", ".git\u200d", "\ufeff.git", ".\u202egit", ".hg",
        ".HG", "hg~1",
        ".svn", ".\u017fvn", "svn~1", ".bzr", ".jj",
    ],
)  # fmt: skip
def test_folders_of_version_control_are_known_in_every_disguise(
    folder: str, name: str, below: str
) -> None:
    assert "version control" in (path_problem(f"{folder}{name}{below}") or "")


@pytest.mark.parametrize(
    "path",
    [
        ".modelops-bundle/state.json", ".modelops-bundle/config.yaml", ".modelops-bundle/env",
        ".modelops-bundle",
        ".modelops-bundle/incoming/x", ".modelops-bundle/registry.yaml/x", ".MODELOPS-bundle/registry.yaml",
        ".modelops-bundle./state.json", ".modelops-bundle /state.json", ".modelops\u200d-bundle/state.json",
        ".modelops-bundle::$INDEX_ALLOCATION/state.json",
    ],
)  # fmt: skip
def test_the_tool_s_own_folder_stays_on_its_machine(path: str) -> None:
    assert "own folder" in (path_problem(path) or "")


COLLIDING = [
    ("README", "readme"),
    ("data/A.csv", "data/a.csv"),
    ("Data/a", "data/b"),
    ("x/Data/a", "x/data/b/c"),
    ("caf\u00e9", "cafe\u0301"),
    ("caf\u00e9/a", "cafe\u0301/b"),
    ("CAFE\u0301", "caf\u00e9"),
    ("stra\u00dfe", "STRASSE"),
    ("\u212b", "\u00e5"),
    ("\u0390", "\u03aa\u0301"),
    ("a\u200cb", "ab"),
    ("a", "a."),
    ("a/x", "a /y"),
    ("DATA", "data/x"),
    ("a", "a/b"),
    ("a/b", "a/b/c/d"),
]


@pytest.mark.parametrize("pair", COLLIDING)
def test_two_paths_that_are_one_somewhere_do_not_come_together(pair: tuple[str, str]) -> None:
    others = ["0", "a-b", "a0", "data-x", "x", "zz"]
    for one, other in permutations(pair):
        found = problems(one, other, *(each for each in others if f"{each}/" not in one + other))
        assert len(found) == 1, found
        assert one in found[0] or other in found[0]


def test_folders_that_many_share_are_no_collision() -> None:
    assert problems("a/b/c", "a/b/d", "a/bc", "a-b/c", "a.b/c", "ab", "A.txt", "a b/c") == []


def test_a_link_is_a_path_among_others_and_nothing_lies_below_it() -> None:
    assert "folder of others" in link_problems({"l": "d"}, "l/x", "d/y")[0]
    assert "same name" in link_problems({"L": "d"}, "l/x", "d/y")[0]


@pytest.mark.parametrize(
    "links",
    [
        {"l": "a"},
        {"x/l": "../a"},
        {"x/y/l": "../../a", "x/m": "y/l"},
        {"l": "."},
        {"x/l": ".."},
        {"l": "./x//y/../z"},
        {"l": "nowhere"},
        {"to/deep": "../x/y/z", "l": "to/deep/../a"},
        {f"l{number}": f"l{number + 1}" for number in range(39)},
    ],
)
def test_links_that_stay_are_allowed(links: dict[str, str]) -> None:
    assert link_problems(links) == []


@pytest.mark.parametrize(
    "links",
    [
        {"l": ".."},
        {"l": "../x"},
        {"l": "a/../../x"},
        {"x/l": "../.."},
        {"a/b/c/l1": "../../..", "l2": "a/b/c/l1/../x"},
        {"a/b/c/l1": "../../../", "l2": "./a/b/c/l1/y/../../../x"},
        {"up": "a/b/..", "a/b": "..", "l": "up/../x"},
        {"l": "l"},
        {"l": "m", "m": "l"},
        {"a/l": "../b/m", "b/m": "../a/l/x"},
        {f"l{number:02}": f"l{number + 1:02}" for number in range(50)},
        {"d/L": "..", "x/l": "../D/L/../y"},
        {"d/cafe\u0301": "..", "x/l": "../d/caf\u00e9/../y"},
        {"l": "/".join("a" * 300) + "/.." * 299},
    ],
)
def test_links_that_lead_out_or_in_circles_are_not(links: dict[str, str]) -> None:
    assert any("leads out" in each for each in link_problems(links))


@pytest.mark.parametrize(
    "target",
    [
        "", "/", "/etc/passwd", "//x", "a\\b", "C:/x", "c:x", "a\0b", "a\nb", "\udc80/../a", "a/" * 2049,
        ".git/config", ".git/../a", ".GIT/hooks", "x/.hg", ".modelops-bundle/state.json", ".modelops-bundle",
        ".modelops-bundle./env", "a/.. /.. /b", "n" * 256,
    ],
)  # fmt: skip
def test_links_say_a_plain_relative_path(target: str) -> None:
    found = link_problems({"l": target}, "a")
    assert len(found) == 1
    assert found[0].startswith("l: it is a link to ")


def test_the_way_of_a_path_says_what_it_passes() -> None:
    links = {"latest": "runs/2", "runs/2/data": "../../shared"}
    assert way_of("latest/data/x", links) == Way(("latest", "runs/2/data"), "shared/x")
    assert way_of("runs/1", links) == Way((), "runs/1")
    assert way_of("latest/../1", links) == Way(("latest",), "runs/1")
    assert way_of("..", links) is None


names = st.sampled_from(["a", "b", "A", ".."])
targets = st.lists(names, min_size=1, max_size=5).map("/".join)
link_paths = st.lists(st.sampled_from(["a", "b", "A"]), min_size=1, max_size=3).map("/".join)


@given(st.dictionaries(link_paths, targets, max_size=5))
def test_what_passes_stays_inside_on_a_real_file_system(links: dict[str, str]) -> None:
    if link_problems(links):
        return
    for path in links:
        here, steps = _walk(path, links)
        assert here is not None
        assert steps <= 40
        assert way_of(path, links) is not None


def _walk(path: str, links: dict[str, str]) -> tuple[str | None, int]:
    """As a kernel does it: one name after the other, from the root."""
    here, rest, steps = "/", path, 0
    while rest:
        name, _, rest = rest.partition("/")
        if name == ".." and here == "/":
            return None, steps
        there = posixpath.normpath(posixpath.join(here, name))
        target = links.get(there[1:])
        if target is None:
            here = there
        else:
            steps += 1
            rest = f"{target}/{rest}" if rest else target
            if steps > 100:
                return None, steps
    return here, steps


def test_too_many_files_are_refused_without_a_look_at_them() -> None:
    found = list(problems_of((str(number) for number in range(MAX_FILES + 1)), {}))
    assert len(found) == 1
    assert str(MAX_FILES) in found[0]


def test_many_deep_paths_take_neither_long_nor_much_memory() -> None:
    import tracemalloc

    deep = [f"{number}{'/a' * 254}" for number in range(2000)]
    links = {f"x{number}/l": "a/.." * 250 for number in range(20)}
    tracemalloc.start()
    start = time.monotonic()
    assert list(problems_of({*deep, *links}, links)) == []
    assert time.monotonic() - start < 20
    assert tracemalloc.get_traced_memory()[1] < 30 << 20
    tracemalloc.stop()
