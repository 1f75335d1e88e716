"""Models as a table in Markdown, for people who read a project's files.

The table depends on the models alone, never on the day it is written: a price is that of the last row of
the price list, and a status is the recorded one. It is read back by
:mod:`modelops_bundle.catalog.importing.markdown_table`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from modelops_bundle.catalog.entries import ModelEntry, Price
from modelops_bundle.catalog.ordinary import ordinary_rows, per_million_text

__all__ = ["COLUMNS", "UNKNOWN", "UNKNOWN_WORDS", "latest_price", "write_markdown"]

#: Titles of the columns, in their order.
COLUMNS = (
    "Provider",
    "ID",
    "Name",
    "Status",
    "Context",
    "Input $/M",
    "Output $/M",
    "Vision",
    "Functions",
)

#: What a cell holds where nothing is known.
UNKNOWN = "—"

#: What people write into such a cell, in lower case.
UNKNOWN_WORDS = frozenset(
    ("", "-", "--", "—", "–", "?", "n/a", "na", "none", "null", "tbd", "unknown")
)

_PLAIN = re.compile(r"[A-Za-z0-9._:/@+-]+")
_MARKUP = re.compile(r"([\\|*_<>\[\]`~&!#$])")
_LONG_AGO = datetime.min.replace(tzinfo=UTC)


def write_markdown(entries: Iterable[ModelEntry], head: str) -> str:
    """A page with a table of the models, sorted by provider and id.

    Args:
        entries: The models.
        head: What stands above the table.
    """
    rows = [_row(each) for each in sorted(entries, key=lambda each: (each.provider, each.id))]
    table = [COLUMNS, ("---", "---", "---", "---", "---:", "---:", "---:", "---", "---"), *rows]
    lines = [f"| {' | '.join(cells)} |" for cells in table]
    return "\n".join([head.rstrip("\n"), "", *lines]) + "\n"


def latest_price(entry: ModelEntry, meter: str) -> Price | None:
    """The last row for an ordinary call."""
    rows = ordinary_rows(entry, meter)
    return max(rows, key=lambda price: price.valid_from or _LONG_AGO, default=None)


def _row(entry: ModelEntry) -> tuple[str, ...]:
    return (
        _name(entry.provider),
        _name(entry.id),
        UNKNOWN if entry.display_name is None else _text(entry.display_name),
        UNKNOWN if entry.status is None else str(entry.status),
        UNKNOWN if entry.context_window is None else str(entry.context_window),
        _money(latest_price(entry, "input")),
        _money(latest_price(entry, "output")),
        _truth(entry.capabilities.supports_vision),
        _truth(entry.capabilities.supports_function_calling),
    )


def _money(price: Price | None) -> str:
    return UNKNOWN if price is None else per_million_text(price)


def _truth(value: bool | None) -> str:
    return UNKNOWN if value is None else ("yes" if value else "no")


def _name(text: str) -> str:
    """An id as code where that needs no escaping."""
    return f"`{text}`" if _PLAIN.fullmatch(text) else _text(text)


def _text(text: str) -> str:
    """Text that shows as it is: nothing in it is markup, and nothing reads as an unknown value."""
    if text.lower() in UNKNOWN_WORDS:
        return f"&#{ord(text[0])};" + _MARKUP.sub(r"\\\1", text[1:])
    return _MARKUP.sub(r"\\\1", text)
