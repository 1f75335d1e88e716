"""A table of models in Markdown, as people keep them, read into trees.

The columns are found by their titles, in any order: ``Provider | ID | Name | Status | Context | Input $/M |
Output $/M | Vision | Functions``. Everything in such a table that has no place in a catalog, and every cell
that cannot be read, is reported; nothing is guessed.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple

from modelops_bundle.catalog.entries import SLUG
from modelops_bundle.catalog.importing.outcome import Imported, Notes
from modelops_bundle.catalog.importing.values import is_id, price_row
from modelops_bundle.catalog.markdown import COLUMNS, UNKNOWN_WORDS
from modelops_bundle.catalog.statuses import read_status
from modelops_bundle.errors import CatalogError

__all__ = ["find_table", "read_markdown", "read_money", "read_tokens"]

_TITLES: Mapping[str, str] = {
    "provider": "provider",
    "id": "id",
    "model": "id",
    "model id": "id",
    "model_id": "id",
    "name": "display_name",
    "display name": "display_name",
    "status": "status",
    "context": "context_window",
    "context window": "context_window",
    "input $/m": "input",
    "output $/m": "output",
    "vision": "supports_vision",
    "functions": "supports_function_calling",
    "function calling": "supports_function_calling",
}
_BREAK = re.compile(r"(?<!\\)\|")
_RULE = re.compile(r":?-+:?")
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_CODE = re.compile(r"(`+)\s?(.+?)\s?\1")
_LINK = re.compile(r"(?<!\\)\[([^\]]*[^\\])\]\([^)\s]*\)")
_BOLD = re.compile(r"(\*\*|__|\*|_)(?=\S)(.+?)(?<![\s\\])\1")
#: A cell that is longer is no name, and to look for markup within markup takes too long.
_LONGEST_MARKED = 2000
_TOKENS = re.compile(r"(\d+(?:\.\d+)?)\s*(ki|mi|k|m)?(?:\s*tokens)?", re.IGNORECASE)
#: Longer than any number of tokens that is written with blanks and a unit.
_LONGEST_NUMBER = 60
_FACTORS = {"": 1, "k": 1_000, "m": 1_000_000, "ki": 1 << 10, "mi": 1 << 20}
_MONEY = re.compile(
    r"(US\$|[$€£])?\s*(\d+(?:\.\d+)?|\.\d+)\s*([A-Z]{3})?(?:\s*(?:/|per)\s*(?:1\s*)?M(?:Tok| tokens)?)?"
)
_CURRENCIES = {"": "USD", "$": "USD", "US$": "USD", "€": "EUR", "£": "GBP"}
_THOUSANDS = re.compile(r"(?<![\d.])\d{1,3}(?:[,\u00a0\u202f ]\d{3})+(?![\d,])")
_TRUTHS = {
    **dict.fromkeys(("yes", "y", "true", "✓", "✔", "✔️", "✅", "☑", "[x]", ":white_check_mark:"), True),
    **dict.fromkeys(("no", "n", "false", "✗", "✘", "❌", "✖", "☐", "[ ]", ":x:"), False),
}  # fmt: skip
_FREE = frozenset(("free", "gratis"))


class Table(NamedTuple):
    """A table as it stands in a document.

    Attributes:
        line: 1-based line of its titles.
        titles: Of its columns.
        rows: Line and cells of each row, at least as many as there are titles.
    """

    line: int
    titles: tuple[str, ...]
    rows: tuple[tuple[int, tuple[str, ...]], ...]


def read_markdown(data: bytes, source: str) -> Imported:
    """The models of all tables in a document that have columns for the provider and the id.

    Args:
        data: UTF-8.
        source: What to call it in errors and as the source of values.

    Raises:
        CatalogError: There is no such table.
    """
    tables = list(_tables(_decoded(data, source)))
    if not tables:
        raise CatalogError(
            f"cannot read {source}",
            "it has no table with columns for the provider and the id of models",
            f"The first row has to be: {' | '.join(COLUMNS)}.",
        )
    notes = Notes()
    models: dict[tuple[str, str], dict[str, Any]] = {}
    for table in tables:
        columns = _columns(table, notes)
        for line, cells in table.rows:
            for number, cell in enumerate(cells[len(table.titles) :], len(table.titles) + 1):
                if cell.lower() not in UNKNOWN_WORDS:
                    notes.unmapped(f"line {line}", f"cell {number}", cell, "it is in no column")
            told = {key: (table.titles[place], cells[place]) for key, place in columns.items()}
            tree = _model(told, f"line {line}", source, notes)
            if tree is None:
                continue
            name = tree["provider"], tree["id"]
            if name in models:
                notes.unmapped(f"line {line}", "ID", "/".join(name), "it stands twice")
            models.setdefault(name, tree)
    return Imported(tuple(models[name] for name in sorted(models)), {}, notes.all())


def find_table(text: str) -> bool:
    """Whether a text has a table that :func:`read_markdown` reads."""
    return next(_tables(text), None) is not None


def _decoded(data: bytes, source: str) -> str:
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CatalogError(
            f"cannot read {source}", f"it is not UTF-8: {error.reason}", "Save it as UTF-8."
        ) from None


def _tables(text: str) -> Iterator[Table]:
    lines = text.replace("\r\n", "\n").split("\n")
    at = 0
    while at < len(lines) - 1:
        titles = _cells(lines[at])
        rule = _cells(lines[at + 1])
        is_table = len(titles) == len(rule) and all(map(_RULE.fullmatch, rule))
        if not is_table or not {"provider", "id"} <= {_key(title) for title in titles}:
            at += 1
            continue
        start, at = at, at + 2
        rows = []
        while at < len(lines) and "|" in lines[at]:
            cells = _cells(lines[at])
            rows.append((at + 1, (*cells, *[""] * (len(titles) - len(cells)))))
            at += 1
        yield Table(start + 1, titles, tuple(rows))


def _cells(line: str) -> tuple[str, ...]:
    """The cells of a row: a pipe divides them unless a backslash stands before it."""
    line = line.strip().removeprefix("|")
    cells = [cell.strip() for cell in _BREAK.split(line)]
    return tuple(cells if cells[-1] else cells[:-1])


def _key(title: str) -> str | None:
    return _TITLES.get(_text(title).lower())


def _columns(table: Table, notes: Notes) -> dict[str, int]:
    """Which column says what; of two that would say the same, the one with this catalog's own title."""
    columns: dict[str, int] = {}
    own = {title.lower() for title in COLUMNS}
    order = sorted(enumerate(table.titles), key=lambda each: _text(each[1]).lower() not in own)
    for place, title in order:
        key = _key(title)
        if key is None:
            notes.unmapped(f"line {table.line}", title, "", "no such column is known")
        elif key in columns:
            notes.unmapped(f"line {table.line}", title, "", "another column says the same")
        else:
            columns[key] = place
    return dict(sorted(columns.items(), key=lambda each: each[1]))


def _text(cell: str) -> str:
    """A cell without its markup."""
    while len(cell) <= _LONGEST_MARKED:
        code = _CODE.fullmatch(cell)
        if code is not None and code[1] not in code[2]:
            return code[2].replace("\\|", "|")
        plain = _LINK.sub(r"\1", cell)
        bold = _BOLD.fullmatch(plain)
        inner = plain if bold is None else bold[2]
        if inner == cell:
            break
        cell = inner
    return _unescaped(cell).strip()


def _unescaped(text: str) -> str:
    """Text with entities and backslashes resolved, each once: what one gives is not looked at again."""
    parts, start = [], 0
    for match in _ESCAPED.finditer(text):
        parts += [html.unescape(text[start : match.start()]), match[1]]
        start = match.end()
    return "".join([*parts, html.unescape(text[start:])])


def _model(
    row: Mapping[str, tuple[str, str]], where: str, source: str, notes: Notes
) -> dict[str, Any] | None:
    """The model of a row, of which title and cell are given by what they say."""
    told = {key: said for key, said in row.items() if said[1].lower() not in UNKNOWN_WORDS}
    if not told:
        return None
    provider = _text(told.pop("provider", ("", ""))[1])
    slug = re.sub(r"\s+", "-", provider.lower())
    model_id = _text(told.pop("id", ("", ""))[1])
    if not SLUG.fullmatch(slug):
        why = "it names no provider, so the row is left out"
        notes.impossible(where, "Provider", provider, why)
        return None
    if not is_id(model_id):
        why = "it is no id of a model, so the row is left out"
        notes.impossible(where, "ID", model_id, why)
        return None
    tree: dict[str, Any] = {"id": model_id, "provider": slug}
    for key, (title, cell) in told.items():
        try:
            _put(tree, key, _text(cell), source)
        except ValueError as error:
            notes.unmapped(f"{where} ({slug}/{model_id})", title, _text(cell), str(error))
    tree["source"] = {"*": source}
    return tree


def _put(tree: dict[str, Any], key: str, text: str, source: str) -> None:
    """Add what a cell says to a model; a ``ValueError`` says why it cannot be read."""
    if key == "display_name":
        if not text or re.search(r"[\x00-\x1f\x7f]", text):
            raise ValueError("it is no text in one line")
        tree[key] = text
    elif key == "status":
        tree[key] = str(read_status(text.lower()))
    elif key == "context_window":
        tree[key] = read_tokens(text)
    elif key in ("input", "output"):
        amount, currency = read_money(text)
        row = price_row(key, amount, source)
        tree.setdefault("prices", []).append({**row, "currency": currency})
    else:
        if text.lower() not in _TRUTHS:
            raise ValueError("it is neither yes nor no")
        tree.setdefault("capabilities", {})[key] = _TRUTHS[text.lower()]


def read_tokens(text: str) -> int:
    """A number of tokens as people write it: ``128000``, ``128,000``, ``128k``, ``1.5M``.

    Raises:
        ValueError: It is none.
    """
    match = _TOKENS.fullmatch(_plain_number(text)) if len(text) <= _LONGEST_NUMBER else None
    number = Decimal(0) if match is None else Decimal(match[1]) * _FACTORS[(match[2] or "").lower()]
    if number != number.to_integral_value() or not 1 <= number <= 10**12:
        raise ValueError("it is no number of tokens, such as 128000, 128k or 1M")
    return int(number)


def read_money(text: str) -> tuple[Decimal, str]:
    """An amount as people write it, and its currency: ``2.50``, ``$2.50``, ``2.50 EUR``, ``free``.

    Raises:
        ValueError: It is none.
    """
    if text.lower() in _FREE:
        return Decimal(0), "USD"
    match = _MONEY.fullmatch(_plain_number(text))
    if match is None or (match[1] and match[3] and _CURRENCIES[match[1]] != match[3]):
        raise ValueError("it is no price of a million tokens, such as 2.50, $2.50 or 2.50 EUR")
    amount = Decimal(match[2])
    if amount > 10**9 or (amount and amount.adjusted() < -20):
        raise ValueError("no price has this size")
    return amount, match[3] or _CURRENCIES[match[1] or ""]


def _plain_number(text: str) -> str:
    """A number without what divides its thousands."""
    return _THOUSANDS.sub(lambda match: re.sub(r"\D", "", match[0]), text)
