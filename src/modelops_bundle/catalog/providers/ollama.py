"""Ollama: what a server on this machine, or one that a variable names, has pulled.

Its dates say when a model was pulled, not when it was released. The digest of a model's manifest is of this
machine, so it is asked for where a model becomes a dependency, and is no part of the catalog.
"""

from __future__ import annotations

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.providers.base import Item, Provider
from modelops_bundle.catalog.providers.reading import date_in_id

__all__ = ["Ollama"]


class Ollama(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "ollama"
    items_key = "models"
    id_key = "name"
    # It lists what this server has pulled.
    lists_all = False

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The date in its name, if any."""
        return date_in_id(self.get_model_id(model))
