"""Costs agree with those of genai-prices, wherever the shipped catalog has its prices.

Where they do not agree, the catalog has no answer, and the other falls back to another price: tokens of a
cache that has no price become plain input there, and calls of a tier that has no price standard ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from modelops_bundle.catalog.entries import ModelEntry, When
from modelops_bundle.catalog.importing.slugs import slug_of
from modelops_bundle.catalog.loading import shipped
from modelops_bundle.catalog.pricing import Cost, Usage, cost_of

genai_prices = pytest.importorskip("genai_prices")

SOURCE = "genai-prices"
#: Of these the other gives no price, for the reasons that stand above.
REFUSED = {"no_price_for_meter", "no_price_for_circumstances", "no_price_at_date"}
#: Groq bills at least ten seconds of audio for a request, which the other adds and no row says.
LEAST_SECONDS = 10
COUNTED = ("input", "output", "cache_read", "cache_write_5m", "cache_write_1h", "output_reasoning")
COUNTED += ("input_audio", "output_audio", "cache_read_audio", "input_image", "output_image")


class Pair(NamedTuple):
    """A model of ours, and what genai-prices has of it."""

    entry: ModelEntry
    model: Any
    provider: Any


@cache
def pairs() -> list[Pair]:
    """Every shipped model that has a price of genai-prices, with the model that it was taken from."""
    from genai_prices.data import providers

    catalog = shipped()
    found = []
    for provider in providers:
        slug = slug_of(provider.id)
        for at in (slug, "google-vertex") if slug == "google" else (slug,):
            for entry in catalog.entries(at):
                if not any(_is_theirs(price.source) for price in entry.prices):
                    continue
                if (at == "google-vertex") != (slug == "google" and entry.id.startswith("claude")):
                    continue
                model = next((each for each in provider.models if each.is_match(entry.id)), None)
                if model is not None:
                    found.append(Pair(entry, model, provider))
    return found


def _is_theirs(source: str | None) -> bool:
    # A price "of" another model was carried over by hand.
    return source is not None and source.startswith(SOURCE) and ", of " not in source


def theirs(usage: Usage, pair: Pair, at: datetime, when: When) -> Decimal:
    """What genai-prices says; its counts include what stands under a finer meter."""
    counts = {
        "input_tokens": usage.context,
        "output_tokens": usage.output
        + usage.output_reasoning
        + usage.output_audio
        + usage.output_image,
        "cache_read_tokens": usage.cache_read + usage.cache_read_audio,
        "cache_write_tokens": usage.cache_write_5m + usage.cache_write_1h,
        "cache_write_1h_tokens": usage.cache_write_1h,
        "output_reasoning_tokens": usage.output_reasoning,
        "input_audio_tokens": usage.input_audio + usage.cache_read_audio,
        "output_audio_tokens": usage.output_audio,
        "cache_audio_read_tokens": usage.cache_read_audio,
        "input_image_tokens": usage.input_image,
        "cache_image_read_tokens": 0,
        "output_image_tokens": usage.output_image,
        "audio_seconds": usage.audio,
        "input_audio_seconds": usage.audio,
        "web_searches": usage.search,
    }
    context = {"service_tier": when.service_tier} if when.service_tier else {}
    if when.batch:
        context["processing"] = "batch"
    price = pair.model.calc_price(
        genai_prices.Usage(**counts),
        pair.provider,
        genai_request_timestamp=at,
        price_context=context or None,
    )
    return Decimal(price.total_price)


def ours(usage: Usage, entry: ModelEntry, at: datetime, when: When) -> Cost:
    return cost_of(entry, usage, at, service_tier=when.service_tier, batch=when.batch)


def compare(pair: Pair, usage: Usage, at: datetime, when: When) -> str:
    """``agrees``, or why there is nothing to compare; what disagrees fails."""
    cost = ours(usage, pair.entry, at, when)
    if cost.amount is None:
        assert cost.reason in REFUSED, (pair.entry.name, cost)
        return cost.reason
    if not all(_is_theirs(line.price.source) for line in cost.lines):
        return "from another source"
    expected = theirs(usage, pair, at, when)
    # Thirds of an hour have no end, and some prices there came through floats: 0.68000000000000002.
    assert abs(cost.amount - expected) <= expected * Decimal("1e-12"), (
        pair.entry.name,
        usage,
        at,
        when,
        cost,
        expected,
    )
    return "agrees"


def circumstances(entry: ModelEntry) -> list[When]:
    whens = {When(service_tier=p.when.service_tier, batch=p.when.batch) for p in entry.prices}
    return sorted({When(), *whens}, key=repr)


def meters(entry: ModelEntry, when: When) -> list[str]:
    """What has a price of genai-prices under these circumstances."""
    return sorted(
        {
            price.meter
            for price in entry.prices
            if (price.when.service_tier, price.when.batch) == (when.service_tier, when.batch)
            and _is_theirs(price.source)
        }
    )


def instants(entry: ModelEntry) -> list[datetime]:
    """Moments on both sides of every change of a price, by date and by time of day."""
    edges = {each for p in entry.prices for each in (p.valid_from, p.valid_to) if each is not None}
    latest = max(edges, default=datetime(2026, 1, 1, tzinfo=UTC))
    hours = {each for p in entry.prices for each in p.when.time_of_day or ()}
    moments = {edge + timedelta(seconds=step) for edge in edges for step in (-1, 0)}
    moments |= {datetime.combine(latest, hour, UTC) + timedelta(days=1) for hour in hours}
    return sorted({*moments, latest + timedelta(days=40)})


def usage_of(counts: dict[str, int]) -> Usage:
    if counts.get("audio"):
        counts = {**counts, "audio": max(counts["audio"], LEAST_SECONDS)}
    return Usage(**{meter: count for meter, count in counts.items() if meter != "request"})


def probes(entry: ModelEntry, priced: list[str]) -> Iterator[Usage]:
    """A little and a lot of everything, and as much as is just on each side of every tier."""
    yield usage_of({meter: 1_000 + 7 * place for place, meter in enumerate(priced)})
    yield usage_of(dict.fromkeys(priced, 1_000_001))
    if "input" in priced:
        for start in sorted({price.min_context for price in entry.prices} - {0}):
            for step in (0, 1):
                counts = {"input": start - 1 + step, "cache_read": 1, "output": 10}
                yield usage_of({meter: counts[meter] for meter in counts if meter in priced})


def test_every_model_at_every_change_of_its_prices() -> None:
    told: Counter[str] = Counter()
    for pair in pairs():
        for when in circumstances(pair.entry):
            priced = meters(pair.entry, when)
            usages = list(probes(pair.entry, priced))
            for at in instants(pair.entry):
                for usage in usages:
                    told[compare(pair, usage, at, when)] += 1
    assert told["agrees"] > 5_000, told
    assert len(pairs()) > 1_000


@st.composite
def calls(draw: st.DrawFn) -> tuple[Pair, Usage, datetime, When]:
    pair = draw(st.sampled_from(pairs()))
    when = draw(st.sampled_from(circumstances(pair.entry)))
    known = st.sampled_from(meters(pair.entry, when) or ["input"])
    used = draw(st.sets(st.one_of(known, st.sampled_from(COUNTED)), max_size=6))
    counts = {meter: draw(st.integers(0, 3_000_000)) for meter in sorted(used)}
    near = st.sampled_from(instants(pair.entry))
    anywhere = st.datetimes(datetime(2023, 1, 1), datetime(2027, 1, 1)).map(
        lambda at: at.replace(tzinfo=UTC)
    )
    return pair, usage_of(counts), draw(st.one_of(near, anywhere)), when


@settings(max_examples=300, deadline=None)
@given(calls())
def test_any_usage_at_any_time(call: tuple[Pair, Usage, datetime, When]) -> None:
    compare(*call)
