"""Google's Gemini API. It tells limits and methods, and neither dates nor prices."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from modelops_bundle.catalog.providers.base import Item, Provider, capabilities
from modelops_bundle.catalog.providers.reading import limit, names, text, truth

__all__ = ["Google"]


class Google(Provider):
    """See :class:`~modelops_bundle.catalog.providers.base.Provider`."""

    slug = "google"
    offers_own = True
    items_key = "models"
    id_key = "name"

    def filter_public(self, models: Iterable[Item]) -> list[Item]:
        """All but tuned ones, ``tunedModels/…``."""
        return [m for m in models if not str(m.get("name")).startswith("tunedModels/")]

    def get_model_id(self, model: Item) -> str:
        """Its name without ``models/``."""
        return super().get_model_id(model).removeprefix("models/")

    def details(self, model: Item) -> dict[str, Any]:
        """Limits, and whether it thinks and streams."""
        methods = names(model.get("supportedGenerationMethods"))
        generates = "generateContent" in methods
        return {
            "display_name": text(model.get("displayName")),
            "max_input_tokens": limit(model.get("inputTokenLimit")),
            # Models that give vectors are said to put out one token.
            "max_output_tokens": limit(model.get("outputTokenLimit")) if generates else None,
            "capabilities": capabilities(
                reasoning=truth(model.get("thinking")),
                streaming=True if "streamGenerateContent" in methods else None,
            ),
        }
