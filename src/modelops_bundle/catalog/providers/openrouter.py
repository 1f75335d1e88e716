"""OpenRouter, which passes calls on to other providers. It tells prices, per token in US dollars."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from modelops_bundle.catalog.dates import PartialDate
from modelops_bundle.catalog.entries import Price
from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.developers import developer_of_path
from modelops_bundle.catalog.providers.reading import (
    amount,
    date_in_id,
    limit,
    moment,
    names,
    part,
    said_by,
    text,
)

__all__ = ["OpenRouter"]

_MILLION = 10**6

#: What each price is for: the meter, the unit, and what the amount is multiplied with to be for that unit.
_METERS = {
    "prompt": ("input", "1m_tokens", _MILLION),
    "completion": ("output", "1m_tokens", _MILLION),
    "input_cache_read": ("cache_read", "1m_tokens", _MILLION),
    "input_cache_write": ("cache_write_5m", "1m_tokens", _MILLION),
    "internal_reasoning": ("output_reasoning", "1m_tokens", _MILLION),
    "audio": ("input_audio", "1m_tokens", _MILLION),
    "image": ("image", "image", 1),
    "request": ("request", "request", 1),
    "web_search": ("search", "search", 1),
}

#: Where zero says that it is free. For the others it may as well say that they are not charged apart.
_FREE = ("prompt", "completion")


class OpenRouter(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "openrouter"

    def get_developer(self, model: Item) -> str | None:
        """Whoever stands before the slash; nobody for its own routers."""
        developer = developer_of_path(self.get_model_id(model))
        return None if developer == self.slug else developer

    def get_release_date(self, model: Item) -> PartialDate | None:
        """The date in its id or in its unabbreviated name, else the one when it was added."""
        created = moment(model.get("created"))
        full_name = text(model.get("canonical_slug")) or ""
        return date_in_id(self.get_model_id(model)) or date_in_id(full_name) or created

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, capabilities and prices.

        The context is that of the provider that calls are passed on to by default, where it is smaller.
        """
        top = part(model, "top_provider")
        inputs = names(part(model, "architecture").get("input_modalities"))
        parameters = names(model.get("supported_parameters"))
        contexts = [limit(model.get("context_length")), limit(top.get("context_length"))]
        return {
            "display_name": text(model.get("name")),
            "context_window": min((each for each in contexts if each), default=None),
            "max_output_tokens": limit(top.get("max_completion_tokens")),
            "prices": tuple(_prices(part(model, "pricing"))),
            "capabilities": capabilities(
                vision="image" in inputs if inputs else None,
                function_calling=said_by(parameters, "tools"),
                structured_output=said_by(parameters, "structured_outputs"),
                reasoning=said_by(parameters, "reasoning"),
            ),
        }


def _prices(listed: Mapping[str, Any]) -> Iterator[Price]:
    for key, (meter, unit, factor) in _METERS.items():
        each = amount(listed.get(key), factor)
        if each or (each is not None and key in _FREE):
            yield Price(meter=meter, unit=unit, amount=each)
