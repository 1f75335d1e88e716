"""Providers whose lists of models can be asked for: what each one's answers mean.

How they are asked is told by their configuration in the catalog and done by a
:class:`~modelops_bundle.catalog.providers.base.ModelHost`. One module a provider holds only what is special
about it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from modelops_bundle.catalog.providers.base import Provider

__all__ = ["SLUGS", "provider_class"]

#: Module and class of each provider, by slug.
_HOMES = {
    "anthropic": ("anthropic", "Anthropic"),
    "cohere": ("cohere", "Cohere"),
    "deepseek": ("deepseek", "DeepSeek"),
    "fireworks-ai": ("fireworks", "Fireworks"),
    "google": ("google", "Google"),
    "groq": ("groq", "Groq"),
    "mistral": ("mistral", "Mistral"),
    "ollama": ("ollama", "Ollama"),
    "openai": ("openai", "OpenAI"),
    "openrouter": ("openrouter", "OpenRouter"),
    "togetherai": ("together", "Together"),
    "xai": ("xai", "XAI"),
}

#: Those that can be asked, sorted.
SLUGS = tuple(_HOMES)


def provider_class(slug: str) -> type[Provider]:
    """What knows the answers of a provider.

    Raises:
        KeyError: It cannot be asked.
    """
    module, name = _HOMES[slug]
    found: type[Provider] = getattr(import_module(f"{__name__}.{module}"), name)
    return found
