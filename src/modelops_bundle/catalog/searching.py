"""Which models fit what somebody looks for. What is not known of a model does not fit a filter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.ordinary import ordinary_price, per_million
from modelops_bundle.catalog.statuses import Status

__all__ = ["Wanted", "search"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What is looked for; all of it has to hold, and an empty one fits every model.

    Attributes:
        words: Each stands in the id, the name, the developer, the provider or an alias, in any case.
        providers: Slugs of which one is the provider's; any when empty.
        developer: Who made it.
        status: What it is at the date.
        vision: Whether it takes images.
        functions: Whether it calls functions.
        max_price: Price per million tokens of input at the date, in ``currency``, at most.
        currency: Of ``max_price``.
        min_context: Tokens that fit in at least.
    """

    words: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    developer: str | None = None
    status: Status | None = None
    vision: bool | None = None
    functions: bool | None = None
    max_price: Decimal | None = None
    currency: str = "USD"
    min_context: int | None = None


def search(
    entries: Iterable[ModelEntry], wanted: Wanted, on: date | datetime
) -> tuple[ModelEntry, ...]:
    """The models that fit, the best first.

    Where words are given, the order is: models that are called so, then those whose name begins so, then all
    others; in each group first those that their developer hosts. All else is by provider and id.

    Args:
        entries: Where to look.
        wanted: What for.
        on: The date that prices and status are of.
    """
    found = [each for each in entries if _fits(each, wanted, on)]
    phrase = " ".join(wanted.words).lower()
    return tuple(sorted(found, key=lambda each: (_distance(each, phrase), each.provider, each.id)))


def _distance(entry: ModelEntry, phrase: str) -> tuple[int, bool]:
    if not phrase:
        return 0, False
    foreign = entry.provider != entry.developer
    names = {entry.id.lower(), entry.name.lower(), (entry.display_name or "").lower()}
    names |= {alias.name.lower() for alias in entry.aliases}
    if phrase in names:
        return 0, foreign
    return 1 if any(name.startswith(phrase) for name in names) else 2, foreign


def _fits(entry: ModelEntry, wanted: Wanted, on: date | datetime) -> bool:
    capabilities = entry.capabilities
    stated = (
        (wanted.developer, (entry.developer or "").lower()),
        (wanted.status, None if wanted.status is None else entry.status_on(on)),
        (wanted.vision, capabilities.supports_vision),
        (wanted.functions, capabilities.supports_function_calling),
    )
    return (
        (not wanted.providers or entry.provider in wanted.providers)
        and all(want is None or want == have for want, have in stated)
        and _has_room(entry, wanted.min_context)
        and _has_words(entry, wanted.words)
        and _is_cheap(entry, wanted, on)
    )


def _has_room(entry: ModelEntry, least: int | None) -> bool:
    room = entry.context_window or entry.max_input_tokens
    return least is None or (room is not None and room >= least)


def _has_words(entry: ModelEntry, words: tuple[str, ...]) -> bool:
    texts = [entry.name, entry.display_name or "", entry.developer or ""]
    said = "\n".join([*texts, *(alias.name for alias in entry.aliases)]).lower()
    return all(word.lower() in said for word in words)


def _is_cheap(entry: ModelEntry, wanted: Wanted, on: date | datetime) -> bool:
    if wanted.max_price is None:
        return True
    price = ordinary_price(entry, "input", on)
    if price is None or price.currency != wanted.currency:
        return False
    return per_million(price) <= wanted.max_price
