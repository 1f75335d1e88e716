"""What the conversion leaves out and where its sources differ, as tables that people and programs read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from dev.catalog_forty import METERS, standard
from dev.catalog_merge import (
    GENAI_PATTERN,
    GENAI_STANDARD,
    IDS,
    PRECEDENCE,
    Disagreement,
    Report,
)

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.importing.outcome import Unmapped
from modelops_bundle.catalog.trees import entry_tree

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "reference" / "catalog-report"
_ORDER = {
    GENAI_PATTERN: "genai-prices by a pattern",
    GENAI_STANDARD: "rates that genai-prices leaves as they are under a tier",
    IDS: "the date in the id",
}
PAGE = ROOT / "docs" / "reference" / "catalog-sources.md"


def write_report(folder: Path, report: Report, unmapped: Mapping[str, Sequence[Unmapped]]) -> None:
    """Write every table, sorted, so that equal input gives equal files."""
    folder.mkdir(parents=True, exist_ok=True)
    _table(folder / "disagreements.tsv", "model field taken from others", _disagreements(report))
    left_out = [*_impossible(unmapped), *_dropped(report)]
    _table(folder / "dropped.tsv", "model field value source why", left_out)
    suspicious = ((each.model, each.field, each.value, each.why) for each in report.suspicious)
    _table(folder / "suspicious.tsv", "model field value why", suspicious)
    _table(folder / "unmapped.tsv", "source field models first value why", _unmapped(unmapped))


def _disagreements(report: Report) -> Iterator[tuple[str, ...]]:
    for each in report.disagreements:
        others = "; ".join(f"{value} ({source})" for source, value in each.others)
        yield each.model, each.field, each.taken, each.source, others


def _dropped(report: Report) -> Iterator[tuple[str, ...]]:
    for each in report.dropped:
        yield each.model, each.field, each.value, each.source, each.why


def _impossible(unmapped: Mapping[str, Sequence[Unmapped]]) -> Iterator[tuple[str, ...]]:
    for source, remarks in unmapped.items():
        for each in remarks:
            if each.impossible:
                yield each.where, each.key, each.value, source, each.why


def _unmapped(unmapped: Mapping[str, Sequence[Unmapped]]) -> Iterator[tuple[str, ...]]:
    for source, remarks in unmapped.items():
        for each in remarks:
            if not each.impossible:
                first = each.where.split(" and ")[0]
                yield source, each.key, str(each.count), first, each.value, each.why


def _table(path: Path, head: str, rows: Iterable[Sequence[str]]) -> None:
    lines = ["\t".join(head.split()), *sorted({"\t".join(map(_cell, row)) for row in rows})]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def _cell(text: str) -> str:
    return " ".join(text.split())


# --- the parts of the page that are counted ---------------------------------------------------------


def fill_page(page: Path, parts: Mapping[str, str]) -> None:
    """Put each part between its marks: ``<!-- counted: NAME -->`` and ``<!-- end -->``."""
    text = page.read_text(encoding="utf-8")
    for name, part in parts.items():
        start, end = f"<!-- counted: {name} -->\n", "<!-- end -->"
        before, mark, rest = text.partition(start)
        if not mark:
            raise SystemExit(f"{page} has no place for {name}")
        text = f"{before}{start}{part}\n{end}{rest.partition(end)[2]}"
    page.write_text(text, encoding="utf-8")


def totals(entries: Sequence[ModelEntry], report: Report) -> str:
    """How much there is, by source."""
    rows = Counter(_short(row.source or "") for entry in entries for row in entry.prices)
    priced = sum(1 for entry in entries if entry.prices)
    dated = sum(1 for entry in entries for row in entry.prices if row.valid_from or row.valid_to)
    lines = [
        "| what | how many |",
        "|---|---|",
        f"| providers | {len({entry.provider for entry in entries})} |",
        f"| models | {len(entries)} |",
        f"| models with a price | {priced} |",
        f"| models with a release date | {sum(1 for e in entries if e.release_date)} |",
        f"| rows of prices | {sum(rows.values())}, of which {dated} with a date |",
        *(f"| rows of prices from {source} | {count} |" for source, count in sorted(rows.items())),
        f"| fields on which sources differ | {len(report.disagreements)} |",
        f"| prices left out | {len(report.dropped)} |",
    ]
    return "\n".join(lines)


def _short(source: str) -> str:
    return "`dev/curated.yaml`" if source.startswith("http") else source.partition(",")[0]


def precedence() -> str:
    """Which source is believed for which field, as a table."""
    fields: dict[tuple[str, ...], list[str]] = {}
    for name, order in PRECEDENCE.items():
        fields.setdefault(tuple(order), []).append(f"`{name}`")
    lines = ["| field | order |", "|---|---|"]
    lines += [
        f"| {', '.join(names)} | {', '.join(_ORDER.get(each, each) for each in order)} |"
        for order, names in fields.items()
    ]
    return "\n".join(lines)


def by_field(report: Report) -> str:
    """Disagreements by field, the most frequent first."""
    counted = Counter(each.field.partition(",")[0] for each in report.disagreements)
    lines = ["| field | models and circumstances |", "|---|---|"]
    lines += [
        f"| {name} | {count} |"
        for name, count in sorted(counted.items(), key=lambda each: (-each[1], each[0]))
    ]
    return "\n".join(lines)


def forty(
    names: Sequence[str],
    entries: Mapping[str, ModelEntry],
    report: Report,
    notes: Mapping[str, str],
) -> str:
    """The table of well-known models: what was taken, and what differed."""
    differing: dict[str, list[Disagreement]] = {}
    for each in report.disagreements:
        if each.field == "display_name":
            continue
        differing.setdefault(each.model, []).append(each)
    head = ["model", "released", "context", *METERS, "deprecated", "shut down", "what differed"]
    lines = [_row(head), _row(["---"] * len(head))]
    lines += [
        _forty_row(entries[name], differing.get(name, []), notes.get(name, "")) for name in names
    ]
    return "\n".join(lines)


def _forty_row(entry: ModelEntry, differing: Iterable[Disagreement], note: str) -> str:
    now = replace(entry, prices=tuple(row for row in entry.prices if row.valid_to is None))
    prices = standard(entry_tree(now))
    told = [
        f"{each.field}: {each.taken}, not "
        + ", ".join(f"{value} ({_short(source)})" for source, value in each.others)
        for each in differing
    ]
    cells = [
        f"`{entry.name}`",
        str(entry.release_date or ""),
        str(entry.context_window or ""),
        *(prices.get(meter, "") for meter in METERS),
        str(entry.deprecation_date or ""),
        str(entry.shutdown_date or ""),
        "; ".join([*told, *([note] if note else [])]),
    ]
    return _row(cells)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
