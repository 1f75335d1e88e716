"""The catalog as one immutable snapshot: entries by name, names by date, costs by name.

A name is resolved so, and the first rule that fits decides:

1. ``provider/rest``, where ``provider`` is a slug or another name of a provider, is looked up there and
   nowhere else: as ``rest``, or as it stands where the provider's own id begins so (``groq/compound``).
2. A name without a provider is looked up everywhere. Where several have it, it means the one of its
   developer (``gpt-4o`` is OpenAI's); else it is ambiguous. The date does not matter for that.
3. At a provider, a name that is an alias of another model means what it meant at the date, or nothing, even
   if it is listed itself. What it meant may be an alias in its turn.
4. Else it is an id, or a fine-tuned (``ft:base:…``) or regional (``eu.base``) form of one.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cached_property
from types import MappingProxyType
from typing import Any

from modelops_bundle.catalog.compiled import Shelf
from modelops_bundle.catalog.dates import as_instant
from modelops_bundle.catalog.documents import Document
from modelops_bundle.catalog.entries import Alias, ModelEntry, ProviderConfig
from modelops_bundle.catalog.overlay import overlay_entry, overlay_provider, without_aliases
from modelops_bundle.catalog.pricing import Cost, Usage, cost_of
from modelops_bundle.catalog.trees import aliases_of
from modelops_bundle.errors import HostedModelError

__all__ = ["Catalog"]

_FINE_TUNED = re.compile(r"ft:([^:]+):.*")
_REGIONAL = re.compile(r"((?:us-gov|us|eu|apac|jp|au|ca|sa|uk|in|global)[./])(.+)")
_MOST_SUGGESTED = 5
_LIKE = 0.75
_SHORTEST_PART = 3
_MOST_LOOKED_AT = 50
_LONGEST_SHOWN = 300


class Catalog:
    """Hosted models; never changes once it is made. Safe to share between threads.

    Attributes:
        document: What a project adds to what is shipped, or overrides of it.
    """

    def __init__(self, shelf: Shelf, document: Document | None = None) -> None:
        """A catalog of what is shipped, with a project's document laid over it."""
        self._shelf = shelf
        self._entries: dict[tuple[str, str], ModelEntry] = {}
        given = self.document = document or Document({}, ())
        self._given: dict[str, dict[str, Mapping[str, Any]]] = {}
        for tree in given.models:
            self._given.setdefault(tree["provider"], {})[tree["id"]] = tree
        self._given_providers = given.providers
        self._given_aliases = _given_aliases(given.models)
        # Names that are listed, so that neither grows beyond the catalog.
        self._places: dict[str, tuple[str, str]] = {}
        self._claims: dict[tuple[str, str], tuple[tuple[Alias, ModelEntry], ...]] = {}

    # --- entries ----------------------------------------------------------------------------------

    @cached_property
    def providers(self) -> Mapping[str, ProviderConfig]:
        """Configurations by slug, of every provider that has one or has models."""
        shipped = self._shelf.providers
        slugs = {*shipped, *self._shelf.models, *self._given, *self._given_providers}
        given = self._given_providers
        made = {}
        for slug in sorted(slugs):
            if slug in shipped and slug not in given:
                made[slug] = shipped[slug]
            else:
                made[slug] = overlay_provider(slug, shipped.get(slug), given.get(slug, {}))
        return MappingProxyType(made)

    def provider(self, name: str) -> ProviderConfig | None:
        """A provider by its slug or by another name of it."""
        slug = self._slugs.get(name)
        return None if slug is None else self.providers[slug]

    def get(self, provider: str, model_id: str) -> ModelEntry | None:
        """The entry with this very id, whatever it may be an alias of; ``None`` when there is none."""
        key = (provider, model_id)
        entry = self._entries.get(key)
        if entry is None:
            entry = self._made(provider, model_id)
            if entry is None:
                return None
            # Of several threads that make it at once, all get the same one.
            entry = self._entries.setdefault(key, entry)
        return entry

    def _made(self, provider: str, model_id: str) -> ModelEntry | None:
        entry = self._shelf.read(provider, model_id)
        given = self._given.get(provider, {}).get(model_id)
        claims = self._given_aliases.get(provider)
        if entry is not None and claims:
            claimed = [alias for each in entry.aliases for alias, _ in claims.get(each.name, ())]
            entry = without_aliases(entry, claimed)
        return entry if given is None else overlay_entry(entry, given)

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
            The entry. For a fine-tuned or regional form that is not listed itself, one with the full id and
            the facts of the listed one. Its prices are unknown, as they differ, unless the catalog lists
            those of fine-tuned forms of its base.

        Raises:
            HostedModelError: It means none, several, or none that is attested at the date; with suggestions.
        """
        provider, rest = self._places.get(name) or self._place(name)
        entry = self._at(provider, rest, on)
        if entry is None:
            raise self._unknown(name)
        return entry

    def knows(self, name: str) -> bool:
        """Whether a name, or what it is a form of, means something at some time. It takes no time to tell."""
        head, slash, rest = name.partition("/")
        slug = self._slugs.get(head) if slash else None
        names = [name] if slug is None else [rest, name]
        for form in filter(None, map(_form, tuple(names))):
            names += [form[1], f"ft:{form[1]}"]
        slugs = self.providers if slug is None else [slug]
        return any(self.offers(each, known) for known in names for each in slugs)

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
        names = {slug: {*self.ids(slug), *self._aliases(slug)} for slug in self.providers}
        full: dict[str, str] = {}
        offering: dict[str, list[str]] = {}
        for slug in names:
            for each in sorted(names[slug]):
                full[f"{slug}/{each}".lower()] = f"{slug}/{each}"
                offering.setdefault(each.lower(), []).append(f"{slug}/{each}")
        same = [f"{slug}/{name}" for slug in names if name in names[slug]]
        likely = [full[key] for key in _close(name, full)]
        likely_ids = [min(offering[key], key=self._foreign) for key in _close(name, offering)]
        found = likely + likely_ids if "/" in name else likely_ids + likely
        if not (same or found):
            found = self._holding(name.lower(), offering)
        return tuple(dict.fromkeys(same + found))[:_MOST_SUGGESTED]

    def _holding(self, part: str, offering: Mapping[str, Sequence[str]]) -> list[str]:
        """Names that have ``part`` in them, those that begin so and those of developers first."""
        if len(part) < _SHORTEST_PART or "/" in part:
            return []
        found = (key for key in offering if part in key)
        keys = sorted(found, key=lambda key: (not key.startswith(part), len(key), key))
        names = [min(offering[key], key=self._foreign) for key in keys[:_MOST_LOOKED_AT]]
        return sorted(names, key=self._foreign)

    def _foreign(self, name: str) -> bool:
        """Whether a provider offers what others have developed."""
        provider, _, rest = name.partition("/")
        return not self._is_own(provider, rest)

    @cached_property
    def _slugs(self) -> dict[str, str]:
        """Slugs by every name of a provider: slugs stand first, then the project's names, then shipped."""
        slugs = {slug: slug for slug in self.providers}
        for slug, given in self._given_providers.items():
            for name in given.get("also_known_as") or ():
                slugs.setdefault(name, slug)
        for slug, config in self.providers.items():
            for name in config.also_known_as:
                slugs.setdefault(name, slug)
        return slugs

    def _aliases(self, provider: str) -> Iterable[str]:
        return {
            *self._shelf.aliases.get(provider, {}),
            *self._given_aliases.get(provider, {}),
        }

    # --- which provider ---------------------------------------------------------------------------

    def _place(self, name: str) -> tuple[str, str]:
        """The provider that a name is looked up at, and what it is there."""
        head, slash, rest = name.partition("/")
        slug = self._slugs.get(head) if slash else None
        if slug is None:
            place = self._only_offer(name), name
        elif not self.offers(slug, rest) and self.offers(slug, name):
            place = slug, name
        else:
            place = slug, rest
        if self.offers(*place):
            self._places[name] = place
        return place

    def offers(self, provider: str, name: str) -> bool:
        """Whether a provider has a model of this id, or an alias of this name at any time."""
        return (
            name in self._shelf.models.get(provider, ())
            or name in self._given.get(provider, ())
            or bool(self._claims_on(provider, name))
        )

    def _only_offer(self, name: str) -> str:
        """The provider that a name without one means."""
        known, offering = name, self._offering(name)
        if not offering and (form := _form(name)) is not None:
            known = form[1]
            offering = self._offering(known) or self._offering(f"ft:{known}")
        if len(offering) > 1:
            offering = [slug for slug in offering if self._is_own(slug, known)] or offering
        if not offering:
            raise self._unknown(name)
        if len(offering) > 1:
            raise _ambiguous(name, offering)
        return offering[0]

    def _offering(self, name: str) -> list[str]:
        return [slug for slug in self.providers if self.offers(slug, name)]

    def _is_own(self, provider: str, name: str) -> bool:
        """Whether a provider has itself developed what it calls so."""
        listed = self.get(provider, name)
        entries = [entry for _, entry in self._claims_on(provider, name)]
        if listed is not None:
            entries.append(listed)
        return any(self._slugs.get(entry.developer or "") == provider for entry in entries)

    # --- which model ------------------------------------------------------------------------------

    def _at(self, provider: str, name: str, on: date | datetime | None) -> ModelEntry | None:
        claims = self._claims_on(provider, name)
        if not claims:
            return self.get(provider, name) or self._derived(provider, name, on)
        instant = datetime.now(UTC) if on is None else as_instant(on)
        passed = [name]
        while claims:
            entry = _claimant(provider, passed[-1], claims, instant)
            if entry.id in passed:
                # Two listings that call each other an alias are two names of one model.
                return self.get(provider, name) or entry
            passed.append(entry.id)
            claims = self._claims_on(provider, entry.id)
        return entry

    def _claims_on(self, provider: str, name: str) -> tuple[tuple[Alias, ModelEntry], ...]:
        """Every alias of this name at a provider, with its model; a model's own id is no alias of it."""
        claims = self._claims.get((provider, name))
        if claims is None:
            claims = tuple(self._find_claims(provider, name))
            if claims or name in self._shelf.models.get(provider, ()):
                self._claims[provider, name] = claims
        return claims

    def _find_claims(self, provider: str, name: str) -> Iterator[tuple[Alias, ModelEntry]]:
        shipped = self._shelf.aliases.get(provider, {}).get(name, ())
        given = [each for _, each in self._given_aliases.get(provider, {}).get(name, ())]
        for model_id in dict.fromkeys((*shipped, *given)):
            entry = None if model_id == name else self.get(provider, model_id)
            if entry is not None:
                yield from ((alias, entry) for alias in entry.aliases if alias.name == name)

    def _derived(self, provider: str, name: str, on: date | datetime | None) -> ModelEntry | None:
        """The entry of a fine-tuned or regional form that is not listed."""
        form = _form(name)
        if form is None:
            return None
        prefix, base_id = form
        if prefix == "ft:":
            listed = self.get(provider, f"ft:{base_id}")
            if listed is not None:
                return replace(listed, id=name, base_model=base_id, aliases=())
            # What a model was tuned from does not move with the alias that it was named by.
            base = self.get(provider, base_id) or self._at(provider, base_id, on)
            return None if base is None else _form_of(base, name)
        base = self._at(provider, base_id, on)
        if base is None:
            return None
        return self.get(provider, f"{prefix}{base.id}") or _form_of(base, f"{prefix}{base.id}")

    def _unknown(self, name: str) -> HostedModelError:
        close = self.suggestions(name)
        return HostedModelError(
            f"no hosted model {_shown(name)} is known",
            f"names that are close: {', '.join(close)}" if close else "no name is close",
            "See `mops-bundle catalog search`, or add it to models/model_registry.yaml.",
            "unknown_model",
            close,
        )


def _claimant(
    provider: str, name: str, claims: tuple[tuple[Alias, ModelEntry], ...], on: datetime
) -> ModelEntry:
    """The model that an alias means at an instant."""
    now = [entry for alias, entry in claims if alias.is_valid(on)]
    if now and all(entry is now[0] for entry in now):
        return now[0]
    names = tuple(dict.fromkeys(entry.name for entry in now or [each for _, each in claims]))
    if now:
        why, reason = f"it is said to mean {', '.join(names)}", "ambiguous_model"
    else:
        why, reason = f"it meant {', '.join(names)} at other dates", "no_price_at_date"
    raise HostedModelError(
        f"nothing attests one meaning of {provider}/{name} on {on:%Y-%m-%d}",
        why,
        "Name the model itself, with its date.",
        reason,
        names,
    )


def _ambiguous(name: str, offering: Sequence[str]) -> HostedModelError:
    names = tuple(f"{slug}/{name}" for slug in offering)
    more = len(names) - _MOST_SUGGESTED
    return HostedModelError(
        f"{name} is offered by several providers",
        ", ".join(names[:_MOST_SUGGESTED]) + (f" and {more} more" if more > 0 else ""),
        "Put the provider before it.",
        "ambiguous_model",
        names,
    )


def _form(name: str) -> tuple[str, str] | None:
    """What makes a name a fine-tuned or regional form, and the id that it is a form of."""
    if match := _FINE_TUNED.fullmatch(name):
        return "ft:", match[1]
    match = _REGIONAL.fullmatch(name)
    return None if match is None else (match[1], match[2])


def _form_of(base: ModelEntry, model_id: str) -> ModelEntry:
    return replace(base, id=model_id, base_model=base.id, prices=(), aliases=())


def _close(name: str, to: Iterable[str]) -> list[str]:
    return difflib.get_close_matches(name.lower(), to, _MOST_SUGGESTED, _LIKE)


def _shown(name: str) -> str:
    plain = name.isprintable() and 0 < len(name) <= _LONGEST_SHOWN
    return name if plain else f"{name!a:.{_LONGEST_SHOWN}}"


def _given_aliases(
    models: Iterable[Mapping[str, Any]],
) -> dict[str, dict[str, list[tuple[Alias, str]]]]:
    """Aliases that a project gives, with the model that it gives them to, by provider and name."""
    aliases: dict[str, dict[str, list[tuple[Alias, str]]]] = {}
    for tree in models:
        for alias in aliases_of(tree):
            meant = aliases.setdefault(tree["provider"], {})
            meant.setdefault(alias.name, []).append((alias, tree["id"]))
    return aliases
