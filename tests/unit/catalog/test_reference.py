"""The reference of the catalog has the keys, tables and rules of the code, and its examples work."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from modelops_bundle import catalog
from modelops_bundle.catalog.documents import read_document
from modelops_bundle.catalog.entries import METERS, UNITS, UNITS_OF
from modelops_bundle.catalog.pricing import REASONS
from modelops_bundle.catalog.schema import row_at

DOCS = Path(__file__).parents[3] / "docs"
REFERENCE = (DOCS / "reference" / "catalog.md").read_text(encoding="utf-8")
DESIGN = (DOCS / "explanation" / "hosted-models.md").read_text(encoding="utf-8")


def rows(title: str) -> list[list[str]]:
    """The rows of the table below a title."""
    found = re.search(
        rf"^#+ {re.escape(title)}\n(.*?)(?=^#|\Z)", REFERENCE, re.DOTALL | re.MULTILINE
    )
    assert found, title
    lines = [line for line in found[1].splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in lines]


def first_cells(title: str) -> list[str]:
    return [row[0].strip("`") for row in rows(title)]


@pytest.mark.parametrize(
    ("title", "path"),
    [
        ("Document", ()),
        ("Model", ("models", 0)),
        ("Capabilities", ("models", 0, "capabilities")),
        ("Alias", ("models", 0, "aliases", 0)),
        ("Price", ("models", 0, "prices", 0)),
        ("When", ("models", 0, "prices", 0, "when")),
        ("Provider", ("providers", "acme")),
        ("Authentication", ("providers", "acme", "authentication")),
        ("Pagination", ("providers", "acme", "pagination")),
    ],
)
def test_every_key_is_documented_and_none_besides(title: str, path: tuple[int | str, ...]) -> None:
    row = row_at(path)
    assert sorted(first_cells(title)) == sorted(row.model_fields)
    needed = {name for name, field in row.model_fields.items() if field.is_required()}
    said = {cells[0].strip("`") for cells in rows(title) if "required" in cells[1]}
    assert said == needed


def test_every_meter_unit_and_reason_is_documented_and_none_besides() -> None:
    assert first_cells("Meters") == list(METERS)
    units = {cells[0].strip("`"): int(cells[1]) for cells in rows("Units")}
    assert units == dict(UNITS)
    counted = {cells[0].strip("`"): cells[2].strip("`") for cells in rows("Units")}
    for meter, those in UNITS_OF.items():
        kind = "tokens" if "token" in those else meter
        assert those == tuple(unit for unit, of in counted.items() if of == kind)
    assert first_cells("Why an amount is unknown") == list(REASONS)


def examples(page: str, language: str) -> list[str]:
    indented = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", page, re.DOTALL | re.MULTILINE)
    return [re.sub(f"^{indent}", "", code, flags=re.MULTILINE) for indent, code in indented]


@pytest.mark.parametrize("page", [REFERENCE, DESIGN], ids=["reference", "design"])
def test_the_documents_that_are_shown_are_valid(page: str) -> None:
    shown = examples(page, "yaml")
    assert shown
    for text in shown:
        assert read_document(text.encode(), "shown.yaml").models


def test_the_program_that_is_shown_runs() -> None:
    (program,) = examples(DESIGN, "python")
    names: dict[str, object] = {}
    exec(program, names)
    assert names["entry"] is catalog.resolve("openai/gpt-4o", date(2024, 9, 1))
