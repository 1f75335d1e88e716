"""What a call cost: counts by meter, times the price rows that were in force. Exact, in decimals.

What has no price is unknown, with a reason, and never 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields
from datetime import date, datetime, time
from decimal import Context, Decimal, localcontext

from modelops_bundle.catalog.dates import as_instant
from modelops_bundle.catalog.entries import UNITS, ModelEntry, Price, When

__all__ = [
    "DIGITS",
    "REASONS",
    "STANDARD_TIERS",
    "Cost",
    "CostLine",
    "Usage",
    "cost_of",
    "is_to_come",
    "price_on",
    "prices_in_force",
]

#: Why an amount is unknown, by code.
REASONS = {
    "unknown_model": "the catalog does not know the model",
    "ambiguous_model": "several providers offer a model of this name",
    "no_price": "no source gives a price of this model",
    "no_price_at_date": "no price, or no meaning of the alias, is attested at this date",
    "no_price_for_meter": "no source gives a price for something that was used",
    "no_price_for_circumstances": (
        "no source gives a price for this service tier, batch, time of day or length of context"
    ),
    "mixed_currencies": "its prices are in several currencies",
}

#: What APIs call the tier of a call that asked for none.
STANDARD_TIERS = frozenset({"", "standard", "default", "auto", "on_demand"})

#: What APIs call the tier of a call through the batch API, which is no tier here.
_BATCH_TIER = "batch"

#: Digits that hold every product of an allowed amount and a count, whatever the caller's precision is.
DIGITS = 80


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """What one call used, each token under exactly one meter; the fields are ``METERS``.

    OpenAI's ``prompt_tokens`` include the cached ones, which are to be taken off ``input``; Anthropic's
    ``input_tokens`` do not. Counts are not negative; audio is in tokens under ``input_audio`` and
    ``output_audio`` and in seconds under ``audio``.
    """

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    output_reasoning: int = 0
    input_audio: int = 0
    output_audio: int = 0
    cache_read_audio: int = 0
    input_image: int = 0
    output_image: int = 0
    audio: int = 0
    image: int = 0
    request: int = 1
    search: int = 0

    def __post_init__(self) -> None:
        for each in fields(self):
            if getattr(self, each.name) < 0:
                raise ValueError(f"usage of {each.name} is negative")

    @property
    def context(self) -> int:
        """Tokens that went in, cached or not: what tiers over a context length look at."""
        return (
            self.input + self.cache_read + self.cache_write_5m + self.cache_write_1h
            + self.input_audio + self.cache_read_audio + self.input_image
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class CostLine:
    """One meter of a cost: what was counted, at which price, and what it comes to."""

    meter: str
    count: int
    price: Price
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What a call cost.

    Attributes:
        amount: In ``currency``, unrounded; ``None`` when it is unknown.
        currency: ISO 4217 code; ``None`` when the amount is unknown.
        reason: Why it is unknown, a key of :data:`REASONS`.
        meter: What has no price, where that is the reason.
        lines: How the amount comes about.
        undated: Whether a price was used of which no source says since when it is valid.
    """

    amount: Decimal | None = None
    currency: str | None = None
    reason: str | None = None
    meter: str | None = None
    lines: tuple[CostLine, ...] = ()
    undated: bool = False


def cost_of(
    entry: ModelEntry,
    usage: Usage,
    on: date | datetime,
    *,
    service_tier: str | None = None,
    batch: bool = False,
) -> Cost:
    """What a call of a model cost at an instant.

    Args:
        entry: The model, not an alias of it.
        usage: What was used.
        on: When; a day without a time is its beginning in UTC.
        service_tier: As the answer named it; those of :data:`STANDARD_TIERS` are the standard one, and
            ``batch`` is the batch API.
        batch: Whether it came through the batch API.
    """
    reason = _unpriced(entry, as_instant(on))
    if reason is not None:
        return Cost(reason=reason)
    lines: list[CostLine] = []
    for meter, count in _counted(entry, usage):
        chosen = price_on(
            entry, meter, on, service_tier=service_tier, batch=batch, context=usage.context
        )
        if isinstance(chosen, str):
            if meter == "request" and chosen == "no_price_for_meter":
                continue  # most providers ask nothing for a request as such
            return Cost(reason=chosen, meter=meter)
        with localcontext(Context(prec=DIGITS)):
            lines.append(CostLine(meter, count, chosen, chosen.amount * count / UNITS[chosen.unit]))
    return _sum(lines)


def price_on(
    entry: ModelEntry,
    meter: str,
    on: date | datetime,
    *,
    service_tier: str | None = None,
    batch: bool = False,
    context: int = 0,
) -> Price | str:
    """The row of a model's price list that prices a meter at an instant, or why none does.

    Args:
        entry: The model, not an alias of it.
        meter: One of ``METERS``.
        on: When; a day without a time is its beginning in UTC.
        service_tier: As the answer names it; see :func:`cost_of`.
        batch: Whether the call comes through the batch API.
        context: Tokens that go in, as ``Usage.context`` counts them. They choose the tier of the whole call.

    Returns:
        The row, or a key of :data:`REASONS`.
    """
    instant = as_instant(on)
    reason = _unpriced(entry, instant)
    if reason is not None:
        return reason
    rows = [price for price in entry.prices if price.meter == meter]
    if not rows:
        return "no_price_for_meter"
    tier = (service_tier or "").strip().lower()
    batch = batch or tier == _BATCH_TIER
    named = None if tier in STANDARD_TIERS or tier == _BATCH_TIER else tier
    return _choose(rows, instant, named, batch, context)


def is_to_come(entry: ModelEntry, on: date | datetime) -> bool:
    """Whether a model was not released yet: nothing had a price then."""
    return entry.release_date is not None and as_instant(on).date() < entry.release_date.first


def prices_in_force(entry: ModelEntry, on: date | datetime) -> tuple[Price, ...]:
    """The rows of a price list that hold at an instant, whatever they are for; none before the release."""
    if is_to_come(entry, on):
        return ()
    return tuple(price for price in entry.prices if price.is_valid(on))


def _unpriced(entry: ModelEntry, instant: datetime) -> str | None:
    """Why nothing of a model has a price at an instant, as far as that holds for every meter."""
    if not entry.prices:
        return "no_price"
    return "no_price_at_date" if is_to_come(entry, instant) else None


def _counted(entry: ModelEntry, usage: Usage) -> Iterator[tuple[str, int]]:
    """Meters that were used, with their counts; reasoning is output where it has no price of its own."""
    apart = any(price.meter == "output_reasoning" for price in entry.prices)
    for each in fields(usage):
        count = getattr(usage, each.name)
        if each.name == "output_reasoning" and not apart:
            continue
        if each.name == "output" and not apart:
            count += usage.output_reasoning
        if count:
            yield each.name, count


def _choose(
    rows: Iterable[Price], instant: datetime, tier: str | None, batch: bool, context: int
) -> Price | str:
    """The row that is in force under these circumstances, or why none is."""
    dated = [price for price in rows if price.is_valid(instant)]
    if not dated:
        return "no_price_at_date"
    fitting = [price for price in dated if _fits(price, instant.time(), tier, batch, context)]
    if not fitting:
        return "no_price_for_circumstances"
    return max(fitting, key=lambda price: (price.when.time_of_day is not None, price.min_context))


def _fits(price: Price, at: time, tier: str | None, batch: bool, context: int) -> bool:
    when = price.when
    above = price.min_context == 0 or context > price.min_context
    same = None if when.service_tier is None else when.service_tier.lower()
    return same == tier and when.batch == batch and above and _in_hours(when, at)


def _in_hours(when: When, at: time) -> bool:
    if when.time_of_day is None:
        return True
    start, end = when.time_of_day
    return start <= at < end if start < end else (at >= start or at < end)


def _sum(lines: list[CostLine]) -> Cost:
    currencies = {line.price.currency for line in lines}
    if len(currencies) > 1:
        return Cost(reason="mixed_currencies")
    with localcontext(Context(prec=DIGITS)):
        amount = sum((line.amount for line in lines), Decimal(0))
    return Cost(
        amount=amount,
        currency=currencies.pop() if currencies else "USD",
        lines=tuple(lines),
        undated=any(line.price.valid_from is None for line in lines),
    )
