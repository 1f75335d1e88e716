"""What patterns and folders stand for."""

import os

import pytest

from modelops_bundle.adapters.disk import DiskFiles
from modelops_bundle.errors import UsageError
from modelops_bundle.project.files import expand, python_files
from modelops_bundle.project.layout import Layout


@pytest.fixture
def project(tmp_path):
    for name in (
        "data/a.csv",
        "data/b.csv",
        "data/deep/c.csv",
        "data/deep/er/d.csv",
        "data/[x].csv",
        "data/.hidden.csv",
        "data/.DS_Store",
        "data/deep/__pycache__/e.csv",
        "src/m.py",
        "src/.venv/bad.py",
        "env/pyvenv.cfg",
        "env/lib/bad.py",
    ):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")
    return tmp_path


def expanded(root, pattern, exclude=()):
    return expand(DiskFiles(str(root)), Layout(str(root)), pattern, exclude)


@pytest.mark.parametrize(
    ("pattern", "names"),
    [
        ("data/a.csv", ["data/a.csv"]),
        ("data/[x].csv", ["data/[x].csv"]),
        ("data/[ab].csv", ["data/a.csv", "data/b.csv"]),
        ("data/?.csv", ["data/a.csv", "data/b.csv"]),
        ("data/*/c.csv", ["data/deep/c.csv"]),
        ("data/**/c.csv", ["data/deep/c.csv"]),
        ("data/**/d.csv", ["data/deep/er/d.csv"]),
        ("data/deep", ["data/deep/c.csv", "data/deep/er/d.csv"]),
        ("data/deep/**", ["data/deep/c.csv", "data/deep/er/d.csv"]),
        ("*/deep/*.csv", ["data/deep/c.csv"]),
        ("data/nothing*", []),
        ("nothing", []),
        ("data/a.csv/x", []),
    ],
)
def test_patterns_are_the_shells(project, pattern, names):
    assert expanded(project, pattern) == names


def test_a_star_does_not_cross_folders_and_droppings_are_no_data(project):
    found = expanded(project, "data/*")
    assert found == ["data/.hidden.csv", "data/[x].csv", "data/a.csv", "data/b.csv"]
    everything = expanded(project, "data")
    assert ".DS_Store" not in str(everything)
    assert "__pycache__" not in str(everything)


def test_excluded_names_and_all_below_them_are_passed_over(project):
    assert expanded(project, "data/deep", ("data/deep/er",)) == ["data/deep/c.csv"]
    assert expanded(project, "data/?.csv", ("**/b.csv",)) == ["data/a.csv"]


def test_links_are_followed_and_loops_are_not(project):
    os.symlink(project / "data", project / "data" / "deep" / "up")
    os.symlink(project / "src", project / "data" / "other")
    found = expanded(project, "data")
    assert "data/other/m.py" in found
    assert not any("/up/" in name for name in found)


def test_links_that_cross_end(tmp_path):
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "f").write_text("")
    os.symlink("../b", tmp_path / "a" / "x")
    os.symlink("../a", tmp_path / "b" / "y")
    assert expanded(tmp_path, "a") == ["a/f", "a/x/f"]


def test_virtual_environments_and_hidden_folders_hold_no_sources(project):
    files = DiskFiles(str(project))
    layout = Layout(str(project))
    assert python_files(files, layout, str(project)) == [str(project / "src" / "m.py")]
    assert python_files(files, layout, str(project / "src"), ("src/m.py",)) == []
    assert python_files(files, layout, str(project / "src"), ("m.py",)) != []
    inside = python_files(files, layout, str(project / "env" / "lib"))
    assert inside == [str(project / "env" / "lib" / "bad.py")]


def test_many_stars_end_in_time(tmp_path):
    deep = tmp_path.joinpath(*"abcdefghijklmnop")
    deep.mkdir(parents=True)
    (deep / "f").write_text("")
    assert expanded(tmp_path, "/".join(["**"] * 8) + "/g") == []


@pytest.mark.parametrize(
    "name", [".2020.csv.swp", "2020.csv~", ".~lock.2020.csv#", ".#2020.csv", "#2020.csv#"]
)
def test_what_editors_leave_beside_an_open_file_is_no_data(tmp_path, name):
    (tmp_path / "data").mkdir()
    for each in ("2020.csv", name):
        (tmp_path / "data" / each).write_text("")
    assert expanded(tmp_path, "data") == ["data/2020.csv"]
    assert expanded(tmp_path, "data/*2020*") == ["data/2020.csv"]
    assert expanded(tmp_path, f"data/{name}") == [f"data/{name}"]


def linked(root, folders, links):
    for number in range(folders):
        (root / f"x/{number}").mkdir(parents=True)
        for name in "abcdefgh"[:links] if number else ():
            (root / f"x/{number - 1}" / name).symlink_to(f"../{number}")
    (root / f"x/{folders - 1}/file").write_text("")


def test_links_that_multiply_without_measure_are_refused(tmp_path):
    linked(tmp_path, 17, 2)
    for pattern in ("x/0", "x/0/**"):
        with pytest.raises(UsageError, match="folders in more than"):
            expanded(tmp_path, pattern)


def test_a_folder_that_many_links_lead_to_counts_under_each_name(tmp_path):
    linked(tmp_path, 9, 2)
    assert len(expanded(tmp_path, "x/0")) == 256
    (tmp_path / "shared/sub").mkdir(parents=True)
    (tmp_path / "shared/sub/file").write_text("")
    for number in range(3000):
        (tmp_path / f"runs/{number}").mkdir(parents=True)
        (tmp_path / f"runs/{number}/shared").symlink_to("../../shared")
    assert len(expanded(tmp_path, "runs")) == 3000
