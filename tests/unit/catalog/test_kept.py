"""The validated form of a project's document: taken for the same bytes, never trusted over them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from modelops_bundle.catalog import kept
from modelops_bundle.catalog.documents import Document, read_document

DATA = b"providers: {acme: {name: Acme}}\nmodels: [{id: small-1, cost_per_1k_input: 0.10}]\n"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / ".modelops-bundle").mkdir()
    return tmp_path


def file_of(project: Path) -> Path:
    return project / ".modelops-bundle" / "cache" / "catalog.json"


def document() -> Document:
    return read_document(DATA, "x.yaml")


def test_what_was_kept_is_what_would_be_read(project: Path) -> None:
    assert kept.read_kept(project, DATA) is None
    kept.keep(project, DATA, document())
    assert kept.read_kept(project, DATA) == document()
    assert [path.name for path in file_of(project).parent.iterdir()] == ["catalog.json"]


@pytest.mark.parametrize("other", [DATA + b"\n", DATA.replace(b"0.10", b"0.20"), b""])
def test_other_bytes_are_read_anew(project: Path, other: bytes) -> None:
    kept.keep(project, DATA, document())
    assert kept.read_kept(project, other) is None


def test_every_damage_is_seen(project: Path) -> None:
    kept.keep(project, DATA, document())
    whole = file_of(project).read_bytes()
    damaged = [whole[:end] for end in range(len(whole))]
    damaged += [
        whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        for place in range(len(whole))
    ]
    for data in (*damaged, whole + b" ", b"\x00" * 100, b"[]\n[]"):
        file_of(project).write_bytes(data)
        assert kept.read_kept(project, DATA) is None


def test_another_version_is_passed_over(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept.keep(project, DATA, document())
    monkeypatch.setattr(kept, "_FORMAT", "another format")
    assert kept.read_kept(project, DATA) is None


def test_where_there_is_no_state_folder_nothing_is_written(tmp_path: Path) -> None:
    kept.keep(tmp_path, DATA, document())
    assert list(tmp_path.iterdir()) == []


def test_what_cannot_be_written_is_not_kept(project: Path) -> None:
    (project / ".modelops-bundle" / "cache").write_text("in the way")
    kept.keep(project, DATA, document())
    assert kept.read_kept(project, DATA) is None
    (project / ".modelops-bundle" / "cache").unlink()
    file_of(project).mkdir(parents=True)
    kept.keep(project, DATA, document())
    assert list(file_of(project).parent.iterdir()) == [file_of(project)]


def run(project: Path) -> list[str]:
    program = (
        "import sys; from modelops_bundle import catalog\n"
        "entry = catalog.load('.').resolve('acme/small-1')\n"
        "print(entry.prices[0].amount, *sorted({'pydantic', 'yaml'} & set(sys.modules)))\n"
    )
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_the_next_process_does_not_validate_again(project: Path) -> None:
    (project / "models").mkdir()
    (project / "models" / "model_registry.yaml").write_bytes(DATA)
    assert run(project) == ["0.1", "pydantic", "yaml"]
    assert run(project) == ["0.1"]
    (project / "models" / "model_registry.yaml").write_bytes(DATA.replace(b"0.10", b"0.20"))
    assert run(project) == ["0.2", "pydantic", "yaml"]
