"""How the prices of a model went: a step for each change, drawn when the page is made."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from decimal import Decimal

from modelops_bundle.catalog.entries import ModelEntry, Price
from modelops_bundle.catalog.ordinary import ordinary_rows, per_million
from modelops_bundle.catalog.site.headlines import METERS_SHOWN
from modelops_bundle.catalog.site.texts import METER_WORDS
from modelops_bundle.catalog.trees import amount_text

__all__ = ["Chart", "Line", "price_chart"]

WIDTH, HEIGHT = 640, 200
_LEFT, _RIGHT, _TOP, _BOTTOM = 56, 16, 16, 28


@dataclass(frozen=True, slots=True)
class Line:
    """The steps of one meter: its number and name, and the path that draws it."""

    number: int
    name: str
    path: str


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of ``width`` by ``height``.

    Attributes:
        width: In the units of the drawing.
        height: In the same.
        lines: One for each meter.
        ticks: Height and text of each line of the grid.
        dates: Place and text of the first and the last day.
        baseline: Height of the axis.
    """

    width: int
    height: int
    lines: tuple[Line, ...]
    ticks: tuple[tuple[str, str], ...]
    dates: tuple[tuple[str, str], ...]
    baseline: int


def price_chart(entry: ModelEntry, on: date) -> Chart | None:
    """The chart of a model until a date; ``None`` where no price in US dollars has changed."""
    last = datetime.combine(on, time(), UTC)
    steps = {
        meter: [price for price in ordinary_rows(entry, meter) if _is_drawn(price, last)]
        for meter in METERS_SHOWN
    }
    changed = [
        meter for meter, rows in steps.items() if len({per_million(row) for row in rows}) > 1
    ]
    if not changed:
        return None
    drawn = [row for rows in steps.values() for row in rows]
    first = min(row.valid_from for row in drawn if row.valid_from is not None)
    highest = max(per_million(row) for row in drawn)
    if first >= last or highest == 0:
        return None
    scale = _Scale(first, last, highest)
    lines = tuple(
        Line(number, METER_WORDS[meter], "".join(scale.step(row) for row in steps[meter]))
        for number, meter in enumerate(METERS_SHOWN)
        if steps[meter]
    )
    half, baseline = highest / 2, HEIGHT - _BOTTOM
    ticks = tuple((scale.y(at), amount_text(at)) for at in (Decimal(0), half, highest))
    ends = ((str(_LEFT), first.date().isoformat()), (str(WIDTH - _RIGHT), on.isoformat()))
    return Chart(WIDTH, HEIGHT, lines, ticks, ends, baseline)


def _is_drawn(price: Price, last: datetime) -> bool:
    start = price.valid_from
    return start is not None and start < last and price.currency == "USD"


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime
    highest: Decimal

    def x(self, at: datetime) -> str:
        part = (at - self.first) / (self.last - self.first)
        return f"{_LEFT + part * (WIDTH - _LEFT - _RIGHT):.1f}"

    def y(self, amount: Decimal) -> str:
        part = float(amount / self.highest)
        return f"{HEIGHT - _BOTTOM - part * (HEIGHT - _TOP - _BOTTOM):.1f}"

    def step(self, price: Price) -> str:
        start, end = price.valid_from or self.first, min(price.valid_to or self.last, self.last)
        return f"M{self.x(start)} {self.y(per_million(price))}H{self.x(end)}"
