"""Who made a model: one slug for each developer, however providers spell its name."""

from __future__ import annotations

import re

__all__ = ["ORGANISATIONS", "developer_of_path", "developer_slug"]

#: Slugs of developers by what their organisations are called, in small letters with dashes.
ORGANISATIONS = {
    "ai21": "ai21",
    "ai21-labs": "ai21",
    "ai21labs": "ai21",
    "alibaba": "alibaba",
    "alibaba-cloud": "alibaba",
    "amazon": "amazon",
    "amazon-web-services": "amazon",
    "anthropic": "anthropic",
    "black-forest-labs": "black-forest-labs",
    "cohere": "cohere",
    "cohereforai": "cohere",
    "coherelabs": "cohere",
    "deepseek": "deepseek",
    "deepseek-ai": "deepseek",
    "google": "google",
    "google-deepmind": "google",
    "ibm-granite": "ibm",
    "meta": "meta",
    "meta-llama": "meta",
    "microsoft": "microsoft",
    "minimax": "minimax",
    "minimaxai": "minimax",
    "mistral": "mistral",
    "mistral-ai": "mistral",
    "mistralai": "mistral",
    "moonshot-ai": "moonshotai",
    "moonshotai": "moonshotai",
    "nousresearch": "nousresearch",
    "nvidia": "nvidia",
    "openai": "openai",
    "perplexity": "perplexity",
    "qwen": "alibaba",
    "stepfun": "stepfun",
    "stepfun-ai": "stepfun",
    "tencent": "tencent",
    "upstage": "upstage",
    "writer": "writer",
    "x-ai": "xai",
    "xai": "xai",
    "xiaomi": "xiaomi",
    "xiaomimimo": "xiaomi",
    "z-ai": "zai",
    "zai": "zai",
    "zai-org": "zai",
}

#: What stands in place of an owner where nobody is named.
_NOBODY = frozenset(("system", "library", "organization-owner", "unknown", "user"))


def developer_slug(name: str | None) -> str | None:
    """The slug of a developer: ``Meta`` is ``meta``, ``x-ai`` is ``xai``; ``None`` where nobody is named."""
    if name is None:
        return None
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")
    return None if not plain or plain in _NOBODY else ORGANISATIONS.get(plain, plain)


def developer_of_path(model_id: str) -> str | None:
    """The developer that stands before the slash of an id such as ``meta-llama/Llama-3.3-70B``."""
    owner, slash, _ = model_id.partition("/")
    return developer_slug(owner) if slash else None
