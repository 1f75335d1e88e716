"""What the page of one model says: every fact, with what is not known said to be so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from modelops_bundle.catalog.entries import METERS, Alias, ModelEntry, Price
from modelops_bundle.catalog.pricing import is_to_come
from modelops_bundle.catalog.site.headlines import (
    ABILITIES,
    METERS_SHOWN,
    UNKNOWN,
    row_of,
)
from modelops_bundle.catalog.site.price_chart import Chart, price_chart
from modelops_bundle.catalog.site.texts import (
    METER_WORDS,
    UNIT_WORDS,
    circumstances,
    money_text,
    number_text,
    span_text,
    standing,
)
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.statuses import Status
from modelops_bundle.catalog.trees import amount_text

__all__ = ["Dated", "ModelPage", "Place", "model_page"]

Addresses = Mapping[tuple[str, str], str]

_ORDER = {"now": 0, "to come": 1, "past": 2}
_FIELD_WORDS = {"*": "everything else"}


@dataclass(frozen=True, slots=True)
class Dated:
    """A row of a table with dates.

    Attributes:
        cells: What it says.
        span: From when to when, in words.
        standing: ``now``, ``past`` or ``to come``.
        source: Who says so, if anybody does.
    """

    cells: tuple[str, ...]
    span: str
    standing: str
    source: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A model that is named, and its page if it has one, relative to the site."""

    name: str
    address: str | None


@dataclass(frozen=True, slots=True)
class ModelPage:
    """All that the page shows; ``None`` is not known.

    Attributes:
        entry: The model.
        title: Name for people.
        provider: The provider's name for people.
        docs: Where the provider documents its models.
        status: At the date of the page.
        meaning: What the status means.
        consequence: What follows from it.
        prices_shown: Heading and price per million tokens, of an ordinary call.
        abilities: Word, and whether the model can do it.
        facts: Name and value of all others.
        prices: The price list, past ones included.
        aliases: Names that mean or meant it.
        replacement: What to go to.
        elsewhere: The same id at other providers.
        sources: Field, and where its value comes from.
        chart: How its prices went, where they ever changed.
    """

    entry: ModelEntry
    title: str
    provider: str
    docs: str | None
    status: str | None
    meaning: str
    consequence: str
    prices_shown: tuple[tuple[str, str | None], ...]
    abilities: tuple[tuple[str, bool | None], ...]
    facts: tuple[tuple[str, str | None], ...]
    prices: tuple[Dated, ...]
    aliases: tuple[Dated, ...]
    replacement: Place | None
    elsewhere: tuple[Place, ...]
    sources: tuple[tuple[str, str], ...]
    chart: Chart | None


def model_page(
    catalog: Catalog, entry: ModelEntry, on: date, addresses: Addresses, offering: Iterable[str]
) -> ModelPage:
    """The page of a model, as it is at a date.

    Args:
        catalog: Where the names on it are looked up.
        entry: The model.
        on: The date.
        addresses: Pages by provider and id.
        offering: Slugs of the providers that have a model with this id.
    """
    config = catalog.provider(entry.provider)
    status = entry.status_on(on)
    shown = row_of(entry, on, None).prices
    meaning, consequence = _status_words(status)
    return ModelPage(
        entry=entry,
        title=entry.display_name or entry.id,
        provider=(config.name if config else None) or entry.provider,
        docs=config.docs if config else None,
        status=None if status is None else str(status),
        meaning=meaning,
        consequence=consequence,
        prices_shown=tuple(
            (METER_WORDS[meter], None if text == UNKNOWN else text)
            for meter, text in zip(METERS_SHOWN, shown, strict=True)
        ),
        abilities=tuple((word, getattr(entry.capabilities, name)) for name, _, word in ABILITIES),
        facts=_facts(entry),
        prices=tuple(_sorted(_price_row(entry, price, on) for price in _by_meter(entry.prices))),
        aliases=tuple(_sorted(_alias_row(alias, on) for alias in entry.aliases)),
        replacement=_replacement(entry, addresses),
        elsewhere=tuple(
            Place(f"{slug}/{entry.id}", addresses.get((slug, entry.id)))
            for slug in offering
            if slug != entry.provider
        ),
        sources=tuple(
            (_FIELD_WORDS.get(key, key), entry.source[key]) for key in sorted(entry.source)
        ),
        chart=price_chart(entry, on),
    )


def _status_words(status: Status | None) -> tuple[str, str]:
    if status is None:
        return "No source says how far its provider stands behind it.", "Nothing, until one does."
    return status.rule.meaning, status.rule.consequence


def _facts(entry: ModelEntry) -> tuple[tuple[str, str | None], ...]:
    scores = (entry.capabilities.coding_score, entry.capabilities.reasoning_score)
    coding, reasoning = (None if score is None else f"{score:g}" for score in scores)
    dates = (entry.release_date, entry.deprecation_date, entry.shutdown_date, entry.checked_on)
    released, deprecated, shut_down, checked = (None if day is None else str(day) for day in dates)
    return (
        ("Developer", entry.developer),
        ("Released", released),
        ("Context window, tokens", number_text(entry.context_window)),
        ("Input at most, tokens", number_text(entry.max_input_tokens)),
        ("Output at most, tokens", number_text(entry.max_output_tokens)),
        ("Oldest API version", entry.min_api_version),
        ("Deprecated since", deprecated),
        ("Shut down", shut_down),
        ("Score for coding, 0 to 1", coding),
        ("Score for reasoning, 0 to 1", reasoning),
        ("Base model", entry.base_model),
        ("Checked on", checked),
    )


def _by_meter(prices: Iterable[Price]) -> list[Price]:
    return sorted(prices, key=lambda price: METERS.index(price.meter))


def _sorted(rows: Iterable[Dated]) -> list[Dated]:
    """What holds now comes first; the order is kept otherwise."""
    return sorted(rows, key=lambda row: _ORDER[row.standing])


def _price_row(entry: ModelEntry, price: Price, on: date) -> Dated:
    currency = "" if price.currency == "USD" else f"{price.currency} "
    when = standing(price.valid_from, price.valid_to, on)
    return Dated(
        cells=(
            METER_WORDS[price.meter],
            money_text(f"{currency}{amount_text(price.amount)}"),
            UNIT_WORDS[price.unit],
            circumstances(price.when, price.min_context),
        ),
        span=span_text(price.valid_from, price.valid_to),
        standing="to come" if is_to_come(entry, on) else when,
        source=price.source,
    )


def _alias_row(alias: Alias, on: date) -> Dated:
    return Dated(
        cells=(alias.name,),
        span=span_text(alias.valid_from, alias.valid_to),
        standing=standing(alias.valid_from, alias.valid_to, on),
        source=alias.source,
    )


def _replacement(entry: ModelEntry, addresses: Addresses) -> Place | None:
    """At the same provider, unless a provider stands before its id."""
    if entry.replacement is None:
        return None
    own = (entry.provider, entry.replacement)
    provider, _, rest = entry.replacement.partition("/")
    return Place(entry.replacement, addresses.get(own) or addresses.get((provider, rest)))
