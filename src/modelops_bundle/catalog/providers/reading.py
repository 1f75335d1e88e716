"""Values as lists of models write them. What is of no use is ``None``, and nothing here raises."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from modelops_bundle.catalog.dates import PartialDate

__all__ = [
    "amount",
    "date_in_id",
    "day_of",
    "limit",
    "moment",
    "names",
    "part",
    "said_by",
    "text",
    "truth",
]

_FIRST_YEAR, _LAST_YEAR = 2015, 2099
_MOST_TOKENS = 10**12
_LONGEST = 300
_MOST = 10**9
_MOST_DIGITS = 12

_FULL = re.compile(r"(?<!\d)(20\d{2})-(\d{2})-(\d{2})(?!\d)")
_COMPACT = re.compile(r"(?<!\d)(20\d{2})(\d{2})(\d{2})(?!\d)")
_MONTH_YEAR = re.compile(r"-(\d{2})-(20\d{2})(?!\d)")
_MONTH_DAY = re.compile(r"-(\d{2})(\d{2})(?=$|[-:])")
#: An id's month and day count for the year of its creation only when they are about as old.
_ABOUT = timedelta(days=60)


def text(value: Any) -> str | None:
    """A text that is not empty, on one line; ``None`` for one that is longer than any name or title."""
    if not isinstance(value, str):
        return None
    line = " ".join(value.split())
    return line if line and len(line) <= _LONGEST and line.isprintable() else None


def truth(value: Any) -> bool | None:
    """A yes or no."""
    return value if isinstance(value, bool) else None


def part(item: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    """The mapping below a key; an empty one where there is none."""
    value = item.get(key)
    return value if isinstance(value, Mapping) else {}


def names(value: Any) -> list[str]:
    """The texts of a list, each once."""
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes, Mapping)):
        return []
    return list(dict.fromkeys(name for each in value if (name := text(each))))


def said_by(listed: Iterable[str], *wanted: str) -> bool | None:
    """Yes where one of the names is listed. That none is says nothing: such lists need not be complete."""
    return True if set(wanted).intersection(listed) else None


def limit(value: Any) -> int | None:
    """A number of tokens: whole and above zero. Zero means that nobody said."""
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= 13:
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return None
    if isinstance(value, Decimal) and not value.is_finite():
        return None
    if not 0 < value <= _MOST_TOKENS or value != int(value):
        return None
    return int(value)


def amount(value: Any, factor: Decimal | int = 1) -> Decimal | None:
    """A price times a factor. Below zero, as where it varies, or beyond what is plausible, it is none."""
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        number = Decimal(str(value).strip())
    except ArithmeticError:
        return None
    if not number.is_finite() or number < 0 or (number and not -15 <= number.adjusted() <= 9):
        return None
    if len(number.as_tuple().digits) > _MOST_DIGITS:
        return None
    return number * factor if number * factor <= _MOST else None


def moment(value: Any) -> PartialDate | None:
    """The day of an instant: seconds since 1970, or ISO 8601. 1970 itself stands for unknown."""
    try:
        return _moment(value)
    except (ValueError, OverflowError, OSError):
        return None


def _moment(value: Any) -> PartialDate | None:
    if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return day_of(datetime.fromtimestamp(float(value), UTC).date())
    if isinstance(value, str):
        value = datetime.fromisoformat(value.strip())
    if not isinstance(value, datetime):
        return None
    return day_of(value.astimezone(UTC).date() if value.tzinfo else value.date())


def day_of(day: date) -> PartialDate | None:
    """A day that a hosted model can have been released on."""
    if not _FIRST_YEAR <= day.year <= _LAST_YEAR:
        return None
    return PartialDate(day.year, day.month, day.day)


def date_in_id(model_id: str, created: PartialDate | None = None) -> PartialDate | None:
    """The date that an id names.

    ``gpt-4o-2024-08-06`` and ``claude-opus-4-5-20251101`` name a day, ``command-r-08-2024`` a month. The
    ``0613`` of ``gpt-4-0613`` is a day of some year: of that in which the model was created, the day being
    near to that.

    Args:
        model_id: The id.
        created: When the model was created, as far as is known.
    """
    for pattern in (_FULL, _COMPACT):
        for match in pattern.finditer(model_id):
            if day := _day(*map(int, match.groups())):
                return day
    named = _MONTH_YEAR.search(model_id)
    if named is not None and 1 <= int(named[1]) <= 12:
        return PartialDate(int(named[2]), int(named[1]))
    named = _MONTH_DAY.search(model_id)
    if named is not None and created is not None:
        return _nearest(int(named[1]), int(named[2]), created.first)
    return None


def _day(year: int, month: int, day: int) -> PartialDate | None:
    try:
        return day_of(date(year, month, day))
    except ValueError:
        return None


def _nearest(month: int, day: int, created: date) -> PartialDate | None:
    years = (created.year - 1, created.year, created.year + 1)
    days = [found for year in years if (found := _day(year, month, day))]
    near = [found for found in days if abs(found.first - created) <= _ABOUT]
    return near[0] if near else None
