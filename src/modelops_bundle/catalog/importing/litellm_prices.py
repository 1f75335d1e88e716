"""Prices as LiteLLM's JSON has them: each in a key that spells its meter, context, service tier and batch.

The grammar of a key: what is counted, then ``_above_1hr`` for a cache write that lives for an hour,
``_above_200k_tokens`` for a tier of context, and ``_batches`` or the name of a service tier.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from modelops_bundle.catalog.importing.outcome import Notes
from modelops_bundle.catalog.importing.values import Reader, price_row, sort_prices

__all__ = ["is_price", "read_prices"]

#: Meters of what is counted by the token.
_TOKENS = {
    "input_cost_per_token": "input",
    "output_cost_per_token": "output",
    "cache_read_input_token_cost": "cache_read",
    "input_cost_per_token_cache_hit": "cache_read",
    "cache_creation_input_token_cost": "cache_write_5m",
    "cache_creation_input_token_cost_above_1hr": "cache_write_1h",
    "output_cost_per_reasoning_token": "output_reasoning",
    "input_cost_per_audio_token": "input_audio",
    "output_cost_per_audio_token": "output_audio",
    "cache_read_input_audio_token_cost": "cache_read_audio",
    "input_cost_per_image_token": "input_image",
    "output_cost_per_image_token": "output_image",
}
#: Meters of what is counted by the piece or the second, with the unit, and the modes that it means that in.
_PIECES = {
    "output_cost_per_image": ("image", "image", None),
    "input_cost_per_image": ("image", "image", ("image_generation", "image_edit")),
    "input_cost_per_request": ("request", "request", None),
    "input_cost_per_query": ("request", "request", ("rerank",)),
    "input_cost_per_audio_per_second": ("audio", "second", None),
    "input_cost_per_second": ("audio", "second", ("audio_transcription", "audio_speech")),
    "output_cost_per_second": ("audio", "second", ("audio_transcription", "audio_speech")),
    "cost_per_second": ("audio", "second", ("audio_transcription", "audio_speech")),
}
_SEARCHES = {"input_cost_per_query": ("search", "search", ("search",))}
_TIERS = ("priority", "flex", "balanced", "ultrafast", "decisions")
_SUFFIX = re.compile(
    r"(?P<base>.+?)(?:_above_(?P<thousands>[0-9]{1,9})k_tokens)?(?:_(?P<how>batches|"
    + "|".join(_TIERS)
    + "))?",
    re.DOTALL,
)
_MOST_CONTEXT = 10**12
_NO_METER = "no meter counts this"
_REASONS = {"off_peak_pricing": "its hours are not the same on every day of the week"}


def is_price(key: str) -> bool:
    """Whether a key of LiteLLM's is about a price."""
    return "cost" in key or key in ("tiered_pricing", "off_peak_pricing")


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key says about its amount."""

    meter: str
    unit: str
    when: tuple[tuple[str, Any], ...] = ()
    min_context: int = 0


def read_prices(
    row: Mapping[str, Any], where: str, source: str, notes: Notes
) -> list[dict[str, Any]]:
    """The price rows of one model of LiteLLM's.

    Args:
        row: The model.
        where: Its name, for notes.
        source: What each row gives as its source.
        notes: Where everything goes that has no place.
    """
    reader = Reader(where, notes)
    found: dict[_Key, Decimal] = {}
    said = [(key, value) for key, value in row.items() if is_price(key) and value is not None]
    # What is made comes before what it is made from, and a price before the 0 that fills its place.
    for key, value in sorted(
        said, key=lambda each: (each[1] == 0, not each[0].startswith("output"))
    ):
        for place, amount in _read(key, value, row, reader):
            if found.setdefault(place, amount) != amount:
                notes.unmapped(where, key, value, "another key gives another price for the same")
    rows = [
        price_row(
            key.meter,
            amount,
            source,
            unit=key.unit,
            when=dict(key.when),
            min_context=key.min_context,
        )
        for key, amount in found.items()
    ]
    return sort_prices(rows)


def _read(
    key: str, value: Any, row: Mapping[str, Any], reader: Reader
) -> list[tuple[_Key, Decimal]]:
    if key == "tiered_pricing":
        return _tiers_of_context(value, reader)
    if key == "search_context_cost_per_query":
        return _searches(value, reader)
    place = _place(key, row.get("mode"))
    if place is None:
        reader.notes.unmapped(reader.where, key, value, _REASONS.get(key, _NO_METER))
        return []
    read = reader.per_million if place.unit == "1m_tokens" else reader.amount
    amount = read(key, value)
    return [] if amount is None else [(place, amount)]


def _place(key: str, mode: object) -> _Key | None:
    """What a key counts and under which circumstances; ``None`` when nothing here counts that."""
    match = _SUFFIX.fullmatch(key)
    assert match is not None
    base, thousands, how = match["base"], match["thousands"], match["how"]
    when: tuple[tuple[str, Any], ...] = ()
    if how:
        when = (("batch", True),) if how == "batches" else (("service_tier", how),)
    context = int(thousands) * 1000 if thousands else 0
    meter = _TOKENS.get(base)
    if meter is not None:
        return _Key(meter, "1m_tokens", when, context)
    for table in (_PIECES, _SEARCHES):
        piece = table.get(base)
        if piece is not None and (piece[2] is None or mode in piece[2]):
            return _Key(piece[0], piece[1], when, context)
    return None


def _tiers_of_context(value: Any, reader: Reader) -> list[tuple[_Key, Decimal]]:
    """Tiers as a list, each with the range of context that it is for."""
    found = []
    for tier in value if isinstance(value, list) else [value]:
        span = tier.get("range") if isinstance(tier, dict) else None
        start = _context(span)
        if start is None:
            reader.notes.unmapped(reader.where, "tiered_pricing", tier, "a tier without its range")
            continue
        for key, amount in tier.items():
            if key == "range":
                continue
            place = _place(key, None)
            number = None if place is None else reader.per_million(f"tiered_pricing.{key}", amount)
            if place is None or place.unit != "1m_tokens":
                reader.notes.unmapped(reader.where, f"tiered_pricing.{key}", amount, _NO_METER)
            elif number is not None:
                found.append((_Key(place.meter, place.unit, place.when, start), number))
    return found


def _context(span: object) -> int | None:
    """Where a range of context begins; ``None`` where that is no number of tokens."""
    start = span[0] if isinstance(span, list) and span else None
    if isinstance(start, bool) or not isinstance(start, (int, Decimal)):
        return None
    number = Decimal(start)
    return int(number) if number.is_finite() and 0 <= number <= _MOST_CONTEXT else None


def _searches(value: Any, reader: Reader) -> list[tuple[_Key, Decimal]]:
    """The price of a search, where it does not depend on how much of the results is used."""
    key = "search_context_cost_per_query"
    amounts = list(value.values()) if isinstance(value, dict) else []
    if not amounts or any(each != amounts[0] for each in amounts):
        reader.notes.unmapped(
            reader.where, key, value, "it depends on the size of the search context"
        )
        return []
    amount = reader.amount(key, amounts[0])
    return [] if amount is None else [(_Key("search", "search"), amount)]
