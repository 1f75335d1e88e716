"""Dates as sources know them: a year, a month or a day, and instants in UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

__all__ = ["PartialDate", "as_instant", "instant_text", "read_instant"]

_PARTIAL = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_FIRST_YEAR = 1900


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date with the precision that its source gives: ``2024``, ``2024-05`` or ``2024-05-13``.

    Attributes:
        year: From 1900.
        month: 1 to 12; ``None`` when only the year is known.
        day: Day of the month; ``None`` when only the month is known.

    Raises:
        ValueError: There is no such date.
    """

    year: int
    month: int | None = None
    day: int | None = None

    def __post_init__(self) -> None:
        if self.year < _FIRST_YEAR:
            raise ValueError(f"the year is before {_FIRST_YEAR}")
        if self.month is None and self.day is not None:
            raise ValueError("a day without a month")
        # ``or`` would let a month or day of 0 pass.
        date(self.year, *(1 if part is None else part for part in (self.month, self.day)))

    @classmethod
    def parse(cls, text: str) -> PartialDate:
        """The date that ``text`` writes.

        Raises:
            ValueError: It is none, such as ``2025-25-11``; the message says why.
        """
        match = _PARTIAL.fullmatch(text.strip())
        if match is None:
            raise ValueError(f"{text!r:.60} is not a date: write 2024-05-13, 2024-05 or 2024")
        try:
            return cls(*(int(part) for part in match.groups() if part is not None))
        except ValueError as error:
            raise ValueError(f"{text!r} is not a date: {error}") from None

    @property
    def first(self) -> date:
        """The earliest day that it may be."""
        return date(self.year, self.month or 1, self.day or 1)

    @property
    def last(self) -> date:
        """The latest day that it may be."""
        if self.day is not None:
            return self.first
        if self.month is None or self.month == 12:
            return date(self.year, 12, 31)
        return date(self.year, self.month + 1, 1) - timedelta(days=1)

    def __str__(self) -> str:
        parts = (self.year, self.month, self.day)
        widths = ("04d", "02d", "02d")
        return "-".join(
            format(part, width)
            for part, width in zip(parts, widths, strict=True)
            if part is not None
        )


def as_instant(on: date | datetime) -> datetime:
    """An instant in UTC. A day without a time is its beginning; a time without a zone is UTC.

    Raises:
        TypeError: It is neither, such as text.
    """
    if isinstance(on, datetime):
        return on.replace(tzinfo=UTC) if on.tzinfo is None else on.astimezone(UTC)
    if not isinstance(on, date):
        raise TypeError(f"{on!r} is no date: date.fromisoformat('2024-05-13') makes one of text")
    return datetime.combine(on, time(), UTC)


def read_instant(text: str) -> datetime:
    """The instant that ISO 8601 text writes, a day being its beginning in UTC.

    Raises:
        ValueError: It is none.
    """
    try:
        return as_instant(datetime.fromisoformat(text.strip()))
    except (ValueError, OverflowError):
        raise ValueError(
            f"{text!r:.60} is not a date: write 2024-05-13 or 2024-05-13T16:00Z"
        ) from None


def instant_text(instant: datetime) -> str:
    """``2024-05-13`` for the beginning of a day in UTC, else ``2024-05-13T16:00:00Z``."""
    instant = as_instant(instant)
    if instant.time() == time():
        return instant.date().isoformat()
    return instant.replace(tzinfo=None).isoformat() + "Z"
