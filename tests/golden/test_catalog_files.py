"""Golden catalogs: documents that are refused, each with the very words that a person is told."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from modelops_bundle import catalog
from modelops_bundle.catalog.documents import BrokenCatalogError, read_document

REFUSED = sorted((Path(__file__).parent / "catalog" / "refused").glob("*.yaml"))


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_refused_document_is_told_in_these_words(path: Path) -> None:
    with pytest.raises(BrokenCatalogError) as caught:
        read_document(path.read_bytes(), path.name)
    assert str(caught.value) + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_refused_document_says_nothing_that_may_be_secret(path: Path) -> None:
    with pytest.raises(BrokenCatalogError) as caught:
        read_document(path.read_bytes(), path.name)
    told = f"{caught.value} {caught.value.problems}"
    assert "not-to-be-shown" not in told
    assert "secret@" not in told


def test_no_expectation_lacks_its_document() -> None:
    texts = {path.stem for path in REFUSED[0].parent.glob("*.txt")}
    assert texts == {path.stem for path in REFUSED}
    assert len(texts) >= 100


@pytest.mark.parametrize("path", REFUSED, ids=lambda path: path.stem)
def test_a_refused_document_stays_as_it_is(path: Path, tmp_path: Path) -> None:
    (tmp_path / ".modelops-bundle").mkdir()
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / "model_registry.yaml"
    shutil.copyfile(path, file)
    with pytest.raises(BrokenCatalogError, match="cannot use the catalog"):
        catalog.load(tmp_path)
    assert file.read_bytes() == path.read_bytes()
    assert {path.name for path in tmp_path.rglob("*")} == {".modelops-bundle", "models", file.name}
