"""Values of other catalogs, checked one by one: documents, amounts, limits, dates and names."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from modelops_bundle.catalog.characters import is_seen
from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.importing.outcome import Notes
from modelops_bundle.catalog.trees import amount_text
from modelops_bundle.errors import CatalogError

__all__ = ["Reader", "is_id", "price_row", "read_object", "sort_prices"]

_MILLION = Decimal(1_000_000)
_MOST_TOKENS = 10**12
_MOST = Decimal(10**9)
_BEYOND = Decimal(10) ** 99
_YEARS = range(2018, 2100)
Empty = TypeVar("Empty", dict[str, Any], list[Any])

_ID = re.compile(r"[^\x00-\x20\x7f]{1,300}")


def read_object(data: bytes, source: str) -> Mapping[str, Any]:
    """A JSON object whose numbers are exact decimals.

    Raises:
        CatalogError: It is none.
    """
    try:
        tree = json.loads(data, parse_float=_decimal, parse_constant=_refuse)
    except (ValueError, RecursionError) as error:
        why = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise CatalogError(f"cannot read {source}", why, "Give a file of JSON.") from None
    if not isinstance(tree, dict):
        raise CatalogError(
            f"cannot read {source}", "it is JSON, but no object", "Give the whole document."
        )
    return tree


def _decimal(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        # Its exponent is beyond all bounds. It is told of where it is read as a number.
        return Decimal("NaN")


def _refuse(word: str) -> Decimal:
    raise ValueError(f"{word} is no number")


def is_id(text: str) -> bool:
    """Whether text can be the id of a model: no blanks, at most 300 characters."""
    return _ID.fullmatch(text) is not None and is_seen(text)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the values of one model, and notes those that cannot be true.

    Attributes:
        where: The model, for notes.
        notes: Where they go.
    """

    where: str
    notes: Notes

    def amount(self, key: str, value: object, factor: Decimal = Decimal(1)) -> Decimal | None:
        """A price times ``factor``, exactly."""
        number = _number(value)
        if number is None:
            self.notes.impossible(self.where, key, value, "a price is a number")
            return None
        if number < 0:
            self.notes.impossible(self.where, key, value, "a price is not negative")
            return None
        # What is beyond all bounds cannot even be multiplied.
        amount = min(number, _BEYOND) * factor
        if amount > _MOST or (amount and amount.adjusted() < -20):
            self.notes.impossible(self.where, key, value, "no price has this size")
            return None
        return amount

    def per_million(self, key: str, value: object) -> Decimal | None:
        """A price of one token as that of a million."""
        return self.amount(key, value, _MILLION)

    def limit(self, key: str, value: object) -> int | None:
        """A number of tokens, at least one."""
        number = _number(value)
        if number is None or number != number.to_integral_value() or number > _MOST_TOKENS:
            self.notes.impossible(self.where, key, value, "a limit is a whole number of tokens")
            return None
        if number <= 0:
            self.notes.impossible(self.where, key, value, "a limit is at least one token")
            return None
        return int(number)

    def date(self, key: str, value: object) -> str | None:
        """A date with its precision, in the years in which models are hosted."""
        try:
            date = PartialDate.parse(str(value))
        except ValueError as error:
            self.notes.impossible(self.where, key, value, str(error))
            return None
        if date.year not in _YEARS:
            self.notes.impossible(self.where, key, value, "no model was hosted in that year")
            return None
        return str(date)

    def text(self, key: str, value: object) -> str | None:
        """Text in one line; empty text is none."""
        # Half a character, which JSON's escapes can make, cannot be written out again.
        if not isinstance(value, str) or re.search("[\ud800-\udfff]", value):
            self.notes.impossible(self.where, key, value, "text was expected")
            return None
        return re.sub(r"[\x00-\x20\x7f]+", " ", value).strip() or None

    def part(self, key: str, value: object) -> Mapping[str, Any]:
        """A mapping; an empty one where there is none."""
        return value if isinstance(value, Mapping) else self._nothing(key, value, {})

    def items(self, key: str, value: object) -> Sequence[Any]:
        """A list; an empty one where there is none."""
        return value if isinstance(value, list) else self._nothing(key, value, [])

    def _nothing(self, key: str, value: object, nothing: Empty) -> Empty:
        if value is not None:
            kind = "mapping" if isinstance(nothing, Mapping) else "list"
            self.notes.impossible(self.where, key, value, f"a {kind} was expected")
        return nothing

    def truth(self, key: str, value: object) -> bool | None:
        """Yes or no."""
        if isinstance(value, bool):
            return value
        self.notes.impossible(self.where, key, value, "true or false was expected")
        return None


def _number(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        return None
    number = Decimal(value)
    return number if number.is_finite() else None


def price_row(
    meter: str,
    amount: Decimal,
    source: str,
    *,
    unit: str = "1m_tokens",
    when: Mapping[str, Any] | None = None,
    min_context: int = 0,
) -> dict[str, Any]:
    """A row of a price list, as trees have it."""
    row: dict[str, Any] = {"meter": meter, "unit": unit, "amount": amount_text(amount)}
    row["currency"] = "USD"
    if when:
        row["when"] = dict(when)
    if min_context:
        row["min_context"] = min_context
    row["source"] = source
    return row


def sort_prices(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows in a fixed order: standard before tiers and batch, then as meters are listed."""
    from modelops_bundle.catalog.entries import METERS

    def place(row: Mapping[str, Any]) -> tuple[Any, ...]:
        when = row.get("when") or {}
        return (
            bool(when.get("batch")),
            when.get("service_tier") or "",
            METERS.index(row["meter"]),
            row.get("min_context") or 0,
            when.get("time_of_day") or "",
            row.get("valid_from") or "",
        )

    return sorted(rows, key=place)
