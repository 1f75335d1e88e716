"""xAI. It tells prices in its own unit, with higher ones for long contexts.

The list depends on what the key may use.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from modelops_bundle.catalog.entries import Alias, Price
from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.reading import amount, limit, names

__all__ = ["XAI"]

#: Its prices are in US cents for a hundred million tokens, so this much makes dollars for a million.
_TO_DOLLARS = Decimal("0.0001")

#: Keys of prices of text, and of those for long contexts.
_METERS = {
    "prompt_text_token_price": "input",
    "completion_text_token_price": "output",
    "cached_prompt_text_token_price": "cache_read",
    "prompt_image_token_price": "input_image",
}


class XAI(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "xai"
    offers_own = True
    items_key = "models"
    # It lists what answers in text, and of that what the key may use.
    lists_all = False

    def details(self, model: Item) -> dict[str, Any]:
        """Aliases, prices, and whether it sees images."""
        inputs = names(model.get("input_modalities"))
        model_id = self.get_model_id(model)
        others = [name for name in names(model.get("aliases")) if name != model_id]
        return {
            "aliases": tuple(Alias(name=name) for name in others),
            "prices": tuple(_prices(model)),
            "capabilities": capabilities(vision="image" in inputs if inputs else None),
        }


def _prices(model: Item) -> Iterator[Price]:
    """Zero is no price here: it stands where something is not sold."""
    threshold = limit(model.get("long_context_threshold"))
    for key, meter in _METERS.items():
        for name, above in ((key, 0), (f"{key}_long_context", threshold)):
            each = amount(model.get(name), _TO_DOLLARS)
            if each and above is not None:
                yield Price(meter=meter, unit="1m_tokens", amount=each, min_context=above)
