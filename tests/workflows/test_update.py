"""Recording anew does not look for models more often than it has to."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelops_bundle.project.layout import Layout
from modelops_bundle.wiring import open_folder, open_project, write_text
from modelops_bundle.workflows.candidates import restated
from modelops_bundle.workflows.init import init
from modelops_bundle.workflows.register import RegisterRequest, register_models
from modelops_bundle.workflows.status import EntryStatus
from modelops_bundle.workflows.update import update

SOURCE = """
from modelops_bundle import BaseModel

class A(BaseModel):
    def simulate(self, params, seed): return {}

class B(A):
    pass
"""


def test_models_of_a_source_are_looked_for_once(tmp_path: Path) -> None:
    (tmp_path / "models.py").write_text(SOURCE)
    with open_folder(Layout(str(tmp_path)), cwd=str(tmp_path)) as workspace:
        init(workspace, write_text)
    with open_project(str(tmp_path)) as workspace:
        register_models(workspace, RegisterRequest(path="models.py"))
        entries = workspace.registry.load().models
        first = restated(workspace, entries["models_a"])
        assert first.name == "A"
        assert restated(workspace, entries["models_b"]).name == "B"
        assert restated(workspace, entries["models_a"]) is first


def test_entries_are_not_compared_with_all_that_are_broken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models.py").write_text(SOURCE)
    with open_folder(Layout(str(tmp_path)), cwd=str(tmp_path)) as workspace:
        init(workspace, write_text)
    with open_project(str(tmp_path)) as workspace:
        register_models(workspace, RegisterRequest(path="models.py"))
    (tmp_path / "models.py").write_text(SOURCE.partition("class B")[0])
    monkeypatch.setattr(EntryStatus, "__eq__", lambda self, other: pytest.fail("compared"))
    with open_project(str(tmp_path)) as workspace:
        signs = [line.sign for line in update(workspace, (), dry_run=False).lines]
    assert signs == ["~", "!"]
