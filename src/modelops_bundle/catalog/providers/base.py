"""What a provider's list of models is turned into, step by step, and what it is got through.

A provider is asked through a :class:`ModelHost`, a port: nothing here opens a connection. A subclass says
what the items of its provider's list mean; most inherit nearly all of it::

    class Example(Provider):
        slug = "example"
        items_key = "models"

        def get_developer(self, model: Item) -> str | None:
            return developer_slug(text(model.get("made_by")))

An item may be anything, as it comes from outside: what cannot be understood is unknown.
"""

from __future__ import annotations

from abc import ABC
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ClassVar, Protocol

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import Capabilities, ModelEntry, ProviderConfig
from modelops_bundle.catalog.providers.developers import developer_slug
from modelops_bundle.catalog.providers.reading import date_in_id, moment, text
from modelops_bundle.errors import ModelHostError

__all__ = ["Item", "ModelHost", "Provider"]

#: One model as a provider lists it, parsed JSON.
Item = Mapping[str, Any]


class ModelHost(Protocol):
    """Whoever answers for one provider, with its configuration and credentials already in place."""

    @property
    def source(self) -> str:
        """What is asked, as entries name their source: an address without anything secret in it."""
        ...

    def pages(self) -> Iterator[Any]:
        """Every page of a list, parsed, the first one first; numbers with a point as ``Decimal``.

        Raises:
            ModelHostError: It cannot be asked, refuses, or answers something else than pages.
        """
        ...


class Provider(ABC):
    """A provider that can be asked for its models.

    Attributes:
        slug: Its name in the catalog.
        items_key: Key of a page that holds the items; a page may also be a bare list.
        id_key: Key of an item that holds its id.
        offers_own: Whether every model that it offers is its own.
        lists_all: Whether it lists every model that it has, so that one which is not listed may be gone.
        config: How it is reached.
        host: What is asked.
    """

    slug: ClassVar[str]
    items_key: ClassVar[str] = "data"
    id_key: ClassVar[str] = "id"
    offers_own: ClassVar[bool] = False
    lists_all: ClassVar[bool] = True

    def __init__(self, config: ProviderConfig, host: ModelHost) -> None:
        self.config = config
        self.host = host

    def fetch_models(self) -> list[Item]:
        """Every item of every page, those without an id left out.

        Raises:
            ModelHostError: The list cannot be had, or the answer is none.
        """
        pages = list(self.host.pages())
        items = [item for page in pages for item in self._items(page)]
        return [item for item in items if self.get_model_id(item)]

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """Those that are offered to everybody; what belongs to one account is left out."""
        return list(models)

    def get_model_id(self, model: Item) -> str:
        """How calls name it; empty when the item has no such name."""
        return text(model.get(self.id_key)) or ""

    def get_developer(self, model: Item) -> str | None:
        """Slug of who made it: itself, or else who is said to own the model."""
        if self.offers_own:
            return self.slug
        return developer_slug(text(model.get("owned_by")))

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The date in its id, else the one when it was created, else unknown."""
        created = moment(model.get("created"))
        return date_in_id(self.get_model_id(model), created) or created

    def normalize(self, model: Item) -> ModelEntry:
        """The item as an entry of the catalog; what the provider does not say is unknown."""
        return ModelEntry(
            id=self.get_model_id(model),
            provider=self.slug,
            developer=self.get_developer(model),
            release_date=self.get_release_date(model),
            source={"*": self.host.source},
            **self.details(model),
        )

    def details(self, model: Item) -> dict[str, Any]:  # noqa: ARG002
        """What else the item says, by field of the entry."""
        return {}

    def public_models(self) -> list[ModelEntry]:
        """The models that it offers to everybody, each once, sorted by id.

        Raises:
            ModelHostError: The list cannot be had, or the answer is none.
        """
        entries: dict[str, ModelEntry] = {}
        for item in self.filter_public(self.fetch_models()):
            entry = self.normalize(item)
            known = entries.setdefault(entry.id, entry)
            if known is not entry:
                entries[entry.id] = _filled(known, entry)
        shared = _shared_names(entries.values())
        return [_without(entries[each], shared) for each in sorted(entries)]

    def _items(self, page: Any) -> list[Item]:
        items = page.get(self.items_key) if isinstance(page, Mapping) else page
        if not isinstance(items, list):
            raise ModelHostError(
                f"{self.config.name or self.slug} does not answer with a list of models",
                f"a page of {self.host.source} holds no list {self.items_key!r}",
                "Check the provider's base URL. What was known of its models stays.",
            )
        return [item for item in items if isinstance(item, Mapping)]


def _filled(known: ModelEntry, again: ModelEntry) -> ModelEntry:
    """An entry with what a second item of the same id adds."""
    names = {each.name for each in known.aliases}
    return replace(
        known, aliases=known.aliases + tuple(a for a in again.aliases if a.name not in names)
    )


def _shared_names(entries: Iterable[ModelEntry]) -> set[str]:
    """Aliases that several models have, so that nobody can tell what they mean."""
    every = Counter(alias.name for entry in entries for alias in entry.aliases)
    return {name for name, times in every.items() if times > 1}


def _without(entry: ModelEntry, names: set[str]) -> ModelEntry:
    if names.isdisjoint(alias.name for alias in entry.aliases):
        return entry
    return replace(entry, aliases=tuple(a for a in entry.aliases if a.name not in names))


def capabilities(**known: bool | None) -> Capabilities:
    """Those that are known, by name without ``supports_``."""
    return Capabilities(**{f"supports_{name}": value for name, value in known.items()})
