"""``catalog list``, ``show`` and ``search``: what the catalog says, at a date."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from modelops_bundle.catalog.entries import Alias, ModelEntry, ProviderConfig
from modelops_bundle.catalog.pricing import Cost, Usage, cost_of
from modelops_bundle.catalog.searching import Wanted, search
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.errors import HostedModelError, UsageError

__all__ = [
    "Call",
    "Listing",
    "Meaning",
    "Shown",
    "developer_name",
    "list_models",
    "provider_slugs",
    "show_model",
]


@dataclass(frozen=True, slots=True)
class Listing:
    """Models that were looked for.

    Attributes:
        models: The first of them.
        total: Number of all of them.
        on: The instant that prices and status are of, UTC.
        is_filtered: Whether anything else than words and providers decided.
        of_unknown_status: Where none fits a status, the number of those that it is not known of.
        close: Where no model has the words, names that are close to them.
    """

    models: tuple[ModelEntry, ...]
    total: int
    on: datetime
    is_filtered: bool = False
    of_unknown_status: int = 0
    close: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Call:
    """A call whose cost is asked for.

    Attributes:
        usage: What it used.
        service_tier: As its answer named it.
        batch: Whether it came through the batch API.
    """

    usage: Usage
    service_tier: str | None = None
    batch: bool = False


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a name meant for a time."""

    model_id: str
    alias: Alias


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is known of a model.

    Attributes:
        asked: The name as it was asked for.
        on: The instant that it was resolved for, UTC.
        is_dated: Whether that instant was asked for; else it is now.
        entry: The model that it meant.
        provider: Who hosts it.
        now: Name of the model that the name means now; ``None`` where that is not known.
        now_reason: Why not.
        meanings: Everything that the name ever meant, the earliest first; empty where it is an id.
        call: The call whose cost was asked for.
        cost: What it cost.
    """

    asked: str
    on: datetime
    is_dated: bool
    entry: ModelEntry
    provider: ProviderConfig
    now: str | None
    now_reason: str
    meanings: tuple[Meaning, ...]
    call: Call | None
    cost: Cost | None


def list_models(
    catalog: Catalog, wanted: Wanted, on: datetime | None = None, limit: int | None = None
) -> Listing:
    """The models that fit what is wanted.

    Args:
        catalog: Where to look.
        wanted: What for.
        on: The date of prices and status; now by default.
        limit: How many at most; all by default.
    """
    on = on or datetime.now(UTC)
    slugs: Iterable[str] = wanted.providers or catalog.providers
    entries = [entry for slug in slugs for entry in catalog.entries(slug)]
    found = search(entries, wanted, on)
    plain = Wanted(words=wanted.words, providers=wanted.providers)
    untold, close = 0, tuple[str, ...]()
    if wanted.status is not None and not found:
        others = search(entries, replace(wanted, status=None), on)
        untold = sum(each.status_on(on) is None for each in others)
    if wanted.words and not (found or search(entries, plain, on)):
        close = catalog.suggestions("-".join(wanted.words))
    return Listing(found[:limit], len(found), on, wanted != plain, untold, close)


def provider_slugs(catalog: Catalog, names: Sequence[str]) -> tuple[str, ...]:
    """Slugs of providers by any name of theirs.

    Raises:
        UsageError: One is not known; with names that are close.
    """
    slugs = []
    for name in names:
        config = catalog.provider(name) or catalog.provider(name.lower())
        if config is None:
            close = difflib.get_close_matches(name.lower(), catalog.providers, 5)
            raise UsageError(
                f"no provider {name} is known",
                f"names that are close: {', '.join(close)}" if close else "",
                "`mops-bundle catalog search` with the name of a model shows who offers it.",
            )
        slugs.append(config.slug)
    return tuple(dict.fromkeys(slugs))


def developer_name(catalog: Catalog, name: str) -> str:
    """A developer as models name it, in small letters.

    Raises:
        UsageError: No model names it; with names that are close.
    """
    known = sorted({entry.developer.lower() for entry in catalog if entry.developer})
    if name.lower() in known:
        return name.lower()
    close = difflib.get_close_matches(name.lower(), known, 5)
    raise UsageError(
        f"no model is known to be made by {name}",
        f"names that are close: {', '.join(close)}" if close else "",
        "`mops-bundle catalog show` with the name of a model says who made it.",
    )


def show_model(
    catalog: Catalog, name: str, on: datetime | None = None, call: Call | None = None
) -> Shown:
    """What is known of the model that a name means at a date, and what the name means now.

    Args:
        catalog: Where to look.
        name: As people type it.
        on: The date; now by default.
        call: A call whose cost at the date is asked for.

    Raises:
        HostedModelError: It means no model at the date; with suggestions.
    """
    now = datetime.now(UTC)
    at = on or now
    try:
        entry = catalog.resolve(name, at)
    except HostedModelError as error:
        raise error if call is None else _without_cost(error) from error
    try:
        today: str | None = catalog.resolve(name, now).name
        reason = ""
    except HostedModelError as error:
        today, reason = None, error.summary
    cost = None
    if call is not None:
        cost = cost_of(entry, call.usage, at, service_tier=call.service_tier, batch=call.batch)
    return Shown(
        asked=name,
        on=at,
        is_dated=on is not None,
        entry=entry,
        provider=catalog.providers[entry.provider],
        now=today,
        now_reason=reason,
        meanings=_meanings(catalog, entry.provider, name),
        call=call,
        cost=cost,
    )


def _without_cost(error: HostedModelError) -> HostedModelError:
    """The same, where a cost was asked for: told as other costs that are unknown, by the reason."""
    what = f"what the call cost is unknown: {error.reason}"
    return HostedModelError(what, error.summary, error.mend, error.reason, error.suggestions)


def _meanings(catalog: Catalog, provider: str, name: str) -> tuple[Meaning, ...]:
    names = {name, name.partition("/")[2]}
    found = [
        Meaning(entry.id, alias)
        for entry in catalog.entries(provider)
        for alias in entry.aliases
        if alias.name in names
    ]
    long_ago = datetime.min.replace(tzinfo=UTC)
    return tuple(sorted(found, key=lambda each: (each.alias.valid_from or long_ago, each.model_id)))
