"""What is kept of entries to explain later changes, and what is forgotten."""

from __future__ import annotations

from pathlib import Path

import pytest

from modelops_bundle.explanation import decode_entry, named_sources
from modelops_bundle.project.layout import Layout
from modelops_bundle.wiring import open_folder, open_project, write_text
from modelops_bundle.workflows import recording
from modelops_bundle.workflows.init import init
from modelops_bundle.workflows.recording import kept_record
from modelops_bundle.workflows.register import RegisterRequest, register_models
from modelops_bundle.workflows.update import update
from modelops_bundle.workflows.why import why

MODEL = """
import helper
from modelops_bundle import BaseModel

class {}(BaseModel):
    def simulate(self, params, seed): return helper.rate()
"""
HELPER = "def rate():\n    return 1\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "helper.py").write_text(HELPER)
    for name in "AB":
        (tmp_path / f"{name}.py").write_text(MODEL.format(name))
    with open_folder(Layout(str(tmp_path)), cwd=str(tmp_path)) as workspace:
        init(workspace, write_text)
    with open_project(str(tmp_path)) as workspace:
        register_models(workspace, RegisterRequest(path="."))
    return tmp_path


def digest_of(project: Path, name: str) -> str:
    with open_project(str(project)) as workspace:
        return workspace.registry.load().models[f"{name.lower()}_{name.lower()}"].digest


def changed(project: Path) -> tuple[str, ...]:
    """Definitions that ``why`` names."""
    with open_project(str(project)) as workspace:
        (reason,) = why(workspace, "A", with_diff=True).reasons
        return tuple(each.name for each in reason.definitions)


def test_a_source_is_described_once_for_all_entries(project: Path) -> None:
    with open_project(str(project)) as workspace:
        for name in "AB":
            data = workspace.objects.get(f"entry/{digest_of(project, name)[8:]}")
            assert data is not None
            assert b"helper.py" in data
            assert b"rate" not in data
            assert len(named_sources(data)) == 2
            kept = kept_record(workspace, digest_of(project, name))
            assert kept is not None
            assert [each.name for each in kept.code["helper.py"].definitions] == ["rate"]
        first, second = (kept_record(workspace, digest_of(project, name)) for name in "AB")
        assert first is not None
        assert second is not None
        assert first.code["helper.py"] is second.code["helper.py"]
    (project / "helper.py").write_text(HELPER.replace("1", "2"))
    assert changed(project) == ("rate",)


def test_nothing_is_said_of_an_entry_when_part_of_what_was_kept_is_lost(project: Path) -> None:
    digest = digest_of(project, "A")
    with open_project(str(project)) as workspace:
        data = workspace.objects.get(f"entry/{digest[8:]}")
        assert data is not None
        for source in named_sources(data):
            workspace.objects.put(f"code/{source[7:]}", b"[]")
        assert kept_record(workspace, digest) is None
    (project / "helper.py").write_text(HELPER.replace("1", "2"))
    assert changed(project) == ()


def test_what_another_version_kept_is_not_read() -> None:
    for data in (
        b'[1,{"a.py":["blake3:0",[],[]]},{}]',
        b"[2,{},[]]",
        b'[2,{"a":5},{}]',
        b"[" * 9999,
    ):
        assert decode_entry(data, lambda _: None) is None
        assert named_sources(data) == frozenset()


@pytest.mark.parametrize("large", [True, False])
def test_what_no_entry_names_is_forgotten_once_the_store_is_large(
    project: Path, monkeypatch: pytest.MonkeyPatch, large: bool
) -> None:
    if large:
        monkeypatch.setattr(recording, "LARGE_STORE", 1)
    old = digest_of(project, "A")
    (project / "helper.py").write_text(HELPER.replace("1", "2"))
    with open_project(str(project)) as workspace:
        update(workspace, (), dry_run=False)
        assert (kept_record(workspace, old) is None) is large
        assert kept_record(workspace, digest_of(project, "B")) is not None
    (project / "helper.py").write_text(HELPER.replace("1", "3"))
    assert changed(project) == ("rate",)
