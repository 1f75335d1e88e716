"""A small catalog for the site: history, aliases that moved, what is not known, and names that mean harm."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from decimal import Decimal

from modelops_bundle.catalog.compiled import Shelf, compile_catalog
from modelops_bundle.catalog.dates import PartialDate, as_instant
from modelops_bundle.catalog.entries import (
    Alias,
    Capabilities,
    ModelEntry,
    Price,
    ProviderConfig,
    When,
)
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.statuses import Status

__all__ = ["DAY", "HOSTILE_IDS", "catalog_of", "many_models", "small_catalog"]

#: The day that sites are made for.
DAY = date(2026, 3, 1)

HOSTILE_IDS = (
    "<script>document.title='taken'</script>",
    '"><img src=x onerror="document.title=1">',
    "</script><script>document.title='taken'</script>",
    "a/../../b",
    "CON",
    "index",
    "Model:7b%20x",
    "model:7b%20x",
    "模型-é\u202e",
    "-->&lt;!--",
    "long-" + "x" * 300,
)


def small_catalog() -> Catalog:
    """A few dozen models."""
    return catalog_of([*_openai(), *_others(), *_hostile()])


def many_models(count: int) -> Catalog:
    """A catalog of so many models, as varied as real ones in what makes pages long."""
    made = [
        ModelEntry(
            id=f"vendor-{number % 97}/some-model-{number}-instruct-2026-01",
            provider=f"provider-{number % 150:03d}",
            developer=f"vendor-{number % 97}",
            display_name=f"Some Model {number} Instruct",
            release_date=PartialDate(2019 + number % 7, 1 + number % 12, 1 + number % 28),
            status=Status.PRODUCTION,
            context_window=128_000 + number,
            max_input_tokens=120_000 + number,
            max_output_tokens=16_384,
            capabilities=Capabilities(supports_vision=True, supports_reasoning=False),
            prices=_prices(f"0.{number + 1}", f"1.{number + 1}"),
        )
        for number in range(count)
    ]
    return catalog_of(made)


def catalog_of(models: list[ModelEntry]) -> Catalog:
    """A catalog of these models."""
    configs = [
        ProviderConfig(
            slug="openai", name="OpenAI", docs="https://platform.openai.com/docs/models"
        ),
        ProviderConfig(slug="ollama", name="Ollama"),
        ProviderConfig(slug="groq", name="Groq & <b>friends</b>"),
    ]
    return Catalog(Shelf(compile_catalog(configs, models)))


def _prices(first: str, second: str, cached: str | None = None) -> tuple[Price, ...]:
    amounts = {"input": first, "output": second, "cache_read": cached}
    return tuple(
        Price(meter=meter, unit="1m_tokens", amount=Decimal(amount))
        for meter, amount in amounts.items()
        if amount is not None
    )


def _openai() -> list[ModelEntry]:
    moved, fell = as_instant(date(2024, 10, 2)), datetime(2025, 6, 10, 16, tzinfo=UTC)
    docs = "https://platform.openai.com/docs/deprecations"
    old = ModelEntry(
        id="gpt-4o-2024-05-13",
        provider="openai",
        developer="openai",
        display_name="GPT-4o (May)",
        release_date=PartialDate(2024, 5, 13),
        status=Status.PRODUCTION,
        context_window=128_000,
        max_output_tokens=4_096,
        capabilities=Capabilities(supports_vision=True, supports_function_calling=True),
        aliases=(Alias(name="gpt-4o", valid_from=as_instant(date(2024, 5, 13)), valid_to=moved),),
        deprecation_date=PartialDate(2025, 9),
        shutdown_date=PartialDate(2026, 2, 1),
        replacement="gpt-4o-2024-08-06",
        prices=_prices("5", "15"),
        source={"*": f"said at {docs}.", "prices": "a price list"},
        checked_on=date(2026, 2, 28),
    )
    new = ModelEntry(
        id="gpt-4o-2024-08-06",
        provider="openai",
        developer="openai",
        display_name="GPT-4o",
        release_date=PartialDate(2024, 8, 6),
        status=Status.PRODUCTION,
        context_window=128_000,
        max_input_tokens=120_000,
        max_output_tokens=16_384,
        capabilities=Capabilities(
            supports_vision=True,
            supports_function_calling=True,
            supports_structured_output=True,
            supports_reasoning=False,
        ),
        aliases=(Alias(name="gpt-4o", valid_from=moved, source=docs),),
        prices=(
            *_dated("input", "4", None, fell),
            *_dated("input", "2.5", fell, None),
            *_dated("output", "10", as_instant(date(2024, 8, 6)), None),
            *_dated("cache_read", "1.25", as_instant(date(2024, 10, 1)), None),
            Price(meter="input", unit="1m_tokens", amount=Decimal("1.25"), when=When(batch=True)),
            Price(meter="input", unit="1m_tokens", amount=Decimal(9), min_context=100_000),
        ),
    )
    return [old, new]


def _dated(meter: str, amount: str, start: datetime | None, end: datetime | None) -> list[Price]:
    return [
        Price(
            meter=meter,
            unit="1m_tokens",
            amount=Decimal(amount),
            valid_from=start,
            valid_to=end,
            source="a price list",
        )
    ]


def _others() -> list[ModelEntry]:
    night = When(time_of_day=(time(16, 30), time(0, 30)))
    return [
        ModelEntry(
            id="free-model",
            provider="groq",
            developer="meta",
            release_date=PartialDate(2025),
            status=Status.BETA,
            context_window=8_192,
            capabilities=Capabilities(supports_streaming=True),
            prices=_prices("0", "0"),
        ),
        ModelEntry(
            id="yuan-model",
            provider="elsewhere",
            developer="deepseek",
            release_date=PartialDate(2025, 7),
            context_window=1_000_000,
            prices=(
                Price(meter="input", unit="1k_tokens", amount=Decimal("0.0005"), currency="CNY"),
                Price(meter="input", unit="1k_tokens", amount=Decimal("0.0001"), when=night),
            ),
        ),
        ModelEntry(id="nothing-known", provider="elsewhere"),
        ModelEntry(
            id="to-come",
            provider="ollama",
            release_date=PartialDate(2026, 4, 1),
            status=Status.EXPERIMENTAL,
            prices=_prices("0.123456789012", "7"),
        ),
        ModelEntry(
            id="gone",
            provider="elsewhere",
            status=Status.RETIRED,
            context_window=32_000,
            replacement="openai/gpt-4o-2024-08-06",
            prices=_prices("1.5", "1234.5"),
        ),
        ModelEntry(id="gpt-4o-2024-08-06", provider="elsewhere", developer="openai"),
    ]


def _hostile() -> list[ModelEntry]:
    return [
        ModelEntry(
            id=model_id,
            provider="ollama",
            developer="<i>dev</i>",
            display_name=f"{model_id} & more",
            aliases=(Alias(name=f"{model_id}:latest"),),
            source={"*": 'javascript:alert(1) https://example.org/"onmouseover="x'},
        )
        for model_id in HOSTILE_IDS
    ]
