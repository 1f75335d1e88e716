"""The catalog as one immutable snapshot: entries by name, names by date, costs by name.

A name is resolved so, and the first rule that fits decides:

1. ``provider/rest``, where ``provider`` is a slug or another name of a provider, is looked up there.
2. At a provider, a name that ever was a dated alias means what it meant at the date, or nothing.
3. Else it is an id, or a fine-tuned (``ft:base:…``) or regional (``eu.base``) form of one.
4. A name without a provider is looked up everywhere. Where several have it, it means the one of its developer
   (``gpt-4o`` is OpenAI's); else it is ambiguous.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.documents import Document
from modelops_bundle.catalog.entries import ModelEntry, ProviderConfig
from modelops_bundle.catalog.overlay import overlay_entry, overlay_provider
from modelops_bundle.catalog.pricing import Cost, Usage, cost_of
from modelops_bundle.errors import HostedModelError

__all__ = ["Catalog"]

_FINE_TUNED = re.compile(r"ft:([^:]+):.*")
_REGIONAL = re.compile(r"(?:us-gov|us|eu|apac|jp|au|ca|sa|uk|in|global)[./](.+)")
_MOST_SUGGESTED = 5


class Catalog:
    """Hosted models; never changes once it is made. Safe to share between threads."""

    def __init__(self, shelf: Shelf, document: Document | None = None) -> None:
        """A catalog of what is shipped, with a project's document laid over it."""
        self._shelf = shelf
        self._entries: dict[tuple[str, str], ModelEntry] = {}
        given = document or Document({}, ())
        self._given: dict[str, dict[str, Mapping[str, Any]]] = {}
        for tree in given.models:
            self._given.setdefault(tree["provider"], {})[tree["id"]] = tree
        self._given_providers = given.providers
        self._given_aliases = _given_aliases(given.models)

    # --- entries ----------------------------------------------------------------------------------

    @cached_property
    def providers(self) -> Mapping[str, ProviderConfig]:
        """Configurations by slug, of every provider that has one or has models."""
        shipped = self._shelf.providers
        slugs = {*shipped, *self._shelf.models, *self._given, *self._given_providers}
        return MappingProxyType(
            {
                slug: overlay_provider(slug, shipped.get(slug), self._given_providers.get(slug, {}))
                for slug in sorted(slugs)
            }
        )

    def provider(self, name: str) -> ProviderConfig | None:
        """A provider by its slug or by another name of it."""
        slug = self._slugs.get(name)
        return None if slug is None else self.providers[slug]

    def get(self, provider: str, model_id: str) -> ModelEntry | None:
        """The entry with this very id, whatever it may be an alias of; ``None`` when there is none."""
        key = (provider, model_id)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._shelf.read(provider, model_id)
            given = self._given.get(provider, {}).get(model_id)
            if given is not None:
                entry = overlay_entry(entry, given)
            if entry is None:
                return None
            self._entries[key] = entry
        return entry

    def ids(self, provider: str) -> list[str]:
        """Ids of a provider's models, sorted."""
        return sorted({*self._shelf.models.get(provider, {}), *self._given.get(provider, {})})

    def entries(self, provider: str | None = None) -> Iterator[ModelEntry]:
        """Every model, or those of one provider, sorted by provider and id."""
        for slug in self.providers if provider is None else [provider]:
            for model_id in self.ids(slug):
                entry = self.get(slug, model_id)
                assert entry is not None
                yield entry

    def __iter__(self) -> Iterator[ModelEntry]:
        return self.entries()

    def __len__(self) -> int:
        return sum(len(self.ids(slug)) for slug in self.providers)

    # --- names ------------------------------------------------------------------------------------

    def resolve(self, name: str, on: date | datetime | None = None) -> ModelEntry:
        """The model that a name means.

        Args:
            name: An id or alias, a provider and a slash before it or not.
            on: When; now by default.

        Returns:
            The entry. For a fine-tuned or regional form that is not listed itself, one with the full id, the
            facts of the listed one and no prices, as those differ.

        Raises:
            HostedModelError: It means none, several, or none that is attested at the date; with suggestions.
        """
        head, slash, rest = name.partition("/")
        slug = self._slugs.get(head) if slash else None
        found = self._at(slug, rest, on) if slug is not None else None
        return found or self._anywhere(name, on)

    def cost(
        self,
        name: str,
        usage: Usage,
        on: date | datetime,
        *,
        service_tier: str | None = None,
        batch: bool = False,
    ) -> Cost:
        """What a call cost: the name is resolved for the date, and then priced. See :func:`cost_of`."""
        try:
            entry = self.resolve(name, on)
        except HostedModelError as error:
            return Cost(reason=error.reason)
        return cost_of(entry, usage, on, service_tier=service_tier, batch=batch)

    def suggestions(self, name: str) -> tuple[str, ...]:
        """Names that ``name`` may have been meant to be, the likeliest first."""
        wanted = name.lower()
        known: dict[str, str] = {}
        for slug in self.providers:
            for model_id in self.ids(slug):
                known.setdefault(f"{slug}/{model_id}".lower(), f"{slug}/{model_id}")
        bare = {key.partition("/")[2]: key for key in sorted(known, reverse=True)}
        close = difflib.get_close_matches(wanted, known, _MOST_SUGGESTED, 0.75)
        close += [
            bare[key] for key in difflib.get_close_matches(wanted, bare, _MOST_SUGGESTED, 0.75)
        ]
        return tuple(dict.fromkeys(known[key] for key in close))[:_MOST_SUGGESTED]

    @cached_property
    def _slugs(self) -> dict[str, str]:
        others = {
            name: slug for slug, each in self.providers.items() for name in each.also_known_as
        }
        return others | {slug: slug for slug in self.providers}

    @cached_property
    def _offering(self) -> dict[str, list[str]]:
        """Providers by bare id or alias."""
        offering: dict[str, list[str]] = {}
        for slug in self.providers:
            for name in sorted({*self.ids(slug), *self._aliases(slug)}):
                offering.setdefault(name, []).append(slug)
        return offering

    def _aliases(self, provider: str) -> Iterable[str]:
        return {
            *self._shelf.aliases.get(provider, {}),
            *self._given_aliases.get(provider, {}),
        }

    def _meant(self, provider: str, alias: str) -> list[ModelEntry]:
        """Every model that an alias ever meant."""
        ids = [
            *self._shelf.aliases.get(provider, {}).get(alias, ()),
            *self._given_aliases.get(provider, {}).get(alias, ()),
        ]
        entries = (self.get(provider, each) for each in dict.fromkeys(ids))
        return [each for each in entries if each is not None]

    def _at(self, provider: str, name: str, on: date | datetime | None) -> ModelEntry | None:
        meant = self._meant(provider, name)
        if meant:
            return self._by_alias(provider, name, meant, on or datetime.now(UTC))
        return self.get(provider, name) or self._derived(provider, name)

    def _by_alias(
        self, provider: str, name: str, meant: list[ModelEntry], on: date | datetime
    ) -> ModelEntry:
        now = [
            entry
            for entry in meant
            if any(alias.name == name and alias.is_valid(on) for alias in entry.aliases)
        ]
        if len(now) == 1:
            return now[0]
        names = tuple(entry.name for entry in now or meant)
        if now:
            why, reason = f"it is said to mean {', '.join(names)}", "ambiguous_model"
        else:
            why, reason = f"it meant {', '.join(names)} at other dates", "no_price_at_date"
        raise HostedModelError(
            f"what {provider}/{name} means on {on:%Y-%m-%d} is not known",
            why,
            "Name the model itself, with its date.",
            reason,
            names,
        )

    def _derived(self, provider: str, name: str) -> ModelEntry | None:
        """The entry of a fine-tuned or regional form that is not listed."""
        base_id = _base_of(name)
        if base_id is None:
            return None
        listed = self.get(provider, f"ft:{base_id}") if name.startswith("ft:") else None
        if listed is not None:
            return replace(listed, id=name, base_model=base_id, aliases=())
        base = self.get(provider, base_id)
        if base is None:
            return None
        return replace(base, id=name, base_model=base.id, prices=(), aliases=())

    def _anywhere(self, name: str, on: date | datetime | None) -> ModelEntry:
        offering = self._offering.get(name) or self._offering.get(_base_of(name) or "", [])
        found = [entry for slug in offering if (entry := self._at(slug, name, on)) is not None]
        if len(found) > 1:
            found = [entry for entry in found if entry.provider == entry.developer] or found
        if len(found) == 1:
            return found[0]
        if found:
            names = tuple(entry.name for entry in found)
            raise HostedModelError(
                f"{name} is offered by several providers",
                f"{', '.join(names[:_MOST_SUGGESTED])}"
                + (
                    f" and {len(names) - _MOST_SUGGESTED} more"
                    if len(names) > _MOST_SUGGESTED
                    else ""
                ),
                "Put the provider before it.",
                "ambiguous_model",
                names,
            )
        close = self.suggestions(name)
        raise HostedModelError(
            f"no hosted model {name} is known",
            f"names that are close: {', '.join(close)}" if close else "no name is close",
            "See `mops-bundle catalog search`, or add it to models/model_registry.yaml.",
            "unknown_model",
            close,
        )


def _base_of(name: str) -> str | None:
    """The id that a fine-tuned or regional form was made of."""
    match = _FINE_TUNED.fullmatch(name) or _REGIONAL.fullmatch(name)
    return None if match is None else match[1]


def _given_aliases(models: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, list[str]]]:
    aliases: dict[str, dict[str, list[str]]] = {}
    for tree in models:
        for alias in tree.get("aliases") or ():
            meant = aliases.setdefault(tree["provider"], {})
            meant.setdefault(alias["name"], []).append(tree["id"])
    return aliases
