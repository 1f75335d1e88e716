"""Dates as sources know them: a year, a month or a day, and instants in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

__all__ = ["PartialDate", "as_instant", "instant_text", "read_instant"]

_PARTIAL = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date with the precision that its source gives: ``2024``, ``2024-05`` or ``2024-05-13``.

    Attributes:
        year: From 1900.
        month: 1 to 12; ``None`` when only the year is known.
        day: Day of the month; ``None`` when only the month is known.
    """

    year: int
    month: int | None = None
    day: int | None = None

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """The date that ``text`` writes.

        Raises:
            ValueError: It is none, such as ``2025-25-11``; the message says why.
        """
        match = _PARTIAL.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r} is not a date: write 2024-05-13, 2024-05 or 2024")
        year, month, day = (None if part is None else int(part) for part in match.groups())
        assert year is not None
        if year < _FIRST_YEAR:
            raise ValueError(f"{text!r} is not a date: the year is before {_FIRST_YEAR}")
        try:
            date(year, month or 1, day or 1)
        except ValueError as error:
            raise ValueError(f"{text!r} is not a date: {error}") from None
        return cls(year, month, day)

    @property
    def first(self) -> date:
        """The earliest day that it may be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day that it may be."""
        if self.day is not None:
            return self.first
        year, month = (self.year, self.month + 1) if self.month else (self.year, 13)
        after = date(year + 1, 1, 1) if month > 12 else date(year, month, 1)
        return after - timedelta(days=1)

    def __str__(self) -> str:
        parts = (self.year, self.month, self.day)
        widths = ("04d", "02d", "02d")
        return "-".join(
            format(part, width)
            for part, width in zip(parts, widths, strict=True)
            if part is not None
        )


def as_instant(on: date | datetime) -> datetime:
    """An instant in UTC. A day without a time is its beginning; a time without a zone is UTC."""
    if isinstance(on, datetime):
        return on.replace(tzinfo=UTC) if on.tzinfo is None else on.astimezone(UTC)
    return datetime.combine(on, time(), UTC)


def read_instant(text: str) -> datetime:
    """The instant that ISO 8601 text writes, a day being its beginning in UTC.

    Raises:
        ValueError: It is none.
    """
    try:
        parsed = datetime.fromisoformat(text.strip())
    except ValueError:
        raise ValueError(f"{text!r} is not a date: write 2024-05-13 or 2024-05-13T16:00Z") from None
    return as_instant(parsed)


def instant_text(instant: datetime) -> str:
    """``2024-05-13`` for the beginning of a day, else ``2024-05-13T16:00:00Z``."""
    if instant.time() == time():
        return instant.date().isoformat()
    return instant.replace(tzinfo=None).isoformat() + "Z"
