"""What is wrong with a document although it can be read: models that contradict themselves or the catalog.

Only what the document gives is told: what it leaves to the shipped catalog is not for its author to mend. An
alias that means two models at a time is not among it: no document can be read that has one, and over a
shipped alias the project's own one counts.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from modelops_bundle.catalog.documents import Document
from modelops_bundle.catalog.entries import ModelEntry
from modelops_bundle.catalog.snapshot import Catalog
from modelops_bundle.catalog.statuses import Status

__all__ = ["Finding", "check"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or may be.

    Attributes:
        path: Keys and numbers of items, from the root of the document down.
        what: What is wrong.
        mend: What to do about it.
        is_error: Whether an answer of the catalog is wrong or lost because of it; else it is a warning.
    """

    path: tuple[str, ...]
    what: str
    mend: str
    is_error: bool = True


def check(catalog: Catalog, document: Document) -> list[Finding]:
    """Everything that is wrong with the models of a document.

    Args:
        catalog: What the document makes of the shipped catalog.
        document: The document.
    """
    names = _Names(catalog)
    found: list[Finding] = []
    for number, tree in enumerate(document.models):
        entry = catalog.get(tree["provider"], tree["id"])
        assert entry is not None
        path = "models", str(number)
        found += _provider(path, entry, catalog, document)
        if "replacement" in tree:
            found += _replacement(path, entry, names)
        found += _limits(path, entry, tree)
        found += _tiers(path, entry, tree)
        found += _dates(path, entry, tree)
    return found


class _Names:
    """Models by id or alias; a provider's aliases are read when it is first asked about."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._aliases: dict[str, dict[str, ModelEntry]] = {}

    def find(self, provider: str, name: str) -> ModelEntry | None:
        """A model by its id or by a name that it ever had."""
        entry = self.catalog.get(provider, name)
        if entry is not None:
            return entry
        if provider not in self._aliases:
            self._aliases[provider] = {
                alias.name: each
                for each in self.catalog.entries(provider)
                for alias in each.aliases
            }
        return self._aliases[provider].get(name)


def _provider(
    path: tuple[str, ...], entry: ModelEntry, catalog: Catalog, document: Document
) -> Iterator[Finding]:
    config = catalog.providers[entry.provider]
    if entry.provider in document.providers or config.name or config.base_url:
        return
    path = (*path, "provider")
    configs = catalog.providers.values()
    usual = next((each.slug for each in configs if entry.provider in each.also_known_as), None)
    if usual is not None:
        what = f"{entry.provider} is another name of {usual}, and here it is a provider of its own"
        yield Finding(path, what, f"Write {usual}.", is_error=False)
        return
    known = [each.slug for each in configs if each.name or each.base_url]
    close = difflib.get_close_matches(entry.provider, known, 3)
    yield Finding(
        path,
        f"the provider {entry.provider} is not known"
        + (f"; names that are close: {', '.join(close)}" if close else ""),
        "Correct it, or describe the provider under `providers`.",
        is_error=False,
    )


def _replacement(path: tuple[str, ...], entry: ModelEntry, names: _Names) -> Iterator[Finding]:
    name = entry.replacement
    if name is None:
        return
    path = (*path, "replacement")
    successor = _successor(entry, name, names)
    if successor is None:
        mend = "Correct it; a model of another provider has its provider before it."
        yield Finding(path, f"the replacement {name} is not known", mend, is_error=False)
    elif successor.name == entry.name:
        yield Finding(path, "the model is said to replace itself", "Name another one.")
    elif successor.status is Status.RETIRED:
        what = f"the replacement {name} is retired itself"
        yield Finding(path, what, "Name one that answers.", is_error=False)


def _successor(entry: ModelEntry, name: str, names: _Names) -> ModelEntry | None:
    """The model that a replacement names: at the same provider, else with a provider before it."""
    here = names.find(entry.provider, name)
    if here is not None:
        return here
    head, slash, rest = name.partition("/")
    config = names.catalog.provider(head) if slash else None
    return None if config is None else names.find(config.slug, rest)


def _limits(
    path: tuple[str, ...], entry: ModelEntry, given: Mapping[str, Any]
) -> Iterator[Finding]:
    window = entry.context_window
    for key in ("max_input_tokens", "max_output_tokens"):
        limit = getattr(entry, key)
        place = _place(given, key, "context_window")
        if place and window is not None and limit is not None and limit > window:
            # No error: some sources call what goes in at most the context window.
            yield Finding(
                (*path, place),
                f"{_told(given, key, limit)} is more than {_told(given, 'context_window', window)}",
                "Correct the one that is wrong, or leave it out.",
                is_error=False,
            )


def _tiers(path: tuple[str, ...], entry: ModelEntry, given: Mapping[str, Any]) -> Iterator[Finding]:
    """Prices for contexts that nobody can send; those of the document stand before the shipped ones."""
    limit = "context_window" if entry.context_window else "max_input_tokens"
    most = getattr(entry, limit)
    own = len(given.get("prices") or ())
    for number, price in enumerate(entry.prices):
        if most is None or price.min_context < most or (number >= own and limit not in given):
            continue
        place = ("prices", str(number)) if number < own else (limit,)
        above = f"a price above {price.min_context} tokens"
        above += "" if number < own else " of the shipped catalog"
        what = f"{above} is never due: {_told(given, limit, most)}"
        yield Finding((*path, *place), what, f"Correct min_context or the {limit}.", is_error=False)
        if number >= own:
            return


def _dates(path: tuple[str, ...], entry: ModelEntry, given: Mapping[str, Any]) -> Iterator[Finding]:
    ends = ("deprecation_date", "shutdown_date")
    released = entry.release_date
    for key in ends:
        date = getattr(entry, key)
        place = _place(given, key, "release_date")
        if place and released is not None and date is not None and date.last < released.first:
            what = f"{_told(given, key, date)} is before {_told(given, 'release_date', released)}"
            yield Finding((*path, place), what, "Correct the one that is wrong.")
    if entry.status in (Status.PRODUCTION, Status.BETA, Status.EXPERIMENTAL):
        for key in ends:
            date = getattr(entry, key)
            place = _place(given, "status", key)
            if place and date and entry.checked_on and date.last < entry.checked_on:
                what = f"{_told(given, 'status', entry.status)} after {_told(given, key, date)}"
                yield Finding((*path, place), what, "Correct the status.", is_error=False)
                return


def _place(given: Mapping[str, Any], *keys: str) -> str | None:
    """The first of the keys that contradict each other which the document gives."""
    return next((key for key in keys if key in given), None)


def _told(given: Mapping[str, Any], key: str, value: object) -> str:
    """A value as it is told, with where it is from unless that is the document."""
    return f"{key} {value}" if key in given else f"{key} {value} of the shipped catalog"
