"""Finding the project, and recorded paths."""

import pytest

from modelops_bundle.errors import ProjectNotFoundError, UsageError
from modelops_bundle.project.layout import Layout, find_project


def test_the_nearest_project_upward_is_found(tmp_path):
    (tmp_path / ".modelops-bundle").mkdir()
    inner = tmp_path / "inner"
    (inner / ".modelops-bundle").mkdir(parents=True)
    (inner / "a" / "b").mkdir(parents=True)
    assert find_project(str(inner / "a" / "b")).root == str(inner)
    assert find_project(str(tmp_path)).root == str(tmp_path)


def test_no_project_is_an_error_with_the_mend(tmp_path):
    with pytest.raises(ProjectNotFoundError, match="mops-bundle init") as caught:
        find_project(str(tmp_path))
    assert caught.value.exit_code == 2


def test_recorded_paths_are_relative_with_slashes(tmp_path):
    layout = Layout(str(tmp_path))
    assert layout.from_user("b/../c.py", str(tmp_path / "a")) == "a/c.py"
    assert layout.from_user(str(tmp_path / "x.py"), "/") == "x.py"
    assert layout.from_user(".", str(tmp_path)) == "."
    assert layout.absolute("a/c.py") == str(tmp_path / "a" / "c.py")
    assert layout.absolute(".") == str(tmp_path)


@pytest.mark.parametrize("text", ["../x", "/etc/passwd", "a/../../x", "", "a\0b"])
def test_a_path_outside_the_project_is_refused(tmp_path, text):
    with pytest.raises(UsageError):
        Layout(str(tmp_path / "p")).from_user(text, str(tmp_path / "p"))


def test_a_sibling_with_the_same_prefix_is_outside(tmp_path):
    assert not Layout(str(tmp_path / "p")).holds(str(tmp_path / "pp" / "x"))
