"""The arithmetic of costs, against amounts that were worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from decimal import Decimal, localcontext

import pytest
from tests.support.catalogs import catalog_of

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import Alias, ModelEntry, Price, When
from modelops_bundle.catalog.pricing import REASONS, Cost, Usage, cost_of, price_on, prices_in_force

ON = date(2025, 6, 1)


def row(meter: str, amount: str, unit: str = "1m_tokens", **more: object) -> Price:
    return Price(meter=meter, unit=unit, amount=Decimal(amount), **more)  # type: ignore[arg-type]


def model(*prices: Price, **more: object) -> ModelEntry:
    return ModelEntry(id="m", provider="acme", prices=prices, **more)  # type: ignore[arg-type]


SONNET = model(
    row("input", "3"),
    row("output", "15"),
    row("cache_read", "0.30"),
    row("cache_write_5m", "3.75"),
    row("cache_write_1h", "6"),
)
GPT_4O = model(
    row("input", "2.50"),
    row("cache_read", "1.25"),
    row("output", "10"),
    row("input", "1.25", when=When(batch=True)),
    row("output", "5", when=When(batch=True)),
    row("input", "4.25", when=When(service_tier="priority")),
    row("output", "17", when=When(service_tier="priority")),
)
#: Dearer as a whole above 200,000 tokens of context, in two steps.
GEMINI = model(
    row("input", "1.25"),
    row("input", "2.50", min_context=200_000),
    row("input", "4", min_context=500_000),
    row("cache_read", "0.31"),
    row("cache_read", "0.625", min_context=200_000),
    row("output", "10"),
    row("output", "15", min_context=200_000),
)
#: Cheaper at night, where night passes midnight.
NIGHTLY = model(
    row("input", "0.27"),
    row("input", "0.135", when=When(time_of_day=(time(16, 30), time(0, 30)))),
    row("output", "1.10"),
)


def test_one_anthropic_message_with_cache_reads_and_both_cache_writes() -> None:
    # As the API counts: input_tokens 2,048 beside the cache; 18,000 read; 5,000 and 1,000 written; 503 out.
    usage = Usage(
        input=2_048, cache_read=18_000, cache_write_5m=5_000, cache_write_1h=1_000, output=503
    )
    cost = cost_of(SONNET, usage, ON)
    # 0.006144 + 0.0054 + 0.01875 + 0.006 + 0.007545
    assert cost.amount == Decimal("0.043839")
    assert cost.currency == "USD"
    assert {line.meter: line.amount for line in cost.lines} == {
        "input": Decimal("0.006144"),
        "output": Decimal("0.007545"),
        "cache_read": Decimal("0.0054"),
        "cache_write_5m": Decimal("0.01875"),
        "cache_write_1h": Decimal("0.006"),
    }


def test_one_openai_call_with_cached_input() -> None:
    # prompt_tokens 2,006 of which 1,920 cached; completion_tokens 300 of which 100 of reasoning.
    usage = Usage(input=2_006 - 1_920, cache_read=1_920, output=200, output_reasoning=100)
    # 86 x 2.5 + 1,920 x 1.25 + 300 x 10 = 215 + 2,400 + 3,000 millionths
    assert cost_of(GPT_4O, usage, ON).amount == Decimal("0.005615")


def test_reasoning_with_a_price_of_its_own_is_not_output() -> None:
    entry = model(row("output", "10"), row("output_reasoning", "2"))
    assert cost_of(entry, Usage(output=1, output_reasoning=10), ON).amount == Decimal("0.00003")


@pytest.mark.parametrize(
    ("usage", "amount"),
    [
        (Usage(input=200_000), "0.25"),
        (Usage(input=200_001), "0.5000025"),
        # What was cached counts for the tier, and the tier prices the output as well.
        (Usage(input=100_000, cache_read=100_001, output=1_000), "0.327500625"),
        (Usage(input=500_001), "2.000004"),
    ],
)
def test_a_tier_over_a_context_length_prices_the_whole_request(usage: Usage, amount: str) -> None:
    assert cost_of(GEMINI, usage, ON).amount == Decimal(amount)


def test_batch_and_service_tiers_have_their_own_prices() -> None:
    usage = Usage(input=1_000, output=100)
    assert cost_of(GPT_4O, usage, ON).amount == Decimal("0.0035")
    assert cost_of(GPT_4O, usage, ON, batch=True).amount == Decimal("0.00175")
    assert cost_of(GPT_4O, usage, ON, service_tier="priority").amount == Decimal("0.00595")
    assert cost_of(GPT_4O, usage, ON, service_tier="PRIORITY").amount == Decimal("0.00595")


@pytest.mark.parametrize("name", [None, "", "default", "standard", "auto", "on_demand"])
def test_names_of_the_standard_tier(name: str | None) -> None:
    assert cost_of(GPT_4O, Usage(input=4), ON, service_tier=name).amount == Decimal("0.00001")


def test_a_tier_called_batch_is_the_batch_api() -> None:
    # Messages of Anthropic's batches say so in usage.service_tier.
    assert cost_of(GPT_4O, Usage(input=4), ON, service_tier="batch").amount == Decimal("0.000005")


def test_what_a_tier_has_no_price_for_is_unknown() -> None:
    cost = cost_of(GPT_4O, Usage(input=1, cache_read=1), ON, batch=True)
    assert cost == Cost(reason="no_price_for_circumstances", meter="cache_read")
    cost = cost_of(GPT_4O, Usage(input=1), ON, service_tier="flex")
    assert cost == Cost(reason="no_price_for_circumstances", meter="input")
    both = cost_of(GPT_4O, Usage(input=1), ON, service_tier="priority", batch=True)
    assert both.reason == "no_price_for_circumstances"


@pytest.mark.parametrize(
    ("at", "amount"),
    [
        (time(16, 29, 59), "0.27"),
        (time(16, 30), "0.135"),
        (time(23, 59), "0.135"),
        (time(0, 0), "0.135"),
        (time(0, 29, 59), "0.135"),
        (time(0, 30), "0.27"),
    ],
)
def test_a_time_of_day_stands_before_the_whole_day(at: time, amount: str) -> None:
    cost = cost_of(NIGHTLY, Usage(input=1_000_000), datetime.combine(ON, at, UTC))
    assert cost.amount == Decimal(amount)


@pytest.mark.parametrize(
    ("at", "amount"), [(time(8, 59), 2), (time(9), 3), (time(16, 59), 3), (time(17), 2)]
)
def test_hours_within_a_day_begin_at_the_first_and_end_before_the_last(
    at: time, amount: int
) -> None:
    dear = When(time_of_day=(time(9), time(17)))
    entry = model(row("input", "2"), row("input", "3", when=dear))
    cost = cost_of(entry, Usage(input=1_000_000), datetime.combine(ON, at, UTC))
    assert cost.amount == amount


def test_a_model_has_its_price_from_the_day_of_its_release_on() -> None:
    entry = model(row("input", "1"), release_date=PartialDate(2025, 6, 1))
    assert cost_of(entry, Usage(input=1_000_000), ON).amount == 1
    assert cost_of(entry, Usage(input=1), date(2025, 5, 31)).reason == "no_price_at_date"


def test_no_row_is_in_force_before_the_release() -> None:
    entry = model(
        row("input", "3"), row("input", "4", when=When(batch=True)), release_date=PartialDate(2025)
    )
    assert prices_in_force(entry, date(2024, 12, 31)) == ()
    assert prices_in_force(entry, date(2025, 1, 1)) == entry.prices


def test_the_time_of_day_is_utc_whatever_the_zone() -> None:
    # 00:45 in Tokyo is 15:45 UTC of the day before.
    at = datetime.fromisoformat("2025-06-02T00:45:00+09:00")
    assert cost_of(NIGHTLY, Usage(input=1_000_000), at).amount == Decimal("0.27")


def test_prices_change_at_an_instant() -> None:
    change = datetime(2025, 3, 1, tzinfo=UTC)
    entry = model(row("input", "5", valid_to=change), row("input", "2.5", valid_from=change))
    million = Usage(input=1_000_000)
    assert cost_of(entry, million, date(2025, 2, 28)).amount == 5
    assert cost_of(entry, million, date(2025, 3, 1)).amount == Decimal("2.5")
    assert cost_of(entry, million, date(2025, 2, 28)).undated
    assert not cost_of(entry, million, date(2025, 3, 1)).undated


def test_units() -> None:
    entry = model(
        row("input", "0.005", "1k_tokens"),
        row("output", "0.00001", "token"),
        row("audio", "0.006", "minute"),
        row("image", "0.04", "image"),
        row("request", "5", "1k_requests"),
        row("search", "10", "1k_searches"),
    )
    usage = Usage(input=200, output=100, audio=90, image=2, search=3)
    # 0.001 + 0.001 + 0.009 + 0.08 + 0.005 for the request itself + 0.03
    assert cost_of(entry, usage, ON).amount == Decimal("0.126")


def test_unknown_is_unknown_with_a_reason() -> None:
    assert cost_of(model(), Usage(), ON) == Cost(reason="no_price")
    lacking = cost_of(model(row("input", "1")), Usage(input=1, output=1), ON)
    assert lacking == Cost(reason="no_price_for_meter", meter="output")
    later = model(row("input", "1", valid_from=datetime(2026, 1, 1, tzinfo=UTC)))
    assert cost_of(later, Usage(input=1), ON) == Cost(reason="no_price_at_date", meter="input")
    young = model(row("input", "1"), release_date=PartialDate(2025, 7))
    assert cost_of(young, Usage(input=1), ON) == Cost(reason="no_price_at_date")
    mixed = model(row("input", "1"), row("output", "1", currency="EUR"))
    assert cost_of(mixed, Usage(input=1, output=1), ON) == Cost(reason="mixed_currencies")
    high = model(row("input", "1", min_context=1_000))
    assert cost_of(high, Usage(input=1), ON).reason == "no_price_for_circumstances"


def test_a_price_of_zero_is_one_and_an_absent_price_is_none() -> None:
    free = model(row("input", "0"), row("output", "0"))
    assert cost_of(free, Usage(input=10, output=10), ON).amount == 0
    assert cost_of(free, Usage(input=10, cache_read=10), ON).amount is None


def test_a_request_costs_nothing_by_itself_unless_a_row_says_so() -> None:
    assert [line.meter for line in cost_of(GPT_4O, Usage(input=1), ON).lines] == ["input"]


def test_every_reason_is_worded() -> None:
    assert price_on(model(), "input", ON) == "no_price"
    for reason in ("no_price", "no_price_at_date", "unknown_model", "ambiguous_model"):
        assert REASONS[reason]


def test_counts_are_not_negative() -> None:
    with pytest.raises(ValueError, match="usage of cache_read is negative"):
        Usage(cache_read=-1)


def test_amounts_are_exact_whatever_the_callers_precision() -> None:
    entry = model(row("input", "123456789.12345678901234567890", "token"))
    with localcontext(prec=5):
        cost = cost_of(entry, Usage(input=10**15 + 1), ON)
    assert cost.amount == Decimal("123456789123456912469134.80235678901234567890")


def test_an_alias_is_resolved_for_the_date_before_it_is_priced() -> None:
    catalog = catalog_of(
        """
        providers: {acme: {name: Acme}}
        models:
          - id: m-1
            aliases: [{name: m, valid_from: 2024-05-01, valid_to: 2024-10-01}]
            prices: [{meter: input, unit: 1m_tokens, amount: "5"}]
          - id: m-2
            aliases: [{name: m, valid_from: 2024-10-01}]
            prices: [{meter: input, unit: 1m_tokens, amount: "2.5"}]
        """
    )
    million = Usage(input=1_000_000)
    assert catalog.cost("acme/m", million, date(2024, 9, 30)).amount == 5
    assert catalog.cost("acme/m", million, date(2024, 10, 1)).amount == Decimal("2.5")
    assert catalog.cost("m", million, date(2024, 4, 30)) == Cost(reason="no_price_at_date")
    assert catalog.cost("acme/n", million, ON) == Cost(reason="unknown_model")


def test_a_retired_model_prices_an_old_run() -> None:
    entry = replace(GPT_4O, shutdown_date=PartialDate(2025, 5, 1), aliases=(Alias(name="a"),))
    assert cost_of(entry, Usage(input=4), date(2025, 4, 1)).amount == Decimal("0.00001")
