"""One slug for each provider, whatever other catalogs call it, and who made which model.

The slug is that of models.dev where models.dev knows the provider; a name of another catalog is kept as
``also_known_as``.
"""

from __future__ import annotations

import re

from modelops_bundle.catalog.providers.developers import ORGANISATIONS

__all__ = ["LITELLM_PREFIXES", "developer_of", "other_names", "slug_of"]

_SLUGS = {
    "amazon_nova": "amazon-nova",
    "aws": "amazon-bedrock",
    "azure_ai": "azure",
    "azure_text": "azure",
    "bedrock": "amazon-bedrock",
    "bedrock_converse": "amazon-bedrock",
    "bedrock_mantle": "amazon-bedrock-mantle",
    "bigmodel": "zhipuai",
    "clf_ai_gateway": "cloudflare-ai-gateway",
    "cloudflare": "cloudflare-workers-ai",
    "cohere_chat": "cohere",
    "dashscope": "alibaba",
    "fireworks": "fireworks-ai",
    "fireworks_ai": "fireworks-ai",
    "friendliai": "friendli",
    "gemini": "google",
    "gmi": "gmicloud",
    "gradient_ai": "digitalocean",
    "meta_llama": "llama",
    "moonshot": "moonshotai",
    "novita": "novita-ai",
    "nvidia_nim": "nvidia",
    "text-completion-codestral": "codestral",
    "text-completion-inception": "inception",
    "text-completion-openai": "openai",
    "together": "togetherai",
    "together_ai": "togetherai",
    "vercel_ai_gateway": "vercel",
    "vertex_ai": "google-vertex",
    "voyageai": "voyage",
    "x-ai": "xai",
    "xiaomi_mimo": "xiaomi",
}
_FAMILIES = re.compile(r"(vertex_ai|fireworks_ai)-[a-z0-9_-]+")

#: What stands before an id in LiteLLM's keys, where that is not the name of the provider.
LITELLM_PREFIXES = {
    "amazon_nova": ("amazon-nova",),
    "azure_text": ("azure",),
    "bedrock_converse": ("bedrock", "bedrock/converse"),
    "cohere_chat": ("cohere",),
    "text-completion-openai": ("openai",),
}


def slug_of(name: str) -> str:
    """The slug of a provider, by any catalog's name of it."""
    family = _FAMILIES.fullmatch(name)
    name = family[1] if family else name
    return _SLUGS.get(name) or re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-.")


def other_names(slug: str) -> set[str]:
    """What other catalogs call a provider, as far as that is not made from the slug by a rule."""
    return {name for name, each in _SLUGS.items() if each == slug}


# Providers whose whole list is their own work. Of others only the ids that say so.
_MAKERS = frozenset(
    {
        "anthropic",
        "assemblyai",
        "cohere",
        "deepgram",
        "deepseek",
        "elevenlabs",
        "inception",
        "jina-ai",
        "minimax",
        "mistral",
        "moonshotai",
        "openai",
        "sarvam",
        "stability",
        "stepfun",
        "upstage",
        "voyage",
        "xai",
        "xiaomi",
        "zai",
    }
)
_OWN = {
    "ai21": r"j2-|jamba",
    "alibaba": r"qw[eq]n?[-.\d]|qwen|qvq|qwq|wan\d|tongyi",
    "amazon-nova": r"nova-",
    "google": r"(?!claude)",
    "meta": r"muse-",
    "nvidia": r"nvidia/",
    "perplexity": r"sonar|r1-1776|pplx-",
}
_FOREIGN = {
    "cohere": r"(?:deepseek|llama)",
    "mistral": r"(?:deepseek|llama|qwen)",
}
_FAMILY_NAMES = (
    (re.compile(r"claude-"), "anthropic"),
    (
        re.compile(
            r"(?:chatgpt-|gpt-(?:[345]|oss))|(?:o1|o3|o4-mini)(?:-(?:mini|pro|preview|\d{4}))*"
        ),
        "openai",
    ),
    (re.compile(r"gemini-|gemma-?\d"), "google"),
    (re.compile(r"grok-\d"), "xai"),
)
_REGION = re.compile(r"(?:us-gov|us|eu|apac|jp|au|ca|sa|uk|in|global)\.")


def developer_of(provider: str, model_id: str) -> str | None:
    """The slug of who made a model; ``None`` where the id does not make that certain."""
    if provider in _MAKERS and not re.match(_FOREIGN.get(provider, "$^"), model_id):
        return provider
    own = _OWN.get(provider)
    if own and re.match(own, model_id.lower()):
        return provider
    bare = _REGION.sub("", model_id.rpartition(":")[0] or model_id, count=1).lower()
    return _by_organisation(bare) or _by_family(bare)


def _by_organisation(model_id: str) -> str | None:
    slash = model_id.lstrip("~@").split("/")
    if len(slash) > 1:
        return ORGANISATIONS.get(slash[-2])
    head, dot, _ = model_id.partition(".")
    return ORGANISATIONS.get(head) if dot else None


def _by_family(model_id: str) -> str | None:
    bare = model_id.rpartition("/")[2]
    return next((maker for pattern, maker in _FAMILY_NAMES if pattern.match(bare)), None)
